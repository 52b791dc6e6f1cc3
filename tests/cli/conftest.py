"""Fixtures: the program with an empty home, and one with a simulated server whose world outlives a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """No settings, no server."""
    return Program(tmp_path / "home")


@pytest.fixture
def served(tmp_path: Path) -> Program:
    """A simulated server; its world stands in a file, so that all processes see the same one."""
    return Program(tmp_path / "home", world=tmp_path / "world.json")
