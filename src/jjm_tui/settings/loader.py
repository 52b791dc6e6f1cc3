"""Loading: the layers, weakest first - defaults, file, profile, environment, command line - into one checked whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import literals
from jjm_tui.settings.catalogue import (
    ENV_PREFIX,
    ENV_SEPARATOR,
    NOT_SETTINGS,
    SERVER_IDENTITY,
    SERVER_NAMING,
    Setting,
    all_settings,
    did_you_mean,
    section_names,
    sections,
    suggest_key,
)
from jjm_tui.settings.layers import Layer, SettingsFile, read_settings_file
from jjm_tui.settings.locations import DEFAULT_PROFILE, check_profile_name, locate_config
from jjm_tui.settings.model import Settings
from jjm_tui.settings.secrets import has_reference
from jjm_tui.settings.values import checked

DEFAULT: Final = "default"
COMMAND_LINE: Final = "command line"
DEMO: Final = "demo"


@dataclass(frozen=True)
class Loaded:
    """Checked settings and where each came from.

    ``sources`` has, per dotted key (and per entry of a table, ``server.env.NAME``): ``default``, ``file``,
    ``profile NAME``, ``environment VARIABLE``, ``command line`` or ``demo``. ``file`` is the file that was read,
    ``path`` where the settings file is or would be. ``profile`` is ``default`` when none was chosen.
    """

    settings: Settings
    sources: Mapping[str, str]
    file: Path | None
    path: Path
    profile: str = DEFAULT_PROFILE


def load_settings(
    *,
    config_file: Path | None = None,
    profile: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    use_file: bool = True,
) -> Loaded:
    """Load the settings.

    Args:
        config_file: the file named on the command line; it must exist. Else ``JJM_CONFIG``, else the usual place,
            where it may be missing.
        profile: the profile named on the command line.
        overrides: values from the command line by dotted key; ``None`` means not given.
        environ: the environment; the process's own when not given.
        use_file: whether a settings file is read at all; a demo does without.

    Raises:
        ConfigurationError: the first problem found; ``context["problems"]`` has the sentences of all.
    """
    loaded, problems = inspect_settings(
        config_file=config_file, profile=profile, overrides=overrides, environ=environ, use_file=use_file
    )
    if loaded is None or problems:
        first = problems[0]
        first.context["problems"] = [problem.message for problem in problems]
        others = [each for each in problems[1:] if each.context.get("source") != COMMAND_LINE]
        if others:
            more = f"{len(others)} more: run `jjm config check`."  # which is not given this command line
            first.hint = f"{first.hint} ({more})" if first.hint else more
        raise first
    return loaded


def inspect_settings(
    *,
    config_file: Path | None = None,
    profile: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    use_file: bool = True,
) -> tuple[Loaded | None, list[ConfigurationError]]:
    """Like ``load_settings``, but answer every problem instead of raising; with problems there is no ``Loaded``."""
    variables: Mapping[str, str] = os.environ if environ is None else environ
    try:
        path, required = locate_config(config_file, variables)
        file = read_settings_file(path) if use_file and (required or os.path.lexists(path)) else None
    except ConfigurationError as error:
        return None, [error]
    merge = _Merge()
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    chosen = profile or given.get("profile") or variables.get("JJM_PROFILE") or None
    if file is not None:
        base = file.path.parent
        merge.add(Layer("file", dict(_flat(file.content, merge, file, ())), base, file=file))
        chosen = chosen or merge.values.get("profile")
    merge.attempt(lambda: _check_profile(chosen, file))
    if chosen and file is not None and not merge.problems:
        inside = ("profiles", chosen)
        table = file.content.get("profiles", {}).get(chosen, {})
        layer_values = dict(_flat(table, merge, file, inside))
        merge.add(Layer(f"profile {chosen}", layer_values, file.path.parent, file=file, inside=inside))
    merge.add(_environment_layer(variables, merge))
    merge.add(_command_line_layer(given, merge))
    settings = merge.build()
    if settings is None:
        return None, merge.problems
    sources = MappingProxyType(dict(merge.sources))
    return Loaded(settings, sources, None if file is None else path, path, chosen or DEFAULT_PROFILE), []


def check_file(path: Path) -> list[ConfigurationError]:
    """Every problem in a settings file by itself: all profiles, without environment and command line."""
    try:
        file = read_settings_file(path)
    except ConfigurationError as error:
        return [error]
    return check_content(file)


def check_content(file: SettingsFile) -> list[ConfigurationError]:
    """The same for a file that was read already (or is about to be written)."""
    problems: dict[str, ConfigurationError] = {}
    for _, found in _merged(file):
        for problem in found:
            problems.setdefault(problem.message, problem)
    return list(problems.values())


def settings_in(file: SettingsFile) -> list[Settings]:
    """What a file by itself asks for, without a profile and with each; nothing for those that have problems."""
    return [settings for settings, _ in _merged(file) if settings is not None]


def _merged(file: SettingsFile) -> Iterator[tuple[Settings | None, list[ConfigurationError]]]:
    base = file.path.parent
    profiles = file.content.get("profiles", {})
    names = list(profiles) if isinstance(profiles, Mapping) else []
    for name in [None, *names]:
        merge = _Merge()
        merge.add(Layer("file", dict(_flat(file.content, merge, file, ())), base, file=file))
        chosen = name or merge.values.get("profile")
        merge.attempt(lambda chosen=chosen: _check_profile(chosen, file))
        if name is not None:
            inside = ("profiles", name)
            values = dict(_flat(profiles[name], merge, file, inside))
            merge.add(Layer(f"profile {name}", values, base, file=file, inside=inside))
        yield merge.build(), merge.problems


def _check_profile(name: str | None, file: SettingsFile | None) -> None:
    """Raise unless the chosen profile is a good name and is in the file."""
    profiles = {} if file is None else file.content.get("profiles", {})
    if not isinstance(profiles, Mapping):
        raise ConfigurationError(
            f"{file.path if file else ''}: profiles must be a table of tables, such as [profiles.work.server].",
            context={"key": "profiles"},
        )
    if name is None:
        return
    check_profile_name(name)
    if name in profiles or name == DEFAULT_PROFILE:
        return
    where = f" in {file.path}" if file is not None else ", as there is no settings file"
    raise ConfigurationError(
        f"There is no profile {name!r}{where}.",
        hint=did_you_mean(name, profiles) or f"Add a table [profiles.{name}], or choose another with --profile.",
        context={"key": "profile", "profile": name, "profiles": list(profiles)},
    )


def _flat(table: Any, merge: _Merge, file: SettingsFile, inside: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The known keys of a table of the file, dotted; what is unknown or no table is told to ``merge``."""
    layer = Layer("file", {}, file.path.parent, file=file, inside=inside)
    if not isinstance(table, Mapping):
        where = ".".join(inside)
        merge.problems.append(layer.error("", f"{where} must be a table of sections.", hint=f"Write [{where}.server]."))
        return
    known = all_settings()
    for name, value in table.items():
        if name == "profiles" and not inside:
            continue
        if name in section_names():
            if not isinstance(value, Mapping):
                merge.problems.append(layer.error(name, f"{name} must be a section.", hint=f"Write [{name}]."))
                continue
            for key, item in value.items():
                dotted = f"{name}.{key}"
                if dotted in known:
                    yield dotted, item
                else:
                    merge.problems.append(_unknown(layer, dotted))
        elif name in known and not (inside and name == "profile"):
            yield name, value
        else:
            merge.problems.append(_unknown(layer, name))


