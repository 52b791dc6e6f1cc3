"""The commands that are about this machine: server, store, settings, help for shells."""

from __future__ import annotations

from typing import Final

from jjm_tui.cli.grammar import Command, flag, option, positional

SHELLS: Final = ("bash", "zsh", "fish")
PRESETS: Final = ("rest", "official", "text", "browser", "demo", "custom")

_SERVER: Final = Command(
    "server",
    "talk to the MCP server directly",
    description="For finding out what a server can do. Tools that hand out or set cookies are refused.",
    example="jjm server tools\njjm server call list_sessions '{\"pageSize\": 5}'",
    subcommands=(
        Command("tools", "the tools of the server", "server:tools", example="jjm server tools --json", json=True),
        Command(
            "call",
            "call one tool",
            "server:call",
            (
                positional("tool", metavar="TOOL", help="name of the tool"),
                positional(
                    "arguments",
                    metavar="JSON",
                    nargs="?",
                    default="{}",
                    help="arguments as a JSON object; - reads standard input",
                ),
            ),
            "The call is made once. It may change things on the server: nothing here checks what the tool does.\n"
            "Where it went out and no clear answer came, exit code 5 says that it may have happened.",
            'jjm server call get_session \'{"sessionId": "3141592653"}\'',
            json=True,
        ),
        Command(
            "resources", "the resources of the server", "server:resources", example="jjm server resources", json=True
        ),
        Command(
            "read",
            "read one resource",
            "server:read",
            (positional("uri", metavar="URI", help="address of the resource"),),
            example="jjm server read jules://templates/common-tasks",
            json=True,
        ),
        Command("info", "who answers, and what it can do", "server:info", example="jjm server info", json=True),
    ),
)
_STORE: Final = Command(
    "store",
    "look after the store on this machine",
    description="Never starts a server.",
    example="jjm store info\njjm store check",
    subcommands=(
        Command("info", "where it is and what is in it", "store:info", example="jjm store info --json", json=True),
        Command("check", "look for damage", "store:check", example="jjm store check", json=True),
        Command(
            "repair",
            "set damaged files aside and bring back the newest good backup (asks)",
            "store:repair",
            (flag("-y", "--yes", help="do not ask"),),
            "Damaged files are kept under another name, never overwritten.",
            "jjm store repair",
            json=True,
        ),
        Command(
            "copy",
            "copy every task to another store",
            "store:copy",
            (
                option("--to", metavar="URL", required=True, help="a path, or file:///path/tasks.json"),
                flag("--force", help="also into a store that is there: newer tasks in it stay"),
            ),
            example="jjm store copy --to /backup/tasks.json",
            json=True,
        ),
    ),
)
_CONFIG: Final = Command(
    "config",
    "read and write the settings",
    description="Never starts a server. Settings come from built-in defaults, the file, the environment\n"
    "(JJM_SECTION__KEY) and the command line; the last of them wins.",
    example="jjm config show\njjm config set monitor.interval 60",
    subcommands=(
        Command(
            "path",
            "where the settings, the store, logs and the cache are",
            "config:path",
            (flag("--all", help="all of them in a pipe too"),),
            "In a pipe it is the path of the settings file alone.",
            "jjm config path --all",
            json=True,
        ),
        Command(
            "show",
            "every effective value and where it came from",
            "config:show",
            (positional("key", metavar="KEY", nargs="?", help="only this setting, such as monitor.interval"),),
            example="jjm config show --json",
            json=True,
        ),
        Command(
            "get",
            "the effective value of one setting",
            "config:get",
            (positional("key", metavar="KEY", help="such as monitor.interval"),),
            "In a pipe it is the value alone.",
            "jjm config get monitor.interval",
            json=True,
        ),
        Command("check", "look for mistakes", "config:check", example="jjm config check", json=True),
        Command(
            "init",
            "write a commented settings file",
            "config:init",
            (flag("--force", help="replace a file that is there (it is kept as a backup)"),),
            example="jjm config init",
            json=True,
        ),
        Command(
            "set",
            "set one value in the file",
            "config:set_value",
            (
                positional("key", metavar="KEY", help="such as monitor.interval"),
                positional("value", metavar="VALUE", help="the value; a list or a table as in TOML"),
            ),
            example="jjm config set create.repository acme/webapp",
            json=True,
        ),
    ),
)
_SETUP: Final = Command(
    "setup",
    "guided first-time set-up: server, key, test call",
    "setup:run",
    (
        option("--preset", choices=PRESETS, help="which kind of server"),
        option(
            "--command", dest="server_command", metavar="CMDLINE", help="how your own server is started (preset custom)"
        ),
        option("--url", metavar="URL", help="address of your own server over HTTP (preset custom)"),
        option("--script", metavar="FILE", help="path of google-jules-mcp's dist/index.js (preset browser)"),
        option(
            "--api-key-from",
            metavar="REF",
            help="where the key is: env:NAME, file:/path, keyring:service/user or command:program; none: without one",
        ),
        flag("--no-test", help="do not start the server for a test call"),
        flag("-y", "--yes", help="do not ask: --preset, --command or --url must be given, the rest has defaults"),
    ),
    "Asks what it does not know, tries the choice and writes the settings file, in place of the server that it has;\n"
    "the old file is kept. Every question can be answered by an option, for scripts.",
    "jjm setup\njjm setup --preset rest --api-key-from env:JULES_API_KEY --yes",
    json=True,
)
_SIMULATOR: Final = Command(
    "simulator",
    "the built-in Jules MCP server on standard input and output",
    "simulator:run",
    description="What --demo starts. For trying things and for tests.",
    example="jjm --server 'jjm simulator --state world.json' list",
    more_arguments="jjm_tui.simulator.command:add_arguments",
)

LOCAL_COMMANDS: Final[tuple[Command, ...]] = (
    _SERVER,
    _STORE,
    _CONFIG,
    _SETUP,
    Command(
        "doctor",
        "check settings, server, account, store and terminal",
        "doctor:run",
        description="Every line says ok, warning or failed, and what to do about it.",
        example="jjm doctor",
        json=True,
    ),
    Command("keys", "effective keys of the dashboard, and conflicts", "keys:run", example="jjm keys", json=True),
    Command(
        "completion",
        "print a completion script for your shell",
        "completion:run",
        (positional("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish"),),
        example="jjm completion bash > ~/.local/share/bash-completion/completions/jjm",
    ),
    _SIMULATOR,
)
