"""The model as Microsoft Project XML (MSPDI): what `read_mspdi` reads back is the same plan, except for what was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from xml.etree import ElementTree

from jingwei.kernels.calendar.stated import CalendarLayer, DayException, Shifts, WorkCalendar
from jingwei.kernels.planfile.model import FileAssignment, FileLink, FileResource, FileTask, PlanFile
from jingwei.kernels.planfile.mspdi import constraints, link_types, stated_dates, task_types

schema = "http://schemas.microsoft.com/project"
Element = ElementTree.Element
_forbidden = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_kinds = {"material": "0", "work": "1", "cost": "0"}


def write_mspdi(plan: PlanFile) -> bytes:
    """The file's bytes (UTF-8). Lags in a named calendar have no place in the format and are written in the successor's."""
    project = Element("Project", {"xmlns": schema})
    _add(project, "SaveVersion", "14")
    _add(project, "Name", plan.title)
    _add(project, "Title", plan.title)
    _add(project, "ScheduleFromStart", _flag(plan.from_start))
    _add(project, "StartDate", plan.start)
    _add(project, "FinishDate", plan.finish)
    _add(project, "MultipleCriticalPaths", _flag(plan.has_critical_ends))
    _add(project, "CriticalSlackLimit", plan.critical_slack_minutes // plan.minutes_per_day)
    _add(project, "CalendarUID", plan.project_calendar)
    _add(project, "MinutesPerDay", plan.minutes_per_day)
    _add(project, "HonorConstraints", _flag(plan.honours_constraints))
    _add(project, "StatusDate", plan.status_date)
    ids = {shown: field for field, shown in plan.custom_fields.items()}
    fields = ElementTree.SubElement(project, "ExtendedAttributes")
    for field, shown in plan.custom_fields.items():
        each = ElementTree.SubElement(fields, "ExtendedAttribute")
        name = plan.field_names.get(field, shown)
        _add(each, "FieldID", field)
        _add(each, "FieldName", name)
        _add(each, "Alias", shown if shown != name else "")
    calendars = ElementTree.SubElement(project, "Calendars")
    for uid, calendar in plan.calendars.items():
        _calendar(calendars, uid, calendar, plan)
    into: dict[str, list[FileLink]] = {}
    for link in (*plan.links, *plan.external_links):
        into.setdefault(link.successor, []).append(link)
    tasks = ElementTree.SubElement(project, "Tasks")
    for task in _in_outline_order(plan.tasks):
        _task(tasks, task, into.get(task.uid, ()), ids)
    resources = ElementTree.SubElement(project, "Resources")
    for resource in plan.resources:
        _resource(resources, resource, ids)
    assignments = ElementTree.SubElement(project, "Assignments")
    for assignment in plan.assignments:
        _assignment(assignments, assignment)
    ElementTree.indent(project)
    return bytes(ElementTree.tostring(project, encoding="utf-8", xml_declaration=True))


def _add(parent: Element, name: str, value: object) -> None:
    """A child with a text; none when there is nothing to say."""
    if value is None or value == "":
        return
    shown = value.isoformat(timespec="seconds") if isinstance(value, datetime) else f"{value:.15g}" if isinstance(value, float) else str(value)
    ElementTree.SubElement(parent, name).text = _forbidden.sub("", shown)


def _flag(value: bool) -> str:
    return "1" if value else "0"


def _span(minutes: float | None) -> str | None:
    if minutes is None:
        return None
    whole = round(abs(minutes))
    return f"{'-' if minutes < 0 else ''}PT{whole // 60}H{whole % 60}M0S"


def _in_outline_order(tasks: Iterable[FileTask]) -> list[FileTask]:
    """Parents before children, children together; the level is how deep a task lies. As given where that holds already."""
    given = list(tasks)
    above: dict[int, str] = {}
    is_told = True
    for task in given:
        above = {n: uid for n, uid in above.items() if n < task.outline_level}
        found = above[max(above)] if above else None
        is_told = is_told and found == task.parent and task.outline_level > 0
        above[task.outline_level] = task.uid
    if is_told:
        return given
    below: dict[str | None, list[FileTask]] = {}
    for task in given:
        below.setdefault(task.parent, []).append(task)
    ordered: list[FileTask] = []
    waiting = [(task, 1) for task in reversed(below.get(None, []))]
    while waiting:
        task, level = waiting.pop()
        ordered.append(replace(task, outline_level=level))
        waiting.extend((child, level + 1) for child in reversed(below.get(task.uid, [])))
    return ordered


def _calendar(parent: Element, uid: str, calendar: WorkCalendar, plan: PlanFile) -> None:
    element = ElementTree.SubElement(parent, "Calendar")
    *lower, layer = calendar.layers
    base = "-1"
    if lower:
        base = next((other for other, each in plan.calendars.items() if other != uid and each.layers == tuple(lower)), "-1")
        if base == "-1" and not (len(lower) == 1 and lower[0] == CalendarLayer("", ((),) * 7, (), "none")):
            layer = _flattened(calendar, layer.name)
    _add(element, "UID", uid)
    _add(element, "Name", plan.calendar_names.get(uid) or layer.name)
    _add(element, "IsBaseCalendar", _flag(base == "-1"))
    _add(element, "BaseCalendarUID", base)
    if layer.week is not None:
        days = ElementTree.SubElement(element, "WeekDays")
        for kind in range(1, 8):
            day = ElementTree.SubElement(days, "WeekDay")
            _add(day, "DayType", kind)
            _shifts(day, layer.week[(kind - 2) % 7])
    if layer.exceptions:
        exceptions = ElementTree.SubElement(element, "Exceptions")
        for first, last in _runs(layer.exceptions):
            each = ElementTree.SubElement(exceptions, "Exception")
            period = ElementTree.SubElement(each, "TimePeriod")
            _add(period, "FromDate", f"{first.day}T00:00:00")
            _add(period, "ToDate", f"{last}T23:59:00")
            _add(each, "Name", first.title)
            _add(each, "Type", "1")
            _shifts(each, first.shifts)


def _flattened(calendar: WorkCalendar, name: str) -> CalendarLayer:
    """One layer that says what several say together; public holidays of a region become exceptions of the years around today's plans."""
    exceptions = dict(calendar.exceptions)
    return CalendarLayer(name, calendar.week, tuple(DayException(day, shifts) for day, shifts in sorted(exceptions.items())), "none")


