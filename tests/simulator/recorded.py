"""Recorded answers of real servers, and how to compare the form of two answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[1] / "wire"


def load(name: str) -> dict[str, dict[str, Any]]:
    """The steps of a recording by label."""
    return {step["label"]: step for step in json.loads((WIRE / f"{name}.json").read_text())}


def text_of(step: dict[str, Any]) -> str:
    return str(step["result"]["content"][0]["text"])


def form_of(value: Any) -> Any:
    """The form of JSON: names and types, one entry for all entries of a list."""
    if isinstance(value, dict):
        return {name: form_of(item) for name, item in value.items()}
    if isinstance(value, list):
        merged: Any = None
        for item in value:
            merged = merge(merged, form_of(item))
        return [merged]
    return type(value).__name__


def merge(one: Any, two: Any) -> Any:
    """Both forms at once."""
    if one is None or two is None:
        return two if one is None else one
    if isinstance(one, dict) and isinstance(two, dict):
        return {
            name: merge(one.get(name), two.get(name)) for name in [*one, *(name for name in two if name not in one)]
        }
    if isinstance(one, list) and isinstance(two, list):
        return [merge(one[0], two[0])]
    return one if one == two else f"{one}|{two}"


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """What our form has that theirs has not, or has otherwise."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = []
        for name, item in ours.items():
            path = f"{where}.{name}".strip(".")
            found += differences(item, theirs[name], path) if name in theirs else [f"{path} is not theirs"]
        return found
    if isinstance(ours, list) and isinstance(theirs, list):
        return [] if ours == [None] or theirs == [None] else differences(ours[0], theirs[0], f"{where}[]")
    return [] if ours == theirs else [f"{where}: {ours} is not {theirs}"]


def skeleton(text: str) -> str:
    """A text with ids, numbers, dates and quoted words taken out."""
    text = re.sub(r"\d{15,}", "ID", text)
    text = re.sub(r"\d+/\d+/\d{4}", "DATE", text)
    return re.sub(r"\d+", "N", text)
