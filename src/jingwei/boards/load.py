"""People's load over all projects that the reader may look into: what is planned for each, against the working time of his own calendar.

A project counts where its tasks may be seen (`work.task.view`), the same right that shows them with their assignees. What lies in any other project is not in the
sums, and nothing tells that it exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import Field

from jingwei.boards.queries import visible_projects
from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.records.exporting import guarded
from jingwei.frame.records.report import Asked
from jingwei.frame.rights.access import Access

usual_days = 12 * 7
most_columns = 62
earliest, latest = date(2000, 1, 1), date(2100, 12, 31)


class LoadAsked(Asked):
    """From when until when, in days, weeks or months; whose: of one project, of a team (its code), of a position, one person (his staff number), only the overloaded."""

    since: date | None = Field(None, ge=earliest, le=latest)
    until: date | None = Field(None, ge=earliest, le=latest)
    step: Literal["day", "week", "month"] = "week"
    project: str = Field("", max_length=60)
    team: str = Field("", max_length=60)
    position: str = Field("", max_length=80)
    person: str = Field("", max_length=60)
    over: bool = False
    sort: Literal["load", "name"] = "load"

    def window(self) -> schedule.Window:
        """The days asked for: from this Monday, twelve weeks, unless told. Raises ValidationError."""
        today = timezone.localdate()
        first = self.since or min(today - timedelta(days=today.weekday()), self.until or latest)
        last = self.until or first + timedelta(days=usual_days - 1)
        if last < first:
            raise ValidationError({"until": _("Ends before it begins: choose a later day, or an earlier one to begin with.")})
        window = schedule.Window(first, min(last, first + timedelta(days=31 * (most_columns + 1))), self.step, timezone.get_current_timezone_name())
        if len(window.begins) > most_columns:
            raise ValidationError({"until": _("That is more than %(most)s columns. Choose a shorter time, or weeks or months.") % {"most": most_columns}})
        return window


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of somebody's load, minutes; `over` = days on which more is planned than there is working time."""

    planned: float
    room: float
    over: int

    @property
    def percent(self) -> int | None:
        """Of the working time; None where there is none."""
        return round(100 * self.planned / self.room) if self.room else None

    @property
    def shade(self) -> str:
        """How it is coloured: bad, busy (three quarters and more), light, or empty."""
        if self.over:
            return "bad"
        if self.planned < 1:
            return ""
        return "busy" if (self.percent or 0) >= 75 else "light"


@dataclass(frozen=True)
class Row:
    """A person's load: all of it, and column by column."""

    facts: dict[str, Any]
    cells: list[Cell]

    @cached_property
    def whole(self) -> Cell:
        """All columns together."""
        return Cell(*(sum(getattr(cell, name) for cell in self.cells) for name in ("planned", "room", "over")))


@dataclass(frozen=True)
class Part:
    """What one project, or one task of it, adds to somebody's load; minutes by column."""

    name: str
    url: str
    code: str
    minutes: list[float]
    tasks: list[Part] = field(default_factory=list)

    @property
    def whole(self) -> float:
        """All columns together."""
        return sum(self.minutes)


@dataclass(frozen=True)
class Table:
    """The load as page, file and report show it. `everybody` are the rows before filters, which offer what can be chosen."""

    asked: LoadAsked
    load: schedule.Load
    projects: list[Project]
    everybody: list[Row]
    rows: list[Row]

    @cached_property
    def columns(self) -> list[tuple[date, date]]:
        """First and last day of each."""
        begins = [*self.load.begins, self.load.window.last + timedelta(days=1)]
        return [(first, after - timedelta(days=1)) for first, after in pairwise(begins)]

    @cached_property
    def together(self) -> Row:
        """All rows that are shown, added up."""
        cells = [Cell(*(sum(getattr(row.cells[n], name) for row in self.rows) for name in ("planned", "room", "over"))) for n in range(len(self.load.begins))]
        return Row({}, cells)

    def parts_of(self, row: Row) -> list[Part]:
        """The projects and their tasks that make somebody's load. One query."""
        found: dict[int, list[Any]] = defaultdict(list)
        for piece, minutes in self.load.pieces_of(row.facts["pk"]):
            found[piece.project].append((piece.task, minutes))
        known = {task.pk: task for task in work.tasks_in(found).filter(pk__in=[pk for pieces in found.values() for pk, _minutes in pieces])}
        return [
            Part(
                each.name, f"/projects/{each.code}/", each.code, sum(minutes for _pk, minutes in found[each.pk]).tolist(),
                [Part(known[pk].name, f"/w/work.task/{pk}/", known[pk].code, minutes.tolist()) for pk, minutes in found[each.pk] if pk in known],
            )
            for each in self.projects if each.pk in found
        ]  # fmt: skip


