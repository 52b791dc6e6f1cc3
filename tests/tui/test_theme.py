"""Themes: every one can be read, the right one is chosen, broken files are told; terminals that show less."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.scrollbar import ScrollBarRender
from textual.theme import BUILTIN_THEMES, Theme

from jjm_tui.settings import load_settings
from jjm_tui.tui.look.ascii import AsciiFilter
from jjm_tui.tui.look.contrast import ENOUGH, contrast
from jjm_tui.tui.look.terminal import has_few_colours, is_light, wants_ascii
from jjm_tui.tui.look.theme import chosen_theme, extra_filters, kind_of, offered_themes, pick_theme
from jjm_tui.tui.look.theme_contrast import TEXTS, grounds_of, made_readable, seen, variables_of
from jjm_tui.tui.look.theme_files import JJM_DARK, JJM_LIGHT, load_theme_files
from jjm_tui.tui.memory import Memory
from tests.tui.stage import stage

_SEA = """
name = "sea"
primary = "#225577"
background = "#001122"
[variables]
"block-cursor-text-style" = "bold underline"
"""


def contrasts(theme: Theme) -> dict[tuple[str, int], float]:
    """The contrast of every text that our widgets show, by its variable and the number of its background."""
    variables = variables_of(theme)
    grounds = grounds_of(variables)
    found = {}
    for number, ground in enumerate(grounds):
        for name in (*TEXTS, "text", "text-muted", "text-disabled", "footer-key-foreground"):
            found[name, number] = contrast(seen(name, variables, ground), ground)
        behind = ground + Color.parse(variables["block-cursor-blurred-background"])
        found["blurred", number] = contrast(seen("block-cursor-blurred-foreground", variables, behind), behind)
    cursor = Color.parse(variables["block-cursor-background"])
    found["cursor", 0] = contrast(seen("block-cursor-foreground", variables, cursor), cursor)
    return found


def test_every_theme_that_is_offered_can_be_read() -> None:
    themes = [JJM_DARK, JJM_LIGHT, *BUILTIN_THEMES.values()]
    for theme in themes:
        if not theme.ansi:
            weak = {text: ratio for text, ratio in contrasts(made_readable(theme)).items() if ratio < ENOUGH}
            assert not weak, theme.name


_COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(primary=_COLOURS, error=_COLOURS, background=_COLOURS, foreground=_COLOURS, dark=st.booleans())
def test_theme_of_any_colours_is_made_as_readable_as_its_background_allows(
    primary: str, error: str, background: str, foreground: str, dark: bool
) -> None:
    theme = made_readable(
        Theme("any", primary, error=error, background=background, surface=background, panel=background,
              foreground=foreground, dark=dark)
    )  # fmt: skip
    assert min(ratio for (name, _), ratio in contrasts(theme).items() if name != "blurred") >= ENOUGH - 0.02
    assert made_readable(theme) == theme


@pytest.mark.parametrize("source", ["file", "profile work", "environment JJM_UI__THEME", "command line"])
def test_theme_that_somebody_set_is_stronger_than_the_one_chosen_on_the_screen(source: str) -> None:
    memory = Memory(theme="dracula", extra={"theme_over": "jjm-dark"})  # as files of before have it
    assert chosen_theme(memory, "jjm-dark", {"ui.theme": "default"}, {}) == "dracula"
    assert chosen_theme(memory, "jjm-dark", {"ui.theme": source}, {}) == "jjm-dark"


@pytest.mark.parametrize("density", ["comfortable", "compact"])
async def test_density_that_somebody_set_is_stronger_than_the_one_chosen_on_the_screen(
    tmp_path: Path, density: str
) -> None:
    def chosen(memory: Memory) -> None:
        memory.density = "comfortable" if density == "compact" else "compact"

    async with stage(tmp_path, tasks=0, config=f"[ui]\ndensity = '{density}'\n", memory=chosen) as on:
        assert ("-compact" in on.app.classes) == (density == "compact")
    async with stage(tmp_path / "free", tasks=0, memory=chosen) as on:
        assert ("-compact" in on.app.classes) == (density != "compact")


async def test_choice_that_the_settings_overrule_lasts_until_the_person_leaves_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, config="[ui]\ntheme = 'nord'\ndensity = 'comfortable'\n") as on:
        pick_theme(on.app, "gruvbox")
        assert on.app.theme == "gruvbox"
        await on.shows("Only until you leave: ui.theme is set (file), which is stronger.")
        on.app.toggle_density()
        assert "-compact" in on.app.classes
        await on.shows("Only until you leave: ui.density is set (file), which is stronger.")
        memory = Memory.load(on.app.launch.memory.path)
        assert (memory.theme, memory.density) == (None, None)


async def test_choice_of_what_the_settings_say_is_not_called_short_lived(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, config="[ui]\ntheme = 'nord'\n") as on:
        pick_theme(on.app, "nord")
        await on.settle()
        assert "until you leave" not in on.text


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "xterm"}, "ansi-dark"),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, "ansi-light"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "textual-dark"),
        ({"TERM": "xterm-256color"}, "textual-dark"),
        ({"TERM": "xterm-kitty"}, "textual-dark"),
        ({}, "textual-dark"),
    ],
)
def test_terminal_of_sixteen_colours_gets_them_unless_told_otherwise(environ: Mapping[str, str], theme: str) -> None:
    assert chosen_theme(Memory(), "textual-dark", {}, environ) == theme
    assert chosen_theme(Memory(), "nord", {"ui.theme": "file"}, environ) == "nord"
    assert chosen_theme(Memory(theme="nord"), "textual-dark", {}, environ) == "nord"
    assert has_few_colours(environ) == theme.startswith("ansi")
    assert is_light(environ) == theme.endswith("light")


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "de_DE.utf8"}, True),
        ({"LC_ALL": "", "LANG": "en_US"}, True),
        ({}, False),
    ],
)
def test_locale_without_utf8_wants_ascii(environ: Mapping[str, str], ascii_only: bool) -> None:
    assert wants_ascii(load_settings(environ={}, use_file=False).settings, environ) is ascii_only
    asked = load_settings(environ={}, overrides={"ui.ascii": True}, use_file=False).settings
    assert wants_ascii(asked, environ)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "jjm-dark", "jjm-light", "textual-light"])
async def test_dashboard_opens_in_every_kind_of_theme(tmp_path: Path, theme: str) -> None:
    async with stage(tmp_path, settings={"ui.theme": theme}) as on:
        assert on.app.theme == theme


async def test_own_theme_file_is_used_and_offered(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "themes"
    folder.mkdir(parents=True)
    (folder / "sea.toml").write_text(_SEA)
    async with stage(tmp_path, settings={"ui.theme": "sea"}) as on:
        assert on.app.theme == "sea"
        assert list(offered_themes(on.app))[:2] == ["jjm-dark", "jjm-light"]
        assert "sea" in offered_themes(on.app)
        assert kind_of(on.app.available_themes["sea"]) == "dark, your own"
        assert on.app.theme_variables["block-cursor-text-style"] == "bold underline"
        assert min(contrasts(on.app.available_themes["sea"]).values()) >= ENOUGH


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("primary = ", "it is not TOML"),
        ("dark = true", "primary is missing"),
        ('primary = "mauve-ish"', "is not a colour"),
        ('primary = "ansi_red"', "is not a colour of its own"),
        ('primary = "#123456"\nsecondry = "#123456"', "'secondry', which no theme has"),
        ('primary = "#123456"\ndark = "yes"', "dark must be true or false"),
        ('primary = "#123456"\nname = "[red]x"', "cannot be the name of a theme"),
        ('primary = "#123456"\nname = "nord"', "there is a theme 'nord' already"),
        ('primary = "#123456"\nvariables = 3', "variables must be a table"),
        ('primary = "#123456"\n[variables]\nborder = "solid ;}"', "is not a colour"),
        ('primary = "#123456"\n[variables]\nbolder = "#fff"', "is not one that Textual knows"),
        ('primary = "#123456"\n[variables]\n"block-cursor-text-style" = "loud"', "takes words such as bold"),
    ],
)
def test_broken_theme_file_is_told_in_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "sea.toml").write_text(content)
    themes, (problem,) = load_theme_files(tmp_path, {"nord"})
    assert themes == []
    assert problem.startswith("The theme file sea.toml is not used: ")
    assert words in problem
    assert problem.endswith(".")


async def test_theme_whose_file_is_broken_is_replaced_by_another_and_both_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "themes"
    folder.mkdir(parents=True)
    (folder / "sea.toml").write_bytes(b"\xff\xfe")
    async with stage(tmp_path, tasks=0, size=(200, 30), settings={"ui.theme": "sea"}) as on:
        assert on.app.theme == "jjm-dark"
        await on.shows("The theme file sea.toml is not used: it cannot be read")
        await on.shows("There is no theme 'sea'; jjm-dark is used.")


async def test_without_colour_nothing_is_coloured_and_what_the_cursor_is_on_is_reversed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(tmp_path, settings={"ui.color": False}) as on:
        await on.press("colon")
        assert on.app.no_color
        styles = {
            (segment.style.reverse or False, text)
            for strip in on.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and (text := segment.text.strip())
            and _is_plain(segment.style)
        }  # fmt: skip
        reversed_words = {text for is_reversed, text in styles if is_reversed}
        assert any("read the plan, then approve it" in text for text in reversed_words)
        assert not any("answer or message the task" in text for text in reversed_words)


def _is_plain(style: Style) -> bool:
    assert style.color is None or style.color.is_default
    assert style.bgcolor is None or style.bgcolor.is_default
    return True


async def test_ascii_reduced_motion_and_density_are_as_the_settings_say(tmp_path: Path) -> None:
    settings = {"ui.ascii": True, "ui.reduced_motion": True, "ui.density": "compact"}
    async with stage(tmp_path, tasks=0, settings=settings) as on:
        (line_filter,) = extra_filters(on.app.launch)
        assert line_filter.apply([Segment("─● …")], Color(0, 0, 0)) == [Segment("-* ~")]
        assert on.app.animation_level == "none"
        assert "-compact" in on.app.classes


async def test_edge_of_a_toast_on_an_ascii_terminal_is_a_line(tmp_path: Path) -> None:
    async with stage(tmp_path, settings={"ui.ascii": True}) as on:
        for severity in ("information", "warning", "error"):
            on.app.tell("Here I am", severity=severity)
            await on.shows("Here I am")
            (row,) = (line for line in on.text.splitlines() if "Here I am" in line)
            assert row.partition("Here I am")[0].rstrip().endswith("|")
            on.app.clear_notifications()
            await on.settle()


@pytest.mark.parametrize("position", [0, 3, 11, 26, 40])
@pytest.mark.parametrize("vertical", [True, False])
def test_scroll_bar_on_an_ascii_terminal_is_made_of_whole_cells(position: int, vertical: bool) -> None:
    bar = ScrollBarRender.render_bar(20, 100, 23, position, vertical=vertical)
    shown = AsciiFilter().apply([each for each in bar.segments if each.text != "\n"], Color(0, 0, 0))
    assert {each.text for each in shown} == {" "}
    is_thumb = "".join("x" if each.style is not None and each.style.reverse else " " for each in shown)
    assert "x" * 4 in is_thumb
    assert " " not in is_thumb.strip()
    assert len(is_thumb.strip()) <= 6


async def test_theme_chosen_on_the_screen_is_there_at_the_next_start(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        pick_theme(on.app, "gruvbox")
        assert on.app.theme == "gruvbox"
        path = on.app.launch.memory.path
    memory = Memory.load(path)
    assert chosen_theme(memory, "jjm-dark", {}, {}) == "gruvbox"
    assert chosen_theme(memory, "nord", {"ui.theme": "file"}, {}) == "nord"
