"""What holds and why: the rows of ``config show``, the findings of ``config check``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings.catalogue import Setting, sections
from jjm_tui.settings.literals import is_secret_literal
from jjm_tui.settings.loader import Loaded, check_file, inspect_settings
from jjm_tui.settings.locations import locate_config
from jjm_tui.settings.model import Settings, Template
from jjm_tui.settings.secrets import MASK, file_of, has_reference, mask_url, secret_file_warning


class Explained(NamedTuple):
    """One row of ``config show``: dotted key, value as JSON could hold it (secrets masked), where it came from."""

    key: str
    value: Any
    source: str


class Finding(NamedTuple):
    """One line of ``config check``."""

    level: Literal["ok", "warning", "error"]
    message: str
    hint: str | None = None


def explain(loaded: Loaded) -> list[Explained]:
    """Every effective value in the order of the example file; a table has a row per entry."""
    rows: list[Explained] = []
    for section in sections():
        for setting in section.settings:
            rows.extend(_rows(setting, value_of(loaded.settings, setting), loaded.sources))
    return rows


def value_of(settings: Settings, setting: Setting) -> Any:
    """The value of one setting."""
    owner = getattr(settings, setting.section) if setting.section else settings
    return getattr(owner, setting.name)


def _rows(setting: Setting, value: Any, sources: Mapping[str, str]) -> Iterable[Explained]:
    source = sources[setting.key]
    if setting.kind.is_map and value:
        for name, item in value.items():
            key = f"{setting.key}.{name}"
            yield Explained(key, _plain(setting, name, item), sources.get(key, source))
    else:
        yield Explained(setting.key, _plain(setting, None, value), source)


def _plain(setting: Setting, name: str | None, value: Any) -> Any:
    """A value as JSON could hold it, with secrets masked."""
    if isinstance(value, str):
        return _unsecret(setting, name, value)
    if isinstance(value, tuple):
        return [_unsecret(setting, None, item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Template):
        return {field: text for field, text in vars(value).items() if text is not None}
    if isinstance(value, Mapping):
        return dict(value)
    return value


def _unsecret(setting: Setting, name: str | None, text: str) -> str:
    if "://" in text and mask_url(text) != text:
        return mask_url(text)
    whole = setting.key == "server.api_key" and bool(text) and not has_reference(text)
    return MASK if whole or is_secret_literal(name, text) else text


def check_settings(
    *,
    config_file: Path | None = None,
    profile: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str],
) -> list[Finding]:
    """What is wrong or doubtful about the settings: all profiles of the file, the environment, the references.

    Programs behind ``command:`` references are not run and keyrings not opened.
    """
    problems: dict[str, ConfigurationError] = {}
    path, required = locate_config(config_file, environ)
    exists = os.path.lexists(path)
    if exists or required:
        problems.update((problem.message, problem) for problem in check_file(path))
    loaded, found = inspect_settings(config_file=config_file, profile=profile, overrides=overrides, environ=environ)
    problems.update((problem.message, problem) for problem in found)
    findings = [Finding("error", problem.message, problem.hint) for problem in problems.values()]
    if not exists and not required:
        findings.append(Finding("warning", f"There is no settings file at {path}.", "`jjm config init` writes one."))
    elif not findings:
        findings.append(Finding("ok", f"{path} is fine."))
    if loaded is not None:
        findings.extend(_doubts(loaded, environ))
    return findings


def _doubts(loaded: Loaded, environ: Mapping[str, str]) -> Iterable[Finding]:
    from jjm_tui.settings.presets import PRESETS, is_configured, preset_of

    if not is_configured(loaded.settings):
        yield Finding("warning", "No server is chosen.", "Run `jjm setup`, or set server.preset.")
        return
    server = loaded.settings.server
    preset = preset_of(server)
    references = dict(server.env) | dict(server.headers)
    if preset.takes_key and not server.url:
        references["server.api_key"] = server.api_key
    for text in references.values():
        scheme, _, name = text.partition(":")
        if scheme == "env" and not environ.get(name.strip(), "").strip() and _matters(text, preset.requires_key):
            yield Finding("warning", f"The environment variable {name} is not set.", f"export {name}=…")
        file = file_of(text)
        if file is not None:
            warning = secret_file_warning(file) if file.exists() else f"The secret file {file} does not exist."
            if warning:
                yield Finding("warning", warning)
    if preset.name == PRESETS["browser"].name and server.script is not None and not server.script.exists():
        yield Finding("warning", f"server.script {server.script} does not exist.", "Build google-jules-mcp first.")


def _matters(reference: str, key_is_required: bool) -> bool:
    """A missing key is fine where the server can do without and nobody asked for it."""
    return key_is_required or reference != "env:JULES_API_KEY"