def _runs(exceptions: tuple[DayException, ...]) -> list[tuple[DayException, date]]:
    """Days in a row that differ in the same way: the first and the last day."""
    runs: list[tuple[DayException, date]] = []
    for each in exceptions:
        if runs:
            first, last = runs[-1]
            if each.day == last + timedelta(days=1) and (each.shifts, each.title) == (first.shifts, first.title):
                runs[-1] = (first, each.day)
                continue
        runs.append((each, each.day))
    return runs


def _shifts(element: Element, shifts: Shifts) -> None:
    _add(element, "DayWorking", _flag(bool(shifts)))
    if not shifts:
        return
    times = ElementTree.SubElement(element, "WorkingTimes")
    for start, end in shifts:
        each = ElementTree.SubElement(times, "WorkingTime")
        for name, minute in (("FromTime", start), ("ToTime", end % 1440)):
            _add(each, name, f"{minute // 60:02}:{minute % 60:02}:00")


def _task(parent: Element, task: FileTask, links: Iterable[FileLink], ids: dict[str, str]) -> None:
    element = ElementTree.SubElement(parent, "Task")
    values: dict[str, object] = {
        "UID": task.uid, "ID": task.id, "Name": task.name, "Active": _flag(not task.is_inactive), "Manual": _flag(task.is_manual),
        "Type": task_types.index(task.type), "IsNull": "0", "WBS": task.wbs, "OutlineLevel": task.outline_level, "Priority": task.priority,
        "Start": task.stated.get("start"), "Finish": task.stated.get("finish"), "Duration": _span(task.duration_minutes),
        "ManualStart": task.manual_start, "ManualFinish": task.manual_finish, "DurationFormat": "8" if task.duration_is_elapsed else "7",
        "Stop": task.stop, "Resume": task.resume, "EffortDriven": _flag(task.is_effort_driven), "Milestone": _flag(task.is_milestone),
        "Summary": _flag(task.is_summary), "EarlyStart": task.stated.get("early_start"), "EarlyFinish": task.stated.get("early_finish"),
        "LateStart": task.stated.get("late_start"), "LateFinish": task.stated.get("late_finish"), "PercentComplete": task.percent, "Cost": task.cost, "FixedCost": task.fixed_cost,
        "ActualStart": task.actual_start, "ActualFinish": task.actual_finish, "RemainingDuration": _span(task.remaining_minutes),
        "ConstraintType": constraints.index(task.constraint), "CalendarUID": task.calendar or "-1", "ConstraintDate": task.constraint_at,
        "Deadline": task.deadline, "LevelingDelay": task.levelling_delay_minutes * 10, "IgnoreResourceCalendar": _flag(task.ignores_resource_calendars), "Notes": task.note,
    }  # fmt: skip
    assert set(stated_dates) <= set(values)
    for name, value in values.items():
        _add(element, name, value)
    _custom(element, task.custom, ids)
    for number, baseline in task.baselines.items():
        each = ElementTree.SubElement(element, "Baseline")
        _add(each, "Number", number)
        for name, value in (
            ("Start", baseline.get("start")), ("Finish", baseline.get("finish")), ("Duration", _span(baseline.get("duration_minutes"))),
            ("Work", _span(baseline.get("work_minutes"))), ("Cost", baseline.get("cost")),
        ):  # fmt: skip
            _add(each, name, value)
    for link in links:
        _link(element, link)


