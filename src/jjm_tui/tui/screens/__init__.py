"""Screens and dialogs: each arranges widgets for one purpose."""
