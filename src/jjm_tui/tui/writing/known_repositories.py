"""Which repositories and branches can be offered for a new task: from the settings, the tasks, and the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean_line

if TYPE_CHECKING:
    from jjm_tui.ports import Repository

_MOST: Final = 500


class KnownRepositories:
    """Repositories by how likely they are wanted; names are compared without regard to case, as GitHub does."""

    def __init__(self, first: str | None, tasks: Iterable[Task]) -> None:
        """``first``: the one of the settings. Those with the most tasks come next."""
        self._names: dict[str, str] = {}
        self._branches: dict[str, list[str]] = {}
        self._defaults: dict[str, str] = {}
        if first:
            self._add(first)
        uses: Counter[str] = Counter()
        for task in tasks:
            if task.repository:
                uses[task.repository] += 1
                if task.branch:
                    self._add_branches(task.repository, (task.branch,))
        for name, _ in uses.most_common(_MOST):
            self._add(name)

    def learn(self, repositories: Sequence[Repository]) -> None:
        """Take over what the server lists."""
        for repository in repositories[:_MOST]:
            self._add(repository.name)
            if repository.default_branch:
                self._defaults[repository.name.lower()] = clean_line(repository.default_branch)
            self._add_branches(repository.name, repository.branches)

    @property
    def names(self) -> tuple[str, ...]:
        """``owner/name``, the likeliest first."""
        return tuple(self._names.values())

    def default_branch(self, repository: str) -> str | None:
        """The default branch, where the server told it."""
        return self._defaults.get(repository.strip().lower())

    def branches(self, repository: str) -> tuple[str, ...]:
        """Its branches as far as they are known, the default first."""
        key = repository.strip().lower()
        default = self._defaults.get(key)
        rest = [branch for branch in self._branches.get(key, ()) if branch != default]
        return (*([default] if default else []), *rest)

    def _add(self, name: str) -> None:
        shown = clean_line(name)
        if shown:
            self._names.setdefault(shown.lower(), shown)

    def _add_branches(self, repository: str, branches: Iterable[str]) -> None:
        known = self._branches.setdefault(repository.strip().lower(), [])
        for branch in list(branches)[:_MOST]:
            shown = clean_line(branch)
            if shown and shown not in known:
                known.append(shown)


def suggest(typed: str, known: Sequence[str], most: int) -> list[str]:
    """What of ``known`` fits: what begins with the typed text first, then what holds it; nothing once it is whole."""
    wanted = typed.strip().lower()
    if any(wanted == each.lower() for each in known):
        return []
    holding = [each for each in known if wanted in each.lower()]
    begins = [
        each for each in holding if each.lower().startswith(wanted) or each.lower().partition("/")[2].startswith(wanted)
    ]
    return [*begins, *(each for each in holding if each not in begins)][:most]
