"""The commands that are about tasks: reading them, creating them, deciding, watching, local marks."""

from __future__ import annotations

from typing import Final

from jjm_tui.cli.grammar import Command, flag, option, positional
from jjm_tui.cli.values import (
    event_types,
    filter_text,
    only_dash,
    repository_pattern,
    seconds,
    span,
    statuses,
    until,
    whole_number,
)

_TASK_HELP: Final = "full id, unambiguous prefix (4 or more characters), task URL, or @N: row N of the last list"
TASK: Final = positional("task", metavar="TASK", help=_TASK_HELP)
TASKS: Final = positional("tasks", metavar="TASK", nargs="+", help=_TASK_HELP)
MAYBE_TASKS: Final = positional("tasks", metavar="TASK", nargs="*", help=_TASK_HELP)
YES: Final = flag("-y", "--yes", help="do not ask")
CACHED: Final = flag("--cached", help="only what is stored; never starts a server")
FILTER: Final = option(
    "--filter",
    metavar="QUERY",
    type=filter_text,
    help="filter language: words, state:paused,failed repo:acme/* age:>2h waiting:>30m is:needs-me pr:yes, - negates",
)
STATUS: Final = option(
    "--status",
    metavar="S[,S…]",
    type=statuses,
    action="append",
    help="pending, in_progress, waiting_approval, waiting_feedback, paused, completed, failed, unknown, or all",
)
REPO: Final = option(
    "--repo", metavar="R", type=repository_pattern, help="repository owner/name; * stands for anything (acme/*)"
)
INTERVAL: Final = option("--interval", metavar="S", type=seconds, help="seconds between two looks (30)")
TIMEOUT: Final = option("--timeout", metavar="S", type=seconds, help="stop after so many seconds with exit code 124")

_SORT_HELP: Final = (
    "updated_at (default), created_at, status, repository, title, id, waiting (longest first) or needs-me"
)

_STDIN_DESCRIPTION: Final = positional(
    "stdin", metavar="-", nargs="?", type=only_dash, help="description from standard input"
)

