"""Whose working time a task of a file follows, and how long each of those who work on it is busy.

After Microsoft Project: a task follows its own calendar, else those of its resources, else the project's; with a task calendar and
resources, the time common to both, unless the task ignores resource calendars. Resources that work at different times each work their
regular work (without overtime) at their units in their own time; the task ends with the last of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from jingwei.kernels.calendar.compiled import compile_calendar
from jingwei.kernels.calendar.stated import DAY_MINUTES, CalendarLayer, DayException, Shifts, WorkCalendar, day_number
from jingwei.kernels.plan.input import PROJECT_CALENDAR
from jingwei.kernels.planfile.model import FileAssignment, FileTask, PlanFile

CLOCK = "elapsed time"
Gap = tuple[datetime, datetime]


@dataclass(frozen=True)
class Worker:
    """One assignment that works at a time of its own: its calendar and the working minutes it takes, breaks included."""

    assignment: FileAssignment
    calendar: str
    duration_minutes: int
    remaining_minutes: int


class Placing:
    """The calendars of a plan, and per task who works when."""

    def __init__(self, plan: PlanFile) -> None:
        self.plan = plan
        self.calendars: dict[str, WorkCalendar] = {
            PROJECT_CALENDAR: plan.calendars[plan.project_calendar], **plan.calendars, CLOCK: WorkCalendar.round_the_clock("UTC")
        }  # fmt: skip
        self._first: dict[object, str] = {}
        self._like: dict[str, str] = {}
        for name, calendar in self.calendars.items():
            self._like[name] = self._first.setdefault(_content(calendar), name)
        resources = {resource.uid: resource for resource in plan.resources}
        self._working: dict[str, list[tuple[FileAssignment, str]]] = defaultdict(list)
        self._assigned: dict[str, list[FileAssignment]] = defaultdict(list)
        for each in plan.assignments:
            self._assigned[each.task].append(each)
            resource = resources.get(each.resource or "")
            if resource is not None and resource.kind == "work":
                self._working[each.task].append((each, resource.calendar if resource.calendar in plan.calendars else PROJECT_CALENDAR))

    def calendar_of(self, task: FileTask) -> str | None:
        """The one calendar a task follows; None when its resources work at different times."""
        by_assignment = self._followed(task)
        followed = set(by_assignment.values())
        if len(followed) > 1 or (len(by_assignment) > 1 and self._counts_each(task)):
            return None
        return next(iter(followed))

    def _counts_each(self, task: FileTask) -> bool:
        """Whether a duration is longer than any of several takes who work evenly: it counts them one after the other."""
        working = [each for each, _ in self._working[task.uid]]
        if any(each.contour or each.gaps or each.delay_minutes or each.units <= 0 for each in working):
            return False
        return 0 < max((each.work_minutes - each.overtime_minutes) / each.units for each in working) < task.duration_minutes - 1

    def _followed(self, task: FileTask) -> dict[str, str]:
        """Calendars by assignment; of a task that follows one of its own by "" alone."""
        if task.duration_is_elapsed:
            return {"": CLOCK}
        own = self._like.get(task.calendar or "")
        working = self._working.get(task.uid, [])
        if task.is_summary or not working or (own and task.ignores_resource_calendars) or (not own and task.type == "fixed_duration"):
            return {"": own or PROJECT_CALENDAR}
        return {each.uid: self._common(own, self._like[calendar]) if own else self._like[calendar] for each, calendar in working}

    def _common(self, one: str, other: str) -> str:
        """The working time two calendars share, as a calendar; the first when they share none."""
        if one == other:
            return one
        name = f"{one} & {other}"
        if name not in self.calendars:
            shared = _shared(self.calendars[one], self.calendars[other])
            self.calendars[name] = shared if any(shared.week) else self.calendars[one]
        return name

    def workers(self, task: FileTask) -> list[Worker]:
        """Who works on a task whose resources work at different times."""
        followed, found = self._followed(task), []
        for each, _ in self._working[task.uid]:
            units = each.units if each.units > 0 else 1.0
            regular = each.work_minutes - each.overtime_minutes
            left = regular if each.remaining_work_minutes is None else max(each.remaining_work_minutes - each.remaining_overtime_minutes, 0)
            pause = self._pause(followed[each.uid], list(each.gaps))
            still = self._pause(followed[each.uid], [gap for gap in each.gaps if each.resume is None or gap[0] >= each.resume])
            found.append(Worker(each, followed[each.uid], round(regular / units) + pause, round(left / units) + still))
        return found

    def pauses(self, task: FileTask, calendar: str) -> tuple[int, int]:
        """Working minutes within a split task in which nobody works: in all, and still ahead."""
        assigned = self._assigned.get(task.uid, [])
        if not assigned or not all(each.gaps for each in assigned):
            return 0, 0
        gaps = list(assigned[0].gaps)
        for each in assigned[1:]:
            gaps = [(max(a, c), min(b, d)) for a, b in gaps for c, d in each.gaps if max(a, c) < min(b, d)]
        resumed = task.resume if task.percent else None
        return self._pause(calendar, gaps), self._pause(calendar, [gap for gap in gaps if resumed is None or gap[0] >= resumed])

    def _pause(self, calendar: str, gaps: list[Gap]) -> int:
        if not gaps:
            return 0
        compiled = compile_calendar(self.calendars[calendar], min(a for a, _ in gaps).date(), max(b for _, b in gaps).date(), "UTC")
        return sum(compiled.work_at(_wall(b)) - compiled.work_at(_wall(a)) for a, b in gaps)


def _wall(moment: datetime) -> int:
    return day_number(moment.date()) * DAY_MINUTES + moment.hour * 60 + moment.minute


def _content(calendar: WorkCalendar) -> object:
    return calendar.week, tuple(sorted(calendar.exceptions.items())), calendar.region, calendar.zone


def _overlap(ones: Shifts, others: Shifts) -> Shifts:
    return tuple((max(a, c), min(b, d)) for a, b in ones for c, d in others if max(a, c) < min(b, d))


def _shared(one: WorkCalendar, other: WorkCalendar) -> WorkCalendar:
    """When both work. Calendars of files know no public holidays of a region."""
    week = tuple(_overlap(a, b) for a, b in zip(one.week, other.week, strict=True))
    days = sorted({*one.exceptions, *other.exceptions})
    exceptions = tuple(DayException(day, _overlap(one.shifts_on(day), other.shifts_on(day))) for day in days)
    return WorkCalendar((CalendarLayer("", week, exceptions, "none"),), one.zone)  # type: ignore[arg-type]
