"""Microsoft Project XML (MSPDI) into the model. Entities and external references are refused; a file is at most 200 MB."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from jingwei.kernels.calendar.stated import CalendarError, CalendarLayer, DayException, Shifts, Week, WorkCalendar, days_excepted
from jingwei.kernels.plan.input import ConstraintName, LinkName
from jingwei.kernels.planfile.model import FileAssignment, FileError, FileLink, FileResource, FileTask, PlanFile
from jingwei.kernels.planfile.recurrence import occurrences
from jingwei.kernels.planfile.xml import parse

namespace = "{http://schemas.microsoft.com/project}"
constraints: tuple[ConstraintName, ...] = ("ASAP", "ALAP", "MSO", "MFO", "SNET", "SNLT", "FNET", "FNLT")
link_types: tuple[LinkName, ...] = ("FF", "FS", "SF", "SS")
elapsed_formats = {"4", "6", "8", "10", "12", "20", "36", "38", "40", "42", "44", "52"}
most_exceptions = 100_000
percent_formats = {"19", "20", "51", "52"}
task_types = ("fixed_units", "fixed_duration", "fixed_work")
stated_dates = {
    "EarlyStart": "early_start", "EarlyFinish": "early_finish", "LateStart": "late_start", "LateFinish": "late_finish", "Start": "start", "Finish": "finish",
}  # fmt: skip
understood = {
    "UID", "ID", "GUID", "Name", "Active", "Manual", "Type", "IsNull", "CreateDate", "WBS", "OutlineNumber", "OutlineLevel", "Priority", "Duration",
    "DurationFormat", "ConstraintType", "ConstraintDate", "CalendarUID", "Deadline", "PercentComplete", "ActualStart", "ActualFinish", "RemainingDuration",
    "Stop", "Resume", "ManualStart", "ManualFinish", "ManualDuration", "Milestone", "Summary", "IgnoreResourceCalendar", "LevelingDelay", "EffortDriven",
    "Cost", "FixedCost", "Notes", "PredecessorLink", "Baseline", "ExtendedAttribute", *stated_dates,
}  # fmt: skip


def text(element: Any, name: str, default: str = "") -> str:
    """A child's text."""
    found = element.find(namespace + name)
    return default if found is None or found.text is None else found.text.strip()


def moment(value: str) -> datetime | None:
    """A date and time of the file's clock, to the minute; None when it is empty or a mark for none."""
    if not value or value.startswith(("1984-01-01T00", "2049-12-31")):
        return None
    found = datetime.fromisoformat(value).replace(tzinfo=None)
    return found.replace(second=0, microsecond=0)


def minutes(value: str) -> int:
    """Minutes of "PT8H30M0S", rounded."""
    if not value:
        return 0
    sign, body = (-1, value[1:]) if value.startswith("-") else (1, value)
    if not body.startswith("PT"):
        raise FileError(f"not a duration: {value!r} (expected such as PT8H0M0S)", f"不是工期：{value!r}（应如 PT8H0M0S）")
    total, number = 0.0, ""
    for letter in body[2:]:
        if letter in "HMS":
            total += float(number or 0) * {"H": 60, "M": 1, "S": 1 / 60}[letter]
            number = ""
        else:
            number += letter
    return sign * round(total)


def read_mspdi(content: bytes) -> PlanFile:
    """Read a file. Raises FileError that says what is wrong and where."""
    project = parse(content)
    if project.tag != namespace + "Project":
        raise FileError("this is XML but no Microsoft Project file (no Project element of its namespace)", "这是 XML，但不是 Microsoft Project 文件")
    return _plan(project)


