"""Actions that choose what is listed, and those of single screens."""

from __future__ import annotations

from typing import Final

from jjm_tui.tui.actions.model import Action, Scope, action

FIND: Final = (
    action(
        "filter",
        "/",
        "tasks",
        "filter",
        "filter the list, or search in the chat or diff",
        section="Find",
        twin="jjm list --filter ...",
        footer=60,
    ),
    action(
        "filter.failed",
        "!",
        "list",
        "only failed",
        "show only failed tasks",
        section="Find",
        twin="jjm list --filter state:failed",
    ),
    action(
        "filter.questions",
        "@",
        "list",
        "only questions",
        "show only tasks that ask you something",
        section="Find",
        twin="jjm list --filter state:waiting_feedback",
    ),
    action(
        "filter.plans",
        "#",
        "list",
        "only plans",
        "show only tasks whose plan waits",
        section="Find",
        twin="jjm list --filter state:waiting_approval",
    ),
    action(
        "filter.running",
        "&",
        "list",
        "only running",
        "show only tasks that are under way",
        section="Find",
        twin="jjm list --filter group:running",
    ),
    action(
        "filter.all",
        "0",
        "list",
        "everything",
        "show every task again, without a filter",
        section="Find",
        twin="jjm list",
    ),
    action(
        "view.next", "V", "list", "next view", "show the next view saved in your settings", section="Find", footer=62
    ),
    action(
        "view.save",
        "",
        "list",
        "save view",
        "keep the filter as a view, a tab with a name",
        section="Find",
        twin="jjm config set views.NAME ...",
    ),
    action(
        "sort", "s", "list", "sort", "order by need, change, wait … in turn", section="Find", twin="jjm list --sort ..."
    ),
    action(
        "sort.reverse",
        "S",
        "list",
        "reverse",
        "turn the order of the list round",
        section="Find",
        twin="jjm list --reverse",
    ),
    action("group", "t", "list", "group", "group by need, by repository, not at all", section="Find"),
    action(
        "archived",
        "H",
        "list",
        "archived",
        "show archived tasks as well, or hide them",
        section="Find",
        twin="jjm list --all",
    ),
)


def _on_screen(action_id: str, keys: str, scope: Scope, title: str, help_text: str, twin: str | None = None) -> Action:
    return action(action_id, keys, scope, title, help_text, section="Screens", twin=twin, footer=1, in_palette=False)


SCREENS: Final = (
    _on_screen("watch.only-watched", "t", "watch", "only watched", "only watched tasks, or all"),
    _on_screen("connection.restart", "R", "connection", "restart", "end the server and start it again"),
    _on_screen("connection.check", "t", "connection", "check", "make the doctor's checks", "jjm doctor"),
    _on_screen("connection.setup", "s", "connection", "set up", "choose and test a server", "jjm setup"),
    _on_screen("log.more", "+", "log", "more", "less important records as well"),
    _on_screen("log.less", "-", "log", "fewer", "more important records only"),
    _on_screen("insights.period", "t", "insights", "period", "7 days, 30 days, or all there is"),
)
