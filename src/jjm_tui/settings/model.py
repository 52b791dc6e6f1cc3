"""Every setting: a frozen dataclass per section, each field with its default, its rules and a sentence for people.

The sentences, rules and defaults written here are the only ones: the example file, ``config show``, the checks and
the names of the environment variables are all made from them (``catalogue.py``). Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, cast

from jjm_tui.settings.metadata import about, nothing

PresetName = Literal["rest", "official", "text", "browser", "demo", "custom"]
ProtocolMode = Literal["legacy", "auto"]
Backend = Literal["json", "sqlite", "postgresql"]
LogLevel = Literal["debug", "info", "warning", "error", "critical"]
LogFormat = Literal["console", "json"]
Approval = Literal["required", "auto"]
PullRequests = Literal["auto", "none"]
KeyPreset = Literal["default", "vim", "emacs"]
Density = Literal["comfortable", "compact"]
NotifyReason = Literal["approval", "question", "failure", "review"]

QUIET_HOURS: Final = r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d"
SERVER_URL: Final = r"https?://[^\s/?#]+\S*"


class _Section:
    """Equality and text by the fields, written once: generating them for each section costs every start 2 ms."""

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(vars(self).items()))

    def __repr__(self) -> str:
        shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(cast("Any", self)) if each.repr)
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, eq=False, repr=False)
class ServerSettings(_Section):
    """Which MCP server is used, and how it is started. A stronger layer that names a server (preset, command or
    url) replaces the server of weaker layers as a whole."""

    preset: PresetName | None = field(
        default=None,
        metadata=about(
            "A known server: rest, official, text, browser, demo (the built-in simulator), or custom for your own "
            "`command` or `url`. `jjm setup` helps to choose."
        ),
    )
    label: str | None = field(
        default=None,
        metadata=about(
            "The name of the server in this program. Tasks remember through which server they came, so keep it.",
            pattern=r"[^\s/][^/\x00-\x1f\x7f]{0,63}",
            wanted="a short name without slashes",
        ),
    )
    command: str | None = field(
        default=None, metadata=about("The program of a custom server. It is started without a shell.")
    )
    args: tuple[str, ...] = field(
        default=(), metadata=about("Arguments of the program; with a preset they are added to the preset's own.")
    )
    script: Path | None = field(
        default=None, metadata=about("For the browser preset: the path of google-jules-mcp's dist/index.js.")
    )
    url: str | None = field(
        default=None,
        metadata=about(
            "The address of a server that is reached over streamable HTTP instead of started.",
            pattern=SERVER_URL,
            rule="address",
            wanted="an http or https address",
        ),
    )
    headers: Mapping[str, str] = field(
        default_factory=nothing,
        repr=False,
        metadata=about(
            "HTTP headers for `url`. Secrets by reference, also inside text: "
            '{ Authorization = "Bearer ${env:MY_TOKEN}" }.',
            secret=True,
        ),
    )
    api_key: str = field(
        default="env:JULES_API_KEY",
        metadata=about(
            "Where the Jules API key is: env:NAME, file:/path, keyring:service/user or command:program args. "
            "A server that is started gets it as the environment variable JULES_API_KEY; one behind url gets headers.",
            secret=True,
            customary="JULES_API_KEY",
        ),
    )
    env: Mapping[str, str] = field(
        default_factory=nothing,
        repr=False,
        metadata=about("Further environment variables for the server; secrets by reference as above.", secret=True),
    )
    pass_env: tuple[str, ...] = field(
        default=(),
        metadata=about(
            "Names of your environment variables that the server may see as well (`NAME` or `PREFIX_*`). "
            "Without this it sees only the usual ones (PATH, HOME, proxies ...) and what its preset needs."
        ),
    )
    cwd: Path | None = field(
        default=None, metadata=about("The folder in which the server runs; the current one when not set.")
    )
    protocol_mode: ProtocolMode = field(
        default="legacy",
        metadata=about("legacy: the MCP handshake that every Jules server knows; auto: try the newer protocol first."),
    )
    start_timeout: float = field(
        default=60.0,
        metadata=about(
            "Seconds until a server must have answered the handshake (npx may download first).",
            at_least=0.1,
            at_most=3600,
        ),
    )
    call_timeout: float = field(
        default=90.0,
        metadata=about(
            "Seconds for one call with all its tries; servers that are known to need longer get longer.",
            at_least=0.1,
            at_most=3600,
        ),
    )
    max_line_bytes: int = field(
        default=16 * 1024 * 1024,
        metadata=about(
            "The longest message in bytes that is accepted from a server.", at_least=65_536, at_most=1_073_741_824
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class DemoSettings(_Section):
    """The built-in simulator, as `--demo` and the preset demo start it."""

    tasks: int = field(default=12, metadata=about("How many tasks it starts with.", at_least=0, at_most=100_000))
    speed: float = field(
        default=1.0, metadata=about("Simulated seconds per second.", at_least=0.001, at_most=1_000_000)
    )
    seed: int = field(default=1, metadata=about("Number from which its world is made; equal seeds, equal worlds."))
    state: Path | None = field(
        default=None, metadata=about("The file of its world; by default beside the store, by seed and number of tasks.")
    )


@dataclass(frozen=True, eq=False, repr=False)
class PollingSettings(_Section):
    """How often the server is asked."""

    interval: float = field(
        default=15.0,
        metadata=about(
            "Seconds between two readings of the server's list; the program adapts around it.",
            at_least=0.05,
            at_most=86_400,
        ),
    )
    unfocused_interval: float = field(
        default=60.0,
        metadata=about(
            "The same while the terminal is not focused; the longer of the two holds.", at_least=0.05, at_most=86_400
        ),
    )
    calls_per_minute: int = field(
        default=120,
        metadata=about(
            "Calls a minute, over all running copies of this profile and server; twice as many after a rest.",
            at_least=1,
            at_most=100_000,
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class RetrySettings(_Section):
    """Repeating calls that only read. What changes something on the server is never repeated."""

    attempts: int = field(default=3, metadata=about("How often a call is tried altogether.", at_least=1, at_most=20))
    min: float = field(
        default=1.0,
        metadata=about("Seconds before the second attempt; it doubles from there.", at_least=0, at_most=600),
    )
    max: float = field(
        default=60.0,
        metadata=about(
            "The longest pause in seconds, unless the server asks for a longer one.", at_least=0, at_most=3600
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class BreakerSettings(_Section):
    """The circuit breaker: after many failures in a row the server is left alone for a while."""

    failures: int = field(
        default=5, metadata=about("Failures in a row after which it opens.", at_least=1, at_most=1000)
    )
    reset_after: float = field(
        default=30.0, metadata=about("Seconds until one call is let through to try.", at_least=0.05, at_most=3600)
    )


@dataclass(frozen=True, eq=False, repr=False)
class StorageSettings(_Section):
    """Where tasks are kept on this machine."""

    backend: Backend = field(default="json", metadata=about("How tasks are kept. This version has json."))
    path: Path | None = field(
        default=None,
        metadata=about("The JSON store file; by default tasks.json of the profile in the user's data folder."),
    )
    database_url: str | None = field(
        default=None,
        repr=False,
        metadata=about("Kept for a later version; not used by this one.", secret=True, customary="DATABASE_URL"),
    )
    redis_url: str | None = field(
        default=None,
        repr=False,
        metadata=about("Kept for a later version; not used by this one.", secret=True, customary="REDIS_URL"),
    )


@dataclass(frozen=True, eq=False, repr=False)
class LoggingSettings(_Section):
    """The log files. Secrets are masked in them."""

    level: LogLevel = field(default="info", metadata=about("The least important records that are kept."))
    format: LogFormat = field(default="console", metadata=about("console: lines for people; json: for machines."))
    folder: Path | None = field(
        default=None, metadata=about("The folder of the log files; by default the user's log folder.")
    )
    keep_days: int = field(
        default=30,
        metadata=about(
            "Days after which our log files go; those of servers are kept by their size.", at_least=1, at_most=3650
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class CreateSettings(_Section):
    """What a new task is like unless told otherwise."""

    repository: str | None = field(
        default=None,
        metadata=about("The repository, `owner/name`.", rule="repository", wanted="a repository as owner/name"),
    )
    branch: str | None = field(
        default=None,
        metadata=about(
            "The branch; without it the repository's default branch, else main.",
            rule="branch",
            wanted="the name of a branch",
        ),
    )
    approval: Approval = field(
        default="required", metadata=about("required: Jules waits until you approved its plan; auto: it goes on.")
    )
    pr: PullRequests = field(
        default="auto", metadata=about("auto: Jules opens a pull request when it is done; none: it does not.")
    )


@dataclass(frozen=True, eq=False, repr=False)
class ResumeSettings(_Section):
    """Resuming tasks."""

    message: str = field(
        default="Please continue.",
        metadata=about(
            "What is sent where a server resumes by a message.",
            pattern=r"(?s).*\S.*",
            wanted="a text that is not empty",
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class OutboxSettings(_Section):
    """Finding out what became of an operation."""

    settle_window: float | None = field(
        default=None,
        metadata=about(
            "Seconds after sending before `nothing is visible on the server` is taken as `it did not happen`. "
            "Without it each kind of server has its own, a minute or more.",
            at_least=0,
            at_most=86_400,
        ),
    )
    confirm_for: float = field(
        default=5.0,
        metadata=about(
            "Seconds for which the server is re-read after it accepted something, until it shows.",
            at_least=0,
            at_most=600,
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class MonitorSettings(_Section):
    """The command `monitor`."""

    interval: float = field(
        default=30.0, metadata=about("Seconds between two looks at the tasks.", at_least=0.05, at_most=86_400)
    )


@dataclass(frozen=True, eq=False, repr=False)
class NotificationSettings(_Section):
    """How you are told that a task needs you."""

    reasons: tuple[NotifyReason, ...] = field(
        default=("approval", "question", "failure", "review"),
        metadata=about("What you are told about: approval, question, failure, review (completed)."),
    )
    quiet_hours: str | None = field(
        default=None,
        metadata=about(
            'When nothing rings or pops up, in local time: "22:00-07:00".',
            pattern=QUIET_HOURS,
            wanted='a span such as "22:00-07:00"',
        ),
    )
    title: bool = field(default=True, metadata=about("Show in the terminal's title how many tasks need you."))
    bell: bool = field(default=False, metadata=about("Ring the terminal's bell."))
    desktop: bool = field(default=False, metadata=about("Show desktop notifications."))
    agent_text: bool = field(
        default=False, metadata=about("Let desktop notifications and the command have Jules's own words.")
    )
    command: tuple[str, ...] = field(
        default=(),
        metadata=about('A program to run for it, without a shell: ["notify-send", "Jules"]. The text is added.'),
    )


@dataclass(frozen=True, eq=False, repr=False)
class KeySettings(_Section):
    """Keys of the dashboard."""

    preset: KeyPreset = field(default="default", metadata=about("The set of keys to start from."))
    bindings: Mapping[str, tuple[str, ...]] = field(
        default_factory=nothing,
        metadata=about(
            'Your own keys by action: { refresh = "f5", "task.open" = ["o", "enter"] }; [] takes the keys away. '
            "`jjm keys` lists the actions."
        ),
    )


@dataclass(frozen=True, eq=False, repr=False)
class InterfaceSettings(_Section):
    """What the screen looks like. A theme or density that is set nowhere is the one last chosen in the dashboard."""

    theme: str = field(default="jjm-dark", metadata=about("The colour theme of the dashboard."))
    density: Density = field(default="comfortable", metadata=about("How close rows stand."))
    color: bool = field(
        default=True, metadata=about("Use colour. NO_COLOR in the environment turns it off.", customary="NO_COLOR")
    )
    reduced_motion: bool = field(default=False, metadata=about("No animation."))
    mouse: bool = field(default=True, metadata=about("Let the dashboard use the mouse."))
    ascii: bool = field(default=False, metadata=about("Use only ASCII characters for marks and lines."))


@dataclass(frozen=True, eq=False, repr=False)
class Template(_Section):
    """A prepared task. Only the description is needed."""

    description: str
    title: str | None = None
    repository: str | None = None
    branch: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Settings(_Section):
    """All settings of one run, checked."""

    profile: str | None = field(
        default=None,
        metadata=about(
            "The profile that is used when `--profile` does not name one. A table [profiles.NAME] may hold every "
            "section of this file again and overrides it: [profiles.work.server]."
        ),
    )
    server: ServerSettings = field(default_factory=ServerSettings)
    demo: DemoSettings = field(default_factory=DemoSettings)
    polling: PollingSettings = field(default_factory=PollingSettings)
    retry: RetrySettings = field(default_factory=RetrySettings)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    create: CreateSettings = field(default_factory=CreateSettings)
    resume: ResumeSettings = field(default_factory=ResumeSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    keys: KeySettings = field(default_factory=KeySettings)
    ui: InterfaceSettings = field(default_factory=InterfaceSettings)
    views: Mapping[str, str] = field(
        default_factory=nothing,
        metadata=about('Named filters: { mine = "repo:acme/* is:needs-me" }. They are tabs of the dashboard.'),
    )
    templates: Mapping[str, Template] = field(
        default_factory=nothing,
        metadata=about(
            "Prepared tasks by name, each with a description and perhaps title, repository and branch: "
            '{ deps = { description = "Update the dependencies." } }.'
        ),
    )
