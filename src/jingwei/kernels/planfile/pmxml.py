"""Primavera's XML (PMXML, APIBusinessObjects): of the projects in a file the one with most activities."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any, Literal

from jingwei.kernels.calendar.stated import CalendarError, CalendarLayer, DayException, Shifts, WorkCalendar
from jingwei.kernels.planfile.model import FileAssignment, FileError, FileResource, PlanFile
from jingwei.kernels.planfile.p6 import ActivityKind, Bound, LagCalendar, P6Activity, P6Link, P6Project, P6Wbs, plan_from
from jingwei.kernels.planfile.xml import parse

weekdays = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
kinds: dict[str, ActivityKind] = {
    "Task Dependent": "task", "Resource Dependent": "resource", "Start Milestone": "start_milestone", "Finish Milestone": "finish_milestone",
    "Level of Effort": "level_of_effort", "WBS Summary": "wbs_summary",
}  # fmt: skip
link_types: dict[str, Literal["FS", "SS", "FF", "SF"]] = {
    "Finish to Start": "FS", "Start to Start": "SS", "Finish to Finish": "FF", "Start to Finish": "SF",
}  # fmt: skip
lag_calendars: dict[str, LagCalendar] = {
    "Predecessor Activity Calendar": "predecessor", "Successor Activity Calendar": "successor", "24 Hour Calendar": "elapsed",
    "Project Default Calendar": "project",
}  # fmt: skip
understood_parts = {
    "WBS",
    "Activity",
    "Relationship",
    "ResourceAssignment",
    "Calendar",
    "ScheduleOptions",
    "Project",
    "Resource",
    "UDFType",
    "BaselineProject",
    "ProjectList",
}


def name_of(element: Any) -> str:
    """A tag without its namespace, which changes with every version."""
    return str(element.tag).rpartition("}")[2]


def parts(element: Any, name: str) -> list[Any]:
    """Children of a name."""
    return [child for child in element if name_of(child) == name]


def text(element: Any, *names: str) -> str:
    """The text of the first child among some names that has any."""
    for name in names:
        for child in element:
            if name_of(child) == name and child.text and child.text.strip():
                return str(child.text.strip())
    return ""


def number(element: Any, *names: str) -> float:
    """A number, 0 when empty; decimal commas are taken. Raises FileError naming element and field."""
    given = text(element, *names).replace(",", ".")
    try:
        value = float(given or 0)
    except ValueError:
        value = float("nan")
    if not -1e9 < value < 1e9:
        whose = f"{name_of(element)} {text(element, 'Id', 'ObjectId')}"
        raise FileError(f"{whose} {names[0]}: {given!r} is no number", f"{whose} {names[0]}：{given!r} 不是数字")
    return value


def moment(element: Any, *names: str) -> datetime | None:
    """A date and time, None when empty. Raises FileError naming element and field."""
    given = text(element, *names)
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as problem:
        whose = f"{name_of(element)} {text(element, 'Id', 'ObjectId')}"
        raise FileError(f"{whose} {names[0]}: {given!r} is no date", f"{whose} {names[0]}：{given!r} 不是日期") from problem


def read_pmxml(content: bytes) -> PlanFile:
    """Read a file. Raises FileError that says what is wrong and where."""
    root = parse(content)
    if name_of(root) != "APIBusinessObjects":
        raise FileError("this is XML but no Primavera file (no APIBusinessObjects)", "这是 XML，但不是 Primavera 文件")
    projects = parts(root, "Project")
    if not projects:
        raise FileError("the file holds no project", "文件中没有项目")
    chosen = max(projects, key=lambda each: len(parts(each, "Activity")))
    counted = Counter(name_of(part) for part in (*root, *(part for part in chosen if len(part))) if name_of(part) not in understood_parts)
    notes = [f"element {name}" for name, count in counted.items() for _ in range(count)]
    notes += [f"project {text(each, 'Id')} (another of the file)" for each in projects if each is not chosen]
    notes += [f"baseline {text(each, 'Id')}" for each in parts(root, "BaselineProject")]
    return plan_from(_project(root, chosen, notes))


def _project(root: Any, project: Any, notes: list[str]) -> P6Project:
    calendars, names = _calendars([*parts(root, "Calendar"), *parts(project, "Calendar")])
    options = next(iter(parts(project, "ScheduleOptions")), project)
    labels = {text(each, "ObjectId"): text(each, "Title") for each in parts(root, "UDFType") if text(each, "SubjectArea") == "Activity"}
    default = next((text(each, "ObjectId") for each in parts(root, "Calendar") if text(each, "IsDefault") == "1"), None)
    lag = text(options, "RelationshipLagCalendar") or text(project, "RelationshipLagCalendar")
    logic = text(options, "OutOfSequenceScheduleType") or text(project, "OutOfSequenceScheduleType")
    nodes = [
        P6Wbs(text(w, "ObjectId"), text(w, "ParentObjectId") or None, text(w, "Name"), text(w, "Code"), number(w, "SequenceNumber"))
        for w in parts(project, "WBS")
    ]
    links = [
        P6Link(
            text(each, "PredecessorActivityObjectId"), text(each, "SuccessorActivityObjectId"), _link_type(each), number(each, "Lag"),
            text(each, "PredecessorProjectObjectId"),
        )
        for each in parts(project, "Relationship") or parts(root, "Relationship")
    ]  # fmt: skip
    return P6Project(
        uid=text(project, "ObjectId"), title=text(project, "Name", "Id"), start=moment(project, "PlannedStartDate"), data_date=moment(project, "DataDate"),
        must_finish=moment(project, "MustFinishByDate"), calendars=calendars, calendar_names=names,
        calendar=text(project, "ActivityDefaultCalendarObjectId") or default, lag_calendar=lag_calendars.get(lag, "predecessor"),
        is_override=logic == "Progress Override", critical_hours=number(project, "CriticalActivityFloatLimit", "CriticalActivityFloatThreshold"),
        activities=[_activity(each, labels) for each in parts(project, "Activity")], wbs=nodes, links=links,
        resources=[_resource(each, calendars) for each in parts(root, "Resource")],
        assignments=[_assignment(each) for each in parts(project, "ResourceAssignment")], custom_names=sorted(set(labels.values())), source="PMXML", notes=notes,
    )  # fmt: skip


def _link_type(element: Any) -> Literal["FS", "SS", "FF", "SF"]:
    given = text(element, "Type") or "Finish to Start"
    found = link_types.get(given)
    if found is None:
        whose = text(element, "ObjectId")
        raise FileError(f"relationship {whose} Type: {given!r} is no link type", f"关系 {whose} Type：{given!r} 不是链接类型")
    return found


def _activity(element: Any, labels: dict[str, str]) -> P6Activity:
    begun, done = moment(element, "ActualStartDate"), moment(element, "ActualFinishDate")
    bounds: list[Bound] = []
    for rank in ("Primary", "Secondary"):
        if kind := text(element, f"{rank}ConstraintType"):
            bounds.append((kind.lower(), moment(element, f"{rank}ConstraintDate")))
    wanted = {
        "early_start": moment(element, "RemainingEarlyStartDate", "EarlyStartDate"), "early_finish": moment(element, "RemainingEarlyFinishDate", "EarlyFinishDate"),
        "late_start": moment(element, "RemainingLateStartDate", "LateStartDate"), "late_finish": moment(element, "RemainingLateFinishDate", "LateFinishDate"),
        "start": moment(element, "StartDate"), "finish": moment(element, "FinishDate"),
    }  # fmt: skip
    custom = {}
    for each in parts(element, "UDF"):
        label = labels.get(text(each, "TypeObjectId"))
        if label:
            custom[label] = text(each, "TextValue", "DoubleValue", "IntegerValue", "CostValue", "StartDateValue", "FinishDateValue", "IndicatorValue")
    planned, remaining = number(element, "PlannedDuration"), number(element, "RemainingDuration")
    return P6Activity(
        uid=text(element, "ObjectId"), code=text(element, "Id"), name=text(element, "Name"), kind=kinds.get(text(element, "Type"), "task"),
        wbs=text(element, "WBSObjectId") or None, calendar=text(element, "CalendarObjectId") or None, planned_hours=planned, remaining_hours=remaining,
        is_complete=text(element, "Status") == "Completed", percent=max(0.0, min(100.0, number(element, "PercentComplete") * 100)) if begun else 0.0,
        actual_start=begun, actual_finish=done, suspended=moment(element, "SuspendDate"), resumed=moment(element, "ResumeDate"), bounds=bounds,
        stated={name: at for name, at in wanted.items() if at is not None}, custom=custom,
    )  # fmt: skip


def _resource(element: Any, calendars: dict[str, WorkCalendar]) -> FileResource:
    calendar = text(element, "CalendarObjectId")
    kind = "material" if text(element, "ResourceType") == "Material" else "work"
    return FileResource(
        text(element, "ObjectId"), text(element, "Name"), kind, number(element, "DefaultUnitsPerTime") or 1.0, calendar if calendar in calendars else None
    )


def _assignment(element: Any) -> FileAssignment:
    return FileAssignment(
        text(element, "ObjectId"), text(element, "ActivityObjectId"), text(element, "ResourceObjectId") or None, number(element, "PlannedUnitsPerTime"),
        round(number(element, "PlannedUnits") * 60), moment(element, "StartDate", "PlannedStartDate"), moment(element, "FinishDate", "PlannedFinishDate"),
        round(number(element, "PlannedLag") * 60), remaining_work_minutes=round(number(element, "RemainingUnits") * 60),
        actual_start=moment(element, "ActualStartDate"), actual_finish=moment(element, "ActualFinishDate"),
    )  # fmt: skip


def _calendars(elements: list[Any]) -> tuple[dict[str, WorkCalendar], dict[str, str]]:
    layers = {text(each, "ObjectId"): _layer(each) for each in elements}
    bases = {text(each, "ObjectId"): text(each, "BaseCalendarObjectId") for each in elements}
    made: dict[str, WorkCalendar] = {}
    for uid, layer in layers.items():
        chain, walk = [uid], bases[uid]
        while walk in layers and walk not in chain:
            chain.append(walk)
            walk = bases[walk]
        try:
            made[uid] = WorkCalendar(tuple(layers[each] for each in reversed(chain)), "UTC")
        except CalendarError as problem:
            raise FileError(f"calendar {layer.name or uid}: {problem}", f"日历 {layer.name or uid} 有误：{problem}") from problem
    return made, {uid: layer.name for uid, layer in layers.items()}


def _layer(element: Any) -> CalendarLayer:
    days: dict[int, Shifts] = {}
    for week in parts(element, "StandardWorkWeek"):
        for day in parts(week, "StandardWorkHours"):
            days[weekdays.index(text(day, "DayOfWeek"))] = _shifts(day)
    exceptions = []
    for group in parts(element, "HolidayOrExceptions"):
        for each in parts(group, "HolidayOrException"):
            exceptions.append(DayException(date.fromisoformat(text(each, "Date")[:10]), _shifts(each)))
    worked: Any = tuple(days.get(number, ()) for number in range(7)) if days else None
    return CalendarLayer(text(element, "Name"), worked, tuple(exceptions), "none")


def _shifts(element: Any) -> Shifts:
    """Working times; P6 states the last minute worked (11:59), so the end is the one after it."""
    found = []
    for time in parts(element, "WorkTime"):
        start, end = (_minute(text(time, name)) for name in ("Start", "Finish"))
        if start is None or end is None:
            continue
        end = end + 1 if (end + 1) % 5 == 0 else end or 1440
        if end > start:
            found.append((start, end))
    return tuple(sorted(found))


def _minute(clock: str) -> int | None:
    if not clock:
        return None
    hour, minute = (int(part) for part in clock.split(":")[:2])
    return hour * 60 + minute
