"""A settings file and a way to load it, for the tests of the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.settings import Loaded, load_settings
from jjm_tui.settings import secrets as secrets_module

Load = Callable[..., Loaded]


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "jjm.toml"


@pytest.fixture
def load(settings_file: Path, tmp_path: Path) -> Load:
    """Load settings from a text, an environment and overrides; nothing of this machine gets in."""

    def load_text(
        text: str | None = None,
        environ: Mapping[str, str] | None = None,
        profile: str | None = None,
        **overrides: Any,
    ) -> Loaded:
        settings_file.parent.mkdir(exist_ok=True)
        if text is not None:
            settings_file.write_text(text, encoding="utf-8")
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        variables = {"JJM_HOME": str(settings_file.parent), "HOME": str(tmp_path), **(environ or {})}
        return load_settings(profile=profile, overrides=dotted, environ=variables)

    return load_text


@pytest.fixture(autouse=True)
def _forget_secrets() -> Iterator[None]:
    """Secrets of one test must not mask the texts of another."""
    yield
    secrets_module.forget_secrets()
