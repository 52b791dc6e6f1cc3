"""The format of the store files: one JSON object, one record per line, everything unknown kept as its bytes.

::

    {"schema_version":1,
    "sync":{...},
    "tasks":[
    {"id":"1",...},
    {"id":"2",...}
    ]}

Files in any other layout of the same JSON are read as well; every record keeps the bytes of its values.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import orjson

from jjm_tui.errors import JulesManagerError, ValidationError
from jjm_tui.store.json_scan import DamagedDocumentError, scan_list, scan_object, to_line

T = TypeVar("T")

SCHEMA_VERSION: Final = 1

_DIGITS: Final = bytes.maketrans(b"123456789[:", b"000000000,,")
_SPACE_AND_SIGN: Final = b" \t\n\r-"
_LONG_NUMBER: Final = b"," + b"0" * 19
"""Whole numbers that orjson turns into floats without a word (from 20 digits on), as translated by the two above; text
that looks like one only takes the slower way."""

_NUMBERS: Final = itertools.count()


def decode_json(raw: bytes) -> Any:
    """Decode JSON without losing anything: also what orjson refuses or rounds (NaN, half characters, huge numbers).

    Raises:
        ValueError: not JSON, or nested too deeply.
    """
    if _LONG_NUMBER not in raw.translate(_DIGITS, _SPACE_AND_SIGN):
        try:
            return orjson.loads(raw)
        except ValueError:
            pass
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def encode_json(value: object) -> bytes:
    """Encode on one line without losing anything (orjson would write NaN as null).

    Raises:
        ValidationError: the value is not JSON.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        try:
            return text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(
            "This cannot be stored: it holds something that is not JSON.",
            hint="Report this: it should not happen.",
            context={"reason": str(error)},
        ) from error


def encode_plain(value: object) -> bytes:
    """Encode fast what is known to hold no NaN; what orjson refuses goes the long way."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return encode_json(value)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One record: its bytes, and what they mean. Without ``item`` it is kept, not shown, and ``problem`` says why.

    ``stored``: what the bytes mean where ``item`` is newer, by what stands beside the file.
    """

    raw: bytes
    key: str | None = None
    item: T | None = None
    problem: str | None = None
    stored: T | None = None


@dataclass(frozen=True, slots=True)
class RecordKind(Generic[T]):
    """What the records of a file are: the name of their list, and how one is read and named."""

    list_name: str
    decode: Callable[[object], T]
    """Raises ValidationError naming the field."""
    key_of: Callable[[T], str]
    telling_field: str
    """A field that every record written by this program has, and no other object in these files."""

    def read(self, raw: bytes, value: object) -> Entry[T]:
        try:
            item = self.decode(value)
        except JulesManagerError as error:
            named = value.get("id") if isinstance(value, Mapping) else None
            return Entry(raw, named if isinstance(named, str) else None, None, error.message)
        except (RecursionError, OverflowError, ValueError, TypeError) as error:
            return Entry(raw, None, None, f"It cannot be read ({error}).")
        return Entry(raw, self.key_of(item), item)


Slot = str | tuple[str, int]


