"""A deterministic model of Jules: the REST API v1alpha over sessions that live in simulated time.

The same seed and the same effects at the same simulated times give the same world. Sessions are played only when
somebody looks at them, so ten thousand of them cost nothing until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jjm_tui.simulator import api_errors, views
from jjm_tui.simulator.births import build_created, build_seeded, seeded_age, seeded_id
from jjm_tui.simulator.catalogue import REPOSITORIES, find_repository
from jjm_tui.simulator.clock import SimulatedTime, SystemClock, WallClock
from jjm_tui.simulator.effects import carry_out
from jjm_tui.simulator.journal import CONTROL, JournalEntry, StateFile, WorldRecord
from jjm_tui.simulator.paging import read_archived, read_page_size, read_since, read_token, write_token
from jjm_tui.simulator.session import Session, SessionSpec, digest
from jjm_tui.simulator.states import State

AUTOMATION_MODES: Final = frozenset({"AUTO_CREATE_PR", "AUTOMATION_MODE_UNSPECIFIED"})
SESSION_PAGE: Final = 30
ACTIVITY_PAGE: Final = 50


class World:
    """Jules as a client sees it.

    Args:
        seed: decides every story.
        tasks: how many sessions there are at the beginning.
        speed: simulated seconds per second; 0 is a world that stands still until it is stepped.
        clock: the wall clock.
        state_path: keep the world in this file and share it with every process that names the same one. What the
            file says wins over ``seed`` and ``tasks``.
        hostile: add sessions with titles and prompts that a careless client draws wrongly.
        activities_race: for that many simulated seconds after a create, its activities are 404, as seen with Jules.

    Raises:
        StorageError: the state file is not a world.
    """

    def __init__(
        self,
        seed: int = 1,
        tasks: int = 12,
        speed: float = 1.0,
        clock: WallClock | None = None,
        *,
        state_path: Path | None = None,
        hostile: bool = False,
        activities_race: float = 0.0,
    ) -> None:
        self._clock: WallClock = clock or SystemClock()
        self._race = timedelta(seconds=activities_race)
        self._file = None if state_path is None else StateFile(state_path)
        self._depth = 0
        self._latest: datetime
        self._record: WorldRecord
        now = self._clock.now()
        self._adopt(WorldRecord(seed, tasks, now, SimulatedTime(now, now, speed, speed or 1.0), hostile))
        if self._file is not None:
            with self.changing():
                pass

    # --- time and sharing -----------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """Simulated time; never goes back."""
        self._refresh()
        self._latest = max(self._latest, self._record.time.at(self._clock.now()))
        return self._latest

    @property
    def speed(self) -> float:
        """Simulated seconds per second; 0 while the clock stands."""
        self._refresh()
        return self._record.time.speed

    @property
    def start(self) -> datetime:
        return self._record.start

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """What people did, oldest first; a tester's hand is left out."""
        self._refresh()
        return tuple(entry for entry in self._record.entries if not entry.kind.startswith(CONTROL))

    @property
    def memory(self) -> dict[str, Any]:
        """Room for what a dialect keeps of its own; change it only inside ``changing``."""
        return self._record.memory

    @property
    def faults_used(self) -> dict[str, int]:
        """How often each counted fault has struck; change it only inside ``changing``."""
        return self._record.faults_used

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change the world: alone, on top of what other processes did, and kept when the block ends."""
        if self._file is None or self._depth:
            yield
            return
        with self._file.locked():
            self._refresh()
            self._depth += 1
            try:
                yield
                self._file.save(self._record)
            finally:
                self._depth -= 1

    def _refresh(self) -> None:
        if self._file is None or self._depth:
            return
        record = self._file.load_if_changed()
        if record is None:
            return
        known = len(self._record.entries)
        if not record.continues(self._record):
            self._adopt(record)
            return
        self._record = record
        for entry in record.entries[known:]:
            self._index(entry)
            self._sessions.pop(entry.session_id, None)

    def _adopt(self, record: WorldRecord) -> None:
        self._record = record
        self._latest = record.time.simulated
        self._sessions: dict[str, Session] = {}
        self._entries: dict[str, list[JournalEntry]] = {}
        self._created: list[str] = []
        self._gone: set[str] = set()
        self._archived: set[str] = set()
        self._listed: dict[bool, list[str]] = {}
        count = record.tasks
        by_age = sorted(range(count), key=lambda number: seeded_age(record.seed, number, record.hostile), reverse=True)
        self._ordinals = {seeded_id(record.seed, number): rank - count for rank, number in enumerate(by_age)}
        self._numbers = {seeded_id(record.seed, number): number for number in range(count)}
        self._order = list(self._ordinals)
        for entry in record.entries:
            self._index(entry)

    def _index(self, entry: JournalEntry) -> None:
        self._entries.setdefault(entry.session_id, []).append(entry)
        self._listed.clear()
        match entry.kind:
            case "create":
                self._ordinals[entry.session_id] = len(self._created)
                self._created.append(entry.session_id)
                self._order.append(entry.session_id)
            case "delete":
                self._gone.add(entry.session_id)
            case "archive":
                self._archived.add(entry.session_id)
            case "unarchive":
                self._archived.discard(entry.session_id)

    # --- sessions -------------------------------------------------------------------------------------------------

    def session(self, session_id: str) -> Session:
        """A session, played up to now. Raises ApiError 404."""
        self._refresh()
        if session_id not in self._ordinals or session_id in self._gone:
            raise api_errors.not_found()
        session = self._sessions.get(session_id)
        entries = self._entries.get(session_id, [])
        if session is None:
            session = Session(self._build_spec(session_id))
            for entry in entries:
                session.advance(entry.time)
                carry_out(session, entry)
            self._sessions[session_id] = session
        session.archived = session_id in self._archived
        session.advance(self.now)
        return session

    def _build_spec(self, session_id: str) -> SessionSpec:
        number = self._numbers.get(session_id)
        if number is not None:
            return build_seeded(self._record.seed, number, self._record.start, hostile=self._record.hostile)
        return build_created(self._record.seed, self._entries[session_id][0])

    def session_ids(self, *, archived: bool = False) -> list[str]:
        """Ids of the archived sessions, or of the others; newest first."""
        self._refresh()
        ids = self._listed.get(archived)
        if ids is None:
            ids = self._listed[archived] = [
                session_id
                for session_id in reversed(self._order)
                if session_id not in self._gone and (session_id in self._archived) is archived
            ]
        return list(ids)

    def _write(self, kind: str, session_id: str, text: str, detail: Mapping[str, Any] | None = None) -> JournalEntry:
        """Put an effect into the journal and carry it out."""
        entry = JournalEntry(kind, session_id, text, self.now, dict(detail or {}))
        session = None if kind == "create" else self.session(session_id)
        self._record.entries.append(entry)
        self._index(entry)
        if session is not None:
            carry_out(session, entry)
        return entry

    # --- REST -----------------------------------------------------------------------------------------------------

    def list_sources(self, page_size: Any = None, page_token: str | None = None) -> dict[str, Any]:
        """``GET sources``."""
        size, offset = read_page_size(page_size, SESSION_PAGE), read_token(page_token, 0)
        page = REPOSITORIES[offset : offset + size]
        answer: dict[str, Any] = {"sources": [views.show_source(repository) for repository in page]} if page else {}
        if offset + size < len(REPOSITORIES):
            answer["nextPageToken"] = write_token(offset + size)
        return answer

    def get_source(self, name: str) -> dict[str, Any]:
        """``GET sources/...``."""
        repository = find_repository(name)
        if repository is None:
            raise api_errors.not_found()
        return views.show_source(repository)

    def list_sessions(
        self, page_size: Any = None, page_token: str | None = None, filter_text: str | None = None
    ) -> dict[str, Any]:
        """``GET sessions``: newest first, archived ones only when asked for."""
        size = read_page_size(page_size, SESSION_PAGE)
        ids = self.session_ids(archived=read_archived(filter_text))
        if page_token:
            before = read_token(page_token, 0)
            ids = [session_id for session_id in ids if self._ordinals[session_id] < before]
        page = ids[:size]
        answer: dict[str, Any] = {}
        if page:
            answer["sessions"] = [views.show_session(self.session(session_id)) for session_id in page]
        if len(ids) > size:
            answer["nextPageToken"] = write_token(self._ordinals[page[-1]])
        return answer

    def get_session(self, session_id: str) -> dict[str, Any]:
        """``GET sessions/ID``."""
        return views.show_session(self.session(session_id))

    def create_session(
        self,
        prompt: Any,
        source: str | None = None,
        *,
        starting_branch: str | None = None,
        title: str | None = None,
        require_plan_approval: bool = False,
        automation_mode: str | None = None,
    ) -> dict[str, Any]:
        """``POST sessions``. Without a source the session has no repository."""
        if not isinstance(prompt, str) or not prompt.strip():
            raise api_errors.invalid()
        if automation_mode is not None and automation_mode not in AUTOMATION_MODES:
            raise api_errors.invalid(
                f"Invalid value at 'session.automation_mode' (AutomationMode), \"{automation_mode}\""
            )
        if source is not None and find_repository(source) is None:
            raise api_errors.not_found()
        if source is not None and not starting_branch:
            raise api_errors.invalid()
        with self.changing():
            session_id = self._new_id()
            detail = {
                "source": source,
                "branch": starting_branch,
                "title": title or prompt.strip().splitlines()[0][:80],
                "approval": require_plan_approval,
                "mode": automation_mode,
            }
            self._write("create", session_id, prompt, detail)
            return self.get_session(session_id)

    def _new_id(self) -> str:
        return f"9{int(digest(self._record.seed, 'created', len(self._created), size=8), 16) % 10**18:018d}"

    def send_message(self, session_id: str, prompt: Any) -> dict[str, Any]:
        """``POST sessions/ID:sendMessage``. A failed session takes no message."""
        if not isinstance(prompt, str) or not prompt.strip():
            raise api_errors.invalid()
        with self.changing():
            if self.session(session_id).state is State.FAILED:
                raise api_errors.wrong_state()
            self._write("message", session_id, prompt)
            return {}

    def approve_plan(self, session_id: str) -> dict[str, Any]:
        """``POST sessions/ID:approvePlan``: approves the latest plan, if the session waits for that."""
        with self.changing():
            session = self.session(session_id)
            if session.state is not State.AWAITING_PLAN_APPROVAL or session.latest_plan is None:
                raise api_errors.wrong_state()
            self._write("approve", session_id, session.latest_plan.id)
            return {}

    def resume(self, session_id: str) -> None:
        """The resume button of the web page; the REST API has nothing like it."""
        with self.changing():
            if self.session(session_id).state is not State.PAUSED:
                raise api_errors.wrong_state()
            self._write("resume", session_id, "")

    def archive(self, session_id: str, *, archived: bool = True) -> dict[str, Any]:
        """``POST sessions/ID:archive`` and ``:unarchive``."""
        with self.changing():
            self._write("archive" if archived else "unarchive", session_id, "")
            return {}

    def delete_session(self, session_id: str) -> dict[str, Any]:
        """``DELETE sessions/ID``."""
        with self.changing():
            self._write("delete", session_id, "")
            return {}

    def list_activities(
        self, session_id: str, page_size: Any = None, page_token: str | None = None, filter_text: str | None = None
    ) -> dict[str, Any]:
        """``GET sessions/ID/activities``: oldest first."""
        session = self.session(session_id)
        if self._race and session_id in self._created and self.now < session.spec.created + self._race:
            raise api_errors.not_found()
        size, offset = read_page_size(page_size, ACTIVITY_PAGE), read_token(page_token, 0)
        records = session.activities
        if filter_text and filter_text.strip():
            since, inclusive = read_since(filter_text)
            records = [record for record in records if record.time > since or (inclusive and record.time == since)]
        page = records[offset : offset + size]
        answer: dict[str, Any] = {}
        if page:
            answer["activities"] = [views.show_activity(session, record) for record in page]
        if offset + size < len(records):
            answer["nextPageToken"] = write_token(offset + size)
        return answer

    def get_activity(self, session_id: str, activity_id: str) -> dict[str, Any]:
        """``GET sessions/ID/activities/AID``."""
        session = self.session(session_id)
        for record in session.activities:
            if record.id == activity_id:
                return views.show_activity(session, record)
        raise api_errors.not_found()

    # --- a tester's hand ------------------------------------------------------------------------------------------

    def step(self, seconds: float) -> None:
        """Jump ahead by simulated seconds."""
        with self.changing():
            self._record.time = self._record.time.stepped(self._clock.now(), seconds)

    def set_speed(self, speed: float) -> None:
        """Simulated seconds per second from now on; 0 stops."""
        with self.changing():
            self._record.time = self._record.time.with_speed(self._clock.now(), speed)

    def pause(self) -> None:
        """Stop the clock."""
        self.set_speed(0.0)

    def go_on(self) -> None:
        """Let the clock run at its usual speed again."""
        with self.changing():
            self._record.time = self._record.time.resumed(self._clock.now())

    def set_state(self, session_id: str, state: str) -> None:
        """Force a state, with the activity that belongs to it. Raises ApiError."""
        if state not in State.__members__:
            raise api_errors.invalid(f"{state!r} is not a state")
        with self.changing():
            self._write("control.set_state", session_id, state)

    def change_plan(self, session_id: str, remark: str = "A better way was found.") -> str:
        """Make Jules show another plan although nobody asked; answers its id."""
        with self.changing():
            self._write("control.change_plan", session_id, remark)
            plan = self.session(session_id).latest_plan
            return "" if plan is None else plan.id

    def say(self, session_id: str, text: str) -> None:
        """Make Jules say something now."""
        with self.changing():
            self._write("control.say", session_id, text)
