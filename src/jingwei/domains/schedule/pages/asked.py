"""What the picture posts, read once and whole: whatever has not the shape it must have is refused by its place, with what belongs there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from jingwei.domains.schedule.services import Edits
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.kernels import bounds

T = TypeVar("T")
# what the picture sends under names of the task's fields, taken as it is; whether it holds is asked where everything that is typed is
plain_fields = ("duration_minutes", "percent", "name", "is_milestone", "assignee", "calendar", "parent")
dated = ("SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO")  # constraints that need a date


def edits_asked(body: bytes, project: Project) -> Edits:
    """The posted changes in the words of the work. Raises ValidationError at the place of what is not as it must be."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise _wrong("", _("send one JSON object with “changes”, “links” and “tasks”")) from None
    asked = _object(given, "")
    tasks, links = (_object({} if asked.get(name) is None else asked[name], name) for name in ("tasks", "links"))
    return Edits(
        changes=_each(asked, "changes", "changes", lambda each, place: _change(project, _object(each, place), place)),
        new_links=_each(links, "add", "links.add", _link),
        gone_links=_each(links, "remove", "links.remove", _id),
        new_tasks=_each(tasks, "add", "tasks.add", _new_task),
        gone_tasks=_each(tasks, "remove", "tasks.remove", _id),
    )


def _wrong(place: str, mend: str) -> ValidationError:
    return ValidationError({place or "changes": _("%(place)s: %(mend)s.") % {"place": place or _("The request"), "mend": mend}})


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, _("send a JSON object, names with their values"))
    return value


def _each(within: Mapping[str, Any], name: str, place: str, read: Callable[[Any, str], T]) -> list[T]:
    value = within.get(name)
    if value is not None and not isinstance(value, list):
        raise _wrong(place, _("send a list"))
    return [read(each, f"{place}[{number}]") for number, each in enumerate(value or ())]


def _id(value: Any, place: str) -> int:
    if isinstance(value, bool) or not (found := bounds.whole(value)):
        raise _wrong(place, _("send an id, a whole number from 1"))
    return found


def _plain(value: Any, place: str) -> Any:
    """A text, a number, yes or no, or nothing: what a form could hold."""
    if isinstance(value, dict | list):
        raise _wrong(place, _("send one value, not a list or an object"))
    return value


def _link(given: Any, place: str) -> dict[str, Any]:
    link = _object(given, place)
    ends = {name: _id(link.get(name), f"{place}.{name}") for name in ("from", "to")}
    return ends | {name: _plain(link[name], f"{place}.{name}") for name in ("type", "lag_minutes") if link.get(name) is not None}


def _new_task(given: Any, place: str) -> dict[str, Any]:
    task = _object(given, place)
    name = _plain(task.get("name"), f"{place}.name")
    return {"name": str(name or "").strip()[:300] or _("New task"), "after": _id(task["after"], f"{place}.after") if task.get("after") else None}


def _moment(value: Any, place: str, zone: ZoneInfo) -> datetime:
    try:
        found = parse_datetime(value if "T" in value else f"{value}T00:00") if isinstance(value, str) else None
    except ValueError:  # a thirteenth month
        found = None
    if found is None:
        raise _wrong(place, _("write the moment as 2026-03-09T09:00, in the project's time, or with its offset"))
    moment = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    if not bounds.first_moment <= moment <= bounds.last_moment:
        words = {"text": value, "first": bounds.first_day.year, "last": bounds.last_day.year}
        raise _wrong(place, _("%(text)s is outside the years %(first)s to %(last)s") % words)
    return moment


def _change(project: Project, given: dict[str, Any], place: str) -> dict[str, Any]:
    """One task's new values by field, with the version in which it was seen."""
    return dict(_values(project, given, place))


def _values(project: Project, given: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    zone, pk = ZoneInfo(project.zone), _id(given.get("task"), f"{place}.task")
    yield "task", pk
    if given.get("version") is not None:
        yield "version", _id(given["version"], f"{place}.version")
    if given.get("start"):  # a moved start becomes a no-earlier-than date (no-later-than, planned from the finish)
        start = _moment(given["start"], f"{place}.start", zone)
        yield from (("constraint", "SNLT" if project.is_from_finish else "SNET"), ("constraint_at", start))
        task = work.task(pk)
        if task is not None and task.actual_start is not None:
            yield "actual_start", start
    yield from ((name, _plain(given[name], f"{place}.{name}")) for name in plain_fields if name in given)
    if "deadline" in given:
        yield "deadline", _moment(given["deadline"], f"{place}.deadline", zone) if given["deadline"] else None
    if "constraint" in given:
        kind, at = str(_plain(given["constraint"], f"{place}.constraint")), given.get("constraint_at")
        if kind in dated and not at:
            raise ValidationError({"constraint_at": _("This constraint needs a date.")})
        yield from (("constraint", kind), ("constraint_at", _moment(at, f"{place}.constraint_at", zone) if kind in dated else None))
