"""More curated jobs: finished, failed and paused ones, and those that a demo plans while one looks on."""

from __future__ import annotations

from typing import Final

from jjm_tui.simulator.catalogue import PlanStepText, Work
from jjm_tui.simulator.patches import FileChange

SPLIT_CI: Final = Work(
    title="Split the CI build into two jobs",
    prompt=(
        "Our CI takes 24 minutes. Split it so that lint and unit tests answer within 5 minutes and the browser tests "
        "run beside them. Cache the dependencies."
    ),
    repository="acme/webapp",
    steps=(
        PlanStepText("Measure the present build", "Take the times of the last 20 runs from the logs."),
        PlanStepText("Split `.github/workflows/ci.yml`", "Jobs `fast` (lint, unit) and `browser`, side by side."),
        PlanStepText("Cache the dependencies", "Key on the hash of `package-lock.json`."),
        PlanStepText("Delete `scripts/old_ci.sh`", "Nothing calls it any more."),
        PlanStepText("Make both jobs required", "Ask an administrator; I cannot change branch protection."),
        PlanStepText("Submit"),
    ),
    progress=(
        ("Measured the present build", "Median 24:10, of which 17:30 browser tests."),
        ("Split the workflow", "The fast job needs 4:20."),
        ("Added the cache", "Saves 1:50 per job."),
        ("Deleted `scripts/old_ci.sh`", "No reference is left."),
    ),
    changes=(
        FileChange(
            ".github/workflows/ci.yml",
            "on: [push]\njobs:\n  all:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n"
            "      - run: npm ci\n      - run: npm run lint\n      - run: npm test\n      - run: npm run browser\n",
            "on: [push]\njobs:\n  fast:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n"
            "      - run: npm ci\n      - run: npm run lint\n      - run: npm test\n  browser:\n"
            "    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - run: npm ci\n"
            "      - run: npm run browser\n",
        ),
        FileChange("scripts/old_ci.sh", "#!/bin/sh\nset -e\nnpm ci\nnpm test\n", None),
    ),
    question="The browser tests need a licence key that only `main` has. Skip them on forks?",
    summary="Lint and unit tests answer after 4:20, browser tests run beside them.",
    thoughts=("Most of the time goes into the browser tests; they do not depend on the rest.",),
    command="npm run lint",
    output="no problems found\n",
)

RATE_LIMIT: Final = Work(
    title="Rate limit for the public API",
    prompt=(
        "Add a rate limit to the public API: 60 requests a minute per key, sliding window, headers as in the draft "
        "standard, 429 with `Retry-After`. Redis when configured, else memory."
    ),
    repository="acme/api.server",
    steps=(
        PlanStepText("Add a sliding window", "`app/limits/window.py`, pure, with an injected clock."),
        PlanStepText("Add the Redis backend", "One Lua script so that check and count are one step."),
        PlanStepText("Add the middleware", "Headers on every answer, 429 with `Retry-After`."),
        PlanStepText("Document it", "A page in `docs/limits.md` with an example."),
    ),
    progress=(
        ("Wrote the sliding window", "Property tests included."),
        ("Wrote the Redis backend", "Tested against a real Redis."),
        ("Added the middleware", "Answers carry `RateLimit` headers."),
        ("Wrote the documentation", "With an example of a polite client."),
    ),
    changes=(
        FileChange(
            "app/limits/window.py",
            None,
            '"""A sliding window counter."""\n\n\ndef allowed(hits, now, limit, window):\n'
            "    recent = [hit for hit in hits if now - hit < window]\n    return len(recent) < limit\n",
        ),
        FileChange(
            "app/server.py",
            "from app.routes import routes\n\n\ndef build():\n    return App(routes)\n",
            "from app.limits import limit_requests\nfrom app.routes import routes\n\n\ndef build():\n"
            "    return App(routes, middleware=[limit_requests])\n",
        ),
    ),
    question="Should requests without a key share one limit per address, or be refused?",
    summary="The public API allows 60 requests a minute per key and says so in its headers.",
    thoughts=("There is a half-finished limiter in `app/old_limits.py` that nothing uses.",),
    output="96 passed in 8.02s\n",
)

LEGACY_MODULE: Final = Work(
    title="Remove the legacy export module",
    prompt="Remove `old/legacy.py` and everything that only it needs.",
    repository="acme/webapp",
    steps=(PlanStepText("Find what uses it"), PlanStepText("Remove it"), PlanStepText("Run the tests")),
    progress=(("Found two leftovers", "One import and one test helper."), ("Deleted the module", "And its helper.")),
    changes=(
        FileChange("old/legacy.py", "import os\n\nprint(os.name)\n", None),
        FileChange(
            "src/auth/login.py",
            "from old import legacy\n\n\ndef login(user, password):\n    return check(user, password)\n",
            "def login(user, password):\n    return check(user, password)\n",
        ),
    ),
    question="May I also remove the `legacy_export` flag from the settings?",
    summary="Done. The module is gone, and so is everything that only it needed.",
    thoughts=("Nothing imports `old.legacy` except one line in `src/auth/login.py`.",),
)

