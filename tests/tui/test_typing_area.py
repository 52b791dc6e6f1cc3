"""The field for many lines: what ctrl+z takes back, and what it must not touch."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.events import Paste

from jjm_tui.tui.widgets.typing_area import TypingArea


class Field(App[None]):
    """Nothing but the field; ``kept`` is what its owner would keep as the draft."""

    def __init__(self, placeholder: str = "") -> None:
        super().__init__()
        self.area = TypingArea(self._keep, placeholder=placeholder)
        self.kept = ""
        self.altered = 0

    def compose(self) -> ComposeResult:
        yield self.area

    def _keep(self) -> None:
        self.kept = self.area.text

    def on_typing_area_altered(self) -> None:
        self.altered += 1


async def test_undo_takes_back_a_word_at_a_time_and_never_the_text_that_was_there_before() -> None:
    app = Field()
    async with app.run_test() as pilot:
        app.area.focus()
        app.area.show_text("A draft")
        await pilot.press("space", *"more", "space", *"words")
        for expected in ("A draft more", "A draft", "A draft"):
            await pilot.press("ctrl+z")
            assert (app.area.text, app.kept) == (expected, expected)
        await pilot.press("ctrl+y", "ctrl+y")
        assert app.kept == "A draft more words"


async def test_undo_leaves_what_was_typed_elsewhere_meanwhile() -> None:
    app = Field()
    async with app.run_test() as pilot:
        app.area.focus()
        await pilot.press(*"mine")
        app.area.change_to("mine\nyours")
        await pilot.press("ctrl+z")
        assert app.area.text == "mine\nyours"
        await pilot.press(*"!", "ctrl+z")
        assert app.area.text == "mine\nyours"


async def test_text_that_grows_elsewhere_keeps_the_cursor_at_its_end_or_at_its_words() -> None:
    app = Field()
    async with app.run_test() as pilot:
        app.area.focus()
        app.area.show_text("one")
        app.area.change_to("one two")
        await pilot.press("!")
        assert app.area.text == "one two!"
        await pilot.press("home", "right")
        app.area.change_to("one two! three")
        await pilot.press("?")
        assert app.area.text == "o?ne two! three"
        app.area.select_all()
        app.area.change_to("o?ne two! three four")
        assert app.area.selected_text == "o?ne two! three"


async def test_undo_of_more_lines_than_are_shown_leaves_the_cursor_in_the_text() -> None:
    app = Field()
    async with app.run_test(size=(40, 10)) as pilot:
        app.area.focus()
        app.area.styles.max_height = 5
        app.area.show_text("before ")
        long = "\n".join(f"line {number}" for number in range(60))
        app.area.post_message(Paste(long))
        await pilot.pause()
        for key, expected in (("ctrl+z", "before "), ("ctrl+y", f"before {long}")):
            await pilot.press(key)
            assert (app.area.text, app.kept) == (expected, expected)
            assert app.area.cursor_location == app.area.document.end
        app.area.select_all()
        for key, expected in (("backspace", ""), ("ctrl+z", f"before {long}"), ("ctrl+y", "")):
            await pilot.press(key)
            assert (app.area.text, app.kept) == (expected, expected)


async def test_field_of_no_width_shows_nothing_and_goes_on() -> None:
    app = Field("Say something")
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.resize_terminal(2, 5)
        assert app.area.content_size.width == 0
        assert app.area.render_line(0).text.strip() == ""
        await pilot.resize_terminal(20, 5)
        assert "Say something" in app.area.render_line(0).text


async def test_paste_of_which_something_is_not_shown_as_it_came_is_told() -> None:
    app = Field()
    async with app.run_test() as pilot:
        for pasted, shown, altered in (("two\r\nlines ", "two\nlines ", 0), ("a\u202eb\x1b[31m", "a\ufffdb", 1)):
            app.area.show_text("")
            app.area.post_message(Paste(pasted))
            await pilot.pause()
            assert (app.area.text, app.altered) == (shown, altered)
