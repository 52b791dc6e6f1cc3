"""The servers that we know how to start, what each can reach, and the command and environment of the chosen one."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import urlsplit

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings.model import DemoSettings, ServerSettings, Settings
from jjm_tui.settings.secrets import is_reference, remember_secret, resolve_text

_USUAL: Final = (
    "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
    "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "TEMP", "TMP", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""What every server may see: a shell's basics, proxies, certificates. No keys."""
_NODE: Final = (
    "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_PATH", "NVM_DIR", "NVM_BIN", "VOLTA_HOME", "FNM_*", "ASDF_*",
    "npm_config_*", "NPM_CONFIG_*",
)  # fmt: skip
_BROWSER: Final = (
    "PLAYWRIGHT_*", "JULES_DATA_PATH", "SESSION_MODE", "CHROME_USER_DATA_DIR", "COOKIES_PATH", "GOOGLE_AUTH_COOKIES",
    "HEADLESS", "TIMEOUT", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
)  # fmt: skip
_PYTHON: Final = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONUTF8",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "COVERAGE_*",
    "COV_*",
)
API_KEY: Final = "JULES_API_KEY"
_GENERIC: Final = frozenset({"index", "main", "server", "cli", "__main__", "app", "start", "run"})
_GENERIC_FOLDERS: Final = frozenset({"dist", "build", "lib", "src", "bin", "out", "node_modules", ".", ""})
_RUNNERS: Final = frozenset({"npx", "pnpx", "bunx", "uvx", "pipx", "npm", "pnpm", "yarn", "deno", "bun", "node", "uv"})


@dataclass(frozen=True)
class Preset:
    """A known server. ``reaches``: ``Label: words`` for the guided set-up, labels of nine letters at most."""

    name: str
    title: str
    program: tuple[str, ...]
    needs: tuple[str, ...]
    passes: tuple[str, ...]
    takes_key: bool
    requires_key: bool
    reaches: tuple[str, ...]
    prerequisites: str


PRESETS: Final[Mapping[str, Preset]] = {
    "rest": Preset(
        name="rest",
        title="Jules API with a key (newest 30 tasks, branch main only)",
        program=("npx", "-y", "@amitdeshmukh/google-jules-mcp@0.1.6"),
        needs=("npx",),
        passes=_NODE,
        takes_key=True,
        requires_key=True,
        reaches=(
            "Tasks: the newest 30 of your account, and the first 50 entries of each conversation.",
            "Plans: whole, with every step; approving works.",
            "Diffs: yes. Pull requests: it always has Jules open one.",
            "Branches: new tasks start from main only. Titles cannot be given.",
            "Resume: by a message.",
        ),
        prerequisites="Node 18 or newer and an API key from the settings page of jules.google.com.",
    ),
    "official": Preset(
        name="official",
        title="Google's own server, with a key (newest 100 tasks)",
        program=("npx", "-y", "@google/jules-mcp@0.2.0"),
        needs=("npx",),
        passes=(*_NODE, "JULES_HOME"),
        takes_key=True,
        requires_key=False,
        reaches=(
            "Tasks: the newest 100 of your account.",
            "Plans: whole while they wait for you; approving works.",
            "Diffs: yes, file by file. Pull requests: as you choose.",
            "Branches: as you choose; a title can be given.",
            "Resume: by a message.",
            "Missing: plan and chat of tasks with an entry it cannot read.",
        ),
        prerequisites="Node 18 or newer and an API key (or a key that Google's own tool has stored).",
    ),
    "text": Preset(
        name="text",
        title="Jules API with a key (all tasks, long plans cut)",
        program=("npx", "-y", "google-jules-mcp-server@0.3.2"),
        needs=("npx",),
        passes=_NODE,
        takes_key=True,
        requires_key=True,
        reaches=(
            "Tasks: all of your account, page by page; repository and branch are not told for existing ones.",
            "Plans: yes, long ones cut at 800 characters.",
            "Diffs: of completed tasks, cut at 2000 characters. Pull requests: as you choose.",
            "Branches: as you choose; a title can be given.",
            "Resume: by a message.",
        ),
        prerequisites="Node 22.19 or newer and an API key from the settings page of jules.google.com.",
    ),
    "browser": Preset(
        name="browser",
        title="The Jules website, driven by a browser",
        program=("node",),
        needs=("node",),
        passes=(*_NODE, *_BROWSER),
        takes_key=False,
        requires_key=False,
        reaches=(
            "Tasks: only those that were created through this server on this machine.",
            "Plans: as text in the conversation, which may be cut; approving needs an extra word.",
            "Diffs: names of files only. Pull requests: not told.",
            "Branches: it takes one and does not keep to it.",
            "Resume: yes, by the website's own button. One call at a time, about a second each.",
        ),
        prerequisites="Node, google-jules-mcp built (server.script), Playwright's Chromium, a Google account.",
    ),
    "demo": Preset(
        name="demo",
        title="The built-in simulator",
        program=(sys.executable, "-P", "-m", "jjm_tui.simulator"),
        needs=(),
        passes=_PYTHON,
        takes_key=False,
        requires_key=False,
        reaches=(
            "Tasks: a made-up world that moves by itself; nothing leaves this machine.",
            "Reaches: plans, diffs, branches, resume.",
        ),
        prerequisites="Nothing.",
    ),
    "custom": Preset(
        name="custom",
        title="Your own command or address",
        program=(),
        needs=(),
        passes=(*_NODE, *_BROWSER, *_PYTHON, "JULES_HOME"),
        takes_key=True,
        requires_key=False,
        reaches=("Reaches: whatever its tools allow; they are looked at when it starts.",),
        prerequisites="server.command with server.args, or server.url.",
    ),
}
"""The presets by name. What they reach was read from the servers' sources and seen in runs (``tests/wire``)."""


