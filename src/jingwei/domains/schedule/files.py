"""Schedule files of other programs: what they hold, told before anything is written, and a project as such a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import network
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.walls import confined
from jingwei.kernels.calendar.stated import CalendarLayer, DayException, WorkCalendar
from jingwei.kernels.plan.plan import PlanError
from jingwei.kernels.planfile import FileAssignment, FileLink, FileResource, FileTask, PlanFile, UnknownKind, schedule_file, write_mspdi

_field_note = re.compile(r"\S+ × \d+")
largest_bytes = 50_000_000
# a room above may know how to turn other kinds into MSPDI: (content, file name) -> MSPDI; raises ValidationError
converters: list[Callable[[bytes, str], bytes]] = []


@dataclass(frozen=True)
class Preview:
    """What an import would do. `new` and `known` are counts of tasks; `left_out` says what is not taken over, and why; `turns` how the project's scheduling would change."""

    plan: PlanFile
    new: int
    known: int
    links: int
    milestones: int
    summaries: int
    people: dict[str, bool]
    left_out: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    finish: datetime | None
    turns: str = ""


def plan_of(content: bytes, name: str) -> PlanFile:
    """Read a file. Raises ValidationError that says what is wrong and what to do."""
    if len(content) > largest_bytes:
        raise ValidationError({"file": _("The file is larger than 50 MB.")})
    try:
        return _read(content, name)
    except ValidationError as problem:
        if problem.code == UnknownKind.__name__:
            for convert in converters:
                return _read(convert(content, name), name)
        raise ValidationError({"file": problem.messages}) from problem


def _read(content: bytes, name: str) -> PlanFile:
    """In a process with limits: a schedule of 50 MB takes its time, a hostile one no more than that."""
    limits = confined.Limits(memory_mb=2500, cpu_seconds=90, seconds=120, answer_mb=400)
    found: PlanFile = confined.run("jingwei.kernels.planfile.reading:read", content, name, limits=limits)
    return found


def reference(task: FileTask) -> str:
    """What a task of a file is known by here, so that the same file imported again changes and does not double."""
    return f"file:{task.uid}"[:120]


def preview(project: Project, plan: PlanFile, *, makes_calendars: bool = True) -> Preview:
    """What an import into this project would do."""
    known = set(work.tasks_of(project.pk).exclude(external_ref="").values_list("external_ref", flat=True))
    used = {each.resource for each in plan.assignments}
    names = {r.uid: r.name for r in plan.resources if r.uid in used and r.name}
    staff = directory.staff_named(names.values())
    try:
        dates: Any = schedule_file(plan)
        problem = ""
    except (PlanError, ValueError) as found:
        dates, problem = {}, str(found)
    fresh = sum(1 for task in plan.tasks if reference(task) not in known)
    return Preview(
        plan, fresh, len(plan.tasks) - fresh, len(plan.links), sum(t.is_milestone for t in plan.tasks), sum(t.is_summary for t in plan.tasks),
        {name: len(staff[name]) == 1 for name in sorted(set(names.values()))}, tuple(_left_out(plan, names.values(), staff, problem, makes_calendars)),
        tuple(_row(task, dates) for task in plan.tasks[:200]), dates.finish.replace(tzinfo=None) if dates else None,
        _turns(project, plan),
    )  # fmt: skip


def scheduling(plan: PlanFile) -> dict[str, Any]:
    """What a file says of how its project is scheduled, in the words of a project; nothing when it says only what is usual."""
    finish = plan.must_finish or plan.finish
    if not plan.from_start and finish is not None:
        return {"scheduled_from": Project.Direction.FINISH, "finish_on": finish.date(), "has_critical_ends": False}
    return {"has_critical_ends": True} if plan.has_critical_ends else {}


