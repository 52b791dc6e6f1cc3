"""Times of the local clock in the words of people."""

from __future__ import annotations

from datetime import datetime


def local_words(moment: datetime, now: datetime) -> str:
    """A time on the local clock as people say it: ``today 18:30``, ``tomorrow 09:00``, ``Mon 24 Nov 09:00``."""
    here, today = moment.astimezone(), now.astimezone().date()
    days = (here.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days) or f"{here:%a} {here.day} {here:%b}"
    return f"{day} {here:%H:%M}"
