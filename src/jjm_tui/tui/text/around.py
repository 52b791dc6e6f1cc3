"""What is above and below the rows on a screen, in words."""

from __future__ import annotations


def rows_around(above: int, below: int) -> str:
    """How many rows are above and below those on the screen; empty where they are all."""
    parts = [f"↓ {more_rows(below)} below"] if below else []
    return " · ".join([*parts, f"↑ {more_rows(above)} above"] if above else parts)


def more_rows(count: int) -> str:
    """Rows that are still to come."""
    return f"{count} more row{'' if count == 1 else 's'}"
