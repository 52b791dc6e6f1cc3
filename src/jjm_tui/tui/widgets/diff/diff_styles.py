"""The component classes of a diff view and how they look."""

from __future__ import annotations

from typing import Final

DIFF_VIEW_CLASSES: Final = (
    "diff-view--added",
    "diff-view--added-part",
    "diff-view--comment",
    "diff-view--file",
    "diff-view--gutter",
    "diff-view--hunk",
    "diff-view--hunk-current",
    "diff-view--keyword",
    "diff-view--mark-added",
    "diff-view--mark-removed",
    "diff-view--match",
    "diff-view--match-current",
    "diff-view--meta",
    "diff-view--name",
    "diff-view--notice",
    "diff-view--number",
    "diff-view--removed",
    "diff-view--removed-part",
    "diff-view--string",
    "diff-view--type",
)

DIFF_VIEW_CSS: Final = """
DiffCanvas {
    background: $surface;
    color: $foreground;
    overflow: auto auto;
    scrollbar-size-vertical: 1;
    scrollbar-size-horizontal: 0;

    & > .diff-view--added { background: $success 14%; }
    & > .diff-view--removed { background: $error 14%; }
    & > .diff-view--added-part { background: $success 34%; }
    & > .diff-view--removed-part { background: $error 34%; }
    & > .diff-view--mark-added { color: $text-success; text-style: bold; }
    & > .diff-view--mark-removed { color: $text-error; text-style: bold; }
    & > .diff-view--file { background: $foreground 10%; color: $foreground; text-style: bold; }
    & > .diff-view--meta { color: $text-muted; }
    & > .diff-view--hunk { color: $text-primary; }
    & > .diff-view--hunk-current { color: $text-primary; background: $primary 20%; text-style: bold; }
    & > .diff-view--gutter { color: $text-muted; }
    & > .diff-view--notice { color: $text-warning; text-style: bold; }
    & > .diff-view--match { background: $warning 40%; }
    & > .diff-view--match-current { background: $warning; text-style: bold underline; }
    & > .diff-view--keyword { color: $text-accent; }
    & > .diff-view--string { color: $text-success; }
    & > .diff-view--comment { color: $text-muted; text-style: italic; }
    & > .diff-view--number { color: $text-warning; }
    & > .diff-view--name { color: $text-primary; }
    & > .diff-view--type { color: $text-secondary; }

    &:ansi {
        & > .diff-view--added { background: transparent; color: ansi_green; }
        & > .diff-view--removed { background: transparent; color: ansi_red; }
        & > .diff-view--added-part { background: transparent; color: ansi_green; text-style: underline; }
        & > .diff-view--removed-part { background: transparent; color: ansi_red; text-style: underline; }
        & > .diff-view--file { background: transparent; text-style: bold underline; }
        & > .diff-view--meta { text-style: dim; }
        & > .diff-view--gutter { text-style: dim; }
        & > .diff-view--hunk { color: ansi_cyan; }
        & > .diff-view--hunk-current { background: transparent; color: ansi_cyan; text-style: bold; }
        & > .diff-view--match { background: transparent; text-style: underline; }
        & > .diff-view--match-current { background: transparent; text-style: reverse bold; }
    }
}
"""
"""The backgrounds are faint, so that code keeps its colours on them; 16 colours have no faint ones."""
