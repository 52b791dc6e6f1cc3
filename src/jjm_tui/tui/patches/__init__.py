"""Diffs as rows: read tolerantly, shown whole and literally, coloured and searched near the screen."""