def _plan(project: Any) -> PlanFile:
    calendars, names = _calendars(project)
    own = text(project, "CalendarUID")
    if own not in calendars:
        own = next(iter(calendars), "standard")
        calendars.setdefault(own, WorkCalendar((CalendarLayer("standard", holidays="none"),), "UTC"))
    field_names = {text(e, "FieldID"): text(e, "FieldName") for e in project.findall(f"{namespace}ExtendedAttributes/{namespace}ExtendedAttribute")}
    fields: dict[str, str] = {}
    for e in project.findall(f"{namespace}ExtendedAttributes/{namespace}ExtendedAttribute"):
        shown = text(e, "Alias") or text(e, "FieldName") or text(e, "FieldID")
        fields[text(e, "FieldID")] = shown if shown not in fields.values() else f"{shown} ({text(e, 'FieldID')})"
    tasks, links, external_links = _tasks(project, fields)
    start = moment(text(project, "StartDate")) or min((d for t in tasks for d in t.stated.values()), default=None)
    if start is None:
        raise FileError("the project states no start date (StartDate)", "项目没有开始日期（StartDate）")
    unknown = Counter(child.tag.removeprefix(namespace) for task in project.iter(namespace + "Task") for child in task)
    minutes_per_day = int(text(project, "MinutesPerDay", "480") or 0) or 480
    return PlanFile(
        title=text(project, "Title") or text(project, "Name"), start=start, tasks=tasks, links=links, calendars=calendars, calendar_names=names,
        project_calendar=own, resources=_resources(project, fields), assignments=_assignments(project), external_links=external_links, finish=moment(text(project, "FinishDate")),
        status_date=moment(text(project, "StatusDate")), from_start=text(project, "ScheduleFromStart", "1") == "1",
        has_critical_ends=text(project, "MultipleCriticalPaths", "0") == "1",
        critical_slack_minutes=int(text(project, "CriticalSlackLimit", "0") or 0) * minutes_per_day, minutes_per_day=minutes_per_day,
        honours_constraints=text(project, "HonorConstraints", "1") == "1", custom_fields=fields, field_names=field_names,
        notes=tuple(f"{name} × {count}" for name, count in sorted(unknown.items()) if name not in understood), source="MSPDI",
    )  # fmt: skip


def _shifts(element: Any) -> Shifts:
    found = []
    for span in element.iter(namespace + "WorkingTime"):
        start, end = ([int(part) for part in text(span, name, "00:00:00").split(":")] for name in ("FromTime", "ToTime"))
        first, last = start[0] * 60 + start[1], end[0] * 60 + end[1] or 1440
        if last > first:
            found.append((first, last))
    return tuple(sorted(found))


def _calendars(project: Any) -> tuple[dict[str, WorkCalendar], dict[str, str]]:
    elements = {text(e, "UID"): e for e in project.iter(namespace + "Calendar") if text(e, "UID")}
    made: dict[str, WorkCalendar] = {}

    def calendar_of(uid: str, below: tuple[str, ...] = ()) -> WorkCalendar:
        if uid in made:
            return made[uid]
        if uid in below:
            raise FileError(f"calendar {uid} is based on itself")
        element, base = elements[uid], text(elements[uid], "BaseCalendarUID", "-1")
        layer = _layer(element)
        if base not in ("-1", "", "0", uid) and base in elements:
            made[uid] = calendar_of(base, (*below, uid)).layered(layer)
        else:
            made[uid] = WorkCalendar((CalendarLayer("", ((),) * 7, (), "none"), layer) if layer.week is None else (layer,), "UTC")
        return made[uid]

    for uid in elements:
        try:
            calendar_of(uid)
        except CalendarError as problem:
            raise FileError(f"calendar {text(elements[uid], 'Name') or uid}: {problem}") from problem
    return made, {uid: text(element, "Name") for uid, element in elements.items()}


def _layer(element: Any) -> CalendarLayer:
    days: dict[int, Shifts] = {}
    exceptions: list[DayException] = []
    for day in element.findall(f"{namespace}WeekDays/{namespace}WeekDay"):
        kind = int(text(day, "DayType", "0"))
        worked = _shifts(day) if text(day, "DayWorking", "0") == "1" else ()
        if kind:
            days[(kind - 2) % 7] = worked
        elif element.find(f"{namespace}Exceptions") is None:  # files of before 2007 state exceptions here only
            exceptions.extend(_excepted(day, worked))
    for work_week in element.findall(f"{namespace}WorkWeeks/{namespace}WorkWeek"):
        exceptions.extend(_other_week(work_week))
    for each in element.findall(f"{namespace}Exceptions/{namespace}Exception"):
        exceptions.extend(_excepted(each, _shifts(each) if text(each, "DayWorking", "0") == "1" else ()))
    if len(exceptions) > most_exceptions:
        raise FileError(
            f"calendar {text(element, 'Name')}: more than {most_exceptions} days differ", f"日历 {text(element, 'Name')}：例外日超过 {most_exceptions} 天"
        )
    week = _week(days, text(element, "BaseCalendarUID", "-1") in ("-1", "", "0"))
    return CalendarLayer(text(element, "Name"), week, tuple(exceptions), "none")


def _other_week(element: Any) -> list[DayException]:
    """A week that holds for some time only, as the days it changes; an exception of one of those days wins over it."""
    period = element.find(namespace + "TimePeriod")
    if period is None:
        return []
    first, last = (date.fromisoformat(text(period, name)[:10]) for name in ("FromDate", "ToDate"))
    shifts = {
        (int(text(day, "DayType", "0")) - 2) % 7: _shifts(day) if text(day, "DayWorking", "0") == "1" else ()
        for day in element.findall(f"{namespace}WeekDays/{namespace}WeekDay")
    }
    name, length = text(element, "Name"), min((last - first).days, 366 * 30) + 1
    days = (first + timedelta(days=number) for number in range(length))
    return [DayException(day, shifts[day.weekday()], name) for day in days if day.weekday() in shifts]


