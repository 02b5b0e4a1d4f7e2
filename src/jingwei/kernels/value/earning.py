"""Earned value of a project by work package, task and month: its budget over its baseline, its progress over its actual dates, its posted costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from jingwei.kernels.value.earned import EarnedValueError, Indices, Method, Period, analyse, standing
from jingwei.kernels.value.plan import Phased, PlannedWork, WorkPackage, apportioned, phase

rest = 0  # the package of everything that belongs to none
zero = Decimal(0)


@dataclass(frozen=True)
class TaskValue:
    """What one task was to earn by now and what it did."""

    task: int
    name: str
    percent: int
    pv: Decimal
    ev: Decimal
    ac: Decimal

    @property
    def sv(self) -> Decimal:
        """Schedule variance."""
        return self.ev - self.pv

    @property
    def cv(self) -> Decimal:
        """Cost variance."""
        return self.ev - self.ac


@dataclass(frozen=True)
class PackageValue:
    """A package's standing now and by period, and the tasks behind it, the worst first."""

    key: int
    code: str
    name: str
    method: str
    bac: Decimal
    pv: Decimal
    ev: Decimal
    ac: Decimal
    tasks: tuple[TaskValue, ...]
    by_period: Mapping[str, tuple[Decimal, Decimal | None, Decimal]]

    @property
    def spi(self) -> Decimal | None:
        """Schedule performance index."""
        return self.ev / self.pv if self.pv else None

    @property
    def cpi(self) -> Decimal | None:
        """Cost performance index."""
        return self.ev / self.ac if self.ac else None

    @property
    def sv(self) -> Decimal:
        """Schedule variance."""
        return self.ev - self.pv

    @property
    def cv(self) -> Decimal:
        """Cost variance."""
        return self.ev - self.ac

    def in_period(self, period: str) -> dict[str, str | int | None]:
        """The figures a frozen period keeps."""
        pv, ev, ac = self.by_period[period]
        return {
            "key": self.key,
            "code": self.code,
            "name": self.name,
            "bac": str(self.bac),
            "pv": str(pv),
            "ev": None if ev is None else str(ev),
            "ac": str(ac),
        }


@dataclass(frozen=True)
class EarnedValue:
    """Everything the page shows. `now` is None while nothing is planned; frozen periods stand in `periods` as they were kept."""

    bac: Decimal
    periods: tuple[Period, ...]
    indices: tuple[Indices, ...]
    now: Indices | None
    packages: tuple[PackageValue, ...]
    frozen: frozenset[str]
    has_baseline: bool
    problem: str = ""
    current: str = ""

    @property
    def open_periods(self) -> list[str]:
        """Periods that have ended and are not frozen yet."""
        return [period.name for period in self.periods if period.name < self.current and period.name not in self.frozen]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A work package as it is given: the branch it stands for, its own budget if it has one, how it earns, and its weighted milestones."""

    key: int
    code: str
    name: str
    task: int
    method: Method
    method_name: str
    budget: Decimal | None = None
    units_done: Decimal = zero
    units_planned: Decimal = zero
    milestones: tuple[tuple[Decimal, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What there is to know of a project. `tasks` by id with parent_id, name, duration_minutes, percent, is_summary, is_milestone and their dates; `planned` and
    `spent` are amounts by task (None = the project as a whole), those spent with their month; `frozen` are months as they were kept; `axis(first, last)` gives what
    turns a moment of these days into working minutes; `others` names the package of everything that belongs to none, `physical` how it earns."""

    zone: str
    now: datetime
    tasks: Mapping[int, Mapping[str, Any]]
    baseline: Mapping[int, tuple[datetime | None, datetime | None]]
    packages: Sequence[Parcel]
    planned: Sequence[tuple[int | None, Decimal]]
    spent: Sequence[tuple[int | None, str, Decimal]]
    frozen: Mapping[str, Period]
    axis: Callable[[date, date], Callable[[datetime], int]]
    others: str = ""
    physical: str = ""


