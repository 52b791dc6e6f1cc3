"""The screens that the dashboard has, found in its code, so that none is forgotten by a test that visits all."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

import jjm_tui.tui


def screens_in_code() -> set[str]:
    """Every class of screen that is made somewhere in the package."""
    package = jjm_tui.tui
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not found.name.endswith("__main__")
    ]
    classes = {
        name
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Screen) and value.__module__ == module.__name__
    }
    trees = [ast.parse(path.read_text("utf-8")) for path in Path(package.__path__[0]).rglob("*.py")]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = {each.id for each in calls if isinstance(each, ast.Name)}
    return {name for name in classes if name in made or not _is_base(name, classes, modules)}


def _is_base(name: str, classes: set[str], modules: Sequence[Any]) -> bool:
    kinds = [getattr(module, each) for module in modules for each in classes if hasattr(module, each)]
    return any(name in {base.__name__ for base in kind.__mro__[1:]} for kind in kinds)