def _unknown(layer: Layer, key: str) -> ConfigurationError:
    what = "section or setting" if "." not in key else "setting"
    return layer.error(key, f"there is no {what} {key!r}.", hint=suggest_key(key))


def _environment_layer(environ: Mapping[str, str], merge: _Merge) -> Layer:
    """What the environment says: our variables, and the customary ones where ours are silent."""
    by_variable = {setting.variable: setting for setting in all_settings().values()}
    values: dict[str, Any] = {}
    names: dict[str, str] = {}
    for setting in all_settings().values():
        customary = setting.customary
        if customary and environ.get(customary, "").strip():
            values[setting.key] = _customary_value(setting, customary, environ[customary])
            names[setting.key] = customary
    for variable in sorted(environ):
        if not variable.startswith(ENV_PREFIX) or variable in NOT_SETTINGS or not environ[variable]:
            continue
        found = by_variable.get(variable)
        if found is not None:
            values[found.key] = _own_value(found, variable, environ[variable])
            names[found.key] = variable
        elif ENV_SEPARATOR in variable:
            merge.problems.append(
                ConfigurationError(
                    f"environment variable {variable}: there is no such setting.",
                    hint=did_you_mean(variable, by_variable) or "`jjm config show` lists every setting.",
                    context={"variable": variable},
                )
            )
    return Layer("environment", values, Path.cwd(), spoken=True, variables=names)