class Earning:
    """The work of `earned_value`, step by step."""

    def __init__(self, given: Given) -> None:
        self.given, self.zone, self.now, self.tasks = given, ZoneInfo(given.zone), given.now, given.tasks
        self.leaves = [row for row in self.tasks.values() if not row["is_summary"] and not row["is_milestone"] and row["start"] and row["finish"]]
        self.packages, self.baseline, self.snapshots = given.packages, given.baseline, given.frozen
        self.package_of_task = {package.task: package.key for package in self.packages}

    def result(self) -> EarnedValue:
        """All figures."""
        budgets = self.budgets()
        bac = sum(budgets.values(), zero)
        if not self.leaves or bac <= 0:
            return EarnedValue(bac, (), (), None, (), frozenset(self.snapshots), bool(self.baseline))
        works = [self.planned_work(row, budgets[row["pk"]]) for row in self.leaves]
        phased = phase(works, self.work_packages(), [self.minute(end) for end in self.ends], self.minute(self.now))
        periods, now, problem = self.periods(phased), self.standing(phased), ""
        try:
            # the running month is told by `now`: its planned value at the month's end is not due yet
            indices = analyse([p if p.name < self.current or p.name in self.snapshots else Period(p.name, p.pv) for p in periods], phased.budget)
        except EarnedValueError as found:
            indices, problem = [], str(found)
        if now is not None and not any(each.name == now.name for each in indices):
            indices.append(now)
        packages = self.package_values(phased)
        return EarnedValue(phased.budget, periods, tuple(indices), now, packages, frozenset(self.snapshots), bool(self.baseline), problem, self.current)

    @cached_property
    def ends(self) -> list[datetime]:
        """The ends of the months from the first planned work to the last, or to now."""
        dates = [self.planned_dates(row) for row in self.leaves]
        first = min(start for start, _finish in dates).astimezone(self.zone).date().replace(day=1)
        last = max(max(finish for _start, finish in dates), self.now).astimezone(self.zone).date()
        ends = []
        while first <= last:
            first = (first + timedelta(days=32)).replace(day=1)
            ends.append(datetime.combine(first, datetime.min.time(), self.zone))
        return ends

    @cached_property
    def names(self) -> list[str]:
        """The months as the cost lines name them."""
        return [f"{end - timedelta(days=1):%Y-%m}" for end in self.ends]

    @cached_property
    def minute(self) -> Callable[[datetime], int]:
        """What turns a moment into working minutes on the calendar's axis."""
        moments = [m for row in self.leaves for m in (*self.planned_dates(row), row["actual_start"], row["actual_finish"], self.now) if m]
        return self.given.axis(min(moments).date() - timedelta(days=40), max(*moments, self.ends[-1]).date() + timedelta(days=40))

    def planned_dates(self, row: Mapping[str, Any]) -> tuple[datetime, datetime]:
        """Of the baseline; of the plan where the baseline does not know the task."""
        start, finish = self.baseline.get(row["pk"], (None, None))
        return (start, finish) if start and finish else (row["start"], row["finish"])

    def planned_work(self, row: Mapping[str, Any], budget: Decimal) -> PlannedWork[int]:
        start, finish = (self.minute(moment) for moment in self.planned_dates(row))
        is_done = row["percent"] >= 100
        begun = row["actual_start"] or (row["start"] if row["percent"] else None)
        ended = (row["actual_finish"] or row["finish"]) if is_done else None
        moments = [None if each is None else min(self.minute(each), self.minute(self.now)) for each in (begun, ended)]
        return PlannedWork(row["pk"], self.package_over(row["pk"]), budget, start, finish, Decimal(row["percent"]), *moments)

    def above(self, pk: int | None) -> Iterable[int]:
        """A task and everything it is a part of, nearest first."""
        walked: set[int] = set()
        while pk is not None and pk in self.tasks and pk not in walked:
            yield pk
            walked.add(pk)
            pk = self.tasks[pk]["parent_id"]

    def package_over(self, pk: int | None) -> int:
        return next((self.package_of_task[each] for each in self.above(pk) if each in self.package_of_task), rest)

    @cached_property
    def leaves_below(self) -> dict[int, list[Mapping[str, Any]]]:
        below: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for row in self.leaves:
            for pk in self.above(row["pk"]):
                below[pk].append(row)
        return below

    def budgets(self) -> dict[int, Decimal]:
        """The budget of every piece of work: its own planned lines and its share of what is planned above it; a package's own budget wins."""
        budgets: dict[int, Decimal] = {row["pk"]: zero for row in self.leaves}
        for task, total in self.given.planned:
            self._share(budgets, (self.leaves_below.get(task) if task is not None else None) or self.leaves, total)
        for package in sorted(self.packages, key=lambda each: -len(list(self.above(each.task)))):
            if package.budget is not None:
                mine = [row for row in self.leaves_below.get(package.task, []) if self.package_over(row["pk"]) == package.key]
                budgets.update(dict.fromkeys((row["pk"] for row in mine), zero))
                self._share(budgets, mine, package.budget)
        return budgets

    @staticmethod
    def _share(budgets: dict[int, Decimal], rows: Sequence[Mapping[str, Any]], amount: Decimal) -> None:
        for row, part in zip(rows, apportioned(amount, [max(row["duration_minutes"], 1) for row in rows]), strict=True):
            budgets[row["pk"]] += part

    def work_packages(self) -> list[WorkPackage[int]]:
        found: list[WorkPackage[int]] = [WorkPackage(rest)]
        for package in self.packages:
            reached = tuple((weight, self.reached(milestone)) for weight, milestone in package.milestones)
            found.append(WorkPackage(package.key, package.method, reached, package.units_done, package.units_planned))
        return found

    def reached(self, milestone: int) -> int | None:
        row = self.tasks.get(milestone)
        if row is None or row["percent"] < 100:
            return None
        return min(self.minute(row["actual_finish"] or row["finish"] or self.now), self.minute(self.now))

    @cached_property
    def costs(self) -> list[tuple[int, int | None, str, Decimal]]:
        """Posted actual costs: package, task, period, amount."""
        return [(self.package_over(task), task, period, total) for task, period, total in self.given.spent]

    def spent(self, until: str, package: int | None = None) -> Decimal:
        return sum((total for of, _task, period, total in self.costs if period <= until and package in (None, of)), zero)

    @property
    def current(self) -> str:
        return f"{self.now.astimezone(self.zone):%Y-%m}"

    def periods(self, phased: Phased[int]) -> tuple[Period, ...]:
        """Every month; what is frozen stands as it was kept, the running month as it is now."""
        planned, earned = phased.total_planned(), phased.total_earned()
        ev_now = sum((each.ev for each in phased.packages.values()), zero)
        out = []
        for number, name in enumerate(self.names):
            kept = self.snapshots.get(name)
            if kept is not None:
                out.append(kept)
            elif name <= self.current:
                ev = earned[number] if number < len(earned) else ev_now
                out.append(Period(name, planned[number], ev, self.spent(name)))
            else:
                out.append(Period(name, planned[number]))
        return tuple(out)

    def standing(self, phased: Phased[int]) -> Indices | None:
        """The project now: planned value of this very moment, the running month counted by the working time that has passed."""
        pv, ev = (sum((getattr(each, name) for each in phased.packages.values()), zero) for name in ("pv", "ev"))
        place = self.names.index(self.current) if self.current in self.names else len(self.names) - 1
        begin = self.minute(self.ends[place - 1] if place else datetime.combine(date.fromisoformat(self.names[0] + "-01"), datetime.min.time(), self.zone))
        length = self.minute(self.ends[place]) - begin
        gone = min(max(self.minute(self.now) - begin, 0), length)
        at = place + (Decimal(gone) / Decimal(length) if length else zero)
        if at <= 0:
            return None
        now = Period(self.current, pv, ev, self.spent(self.current))
        return standing(phased.total_planned(), at, now, phased.budget)

    def package_values(self, phased: Phased[int]) -> tuple[PackageValue, ...]:
        """Packages with a budget or a cost, and the rest of the project."""
        shown = [(each.key, each.code, each.name, each.method_name) for each in self.packages]
        shown.append((rest, "–", self.given.others, self.given.physical))
        out = []
        for key, code, name, method in shown:
            spent = self.spent(self.current, key)
            if not phased.budgets[key] and not spent:
                continue
            value, by_period = phased.packages[key], {}
            for number, period in enumerate(self.names):
                earned = phased.earned[key]
                ev = earned[number] if number < len(earned) else value.ev if period == self.current else None
                by_period[period] = (phased.planned[key][number], ev, self.spent(period, key))
            tasks = tuple(sorted((self.task_value(phased, row) for row in self.leaves if self.package_over(row["pk"]) == key), key=lambda t: (t.sv, t.cv)))
            out.append(PackageValue(key, code, name, method, phased.budgets[key], value.pv, value.ev, spent, tasks, by_period))
        return tuple(out)

    def task_value(self, phased: Phased[int], row: Mapping[str, Any]) -> TaskValue:
        value = phased.works[row["pk"]]
        spent = sum((total for _of, task, period, total in self.costs if task == row["pk"] and period <= self.current), zero)
        return TaskValue(row["pk"], row["name"], row["percent"], value.pv, value.ev, spent)


def earned_value(given: Given) -> EarnedValue:
    """Every figure of a project as it stands."""
    return Earning(given).result()
