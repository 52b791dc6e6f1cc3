"""What the services need from the world, as protocols: a server, stores, a clock, somebody to tell.

Gateway, stores and faces implement or use these; nothing here knows MCP, files or screens.
"""

from __future__ import annotations

from jjm_tui.ports.server import (
    Answer,
    Capabilities,
    CreatePlan,
    CreateRequest,
    DiffReading,
    Priority,
    RecentCall,
    Repository,
    ResourceInfo,
    ServerInfo,
    ServerStatus,
    Support,
    TaskListing,
    TaskReading,
    TaskServer,
    ToolAnswer,
    ToolInfo,
)
from jjm_tui.ports.stores import (
    DraftReading,
    DraftStore,
    EventLog,
    Leadership,
    OutboxStore,
    SyncChange,
    TaskChange,
    TaskStore,
    Transcript,
    TranscriptStore,
)
from jjm_tui.ports.surroundings import Clock, Notifier

__all__ = [
    "Answer",
    "Capabilities",
    "Clock",
    "CreatePlan",
    "CreateRequest",
    "DiffReading",
    "DraftReading",
    "DraftStore",
    "EventLog",
    "Leadership",
    "Notifier",
    "OutboxStore",
    "Priority",
    "RecentCall",
    "Repository",
    "ResourceInfo",
    "ServerInfo",
    "ServerStatus",
    "Support",
    "SyncChange",
    "TaskChange",
    "TaskListing",
    "TaskReading",
    "TaskServer",
    "TaskStore",
    "ToolAnswer",
    "ToolInfo",
    "Transcript",
    "TranscriptStore",
]
