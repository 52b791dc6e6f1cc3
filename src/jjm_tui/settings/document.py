"""The settings file as a document: the commented example, a new file, changing one value and keeping the rest."""

from __future__ import annotations

import contextlib
import copy
import os
import re
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings.catalogue import Kind, Setting, all_settings, section_names, sections, suggest_key
from jjm_tui.settings.layers import Layer, SettingsFile, follow_links, leads_nowhere, read_settings_file
from jjm_tui.settings.loader import check_content, settings_in
from jjm_tui.settings.locations import check_profile_name
from jjm_tui.settings.model import Settings
from jjm_tui.settings.values import spoken

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_WIDTH: Final = 110
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
OF_ANY_SERVER: Final = frozenset({"start_timeout", "call_timeout", "max_line_bytes"})
"""What a person set for any server; everything else in the section belongs to one of them."""
_HEAD: Final = """\
Settings of jjm-tui, in TOML. Every setting is here with its default; none has to be set.
To change one, remove the # before it, or use: jjm config set KEY VALUE
Stronger than this file: environment variables (named below), then options on the command line.
An environment variable holds lists and tables as TOML: JJM_SERVER__ARGS='["--flag", "value"]'.
"" means none. Paths start from the folder of this file; times are in seconds.
Secrets do not belong into this file, only references to them: env:NAME (an environment variable), file:/path
(a file that only you can read), keyring:service/user, command:program args (what a password manager prints).
"""


def example() -> str:
    """The commented settings file: every setting with its default, documentation and environment variable."""
    lines = [f"# {line}".rstrip() for line in _HEAD.splitlines()]
    for section in sections():
        lines.append("")
        if section.name:
            lines += [f"[{section.name}]", *_comment(section.doc)]
        for setting in section.settings:
            if lines[-1]:
                lines.append("")
            lines += _comment(setting.doc)
            if setting.words:
                lines += _comment(f"Words: {', '.join(setting.words)}.")
            also = f", or {setting.customary}" if setting.customary else ""
            lines += [f"# Environment: {setting.variable}{also}"]
            lines += [f"#{setting.name} = {format_value(setting.default)}"]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )


def format_value(value: Any) -> str:
    """A value in TOML, on one line; ``None`` is an empty text."""
    import tomli_w

    if value is None:
        return '""'
    if isinstance(value, Mapping):
        entries = [f"{_format_key(name)} = {format_value(item)}" for name, item in value.items()]
        return f"{{ {', '.join(entries)} }}" if entries else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(format_value(item) for item in value)}]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")


def _format_key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else format_value(name)


def init(path: Path) -> None:
    """Write the commented file, private to the user.

    Raises:
        ConfigurationError: the file is there already (it is never overwritten), or cannot be written.
    """
    if os.path.lexists(path):
        raise _is_there(path) if path.exists() else leads_nowhere(path)
    try:
        _make_folder(path.parent)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(example())
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(temporary)
        finally:
            Path(temporary).unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise (_is_there(path) if os.path.lexists(path) else _cannot_write(path, error)) from error


Judge = Callable[[Settings], Iterable[ConfigurationError]]
"""Tells what is wrong about settings that are well-formed."""


def set_values(
    path: Path, values: Mapping[str, str], *, profile: str | None = None, judge: Judge | None = None
) -> None:
    """Change settings in the file, as ``config set`` does; comments and order stay.

    Args:
        path: the file; when missing it is begun from the commented example.
        values: texts by dotted key, read as the type of the setting. A key may go into a table
            (``server.env.NAME``), or into a profile (``profiles.work.server.url``).
        profile: write into ``[profiles.NAME]``.
        judge: knows of further problems.

    Raises:
        ConfigurationError: unknown key, wrong value, or a file that would have new problems; nothing is written.
    """
    path = follow_links(path)
    before = _read(path)
    text = _with_values(before, before.text, values, profile)
    if judge is not None:
        known = {problem.message for settings in settings_in(before) for problem in judge(settings)}
        for settings in settings_in(SettingsFile(path, text, _parsed(text))):
            for problem in judge(settings):
                if problem.message not in known or problem.context.get("key") in values:
                    raise problem
    _write(path, text)


def server_of(path: Path, *, profile: str | None = None) -> dict[str, Any]:
    """What the file (or a profile in it) says about the server, as it stands there; nothing without a file.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    return _table_of(path, "server", profile)


def views_of(path: Path, *, profile: str | None = None) -> dict[str, Any]:
    """The views in the file, those of the profile before those of all, as they stand there right now.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    return _table_of(path, "views", None) | (_table_of(path, "views", profile) if profile else {})


