"""Planned and earned value of a plan by work package and period: budgets spread over baseline dates, progress over actual ones.

Moments are working minutes on one axis; money is Decimal to the cent. Amounts are carried as thousandths of a cent in whole numbers, so a
package's plan ends at its budget exactly and no order of adding changes a figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar

from jingwei.kernels.cents import to_cents
from jingwei.kernels.value.earned import Method

Key = TypeVar("Key", bound=Hashable)
fine = 100_000  # thousandths of a cent in one unit of money


@dataclass(frozen=True, slots=True)
class PlannedWork(Generic[Key]):
    """One piece of work: its budget, when the baseline does it, and how far it is. `percent` 0..100; moments in working minutes, None = never."""

    key: Key
    package: Key
    budget: Decimal
    start: int
    finish: int
    percent: Decimal = Decimal(0)
    actual_start: int | None = None
    actual_finish: int | None = None


@dataclass(frozen=True, slots=True)
class WorkPackage(Generic[Key]):
    """How a package earns. Weighted milestones: (weight, moment reached or None). Units: done and planned."""

    key: Key
    method: Method = "physical"
    milestones: tuple[tuple[Decimal, int | None], ...] = ()
    units_done: Decimal = Decimal(0)
    units_planned: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Value:
    """Planned and earned value at a moment."""

    pv: Decimal
    ev: Decimal


@dataclass(frozen=True)
class Phased(Generic[Key]):
    """Planned value at every period's end by package, earned value at the ends that have passed, and both now, by package and by work."""

    planned: dict[Key, tuple[Decimal, ...]]
    earned: dict[Key, tuple[Decimal, ...]]
    packages: dict[Key, Value]
    works: dict[Key, Value]
    budgets: dict[Key, Decimal]

    def total_planned(self) -> tuple[Decimal, ...]:
        """Of all packages, by period."""
        return tuple(sum(column, Decimal(0)) for column in zip(*self.planned.values(), strict=True))

    def total_earned(self) -> tuple[Decimal, ...]:
        """Of all packages, by period that has passed."""
        return tuple(sum(column, Decimal(0)) for column in zip(*self.earned.values(), strict=True))

    @property
    def budget(self) -> Decimal:
        """Budget at completion."""
        return sum(self.budgets.values(), Decimal(0))


def phase(works: Sequence[PlannedWork[Key]], packages: Sequence[WorkPackage[Key]], ends: Sequence[int], now: int) -> Phased[Key]:
    """Spread every budget over the periods. `ends` rise; what ends after `now` has no earned value yet.

    Raises KeyError for work whose package is not among `packages`.
    """
    known = {package.key: package for package in packages}
    of_package: dict[Key, list[PlannedWork[Key]]] = defaultdict(list)
    for work in works:
        of_package[known[work.package].key].append(work)
    past = [end for end in ends if end <= now]
    planned, earned, by_package, by_work, budgets = {}, {}, {}, {}, {}
    for key, package in known.items():
        mine = of_package[key]
        whole = sum((_fine(work.budget) for work in mine), 0)
        budgets[key] = _money(whole)
        planned[key] = tuple(_money(sum(_planned(work, end) for work in mine)) for end in ends)
        earned[key] = tuple(_money(_earned(package, mine, whole, end, now)) for end in past)
        by_package[key] = Value(_money(sum(_planned(work, now) for work in mine)), _money(_earned(package, mine, whole, now, now)))
        for work in mine:
            by_work[work.key] = Value(_money(_planned(work, now)), _money(_earned_by_work(package, work, now, now)))
    return Phased(planned, earned, by_package, by_work, budgets)


def _fine(amount: Decimal) -> int:
    return int((amount * fine).to_integral_value())


def _money(amount: int) -> Decimal:
    return to_cents(Fraction(amount, fine))


def _part(amount: int, first: int, last: int, at: int) -> int:
    """What of an amount falls before `at` when it is spread evenly from first to last."""
    if at >= last:
        return amount
    return 0 if at <= first else amount * (at - first) // (last - first)


def _planned(work: PlannedWork[Key], at: int) -> int:
    return _part(_fine(work.budget), work.start, work.finish, at)


def _earned(package: WorkPackage[Key], mine: Sequence[PlannedWork[Key]], whole: int, at: int, now: int) -> int:
    if package.method == "weighted_milestones":
        weights = sum((weight for weight, _reached in package.milestones), Decimal(0))
        reached = sum((weight for weight, moment in package.milestones if moment is not None and moment <= at), Decimal(0))
        return int(whole * Fraction(reached) / Fraction(weights)) if weights else 0
    if package.method == "units":
        share = min(Fraction(package.units_done) / Fraction(package.units_planned), Fraction(1)) if package.units_planned else Fraction(0)
        begun = min((work.actual_start for work in mine if work.actual_start is not None), default=now)
        return _part(int(whole * share), begun, now, at) if at < now else int(whole * share)
    return sum(_earned_by_work(package, work, at, now) for work in mine)


def _earned_by_work(package: WorkPackage[Key], work: PlannedWork[Key], at: int, now: int) -> int:
    """Of one piece of work; of packages that earn as a whole, its share of that."""
    amount = _fine(work.budget)
    is_started = work.actual_start is not None and work.actual_start <= at
    is_finished = work.actual_finish is not None and work.actual_finish <= at
    match package.method:
        case "level_of_effort":
            return _planned(work, at)
        case "0/100":
            return amount if is_finished else 0
        case "50/50":
            return amount if is_finished else amount // 2 if is_started else 0
        case "weighted_milestones" | "units":
            return int(amount * Fraction(_earned(package, [work], fine, at, now), fine))
        case _:
            if work.actual_start is None:
                return 0
            last = work.actual_finish if work.actual_finish is not None else now
            share = Fraction(100 if work.actual_finish is not None else min(work.percent, Decimal(100))) / 100
            done = int(amount * share)
            return done if at >= last else _part(done, work.actual_start, last, at)


def apportioned(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """An amount in cents divided by weights, the cents that are left given to the largest remainders; the parts add up exactly."""
    total = sum(weights)
    if not weights:
        return []
    if total <= 0:
        weights, total = [1] * len(weights), len(weights)
    cents = int((amount * 100).to_integral_value())
    sign = -1 if cents < 0 else 1
    parts = [abs(cents) * weight // total for weight in weights]
    rest = abs(cents) - sum(parts)
    for place in sorted(range(len(weights)), key=lambda i: (-(abs(cents) * weights[i] % total), i))[:rest]:
        parts[place] += 1
    return [Decimal(sign * part) / 100 for part in parts]
