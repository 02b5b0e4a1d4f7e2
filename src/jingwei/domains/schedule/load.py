"""The load of people: what all given projects plan for them, day by day, beside the working time of their own calendars."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from jingwei.domains.directory import queries as directory
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.kernels.calendar.stated import WorkCalendar, wall_minute
from jingwei.kernels.plan.load import Spread, Step, Works, buckets, capacity_of, joined, over_days


@dataclass(frozen=True, slots=True)
class Window:
    """The days asked for, both included, how they are joined, and on whose clock they are days."""

    first: date
    last: date
    step: Step
    zone: str

    @property
    def begins(self) -> list[date]:
        """The first day of each column."""
        return buckets(self.first, self.last, self.step)


@dataclass(frozen=True)
class Load:
    """Minutes by person (in the order of `people`) and day; `works` are the pieces they are made of."""

    window: Window
    people: tuple[int, ...]
    works: tuple[work.Planned, ...]
    by_day: Any
    room_by_day: Any
    _spread: Spread

    @cached_property
    def begins(self) -> list[date]:
        """The first day of each column."""
        return self.window.begins

    @cached_property
    def planned(self) -> Any:
        """Minutes planned, by person and column."""
        return joined(self.by_day, self.begins)

    @cached_property
    def room(self) -> Any:
        """Working minutes of the person, by person and column."""
        return joined(self.room_by_day, self.begins)

    @cached_property
    def over(self) -> Any:
        """Days on which more is planned than there is working time, by person and column."""
        return joined(over_days(self.by_day, self.room_by_day), self.begins).astype(int)

    def pieces_of(self, person: int) -> list[tuple[work.Planned, Any]]:
        """The works that make a person's load, each with its minutes by column, in the order of their start; those that lie on no day are left out."""
        chosen = np.array([n for n, each in enumerate(self.works) if each.person == person], np.int64)
        found = joined(self._spread.by_work(chosen), self.begins)
        pieces = [(self.works[n], minutes) for n, minutes in zip(chosen.tolist(), found, strict=True) if minutes.any()]
        return sorted(pieces, key=lambda piece: (piece[0].start, piece[0].task))

    def without(self, project_id: int) -> Any:
        """Minutes by person and day that come from other projects than this."""
        here = np.array([n for n, each in enumerate(self.works) if each.project == project_id], np.int64)
        out = self.by_day.copy()
        np.subtract.at(out, self._spread.works.row[here], self._spread.by_work(here))
        return np.maximum(out, 0)


def load_of(projects: Sequence[Project], people: Collection[int], window: Window) -> Load:
    """What these projects plan for these people. A fixed number of queries, whatever there is of projects, people and work."""
    first, end = (datetime.combine(day, time(0), ZoneInfo(window.zone)) for day in (window.first, window.last + timedelta(days=1)))
    row = {pk: n for n, pk in enumerate(people)}
    works = [each for each in work.planned_work([project.pk for project in projects], first, end, window.zone) if each.person in row]
    calendars, place = _calendars(projects, works)
    now = {project.pk: wall_minute(project.data_date or timezone.now(), window.zone) for project in projects}
    arrays = Works.of(
        (row[each.person], place[each.project, each.calendar], each.start, each.finish, each.minutes, each.percent, _left(each), now[each.project]) for each in works
    )  # fmt: skip
    spread = Spread(arrays, calendars, window.first, window.last, window.zone)
    usual, own = worktime.calendars_of_people(window.zone)
    room = {calendar: capacity_of(calendar, window.first, window.last, window.zone) for calendar in {usual, *(own[pk] for pk in row if pk in own)}}
    rooms = np.array([room[own.get(pk, usual)] for pk in row]).reshape(len(row), spread.days)
    return Load(window, tuple(row), tuple(works), spread.by_row(len(row)), rooms, spread)


def _left(each: work.Planned) -> int:
    """Working minutes of its duration that are left, as the network counts them."""
    return each.duration - round(each.duration * each.percent / 100)


def _calendars(projects: Sequence[Project], works: Sequence[work.Planned]) -> tuple[list[WorkCalendar], dict[tuple[int, int | None], int]]:
    """Every calendar on which work lies, once, and the place of that of a project (None) or of a task's own in it."""
    of_projects = worktime.calendars_of(projects)
    asked = {(each.project, each.calendar) for each in works}
    named = worktime.named_calendars({calendar for _project, calendar in asked if calendar}, "UTC")
    place: dict[WorkCalendar, int] = {}
    found = {}
    for project, calendar in asked:
        usual = of_projects[project]
        laid = replace(named[calendar], zone=usual.zone) if calendar in named else usual
        found[project, calendar] = place.setdefault(laid, len(place))
    return list(place), found


@dataclass(frozen=True, slots=True)
class Beside:
    """Somebody who does work of a project, with what other projects plan for him: by day, and the working time by day of a calendar of his own."""

    pk: int
    number: str
    name: str
    here: Any
    elsewhere: Any
    room: Any

    @property
    def over_days(self) -> int:
        """Days on which this project's work and that of others are more than the working time."""
        return int(self._over.sum())

    @property
    def _over(self) -> Any:
        return over_days(self.here + self.elsewhere, self.room) & (self.here >= 1)

    @property
    def minutes_here(self) -> float:
        """Minutes of this project on those days."""
        return float(self.here[self._over].sum())

    @property
    def minutes_elsewhere(self) -> float:
        """Minutes of other projects on those days."""
        return float(self.elsewhere[self._over].sum())


def beside(project: Project, seen: Sequence[Project], window: Window) -> list[Beside]:
    """The people of a project and what the other projects that may be seen plan for them, by name."""
    people = directory.people_told(work.assignees([project.pk]))
    load = load_of([project, *(each for each in seen if each.pk != project.pk)], [each["pk"] for each in people], window)
    elsewhere = load.without(project.pk)
    return [Beside(each["pk"], each["number"], each["name"], load.by_day[n] - elsewhere[n], elsewhere[n], load.room_by_day[n]) for n, each in enumerate(people)]
