"""What the two file formats of Primavera P6 have in common, and how it becomes the model: one project, its WBS as summaries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from jingwei.kernels.calendar.compiled import compile_calendar
from jingwei.kernels.calendar.stated import WorkCalendar, wall_minute
from jingwei.kernels.plan.input import ConstraintName, LinkName
from jingwei.kernels.planfile.model import FileAssignment, FileError, FileLink, FileResource, FileTask, PlanFile

ActivityKind = Literal["task", "resource", "start_milestone", "finish_milestone", "level_of_effort", "wbs_summary"]
LagCalendar = Literal["predecessor", "successor", "elapsed", "project"]
Bound = tuple[str, datetime | None]  # a constraint as P6 names it, in words of lower case, and its date

constraint_of: dict[str, ConstraintName] = {
    "start on": "MSO", "start on or after": "SNET", "start on or before": "SNLT", "finish on": "MFO", "finish on or after": "FNET",
    "finish on or before": "FNLT", "as late as possible": "ALAP", "mandatory start": "MSO", "mandatory finish": "MFO",
}  # fmt: skip


@dataclass
class P6Activity:
    """One activity as the file has it; durations in hours, `percent` 0..100."""

    uid: str
    code: str
    name: str
    kind: ActivityKind
    wbs: str | None
    calendar: str | None
    planned_hours: float
    remaining_hours: float
    is_complete: bool
    percent: float
    actual_start: datetime | None
    actual_finish: datetime | None
    suspended: datetime | None
    resumed: datetime | None
    bounds: list[Bound]
    stated: dict[str, datetime]
    custom: dict[str, str] = field(default_factory=dict)


@dataclass
class P6Wbs:
    """A node of the work breakdown structure."""

    uid: str
    parent: str | None
    name: str
    code: str
    order: float


@dataclass
class P6Link:
    """A relationship; `project` of the predecessor."""

    predecessor: str
    successor: str
    type: LinkName
    lag_hours: float
    project: str


@dataclass
class P6Project:
    """Everything of the one project that is read."""

    uid: str
    title: str
    start: datetime | None
    data_date: datetime | None
    must_finish: datetime | None
    calendars: dict[str, WorkCalendar]
    calendar_names: dict[str, str]
    calendar: str | None
    lag_calendar: LagCalendar
    is_override: bool
    critical_hours: float
    activities: list[P6Activity]
    wbs: list[P6Wbs]
    links: list[P6Link]
    resources: list[FileResource]
    assignments: list[FileAssignment]
    custom_names: list[str]
    source: str
    notes: list[str]


def plan_from(project: P6Project) -> PlanFile:
    """The model of a P6 project. Raises FileError when there is nothing to schedule it by."""
    if not project.calendars:
        raise FileError("the file holds no calendar", "文件中没有日历")
    own = project.calendar if project.calendar in project.calendars else next(iter(project.calendars))
    known = [moment for activity in project.activities for moment in activity.stated.values()]
    start = project.start or project.data_date or min(known, default=None)
    if start is None:
        raise FileError("the project states no start date", "项目没有开始日期")
    by_uid = {activity.uid: activity for activity in project.activities}
    inner = [link for link in project.links if link.predecessor in by_uid and link.successor in by_uid]
    outer = [link for link in project.links if link.predecessor not in by_uid and link.successor in by_uid]
    with_calendar = {resource.uid for resource in project.resources if resource.kind == "work" and resource.calendar}
    staffed = {each.task for each in project.assignments if each.resource in with_calendar}
    notes = list(project.notes)
    done = _minutes_done(project, own)
    tasks = _outline(project, [_task(activity, activity.uid in staffed, own, done.get(activity.uid), notes) for activity in project.activities])
    mandatory = any(name.startswith("mandatory") for activity in project.activities for name, _ in activity.bounds)
    return PlanFile(
        title=project.title, start=start, tasks=tuple(tasks), links=tuple(_link(link, project, by_uid, own) for link in inner),
        calendars=project.calendars, calendar_names=project.calendar_names, project_calendar=own, resources=tuple(project.resources),
        assignments=tuple(each for each in project.assignments if each.task in by_uid),
        external_links=tuple(_link(link, project, by_uid, own) for link in outer), status_date=project.data_date, must_finish=project.must_finish,
        critical_slack_minutes=round(project.critical_hours * 60), honours_constraints=mandatory, moves_undone=project.data_date is not None,
        logic="override" if project.is_override else "retained", late_dates="remaining",
        custom_fields={name: name for name in project.custom_names}, field_names={name: name for name in project.custom_names},
        notes=tuple(f"{name} × {count}" for name, count in sorted(Counter(notes).items())), source=project.source,
    )  # fmt: skip


def _minutes_done(project: P6Project, own: str) -> dict[str, int]:
    """Working minutes from the actual start to the data date of every activity under way: planned durations are not kept up once work began."""
    data_date = project.data_date
    begun = [(each, each.actual_start) for each in project.activities if each.actual_start is not None and not each.is_complete]
    found: dict[str, int] = {}
    if data_date is None:
        return found
    for name in {each.calendar or own for each, _ in begun}:
        mine = [(each, start) for each, start in begun if (each.calendar or own) == name and start < data_date]
        if not mine or name not in project.calendars:
            continue
        compiled = compile_calendar(project.calendars[name], min(start for _, start in mine).date(), data_date.date(), "UTC")
        now = compiled.work_at(wall_minute(data_date.replace(tzinfo=UTC), "UTC"))
        found |= {each.uid: now - compiled.work_at(wall_minute(start.replace(tzinfo=UTC), "UTC")) for each, start in mine}
    return found


def _task(activity: P6Activity, is_staffed: bool, own: str, done: int | None, notes: list[str]) -> FileTask:
    if activity.kind in ("level_of_effort", "wbs_summary"):
        notes.append(f"{activity.kind.replace('_', ' ')} activity scheduled by its own duration")
    constraint: ConstraintName = "ASAP"
    constraint_at, deadline = None, None
    for name, at in activity.bounds:
        kind = constraint_of.get(name)
        if kind is None:
            notes.append(f"constraint {name!r}")
        elif constraint == "ASAP" and (at is not None or kind == "ALAP"):
            constraint, constraint_at = kind, at
        elif kind in ("FNLT", "MFO"):
            deadline = at
        else:
            notes.append(f"second constraint {name!r}")
    is_milestone = activity.kind in ("start_milestone", "finish_milestone")
    has_begun = activity.actual_start is not None
    hours = activity.planned_hours if has_begun or not activity.remaining_hours else activity.remaining_hours
    follows_people = activity.kind == "resource" and is_staffed
    return FileTask(
        uid=activity.uid, id=activity.code, name=activity.name, parent=None if activity.wbs is None else f"wbs-{activity.wbs}",
        duration_minutes=0 if is_milestone else round(hours * 60) if done is None else done + round(activity.remaining_hours * 60), calendar=None if follows_people else activity.calendar or own,
        constraint=constraint, constraint_at=constraint_at, deadline=deadline, percent=100.0 if activity.is_complete else activity.percent,
        actual_start=activity.actual_start, actual_finish=activity.actual_finish if activity.is_complete else None,
        remaining_minutes=0 if activity.is_complete else round(activity.remaining_hours * 60), stop=activity.suspended, resume=activity.resumed,
        is_milestone=is_milestone, ignores_resource_calendars=not follows_people, stated=activity.stated, custom=activity.custom,
    )  # fmt: skip


def _link(link: P6Link, project: P6Project, by_uid: dict[str, P6Activity], own: str) -> FileLink:
    before = by_uid.get(link.predecessor)
    calendars: dict[LagCalendar, str | None] = {
        "successor": None, "elapsed": "elapsed", "project": own, "predecessor": (before.calendar if before is not None else None) or own,
    }  # fmt: skip
    minutes = round(link.lag_hours * 60)
    outside = "" if before is not None else link.project or "?"
    return FileLink(link.predecessor, link.successor, link.type, minutes, calendars[project.lag_calendar] if minutes else None, None, outside)


def _outline(project: P6Project, tasks: list[FileTask]) -> list[FileTask]:
    """The WBS as summaries, each followed by what is in it; nodes without activities are left out, and so is the node of the project itself."""
    from dataclasses import replace

    nodes = {node.uid: node for node in project.wbs}
    inside: dict[str | None, list[FileTask]] = {}
    for task in tasks:
        uid = task.parent.removeprefix("wbs-") if task.parent else None
        inside.setdefault(uid if uid in nodes else None, []).append(task)
    below: dict[str | None, list[P6Wbs]] = {}
    for node in sorted(project.wbs, key=lambda node: node.order):
        below.setdefault(node.parent if node.parent in nodes else None, []).append(node)
    used: set[str] = set()
    for uid in inside:
        walk = uid
        while walk is not None and walk in nodes and walk not in used:
            used.add(walk)
            walk = nodes[walk].parent
    tops = [node for node in below.get(None, []) if node.uid in used]
    ordered: list[FileTask] = [replace(task, parent=None, outline_level=1) for task in inside.get(None, [])]
    waiting: list[tuple[P6Wbs, str | None, int, str]] = []
    if len(tops) == 1 and not ordered:  # the root is the project
        ordered.extend(replace(task, parent=None, outline_level=1) for task in inside.get(tops[0].uid, []))
        tops = [node for node in below.get(tops[0].uid, []) if node.uid in used]
    waiting.extend((node, None, 1, "") for node in reversed(tops))
    seen: set[str] = set()
    while waiting:
        node, parent, level, above = waiting.pop()
        if node.uid in seen:
            continue
        seen.add(node.uid)
        uid, wbs = f"wbs-{node.uid}", f"{above}.{node.code}" if above else node.code
        ordered.append(FileTask(uid, "", node.name, parent=parent, outline_level=level, wbs=wbs, is_summary=True))
        ordered.extend(replace(task, parent=uid, outline_level=level + 1, wbs=wbs) for task in inside.get(node.uid, []))
        waiting.extend((each, uid, level + 1, wbs) for each in reversed(below.get(node.uid, [])) if each.uid in used)
    if len(ordered) < len(tasks):
        raise FileError("the work breakdown structure runs in a circle", "工作分解结构成环")
    return ordered