PORT_TO_RUST: Final = Work(
    title="Rewrite the image resizer in Rust",
    prompt="Rewrite `tools/resize.py` in Rust with the same options, and call it from Python.",
    repository="nordwind/mobile",
    branch="develop",
    steps=(
        PlanStepText("Write the crate", "Same options as `tools/resize.py`."),
        PlanStepText("Bind it", "Through a small extension module."),
        PlanStepText("Compare the results", "Byte by byte on the 400 sample images."),
    ),
    progress=(
        ("Wrote the crate", "Resizes the samples in 0.4 s instead of 11 s."),
        ("Tried to build the extension", "The toolchain is missing."),
    ),
    changes=(FileChange("resize/src/lib.rs", None, "pub fn resize(width: u32) -> u32 {\n    width\n}\n"),),
    question="Is a nightly toolchain acceptable?",
    summary="The resizer is a Rust crate now.",
    thoughts=("The Python version is 340 lines; most of it is option parsing.",),
    command="cargo build --release",
    output="error: linker `cc` not found\n",
    failure="The environment has no C linker, so the extension could not be built: error: linker `cc` not found.",
)

TRANSLATE: Final = Work(
    title="Translate the guides to French",
    prompt="Translate `guides/*.md` to French. Keep code blocks and links. *Vous*, not *tu*.",
    repository="octo-labs/docs_site",
    branch="trunk",
    steps=(
        PlanStepText("Collect the terms", "A glossary first, so that words stay the same on all pages."),
        PlanStepText("Translate the guides", "Nine pages, code blocks untouched."),
        PlanStepText("Check the links", "Anchors change with the headings."),
    ),
    progress=(
        ("Wrote the glossary", "64 terms."),
        ("Translated `guides/quickstart.md`", "212 lines."),
        ("Translated `guides/install.md`", "148 lines."),
        ("Translated `guides/deploy.md`", "301 lines."),
        ("Checked the links", "All anchors resolve."),
    ),
    changes=(
        FileChange("guides/quickstart.fr.md", None, "# Démarrage rapide\n\nInstallez le programme, puis lancez-le.\n"),
        FileChange("guides/install.fr.md", None, "# Installation\n\nTéléchargez la dernière version.\n"),
    ),
    question="Is “pull request” to be translated, or left as it is?",
    summary="Nine guides are available in French — « bonne lecture » !",
    thoughts=("Neuf pages, environ 1 900 lignes. I will keep the tone of the English text.",),
    command="python tools/check_links.py guides/",
    output="checked 88 links, 0 broken\n",
)

HAIKU: Final = Work(
    title=None,
    prompt="Write a haiku about terminals to haiku.txt",
    repository=None,
    steps=(PlanStepText("Write it"), PlanStepText("Count the syllables")),
    progress=(("Wrote `haiku.txt`", "Five, seven, five."),),
    changes=(
        FileChange(
            "haiku.txt",
            None,
            "green on black at night\na cursor waits, patient, small\nthe build is still red\n",
        ),
    ),
    question="About which terminals?",
    summary="Here it is:\n\n> green on black at night\n> a cursor waits, patient, small\n> the build is still red",
    command="wc -l haiku.txt",
    output="3 haiku.txt\n",
)

FLAKY_TEST: Final = Work(
    title="Fix the flaky upload test",
    prompt=(
        "`tests/test_upload.py::test_large_file` fails about one time in twenty on CI, never here. Find the reason; "
        "a retry is not a fix."
    ),
    repository="acme/webapp",
    steps=(
        PlanStepText("Make it fail", "Run the test 500 times under load."),
        PlanStepText("Find the race", "Compare the traces of a good and a bad run."),
        PlanStepText("Fix it and prove it", "2000 runs under load without a failure."),
        PlanStepText("Submit"),
    ),
    progress=(
        ("Made it fail", "26 of 500 runs under load."),
        ("Found the race", "The temporary file is read before it is flushed."),
        ("Fixed the race", "`finish()` waits for the writer."),
        ("Proved it", "2000 runs, no failure."),
    ),
    changes=(
        FileChange(
            "app/upload.py",
            "def finish(upload):\n    upload.writer.stop()\n    return upload.path.read_bytes()\n",
            "def finish(upload):\n    upload.writer.stop()\n    upload.writer.join()\n"
            "    return upload.path.read_bytes()\n",
        ),
    ),
    question="The fix makes `finish()` wait for up to 40 ms. Is that acceptable on the request path?",
    summary=(
        "The race is gone: `finish()` waits for the writer.\n\n| | before | after |\n|---|---|---|\n"
        "| failures in 2000 runs | 104 | 0 |\n| median time | 31 ms | 33 ms |\n"
    ),
    thoughts=(
        "One in twenty is good news: it can be measured.",
        (
            "A bad run reads the file **before** the last block is written:\n\n"
            "```text\nwriter: write 65536\nreader: open\nwriter: write 1204\n```\n\n"
            "So the reader does not wait for the writer."
        ),
    ),
    answers=("Do not add a sleep, please.", "Looks good. Which Python versions did you test?"),
    command="pytest -q --count 2000 tests/test_upload.py",
    output="2000 passed in 71.90s\n",
)