def _turns(project: Project, plan: PlanFile) -> str:
    wanted = {name: value for name, value in scheduling(plan).items() if getattr(project, name) != value}
    if "scheduled_from" in wanted or "finish_on" in wanted:
        return _("The project will be scheduled from its finish, %(day)s, as the file is.") % {"day": wanted.get("finish_on", project.finish_on)}
    if wanted and not project.is_from_finish:
        return _("Every end will have its own critical path, as in the file.")
    if plan.from_start and project.is_from_finish:
        return _("The file is scheduled from its start, the project from its finish: tasks as soon as possible become as late as possible.")
    return ""


def _row(task: FileTask, dates: Any) -> dict[str, Any]:
    found = dates.get(task.uid)
    # the kernel marks the file's own clock as UTC; it is shown as the file has it
    start, finish = (moment.replace(tzinfo=None) if moment else None for moment in ((found.start, found.finish) if found is not None else (None, None)))
    stated = task.stated.get("start") or task.stated.get("early_start")
    return {"id": task.id, "name": task.name, "level": task.outline_level, "duration": task.duration_minutes, "start": start, "finish": finish, "stated": stated, "percent": task.percent, "is_summary": task.is_summary}  # fmt: skip


def _left_out(plan: PlanFile, names: Iterable[str], staff: Mapping[str, list[int]], problem: str, makes_calendars: bool) -> Iterable[str]:
    """Everything in the file that this project cannot hold, in words."""
    if problem:
        yield _("The file's own links cannot be calculated: %(problem)s") % {"problem": problem}
    calendars = {task.calendar for task in plan.tasks if task.calendar}
    if calendars and not makes_calendars:
        yield _("%(count)s task calendars: you may not make calendars, so their tasks follow the project's.") % {"count": len(calendars)}
    counted = (
        (_("%(count)s elapsed durations are taken as working time of the same dates."), sum(t.duration_is_elapsed for t in plan.tasks)),
        (_("%(count)s manually scheduled tasks get a start-no-earlier-than date."), sum(t.is_manual for t in plan.tasks)),
        (_("%(count)s inactive tasks come in as cancelled."), sum(t.is_inactive for t in plan.tasks)),
        (_("%(count)s lags in another calendar are counted in the project's."), sum(link.lag_calendar not in (None, plan.project_calendar) for link in plan.links)),
        (_("%(count)s links to other files."), len(plan.external_links)),
        (_("%(count)s baselines: take one after the import."), len({name for t in plan.tasks for name in t.baselines})),
        (_("%(count)s custom fields."), len(plan.custom_fields)),
    )  # fmt: skip
    yield from (text % {"count": count} for text, count in counted if count)
    called = sorted(set(names))
    if strangers := [name for name in called if not staff[name]]:
        yield _(
            "Nobody who works here now is called %(names)s: their tasks have no assignee. Write the whole name, the user name or the e-mail in the file."
        ) % {"names": ", ".join(strangers[:12])}
    if shared := [name for name in called if len(staff[name]) > 1]:
        text = _("Several people are called or spelled %(names)s: their tasks have no assignee. Write the user name or e-mail in the file.")
        yield text % {"names": ", ".join(shared[:12])}
    fields = [note for note in plan.notes if _field_note.fullmatch(note)]
    yield from (note for note in plan.notes if note not in fields)
    if fields:
        yield _("Fields that are not read: %(names)s.") % {"names": ", ".join(fields)}