def _table_of(path: Path, section: str, profile: str | None) -> dict[str, Any]:
    content: Any = read_settings_file(path).content if os.path.lexists(path) else {}
    for name in (*_inside(profile), section):
        content = content.get(name, {}) if isinstance(content, Mapping) else {}
    return dict(content) if isinstance(content, Mapping) else {}


def check_server(path: Path, values: Mapping[str, str], *, profile: str | None = None) -> None:
    """Raise what ``replace_server`` would raise before it writes anything."""
    _replaced(_read(follow_links(path)), values, profile)


def replace_server(path: Path, values: Mapping[str, str], *, profile: str | None = None) -> Path | None:
    """Write another server in place of the one that the file has; only time-outs and limits of the section stay.

    Answers where the old file is kept; ``None`` when there was none.

    Raises:
        ConfigurationError: a wrong value, or a file that would have new problems; nothing is written.
    """
    path = follow_links(path)
    text = _replaced(_read(path), values, profile)
    kept = _keep_old(path) if path.exists() else None
    _write(path, text)
    return kept


def _inside(profile: str | None) -> tuple[str, ...]:
    return () if profile is None else ("profiles", profile)


def _read(path: Path) -> SettingsFile:
    """The file as it is; where there is none, the commented example that it will be begun from."""
    if path.exists():
        return read_settings_file(path)
    text = example()
    return SettingsFile(path, text, _parsed(text))


def _replaced(before: SettingsFile, values: Mapping[str, str], profile: str | None) -> str:
    import tomlkit

    document = tomlkit.parse(before.text)
    table: Any = document
    for name in (*_inside(profile), "server"):
        table = table.get(name, {})
    for name in [name for name in table if name not in OF_ANY_SERVER]:
        del table[name]
    left = _parsed(document.as_string())
    for name in (*_inside(profile), "server"):
        left = left.get(name, {})
    if left.keys() - OF_ANY_SERVER:
        raise ConfigurationError(
            f"The server in {before.path} cannot be replaced without touching other values.",
            hint="Edit the section [server] by hand.",
            context={"file": str(before.path)},
        )
    return _with_values(before, document.as_string(), values, profile)


def _with_values(before: SettingsFile, text: str, values: Mapping[str, str], profile: str | None) -> str:
    """The text with values set. Raises ConfigurationError for a wrong value or a new problem."""
    for key, raw in values.items():
        location, value = _assignment(key if profile is None else f"profiles.{profile}.{key}", raw)
        text = _assigned(text, location, value)
    known = {_about(problem) for problem in check_content(before)}
    for problem in check_content(SettingsFile(before.path, text, _parsed(text))):
        if _about(problem) not in known or problem.context.get("key") in values:
            raise _without_line(problem, is_given=problem.context.get("key") in values)
    return text


def _without_line(problem: ConfigurationError, *, is_given: bool) -> ConfigurationError:
    """The problem of a file that was not written: it stands on no line, and a value just given in no file."""
    file = str(problem.context.get("file", ""))
    sentence = problem.message.removeprefix(file).partition(": ")[2] if file else ""
    if not sentence or not problem.message.startswith(file):
        return problem
    problem.context.pop("line", None)
    problem.message = sentence if is_given else f"{file}: {sentence}"
    problem.args = (problem.message,)
    return problem


def _keep_old(path: Path) -> Path:
    """A second name for the file as it is, free until now."""
    number = 1
    while (kept := path.with_name(f"{path.name}.old-{number}")).exists():
        number += 1
    try:
        kept.hardlink_to(path)
    except OSError:
        return _copied(path, kept)
    return kept


def _copied(path: Path, kept: Path) -> Path:
    """For file systems without hard links."""
    try:
        shutil.copy2(path, kept)
    except OSError as error:
        raise _cannot_write(kept, error) from error
    return kept


def _about(problem: ConfigurationError) -> tuple[Any, Any]:
    return problem.context.get("source"), problem.context.get("key")


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def _assignment(key: str, raw: str) -> tuple[tuple[str, ...], Any]:
    """Where a value goes in the file, and the value as TOML knows it."""
    inside: tuple[str, ...] = ()
    rest = key
    if key.startswith("profiles."):
        _, name, rest = (*key.split(".", 2), "")[:3]
        check_profile_name(name)
        inside = ("profiles", name)
    setting, entry = _find(rest)
    layer = Layer("command line", {}, Path.cwd(), spoken=True)
    if entry:
        entry, value = _entry_value(setting, entry, raw, layer)
    else:
        value = spoken(setting, raw, layer)
        if setting.kind is Kind.PATH and raw and not raw.startswith("~"):
            value = str(Path(raw).absolute())
    path = (setting.section, setting.name) if setting.section else (setting.name,)
    return (*inside, *path, *entry), value


