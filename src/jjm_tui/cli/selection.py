"""Options that choose tasks - statuses, repository, filter, fields - as values, with errors as plain sentences."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.values import choose_fields, words
from jjm_tui.domain.order import check_sort_field
from jjm_tui.domain.status import TaskStatus
from jjm_tui.services.selection import ListRequest

if TYPE_CHECKING:
    from jjm_tui.domain.query import Query


def chosen_statuses(given: list[frozenset[TaskStatus]] | None) -> frozenset[TaskStatus]:
    """All ``--status`` options together; nothing given means no restriction."""
    return frozenset().union(*(given or []))


def chosen_query(text: str | None) -> Query | None:
    """The filter. Raises FilterError, which says where it is wrong."""
    if text is None:
        return None
    from jjm_tui.domain.query import parse_query

    return parse_query(text)


def chosen_fields(text: str | None, known: Iterable[str]) -> tuple[str, ...] | None:
    """``--fields``. Raises UsageError for an unknown one."""
    if text is None:
        return None
    try:
        return choose_fields(words(text), known)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--fields {error}.", hint="Field names are those of the --json output.") from error


def list_request(arguments: argparse.Namespace) -> ListRequest:
    """What ``list`` is to show. Raises ValidationError, FilterError."""
    return ListRequest(
        statuses=chosen_statuses(arguments.status),
        repository=arguments.repo,
        query=chosen_query(arguments.filter),
        sort=check_sort_field("updated_at" if arguments.sort is None else arguments.sort),
        reverse=arguments.reverse,
        limit=arguments.limit,
        include_archived=arguments.all,
    )
