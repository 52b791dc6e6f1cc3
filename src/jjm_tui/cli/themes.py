"""Whether the dashboard has the theme that the settings name. Textual is loaded only for a theme that is not ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jjm_tui.cli.values import near_words
from jjm_tui.errors import ConfigurationError
from jjm_tui.settings.explain import Finding

_OWN: Final = ("jjm-dark", "jjm-light")


def check_theme(name: str, environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError unless there is such a theme: ours, one of Textual's, or a file of the person's."""
    if name in _OWN:
        return
    from textual.theme import BUILTIN_THEMES

    from jjm_tui.settings.locations import Locations
    from jjm_tui.tui.look.theme_files import load_theme_files

    folder = Locations.find(environ).config_dir / "themes"
    own, problems = load_theme_files(folder, {*_OWN, *BUILTIN_THEMES, "plain"})
    known = [*_OWN, *sorted((*BUILTIN_THEMES, *(theme.name for theme in own)))]
    if name in known:
        return
    near = near_words(name, known)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise ConfigurationError(
        f"There is no theme {name!r}.",
        hint=" ".join((f"{meant}There are {', '.join(known)}; a file {folder / 'NAME.toml'} makes one.", *problems)),
        context={"key": "ui.theme"},
    )


def theme_finding(name: str, environ: Mapping[str, str]) -> Finding | None:
    """The doubt about a theme."""
    try:
        check_theme(name, environ)
    except ConfigurationError as error:
        return Finding("warning", error.message, error.hint)
    return None
