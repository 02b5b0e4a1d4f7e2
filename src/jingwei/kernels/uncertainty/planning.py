"""A scheduled plan as what can be simulated: what is left of each activity varies, what is done stands.

Everything is counted in working minutes of the plan's first calendar from the plan's start. An activity on another calendar is taken
with the length it has now on that one, and a lag that counts elsewhere likewise, so a plan on one calendar is exact: without spread it
ends when the schedule says.
Constraints that hold a start back are kept; those that forbid lateness (no later than, deadlines) do not hold reality back and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from jingwei.kernels.calendar import moment_of, wall_minute
from jingwei.kernels.network import LAG_ELAPSED, LAG_IN_SUCCESSOR_CALENDAR, Constraint, LinkType
from jingwei.kernels.plan import PlanDates
from jingwei.kernels.uncertainty.model import RiskEvent, Spread, SpreadName, UncertainActivity, UncertainLink, UncertaintyError
from jingwei.kernels.uncertainty.results import Simulation
from jingwei.kernels.uncertainty.simulation import simulate
from jingwei.kernels.worktime import CompiledCalendar, HorizonError, compile_calendar

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
    """The plan as activities and links; `origin` is the wall minute that working minute 0 stands for."""

    activities: tuple[UncertainActivity, ...]
    links: tuple[UncertainLink, ...]
    calendar: CompiledCalendar
    origin: int
    zone: str
    helpers: frozenset[Hashable]

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
        """Simulate it; see `simulate`."""
        found = simulate(self.activities, self.links, runs=runs, seed=seed, groups=groups, risks=risks, threads=threads, progress=progress)
        shown = tuple(key for key in found.keys if key not in self.helpers)
        return replace(found, keys=shown, criticality={k: found.criticality[k] for k in shown}, correlation={k: found.correlation[k] for k in shown})

    def moment(self, minutes: int) -> datetime:
        """The aware moment at which that much working time has passed. Raises HorizonError when it lies beyond the calendar."""
        begun = int(self.calendar.work_at(self.origin))
        wall = self.calendar.wall_finish(begun + minutes) if minutes else self.calendar.wall_start(begun)
        return moment_of(int(wall), self.zone)

    def minutes(self, moment: datetime) -> int:
        """Working minutes from the plan's start to a moment."""
        return int(self.calendar.minutes_between(self.origin, wall_minute(moment, self.zone)))


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

    def work(self, wall: int) -> int:
        """Working minutes from the origin to a wall minute."""
        return max(0, int(self.calendar.work_at(int(wall))) - self.zero)

    def model(self) -> PlanModel:
        from jingwei.kernels import network_passes as passes

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
        return PlanModel(tuple(rows), tuple(links), self.calendar, self.origin, self.plan.network.zone, frozenset(helpers))

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
            begun, ended = self.work(acts.actual_start[place]), self.work(self.dates.early_finish[i])
            fixed, rate = self.costs.get(name, (0.0, 0.0))
            return UncertainActivity(name, Spread.fixed(ended - begun), earliest=begun, cost_fixed=fixed + rate * duration)
        done = max(duration - left, 0) if state in (passes.STARTED, passes.ASSUMED) else 0
        if state not in (passes.STARTED, passes.ASSUMED):
            left = duration
        start, finish = int(self.dates.early_start[i]), int(self.dates.early_finish[i])
        if state in (passes.WAITING, passes.ASSUMED):
            # The origin is earlier than the project start where something is fixed there; the rest still waits for it.
            self.hold(place, self.work(min(self.dates.rules.project_start, start)))
        if state == passes.WAITING and self.data_date >= 0:
            self.hold(place, self.work(self.data_date))
        if state == passes.STARTED:
            self.hold(place, self.work(self.resumed(place, done, left)))
        if state == passes.MANUAL:
            self.hold(place, self.work(acts.manual_start[place]))
        if int(acts.not_before[place]) >= 0 and state != passes.MANUAL:
            self.hold(place, self.work(acts.not_before[place]))
        at = int(acts.constraint_at[place])
        if at >= 0 and state in (passes.WAITING, passes.ASSUMED):
            if int(acts.constraint[place]) in _starts_late:
                self.hold(place, self.work(at))
            elif int(acts.constraint[place]) in _ends_late:
                self.hold(place, max(0, self.work(at) - duration))
        elif at >= 0 and state == passes.STARTED and int(acts.constraint[place]) in _ends_late:
            self.hold(place, max(0, self.work(at) - left))
        is_started = state == passes.STARTED
        stretch = self.stretch(place, start, finish, left if is_started else duration, is_started)
        passed = 0.0
        if state == passes.ASSUMED:  # what is done, and the wait if the data date holds what is left
            passed = max(self.work(finish) - self.work(start) - left * stretch, 0.0)
        spread = self.spread_of(name, duration, left, stretch, passed)
        fixed, rate = self.costs.get(name, (0.0, 0.0))
        if is_started:
            fixed += rate * done
        return UncertainActivity(name, spread, earliest=self.earliest.get(place), group=self.groups.get(name), cost_fixed=fixed, cost_per_minute=rate / stretch)

    def resumed(self, place: int, done: int, left: int) -> int:
        """The wall minute before which what is left of started work cannot go on: the data date, or the end of what is done."""
        begun = int(self.acts.actual_start[place])
        if self.data_date >= 0 and left > 0:
            return max(self.data_date, begun)
        own = self.calendars[int(self.acts.calendar[place])]
        return own.wall_finish(own.work_at(begun) + done) if done else begun

    def stretch(self, place: int, start: int, finish: int, minutes: int, is_started: bool) -> float:
        """Minutes of the first calendar for one of the activity's own; of started work, where what is left of it lies."""
        if int(self.acts.calendar[place]) == 0 or minutes <= 0 or start < 0:
            return 1.0
        if is_started:
            own = self.calendars[int(self.acts.calendar[place])]
            start = int(own.wall_start(int(own.work_at(finish)) - minutes))
        return max(1, self.work(finish) - self.work(start)) / minutes

    def spread_of(self, name: Hashable, duration: int, left: int, stretch: float, passed: float) -> Spread:
        """The spread of what is left, after `passed` minutes that are certain, in minutes of the first calendar."""
        spread = self.spreads.get(name) or self.default.of(duration)
        spread.check(name)
        if duration <= 0 or left <= 0:
            return Spread.fixed(round(passed))
        share = left / duration * stretch
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
        found: dict[tuple[Hashable, str], UncertainLink] = {}
        for e in range(int(links.first[place]), int(links.first[place + 1])):
            before = int(links.predecessor[e])
            if before not in names:
                continue
            kind = LinkType(int(links.type[e]))
            lag = self.lag_of(e, place, self.dates.early_finish if kind in (LinkType.FS, LinkType.FF) else self.dates.early_start)
            if int(acts.state[before]) == passes.STARTED and kind in (LinkType.SS, LinkType.SF):
                if kind is LinkType.SS:
                    self.hold(place, max(0, self.work(acts.actual_start[before]) + lag))
                continue
            link = UncertainLink(names[before], name, kind.name, lag)  # type: ignore[arg-type]
            known = found.get((link.predecessor, link.type))
            if known is None or known.lag < lag:
                found[link.predecessor, link.type] = link
        return list(found.values())

    def lag_of(self, e: int, place: int, ends: Any) -> int:
        """A lag in minutes of the first calendar, as long as it is where the plan has it now; `ends` are the dates it is counted from."""
        links = self.net.links
        lag, number = int(links.lag[e]), int(links.lag_calendar[e])
        if number == LAG_IN_SUCCESSOR_CALENDAR:
            number = int(self.acts.calendar[place])
        if not lag or number == 0:
            return lag
        wall = int(ends[self.net.order[links.predecessor[e]]])
        try:
            if number == LAG_ELAPSED:
                return int(self.calendar.minutes_between(wall, wall + lag))
            counted = self.calendars[number]
            work = int(counted.work_at(wall)) + lag
            return int(self.calendar.minutes_between(wall, counted.wall_finish(work) if lag > 0 else counted.wall_start(work)))
        except HorizonError:  # back before the calendars begin: nothing lies there
            return lag


__all__ = ["DefaultSpread", "HorizonError", "PlanModel", "UncertaintyError", "plan_model"]
