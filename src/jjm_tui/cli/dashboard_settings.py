"""Settings of the dashboard that are well-formed and yet mean nothing to it: its theme, its keys, its saved views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.themes import theme_finding
from jjm_tui.errors import ConfigurationError, FilterError
from jjm_tui.settings.explain import Finding

if TYPE_CHECKING:
    from jjm_tui.settings import Settings


class DashboardFinding(NamedTuple):
    """``part``: ``theme``, ``keys`` or ``views``."""

    part: str
    finding: Finding


def dashboard_findings(context: CommandContext) -> list[DashboardFinding]:
    """What the dashboard would complain about in the settings in force; nothing while others of them are wrong."""
    try:
        settings = context.load().settings
    except ConfigurationError:
        return []
    doubt = theme_finding(settings.ui.theme, context.environ)
    found = [DashboardFinding("theme", doubt)] if doubt else []
    for error in mistakes(settings):
        part = str(error.context["key"]).partition(".")[0]
        found.append(DashboardFinding(part, Finding("error", error.message, error.hint)))
    return found


def mistakes(settings: Settings) -> Iterator[ConfigurationError]:
    """What is wrong about keys and views; ``context["key"]`` is the setting."""
    yield from _of_keys(settings)
    yield from _of_views(settings)


def taken_keys(context: CommandContext) -> tuple[str, ...]:
    """Sentences about keys that bindings in force took from other actions; nothing while settings are wrong."""
    from jjm_tui.tui.keymap import build_keymap

    try:
        keys = context.load().settings.keys
    except ConfigurationError:
        return ()
    return build_keymap(keys.preset, keys.bindings).taken


def _of_keys(settings: Settings) -> Iterator[ConfigurationError]:
    from jjm_tui.tui.keymap import build_keymap

    for problem in build_keymap(settings.keys.preset, settings.keys.bindings).problems:
        yield ConfigurationError(
            problem, hint="`jjm keys` lists the actions and their keys.", context={"key": "keys.bindings"}
        )


def _of_views(settings: Settings) -> Iterator[ConfigurationError]:
    from jjm_tui.domain.query import parse_view

    for name, text in settings.views.items():
        try:
            parse_view(name, text)
        except FilterError as error:
            yield ConfigurationError(error.message, hint=error.hint, context={"key": f"views.{name}"})
