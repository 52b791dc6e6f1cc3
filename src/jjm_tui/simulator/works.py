"""Curated jobs: the stories that a new user meets first."""

from __future__ import annotations

from typing import Final

from jjm_tui.simulator.catalogue import PlanStepText, Work, build_module
from jjm_tui.simulator.patches import FileChange

_MODULES: Final = tuple(
    (area, part)
    for area in ("billing", "auth", "search", "mailer", "exports", "imports", "profile", "sync", "reports", "cache")
    for part in ("models", "views", "tasks", "forms", "client", "rules", "totals", "queue", "events", "keys", "schema")
)
_PAGES: Final = _MODULES[:88]

STRICT_TYPES: Final = Work(
    title="Strict types for the whole backend",
    prompt=(
        "Make `mypy --strict` pass for everything under `app/`. Go module by module, one commit each, and never "
        "change behaviour. Leave `app/legacy/` alone.\n\nIf a type is really unknown, say so in the pull request "
        "instead of writing `Any`."
    ),
    repository="acme/api.server",
    steps=(
        PlanStepText("List the modules that fail", "Run `mypy --strict app/` and group the errors by module."),
        PlanStepText("Start with the leaves", "Type the modules that import nothing of ours first."),
        PlanStepText("Work inwards", "One module at a time, running the tests after each."),
        PlanStepText("Turn the check on", "Add `strict = true` to `pyproject.toml` and to the CI job."),
        PlanStepText("Submit", "One pull request with one commit per module."),
    ),
    progress=tuple(
        (f"{done} `app/{area}/{part}.py`", f"{number} of {len(_MODULES)}. {said}")
        for done, said in (
            ("Typed", "No change in behaviour; tests pass."),
            ("Removed the last `Any` from", "The type was known after all."),
            ("Tested the types of", "With values as they come from the database."),
            ("Moved the type aliases out of", "They live in `app/types.py` now."),
            ("Ran the slow tests of", "All of them pass."),
            ("Compared old and new answers of", "Byte for byte the same."),
            ("Reviewed", "Nothing to add."),
        )
        for number, (area, part) in enumerate(_MODULES, 1)
    ),
    changes=tuple(
        FileChange(
            f"app/{area}/{part}.py",
            build_module(area, part, number, typed=False),
            build_module(area, part, number, typed=True),
        )
        for number, (area, part) in enumerate(_MODULES)
    ),
    question="`app/billing/rules.py` returns either a number or a text. Which of the two is right?",
    summary="Every module under `app/` passes `mypy --strict`, except `app/legacy/` as you asked.",
    thoughts=("I will go from the leaves inwards so that every step can be tested.",),
    command="mypy --strict app/",
    output="Success: no issues found\n",
)

LINK_CHECK: Final = Work(
    title="Repair every broken link in the docs",
    prompt="Check all links in `docs/` and repair the broken ones. Keep anchors working. Do not touch the blog.",
    repository="octo-labs/docs_site",
    branch="trunk",
    steps=(
        PlanStepText("Collect all links", "Walk `docs/**/*.md`, including reference-style links and images."),
        PlanStepText("Check them", "Two requests per host at a time, with a day of cache."),
        PlanStepText("Repair", "Prefer the new address of the same page; else the nearest archived copy."),
        PlanStepText("Submit"),
    ),
    progress=tuple(
        (f"{done} `docs/{area}/{part}.md`", f"{number} of {len(_PAGES)}. {1 + (number * 7) % 5} links needed a look.")
        for done in (
            "Repaired the links of",
            "Checked the anchors of",
            "Checked the images of",
            "Looked for redirects in",
            "Checked the mail addresses of",
            "Asked the archive about",
            "Checked again, slowly,",
        )
        for number, (area, part) in enumerate(_PAGES, 1)
    ),
    changes=tuple(
        FileChange(
            f"docs/{area}/{part}.md",
            f"# {part.title()}\n\nHow {part} works in {area}.\n\nSee [the guide](http://docs.example.org/{part}).\n",
            f"# {part.title()}\n\nHow {part} works in {area}.\n\nSee [the guide](../guides/{part}.md).\n",
        )
        for area, part in _PAGES
    ),
    question="The page `old/install.md` is linked eleven times but gone. Link to the new installer page instead?",
    summary="All links under `docs/` answer again; eleven pointed to pages that are gone for good.",
    thoughts=("There are about four thousand links. I will go folder by folder.",),
    command="python tools/check_links.py docs/",
    output="checked 212 links, 3 broken\n",
)