def project_file(project: Project, baseline: Mapping[int, tuple[datetime | None, datetime | None]]) -> bytes:
    """A project as Microsoft Project XML: tasks, links, calendar, dates, baseline, assignees. Raises ValidationError when it is empty."""
    loaded = network.load(project)
    if not loaded.rows:
        raise ValidationError(_("The project has no tasks yet."))
    zone = ZoneInfo(project.zone)

    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone).replace(tzinfo=None) if moment else None

    facts = work.file_facts(project.pk)
    people = {row["assignee_id"]: row["assignee__name"] for row in facts if row["assignee_id"]}
    tasks = tuple(_file_task(row, loaded.rows[row["pk"]], baseline.get(row["pk"]), local) for row in facts)
    links = tuple(FileLink(str(link.predecessor), str(link.successor), link.type, link.lag_minutes) for link in loaded.links)
    assignments = tuple(
        FileAssignment(str(number), str(row["pk"]), f"r{row['assignee_id']}", units=float(row["units_percent"]) / 100, work_minutes=_work_minutes(row))
        for number, row in enumerate((r for r in facts if r["assignee_id"] and not r["is_summary"]), 1)
    )  # fmt: skip
    span = [row[name].date() for row in loaded.rows.values() for name in ("start", "finish") if row[name]] or [loaded.now.date()]
    laid = {"1": loaded.calendar, **{f"c{pk}": each for pk, each in loaded.task_calendars.items()}}
    calendars = {uid: spelled_out(each, min(span), max(span)) for uid, each in laid.items()}
    names = {"1": _("Standard"), **{f"c{row['calendar_id']}": row["calendar__name"] for row in facts if row["calendar_id"]}}
    start = local(min((row["start"] for row in loaded.rows.values() if row["start"]), default=loaded.now))
    assert start is not None
    return write_mspdi(
        PlanFile(
            f"{project.code} {project.name}", start, tasks, links, calendars, names, "1",
            resources=tuple(FileResource(f"r{pk}", name) for pk, name in people.items()), assignments=assignments,
            status_date=local(project.data_date), from_start=not project.is_from_finish, finish=local(loaded.required_finish), has_critical_ends=project.has_critical_ends, minutes_per_day=network.minutes_per_day(loaded.calendar),
        )
    )  # fmt: skip


def _work_minutes(row: Mapping[str, Any]) -> float:
    """Planned work where it is said, else the assignee's share of the duration."""
    return float(row["work_hours"]) * 60 if row["work_hours"] is not None else row["duration_minutes"] * float(row["units_percent"]) / 100


def spelled_out(calendar: WorkCalendar, first: date, last: date) -> WorkCalendar:
    """A calendar as other programs take it: its week, and every day that differs from it, holidays too, from half a year before to a year behind."""
    days = (first - timedelta(days=180) + timedelta(days=number) for number in range((last - first).days + 545))
    exceptions = tuple(DayException(day, shifts) for day in days if (shifts := calendar.shifts_on(day)) != calendar.week[day.weekday()])
    return WorkCalendar((CalendarLayer("", calendar.week, exceptions, "none"),), calendar.zone)


def _file_task(
    row: Mapping[str, Any], dates: Mapping[str, Any], baseline: tuple[datetime | None, datetime | None] | None, local: Callable[[Any], Any]
) -> FileTask:
    stated = {"start": local(dates["start"]), "finish": local(dates["finish"]), "early_start": local(dates["start"]), "early_finish": local(dates["finish"]), "late_start": local(dates["late_start"]), "late_finish": local(dates["late_finish"])}  # fmt: skip
    kept = {"0": {"start": local(baseline[0]), "finish": local(baseline[1])}} if baseline and baseline[0] and baseline[1] else {}
    return FileTask(
        uid=str(row["pk"]), id=str(row["position"]), name=row["name"], parent=str(row["parent_id"]) if row["parent_id"] else None,
        outline_level=row["wbs"].count(".") + 1, wbs=row["wbs"], duration_minutes=0 if row["is_milestone"] else row["duration_minutes"],
        calendar=f"c{row['calendar_id']}" if row["calendar_id"] else None, ignores_resource_calendars=bool(row["calendar_id"]), constraint=dates["constraint"], constraint_at=local(dates["constraint_at"]), deadline=local(dates["deadline"]), percent=float(row["percent"]),
        actual_start=local(dates["actual_start"]), actual_finish=local(dates["actual_finish"]), is_milestone=row["is_milestone"], is_summary=row["is_summary"],
        is_inactive=row["status"] == "cancelled", type=row["task_type"], is_effort_driven=row["is_effort_driven"], priority=row["priority"], stated={name: moment for name, moment in stated.items() if moment}, baselines=kept,
    )  # fmt: skip
