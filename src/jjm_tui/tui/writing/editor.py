"""Writing a text in the person's own editor: the terminal is handed over, and the text is taken back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.errors import JulesManagerError

if TYPE_CHECKING:
    from textual.app import App

_SIGNALS_OF_THE_KEYBOARD: Final = (signal.SIGINT, signal.SIGQUIT)
_SECONDS_TO_END: Final = 1.0

_LENT: Final[WeakSet[App[Any]]] = WeakSet()


class EditorError(JulesManagerError):
    """The editor could not be used. ``saved``: what it wrote before it failed, when that is another text."""

    code = "editor_failed"

    def __init__(self, message: str, *, hint: str | None = None, saved: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.saved = saved


async def edit_outside(app: App[Any], text: str, environ: Mapping[str, str], rescue: Callable[[str], None]) -> str:
    """Let the person edit ``text`` in ``$VISUAL`` or ``$EDITOR`` on this terminal; answer the new text.

    The event loop goes on meanwhile, so what is being sent is not held up. Nothing may be written to the terminal
    before the editor has ended: drawing is held back here. Cancelled only when the program ends: then the terminal
    stays as the editor leaves it. ``rescue``: see ``run_editor``.

    Raises:
        EditorError: there is no editor, it failed, or the terminal cannot be handed over.
    """
    from textual.app import SuspendNotSupported

    command = find_editor(environ)
    edited, failure = text, None
    try:
        with app.batch_update(), _keyboard_signals_ignored(), app.suspend():
            _LENT.add(app)
            try:
                edited = await run_editor(command, text, environ, rescue)
            except EditorError as error:
                failure = error  # raised below, as the terminal is only taken back when this block ends well
            finally:
                _LENT.discard(app)
    except SuspendNotSupported:
        raise EditorError("This terminal cannot be handed to an editor.", hint="Your text is as it was.") from None
    app.refresh(layout=True)
    if failure is not None:
        raise failure
    return edited


def is_terminal_lent(app: App[Any]) -> bool:
    """Whether an editor has the terminal: then nothing of ours may be written to it, and Textual's writer would wait
    for ever after 30 pieces."""
    return app in _LENT


def find_editor(environ: Mapping[str, str]) -> list[str]:
    """The editor's command: ``$VISUAL``, else ``$EDITOR``, split as a shell does it.

    What to do goes before the value, which may be long: there is one line for both.

    Raises:
        EditorError: neither is set, or there is no such program.
    """
    name = next((name for name in ("VISUAL", "EDITOR") if environ.get(name, "").strip()), None)
    if name is None:
        raise EditorError("Neither $VISUAL nor $EDITOR is set; start jjm with one: EDITOR=nano jjm-tui")
    value = environ[name]
    shown = truncate(clean_line(value), 60)
    try:
        command = shlex.split(value)
    except ValueError:
        raise EditorError(f"Check the quotes of ${name}, it is not a command: {shown}") from None
    program = shutil.which(command[0], path=environ.get("PATH", os.defpath)) if command else None
    if program is None:
        raise EditorError(f"Start jjm with another ${name}; this one was not found: {shown}")
    return [program, *command[1:]]


async def run_editor(
    command: list[str], text: str, environ: Mapping[str, str], rescue: Callable[[str], None] = lambda saved: None
) -> str:
    """Run the editor on a private file that holds ``text``, and answer what is in it afterwards.

    One line break at the end, which editors add, is not taken for a change. The file is removed in every case. When
    this is cancelled, the editor is ended, and ``rescue`` gets what it had saved.

    Raises:
        EditorError: it could not be started, or did not end well; the file could not be written or read.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="jjm-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "text.md"
            path.touch(0o600)
            path.write_bytes(text.encode("utf-8", "replace"))
            try:
                code = await _run([*command, str(path)], environ)
            except asyncio.CancelledError:
                with contextlib.suppress(OSError):  # nothing can be told any more, and the terminal must not come back
                    rescue(_read(path, text))
                raise
            edited = _read(path, text)
    except OSError as error:
        raise EditorError(
            f"The editor could not be used: {error.strerror or type(error).__name__}.", hint="Your text is as it was."
        ) from error
    if code != 0:
        how = f"with code {code}" if code > 0 else f"by signal {-code}"
        raise EditorError(
            f"The editor ended {how}, so your text is as it was.", saved=None if edited in ("", text) else edited
        )
    return edited


def _read(path: Path, before: str) -> str:
    edited = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return edited if before.endswith("\n") else edited.removesuffix("\n")


async def _run(command: list[str], environ: Mapping[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(*command, env=dict(environ))
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise


@contextlib.contextmanager
def _keyboard_signals_ignored() -> Iterator[None]:
    """ctrl+c in the editor is for the editor. A handler, as ignored signals would be ignored by the editor, too."""
    before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS_OF_THE_KEYBOARD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