@dataclass(frozen=True)
class ResolvedServer:
    """A server ready to be started or reached. Exactly one of ``command`` and ``url`` is set.

    ``env`` is the whole environment of the process, secrets included: it is never shown. ``timeouts`` are seconds.
    """

    label: str
    preset: str
    command: tuple[str, ...] | None
    url: str | None
    env: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    cwd: Path | None
    protocol_mode: str
    start_timeout: float
    call_timeout: float
    max_line_bytes: int

    @property
    def target(self) -> str:
        """What is started or reached, for people; made safe by the log's masking."""
        return self.url if self.url is not None else shlex.join(self.command or ())


def is_configured(settings: Settings) -> bool:
    """Whether a server was chosen; otherwise the dashboard opens the guided set-up."""
    return bool(settings.server.preset or settings.server.command or settings.server.url)


def preset_of(server: ServerSettings) -> Preset:
    """The preset that the settings choose.

    Raises:
        ConfigurationError: no server was chosen.
    """
    if server.preset is not None:
        return PRESETS[server.preset]
    if server.command or server.url:
        return PRESETS["custom"]
    raise ConfigurationError(
        "No Jules MCP server is configured.",
        hint="Run `jjm setup`, or look around first with --demo.",
        context={"key": "server.preset"},
    )


def server_label(settings: Settings) -> str:
    """The short name of the chosen server; ``none`` when none was chosen. Never reads a secret."""
    server = settings.server
    if server.label:
        return server.label
    if not is_configured(settings):
        return "none"
    preset = preset_of(server)
    if preset.name != "custom":
        return preset.name
    if server.url:
        parts = urlsplit(server.url)
        return (parts.netloc.rpartition("@")[2] or "custom").replace("/", "_")
    return command_label((server.command or "", *server.args))


def origin(settings: Settings, profile: str) -> str:
    """``<profile>/<label>``: through what tasks came. Operations go only through the same origin."""
    return f"{profile}/{server_label(settings)}"


def command_label(argv: tuple[str, ...]) -> str:
    """A short name for a command line: the package, script or module that it runs. Options do not change it."""
    program = PurePath(argv[0]).name.removesuffix(".exe")
    subject = _subject(program, argv[1:])
    if subject is None:
        return program or "custom"
    if subject.startswith("@") or "/" not in subject.replace("\\", "/"):
        name = subject[:1] + subject[1:].partition("@")[0]
        return name.replace("/", "_").removesuffix(".py").removesuffix(".js") or program
    parts = PurePath(subject.replace("\\", "/")).parts
    stem = PurePath(parts[-1]).stem
    if stem in _GENERIC:
        folders = [part for part in parts[:-1] if part not in _GENERIC_FOLDERS and part != "/"]
        stem = folders[-1] if folders else stem
    return stem


def _subject(program: str, rest: Iterable[str]) -> str | None:
    """What an interpreter or package runner runs; ``None`` for a program of its own."""
    if not (program in _RUNNERS or program.startswith("python")):
        return None
    words = iter(rest)
    for word in words:
        if word == "-m" and program.startswith("python"):
            return next(words, None)
        if not word.startswith("-") and word not in ("run", "exec", "dlx", "tool", "x"):
            return word
    return None