def table_of(access: Access, asked: LoadAsked) -> Table:
    """The load for these eyes. A fixed number of queries. Raises ValidationError."""
    window, projects = asked.window(), visible_projects(access)
    ids = [project.pk for project in projects]
    of_project = _of_project(projects, asked.project)
    # who looks into every project is also shown the people who have nothing to do; for others these might be busy elsewhere
    sees_all = access.projects("work.task.view") is None and access.anywhere("directory.person.view")
    people = directory.people_told(work.assignees(ids), everybody=sees_all)
    if not access.anywhere("directory.person.view"):  # then a person is only the name that stands on tasks
        people = [each | {"position": "", "team__code": None, "team__name": None} for each in people]
    load = schedule.load_of(projects, [each["pk"] for each in people], window)
    everybody = [
        Row(facts, [Cell(*cell) for cell in zip(planned, room, over, strict=True)])
        for facts, planned, room, over in zip(people, load.planned.tolist(), load.room.tolist(), load.over.tolist(), strict=True)
    ]
    everybody = [row for row in everybody if row.facts["is_active"] or row.whole.planned >= 1]
    return Table(asked, load, projects, everybody, _sorted(_chosen(everybody, asked, of_project), asked))


def _of_project(projects: Sequence[Project], code: str) -> set[int] | None:
    """People to whom work of the project is given; None = no project is asked for. Raises ValidationError for one that is not there for these eyes."""
    if not code:
        return None
    found = next((project for project in projects if project.code == code), None)
    if found is None:
        raise ValidationError({"project": _("There is no such project.")})
    return work.assignees([found.pk])


def _chosen(rows: Sequence[Row], asked: LoadAsked, of_project: set[int] | None) -> list[Row]:
    wanted = {name: value for name, value in (("team__code", asked.team), ("position", asked.position), ("number", asked.person)) if value}
    return [
        row
        for row in rows
        if all(row.facts[name] == value for name, value in wanted.items())
        and (of_project is None or row.facts["pk"] in of_project)
        and (not asked.over or row.whole.over)
    ]


def _sorted(rows: list[Row], asked: LoadAsked) -> list[Row]:
    """By name as they come, or the most loaded first."""
    if asked.sort == "name":
        return rows
    return sorted(rows, key=lambda row: -(row.whole.planned / row.whole.room if row.whole.room else row.whole.planned))


def told(access: Access, asked: LoadAsked) -> dict[str, Any]:
    """The report: every person with minutes by column; of one person who is asked for also the projects and tasks that make them."""
    table = table_of(access, asked)
    return {
        "since": table.load.window.first, "until": table.load.window.last, "step": asked.step, "zone": table.load.window.zone,
        "columns": [first for first, _last in table.columns], "projects": [project.code for project in table.projects],
        "people": [_row(row) | ({"parts": [_part(each) for each in table.parts_of(row)]} if asked.person else {}) for row in table.rows],
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    return {
        "number": row.facts["number"], "name": row.facts["name"], "team": row.facts["team__code"] or "", "position": row.facts["position"],
        "planned_minutes": [_minutes(cell.planned) for cell in row.cells], "capacity_minutes": [_minutes(cell.room) for cell in row.cells],
        "percent": [cell.percent for cell in row.cells], "overloaded_days": [cell.over for cell in row.cells],
    }  # fmt: skip


def _part(part: Part) -> dict[str, Any]:
    out: dict[str, Any] = {"code": part.code, "name": part.name, "planned_minutes": [_minutes(each) for each in part.minutes]}
    return out | ({"tasks": [_part(each) for each in part.tasks]} if part.tasks else {})


def _minutes(value: float) -> float:
    return round(value, 1)


def _hours(minutes: float) -> float:
    return round(minutes / 60, 1)


def teams_and_positions(rows: Sequence[Row]) -> tuple[list[tuple[str, str]], list[str]]:
    """What can be chosen: teams by code and name, positions."""
    teams = {(row.facts["team__code"], row.facts["team__name"]) for row in rows if row.facts["team__code"]}
    return sorted(teams, key=lambda team: team[1]), sorted({row.facts["position"] for row in rows if row.facts["position"]})


def sheet_of(table: Table) -> tuple[list[str], list[list[Any]]]:
    """The table as a file holds it: headings, and a line a person with hours planned in each column."""
    facts = [_("Staff number"), _("Name"), _("Team"), _("Position"), _("Planned (h)"), _("Working time (h)"), _("Load (%)"), _("Overloaded days")]
    columns = [first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}" for first, last in table.columns]
    lines = []
    for row in table.rows:
        own, whole = row.facts, row.whole
        named = [guarded(str(own[name] or "")) for name in ("number", "name", "team__name", "position")]
        lines.append(
            [
                *named,
                *map(_hours, (whole.planned, whole.room)),
                "" if whole.percent is None else whole.percent,
                whole.over,
                *(_hours(cell.planned) for cell in row.cells),
            ]
        )
    return [*facts, *columns], lines
