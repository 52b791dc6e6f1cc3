"""Secrets by reference: where they may come from, reading them when they are needed, and masking them everywhere.

A reference is ``env:NAME``, ``file:/path``, ``keyring:service/user`` or ``command:program args``; inside a longer
text it stands as ``${env:NAME}``. The settings file holds references only.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from jjm_tui.errors import ConfigurationError
from jjm_tui.files import read_file

MASK: Final = "********"
SCHEMES: Final = ("env", "file", "keyring", "command")
_REFERENCE: Final = re.compile(r"(env|file|keyring|command):(?=\S)([^\0\n]+)")
_EMBEDDED: Final = re.compile(r"\$\{((?:env|file|keyring|command):[^}\0\n]+)\}")
_SECRET_NAME: Final = re.compile(
    r"(?:^|[_-])(?:(?:api|access|secret|private|auth|account)?keys?|tokens?|secrets?|password|passwd|passphrase"
    r"|credentials?|cookies?|auth|authorization|jwt|pat)$",
    re.IGNORECASE,
)
_SECRET_SHAPE: Final = re.compile(
    r"AIza[0-9A-Za-z_-]{30,}|AQ\.[0-9A-Za-z_-]{20,}|ya29\.[0-9A-Za-z_-]{20,}|gh[opusr]_[0-9A-Za-z]{20,}"
    r"|github_pat_[0-9A-Za-z_]{20,}|sk-[0-9A-Za-z_-]{20,}|xox[abpr]-[0-9A-Za-z-]{10,}|glpat-[0-9A-Za-z_-]{15,}"
    r"|hvs\.[0-9A-Za-z_-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_TOKEN_SHAPE: Final = re.compile(
    r"(?<![0-9A-Za-z_-])(?>[0-9A-Za-z_-]*?eyJ)[0-9A-Za-z_-]{10,}+\.eyJ[0-9A-Za-z_-]{10,}+\."
)
"""A JSON web token, with what stands right before it: so each word is searched once, however often it begins anew."""
_SHORTEST_MASKED: Final = 6
_COMMAND_SECONDS: Final = 30.0

HOW_TO_REFER: Final = (
    "Refer to it instead: env:NAME (an environment variable), file:/path (a file only you can read), "
    "keyring:service/user, or command:program args (a password manager)."
)


class Secret:
    """A secret that does not show itself: only ``reveal`` has it."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        remember_secret(value)

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


_known: set[str] = set()
_pattern: re.Pattern[str] | None = None
_lock: Final = threading.Lock()


def remember_secret(value: str) -> None:
    """Have ``masked`` hide this value from now on, as it is and percent-encoded. Very short ones are not secrets."""
    global _pattern  # noqa: PLW0603 - one registry per process, as the secrets are
    from urllib.parse import quote

    parts = {value, value.strip(), quote(value, safe="")}
    with _lock:
        fresh = {part for part in parts if len(part) >= _SHORTEST_MASKED} - _known
        if fresh:
            _known.update(fresh)
            _pattern = re.compile("|".join(re.escape(item) for item in sorted(_known, key=len, reverse=True)))


def forget_secrets() -> None:
    """Empty the registry of ``masked``: for what runs several programs' lives in one process."""
    global _pattern  # noqa: PLW0603 - see remember_secret
    with _lock:
        _known.clear()
        _pattern = None


def masked(text: str) -> str:
    """The text with every known secret, and everything shaped like a well-known kind of key, made unreadable.

    Of a text that was cut in the middle of a known secret the beginning of that secret counts as well.
    """
    pattern = _pattern
    if pattern is not None:
        text = mask_cut(pattern.sub(MASK, text), tuple(_known), MASK)
    return _SECRET_SHAPE.sub(MASK, _TOKEN_SHAPE.sub(MASK, text))


def mask_cut(text: str, secrets: Iterable[str], mask: str) -> str:
    """The text with ``mask`` in place of the beginning of a secret at its very end, before the dots of a cut."""
    end = len(text.rstrip(".… "))
    for secret in secrets:
        start = text.find(secret[:_SHORTEST_MASKED], max(0, end - len(secret)), end)
        while start >= 0:
            if secret.startswith(text[start:end]):
                return text[:start] + mask + text[end:]
            start = text.find(secret[:_SHORTEST_MASKED], start + 1, end)
    return text


def is_reference(text: str) -> bool:
    """Whether the whole text is a reference."""
    return _REFERENCE.fullmatch(text) is not None


def has_reference(text: str) -> bool:
    """Whether the text is a reference or has one inside."""
    return is_reference(text) or _EMBEDDED.search(text) is not None


def is_secret_name(name: str) -> bool:
    """Whether a variable, header or option of that name holds a secret, by custom."""
    return _SECRET_NAME.search(name) is not None