UPGRADE_ORM: Final = Work(
    title="Upgrade the ORM",
    prompt="Upgrade SQLAlchemy to 2.0 and fix the deprecations. Keep the database schema exactly as it is.",
    repository="acme/webapp",
    branch="develop",
    steps=(
        PlanStepText("Pin SQLAlchemy 2.0", "Update `requirements.txt` and the lock file."),
        PlanStepText("Replace `Query.get`", "Use `Session.get` in `app/models/*.py` (23 places)."),
        PlanStepText("Rewrite the legacy queries", "Move `session.query(...)` to `select(...)` in `app/reports/`."),
        PlanStepText("Update the tests", "Run pytest and repair the 14 failures that the upgrade causes."),
        PlanStepText("Submit", "Open a pull request against `develop`."),
    ),
    progress=(
        ("Pinned SQLAlchemy 2.0.44", "The lock file changed in 6 lines."),
        ("Replaced `Query.get` in `app/models/`", "23 places, all mechanical."),
        ("Rewrote `app/reports/monthly.py`", "The query plan is the same as before."),
        ("Repaired the tests", "14 failures down to none."),
        ("Ran the whole suite", "412 passed."),
    ),
    changes=(
        FileChange(
            "requirements.txt",
            "flask==3.1.2\nsqlalchemy==1.4.54\nalembic==1.17.1\n",
            "flask==3.1.2\nsqlalchemy==2.0.44\nalembic==1.17.1\n",
        ),
        FileChange(
            "app/models/user.py",
            "from app.db import session\n\n\ndef find_user(user_id):\n    return session.query(User).get(user_id)\n\n\n"
            "def find_by_mail(mail):\n    return session.query(User).filter_by(mail=mail).first()\n",
            "from sqlalchemy import select\n\nfrom app.db import session\n\n\ndef find_user(user_id):\n"
            "    return session.get(User, user_id)\n\n\ndef find_by_mail(mail):\n"
            "    return session.scalars(select(User).filter_by(mail=mail)).first()\n",
        ),
    ),
    question="`LegacyReport` uses `Query.from_self`, which is gone in 2.0. May I rewrite that report as a subquery?",
    summary="SQLAlchemy 2.0 is in, no deprecation warnings are left, 412 tests pass. The schema is untouched.",
    thoughts=("I explored the models: 23 uses of `Query.get`, 9 legacy queries, no raw SQL.",),
    output="412 passed in 61.20s\n",
)

