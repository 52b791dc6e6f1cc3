"""References to secrets: refused literals, resolving, masking."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import pytest

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings.secrets import (
    MASK,
    Secret,
    is_secret_name,
    mask_url,
    masked,
    remember_secret,
    resolve_reference,
    resolve_text,
    secret_file_warning,
)
from tests.settings.conftest import Load

GOOGLE_SHAPED = "AIza" + "0" * 35


@pytest.mark.parametrize(
    "text",
    [
        "[server]\napi_key = 'plain-secret-value'\n",
        "[server.env]\nJULES_API_KEY = 'plain-secret-value'\n",
        "[server.env]\nGOOGLE_AUTH_COOKIES = 'plain-secret-value'\n",
        f"[server.env]\nHARMLESS = '{GOOGLE_SHAPED}'\n",
        "[server]\nurl = 'https://x.example'\nheaders = { Authorization = 'Bearer plain-secret-value' }\n",
        "[server]\nurl = 'https://u:plain-secret-value@x.example'\n",
        "[server]\nurl = 'https://x.example?api_key=plain-secret-value'\n",
        "[server]\ncommand = 'x'\nargs = ['--api-key=plain-secret-value']\n",
        "[server]\ncommand = 'x'\nargs = ['--token', 'plain-secret-value']\n",
        "[storage]\ndatabase_url = 'postgresql://u:plain-secret-value@db/x'\n",
        "[profiles.work.server]\napi_key = 'plain-secret-value'\n",
    ],
)
def test_literal_secret_in_the_file_is_refused_and_not_repeated(load: Load, text: str) -> None:
    with pytest.raises(ConfigurationError, match="has a secret in it") as caught:
        load(text, profile="work" if "profiles" in text else None)
    told = json.dumps(caught.value.to_dict())
    assert "plain-secret-value" not in told
    assert GOOGLE_SHAPED not in told
    assert "keyring:service/user" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "[server]\napi_key = 'keyring:jules/work'\n",
        "[server.env]\nMY_TOKEN = 'env:OTHER'\nCOOKIES_PATH = '/x/cookies'\nSESSION_MODE = 'fresh'\nMONKEY = 'a'\n",
        "[server]\nurl = 'https://x.example?page=2'\nheaders = { Authorization = 'Bearer ${env:T}', Accept = 'a/b' }\n",
        "[server]\ncommand = 'x'\nargs = ['--keyboard', 'us', '--token', '--verbose', 'author/name']\n",
        "[storage]\ndatabase_url = 'sqlite:///x.db'\n",
    ],
)
def test_references_and_harmless_values_are_accepted(load: Load, text: str) -> None:
    assert load(text).settings


def test_reference_inside_arguments_is_refused(load: Load) -> None:
    with pytest.raises(ConfigurationError, match="arguments of programs can be seen"):
        load("[server]\ncommand = 'x'\nargs = ['--header', 'A: ${env:T}']\n")


def test_reference_inside_an_address_is_refused(load: Load) -> None:
    with pytest.raises(ConfigurationError, match="an address is sent as it is written"):
        load("[server]\nurl = 'https://me:${env:T}@x.example'\n")


def test_resolve_environment_variable_is_stripped() -> None:
    assert resolve_reference("env:A", {"A": " geheim12\n"}).reveal() == "geheim12"


def test_resolve_inside_a_text_replaces_every_reference() -> None:
    assert resolve_text("Bearer ${env:A}, ${env:B}", {"A": "geheim12", "B": "x"}) == "Bearer geheim12, x"
    assert resolve_text("plain", {}) == "plain"


@pytest.mark.parametrize("environ", [{}, {"A": ""}, {"A": "  "}])
def test_resolve_missing_variable_names_it(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="env:A"):
        resolve_reference("env:A", environ)


def test_resolve_file_reads_it_and_warns_about_open_ones(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("geheim12\n", encoding="utf-8")
    path.chmod(0o600)
    assert resolve_reference(f"file:{path}", {}).reveal() == "geheim12"
    assert secret_file_warning(path) is None
    path.chmod(0o640)
    assert "0640" in (secret_file_warning(path) or "")


@pytest.mark.parametrize("name", ["key", "/nowhere/at/all", "/"])
def test_resolve_file_that_cannot_be_read_tells_why(name: str) -> None:
    with pytest.raises(ConfigurationError, match="leads nowhere"):
        resolve_reference(f"file:{name}", {})


def test_resolve_file_with_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        resolve_reference(f"file:{path}", {})


def test_resolve_command_runs_without_a_shell() -> None:
    program = f"command:{sys.executable} -c \"import sys; print(sys.argv[1] + '12')\" '$HOME;x'"
    assert resolve_reference(program, {}).reveal() == "$HOME;x12"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            f"{sys.executable} -c \"import sys; sys.exit('the vault is locked')\"",
            "ended with code 1: the vault is locked",
        ),
        ("/no/such/program", "No such file"),
        ('"open', "No closing quotation"),
        (f"{sys.executable} -c pass", "empty value"),
    ],
    ids=["it fails", "it is not there", "no command", "it says nothing"],
)
def test_resolve_command_that_fails_tells_its_last_words(line: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        resolve_reference(f"command:{line}", {})


def test_resolve_keyring_asks_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return "geheim12" if (service, username) == ("jules/api", "work") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise AssertionError

        def delete_password(self, service: str, username: str) -> None:
            raise AssertionError

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        assert resolve_reference("keyring:jules/api/work", {}).reveal() == "geheim12"
        with pytest.raises(ConfigurationError, match="no such entry"):
            resolve_reference("keyring:jules/home", {})
        with pytest.raises(ConfigurationError, match="keyring:service/user"):
            resolve_reference("keyring:jules", {})
    finally:
        keyring.set_keyring(before)


def test_resolve_keyring_without_the_library_tells_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError) as caught:
        resolve_reference("keyring:jules/work", {})
    assert "jjm-tui[keyring]" in (caught.value.hint or "")


def test_secret_does_not_show_itself() -> None:
    secret = Secret("geheim12")
    shown = f"{secret} {secret!r} {[secret]} {types.SimpleNamespace(a=secret)}"
    assert "geheim12" not in shown
    assert secret == Secret("geheim12")
    assert len({secret, Secret("geheim12")}) == 1


def test_masked_hides_known_secrets_and_shapes_of_keys() -> None:
    assert masked("geheim/12 stays") == "geheim/12 stays"
    remember_secret("geheim/12")
    remember_secret("short")
    assert masked("a geheim/12 b geheim%2F12 c short") == f"a {MASK} b {MASK} c short"
    assert masked(f"key={GOOGLE_SHAPED}.") == f"key={MASK}."


def test_masked_hides_the_longer_of_two_secrets_whole() -> None:
    remember_secret("geheim")
    remember_secret("geheimnis")
    assert masked("geheimnis geheim") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it says geheimnis/1", f"it says {MASK}"),
        ("it says geheim…", f"it says {MASK}…"),
        ("geheim geheim...", f"geheim {MASK}..."),
        ("geheim geheim?", "geheim geheim?"),
        ("it says gehei", "it says gehei"),
        ("", ""),
    ],
)
def test_masked_hides_a_secret_that_was_cut_at_the_end(text: str, shown: str) -> None:
    remember_secret("geheimnis/12345")
    assert masked(text) == shown


def test_mask_url_hides_the_password_only() -> None:
    assert mask_url("redis://u:geheim12@h:1/0") == f"redis://u:{MASK}@h:1/0"
    assert mask_url("redis://h:1/0") == "redis://h:1/0"
    assert masked("geheim12") == MASK


@pytest.mark.parametrize(
    "name",
    ["JULES_API_KEY", "Authorization", "X-Goog-Api-Key", "--token", "GITHUB_PAT", "cookie", "apikey", "DB_PASSWORD"],
)
def test_secret_names_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["COOKIES_PATH", "AUTHOR", "MONKEY", "TOKEN_LIMIT", "KEYBOARD", "SSH_AUTH_SOCK", "PATH"]
)
def test_other_names_are_not_secret(name: str) -> None:
    assert not is_secret_name(name)
