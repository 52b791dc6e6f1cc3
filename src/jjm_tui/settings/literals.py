"""Rules beyond one value's type: no literal secret in the file, and settings that must fit each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import secrets
from jjm_tui.settings.catalogue import Kind, Setting
from jjm_tui.settings.layers import Layer
from jjm_tui.settings.model import ServerSettings, Settings


def check(setting: Setting, value: object, layer: Layer) -> None:
    """Refuse literal secrets in a file; from elsewhere, have them masked from now on.

    Raises:
        ConfigurationError: the file holds a secret, or an argument would.
    """
    for entry, text, is_literal in _secret_texts(setting, value):
        if not is_literal:
            continue
        if layer.file is None:
            _remember(text)
            continue
        name = ".".join((setting.key, *entry))
        raise layer.error(
            setting.key,
            f"{name} has a secret in it; the settings file must not.",
            hint=secrets.HOW_TO_REFER,
            entry=entry,
        )


def _remember(text: str) -> None:
    if "://" in text:
        secrets.mask_url(text)
    else:
        secrets.remember_secret(text)


def _secret_texts(setting: Setting, value: object) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Every text of a value that could be a secret: where in the value, the text, whether it is a literal secret."""
    if setting.key == "server.api_key" and isinstance(value, str):
        yield (), value, not secrets.has_reference(value)
    elif setting.kind is Kind.TEXT and isinstance(value, str):
        yield (), value, is_secret_literal(None, value)
    elif setting.kind is Kind.TEXT_MAP and setting.is_secret and isinstance(value, Mapping):
        for name, text in value.items():
            yield (name,), text, is_secret_literal(name, text)
    elif setting.key in ("server.args", "notifications.command") and isinstance(value, tuple):
        for flag, text in zip(("", *value), value, strict=False):
            option, equals, rest = text.partition("=")
            if equals and option.startswith("-") and secrets.is_secret_name(option):
                yield (), rest, bool(rest)
            elif flag.startswith("-") and "=" not in flag and secrets.is_secret_name(flag):
                yield (), text, not text.startswith("-")
            else:
                yield (), text, is_secret_literal(None, text)


def is_secret_literal(name: str | None, text: str) -> bool:
    """Whether a text holds a secret itself: by its name, its shape, or as an address with a password or key."""
    if not text or secrets.has_reference(text):
        return False
    if name is not None and secrets.is_secret_name(name):
        return True
    return secrets.has_secret_shape(text) or secrets.has_url_password(text) or _has_secret_parameter(text)


def _has_secret_parameter(text: str) -> bool:
    if "://" not in text or "?" not in text:
        return False
    try:
        query = urlsplit(text).query
    except ValueError:
        return False
    return any(value and secrets.is_secret_name(name) for name, value in parse_qsl(query))


def conflicts(
    settings: Settings, layers: Mapping[str, Layer], refused: Collection[str] = ()
) -> Iterator[ConfigurationError]:
    """Settings that are fine alone and wrong together. ``refused``: keys whose value was wrong by itself and is told;
    what would only follow from that is no conflict."""
    server = settings.server

    def error(key: str, message: str, hint: str) -> ConfigurationError:
        layer = layers.get(key)
        if layer is None:
            return ConfigurationError(message, hint=hint, context={"key": key})
        return layer.error(key, message, hint=hint)

    if server.command and server.url:
        yield error("server.url", "server.command and server.url exclude each other.", "Keep one of them.")
    preset = server.preset
    if preset not in (None, "custom"):
        for name, value in (("command", server.command), ("url", server.url)):
            if value:
                yield error(
                    f"server.{name}",
                    f"server.{name} is only for the preset custom, and server.preset is {preset}.",
                    f'Remove server.{name}, or set server.preset = "custom".',
                )
    names_none = not (server.command or server.url or {"server.command", "server.url"} & set(refused))
    if preset == "custom" and names_none:
        yield error("server.preset", "The preset custom needs server.command or server.url.", "Set one of them.")
    if settings.retry.min > settings.retry.max and not {"retry.min", "retry.max"} & set(refused):
        yield error("retry.min", "retry.min must not be greater than retry.max.", "Lower the one or raise the other.")
    backend = settings.storage.backend
    if backend != "json":
        yield error(
            "storage.backend",
            f"The storage backend {backend} is not in this version; only json is.",
            'Set storage.backend = "json", or leave it out.',
        )
    for name, why, hint in _references_in_the_open(server):
        yield error(name, f"{name} must not refer to secrets: {why}.", hint)


def _references_in_the_open(server: ServerSettings) -> Iterator[tuple[str, str, str]]:
    """Settings with references that are not followed; why not, and what to do instead."""
    if any("${" in text and secrets.has_reference(text) for text in server.args):
        yield "server.args", "arguments of programs can be seen by others", "Give it to the server in server.env."
    if server.url and "${" in server.url and secrets.has_reference(server.url):
        yield "server.url", "an address is sent as it is written", "Give it to the server in server.headers."
