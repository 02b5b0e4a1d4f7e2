"""A scheduled plan as what can be simulated: what is left of each activity varies, what is done stands.

A plan on one calendar is counted in its working minutes from the plan's start; one on several by the clock, each activity and lag working by
its own calendar. Either way it ends, without spread, when the schedule says.
Constraints that hold a start back are kept; those that forbid lateness (no later than, deadlines) do not hold reality back and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from jingwei.kernels.calendar.compiled import CompiledCalendar, HorizonError, calendar_table, compile_calendar
from jingwei.kernels.calendar.stated import moment_of, wall_minute
from jingwei.kernels.network.critical_path import LAG_ELAPSED, LAG_IN_SUCCESSOR_CALENDAR, Constraint, LinkType
from jingwei.kernels.plan.plan import PlanDates
from jingwei.kernels.uncertainty.buffers import ChainEstimate, estimate_chain
from jingwei.kernels.uncertainty.model import BY_THE_CLOCK, RiskEvent, Spread, SpreadName, UncertainActivity, UncertainLink, UncertaintyError
from jingwei.kernels.uncertainty.results import Simulation
from jingwei.kernels.uncertainty.simulation import simulate

if TYPE_CHECKING:  # it imports numba, which takes half a second
    from jingwei.kernels.calendar.passes import CalendarTable

_starts_late = (int(Constraint.SNET), int(Constraint.MSO))
_ends_late = (int(Constraint.FNET), int(Constraint.MFO))
_pinned = (int(Constraint.MSO), int(Constraint.MFO))


@dataclass(frozen=True, slots=True)
class DefaultSpread:
    """How durations vary that nobody has estimated: per cent of the likely one, at the low and at the high end."""

    low_percent: float = 90.0
    high_percent: float = 130.0
    kind: SpreadName = "pert"

    def of(self, minutes: float) -> Spread:
        """The spread around a likely duration."""
        if minutes <= 0:
            return Spread.fixed(0)
        return Spread(self.kind, minutes * self.low_percent / 100, minutes, minutes * self.high_percent / 100)


@dataclass(frozen=True)
class PlanModel:
    """The plan as activities and links. `origin` is the wall minute that position 0 stands for; positions are minutes from there, working ones of
    `calendar`, or minutes by the clock when the plan has several calendars (`calendars`)."""

    activities: tuple[UncertainActivity, ...]
    links: tuple[UncertainLink, ...]
    calendar: CompiledCalendar
    origin: int
    zone: str
    helpers: frozenset[Hashable]
    calendars: CalendarTable | None = None

    def run(
        self,
        *,
        runs: int = 10_000,
        seed: int = 1,
        groups: Mapping[str, float] | None = None,
        risks: Sequence[RiskEvent] = (),
        threads: int | None = None,
        progress: Callable[[float], bool] | None = None,
    ) -> Simulation:
        """Simulate it; see `simulate`. Raises HorizonError when a run ends later than the calendars reach (four times the plan's own length)."""
        table = self.calendars._replace(overflow=np.zeros(2, np.int64)) if self.calendars else None
        found = simulate(
            self.activities, self.links, runs=runs, seed=seed, groups=groups, risks=risks, threads=threads, progress=progress,
            calendars=table, origin=self.origin if table else 0,
        )  # fmt: skip
        if table is not None and table.overflow[1]:
            raise HorizonError("a run ends later than the calendars reach: is an estimate far too long?")
        shown = tuple(key for key in found.keys if key not in self.helpers)
        return replace(found, keys=shown, criticality={k: found.criticality[k] for k in shown}, correlation={k: found.correlation[k] for k in shown})

    def moment(self, position: int) -> datetime:
        """The aware moment of a position. Raises HorizonError when it lies beyond the calendar."""
        if self.calendars:
            return moment_of(self.origin + position, self.zone)
        begun = int(self.calendar.work_at(self.origin))
        wall = self.calendar.wall_finish(begun + position) if position else self.calendar.wall_start(begun)
        return moment_of(int(wall), self.zone)

    def minutes(self, moment: datetime) -> int:
        """The position of a moment."""
        wall = wall_minute(moment, self.zone)
        return wall - self.origin if self.calendars else int(self.calendar.minutes_between(self.origin, wall))

    def chain_estimate(self, chain: Sequence[Hashable]) -> ChainEstimate:
        """PERT and the critical-chain buffer of activities one after another (the longest path); working minutes of what is left."""
        spreads = {each.key: each.duration for each in self.activities}
        return estimate_chain([spreads[key] for key in chain if key in spreads and not spreads[key].is_certain])

    def working(self, position: int) -> int:
        """Working minutes of the plan's first calendar from its start to a position: what buffers are counted in."""
        return int(self.calendar.minutes_between(self.origin, self.origin + position)) if self.calendars else position


def plan_model(
    plan: PlanDates[Any],
    spreads: Mapping[Any, Spread] | None = None,
    default: DefaultSpread | None = None,
    *,
    groups: Mapping[Any, str] | None = None,
    costs: Mapping[Any, tuple[float, float]] | None = None,
) -> PlanModel:
    """Take a scheduled plan apart. `spreads` are of whole durations in working minutes; `costs` = (fixed, per working minute) by key.

    Of work under way the spread shrinks with what is left of it; what is done costs its minutes. Raises UncertaintyError for an estimate that cannot be.
    """
    return _Taking(plan, spreads or {}, default or DefaultSpread(), groups or {}, costs or {}).model()


class _Taking:
    """The work of `plan_model`, with what every step needs."""

    def __init__(
        self, plan: PlanDates[Any], spreads: Mapping[Any, Spread], default: DefaultSpread, groups: Mapping[Any, str], costs: Mapping[Any, tuple[float, float]]
    ) -> None:
        self.plan, self.spreads, self.default, self.groups, self.costs = plan, spreads, default, groups, costs
        self.net, self.dates = plan.network.compiled, plan.dates
        self.acts = self.net.activities
        rules = self.dates.rules
        known = self.dates.early_start[self.dates.early_start >= 0]
        self.origin = min(int(known.min()), rules.project_start) if known.size else rules.project_start
        self.data_date = rules.data_date
        first, last = self.net.horizon
        span = last - first
        reach = last + max(span, timedelta(days=366)) * 3  # a run may end far later than the plan
        self.calendars = [compile_calendar(calendar, first, reach, plan.network.zone) for calendar in self.net.calendars]
        self.calendar = self.calendars[0]
        self.zero = int(self.calendar.work_at(self.origin))
        links = self.net.links
        elsewhere = (links.lag != 0) & (links.lag_calendar != 0) & (links.lag_calendar != LAG_IN_SUCCESSOR_CALENDAR)
        is_told = (np.asarray(self.net.order) < len(plan.network.keys)) | (self.acts.duration > 0)  # what only gathers has no time of its own
        self.is_by_calendar = bool(((self.acts.calendar != 0) & is_told).any() or elsewhere.any())
        self.table = calendar_table(tuple(self.net.calendars), first, reach, plan.network.zone) if self.is_by_calendar else None

    def position(self, wall: int) -> int:
        """The position of a wall minute; none lies before the plan's start."""
        return max(int(wall), self.origin) if self.is_by_calendar else max(0, int(self.calendar.work_at(int(wall))) - self.zero)

    def work_between(self, number: int, start: int, finish: int) -> int:
        """Working minutes of an activity's calendar between two wall minutes."""
        own = self.calendars[int(self.acts.calendar[number])]
        return int(own.work_at(finish) - own.work_at(start))

    def model(self) -> PlanModel:
        from jingwei.kernels.network import passes

        keys = self.plan.network.keys
        count = len(keys)
        self.earliest: dict[int, int] = {}
        rows: list[UncertainActivity] = []
        links: list[UncertainLink] = []
        helpers = set()
        names: dict[int, Hashable] = {}
        for place in range(self.net.count):
            i = int(self.net.order[place])
            if self.acts.state[place] == passes.INACTIVE or (i < count and self.plan.network.is_summary[i]):
                continue
            names[place] = keys[i] if i < count else ("helper", i)
            if i >= count:
                helpers.add(names[place])
        for place, name in names.items():
            links += self.links_into(place, name, names, passes)
        for place, name in names.items():
            rows.append(self.activity(place, name, passes))
        return PlanModel(tuple(rows), tuple(links), self.calendar, self.origin, self.plan.network.zone, frozenset(helpers), self.table)

    def hold(self, place: int, minutes: int) -> None:
        self.earliest[place] = max(self.earliest.get(place, 0), minutes)

    def is_over(self, place: int, passes: Any) -> bool:
        """Finished, or begun with nothing left to do."""
        state = int(self.acts.state[place])
        return state == passes.FINISHED or (state == passes.STARTED and int(self.acts.remaining[place]) <= 0)

    def activity(self, place: int, name: Hashable, passes: Any) -> UncertainActivity:
        """One activity with its spread and everything that holds its start back; what links hold is in `earliest` by now."""
        i, acts = int(self.net.order[place]), self.acts
        state, duration, left = int(acts.state[place]), int(acts.duration[place]), int(acts.remaining[place])
        if self.is_over(place, passes):  # nothing is left: nothing binds it any more and nothing varies
            begun, ended = self.position(acts.actual_start[place]), self.position(self.dates.early_finish[i])
            fixed, rate = self.costs.get(name, (0.0, 0.0))
            return UncertainActivity(name, Spread.fixed(ended - begun), BY_THE_CLOCK, begun, cost_fixed=fixed + rate * duration)
        done = max(duration - left, 0) if state in (passes.STARTED, passes.ASSUMED) else 0
        if state not in (passes.STARTED, passes.ASSUMED):
            left = duration
        start, finish = int(self.dates.early_start[i]), int(self.dates.early_finish[i])
        if state in (passes.WAITING, passes.ASSUMED):
            # The origin is earlier than the project start where something is fixed there; the rest still waits for it.
            self.hold(place, self.position(min(self.dates.rules.project_start, start)))
        if state == passes.WAITING and self.data_date >= 0:
            self.hold(place, self.position(self.data_date))
        if state == passes.STARTED:
            self.hold(place, self.position(self.resumed(place, done, left)))
        if state == passes.MANUAL:
            self.hold(place, self.position(acts.manual_start[place]))
        if int(acts.not_before[place]) >= 0 and state != passes.MANUAL:
            self.hold(place, self.position(acts.not_before[place]))
        at, kind, ends = int(acts.constraint_at[place]), int(acts.constraint[place]), None
        if at >= 0 and state in (passes.WAITING, passes.ASSUMED) and kind in _starts_late:
            self.hold(place, self.position(at))
        elif at >= 0 and state in (passes.WAITING, passes.ASSUMED, passes.STARTED) and kind in _ends_late:
            ends = self.position(at)
        passed = 0
        if state == passes.ASSUMED:  # what is done, and the wait if the data date holds what is left
            passed = max(self.work_between(place, start, finish) - left, 0)
        fixed, rate = self.costs.get(name, (0.0, 0.0))
        return UncertainActivity(
            name, self.spread_of(name, duration, left, passed), int(acts.calendar[place]), self.earliest.get(place), self.groups.get(name),
            fixed + rate * done if state == passes.STARTED else fixed, rate, ends,
        )  # fmt: skip

    def resumed(self, place: int, done: int, left: int) -> int:
        """The wall minute before which what is left of started work cannot go on: the data date, or the end of what is done."""
        begun = int(self.acts.actual_start[place])
        if self.data_date >= 0 and left > 0:
            return max(self.data_date, begun)
        own = self.calendars[int(self.acts.calendar[place])]
        return own.wall_finish(own.work_at(begun) + done) if done else begun

    def spread_of(self, name: Hashable, duration: int, left: int, passed: int) -> Spread:
        """The spread of what is left, after `passed` minutes that are certain."""
        spread = self.spreads.get(name) or self.default.of(duration)
        spread.check(name)
        if duration <= 0 or left <= 0:
            return Spread.fixed(passed)
        share = left / duration
        if spread.is_certain:
            return Spread.fixed(round(passed + spread.likely * share))
        return Spread(spread.kind, passed + spread.low * share, passed + spread.likely * share, passed + spread.high * share)

    def links_into(self, place: int, name: Hashable, names: Mapping[int, Hashable], passes: Any) -> list[UncertainLink]:
        """The links that still bind; a start that lies in the past is a date and no link any more."""
        acts, links = self.acts, self.net.links
        state = int(acts.state[place])
        is_free = self.is_over(place, passes) or state == passes.MANUAL or (state == passes.STARTED and self.dates.rules.logic != "retained")
        if is_free or (int(acts.constraint[place]) in _pinned and int(acts.constraint_at[place]) >= 0 and self.dates.rules.honours_constraints):
            return []
        found: dict[tuple[Hashable, str, int], UncertainLink] = {}
        for e in range(int(links.first[place]), int(links.first[place + 1])):
            before = int(links.predecessor[e])
            if before not in names:
                continue
            kind = LinkType(int(links.type[e]))
            lag, counted = int(links.lag[e]), self.lag_calendar(e, place)
            if int(acts.state[before]) == passes.STARTED and kind in (LinkType.SS, LinkType.SF):
                if kind is LinkType.SS:
                    self.hold(place, self.lagged(int(acts.actual_start[before]), lag, counted))
                continue
            link = UncertainLink(names[before], name, kind.name, lag, counted)  # type: ignore[arg-type]
            known = found.get((link.predecessor, link.type, counted))
            if known is None or known.lag < lag:
                found[link.predecessor, link.type, counted] = link
        return list(found.values())

    def lag_calendar(self, e: int, place: int) -> int:
        """The calendar that counts the lag of a link into an activity."""
        number = int(self.net.links.lag_calendar[e])
        return int(self.acts.calendar[place]) if number == LAG_IN_SUCCESSOR_CALENDAR else number

    def lagged(self, wall: int, lag: int, counted: int) -> int:
        """The position so much later than a wall minute, or earlier, on the calendar that counts the lag."""
        if not self.is_by_calendar:
            return max(0, self.position(wall) + lag)
        if not lag or counted == LAG_ELAPSED:
            return self.position(wall + lag)
        own = self.calendars[counted]
        try:
            work = int(own.work_at(wall)) + lag
            return self.position(own.wall_finish(work) if lag > 0 else own.wall_start(work))
        except HorizonError:  # back before the calendars begin: nothing lies there
            return self.origin


__all__ = ["DefaultSpread", "HorizonError", "PlanModel", "UncertaintyError", "plan_model"]
