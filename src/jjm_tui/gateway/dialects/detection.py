"""Which family a server belongs to, from the tools that it offers; never from its name."""

from __future__ import annotations

from jjm_tui.domain.text import clean_line
from jjm_tui.errors import ConfigurationError
from jjm_tui.gateway.dialects.base import Dialect
from jjm_tui.gateway.dialects.rest_tools import RestTools, find_list_resource, find_rest_tools
from jjm_tui.gateway.wire import Caller, CallPolicy, Handshake
from jjm_tui.ports import Clock

_NEEDED = (
    "needed are the tools of a known Jules server: 'jules_list_tasks' and 'jules_get_task', or 'get_session_state' and "
    "'send_reply_to_session', or 'jules_list_sessions' and 'jules_get_status', or tools that list sessions and their "
    "activities"
)
_SHOWN_TOOLS = 20


async def detect(handshake: Handshake, caller: Caller, clock: Clock) -> Dialect:
    """The dialect of a server.

    Raises:
        ConfigurationError: no known family; the message names the tools found and what is needed.
    """
    tools = {tool.name: tool for tool in handshake.tools}
    if {"jules_list_tasks", "jules_get_task"} <= tools.keys():
        from jjm_tui.gateway.dialects.browser import BrowserDialect

        return BrowserDialect(caller, clock, tools)
    if {"get_session_state", "send_reply_to_session"} <= tools.keys():
        from jjm_tui.gateway.dialects.official import OfficialDialect

        return OfficialDialect(caller, clock, tools)
    if {"jules_get_status", "jules_list_sessions"} <= tools.keys():
        from jjm_tui.gateway.dialects.text_server import TextDialect

        return TextDialect(caller, clock, tools)
    found = find_rest_tools(handshake.tools)
    uri = await _find_list_resource(found, handshake, caller)
    if "activities" in found.commands and ("list" in found.commands or uri is not None):
        from jjm_tui.gateway.dialects.rest import RestDialect

        return RestDialect(caller, clock, found, uri)
    raise _unknown_server(handshake)


async def _find_list_resource(found: RestTools, handshake: Handshake, caller: Caller) -> str | None:
    if "list" in found.commands or "activities" not in found.commands or not handshake.has_resources:
        return None
    return find_list_resource(await caller.list_resources(CallPolicy()))


def _unknown_server(handshake: Handshake) -> ConfigurationError:
    names = sorted(clean_line(tool.name) for tool in handshake.tools)
    shown = ", ".join(names[:_SHOWN_TOOLS]) + (", …" if len(names) > _SHOWN_TOOLS else "")
    return ConfigurationError(
        f"This is not a Jules server that is known here: it offers {shown or 'no tools'}; {_NEEDED}.",
        hint="Check which server the settings start; `jjm server tools` shows what it offers.",
        context={"tools": names},
    )