def has_secret_shape(text: str) -> bool:
    """Whether the text has something in it that looks like a well-known kind of key."""
    return _SECRET_SHAPE.search(text) is not None or _TOKEN_SHAPE.search(text) is not None


def has_url_password(text: str) -> bool:
    """Whether the text is an address with a password in it."""
    if "://" not in text or "@" not in text:
        return False
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return True


def mask_url(text: str) -> str:
    """An address with its password masked; it is remembered, so that logs mask it as well."""
    try:
        password = urlsplit(text).password
    except ValueError:
        return MASK
    if not password:
        return text
    remember_secret(password)
    remember_secret(unquote(password))
    return text.replace(f":{password}@", f":{MASK}@")


def resolve_text(text: str, environ: Mapping[str, str]) -> str:
    """The text with its references replaced by what they refer to; a text without any is returned as it is.

    Raises:
        ConfigurationError: a reference leads nowhere; the sentence says why, without the secret.
    """
    if is_reference(text):
        return resolve_reference(text, environ).reveal()
    return _EMBEDDED.sub(lambda found: resolve_reference(found[1], environ).reveal(), text)


def resolve_reference(reference: str, environ: Mapping[str, str]) -> Secret:
    """What a reference refers to.

    Raises:
        ConfigurationError: it leads nowhere, or to nothing.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ConfigurationError("This is not a reference to a secret.", hint=HOW_TO_REFER)
    scheme, rest = match[1], match[2].strip()
    readers = {"file": _from_file, "keyring": _from_keyring, "command": _from_command}
    value = _from_environment(rest, environ) if scheme == "env" else readers[scheme](rest)
    if not value:
        raise ConfigurationError(
            f"The reference {reference} leads to an empty value.",
            hint="Put the secret there.",
            context={"reference": reference},
        )
    if "\0" in value:
        raise ConfigurationError(f"What {reference} refers to is not text.", hint=HOW_TO_REFER)
    return Secret(value)


def _failed(reference: str, why: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"The reference {reference} leads nowhere: {why}.", hint=hint, context={"reference": reference}
    )


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    if not value:
        raise _failed(f"env:{name}", "this environment variable is not set", f"Set it before starting: export {name}=…")
    return value.strip()


def secret_file_warning(path: Path) -> str | None:
    """A sentence when others could read a secret file, else ``None``."""
    if os.name != "posix":
        return None
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if mode & 0o077:
        return f"The secret file {path} can be read by others (mode {mode & 0o777:04o}): chmod 600 {path}"
    return None


def file_of(reference: str) -> Path | None:
    """The path of a ``file:`` reference, else ``None``."""
    match = _REFERENCE.fullmatch(reference)
    return Path(match[2].strip()).expanduser() if match is not None and match[1] == "file" else None


def _from_file(name: str) -> str:
    reference = f"file:{name}"
    path = Path(name).expanduser()
    if not path.is_absolute():
        raise _failed(reference, "the path is not absolute", "Write the whole path, or begin with ~/.")
    try:
        return read_file(path).decode("utf-8-sig").strip()
    except OSError as error:
        raise _failed(reference, error.strerror or str(error), "Check the path and its permissions.") from error
    except UnicodeDecodeError as error:
        raise _failed(reference, "the file is not UTF-8 text", "Put only the secret into it.") from error


def _from_keyring(name: str) -> str:
    reference = f"keyring:{name}"
    service, slash, user = name.rpartition("/")
    if not slash or not service or not user:
        raise _failed(reference, "it must be keyring:service/user", "For example keyring:jules/work.")
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise _failed(
            reference, "the keyring library is not installed", "Install jjm-tui with its extra: jjm-tui[keyring]."
        ) from error
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise _failed(
            reference, f"the keyring says: {error}", "Unlock the keyring, or refer to another place."
        ) from error
    if value is None:
        raise _failed(reference, "the keyring has no such entry", f"Add it: keyring set {service} {user}")
    return value


def _from_command(line: str) -> str:
    import shlex
    import subprocess

    reference = f"command:{line}"
    try:
        argv = shlex.split(line)
    except ValueError as error:
        raise _failed(reference, f"{error}", "Check the quotes.") from error
    try:
        done = subprocess.run(  # the person's own settings name the program; no shell
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _failed(
            reference, f"no answer within {_COMMAND_SECONDS:g} seconds", "Unlock the password manager first."
        ) from error
    except OSError as error:
        raise _failed(reference, error.strerror or str(error), "Check the name of the program.") from error
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {words[-1][:200]}" if words else ""
        raise _failed(reference, f"it ended with code {done.returncode}{last}", "Try the command by hand.")
    return done.stdout.decode("utf-8", "replace").strip()
