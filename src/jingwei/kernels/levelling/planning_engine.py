"""The engine of plan levelling: what is fixed and how late all else may start, ledgers, bounds, and what remains too much."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from jingwei.kernels.calendar.compiled import CompiledCalendar, compile_calendar
from jingwei.kernels.calendar.stated import DAY_MINUTES, day_of_number, moment_of, wall_minute
from jingwei.kernels.levelling.bookings import Ledger, Shifts, shifts_of
from jingwei.kernels.levelling.model import Integers
from jingwei.kernels.levelling.planning_input import MOST_URGENT, Accepted, Overload
from jingwei.kernels.levelling.planning_layout import Layout
from jingwei.kernels.network.critical_path import NO_DATE, Constraint, NetworkDates
from jingwei.kernels.network.passes import FINISHED, INACTIVE, WAITING
from jingwei.kernels.plan.network import PlanNetwork


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a task was held back: the resource that was full, who was booked on it, since which wall minute."""

    need: int
    resource: int
    booked: int | None
    since: int
    delay: int


@dataclass
class Attempt:
    """One complete levelled plan, by index; wall minutes."""

    hold: Integers
    dates: NetworkDates
    starts: Integers
    finish: int
    lower_bound: int
    chosen: dict[int, tuple[int, ...]] = field(default_factory=dict)
    waits: dict[int, Wait] = field(default_factory=dict)
    unresolved: dict[int, int] = field(default_factory=dict)  # task: the resource it could not get
    worth: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def could_improve(self) -> bool:
        """Whether another order might do better."""
        return bool(self.waits or self.unresolved) and (self.finish > self.lower_bound or len(self.waits) > 1 or bool(self.unresolved))


