"""Texts as rows of runs: Markdown, code, plans, messages, laid out for a width and painted late."""
