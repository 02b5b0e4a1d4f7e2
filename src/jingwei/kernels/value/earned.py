"""Earned value and earned schedule: every index and forecast of a series of cumulative periods, and how progress earns value.

Formulas: PMI, The Standard for Earned Value Management (2019) and its forerunner the Practice Standard; earned schedule by Lipke
("Schedule is Different", 2003) and Lipke & Henderson (2006). Money is Decimal and exact; ratios are Decimal to 28 digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Ratio = Decimal | None
Method = Literal["0/100", "50/50", "weighted_milestones", "physical", "units", "level_of_effort"]
methods: tuple[Method, ...] = ("0/100", "50/50", "weighted_milestones", "physical", "units", "level_of_effort")
zero, one = Decimal(0), Decimal(1)


class EarnedValueError(ValueError):
    """A figure that cannot be; `place` names the period and column, `mend` says what to do."""

    def __init__(self, place: str, mend: str) -> None:
        super().__init__(f"{place}: {mend}")
        self.place, self.mend = place, mend


@dataclass(frozen=True, slots=True)
class Period:
    """Cumulative figures at the end of a period. A period still to come has its planned value only."""

    name: str
    pv: Decimal
    ev: Decimal | None = None
    ac: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Indices:
    """All figures at the end of one period. Money as given, times in periods; None where a divisor is zero."""

    name: str
    at: Decimal
    pv: Decimal
    ev: Decimal
    ac: Decimal
    bac: Decimal
    cv: Decimal
    sv: Decimal
    cv_percent: Ratio
    sv_percent: Ratio
    cpi: Ratio
    spi: Ratio
    csi: Ratio
    percent_planned: Ratio
    percent_complete: Ratio
    percent_spent: Ratio
    eac_remaining_as_planned: Decimal
    eac_cpi: Ratio
    eac_cpi_spi: Ratio
    eac_recent_cpi: Ratio
    etc_cpi: Ratio
    vac_cpi: Ratio
    tcpi_bac: Ratio
    tcpi_eac: Ratio
    es: Decimal
    sv_t: Decimal
    spi_t: Ratio
    sv_t_percent: Ratio
    ieac_t: Ratio
    ieac_t_remaining_as_planned: Decimal
    vac_t: Ratio
    tspi_planned: Ratio


def _over(top: Decimal | None, bottom: Decimal | None) -> Ratio:
    return None if top is None or bottom is None or bottom == 0 else top / bottom


def checked(periods: Sequence[Period], bac: Decimal) -> None:
    """Refuse what cannot be: falling cumulative figures, actuals after a gap, a plan above the budget."""
    if bac <= 0:
        raise EarnedValueError("bac", "the budget at completion must be above zero")
    before: Period | None = None
    for period in periods:
        for column in ("pv", "ev", "ac"):
            value, last = getattr(period, column), getattr(before, column) if before else None
            if value is not None and (not value.is_finite() or value < 0):
                raise EarnedValueError(f"{period.name} {column}", "must be a number of zero or more")
            if column == "pv" and last is not None and value < last:
                raise EarnedValueError(f"{period.name} pv", f"cumulative planned value falls from {last} to {value}")
            if column != "pv" and before is not None and last is None and value is not None:
                raise EarnedValueError(f"{period.name} {column}", f"{before.name} before it has none: fill the gap")
        if (period.ev is None) != (period.ac is None):
            raise EarnedValueError(f"{period.name} {'ac' if period.ac is None else 'ev'}", "earned value and actual cost come together")
        if period.pv > bac:
            raise EarnedValueError(f"{period.name} pv", f"planned value {period.pv} is above the budget {bac}")
        if period.ev is not None and period.ev > bac:
            raise EarnedValueError(f"{period.name} ev", f"earned value {period.ev} is above the budget {bac}")
        before = period


def earned_schedule(ev: Decimal, planned: Sequence[Decimal]) -> Decimal:
    """The time, in periods, at which `ev` was to be earned: C + (EV - PV_C) / (PV_C+1 - PV_C); `planned` is cumulative by period end.

    C is the last period whose planned value is not above the earned value; on a flat stretch that is its first end, because
    the value was due then. At or above the whole plan it is the period in which the plan ends.
    """
    if not planned or ev <= 0:
        return zero
    if ev >= planned[-1]:
        return Decimal(1 + next(i for i, value in enumerate(planned) if value >= planned[-1]))
    count = sum(1 for value in planned if value <= ev)
    base = planned[count - 1] if count else zero
    if base == ev:  # a flat stretch: due at its first end
        return Decimal(1 + next(i for i, value in enumerate(planned) if value == ev))
    return count + (ev - base) / (planned[count] - base)


def analyse(periods: Sequence[Period], bac: Decimal, planned_periods: Decimal | None = None) -> list[Indices]:
    """Every period that has actuals. `planned_periods` (PD) is the period in which the plan reaches its end unless given.

    Raises EarnedValueError naming the period and column.
    """
    checked(periods, bac)
    planned = [period.pv for period in periods]
    duration = planned_periods if planned_periods is not None else earned_schedule(bac, planned)
    out: list[Indices] = []
    for number, period in enumerate(periods, 1):
        if period.ev is not None and period.ac is not None:
            out.append(standing(planned, Decimal(number), period, bac, duration, _recent_cpi(periods, number)))
    return out


def standing(planned: Sequence[Decimal], at: Decimal, now: Period, bac: Decimal, planned_periods: Decimal | None = None, recent_cpi: Ratio = None) -> Indices:
    """All figures at one moment, also within a period: `planned` is cumulative by period end, `at` the periods gone by (2.5 = half of the third).

    `now` has the planned, earned and actual figures of that moment. Raises EarnedValueError when it has no actuals.
    """
    if now.ev is None or now.ac is None or at <= 0:
        raise EarnedValueError(now.name, "earned value and actual cost are needed, some time after the start")
    duration = planned_periods if planned_periods is not None else earned_schedule(bac, planned)
    return _indices(now.name, at, now.pv, now.ev, now.ac, bac, planned, duration, recent_cpi)


def _indices(
    name: str, at: Decimal, pv: Decimal, ev: Decimal, ac: Decimal, bac: Decimal, planned: Sequence[Decimal], duration: Decimal, recent: Ratio
) -> Indices:
    left = bac - ev
    cpi, spi = _over(ev, ac), _over(ev, pv)
    eac = _over(bac, cpi)
    es = earned_schedule(ev, planned)
    spi_t = es / at
    by_time = _over(duration, spi_t)
    return Indices(
        name=name, at=at, pv=pv, ev=ev, ac=ac, bac=bac, cv=ev - ac, sv=ev - pv,
        cv_percent=_over(100 * (ev - ac), ev), sv_percent=_over(100 * (ev - pv), pv), cpi=cpi, spi=spi,
        csi=cpi * spi if cpi is not None and spi is not None else None,
        percent_planned=_over(100 * pv, bac), percent_complete=_over(100 * ev, bac), percent_spent=_over(100 * ac, bac),
        eac_remaining_as_planned=ac + left, eac_cpi=eac,
        eac_cpi_spi=_plus(ac, _over(left, cpi * spi if cpi is not None and spi is not None else None)), eac_recent_cpi=_plus(ac, _over(left, recent)),
        etc_cpi=eac - ac if eac is not None else None, vac_cpi=bac - eac if eac is not None else None,
        tcpi_bac=_over(left, bac - ac), tcpi_eac=_over(left, eac - ac) if eac is not None else None,
        es=es, sv_t=es - at, spi_t=spi_t, sv_t_percent=_over(100 * (es - at), at),
        ieac_t=by_time, ieac_t_remaining_as_planned=at + (duration - es), vac_t=duration - by_time if by_time is not None else None,
        tspi_planned=_over(duration - es, duration - at),
    )  # fmt: skip


def _plus(amount: Decimal, more: Ratio) -> Ratio:
    return None if more is None else amount + more


def _recent_cpi(periods: Sequence[Period], at: int, span: int = 3) -> Ratio:
    """CPI of the last three periods alone."""
    last, first = periods[at - 1], periods[at - 1 - span] if at > span else Period("", zero, zero, zero)
    assert last.ev is not None and last.ac is not None
    return _over(last.ev - (first.ev or zero), last.ac - (first.ac or zero))


def earned(
    method: Method, budget: Decimal, *, percent: Decimal = zero, is_started: bool = False, is_finished: bool = False,
    milestones: Sequence[tuple[Decimal, bool]] = (), units_done: Decimal = zero, units_planned: Decimal = zero, planned_value: Decimal = zero,
) -> Decimal:  # fmt: skip
    """The value a work package has earned, 0 ≤ EV ≤ budget.

    `percent` 0..100 for physical; `milestones` as (weight, reached); level of effort earns what was planned by now.
    """
    match method:
        case "0/100":
            share = one if is_finished else zero
        case "50/50":
            share = one if is_finished else Decimal("0.5") if is_started else zero
        case "weighted_milestones":
            whole = sum((weight for weight, _reached in milestones), zero)
            share = _over(sum((weight for weight, reached in milestones if reached), zero), whole) or zero
        case "physical":
            share = percent / 100
        case "units":
            share = _over(units_done, units_planned) or zero
        case "level_of_effort":
            return min(planned_value, budget)
    return budget * min(max(share, zero), one)
