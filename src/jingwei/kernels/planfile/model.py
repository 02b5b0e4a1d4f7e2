"""What a schedule file holds, whoever wrote it. Moments are naive: the file's own clock. Durations and lags in working minutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from jingwei.kernels.calendar.stated import WorkCalendar
from jingwei.kernels.plan.input import ConstraintName, LinkName


class FileError(ValueError):
    """A file that cannot be read; the text says where and what to do, `zh` the same in Chinese where it is known."""

    def __init__(self, en: str, zh: str = "") -> None:
        super().__init__(en)
        self.zh = zh


class UnknownKind(FileError):
    """A kind of file that is not read here; a converter may help."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """One task. `stated` are the dates the file itself holds (early_start … late_finish, start, finish)."""

    uid: str
    id: str
    name: str
    parent: str | None = None
    outline_level: int = 1
    wbs: str = ""
    duration_minutes: int = 0
    duration_is_elapsed: bool = False
    calendar: str | None = None
    constraint: ConstraintName = "ASAP"
    constraint_at: datetime | None = None
    deadline: datetime | None = None
    percent: float = 0.0
    actual_start: datetime | None = None
    actual_finish: datetime | None = None
    remaining_minutes: int | None = None
    stop: datetime | None = None
    resume: datetime | None = None
    manual_start: datetime | None = None
    manual_finish: datetime | None = None
    is_manual: bool = False
    is_milestone: bool = False
    is_summary: bool = False
    is_inactive: bool = False
    ignores_resource_calendars: bool = False
    levelling_delay_minutes: int = 0
    priority: int = 500
    type: str = "fixed_units"
    is_effort_driven: bool = False
    cost: str = ""
    fixed_cost: str = ""
    note: str = ""
    stated: dict[str, datetime] = field(default_factory=dict)
    baselines: dict[str, dict[str, Any]] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileLink:
    """One dependency. `lag_calendar`: None successor's, "elapsed" the clock, else a calendar's id."""

    predecessor: str
    successor: str
    type: LinkName = "FS"
    lag_minutes: int = 0
    lag_calendar: str | None = None
    lag_percent: float | None = None
    project: str = ""  # where the predecessor lies, if it lies in another file


@dataclass(frozen=True, slots=True)
class FileResource:
    """Somebody or something that works."""

    uid: str
    name: str
    kind: str = "work"
    max_units: float = 1.0
    calendar: str | None = None
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileAssignment:
    """A resource on a task."""

    uid: str
    task: str
    resource: str | None
    units: float = 1.0
    work_minutes: float = 0.0
    start: datetime | None = None
    finish: datetime | None = None
    delay_minutes: int = 0
    overtime_minutes: float = 0.0
    remaining_work_minutes: float | None = None
    remaining_overtime_minutes: float = 0.0
    actual_start: datetime | None = None
    actual_finish: datetime | None = None
    stop: datetime | None = None
    resume: datetime | None = None
    contour: int = 0  # as in MSPDI: 0 is flat
    gaps: tuple[tuple[datetime, datetime], ...] = ()  # nobody works from … to …, between stretches of work


@dataclass(frozen=True)
class PlanFile:
    """A whole schedule. `notes` tell what was in the file and is not understood, so that nothing is dropped silently."""

    title: str
    start: datetime
    tasks: tuple[FileTask, ...]
    links: tuple[FileLink, ...]
    calendars: dict[str, WorkCalendar]
    calendar_names: dict[str, str]
    project_calendar: str
    resources: tuple[FileResource, ...] = ()
    assignments: tuple[FileAssignment, ...] = ()
    external_links: tuple[FileLink, ...] = ()
    finish: datetime | None = None
    status_date: datetime | None = None
    from_start: bool = True  # else planned backwards from `finish`
    has_critical_ends: bool = False  # each end of the network has a critical path of its own
    critical_slack_minutes: int = 0
    honours_constraints: bool = True
    must_finish: datetime | None = None  # floats count from here instead of from the calculated finish
    moves_undone: bool = False  # what is not done lies behind the status date, as Primavera has it
    logic: Literal["retained", "override"] = "retained"
    late_dates: Literal["remaining", "resumption"] = "resumption"
    minutes_per_day: int = 480
    custom_fields: dict[str, str] = field(default_factory=dict)  # by the field's number, as the user calls it
    field_names: dict[str, str] = field(default_factory=dict)  # by the field's number, as the program calls it (Text1, Duration2)
    notes: tuple[str, ...] = ()
    source: str = ""

    @property
    def leaves(self) -> list[FileTask]:
        """Tasks that are no summaries."""
        return [task for task in self.tasks if not task.is_summary]
