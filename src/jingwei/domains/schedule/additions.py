"""Tasks that a what-if adds to the plan. They stand in its `changes` beside the changes of tasks, under keys of their own:
{"new-1": {"name", "duration_minutes", "after": [task ids], "before": [task ids], "assignee": person id}}; all but the name and the duration may be left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.directory import queries as directory
from jingwei.kernels import bounds
from jingwei.kernels.bounds import is_seen, unreadable, whole

Changes = Mapping[str, Mapping[str, Any]]
length_words = gettext_lazy("duration_minutes is a whole number from 0 to %(most)s (a hundred years).")
_key = re.compile(r"new-[1-9][0-9]{0,5}")
_names = {"name", "duration_minutes", "after", "before", "assignee"}


@dataclass(frozen=True, slots=True)
class Added:
    """A task that is not there yet, and where the plan with it would have it. `after` and `before` are ids of tasks that are there."""

    key: str
    name: str
    duration_minutes: int
    after: tuple[int, ...]
    before: tuple[int, ...]
    assignee_id: int | None
    start: datetime | None = None
    finish: datetime | None = None
    is_critical: bool = False

    @property
    def activity_key(self) -> int:
        """What the network calls it; ids of tasks that are there lie above zero."""
        return -int(self.key.removeprefix("new-"))


def is_new(key: object) -> bool:
    """Whether this key of `changes` is that of a task to be added."""
    return isinstance(key, str) and _key.fullmatch(key) is not None


def of_tasks(changes: Changes) -> dict[int, Mapping[str, Any]]:
    """Changes of tasks that are there, by id."""
    return {int(key): values for key, values in changes.items() if not is_new(key)}


def added(changes: Changes) -> list[Added]:
    """The tasks to be added, as they are written."""
    return [
        Added(key, each["name"], each["duration_minutes"], tuple(each.get("after", ())), tuple(each.get("before", ())), each.get("assignee"))
        for key, each in changes.items() if is_new(key)
    ]  # fmt: skip


def free_key(changes: Changes) -> str:
    """The key of one more."""
    return f"new-{max((-each.activity_key for each in added(changes)), default=0) + 1}"


def checked(values: Any, known: Collection[int], place: str = "changes") -> dict[str, Any]:
    """A task to be added, as it is kept. Raises ValidationError at `place` (or at the field) of what is not as it must be."""
    if not isinstance(values, Mapping) or set(values) - _names:
        raise ValidationError({place: _("A new task has name, duration_minutes, after, before and assignee only.")})
    name, minutes = values.get("name"), values.get("duration_minutes")
    if not isinstance(name, str) or not is_seen(name) or unreadable(name) or len(name.strip()) > 300:
        raise ValidationError({place: _("Give the new task a name.")})
    check_length(minutes, place)
    kept: dict[str, Any] = {"name": name.strip(), "duration_minutes": minutes}
    for end in ("after", "before"):
        ids = _ids(values.get(end), known, place)
        if ids:
            kept[end] = ids
    person_id = values.get("assignee")
    if person_id is not None:
        if isinstance(person_id, bool) or (found := whole(person_id)) is None or directory.person(found) is None:
            raise ValidationError({place: _("There is no such person.")})
        kept["assignee"] = found
    return kept


def check_length(minutes: Any, place: str = "changes") -> None:
    """Raise ValidationError at `place` unless a task may take that many minutes."""
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= bounds.most_minutes:
        raise ValidationError({place: str(length_words) % {"most": bounds.most_minutes}})


def not_before(values: Mapping[str, Any]) -> datetime | None:
    """Before when a changed task may not begin; of a moment beyond the years we plan in, which may stand there from before, the nearest one within."""
    text = values.get("not_before")
    return bounds.within_moments(datetime.fromisoformat(text)) if text else None


def _ids(given: Any, known: Collection[int], place: str) -> list[int]:
    if given is None:
        return []
    if not isinstance(given, list | tuple):
        raise ValidationError({place: _("after and before are lists of task ids.")})
    for each in given:
        if isinstance(each, bool) or whole(each, bounds.largest_id) not in known:
            raise ValidationError({place: _("There is no such task in this project: %(task)s.") % {"task": each}})
    return sorted({int(each) for each in given})
