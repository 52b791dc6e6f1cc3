"""A template taken into a form that may be filled in already: nothing chosen or typed is lost."""

from __future__ import annotations

from dataclasses import replace

from jjm_tui.services.drafting.joined_texts import EARLIER, Section, sections_of, write_sections
from jjm_tui.services.drafting.new_task import NewTask


def take_template(typed: NewTask, template: NewTask, blank: NewTask) -> NewTask:
    """``typed`` with the texts of ``template``. What that does not say stays as it was.

    A text that both have goes below that of the template, once. ``blank``: the form that nobody filled in; what is
    still as there was not chosen. A branch belongs to its repository and does not go to another one.
    """
    said = {name: text for name in ("repository", "branch", "title") if (text := getattr(template, name))}
    is_elsewhere = said.get("repository", typed.repository).strip().lower() != typed.repository.strip().lower()
    if is_elsewhere:
        said.setdefault("branch", "")
    task = replace(typed, **said, description=template.description)
    first, *others = sections_of(typed.description)
    chosen = NewTask(
        repository=typed.repository if is_elsewhere and typed.repository != blank.repository else "",
        branch=typed.branch,
        title=typed.title,
        description=first.text,
    )
    before = [Section(chosen.tell_difference(task), EARLIER), *others]
    kept = [each for each in before if each.words and each.words not in template.description]
    return replace(task, description=write_sections([Section(template.description), *kept]))