def _week(days: dict[int, Shifts], is_base: bool) -> Week | None:
    if not days or (not is_base and len(days) < 7):
        return None if not days else _partial(days)
    return tuple(days.get(number, ()) for number in range(7))  # type: ignore[return-value]


def _partial(days: dict[int, Shifts]) -> Week:
    """A derived calendar that states some days: the others follow the usual week."""
    usual: Week = (((480, 720), (780, 1020)),) * 5 + ((), ())
    return tuple(days.get(number, usual[number]) for number in range(7))  # type: ignore[return-value]


def _excepted(element: Any, shifts: Shifts) -> tuple[DayException, ...]:
    period = element.find(namespace + "TimePeriod")
    if period is None:
        return ()
    first, last = (date.fromisoformat(text(period, name)[:10]) for name in ("FromDate", "ToDate"))
    name = text(element, "Name")
    kind = text(element, "Type")
    if kind and kind != "1":
        numbers = {n: int(text(element, n, "0") or 0) for n in ("Occurrences", "Period", "DaysOfWeek", "MonthItem", "MonthPosition", "Month", "MonthDay")}
        return tuple(DayException(day, shifts, name) for day in occurrences(int(kind), first, last, numbers))
    if (last - first).days > 366 * 60:
        return ()
    return days_excepted(first, min(last, first + timedelta(days=366 * 30)), shifts, name)


def _tasks(project: Any, fields: dict[str, str]) -> tuple[tuple[FileTask, ...], tuple[FileLink, ...], tuple[FileLink, ...]]:
    elements = [t for t in project.iter(namespace + "Task") if text(t, "IsNull", "0") == "0" and text(t, "UID") != "0" and text(t, "OutlineLevel", "1") != "0"]
    above: dict[int, str] = {}
    parents: dict[str, str | None] = {}
    for element in elements:
        level = int(text(element, "OutlineLevel", "1"))
        # by the levels that occur, never by counting: the file may say any number
        above = {n: uid for n, uid in above.items() if n < level}
        parents[text(element, "UID")] = above[max(above)] if above else None
        above[level] = text(element, "UID")
    summaries = {parent for parent in parents.values() if parent}
    # what a task without a constraint is: as soon as possible, or as late as possible in a project scheduled from its finish
    usual = constraints.index("ASAP" if text(project, "ScheduleFromStart", "1") == "1" else "ALAP")
    tasks = tuple(_task(element, parents, summaries, fields, usual) for element in elements)
    links, external = [], []
    for element in elements:
        for link in element.iter(namespace + "PredecessorLink"):
            if text(link, "PredecessorUID") in parents:
                links.append(_link(link, text(element, "UID")))
            elif text(link, "CrossProject", "0") == "1":
                external.append(_link(link, text(element, "UID")))
    return tasks, tuple(links), tuple(external)


def _link(link: Any, successor: str) -> FileLink:
    form, lag = text(link, "LagFormat", "7"), float(text(link, "LinkLag", "0") or 0)
    is_share = form in percent_formats
    return FileLink(
        text(link, "PredecessorUID"), successor, link_types[int(text(link, "Type", "1"))], 0 if is_share else round(lag / 10),
        "elapsed" if form in elapsed_formats else None, lag if is_share else None, text(link, "CrossProjectName"),
    )  # fmt: skip


