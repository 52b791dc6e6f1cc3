"""Colours: Textual's themes, ours, the person's own files; and which one fits this terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.theme import BUILTIN_THEMES, Theme

from jjm_tui.settings.loader import DEFAULT
from jjm_tui.tui.look.terminal import has_few_colours, is_light, wants_ascii
from jjm_tui.tui.look.theme_contrast import made_readable
from jjm_tui.tui.look.theme_files import JJM_DARK, JJM_LIGHT, PLAIN, load_theme_files

if TYPE_CHECKING:
    from textual.app import App
    from textual.filter import LineFilter

    from jjm_tui.settings.model import Density
    from jjm_tui.tui.app import JulesApp
    from jjm_tui.tui.launch import Launch
    from jjm_tui.tui.memory import Memory

_FALLBACK: Final = "jjm-dark"


def set_up_themes(app: JulesApp, launch: Launch) -> None:
    """Register themes and choose one; motion and density as the settings or the person want them.

    Only the chosen theme is made readable now, as that takes a millisecond or two each.
    """
    ui = launch.settings.ui
    for theme in (JJM_DARK, JJM_LIGHT, *(made_readable(theme) for theme in BUILTIN_THEMES.values() if theme.ansi)):
        app.register_theme(theme)
    own, problems = load_theme_files(launch.place.locations.config_dir / "themes", {*app.available_themes, PLAIN.name})
    for theme in own:
        app.register_theme(theme)
    if ui.reduced_motion:
        app.animation_level = "none"
    density = launch.memory.choices(launch.place.loaded.sources).get("ui.density", ui.density)
    app.set_class(density == "compact", "-compact")
    if not ui.color:
        _turn_colours_off(app)
    else:
        name = chosen_theme(launch.memory, ui.theme, launch.place.loaded.sources, launch.environ)
        if name not in app.available_themes:
            problems.append(f"There is no theme {name!r}; {_FALLBACK} is used.")
            name = _FALLBACK
        use_theme(app, name)
    for problem in problems:
        app.tell(problem, severity="warning")


def _turn_colours_off(app: JulesApp) -> None:
    """Textual's own filter for ``NO_COLOR`` makes greys, and black of the terminal's default colours."""
    from textual.filter import Monochrome

    for line_filter in app.get_line_filters():
        if isinstance(line_filter, Monochrome):
            line_filter.enabled = False
    app.no_color = True
    app.register_theme(made_readable(PLAIN))
    app.theme = PLAIN.name


def chosen_theme(memory: Memory, setting: str, sources: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The theme of this start: as somebody set it, else as chosen on the screen, else what fits.

    A terminal of 16 colours gets a theme of 16 colours unless somebody asked for another.
    """
    if chosen := memory.choices(sources).get("ui.theme"):
        return chosen
    if sources.get("ui.theme", DEFAULT) == DEFAULT and has_few_colours(environ):
        return "ansi-light" if is_light(environ) else "ansi-dark"
    return setting


def use_theme(app: App[Any], name: str) -> None:
    """Show a theme, made readable."""
    readable = made_readable(app.available_themes[name])
    if readable != app.available_themes[name]:
        app.register_theme(readable)
    app.theme = name


def pick_theme(app: JulesApp, name: str) -> None:
    """Show a theme and keep it for the next starts, unless the settings decide about these."""
    use_theme(app, name)
    if not _is_decided(app, "ui.theme", is_same=name == app.launch.settings.ui.theme):
        app.launch.memory.theme = name
        app.launch.memory.save()


def pick_density(app: JulesApp, density: Density) -> None:
    """Show rows closer together or further apart, and keep that as a theme is kept."""
    app.set_class(density == "compact", "-compact")
    if not _is_decided(app, "ui.density", is_same=density == app.launch.settings.ui.density):
        app.launch.memory.density = density
        app.launch.memory.save()


def _is_decided(app: JulesApp, key: str, *, is_same: bool) -> bool:
    """Whether the settings say what holds at the next start, which is told where it is something else."""
    source = app.launch.place.loaded.sources.get(key, DEFAULT)
    if source == DEFAULT:
        return False
    if not is_same:
        app.tell(f"Only until you leave: {key} is set ({source}), which is stronger.")
    return True


def offered_themes(app: App[Any]) -> Sequence[str]:
    """The names of the themes to choose from: ours, then all others by name."""
    own = (JJM_DARK.name, JJM_LIGHT.name)
    return (*own, *sorted(name for name in app.available_themes if name not in (*own, PLAIN.name)))


def kind_of(theme: Theme) -> str:
    """A word or two about a theme, for people."""
    tone = "dark" if theme.dark else "light"
    if theme.ansi:
        return f"{tone}, your terminal's 16 colours"
    return tone if theme.name in BUILTIN_THEMES or theme.name.startswith("jjm-") else f"{tone}, your own"


def extra_filters(launch: Launch) -> list[LineFilter]:
    """What every line goes through on its way to this terminal: no colour where it is off, ASCII where it must be."""
    filters: list[LineFilter] = []
    if not launch.settings.ui.color:
        from jjm_tui.tui.look.plain import PlainFilter

        filters.append(PlainFilter())
    if wants_ascii(launch.settings, launch.environ):
        from jjm_tui.tui.look.ascii import AsciiFilter

        filters.append(AsciiFilter())
    return filters
