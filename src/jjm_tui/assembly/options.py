"""What a face was started with, before settings are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import Loaded, load_settings
from jjm_tui.settings.loader import DEMO
from jjm_tui.settings.locations import DEMO_PROFILE
from jjm_tui.settings.presets import overrides_for_demo

_DEMO_ENVIRONMENT: Final = frozenset(
    {"JJM_POLLING__INTERVAL", "JJM_MONITOR__INTERVAL", "JJM_LOGGING__LEVEL", "JJM_UI__ASCII", "JJM_UI__THEME"}
)
"""Settings from the environment that shape how a demo looks, never which world or store it uses."""

_DEMO_INTERVAL: Final = 2.0
"""Seconds between two looks in a demo: asking a simulator costs nothing, and something should move."""


@dataclass(frozen=True, slots=True)
class Options:
    """The global options of ``cli.md``. ``overrides``: settings given on the command line, by dotted key.

    ``demo``: the built-in simulator with a throw-away store; ``demo_tasks``, ``demo_speed``, ``demo_seed`` shape it.
    """

    config_file: Path | None = None
    profile: str | None = None
    demo: bool = False
    demo_tasks: int | None = None
    demo_speed: float | None = None
    demo_seed: int | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)


def load(options: Options, environ: Mapping[str, str]) -> Loaded:
    """The settings of this run. A demo reads no settings file, so a broken one cannot spoil it.

    Raises:
        ConfigurationError: they are wrong; the first problem is told, ``context["problems"]`` has all.
    """
    if not options.demo:
        return load_settings(
            config_file=options.config_file, profile=options.profile, overrides=options.overrides, environ=environ
        )
    other = next((key for key in options.overrides if key.startswith(("server.", "storage."))), None)
    if other is not None:
        raise ConfigurationError(
            "A demo has its own server and its own throw-away store.",
            hint="Leave out --demo, or --store, --server and --server-url.",
            context={"key": other},
        )
    kept = {name: value for name, value in environ.items() if name in _DEMO_ENVIRONMENT or name == "NO_COLOR"}
    demo = overrides_for_demo(tasks=options.demo_tasks, speed=options.demo_speed, seed=options.demo_seed)
    lively = {"monitor.interval": _DEMO_INTERVAL, "polling.interval": _DEMO_INTERVAL}
    lively = {key: value for key, value in lively.items() if f"JJM_{key.upper().replace('.', '__')}" not in kept}
    loaded = load_settings(overrides={**lively, **options.overrides, **demo}, environ=kept, use_file=False)
    of_the_demo = {key: DEMO for key in lively if options.overrides.get(key) is None}
    return replace(loaded, profile=DEMO_PROFILE, sources={**loaded.sources, **of_the_demo})
