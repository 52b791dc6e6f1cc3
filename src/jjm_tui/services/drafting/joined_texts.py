"""Two texts in one field: nothing is lost, and the marker line between them must go before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

ELSEWHERE: Final = "typed elsewhere"
NOT_SENT: Final = "was not sent"
UNDER_WAY: Final = "was being sent"
EARLIER: Final = "typed before"
EDITED: Final = "saved by the editor"
"""Why a text is there as well."""

_REST: Final = "delete this line, and what you do not want"
_MARKER: Final = re.compile(
    rf"\n{{0,2}}^----- ({ELSEWHERE}|{NOT_SENT}|{UNDER_WAY}|{EARLIER}|{EDITED}): {_REST} -----$\n?", re.MULTILINE
)


class Section(NamedTuple):
    """One of the texts in a field, exactly as it stands. ``why`` it is there as well; ``None`` for the first one."""

    text: str
    why: str | None = None

    @property
    def words(self) -> str:
        """The text without what surrounds it, for comparing."""
        return self.text.strip()


def marker(why: str) -> str:
    """The line above a text that was put below another one."""
    return f"----- {why}: {_REST} -----"


def has_marker(text: str) -> bool:
    """Whether a choice between texts is still to be made."""
    return _MARKER.search(text) is not None


def why_undecided(text: str) -> str | None:
    """Why nothing is sent while a choice between texts is still to be made; ``None`` when there is none."""
    count = len(sections_of(text))
    if count == 1:
        return None
    texts, lines = ("two texts", "line") if count == 2 else (f"{count} texts", "lines")
    return f"There are {texts} in here: delete the marker {lines} and what you do not want."


def sections_of(text: str) -> list[Section]:
    """The texts in a field; ``write_sections`` makes the same field of them again."""
    first, *others = _MARKER.split(text)
    return [Section(first), *(Section(text, why) for why, text in zip(others[::2], others[1::2], strict=True))]


def words_in(text: str) -> list[str]:
    """The words of each of the texts in a field."""
    return [each.words for each in sections_of(text) if each.words]


def write_sections(sections: Sequence[Section]) -> str:
    """A field with these texts, the first one without a marker line."""
    if not sections:
        return ""
    first, *others = sections
    return first.text + "".join(f"\n\n{marker(each.why or ELSEWHERE)}\n{each.text}" for each in others)


def split_texts(text: str) -> list[str]:
    """The texts between the marker lines, without line breaks around them."""
    parts = sections_of(text)
    return [text] if len(parts) == 1 else [part.text.strip("\n") for part in parts]


def join_text(ours: str, theirs: str, why: str) -> str | None:
    """Both, ours first; ``None`` when all of ``theirs`` is in ours already."""
    return None if theirs.strip() in ours else f"{ours}\n\n{marker(why)}\n{theirs}"


def text_with(field: str, text: str, why: str) -> str:
    """The field with a text below what is in it, unless the text as a whole is one of those in there."""
    if not field.strip():
        return text
    texts = sections_of(field)
    is_there = any(each.words == text.strip() for each in texts)
    return field if is_there else write_sections([*texts, Section(text, why)])


def text_without(field: str, text: str) -> str:
    """The field without this text, if the text as a whole is one of those in there."""
    texts = sections_of(field)
    left = [each for each in texts if each.words != text.strip()]
    return field if len(left) == len(texts) else write_sections(left)


def merge_sections(base: Iterable[Section], ours: Sequence[Section], theirs: Sequence[Section]) -> list[Section]:
    """What is typed here with what was changed elsewhere since ``base``, which both began with; ours goes first.

    A text that was changed or taken away elsewhere, and not here, is taken away; a text that is new there is put
    below. So a text that somebody goes on typing elsewhere is replaced, and there is one per copy of the program.
    """
    known, still_there = {each.words for each in base}, {each.words for each in theirs}
    kept = [each for each in ours if not each.words or each.words not in known - still_there]
    here = {"", *(each.words for each in kept)}
    added = [each for each in theirs if each.words not in known | here]
    if not any(each.words for each in kept):
        kept = []
    return [*kept, *(Section(each.text, each.why or ELSEWHERE) for each in added)]


def are_same(one: Iterable[Section], other: Iterable[Section]) -> bool:
    """Whether the same texts are in both, in whatever order."""
    return {each.text for each in one} == {each.text for each in other}
