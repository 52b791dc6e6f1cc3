"""Texts that may cost the most to clean: each one repeated until it fills a megabyte, as it comes from a server."""

from __future__ import annotations

WORST_TEXTS = (
    "\x1b[",
    "\x1b",
    "\x1b]",
    "\x1b]x\n",
    "\x9d",
    "\x9dx\n",
    "\x9b",
    "\x1b\x9b",
    "\x1b\x9d",
    "\x1b[1;",
    "\x1bP\n",
    "\u202e",
    "\0",
    "\r",
    "я\u200d",
    "👩\u200d",
    "a\ufe0f",
)
