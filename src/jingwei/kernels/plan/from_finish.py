"""Scheduling from the finish: everything as late as it can be for a project that must end at a moment, and when it must begin for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from jingwei.kernels.calendar.stated import DEFAULT_ZONE, WorkCalendar, moment_of
from jingwei.kernels.plan.plan import Activity, Dependency, Key, PlanDates, schedule_plan


def schedule_from_finish(
    activities: Sequence[Activity[Key]],
    dependencies: Sequence[Dependency[Key]],
    calendars: Mapping[str, WorkCalendar] | None = None,
    *,
    finish: datetime,
    zone: str = DEFAULT_ZONE,
    **options: Any,
) -> PlanDates[Key]:
    """Schedule so that all ends by `finish`, as late as possible; the project start follows from it (`start` of the answer).

    After MS Project: activities without a constraint are as late as possible; dates that bound them (no earlier, no later) are kept and
    they are as late as those allow; ASAP ones begin as early as the start found allows. What has begun stays where it began, what is left
    of it goes on from there. Work that must wait (data date, `not_before`) ends behind `finish` when there is no time left, with negative
    float. The other options are those of schedule_plan.
    """
    parents = {each.parent for each in activities}
    late = [replace(each, constraint="ALAP") if each.constraint is None and each.key not in parents else each for each in activities]
    # Late dates are measured from the required finish, whatever the start: so they say what the start must be.
    bare = schedule_plan(activities, dependencies, calendars, start=finish, required_finish=finish, zone=zone, **options)
    waiting = [bare.network.index[each.key] for each in activities if each.key not in parents and not has_begun(each) and not each.is_inactive]
    known = bare.dates.late_start[waiting] if waiting else bare.dates.late_start[:0]
    known = known[known >= 0]
    start = moment_of(int(known.min()), zone) if known.size else finish
    return schedule_plan(late, dependencies, calendars, start=start, required_finish=finish, zone=zone, from_finish=True, **options)


def has_begun(activity: Activity[Any]) -> bool:
    """Whether anything of an activity is done."""
    return bool(activity.actual_start or activity.actual_finish or activity.percent > 0)


def carried_out(
    plan: PlanDates[Key],
    activities: Sequence[Activity[Key]],
    dependencies: Sequence[Dependency[Key]],
    calendars: Mapping[str, WorkCalendar] | None = None,
    *,
    zone: str = DEFAULT_ZONE,
    **options: Any,
) -> PlanDates[Key]:
    """A plan from the finish as it will be carried out: forward, nobody begins before the planned start. The same dates; what follows
    when work takes longer than planned (simulation) follows from this, not from a plan that would simply have begun earlier.
    """
    parents = {each.parent for each in activities}
    held = [each if each.key in parents or has_begun(each) or each.is_inactive else _held(each, plan[each.key].start) for each in activities]
    return schedule_plan(held, dependencies, calendars, start=plan.start, zone=zone, **options)


def _held(activity: Activity[Key], start: datetime | None) -> Activity[Key]:
    at = max((each for each in (start, activity.not_before) if each is not None), default=None)
    return replace(activity, constraint=None, constraint_at=None, not_before=at)
