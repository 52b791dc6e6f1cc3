"""The invented people, repositories and jobs that the simulated Jules works on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from jjm_tui.simulator.patches import FileChange


@dataclass(frozen=True, slots=True)
class SimulatedRepository:
    """A connected repository as ``GET sources`` shows it."""

    owner: str
    name: str
    branches: tuple[str, ...]
    private: bool = False

    @property
    def default_branch(self) -> str:
        return self.branches[0]

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def source(self) -> str:
        return f"sources/github/{self.owner}/{self.name}"


REPOSITORIES: Final[tuple[SimulatedRepository, ...]] = (
    SimulatedRepository("acme", "webapp", ("main", "develop", "release/2.0"), private=True),
    SimulatedRepository("acme", "api.server", ("main",)),
    SimulatedRepository("octo-labs", "docs_site", ("trunk", "gh-pages")),
    SimulatedRepository("octo-labs", "data-pipeline", ("main", "staging")),
    SimulatedRepository("nordwind", "mobile", ("develop", "main"), private=True),
)


def find_repository(source: str) -> SimulatedRepository | None:
    """The repository of a source name such as ``sources/github/acme/webapp``."""
    return next((repository for repository in REPOSITORIES if repository.source == source), None)


@dataclass(frozen=True, slots=True)
class PlanStepText:
    """One step of a plan; the description may be missing, as it may be with Jules."""

    title: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One job with everything that can be told about it while it is done.

    ``progress`` are (title, description) pairs in order; ``changes`` the files as they are in the end; ``question``
    what Jules asks when it needs to; ``command`` and ``output`` the check that it runs.
    """

    title: str | None
    prompt: str
    repository: str | None
    steps: tuple[PlanStepText, ...]
    progress: tuple[tuple[str, str], ...]
    changes: tuple[FileChange, ...]
    question: str
    summary: str
    branch: str | None = None
    thoughts: tuple[str, ...] = ()
    command: str = "pytest -q"
    output: str = "38 passed in 4.12s\n"
    failure: str = "The environment could not be prepared: the setup script ended with exit code 1."
    answers: tuple[str, ...] = field(default=())

    @property
    def repository_entry(self) -> SimulatedRepository | None:
        return next((item for item in REPOSITORIES if item.full_name == self.repository), None)


_AREAS: Final = (
    ("billing", "invoice", "acme/api.server"),
    ("auth", "session", "acme/webapp"),
    ("search", "index", "acme/api.server"),
    ("mailer", "digest", "acme/webapp"),
    ("exports", "csv", "octo-labs/data-pipeline"),
    ("imports", "mapping", "octo-labs/data-pipeline"),
    ("profile", "avatar", "nordwind/mobile"),
    ("sync", "queue", "nordwind/mobile"),
    ("guides", "quickstart", "octo-labs/docs_site"),
    ("reports", "totals", "acme/webapp"),
    ("webhooks", "delivery", "acme/api.server"),
    ("cache", "keys", "acme/webapp"),
)

_CHORES: Final = (
    (
        "Add type hints to {area}/{part}",
        "Add full type hints to `app/{area}/{part}.py` and make `mypy --strict` pass for the module.",
    ),
    (
        "Speed up {area} {part} loading",
        "Loading `{part}` in {area} takes over two seconds with production data. Profile it and fix the worst part.",
    ),
    (
        "Cover {area}/{part} with tests",
        "`app/{area}/{part}.py` has no tests. Cover the public functions, the error paths first.",
    ),
    (
        "Retry flaky calls from {area}",
        "Calls from {area} to the outside fail now and then. Retry them with backoff; leave {part} untouched.",
    ),
    (
        "Log {part} failures in {area}",
        "When `{part}` fails we see nothing. Log the reason once, with the id, without personal data.",
    ),
    (
        "Replace the deprecated client in {area}",
        "The old client used by `{part}` stops working in March. Move {area} to the new one, same behaviour.",
    ),
    (
        "Split {area}/{part} into smaller functions",
        "`app/{area}/{part}.py` has one function of 240 lines. Split it. No change in behaviour.",
    ),
)


