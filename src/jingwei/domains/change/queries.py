"""What others ask of change requests, and what one would do to the plan as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.cost import queries as cost
from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.records.fields import duration_text
from jingwei.frame.rights.access import Access
from jingwei.kernels import bounds


def requests_of(project_id: int) -> QuerySet[ChangeRequest]:
    """A project's change requests, the newest first."""
    return ChangeRequest.objects.filter(project_id=project_id).select_related("project", "requested_by", "decided_by").order_by("-id")


def effect_of(request: ChangeRequest) -> dict[str, Any]:
    """What it would do to the plan as it stands now. Raises ValidationError when a plan cannot be calculated."""
    found = schedule.compare(request.project, request.changes)
    before, after = cost.cost_with(request.project, schedule.longer_of(request.changes), request.costs)
    joined = work.tasks_of(request.project_id).filter(interface__isnull=False)
    interfaces = dict(joined.values_list("pk", "interface__name"))
    touched = [
        {
            "task": pk, "name": found.rows[pk]["name"], "minutes_now": found.rows[pk]["duration_minutes"],
            "minutes_then": values.get("duration_minutes", found.rows[pk]["duration_minutes"]), "not_before": values.get("not_before"), "interface": interfaces.get(pk),
        }
        for pk, values in schedule.of_tasks(request.changes).items() if pk in found.rows
    ]  # fmt: skip
    asked_for = {*schedule.of_tasks(request.changes), *(pk for new in found.added for pk in (*new.after, *new.before))}
    return {
        "finish_now": found.now.finish.isoformat(), "finish_then": found.then.finish.isoformat(),
        "delta_minutes": worktime.minutes_between(request.project, found.now.finish, found.then.finish),
        "critical_now": found.now.critical, "critical_then": found.then.critical,
        "float_now": found.now.least_float_minutes, "float_then": found.then.least_float_minutes,
        "endangered_now": _names(found, found.now.endangered), "endangered_then": _names(found, found.then.endangered),
        "cost_now": str(before), "cost_then": str(after), "cost_currency": request.project.currency, "cost_extra": request.costs, "moved": len(found.moved), "touched": touched,
        "added": [_added(found, new) for new in found.added], "missing": sorted(asked_for - set(found.rows)),
    }  # fmt: skip


def _added(found: schedule.Comparison, new: schedule.Added) -> dict[str, Any]:
    """A task that is not there yet, told by names: those it would stand between, whose it would be, and where the plan would have it."""
    after, before = ([str(found.rows[pk]["name"]) for pk in ids if pk in found.rows] for ids in (new.after, new.before))
    person = directory.person(new.assignee_id) if new.assignee_id else None
    dates = {"start": new.start.isoformat() if new.start else None, "finish": new.finish.isoformat() if new.finish else None}
    return {"name": new.name, "minutes": new.duration_minutes, "after": after, "before": before, "assignee": str(person) if person else None, **dates}


def _names(found: schedule.Comparison, ids: frozenset[int]) -> list[str]:
    return sorted(str(found.rows[pk]["name"]) for pk in ids)


def changes_told(changes: Mapping[str, Mapping[str, Any]], project_id: int | None) -> list[str]:
    """What a request of that project asks for, task by task, in words."""
    new = schedule.added(changes)
    known = work.names_in(project_id or 0, {*schedule.of_tasks(changes), *(pk for each in new for pk in (*each.after, *each.before))})
    lines = []
    for pk, values in schedule.of_tasks(changes).items():
        parts = []
        if values.get("duration_minutes") is not None:
            parts.append(_("duration → %(length)s") % {"length": duration_text(values["duration_minutes"])})
        if (moment := bounds.planned_moment(values.get("not_before"))) is not None:
            parts.append(_("not before %(moment)s") % {"moment": timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")})
        elif values.get("not_before"):  # from before there were bounds: as it stands there, to be mended
            parts.append(_("not before %(moment)s") % {"moment": values["not_before"]})
        lines.append(_("%(task)s: %(what)s") % {"task": known.get(pk) or _("a task that is gone"), "what": ", ".join(parts)})
    return lines + [_new_told(each, known) for each in new]


def _new_told(new: schedule.Added, known: Mapping[int, str]) -> str:
    parts = [duration_text(new.duration_minutes)]
    for ids, words in ((new.after, _("after %(tasks)s")), (new.before, _("before %(tasks)s"))):
        if ids:
            parts.append(words % {"tasks": ", ".join(known.get(pk) or _("a task that is gone") for pk in ids)})
    if new.assignee_id and (person := directory.person(new.assignee_id)) is not None:
        parts.append(str(person))
    return _("new task %(name)s: %(what)s") % {"name": new.name, "what": ", ".join(parts)}


def effect_told(effect: Mapping[str, Any], project_id: int) -> dict[str, Any]:
    """The effect as pages of that project show it: moments and money as such, tasks by their codes."""
    shown = dict(effect)
    for name in ("finish_now", "finish_then"):
        shown[name] = datetime.fromisoformat(effect[name])
    for name in ("cost_now", "cost_then"):
        shown[name] = Decimal(effect[name])
    shown["cost_more"] = shown["cost_then"] - shown["cost_now"]
    codes = {task.pk: task.code for task in work.tasks_named([row["task"] for row in effect["touched"]]).filter(project_id=project_id)}
    shown["touched"] = [
        row | {"code": codes.get(row["task"], ""), "not_before": schedule.not_before(row)}
        for row in effect["touched"]
    ]  # fmt: skip
    shown["cost_extra"] = cost.extra_told(effect.get("cost_extra", ()))
    shown["added"] = [
        row | {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("start", "finish")} for row in effect.get("added", ())
    ]  # fmt: skip
    return shown


def beside(access: Access, request: ChangeRequest) -> tuple[str, dict[str, Any]] | None:
    """The effect as it was assessed, for whoever looks at a request or votes on it."""
    if not request.effect:
        return None
    place = request.project_id
    return "change/_effect.html", {
        "kept": request, "project": request.project, "effect": effect_told(request.effect, place), "sees_money": access.allows("cost.line.view", place),
        "sees_interfaces": access.allows("hub.interface.view", place), "is_beside": True,
    }  # fmt: skip


def is_stale(request: ChangeRequest, now: Mapping[str, Any]) -> bool:
    """The plan has moved since the assessment so that a decision would rest on other figures.

    Finishes count by the day, because the data date runs on; money by a twentieth of the difference, because its shares follow all other tasks.
    """
    before, after = _more(request.effect), _more(now)
    return _essence(request.effect) != _essence(now) or abs(after - before) > max(Decimal(1), abs(before) / 20)


def _more(effect: Mapping[str, Any]) -> Decimal:
    return Decimal(effect.get("cost_then", 0)) - Decimal(effect.get("cost_now", 0))


def _essence(effect: Mapping[str, Any]) -> Any:
    kept = {name: effect.get(name) for name in ("delta_minutes", "endangered_now", "endangered_then", "touched", "missing")}
    kept["added"] = [{name: value for name, value in row.items() if name not in ("start", "finish")} for row in effect.get("added", ())]
    return kept | {name: str(effect.get(name))[:10] for name in ("finish_now", "finish_then")}