@dataclass(slots=True)
class Document(Generic[T]):
    """A store file in memory. ``entries`` is keyed by id, or by a pair for records that are only kept.

    ``notes``: what is known beside the file about its siblings, by name. ``is_changed``: the bytes of the file differ
    from those on the disk; ``is_renewed``: what stands beside it does.
    """

    kind: RecordKind[T]
    schema_version: int | None = SCHEMA_VERSION
    siblings: dict[str, bytes] = field(default_factory=dict)
    entries: dict[Slot, Entry[T]] = field(default_factory=dict)
    is_changed: bool = False
    decoded_siblings: dict[str, tuple[bytes, Any]] = field(default_factory=dict)
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    is_renewed: bool = False

    def copy(self) -> Document[T]:
        """A working copy; ``is_changed`` and ``is_renewed`` tell afterwards whether anything differs."""
        return Document(
            self.kind,
            self.schema_version,
            dict(self.siblings),
            dict(self.entries),
            decoded_siblings=self.decoded_siblings,
            notes=dict(self.notes),
        )

    def take(self, other: Document[T]) -> None:
        """Become what the working copy ``other`` is."""
        self.siblings, self.entries, self.notes = other.siblings, other.entries, other.notes
        self.is_changed = self.is_changed or other.is_changed
        self.is_renewed = self.is_renewed or other.is_renewed

    def get(self, key: str) -> T | None:
        entry = self.entries.get(key)
        return None if entry is None else entry.item

    def raw(self, key: str) -> bytes | None:
        """The bytes of one shown record."""
        entry = self.entries.get(key)
        return None if entry is None else entry.raw

    def items(self) -> Iterator[T]:
        """All readable records, in the order of the file."""
        return (entry.item for entry in self.entries.values() if entry.item is not None)

    def stored(self, key: str) -> T | None:
        """One record as its bytes tell it, without what stands beside the file."""
        entry = self.entries.get(key)
        return None if entry is None else entry.stored or entry.item

    def stored_items(self) -> Iterator[T]:
        """All readable records as their bytes tell them."""
        return (entry.stored or entry.item for entry in self.entries.values() if entry.item is not None)

    def renewed(self) -> Iterator[tuple[T, T]]:
        """The records that are shown newer than their bytes: as stored, as shown."""
        return (
            (entry.stored, entry.item)
            for entry in self.entries.values()
            if entry.stored is not None and entry.item is not None
        )

    def ids(self) -> Iterator[str]:
        return (slot for slot in self.entries if isinstance(slot, str))

    def problems(self) -> tuple[str, ...]:
        """A sentence for each record that is kept but not shown."""
        return tuple(
            f"Record {number} ({entry.key or 'no id'}) is kept but not shown: {entry.problem}"
            for number, entry in enumerate(self.entries.values(), 1)
            if entry.problem is not None
        )

    def put(self, raw: bytes) -> T:
        """Add or replace one record by its encoded form; answer it as it will be read.

        Raises:
            ValidationError: it could not be read again.
        """
        item = self.kind.decode(decode_json(raw))
        key = self.kind.key_of(item)
        known = self.entries.get(key)
        if known is None or known.raw != raw:
            self.entries[key] = Entry(raw, key, item)
            self.is_changed = True
        return item

    def renew(self, key: str, item: T) -> None:
        """Show a record newer than its bytes, which stay: what differs is kept beside the file."""
        known = self.entries[key]
        self.entries[key] = Entry(known.raw, key, item, None, known.stored or known.item)
        self.is_renewed = True

    def note(self, name: str, members: Mapping[str, Any]) -> None:
        """Keep beside the file what is known about one of its siblings."""
        if self.notes.get(name, {}) != members:
            self.notes[name] = members
            self.is_renewed = True

    def keep(self, raw: bytes) -> None:
        """Add a record as it is: shown when readable and new, else only kept."""
        self.admit(self.kind.read(raw, decode_json(raw)))
        self.is_changed = True

    def remove(self, key: str) -> tuple[bytes, ...]:
        """Remove a record and all others of the same id; answer their bytes, the shown one first."""
        slots = [slot for slot, entry in self.entries.items() if entry.key == key]
        slots.sort(key=lambda slot: slot != key)
        self.is_changed = self.is_changed or bool(slots)
        return tuple(self.entries.pop(slot).raw for slot in slots)

    def get_sibling(self, name: str) -> Any:
        """The decoded value beside the list, ``None`` when it is not there. Not to be changed in place."""
        raw = self.siblings.get(name)
        if raw is None:
            return None
        known = self.decoded_siblings.get(name)
        if known is None or known[0] != raw:
            known = (raw, decode_json(raw))
            self.decoded_siblings[name] = known
        return known[1]

    def set_sibling(self, name: str, value: object) -> None:
        raw = encode_json(value)
        if self.siblings.get(name) != raw:
            self.siblings[name] = raw
            self.is_changed = True

    def admit(self, entry: Entry[T]) -> None:
        """Add a record as read: shown when readable and the first of its id, else only kept."""
        if entry.item is not None and entry.key is not None and entry.key not in self.entries:
            self.entries[entry.key] = entry
            return
        if entry.item is not None:
            entry = Entry(entry.raw, entry.key, None, "an earlier record has the same id.")
        self.entries[("kept", next(_NUMBERS))] = entry

    def encode(self) -> bytes:
        """The bytes of the file."""
        version = b"null" if self.schema_version is None else b"%d" % self.schema_version
        head = b'{"schema_version":' + version + b",\n"
        rest = b"".join(encode_json(name) + b":" + raw + b",\n" for name, raw in self.siblings.items())
        lines = b",\n".join([entry.raw for entry in self.entries.values()])
        return head + rest + encode_json(self.kind.list_name) + b":[\n" + lines + (b"\n]}\n" if lines else b"]}\n")


