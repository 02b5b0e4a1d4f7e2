"""GanttProject's .gan (XML): days of eight hours, tasks that stay where they are put unless a link moves them."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from typing import Any

from jingwei.kernels.calendar.stated import CalendarLayer, DayException, Shifts, WorkCalendar
from jingwei.kernels.plan.input import LinkName
from jingwei.kernels.planfile.model import FileAssignment, FileError, FileLink, FileResource, FileTask, PlanFile
from jingwei.kernels.planfile.xml import parse

office: Shifts = ((480, 720), (780, 1020))
day_minutes = 480
link_types: dict[str, LinkName] = {"1": "SS", "2": "FS", "3": "FF", "4": "SF"}
days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
years_around = 10  # a holiday without a year is kept this long before and after the plan
understood = {"calendars", "tasks", "resources", "allocations", "view", "description", "roles"}


def read_ganttproject(content: bytes) -> PlanFile:
    """Read a file. Raises FileError that says what is wrong and with which task."""
    root = parse(content)
    if root.tag != "project" or root.find("tasks") is None:
        raise FileError("this is XML but no GanttProject file (no project with tasks)", "这是 XML，但不是 GanttProject 文件")
    elements = [element for element in root.find("tasks").iter("task") if element.get("id")]
    parents = {child.get("id"): parent.get("id") for parent in elements for child in parent.findall("task")}
    levels: dict[str, int] = {}
    for element in elements:  # parents come first
        levels[element.get("id")] = levels.get(parents.get(element.get("id"), ""), 0) + 1
    links = [_link(each, element.get("id")) for element in elements for each in element.findall("depend") if each.get("id") in levels]
    held = {each.get("id") for element in elements for each in element.findall("depend") if each.get("hardness", "Strong") == "Strong"}
    names = {each.get("id"): each.get("name", "") for each in root.iter("taskproperty") if each.get("type") == "custom"}
    tasks = [_task(element, parents.get(element.get("id")), levels, held, parents, names) for element in elements]
    starts = [task.stated["start"] for task in tasks]
    if not starts:
        raise FileError("the file holds no task", "文件中没有任务")
    calendar = _calendar(root, min(starts).year)
    unknown = Counter(child.tag for child in root if isinstance(child.tag, str) and child.tag not in understood and len(child))
    return PlanFile(
        title=root.get("name", ""), start=min(starts), tasks=tuple(tasks), links=tuple(links), calendars={"1": calendar}, calendar_names={"1": "GanttProject"},
        project_calendar="1", resources=tuple(FileResource(each.get("id", ""), each.get("name", "")) for each in root.iter("resource")),
        assignments=tuple(_assignment(number, each, tasks) for number, each in enumerate(root.iter("allocation"), 1) if each.get("task-id") in levels),
        custom_fields={name: name for name in names.values() if name}, field_names={name: name for name in names.values() if name},
        notes=tuple(f"element {name} × {count}" for name, count in sorted(unknown.items())), source="GanttProject",
    )  # fmt: skip


def _number(element: Any, name: str) -> float:
    given = element.get(name) or "0"
    try:
        value = float(given)
    except ValueError:
        value = float("nan")
    if not -1e6 < value < 1e6:
        whose = f"{element.tag} {element.get('id', '')} {element.get('name', '')}".strip()
        raise FileError(f"{whose} {name}: {given!r} is no number", f"{whose} {name}：{given!r} 不是数字")
    return value


def _day(element: Any, name: str) -> datetime:
    given = element.get(name) or ""
    try:
        return datetime.combine(date.fromisoformat(given[:10]), time(8))
    except ValueError as problem:
        whose = f"{element.tag} {element.get('id', '')} {element.get('name', '')}".strip()
        raise FileError(f"{whose} {name}: {given!r} is no date", f"{whose} {name}：{given!r} 不是日期") from problem


def _task(element: Any, parent: str | None, levels: dict[str, int], held: set[Any], parents: dict[Any, Any], names: dict[Any, str]) -> FileTask:
    uid, start = element.get("id"), _day(element, "start")
    is_summary = element.find("task") is not None
    walk, is_linked = uid, False
    while walk is not None:
        is_linked = is_linked or walk in held
        walk = parents.get(walk)
    not_before = _day(element, "thirdDate") if element.get("thirdDate-constraint") == "1" else None if is_linked else start
    custom = {names[each.get("taskproperty-id")]: each.get("value", "") for each in element.findall("customproperty") if names.get(each.get("taskproperty-id"))}
    return FileTask(
        uid=uid, id=uid, name=element.get("name", "").strip(), parent=parent, outline_level=levels[uid],
        duration_minutes=round(_number(element, "duration") * day_minutes), constraint="SNET" if not_before and not is_summary else "ASAP",
        constraint_at=not_before if not is_summary else None, percent=max(0.0, min(100.0, _number(element, "complete"))),
        is_milestone=element.get("meeting") == "true", is_summary=is_summary, ignores_resource_calendars=True, type="fixed_duration", stated={"start": start},
        custom=custom,
    )  # fmt: skip


def _link(element: Any, predecessor: str) -> FileLink:
    kind = link_types.get(element.get("type", "2"))
    if kind is None:
        raise FileError(f"task {predecessor}: {element.get('type')!r} is no link type", f"任务 {predecessor}：{element.get('type')!r} 不是链接类型")
    return FileLink(predecessor, element.get("id"), kind, round(_number(element, "difference") * day_minutes))


def _assignment(number: int, element: Any, tasks: list[FileTask]) -> FileAssignment:
    units = _number(element, "load") / 100
    task = next(each for each in tasks if each.uid == element.get("task-id"))
    return FileAssignment(str(number), task.uid, element.get("resource-id"), units, task.duration_minutes * units)


def _calendar(root: Any, year: int) -> WorkCalendar:
    week_element = next(iter(root.iter("default-week")), None)
    off = {"sat": "1", "sun": "1"} if week_element is None else {name: week_element.get(name, "0") for name in days}
    week: Any = tuple(() if off.get(name) == "1" else office for name in days)
    exceptions = []
    for element in root.iterfind("calendars/date"):
        shifts: Shifts = office if element.get("type") == "WORKING_DAY" else ()
        told = element.get("year") or ""
        for each in [int(told)] if told else range(year - years_around, year + years_around + 1):
            try:
                exceptions.append(DayException(date(each, int(_number(element, "month")), int(_number(element, "date"))), shifts, (element.text or "").strip()))
            except ValueError:  # 29 February of other years
                if told:
                    raise FileError(f"calendar: {told}-{element.get('month')}-{element.get('date')} is no day", "日历中有不存在的日期") from None
    return WorkCalendar((CalendarLayer("GanttProject", week, tuple(exceptions), "none"),), "UTC")