def _task(element: Any, parents: dict[str, str | None], summaries: set[str], fields: dict[str, str], usual: int) -> FileTask:
    uid, calendar = text(element, "UID"), text(element, "CalendarUID", "-1")
    remaining = text(element, "RemainingDuration")
    is_manual = text(element, "Manual", "0") == "1"
    percent = float(text(element, "PercentComplete", "0") or 0)
    # Some programs write a default date where there is none: a finish at 0 % is no progress.
    is_told = percent > 0 or not text(element, "ActualFinish")
    return FileTask(
        uid=uid, id=text(element, "ID"), name=text(element, "Name"), parent=parents[uid], outline_level=int(text(element, "OutlineLevel", "1")),
        wbs=text(element, "WBS"), duration_minutes=minutes(text(element, "Duration")), duration_is_elapsed=text(element, "DurationFormat") in elapsed_formats,
        calendar=None if calendar in ("-1", "") else calendar, constraint=constraints[int(text(element, "ConstraintType") or usual)],
        constraint_at=moment(text(element, "ConstraintDate")), deadline=moment(text(element, "Deadline")), percent=percent,
        actual_start=moment(text(element, "ActualStart")) if is_told else None, actual_finish=moment(text(element, "ActualFinish")) if is_told else None,
        remaining_minutes=minutes(remaining) if remaining else None, stop=moment(text(element, "Stop")), resume=moment(text(element, "Resume")),
        manual_start=moment(text(element, "ManualStart")) if is_manual else None, manual_finish=moment(text(element, "ManualFinish")) if is_manual else None,
        is_manual=is_manual, is_milestone=text(element, "Milestone", "0") == "1", is_summary=uid in summaries, is_inactive=text(element, "Active", "1") == "0",
        ignores_resource_calendars=text(element, "IgnoreResourceCalendar", "0") == "1",
        levelling_delay_minutes=round(float(text(element, "LevelingDelay", "0") or 0) / 10), priority=int(text(element, "Priority", "500") or 500),
        note=text(element, "Notes"), fixed_cost=text(element, "FixedCost"), type=task_types[int(text(element, "Type", "0") or 0)], is_effort_driven=text(element, "EffortDriven", "0") == "1", cost=text(element, "Cost"),
        stated={ours: at for theirs, ours in stated_dates.items() if (at := moment(text(element, theirs))) is not None},
        baselines={text(b, "Number", "0"): _baseline(b) for b in element.findall(namespace + "Baseline")},
        custom={fields.get(text(e, "FieldID"), text(e, "FieldID")): text(e, "Value") for e in element.findall(namespace + "ExtendedAttribute")},
    )  # fmt: skip


def _baseline(element: Any) -> dict[str, Any]:
    return {
        "start": moment(text(element, "Start")), "finish": moment(text(element, "Finish")), "duration_minutes": minutes(text(element, "Duration")),
        "work_minutes": minutes(text(element, "Work")), "cost": text(element, "Cost"),
    }  # fmt: skip


def _resources(project: Any, fields: dict[str, str]) -> tuple[FileResource, ...]:
    kinds = ("material", "work", "cost")
    found = []
    for element in project.iter(namespace + "Resource"):
        uid, calendar = text(element, "UID"), text(element, "CalendarUID", "-1")
        if text(element, "IsNull", "0") == "1" or uid in ("", "0"):
            continue
        kind = "cost" if text(element, "IsCostResource", "0") == "1" else kinds[int(text(element, "Type", "1") or 1)]
        custom = {fields.get(text(e, "FieldID"), text(e, "FieldID")): text(e, "Value") for e in element.findall(namespace + "ExtendedAttribute")}
        found.append(
            FileResource(uid, text(element, "Name"), kind, float(text(element, "MaxUnits", "1") or 1), None if calendar in ("-1", "") else calendar, custom)
        )
    return tuple(found)


def _assignments(project: Any) -> tuple[FileAssignment, ...]:
    found = []
    for element in project.iter(namespace + "Assignment"):
        resource, left = text(element, "ResourceUID"), text(element, "RemainingWork")
        found.append(
            FileAssignment(
                text(element, "UID"), text(element, "TaskUID"), None if resource in ("", "-65535", "0") else resource, float(text(element, "Units", "1") or 0),
                minutes(text(element, "Work")), moment(text(element, "Start")), moment(text(element, "Finish")), round(float(text(element, "Delay", "0") or 0) / 10),
                minutes(text(element, "OvertimeWork")), minutes(left) if left else None, minutes(text(element, "RemainingOvertimeWork")),
                moment(text(element, "ActualStart")), moment(text(element, "ActualFinish")), moment(text(element, "Stop")), moment(text(element, "Resume")),
                int(text(element, "WorkContour", "0") or 0), _gaps(element),
            )
        )  # fmt: skip
    return tuple(found)


def _gaps(element: Any) -> tuple[tuple[datetime, datetime], ...]:
    """Stretches without work that an assignment states between stretches of work: nights, days off, and breaks of a split task."""
    spans = []
    for each in element.findall(namespace + "TimephasedData"):
        start, finish = moment(text(each, "Start")), moment(text(each, "Finish"))
        if text(each, "Type") in ("1", "2") and start and finish:
            spans.append((start, finish, any(letter in "123456789" for letter in text(each, "Value"))))  # seconds of work are work
    spans.sort(key=lambda span: span[:2])
    worked = [number for number, span in enumerate(spans) if span[2]]
    found: list[tuple[datetime, datetime]] = []
    for start, finish, has_work in spans[worked[0] : worked[-1]] if worked else ():
        if has_work or finish <= start:
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], finish)
        else:
            found.append((start, finish))
    return tuple(found)
