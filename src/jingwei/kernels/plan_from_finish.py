"""Scheduling from the finish: everything as late as it can be for a project that must end at a moment, and when it must begin for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from jingwei.kernels.calendar import DEFAULT_ZONE, WorkCalendar, moment_of
from jingwei.kernels.plan import Activity, Dependency, Key, PlanDates, PlanError, schedule_plan


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

    Activities without a constraint are planned as late as possible, as MS Project does with projects scheduled from their finish date;
    those with ASAP begin as early as the start found allows. The other options are those of schedule_plan. Raises PlanError where
    anything has begun: from then on a project is scheduled from its start.
    """
    begun = [each.key for each in activities if each.actual_start or each.actual_finish or each.percent > 0]
    if begun:
        raise PlanError(f"{begun[0]!r} has begun: only a project of which nothing is done can be scheduled from its finish")
    late = [replace(each, constraint="ALAP") if each.constraint is None else each for each in activities]
    # Late dates are measured from the required finish, whatever the start: so they say what the start must be.
    bare = schedule_plan(activities, dependencies, calendars, start=finish, required_finish=finish, zone=zone, **options)
    known = bare.dates.late_start[bare.dates.late_start >= 0]
    start = moment_of(int(known.min()), zone) if known.size else finish
    return schedule_plan(late, dependencies, calendars, start=start, required_finish=finish, zone=zone, **options)
