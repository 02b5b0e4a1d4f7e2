"""Levelling of one or more projects: who is booked twice, what would have to move, and why; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import network, troubles
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.frame.words import in_words
from jingwei.kernels.calendar.stated import CalendarError, WorkCalendar
from jingwei.kernels.plan.plan import PROJECT_CALENDAR, Dependency, PlanError
from jingwei.kernels.text import Text

if TYPE_CHECKING:
    from jingwei.kernels.levelling.planning_input import Move, Overload, PlanLevelling

seconds_at_most = 120


def level(
    projects: Sequence[Project],
    *,
    within_slack: bool,
    seconds: float,
    tell: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """The preview as the page keeps it. Raises ValidationError when a plan cannot be calculated."""
    # The kernel brings its compiler along, a second of every start; only who levels pays for it.
    from jingwei.kernels.levelling.planning import level_plan, summary_assignments
    from jingwei.kernels.levelling.planning_input import LevellingError, PlanAssignment, PlanResource, PlanTask

    refuse_from_finish(projects)
    tasks: list[PlanTask] = []
    links: list[Dependency[Any]] = []
    calendars: dict[str, WorkCalendar] = {}
    starts: dict[Hashable, datetime] = {}
    names: dict[Any, str] = {}
    prints: dict[Any, str] = {}
    booked = {row["pk"]: row for row in work.booked([project.pk for project in projects])}
    now: datetime | None = None
    for project in projects:
        loaded = network.load(project, keeps_levelling=False)
        _require_calculable(loaded)
        calendars |= {_calendar_of(project, name): each for name, each in loaded.calendars.items()}
        starts[project.pk] = network.start_of(project, loaded.calendar.zone)
        now = max(project.data_date or loaded.now, now) if now else project.data_date or loaded.now
        links += loaded.links
        for pk, activity in loaded.activities.items():
            row = loaded.rows[pk]
            names[pk], prints[pk] = str(row["name"]), print_of(row, _who(booked.get(pk)))
            tasks.append(
                PlanTask(
                    replace(activity, calendar=_calendar_of(project, activity.calendar)), project.pk, min(booked[pk]["priority"], 1000) if pk in booked else 500
                )
            )
    zone = projects[0].zone
    calendars["project"] = calendars[str(projects[0].pk)]
    skilled = directory.skills_of_people({row["skill"] for row in booked.values() if row["skill"] and not row["assignee_id"]})
    _refuse_missing(booked.values(), skilled, names)
    people = {row["assignee_id"]: str(row["assignee__name"]) for row in booked.values() if row["assignee_id"]} | {
        pk: name for pk, (name, _skills) in skilled.items()
    }
    own = {pk: each for pk, each in worktime.person_calendars(zone).items() if pk in people}
    calendars |= {f"person {pk}": each for pk, each in own.items()}
    resources = [
        PlanResource(pk, calendar=f"person {pk}" if pk in own else "project", skills=skilled[pk][1] if pk in skilled else frozenset()) for pk in people
    ]
    assignments = [
        PlanAssignment(row["pk"], row["assignee_id"], None if row["assignee_id"] else row["skill"], units=min(max(round(row["units_percent"]), 1), 100))
        for row in booked.values()
        if row["pk"] in names
    ]
    try:
        found = level_plan(
            tasks, links, resources, assignments, calendars, start=min(starts.values()), project_starts=starts, data_date=now, within_slack=within_slack, seconds=seconds,
            zone=zone, progress=(lambda p: tell(p.share)) if tell else None, should_stop=should_stop,
        )  # fmt: skip
    except LevellingError as problem:
        raise ValidationError(in_words(problem.text)) from problem
    except (PlanError, CalendarError) as problem:
        raise ValidationError(str(problem)) from problem
    codes = {project.pk: project.code for project in projects}
    ignored = [
        {"task": each.task, "name": names[each.task], "who": people.get(each.resource, each.skill)} for each, _text in summary_assignments(tasks, assignments)
    ]
    return _told(found, names, people, codes, prints) | {"ignored": ignored}


def _require_calculable(loaded: network.Loaded) -> None:
    """A plan that has no dates by itself has none levelled, and by itself its task is known."""
    try:
        network.calculate_with(loaded, loaded.activities)
    except (PlanError, CalendarError) as problem:
        raise ValidationError(troubles.in_words(problem, loaded.rows)) from problem


def _refuse_missing(booked: Iterable[Mapping[str, Any]], skilled: Mapping[int, tuple[str, frozenset[str]]], names: Mapping[int, str]) -> None:
    """Raises ValidationError naming the first task whose skill nobody has."""
    had = frozenset().union(*(skills for _name, skills in skilled.values()))
    for row in booked:
        if row["skill"] and not row["assignee_id"] and row["skill"] not in had and row["pk"] in names:
            text = _("“%(task)s” needs the skill “%(skill)s”, which nobody has. Enter it with a person, or name who does the task.")
            raise ValidationError(text % {"task": names[row["pk"]], "skill": row["skill"]})


def _calendar_of(project: Project, name: str) -> str:
    """A calendar's name among those of several projects."""
    return str(project.pk) if name == PROJECT_CALENDAR else f"{project.pk}/{name}"