def _entry_value(setting: Setting, entry: tuple[str, ...], raw: str, layer: Layer) -> tuple[tuple[str, ...], Any]:
    """Where in its table a value goes, and the value; a template that is one text is its description."""
    text = raw.strip()
    if setting.kind is Kind.KEYS_MAP and text.startswith("[") and text != "[":  # which alone is a key
        return entry, _entry_in_toml(setting, entry, text, layer, '["f5", "ctrl+r"]')
    if setting.kind is Kind.TEMPLATES and len(entry) == 1:
        if text.startswith("{"):
            return entry, _entry_in_toml(setting, entry, text, layer, '{ description = "…", title = "…" }')
        return (*entry, "description"), raw
    return entry, raw


def _entry_in_toml(setting: Setting, entry: tuple[str, ...], text: str, layer: Layer, example: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        name = ".".join((setting.key, *entry))
        raise layer.error(
            setting.key, f"{name} begins like TOML and is none.", hint=f"For example: {example}", entry=entry
        ) from error


def _find(key: str) -> tuple[Setting, tuple[str, ...]]:
    """The setting that a dotted key means, and the entry inside it."""
    found = all_settings().get(key)
    if found is not None:
        return found, ()
    for setting in all_settings().values():
        if setting.kind.is_map and key.startswith(f"{setting.key}."):
            rest = key.removeprefix(f"{setting.key}.")
            return setting, tuple(rest.split(".", 1)) if setting.kind is Kind.TEMPLATES else (rest,)
    what = f"{key} is a whole section" if key in section_names() else f"There is no setting {key!r}"
    raise ConfigurationError(f"{what}.", hint=suggest_key(key), context={"key": key})


def _assigned(text: str, path: tuple[str, ...], value: Any) -> str:
    """The text with one value set; in place of its commented default where there is one."""
    wanted = _with(_parsed(text), path, value)
    for candidate in _uncommented(text, path, value):
        with contextlib.suppress(ValueError):
            if _parsed(candidate) == wanted:
                return candidate
    import tomlkit

    document = tomlkit.parse(text)
    _put(document, path, value)
    changed = document.as_string()
    if _parsed(changed) != wanted:
        raise ConfigurationError(
            f"{'.'.join(path)} cannot be set in this file without touching other values.",
            hint="Edit the file by hand.",
            context={"key": ".".join(path)},
        )
    return changed


def _with(content: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    result = copy.deepcopy(content)
    table = result
    for name in path[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise ConfigurationError(f"{name} is not a table in this file.", hint="Edit the file by hand.")
    table[path[-1]] = value
    return result


def _uncommented(text: str, path: tuple[str, ...], value: Any) -> Iterator[str]:
    """Versions of the text in which a commented line of the key became the value."""
    for found in re.finditer(rf"^#[ \t]?{re.escape(path[-1])}[ \t]*=.*$", text, re.MULTILINE):
        yield f"{text[: found.start()]}{path[-1]} = {format_value(value)}{text[found.end() :]}"


def _put(document: TOMLDocument, path: tuple[str, ...], value: Any) -> None:
    import tomlkit

    table: Any = document
    for depth, name in enumerate(path[:-1]):
        if name not in table:
            is_map = depth and path[depth - 1] in section_names()
            table[name] = tomlkit.table(is_super_table=depth == 0 and name == "profiles") if not is_map else {}
        table = table[name]
    table[path[-1]] = value


def _write(path: Path, text: str) -> None:
    """Replace the file whole and durably, keeping its mode; a new one is private."""
    temporary: str | None = None
    try:
        _make_folder(path.parent)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_there(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"There is a settings file already: {path}.",
        hint="It was left as it is. Change it with `jjm config set`; or begin anew: jjm config init --force "
        "(the old file is kept beside it).",
        context={"file": str(path)},
    )


def _cannot_write(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The settings file {path} cannot be written: {error.strerror or error}.",
        hint="Check the folder and its permissions; the old file is untouched.",
        context={"file": str(path)},
    )
