"""One source of settings (file, profile, environment, command line), and where things stand in it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jjm_tui.errors import ConfigurationError
from jjm_tui.files import open_descriptor

_POSITION: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class SettingsFile:
    """A settings file as read: its text, for line numbers, and its content."""

    path: Path
    text: str
    content: Mapping[str, Any]

    def line_of(self, *keys: str) -> int | None:
        """The 1-based line on which the statement that sets a nested key starts, or ``None``.

        Found by reading ever longer beginnings of the file, so that quoting and multi-line values cannot mislead.
        """
        import tomllib

        lines = self.text.splitlines(keepends=True)
        start: int | None = None
        for number, line in enumerate(lines, start=1):
            if start is None:
                if keys[-1] not in line:
                    continue
                start = number
            try:
                found: Any = tomllib.loads("".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            for key in keys:
                found = found.get(key) if isinstance(found, Mapping) else None
            if found is not None:
                return start
            start = None
        return None


def follow_links(path: Path) -> Path:
    """The file that is meant, also where it is to be made. Raises ConfigurationError for a link to itself."""
    try:
        end = path.resolve()
    except (OSError, RuntimeError) as error:
        raise leads_nowhere(path) from error
    if end.is_symlink():
        raise leads_nowhere(path)
    return end


def leads_nowhere(path: Path) -> ConfigurationError:
    """The error for a settings file that is a link to what is not there, or to itself."""
    end = f": it points to {path.readlink()}" if path.is_symlink() else ""
    return ConfigurationError(
        f"The settings file {path} is a link that leads nowhere{end}.",
        hint="Correct or remove the link, or name another file with --config.",
        context={"file": str(path)},
    )


def read_settings_file(path: Path) -> SettingsFile:
    """Read a settings file.

    Raises:
        ConfigurationError: it cannot be read, is not UTF-8 or not TOML; ``context`` has file, line and column.
    """
    import tomllib

    context: dict[str, Any] = {"file": str(path)}
    try:
        with os.fdopen(open_descriptor(path, allows_devices=True), "rb") as file:
            raw = file.read(_MAX_BYTES + 1) or b""  # a device may have no end, or nothing to read now
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP) and path.is_symlink():
            raise leads_nowhere(path) from error
        raise ConfigurationError(
            f"The settings file {path} cannot be read: {error.strerror or error}.",
            hint="Check the path and its permissions, or name another file with --config.",
            context=context,
        ) from error
    if len(raw) > _MAX_BYTES:
        raise ConfigurationError(
            f"The settings file {path} is longer than {_MAX_BYTES} bytes; that cannot be settings.",
            hint="Name the right file with --config.",
            context=context,
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"The settings file {path} is not UTF-8 text (line {line}).",
            hint="Save it as UTF-8.",
            context={**context, "line": line},
        ) from error
    text = text.replace("\r\n", "\n")
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad_toml(path, text, error) from error
    return SettingsFile(path, text, content)


def _bad_toml(path: Path, text: str, error: Exception) -> ConfigurationError:
    words = str(error) if not isinstance(error, RecursionError) else "nested too deeply"
    context: dict[str, Any] = {"file": str(path)}
    where = ""
    position = _POSITION.search(words)
    if position is not None:
        line = int(position[1]) if position[1] else max(text.count("\n"), 0) + 1
        column = int(position[2]) if position[2] else len(text) - (text.rfind("\n") + 1) + 1
        context |= {"line": line, "column": column}
        where = f", line {line}, column {column}"
    reason = _POSITION.sub("", words)
    return ConfigurationError(
        f"{path}{where}: this is not TOML: {reason}.",
        hint='Texts stand in quotes (key = "value"), sections in brackets ([server]).',
        context=context,
    )


@dataclass(frozen=True)
class Layer:
    """Values of one source, by dotted key, raw: not checked yet.

    ``spoken`` values are text that still has to be read as the setting's type (environment, command line).
    ``base`` is the folder that relative paths start from. ``inside`` is the table of the file that the layer is.
    """

    source: str
    values: Mapping[str, Any]
    base: Path
    spoken: bool = False
    file: SettingsFile | None = None
    inside: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    """For the environment: the variable that set each key."""

    def source_of(self, key: str) -> str:
        """What ``config show`` says about where a value came from."""
        variable = self.variables.get(key)
        return f"environment {variable}" if variable else self.source

    def error(self, key: str, message: str, *, hint: str | None, entry: tuple[str, ...] = ()) -> ConfigurationError:
        """An error about one key, with the place where it stands. ``entry``: a key inside the value."""
        context: dict[str, Any] = {"key": key, "source": self.source_of(key)}
        if self.file is None:
            variable = self.variables.get(key)
            where = f"environment variable {variable}" if variable else self.source
        else:
            path = (*self.inside, *key.split(".", 1), *entry)
            line = self.file.line_of(*path)
            context["file"] = str(self.file.path)
            where = str(self.file.path)
            if line is not None:
                context["line"] = line
                where += f", line {line}"
        return ConfigurationError(f"{where}: {message}", hint=hint, context=context)