def refuse_from_finish(projects: Sequence[Project]) -> None:
    """Levelling only delays, and a project planned as late as possible has no room for that. Raises ValidationError."""
    named = [project.code for project in projects if project.is_from_finish]
    if named:
        text = _(
            "%(projects)s is scheduled from its finish: everything is as late as it can be, and levelling can only delay. Schedule it from its start first."
        )
        raise ValidationError(text % {"projects": ", ".join(named)})


def _who(row: Mapping[str, Any] | None) -> int | str | None:
    """Who does a task: somebody, or anybody with a skill."""
    return None if row is None else row["assignee_id"] or row["skill"]


def print_of(row: Mapping[str, Any], who: int | str | None) -> str:
    """What levelling supposed of a task: who does it, how long, bound by what, begun or not. Anything else may change meanwhile."""
    is_begun = bool(row["percent"] or row["actual_start"])
    at = row["constraint_at"].isoformat() if row["constraint_at"] else ""
    return f"{who}/{row['duration_minutes']}/{row['constraint']}/{at}/{is_begun}"


def _told(found: PlanLevelling, names: dict[Any, str], people: dict[Any, str], codes: dict[Any, str], prints: dict[Any, str]) -> dict[str, Any]:
    return {
        "projects": [
            {"code": codes[pk], "id": pk, "before": finish.isoformat(), "after": found.project_finish[pk].isoformat()} for pk, finish in found.project_finish_before.items()
        ],
        "overloads_before": [_overload(each, people) for each in found.overloads_before], "overloads": [_overload(each, people) for each in found.overloads],
        "moves": [_move(each, names, people, codes, prints) for each in found.moves],
        "unresolved": [{"task": each.task, "name": names[each.task]} for each in found.unresolved],
        "lower_bound": found.lower_bound.isoformat(), "gap": None if found.gap is None else round(100 * found.gap, 2), "rounds": found.rounds, "is_cancelled": found.is_cancelled,
    }  # fmt: skip


def _overload(each: Overload, people: dict[Any, str]) -> dict[str, Any]:
    return {"who": people.get(each.resource, str(each.resource)), "start": each.start.isoformat(), "finish": each.finish.isoformat(), "percent": each.units}


def _move(each: Move, names: dict[Any, str], people: dict[Any, str], codes: dict[Any, str], prints: dict[Any, str]) -> dict[str, Any]:
    return {
        "task": each.task, "name": names[each.task], "project": codes[each.project], "print": prints[each.task], "kind": each.kind,
        "old_start": each.old_start.isoformat(), "old_finish": each.old_finish.isoformat(), "new_start": each.new_start.isoformat(), "new_finish": each.new_finish.isoformat(),
        "delay_minutes": each.delay_minutes, "not_before": each.not_before.isoformat() if each.not_before else None, "reason": _reason(each, names, people),
    }  # fmt: skip


def _reason(each: Move, names: dict[Any, str], people: dict[Any, str]) -> dict[str, str]:
    """One reason in both languages, with names instead of keys."""
    who, other = people.get(each.resource, ""), names.get(each.waits_for, "")
    if each.kind == "predecessor":
        text = Text(
            f"随紧前任务“{other}”移动" if other else "随其紧前任务移动", f"follows “{other}”, which moved" if other else "follows a predecessor that moved"
        )
    elif each.skill is not None:
        text = Text(f"具备技能“{each.skill}”的人都没有空", f"nobody with the skill “{each.skill}” is free")
    elif each.kind == "absence":
        text = Text(f"{who} 当时不上班", f"{who} does not work then")
    else:
        text = Text(f"{who} 正忙于“{other}”", f"{who} is busy with “{other}”")
    return {"zh": text.zh, "en": text.en}


def chosen_moves(outcome: dict[str, Any], wanted: set[int]) -> list[dict[str, Any]]:
    """The moves of a preview that were ticked and that hold a task back themselves. Raises ValidationError when none is left."""
    moves = [move for move in outcome.get("moves", ()) if move["task"] in wanted and move["not_before"]]
    if not moves:
        raise ValidationError(_("Choose at least one move that is not only a consequence of others."))
    return moves