NIGHTLY_JOB: Final = Work(
    title="Why does the nightly job fail?",
    prompt="The nightly job fails since Monday. Find out why and fix it. The log is in `logs/nightly.txt`.",
    repository="acme/api.server",
    steps=(
        PlanStepText("Reproduce the failure", "Run the job with the data of last Monday."),
        PlanStepText("Find the cause", "Bisect between the last good run and the first bad one."),
        PlanStepText("Fix it", "With a test that fails before and passes after."),
    ),
    progress=(
        ("Reproduced the failure", "It fails on the first record with a summer-time date."),
        ("Found the cause", "The time zone is dropped in `app/jobs/nightly.py`."),
        ("Added a test", "It fails without the fix."),
        ("Fixed the job", "Times are kept aware all the way."),
    ),
    changes=(
        FileChange(
            "app/jobs/nightly.py",
            "from datetime import datetime\n\n\ndef due(row):\n"
            '    moment = datetime.strptime(row["due"][:19], "%Y-%m-%dT%H:%M:%S")\n'
            "    return moment < datetime.now()\n",
            "from datetime import UTC, datetime\n\n\ndef due(row):\n"
            '    moment = datetime.fromisoformat(row["due"])\n    return moment < datetime.now(UTC)\n',
        ),
        FileChange(
            "tests/jobs/test_nightly.py",
            None,
            "from app.jobs.nightly import due\n\n\ndef test_due_keeps_the_time_zone():\n"
            '    assert due({"due": "2020-06-01T00:00:00+02:00"})\n',
        ),
    ),
    question=(
        "I can reproduce the failure. The job drops the time zone when it reads the due dates:\n\n"
        '```python\nmoment = datetime.strptime(row["due"][:19], "%Y-%m-%dT%H:%M:%S")\n```\n\n'
        "There are two ways forward:\n\n"
        "1. **Keep times aware** from reading to comparing. Slower to review (9 files), but right for good.\n"
        "2. **Convert to UTC when reading**, two lines in one file. The other eight places stay as they are.\n\n"
        "Which one do you want?"
    ),
    summary="The nightly job runs again; times keep their zone from reading to comparing.",
    thoughts=(
        "I will look at `logs/nightly.txt` first.",
        "The first failure is on **Monday 02:00**, the night the clocks changed. That is a strong hint.",
    ),
    answers=("Great. What is the cause?",),
)

DARK_MODE: Final = Work(
    title="Add a dark mode to the settings page",
    prompt="Add a dark mode toggle to the settings page. Remember the choice, follow the system by default.",
    repository="acme/webapp",
    steps=(
        PlanStepText("Collect the colours", "Move the 31 literal colours to custom properties."),
        PlanStepText("Add the dark palette", "Contrast of at least 4.5:1 everywhere."),
        PlanStepText("Add the toggle", "Three choices: light, dark, as the system."),
        PlanStepText("Remember the choice", "In `localStorage`, read before the first paint."),
        PlanStepText("Submit"),
    ),
    progress=(
        ("Moved the colours to `theme.css`", "31 literals became 12 properties."),
        ("Added the dark palette", "The lowest contrast is 5.1:1."),
        ("Added the toggle", "Works with the keyboard and is announced to screen readers."),
        ("Took a screenshot of the page", "Light and dark side by side."),
        ("Ran the checks", "All of them pass."),
    ),
    changes=(
        FileChange(
            "static/theme.css",
            ":root {\n  --ink: #222;\n  --paper: #fff;\n}\n\nbody {\n  color: #222;\n  background: #fff;\n}\n",
            ":root {\n  --ink: #222;\n  --paper: #fff;\n}\n\n:root[data-theme=dark] {\n  --ink: #e6e6e6;\n"
            "  --paper: #16181d;\n}\n\nbody {\n  color: var(--ink);\n  background: var(--paper);\n}\n",
        ),
        FileChange(
            "static/theme.js",
            None,
            'const saved = localStorage.getItem("theme") ?? "system";\n'
            'const system = matchMedia("(prefers-color-scheme: dark)").matches;\n'
            'const dark = saved === "dark" || (saved === "system" && system);\n'
            'document.documentElement.dataset.theme = dark ? "dark" : "light";\n',
        ),
    ),
    question="The chart library cannot change colours at run time. Reload the page on change, or leave charts light?",
    summary="The settings page has a dark mode that follows the system unless the user chose otherwise.",
    thoughts=("I counted 31 literal colours in 7 style sheets.",),
    command="npm test -- --watch=false",
    output="Test Suites: 18 passed, 18 total\n",
)

CURATED: Final = (STRICT_TYPES, LINK_CHECK, UPGRADE_ORM, NIGHTLY_JOB, DARK_MODE)