def _own_value(setting: Setting, variable: str, text: str) -> Any:
    """A key that stands in a variable itself is referred to, so that settings never hold it."""
    return f"env:{variable}" if setting.key == "server.api_key" and not has_reference(text) else text


def _customary_value(setting: Setting, variable: str, text: str) -> Any:
    if setting.key == "server.api_key":
        return f"env:{variable}"
    if setting.key == "ui.color":
        return False
    return text


def _command_line_layer(given: Mapping[str, Any], merge: _Merge) -> Layer:
    layer = Layer(COMMAND_LINE, given, Path.cwd(), spoken=True)
    unknown = [key for key in given if key not in all_settings()]
    merge.problems.extend(_unknown(layer, key) for key in unknown)
    return Layer(
        COMMAND_LINE, {key: value for key, value in given.items() if key not in unknown}, Path.cwd(), spoken=True
    )


@dataclass
class _Merge:
    """Layers laid over each other, with the problems met on the way."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    problems: list[ConfigurationError] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Keys whose newest value was wrong."""

    def attempt(self, step: Any) -> None:
        """Run a check; keep its error."""
        try:
            step()
        except ConfigurationError as error:
            self.problems.append(error)

    def add(self, layer: Layer) -> None:
        """Lay a stronger layer over what is there."""
        if any(layer.values.get(f"server.{name}") for name in SERVER_NAMING):
            for name in SERVER_IDENTITY:
                self._forget(f"server.{name}")
        for key, raw in layer.values.items():
            setting = all_settings()[key]
            try:
                value = checked(setting, raw, layer)
                literals.check(setting, value, layer)
            except ConfigurationError as error:
                self.problems.append(error)
                self.refused.add(key)
                continue
            self._put(setting, value, layer)

    def _put(self, setting: Setting, value: Any, layer: Layer) -> None:
        key, source = setting.key, layer.source_of(setting.key)
        if setting.kind.is_map:
            self.sources.update({f"{key}.{name}": source for name in value})
            value = MappingProxyType({**self.values.get(key, {}), **value})
        self.values[key] = value
        self.refused.discard(key)
        self.sources[key] = source
        self.layers[key] = layer

    def _forget(self, key: str) -> None:
        for name in [name for name in self.sources if name == key or name.startswith(f"{key}.")]:
            del self.sources[name]
        self.values.pop(key, None)
        self.layers.pop(key, None)
        self.refused.discard(key)

    def build(self) -> Settings | None:
        """The settings, or ``None`` when there were problems."""
        from dataclasses import replace

        settings = Settings()
        for section in sections():
            own = {item.name: self.values[item.key] for item in section.settings if item.key in self.values}
            if not own:
                continue
            if section.name:
                own = {section.name: replace(getattr(settings, section.name), **own)}
            settings = replace(settings, **own)
        self.problems.extend(literals.conflicts(settings, self.layers, self.refused))
        for key in all_settings():
            self.sources.setdefault(key, DEFAULT)
        return None if self.problems else settings