class Engine:
    """A plan ready to be levelled again and again."""

    def __init__(self, network: PlanNetwork[Hashable], layout: Layout, within_slack: bool) -> None:
        self.network, self.layout, self.within_slack = network, layout, within_slack
        self.compiled = network.compiled
        self.count = len(layout.tasks)
        self.dates = self.compiled.calculate()
        self.project_start = self.compiled.rules.project_start
        self._fix_chosen()
        compiled = self.compiled
        self.state = self._by_index(compiled.activities.state)
        self.hold = self._by_index(compiled.activities.not_before)
        self.duration = self._by_index(compiled.activities.duration)
        self.has_alap = bool((compiled.activities.constraint == Constraint.ALAP).any())
        self.late_start = self.dates.late_start.copy()
        self.calendars: list[CompiledCalendar] = [compile_calendar(calendar, *self.horizon, layout.zone) for calendar in compiled.calendars]
        self.projects = list(dict.fromkeys(task.project for task in layout.tasks))
        place = {project: number for number, project in enumerate(self.projects)}
        self.project_of = np.array([place[task.project] for task in layout.tasks], np.int64)
        self.limit = self._limits()
        self.is_movable = self._movable()
        self.bound = self._lower_bound()

    def _by_index(self, values: Any) -> Any:
        scattered = np.empty_like(values)
        scattered[self.compiled.order] = values
        return scattered

    def _fix_chosen(self) -> None:
        """Tasks fixed by the caller must start where they start now."""
        activities, rank = self.compiled.activities, self.compiled.rank
        constraint, at = activities.constraint.copy(), activities.constraint_at.copy()
        for i, task in enumerate(self.layout.tasks):
            k = rank[i]
            if task.is_fixed and activities.state[k] == WAITING:
                constraint[k], at[k] = Constraint.MSO, self.dates.early_start[i]
        self.compiled = replace(self.compiled, activities=activities._replace(constraint=constraint, constraint_at=at))
        self.dates = self.compiled.calculate()

    @cached_property
    def horizon(self) -> tuple[Any, Any]:
        """Days that hold every placement that makes sense: all assigned work one after the other, twice over."""
        known = self.dates.early_start[self.dates.early_start >= 0]
        first = int(min([self.project_start, *known.tolist()]))
        minutes = sum(int(self.duration[i]) for i in range(self.count) if self.layout.needs[i])
        days = (self.dates.project_finish - first) // DAY_MINUTES + minutes // 240 * 2 + int(self.duration.max(initial=0)) // 60 + 90
        return day_of_number(first // DAY_MINUTES - 1), day_of_number(first // DAY_MINUTES) + timedelta(days=min(days, 365 * 60))

    @cached_property
    def _calendar_of(self) -> Any:
        return self._by_index(self.compiled.activities.calendar)

    def calendar_of(self, task: int) -> CompiledCalendar:
        """The calendar of a task over the horizon."""
        return self.calendars[int(self._calendar_of[task])]

    def shifts_of(self, task: int) -> Shifts:
        return self._shifts[int(self._calendar_of[task])]

    @cached_property
    def _shifts(self) -> list[Shifts]:
        return [shifts_of(calendar) for calendar in self.calendars]

    def project_finishes(self, dates: NetworkDates) -> list[int]:
        """The last finish of each project, in the order of `projects`."""
        latest = np.full(len(self.projects), self.project_start, np.int64)
        np.maximum.at(latest, self.project_of, dates.early_finish[: self.count])
        return latest.tolist()

    def _limits(self) -> Integers:
        """The latest start of each task: within slack none that moves its project's finish, else none that pushes what is fixed."""
        activities = self.compiled.activities
        far = (self.horizon[1] - day_of_number(0)).days * DAY_MINUTES
        if not self.within_slack:
            free = replace(self.compiled, activities=activities._replace(deadline=np.full_like(activities.deadline, NO_DATE)))
            return free.calculate(rules=replace(free.rules, required_finish=far)).late_start
        ends = np.full(self.compiled.count, far, np.int64)
        ends[: self.count] = np.array(self.project_finishes(self.dates), np.int64)[self.project_of]
        ends = ends[self.compiled.order]
        deadline = np.where(activities.deadline >= 0, np.minimum(activities.deadline, ends), ends)
        return replace(self.compiled, activities=activities._replace(deadline=deadline)).calculate().late_start

    def _movable(self) -> list[bool]:
        kinds = self._by_index(self.compiled.activities.constraint)
        return [
            bool(self.state[i] == WAITING and kinds[i] not in (Constraint.MSO, Constraint.MFO) and task.priority < MOST_URGENT)
            for i, task in enumerate(self.layout.tasks)
        ]

    @cached_property
    def empty_ledgers(self) -> list[Ledger]:
        made = []
        for resource in self.layout.resources:
            calendar = self.layout.calendars[resource.calendar]
            made.append(Ledger(resource.capacity, compile_calendar(calendar, *self.horizon, self.layout.zone)))
        return made

    @cached_property
    def _only_joint(self) -> dict[tuple[int, int], bool]:
        return {}

    def only_joint(self, task: int, resource: int) -> bool:
        """Whether the hours of task and resource never agree for long enough; the resource then serves where both work."""
        key = (task, resource)
        if key not in self._only_joint:
            ledger, shifts = self.empty_ledgers[resource], self.shifts_of(task)
            total = self.calendar_of(task).total
            work = min(self.work_of(task, self.project_start), total)
            self._only_joint[key] = ledger.first_fit(shifts, work, int(self.duration[task]), 1, total, False) < 0
        return self._only_joint[key]

    def work_of(self, task: int, wall: int) -> int:
        calendar = self.calendar_of(task)
        return int(calendar.work_at(min(max(wall, calendar.first_minute), calendar.last_minute)))

    def run_of(self, dates: NetworkDates, task: int, starts: Integers) -> tuple[int, int]:
        """(first working minute, working minutes) in which a task, or what is left of it, keeps its resources busy."""
        if self.state[task] in (FINISHED, INACTIVE) or self.network.is_summary[task]:
            return 0, 0
        place = self.compiled.rank[task]
        length = int(self.duration[task])
        if self.state[task] == WAITING:
            return self.work_of(task, int(starts[task])), length
        left = int(self.compiled.activities.remaining[place]) if self.compiled.activities.manual_start[place] < 0 else length
        return max(self.work_of(task, int(dates.early_finish[task])) - left, 0), left

    def starts_of(self, dates: NetworkDates) -> Integers:
        """Starts as shown, wall minutes by index."""
        return dates.start if self.has_alap else dates.early_start

    def baseline(self) -> Attempt:
        """The plan as it stands; where a skill is asked for, whoever is free serves, else who has least to do."""
        starts = self.starts_of(self.dates)
        plan = Attempt(self.hold, self.dates, starts, self.dates.project_finish, self.bound)
        ledgers = [ledger.copy() for ledger in self.empty_ledgers]
        load = [0] * len(ledgers)
        for task in sorted(range(self.count), key=lambda i: int(starts[i])):
            if self.layout.needs[task]:
                plan.chosen[task] = self.book_anyway(ledgers, load, task, *self.run_of(self.dates, task, starts))
        return plan

    def book_anyway(self, ledgers: list[Ledger], load: list[int], task: int, work: int, length: int) -> tuple[int, ...]:
        """Book a task where it stands, free or not; answers who serves it."""
        shifts, chosen = self.shifts_of(task), []
        for need in self.layout.needs[task]:
            free = [r for r in need.candidates if ledgers[r].first_fit(shifts, work, length, need.units, work, self.only_joint(task, r)) == work]
            served = min(free or need.candidates, key=lambda r: (load[r], r))
            if length:
                ledgers[served].book(shifts, work, length, need.units, self.only_joint(task, served))
                load[served] += length * need.units
            chosen.append(served)
        return tuple(chosen)

    def overloads(self, dates: NetworkDates, chosen: Mapping[int, tuple[int, ...]]) -> tuple[Overload, ...]:
        """What is too much, from the dates alone."""
        ledgers = [ledger.copy() for ledger in self.empty_ledgers]
        starts = self.starts_of(dates)
        for task, served in chosen.items():
            work, length = self.run_of(dates, task, starts)
            if length:
                for need, r in zip(self.layout.needs[task], served, strict=True):
                    ledgers[r].book(self.shifts_of(task), work, length, need.units, self.only_joint(task, r))
        return tuple(
            Overload(resource.key, self.moment(start), self.moment(end), units)
            for resource, ledger in zip(self.layout.resources, ledgers, strict=True)
            for start, end, units in ledger.overloads()
        )

    def _lower_bound(self) -> int:
        """No plan without overloads ends before this wall minute: the critical path, and each resource's work in its own time."""
        best = self.dates.project_finish
        for r, ledger in enumerate(self.empty_ledgers):
            work, first, capacity = 0, 1 << 60, max(ledger.capacity, 1)
            calendar = compile_calendar(self.layout.calendars[self.layout.resources[r].calendar], *self.horizon, self.layout.zone)
            for i in range(self.count):
                units = sum(need.units for need in self.layout.needs[i] if need.candidates == (r,))
                if units and self.is_movable[i] and not self.network.is_summary[i] and not self.only_joint(i, r):
                    work += units * int(self.duration[i])
                    first = min(first, int(self.dates.early_start[i]))
            if work:
                needed = int(calendar.work_at(first)) - (-work // capacity)
                best = max(best, int(calendar.wall_finish(min(needed, calendar.total))))
        return int(best)

    def moment(self, wall: int) -> datetime:
        return moment_of(int(wall), self.layout.zone)

    def key(self, task: int) -> Hashable:
        return self.network.keys[task]

    def accepted(self, holds: Mapping[Hashable, datetime], chosen: Mapping[Hashable, tuple[Hashable, ...]]) -> Accepted:
        """The plan with some holds only. A delay is what a task's own hold adds to what its predecessors leave."""
        index, resources = self.network.index, {resource.key: r for r, resource in enumerate(self.layout.resources)}
        hold = self.hold.copy()
        for key, moment in holds.items():
            hold[index[key]] = max(int(hold[index[key]]), wall_minute(moment, self.layout.zone))
        dates = self.compiled.calculate(not_before=hold)
        delays = {}
        for key in holds:
            i = index[key]
            without = hold.copy()
            without[i] = self.hold[i]
            undelayed = self.starts_of(self.compiled.calculate(not_before=without))[i]
            delays[key] = max(self.work_of(i, int(self.starts_of(dates)[i])) - self.work_of(i, int(undelayed)), 0)
        starts, finishes = self.moments(dates)
        served = {index[key]: tuple(resources[one] for one in names) for key, names in chosen.items()}
        ends = {project: self.moment(wall) for project, wall in zip(self.projects, self.project_finishes(dates), strict=True)}
        return Accepted(dict(holds), delays, starts, finishes, ends, self.overloads(dates, served))

    def moments(self, dates: NetworkDates) -> tuple[dict[Hashable, datetime], dict[Hashable, datetime]]:
        """Starts and finishes of what is active, summaries rolled up."""
        finish = dates.finish if self.has_alap else dates.early_finish
        rolled = self.network.roll_up(self.starts_of(dates)[: self.count], finish[: self.count])
        starts = {self.key(i): self.moment(wall) for i, wall in enumerate(rolled.start.tolist()) if wall >= 0}
        return starts, {self.key(i): self.moment(wall) for i, wall in enumerate(rolled.finish.tolist()) if wall >= 0}
