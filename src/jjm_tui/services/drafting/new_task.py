"""What a person fills in for a new task: as text on disk, checked field by field, as a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from jjm_tui.domain.operations import Operation
from jjm_tui.domain.repository import validate_branch, validate_description, validate_repository
from jjm_tui.domain.text import clean
from jjm_tui.domain.times import format_time, parse_time
from jjm_tui.errors import ValidationError
from jjm_tui.services.drafting.joined_texts import why_undecided

if TYPE_CHECKING:
    from jjm_tui.ports import CreateRequest
    from jjm_tui.settings.model import CreateSettings

MOST_ATTEMPTS: Final = 4
"""Parallel attempts at most, as ``jjm create --parallel`` has it."""

FieldName = Literal["repository", "branch", "title", "description"]
TEXT_FIELDS: Final[tuple[FieldName, ...]] = ("repository", "branch", "title", "description")


@dataclass(frozen=True, slots=True)
class NewTask:
    """A form as it stands; nothing in it is checked. ``saved_at``: when it was last changed."""

    repository: str = ""
    branch: str = ""
    title: str = ""
    description: str = ""
    approval: Literal["required", "auto"] = "required"
    pr: Literal["auto", "none"] = "auto"
    attempts: int = 1
    saved_at: datetime | None = None

    @classmethod
    def blank(cls, settings: CreateSettings) -> NewTask:
        """An empty form: what the settings say, and nothing else."""
        return cls(repository=settings.repository or "", approval=settings.approval, pr=settings.pr)

    # on disk

    def write(self) -> str:
        """The form as text."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in (*TEXT_FIELDS, "approval", "pr", "attempts")}
        fields["saved_at"] = None if self.saved_at is None else format_time(self.saved_at)
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> NewTask:
        """The form that ``write`` made; a text of another origin becomes the description, so that nothing is lost."""
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict) or not any(name in fields for name in TEXT_FIELDS):
            return cls(description=clean(text))
        attempts = fields.get("attempts")
        return cls(
            repository=_line(fields, "repository"),
            branch=_line(fields, "branch"),
            title=_line(fields, "title"),
            description=clean(str(fields.get("description") or "")),
            approval="auto" if fields.get("approval") == "auto" else "required",
            pr="none" if fields.get("pr") == "none" else "auto",
            attempts=min(max(attempts, 1), MOST_ATTEMPTS) if isinstance(attempts, int) else 1,
            saved_at=_time(fields.get("saved_at")),
        )

    # comparing

    def is_same_as(self, other: NewTask) -> bool:
        """Whether the same would be sent."""
        return replace(self, saved_at=None) == replace(other, saved_at=None)

    def tell_saved(self, now: datetime) -> str:
        """When it was last changed: the time of day, with the date when that is another day."""
        if self.saved_at is None:
            return "earlier"
        local = self.saved_at.astimezone()
        return f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M}"

    def tell_difference(self, other: NewTask) -> str:
        """The texts of this form that ``other`` does not have, for people; empty when there are none."""
        lines = [
            f"{name}: {value}"
            for name in ("repository", "branch", "title")
            if (value := getattr(self, name)) and value != getattr(other, name)
        ]
        if self.description.strip() and self.description.strip() not in other.description:
            lines.append(self.description)
        return "\n".join(lines)

    def is_made_by(self, operation: Operation) -> bool:
        """Whether a recorded creation is one of this form, made after it was last changed."""
        if self.saved_at is None or operation.created_at < self.saved_at:
            return False
        payload = operation.payload
        return (
            str(payload.get("description", "")).strip() == self.description.strip()
            and str(payload.get("repository", "")).lower() == _normal(self.repository).lower()
            and (payload.get("title") or "") == self.title.strip()
        )

    # sending

    def problems(self) -> dict[FieldName, str]:
        """What is wrong, as a sentence per field."""
        found: dict[FieldName, str] = {}
        for name in TEXT_FIELDS:
            problem = self.problem_of(name)
            if problem is not None:
                found[name] = problem
        return found

    def problem_of(self, name: FieldName) -> str | None:
        """What is wrong with one field."""
        try:
            if name == "repository":
                validate_repository(self.repository)
            elif name == "branch" and self.branch.strip():
                validate_branch(self.branch)
            elif name == "description":
                validate_description(self.description)
        except ValidationError as error:
            return " ".join(filter(None, (error.message, error.hint)))
        return why_undecided(self.description) if name == "description" else None

    def to_request(self, settings: CreateSettings) -> CreateRequest:
        """What is to be sent. What was left as the settings have it counts as a default, not as asked for.

        Raises:
            ValidationError: a field is wrong.
        """
        from jjm_tui.ports import CreateRequest

        branch, title = self.branch.strip(), self.title.strip()
        asked = {"branch": branch, "title": title}
        explicit = {name for name, value in asked.items() if value}
        explicit |= {name for name in ("approval", "pr") if getattr(self, name) != getattr(settings, name)}
        return CreateRequest(
            description=validate_description(self.description),
            repository=validate_repository(self.repository),
            branch=validate_branch(branch) if branch else settings.branch,
            title=title or None,
            approval=self.approval,
            pr=self.pr,
            explicit=frozenset(explicit),
        )


def _line(fields: Mapping[str, Any], name: str) -> str:
    """As it was typed, the space at its end too: the next word may be on its way."""
    return clean(str(fields.get(name) or "")).replace("\n", " ").replace("\t", " ")


def _time(value: object) -> datetime | None:
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _normal(repository: str) -> str:
    try:
        return validate_repository(repository)
    except ValidationError:
        return repository.strip()