def parse_document(data: bytes, kind: RecordKind[T], known: Document[T] | None = None) -> Document[T]:
    """Read the bytes of a store file; records that ``known`` has with the same bytes are not decoded again.

    Raises:
        DamagedDocumentError: not such a file; single unreadable records do not count.
    """
    if not data:
        raise DamagedDocumentError("it is empty")
    seen = {entry.raw: entry for entry in known.entries.values() if entry.item is not None} if known else {}
    document: Document[T] = Document(kind)
    if known is not None:
        document.decoded_siblings, document.notes = known.decoded_siblings, dict(known.notes)
    parts = _split_lines(data, kind.list_name)
    if parts is None or not _fill(document, *parts, seen):
        document.entries.clear()
        _fill_strictly(document, data, seen)
    return document


def salvage_records(data: bytes, kind: RecordKind[T]) -> tuple[list[Entry[T]], int]:
    """Every line of a damaged file that still is a whole record, and the number of lines that are not."""
    found: list[Entry[T]] = []
    lost = 0
    mark = encode_json(kind.telling_field) + b":"
    for line in data.split(b"\n"):
        text = line.strip().removesuffix(b",").strip()
        if not text.startswith(b"{") or text.startswith(b'{"schema_version"'):
            continue
        entry = None
        if mark in text:  # a record may itself end as a whole file does
            entry = _whole_record(text, kind) or _whole_record(text.removesuffix(b"]}").strip(), kind)
        if entry is None:
            lost += 1
        else:
            found.append(entry)
    return found, lost


def salvage_siblings(data: bytes, list_name: str) -> tuple[dict[str, bytes], int]:
    """What still stands whole beside the records of a damaged file, by name, and the number of lines that do not."""
    found: dict[str, bytes] = {}
    lost = 0
    for line in data.split(b"\n"):
        if not line.startswith(b'"') or line.startswith(encode_json(list_name) + b":["):
            continue
        try:
            siblings = scan_object((b"{" + line.removesuffix(b",") + b"}").decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError, DamagedDocumentError):
            lost += 1
        else:
            found |= {name: to_line(text) for name, text in siblings.items()}
    return {name: raw for name, raw in found.items() if name not in ("schema_version", list_name)}, lost


def _whole_record(text: bytes, kind: RecordKind[T]) -> Entry[T] | None:
    try:
        entry = kind.read(text, decode_json(text))
    except ValueError:
        return None
    return None if entry.item is None else entry


def _split_lines(data: bytes, list_name: str) -> tuple[bytes, list[bytes]] | None:
    """Header and record lines of a file in our own layout, else ``None``."""
    marker = b"\n" + encode_json(list_name) + b":[\n"
    at = data.find(marker)
    if at < 0 or not data.endswith(b"\n]}\n"):
        return None
    body = data[at + len(marker) : -len(b"]}\n")]
    return data[:at].removesuffix(b",") + b"}", body[:-1].split(b",\n") if body else []


def _fill(document: Document[T], head: bytes, lines: list[bytes], seen: Mapping[bytes, Entry[T]]) -> bool:
    try:
        siblings = scan_object(head.decode("utf-8", "surrogatepass"))
        if document.kind.list_name in siblings:
            return False
        _take_siblings(document, siblings)
        for line in lines:
            entry = seen.get(line)
            if entry is None:
                if b"\n" in line:
                    return False
                entry = document.kind.read(line, decode_json(line))
            document.admit(entry)
    except (ValueError, RecursionError, DamagedDocumentError):
        return False
    return True


def _fill_strictly(document: Document[T], data: bytes, seen: Mapping[bytes, Entry[T]]) -> None:
    try:
        siblings = scan_object(data.decode(json.detect_encoding(data), "surrogatepass"))
        records = siblings.pop(document.kind.list_name, None)
        if records is None:
            raise DamagedDocumentError(f"it has no list {document.kind.list_name!r}")
        _take_siblings(document, siblings)
        for text in scan_list(records):
            raw = to_line(text)
            document.admit(seen.get(raw) or document.kind.read(raw, decode_json(raw)))
    except (ValueError, RecursionError, UnicodeError) as error:
        raise DamagedDocumentError(f"it is not valid JSON ({error})") from error


def _take_siblings(document: Document[T], siblings: dict[str, str]) -> None:
    version = json.loads(siblings.pop("schema_version", str(SCHEMA_VERSION)))
    document.schema_version = version if isinstance(version, int) and not isinstance(version, bool) else None
    document.siblings = {name: to_line(text) for name, text in siblings.items()}