def build_module(area: str, part: str, variant: int, *, typed: bool) -> str:
    """A believable little Python module; ``typed`` adds the hints that the job was about."""
    rows, limit = ("rows: list[dict[str, str]]", "limit: int = 100") if typed else ("rows", "limit=100")
    gives = " -> list[dict[str, str]]" if typed else ""
    counts = " -> int" if typed else ""
    guard = '    if limit < 1:\n        raise ValueError("limit must be positive")\n' if typed else ""
    return (
        f'"""The {part} of {area}."""\n'
        "\n"
        f"DEFAULT_LIMIT = {100 + variant % 7 * 25}\n"
        "\n"
        "\n"
        f"def load_{part}({rows}, {limit}){gives}:\n"
        f"{guard}"
        f'    kept = [row for row in rows if row.get("{part}")]\n'
        f"    return kept[:limit]\n"
        "\n"
        "\n"
        f"def count_{part}({rows}){counts}:\n"
        f"    return len(load_{part}(rows, DEFAULT_LIMIT))\n"
    )


def build_test(area: str, part: str) -> str:
    """The test file that goes with ``build_module``."""
    return (
        f"from app.{area}.{part} import count_{part}, load_{part}\n"
        "\n"
        "\n"
        f"def test_load_{part}_keeps_only_filled_rows():\n"
        f'    rows = [{{"{part}": "a"}}, {{"{part}": ""}}, {{}}]\n'
        f'    assert load_{part}(rows) == [{{"{part}": "a"}}]\n'
        "\n"
        "\n"
        f"def test_count_{part}_of_nothing_is_zero():\n"
        f"    assert count_{part}([]) == 0\n"
    )


def build_chore(rng: random.Random) -> Work:
    """One of many everyday jobs, for worlds that are larger than the curated stories."""
    area, part, repository = rng.choice(_AREAS)
    title, prompt = rng.choice(_CHORES)
    return build_work(
        title.format(area=area, part=part),
        prompt.format(area=area, part=part),
        repository,
        area=area,
        part=part,
        variant=rng.randrange(1000),
    )


def build_work(
    title: str | None,
    prompt: str,
    repository: str | None,
    *,
    area: str,
    part: str,
    variant: int,
    branch: str | None = None,
) -> Work:
    """An everyday job in one module with its test."""
    module, test = f"app/{area}/{part}.py", f"tests/{area}/test_{part}.py"
    return Work(
        title=title,
        prompt=prompt,
        repository=repository,
        branch=branch,
        steps=(
            PlanStepText(f"Read `{module}`", f"Find everything that uses `{part}` and note what must not change."),
            PlanStepText(f"Change `{module}`", "Make the change in small steps; keep the public names."),
            PlanStepText("Add tests", f"Write `{test}`: the usual case, the empty case, the error."),
            PlanStepText("Run the checks", "Run the whole test suite and the linters."),
            PlanStepText("Submit"),
        ),
        progress=(
            (f"Read `{module}`", f"It is used in {2 + variant % 9} places."),
            (f"Changed `{module}`", "Public names are the same as before."),
            (f"Wrote `{test}`", "Three cases, all of them green."),
            ("Ran the checks", "Everything passes."),
        ),
        changes=(
            FileChange(
                module,
                build_module(area, part, variant, typed=False),
                build_module(area, part, variant, typed=True),
            ),
            FileChange(test, None, build_test(area, part)),
        ),
        question=(
            f"`load_{part}` silently cuts the rows at 100 today, and two callers seem to rely on it.\n\n"
            "1. Keep the cut as the default.\n"
            "2. Remove it and pass the limit where it is wanted.\n\n"
            "Which of the two do you want?"
        ),
        summary=f"`{module}` is done and covered by tests. All checks pass.",
        thoughts=(f"I will start with `{module}` and its callers.",),
        command=f"pytest -q tests/{area}",
        output=f"{3 + variant % 40} passed in {1 + variant % 9}.{variant % 10}4s\n",
        failure=f"The tests of {area} need a database that is not available in the environment.",
    )


def slug(text: str, limit: int = 40) -> str:
    """A branch-name form of some text."""
    words = "".join(character if character.isalnum() else " " for character in text.lower()).split()
    return "-".join(words)[:limit].strip("-") or "task"


def pick(rng: random.Random, options: Sequence[str]) -> str:
    """One of some sentences."""
    return options[rng.randrange(len(options))]
