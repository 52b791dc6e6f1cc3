"""Telling the person: toasts here, and the title, bell, desktop and command outside."""