_LIST: Final = Command(
    "list",
    "list tasks, newest first",
    "listing:run",
    (
        STATUS,
        REPO,
        FILTER,
        option("--sort", metavar="FIELD", help=_SORT_HELP),
        flag("--reverse", help="the other way round"),
        option("--limit", metavar="N", type=whole_number(1), help="at most N tasks"),
        flag("--all", help="archived tasks too"),
        CACHED,
    ),
    "Asks the server, merges with what is stored, and falls back to the store when the server is away; then it\n"
    "says how old the data is. Where the server did not tell the status of all tasks, it says of how many, and\n"
    "how old the oldest is; the table marks each of them with ~ and its age. To a terminal it prints a table,\n"
    "elsewhere tab-separated lines: id, status, needs_me, repository, branch, updated_at, title.",
    "jjm list --status waiting_approval,waiting_feedback\njjm list --filter 'repo:acme/* waiting:>30m' --json",
    json=True,
    fields=True,
)
_GET: Final = Command(
    "get",
    "show one task: details, plan, files, latest messages",
    "details:get",
    (
        TASK,
        option("--chat", metavar="N", type=whole_number(0), help="how many of the latest messages (5)"),
        flag("--full", help="the whole conversation and description"),
        CACHED,
    ),
    "On a terminal this also counts as having looked at it: a failure or a finished task no longer needs you.",
    "jjm get 3141592653 --chat 20\njjm get @1 --json",
    json=True,
    fields=True,
)
_CREATE: Final = Command(
    "create",
    "create a task",
    "creating:run",
    (
        _STDIN_DESCRIPTION,
        option("--repo", metavar="OWNER/NAME", help="repository (default: the setting create.repository)"),
        option("--description", metavar="TEXT", help="what Jules is to do", exclusive="text"),
        option(
            "--file", metavar="FILE", help="read the description from a file; - is standard input", exclusive="text"
        ),
        option("--from", metavar="FILE", dest="source", help="many tasks: JSON lines, TOML or CSV", exclusive="text"),
        option("--branch", metavar="B", help="branch to start from (the repository's default, else main)"),
        option("--title", metavar="T", help="title, where the server takes one"),
        option(
            "--approval",
            choices=("required", "auto"),
            help="required: Jules waits until you approved its plan (default); auto: it goes on",
        ),
        option("--pr", choices=("auto", "none"), help="auto: Jules opens a pull request (default); none: it does not"),
        option("--parallel", metavar="N", type=whole_number(1, 50), help="as many equal tasks, sent one at a time"),
        flag("--watch", help="watch the new tasks until nothing more happens by itself"),
        flag("--dry-run", help="say what would be sent; send nothing"),
    ),
    "A - in place of options reads the description from standard input. With --from, each row has description and\n"
    "perhaps repo, branch, title, approval, pr, parallel; nothing is sent unless every row is right. A TOML file\n"
    "holds [[tasks]] tables, a CSV file a line with the names of the columns.\n\n"
    "A create is never repeated by itself; one that could not be confirmed is in `jjm outbox list`.",
    "jjm create --repo acme/webapp --description 'Fix the login bug' --branch main\n"
    "git log -5 | jjm create --repo acme/webapp --file - --dry-run\n"
    "jjm create --repo acme/webapp --from tasks.csv",
    json=True,
)
_MESSAGE: Final = Command(
    "message",
    "send a message to a task",
    "deciding:message",
    (TASK, positional("text", metavar="TEXT", help="the message; - reads standard input")),
    "Sent once, never repeated by itself. A message that did not go is kept as a draft of its task; where it\n"
    "is not known which task is meant, that is said and the text is not kept.",
    "jjm message 3141592653 'Use the new API, please.'\njjm message 3141592653 - < answer.md",
    json=True,
)
_APPROVE: Final = Command(
    "approve",
    "read the plan of a task and approve it",
    "deciding:approve",
    (
        MAYBE_TASKS,
        YES,
        option("--plan", metavar="FINGERPRINT", help="approve only this very plan (8 or more of its characters)"),
        flag("--incomplete", help="also where the server cannot show the whole plan"),
        flag("--all", help="every task whose plan waits (perhaps with --filter)"),
        FILTER,
    ),
    "Prints the plan as the server holds it now, with what changed since it was last read and what is risky in it,\n"
    "and asks. If the plan changes before the approval is sent, nothing is sent. With --yes exactly the plan that\n"
    "was just read is approved. Plans that are not known to be whole are never approved in bulk.",
    "jjm approve 3141592653\njjm approve 3141592653 --plan 9f86d081884c --yes\njjm approve --all --filter repo:acme/*",
    json=True,
)
_RESUME: Final = Command(
    "resume",
    "resume a paused task",
    "deciding:resume",
    (TASKS, YES),
    "Where the server resumes by a message, that message is shown first (setting resume.message).",
    "jjm resume 3141592653",
    json=True,
)
_OPERATION: Final = positional("operation", metavar="ID", help="operation id or an unambiguous prefix")
_OUTBOX: Final = Command(
    "outbox",
    "operations that were not confirmed",
    description="What was sent without a clear answer stays here until it is settled; nothing is sent again by itself.",
    example="jjm outbox list\njjm outbox settle\njjm outbox discard 01J9",
    subcommands=(
        Command(
            "list",
            "what is open, and texts that did not go out",
            "outbox:list_operations",
            (flag("--all", help="finished ones of the last seven days too"),),
            "Open are operations under way or without a clear answer. Messages and creates that were not sent, or\n"
            "refused, stay here until they are sent again or discarded: their text is kept.",
            "jjm outbox list",
            json=True,
        ),
        Command(
            "show",
            "one operation with its text",
            "outbox:show",
            (_OPERATION,),
            example="jjm outbox show 01J9",
            json=True,
        ),
        Command(
            "settle",
            "find out by re-reading what became of them",
            "outbox:settle",
            example="jjm outbox settle",
            json=True,
        ),
        Command(
            "resend",
            "send an operation again (asks)",
            "outbox:resend",
            (_OPERATION, YES),
            "It may happen twice if the first attempt did reach the server; that is why it asks.",
            "jjm outbox resend 01J9",
            json=True,
        ),
        Command(
            "discard",
            "stop caring about an operation",
            "outbox:discard",
            (_OPERATION,),
            "It does so at once and asks nothing: for seven days its text stays in `jjm outbox show`.",
            "jjm outbox discard 01J9",
            json=True,
        ),
    ),
)
_MONITOR: Final = Command(
    "monitor",
    "watch tasks until something happens",
    "monitoring:run",
    (
        MAYBE_TASKS,
        INTERVAL,
        option("--until", metavar="STATUS[,…]", type=until, help="stop when this status is reached, or needs-me"),
        TIMEOUT,
    ),
    "Without a task it watches every active one. It ends by itself when nothing more can happen; a watched task that\n"
    "ends as failed (unless --until names failed), or that can no longer reach --until, gives exit code 1.\n"
    "With --jsonl only what happens is told; what waits already: jjm list --json.",
    "jjm monitor 3141592653 --until waiting_approval,completed --timeout 2h\njjm monitor --jsonl --interval 60",
    jsonl=True,
)
_DIFF: Final = Command(
    "diff",
    "show the changes of a task as a unified diff",
    "diffing:run",
    (
        TASK,
        flag("--stat", help="files and counted lines instead", exclusive="shape"),
        option("--file", metavar="F", help="only this file"),
        option(
            "--apply",
            metavar="DIR",
            nargs="?",
            const=".",
            help="apply it with git to the work tree in DIR (default: here); refuses when that has changes",
            exclusive="shape",
        ),
        CACHED,
    ),
    "Into a file or a pipe it writes exactly what the server gave; on a terminal it is made harmless and coloured.",
    "jjm diff 3141592653 --stat\njjm diff 3141592653 --apply ~/src/webapp",
    json=True,
)
_EVENTS: Final = Command(
    "events",
    "the history of one task or of all",
    "history:run",
    (
        positional("task", metavar="TASK", nargs="?", help=_TASK_HELP),
        option(
            "--type", metavar="T[,T…]", type=event_types, help="only these kinds, such as status_changed,plan_ready"
        ),
        option("--since", metavar="TIME", help="2026-01-31, an RFC 3339 time, or how long ago: 30m, 2h, 3d"),
        option("--limit", metavar="N", type=whole_number(1), help="only the newest N"),
        flag("--follow", help="go on with new events, of every running copy"),
    ),
    "Never starts a server: it shows what this machine has seen and done.",
    "jjm events 3141592653 --since 1d\njjm events --type status_changed --follow --jsonl",
    json=True,
    jsonl=True,
)
_OPEN: Final = Command(
    "open",
    "open the page of a task in the browser",
    "details:open_page",
    (TASK, flag("--pr", help="the pull request instead"), flag("--print", help="only print the address")),
    example="jjm open 3141592653 --pr",
)
_MARKS: Final = (
    Command(
        "archive",
        "hide tasks here",
        "marks:archive",
        (TASKS,),
        "Local; the server does not hear of it.",
        "jjm archive 3141592653",
        json=True,
    ),
    Command(
        "unarchive",
        "show archived tasks again",
        "marks:unarchive",
        (TASKS,),
        example="jjm unarchive 3141592653",
        json=True,
    ),
    Command(
        "snooze",
        "let tasks need nobody for a while",
        "marks:snooze",
        (
            TASKS,
            option(
                "--for",
                metavar="SPAN",
                dest="span",
                type=span,
                help="how long: 30m, 4h (default), 2d",
                exclusive="end",
            ),
            option(
                "--until",
                metavar="TIME",
                help="until when: 18:00, tomorrow, 2026-01-31 or an RFC 3339 time",
                exclusive="end",
            ),
            flag("--wake", help="end the snoozing now", exclusive="end"),
        ),
        "Local; the server does not hear of it.",
        "jjm snooze 3141592653 --for 2h\njjm snooze 3141592653 --until tomorrow",
        json=True,
    ),
    Command(
        "seen",
        "mark tasks as looked at",
        "marks:seen",
        (TASKS, flag("--undo", help="take that back: they count as not looked at")),
        "A failure or a finished task no longer needs you. Local; the server does not hear of it.",
        "jjm seen 3141592653\njjm seen --undo 3141592653",
        json=True,
    ),
    Command(
        "forget",
        "remove tasks from the store",
        "marks:forget",
        (MAYBE_TASKS, flag("--undo", help="bring them back; without a task those that were forgotten last"), YES),
        "Says what would go and asks. They stay on the server; polling does not bring them back here, --undo does.",
        "jjm forget 3141592653\njjm forget --undo 3141592653",
        json=True,
    ),
)
_TRANSFER: Final = (
    Command(
        "export",
        "write stored tasks as JSON, JSON lines, CSV or Markdown",
        "transfer:export",
        (
            MAYBE_TASKS,
            option(
                "--format",
                choices=("json", "jsonl", "csv", "markdown", "md"),
                help="how (default: from the name of --output, else json)",
            ),
            option("--output", "-o", metavar="FILE", help="write to this file instead of standard output"),
            flag("--force", help="replace that file when it is there"),
            STATUS,
            REPO,
            FILTER,
        ),
        "Never starts a server. Without tasks or filters it writes everything, archived tasks too.",
        "jjm export --output tasks.json\njjm export --format csv --status completed > done.csv",
    ),
    Command(
        "import",
        "read tasks that export or `list --json` wrote",
        "transfer:import_tasks",
        (
            positional("file", metavar="FILE", help="JSON, JSON lines or CSV; - is standard input"),
            flag("--dry-run", help="say what would change; change nothing"),
        ),
        "What is stored and newer stays. Never starts a server.",
        "jjm import tasks.json",
        json=True,
    ),
)

TASK_COMMANDS: Final[tuple[Command, ...]] = (
    _LIST,
    _GET,
    _CREATE,
    _MESSAGE,
    _APPROVE,
    _RESUME,
    _OUTBOX,
    _MONITOR,
    _DIFF,
    _EVENTS,
    _OPEN,
    *_MARKS,
    *_TRANSFER,
)
