"""Opening pages in the browser: plain addresses at once, deceptive ones after a question, others never."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.tui.pages.browsing import read_address
from jjm_tui.tui.screens.confirm import ConfirmDialog
from tests.tui.stage import Stage, stage


class NotingBrowser(webbrowser.BaseBrowser):
    """Notes what it is to open; ``starts``: whether it could be started."""

    def __init__(self, *, starts: bool = True) -> None:
        super().__init__("noting")
        self.opened: list[str] = []
        self.starts = starts

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.opened.append(url)
        return self.starts


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> NotingBrowser:
    """The only browser of this machine."""
    noting = NotingBrowser()
    monkeypatch.setattr(webbrowser, "_browsers", {"noting": [None, noting]})
    monkeypatch.setattr(webbrowser, "_tryorder", ["noting"])
    return noting


async def _open(on: Stage, url: str) -> None:
    task = next(iter(on.board.tasks.values()))
    on.board.apply({task.id: replace(task, url=url)})
    on.app.show_task(task.id)
    await on.press("o")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://jules.google.com\\@evil.example/",
        "https://jules.google.com/\u202egpj.exe",
        "https://jules.google.com/\x1b]52;c;A\x07",
        "https://jules google.com/",
        "https:///nowhere",
        "https://jules.google.com%2f@x:y:z/",
        "https://[broken/",
    ],
)
def test_address_that_is_none_or_hides_something_is_not_read(url: str) -> None:
    assert read_address(url) is None


@pytest.mark.parametrize(
    ("url", "host", "warnings"),
    [
        ("https://jules.google.com/session/1", "jules.google.com", 0),
        ("http://127.0.0.1:8080/x", "127.0.0.1", 0),
        ("http://[::1]:8080/x", "::1", 0),
        ("HTTPS://JULES.google.com/", "jules.google.com", 0),
        ("https://jules.google.com@evil.example/", "evil.example", 1),
        ("https://xn--pple-43d.com/", "xn--pple-43d.com", 1),
        ("https://\u0430pple.com/", "xn--pple-43d.com", 1),
        ("https://jules.google.com@\u0430pple.com/", "xn--pple-43d.com", 2),
    ],
)
def test_address_tells_the_real_host_and_why_it_may_deceive(url: str, host: str, warnings: int) -> None:
    address = read_address(url)
    assert address is not None
    assert address.host == host
    assert len(address.warnings) == warnings


async def test_plain_address_is_opened_at_once_and_told(tmp_path: Path, browser: NotingBrowser) -> None:
    async with stage(tmp_path) as on:
        await _open(on, "https://jules.google.com/session/1")
        await on.shows("Opening it at jules.google.com.")
        assert browser.opened == ["https://jules.google.com/session/1"]


async def test_browser_that_does_not_start_is_never_told_as_opening(tmp_path: Path, browser: NotingBrowser) -> None:
    browser.starts = False
    async with stage(tmp_path) as on:
        await _open(on, "https://jules.google.com/session/1")
        await on.shows("No browser could be started")
        assert "Opening" not in on.text


async def test_deceptive_address_is_opened_only_after_a_question_with_its_real_host(
    tmp_path: Path, browser: NotingBrowser
) -> None:
    url = "https://jules.google.com@evil.example/session/1"
    async with stage(tmp_path) as on:
        await _open(on, url)
        await on.until(lambda: isinstance(on.app.screen, ConfirmDialog))
        await on.shows("It leads to: evil.example")
        await on.press("enter")
        await on.press("escape")
        assert browser.opened == []
        await _open(on, url)
        sheet = on.app.screen
        assert isinstance(sheet, ConfirmDialog)
        await on.until(lambda: (on.advance(1.0), sheet.was_seen)[1])
        await on.press("y")
        await on.shows("Opening it at evil.example.")
        assert browser.opened == [url]