def resolve_server(settings: Settings, environ: Mapping[str, str]) -> ResolvedServer:
    """The chosen server with its command, its environment and its secrets. Read anew at every start.

    Raises:
        ConfigurationError: no server was chosen, something it needs is missing, or a reference leads nowhere.
    """
    server = settings.server
    preset = preset_of(server)
    command = None if server.url else (*_program(preset, settings), *server.args)
    env = {} if server.url else _environment(preset, server, environ)
    headers = {name: _resolved(f"server.headers.{name}", text, environ) for name, text in server.headers.items()}
    return ResolvedServer(
        label=server_label(settings),
        preset=preset.name,
        command=command,
        url=server.url,
        env=env,
        headers=headers,
        cwd=server.cwd,
        protocol_mode=server.protocol_mode,
        start_timeout=server.start_timeout,
        call_timeout=server.call_timeout,
        max_line_bytes=server.max_line_bytes,
    )


def _program(preset: Preset, settings: Settings) -> tuple[str, ...]:
    server = settings.server
    if preset.name == "custom":
        return (server.command or "",)
    if preset.name == "demo":
        return (*preset.program, *_demo_options(settings.demo))
    if preset.name != "browser":
        return preset.program
    if server.script is None:
        raise ConfigurationError(
            "The preset browser needs to know where google-jules-mcp is.",
            hint='Set server.script to its built file: jjm config set server.script "/path/to/dist/index.js"',
            context={"key": "server.script"},
        )
    return (*preset.program, str(server.script))


def _demo_options(demo: DemoSettings) -> tuple[str, ...]:
    options = ["--tasks", str(demo.tasks), "--speed", f"{demo.speed:g}", "--seed", str(demo.seed)]
    if demo.state is not None:
        options += ["--state", str(demo.state)]
    return tuple(options)


def _environment(preset: Preset, server: ServerSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server's process: usual names, the preset's, the person's, then references."""
    env = {
        name: value for name, value in environ.items() if _is_passed(name, (*_USUAL, *preset.passes, *server.pass_env))
    }
    if preset.takes_key and API_KEY not in server.env:
        key = _api_key(preset, server, environ)
        if key is not None:
            env[API_KEY] = key
    for name, text in server.env.items():
        env[name] = _resolved(f"server.env.{name}", text, environ)
    return env


def _api_key(preset: Preset, server: ServerSettings, environ: Mapping[str, str]) -> str | None:
    """The key; ``None`` where there is none and the server can do without."""
    if not is_reference(server.api_key):
        key = _resolved("server.api_key", server.api_key, environ)
        remember_secret(key)
        return key
    if server.api_key == f"env:{API_KEY}" and not environ.get(API_KEY, "").strip():
        if not preset.requires_key:
            return None
        raise ConfigurationError(
            f"The {preset.name} server needs your Jules API key, and {API_KEY} is not set.",
            hint=f"Get a key on the settings page of jules.google.com, then: export {API_KEY}=… "
            "(or keep it in a keyring and set server.api_key).",
            context={"key": "server.api_key", "variable": API_KEY},
        )
    return _resolved("server.api_key", server.api_key, environ)


def _resolved(key: str, text: str, environ: Mapping[str, str]) -> str:
    try:
        return resolve_text(text, environ)
    except ConfigurationError as error:
        error.message = f"{key}: {error.message}"
        error.args = (error.message,)
        error.context["key"] = key
        raise


def _is_passed(name: str, patterns: Iterable[str]) -> bool:
    return any(name == item or (item.endswith("*") and name.startswith(item[:-1])) for item in patterns)


def overrides_for_command(line: str) -> dict[str, Any]:
    """What ``--server CMDLINE`` overrides: the line split as a shell would, run without one.

    Raises:
        ConfigurationError: the line is empty, or a quote is not closed.
    """
    try:
        argv = shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(
            f"The command line of --server cannot be split: {error}.",
            hint="Check its quotes.",
            context={"key": "--server"},
        ) from error
    if not argv or not argv[0]:
        raise ConfigurationError(
            "The command line of --server is empty.",
            hint='For example: --server "node /path/to/dist/index.js"',
            context={"key": "--server"},
        )
    return {"server.preset": "custom", "server.command": argv[0], "server.args": tuple(argv[1:])}


def overrides_for_url(url: str) -> dict[str, Any]:
    """What ``--server-url URL`` overrides. Headers of the configured server are not sent to another address."""
    return {"server.preset": "custom", "server.url": url}


def overrides_for_demo(
    *, tasks: int | None = None, speed: float | None = None, seed: int | None = None, state: Path | None = None
) -> dict[str, Any]:
    """What ``--demo`` and its options override."""
    options = {"demo.tasks": tasks, "demo.speed": speed, "demo.seed": seed, "demo.state": state}
    return {"server.preset": "demo", **{key: value for key, value in options.items() if value is not None}}
