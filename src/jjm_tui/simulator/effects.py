"""From the journal to the sessions: how each kind of effect happens."""

from __future__ import annotations

from jjm_tui.simulator.journal import JournalEntry
from jjm_tui.simulator.session import Session
from jjm_tui.simulator.states import State


def carry_out(session: Session, entry: JournalEntry) -> None:
    """Let an effect happen to a session that was played up to the time of the entry."""
    moment = entry.time
    match entry.kind:
        case "message":
            session.hear(moment, entry.text)
        case "approve":
            session.approve(moment)
        case "resume":
            session.resume(moment)
        case "archive" | "unarchive":
            session.updated = moment
        case "control.set_state":
            session.force_state(moment, State(entry.text))
        case "control.change_plan":
            session.change_plan(moment, entry.text)
        case "control.say":
            session.say(moment, entry.text)