def _link(parent: Element, link: FileLink) -> None:
    element = ElementTree.SubElement(parent, "PredecessorLink")
    is_elapsed = link.lag_calendar == "elapsed"
    _add(element, "PredecessorUID", link.predecessor)
    _add(element, "Type", link_types.index(link.type))
    _add(element, "CrossProject", _flag(bool(link.project)))
    _add(element, "CrossProjectName", link.project)
    _add(element, "LinkLag", link.lag_minutes * 10 if link.lag_percent is None else link.lag_percent)
    _add(element, "LagFormat", ("8" if is_elapsed else "7") if link.lag_percent is None else ("20" if is_elapsed else "19"))


def _custom(parent: Element, custom: dict[str, str], ids: dict[str, str]) -> None:
    for shown, value in custom.items():
        each = ElementTree.SubElement(parent, "ExtendedAttribute")
        _add(each, "FieldID", ids.get(shown, shown))
        _add(each, "Value", value)


def _resource(parent: Element, resource: FileResource, ids: dict[str, str]) -> None:
    element = ElementTree.SubElement(parent, "Resource")
    for name, value in (
        ("UID", resource.uid), ("ID", resource.uid), ("Name", resource.name), ("Type", _kinds[resource.kind]), ("IsNull", "0"), ("MaxUnits", resource.max_units),
        ("CalendarUID", resource.calendar or "-1"), ("IsCostResource", _flag(resource.kind == "cost")),
    ):  # fmt: skip
        _add(element, name, value)
    _custom(element, resource.custom, ids)


def _assignment(parent: Element, given: FileAssignment) -> None:
    element = ElementTree.SubElement(parent, "Assignment")
    for name, value in (
        ("UID", given.uid), ("TaskUID", given.task), ("ResourceUID", given.resource or "-65535"), ("ActualFinish", given.actual_finish),
        ("ActualStart", given.actual_start), ("Delay", given.delay_minutes * 10), ("Finish", given.finish), ("OvertimeWork", _span(given.overtime_minutes)),
        ("RemainingOvertimeWork", _span(given.remaining_overtime_minutes)), ("RemainingWork", _span(given.remaining_work_minutes)), ("Start", given.start),
        ("Stop", given.stop), ("Resume", given.resume), ("Units", given.units), ("Work", _span(given.work_minutes)), ("WorkContour", given.contour),
    ):  # fmt: skip
        _add(element, name, value)
    if not given.gaps:
        return
    marks = [given.start or given.gaps[0][0] - timedelta(minutes=1), *(moment for gap in given.gaps for moment in gap)]
    marks.append(given.finish if given.finish and given.finish > marks[-1] else marks[-1] + timedelta(minutes=1))
    stretches = list(zip(marks, marks[1:], strict=False))
    share = max(given.work_minutes / (len(given.gaps) + 1), 1)  # how the work lies within its stretches is not kept, only where none is done
    for number, (start, finish) in enumerate(stretches):
        if start >= finish:
            continue
        each = ElementTree.SubElement(element, "TimephasedData")
        for name, value in (
            ("Type", "1"),
            ("UID", given.uid),
            ("Start", start),
            ("Finish", finish),
            ("Unit", "2"),
            ("Value", _span(0 if number % 2 else share)),
        ):
            _add(each, name, value)
