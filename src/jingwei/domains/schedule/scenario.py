"""A what-if beside the plan: both calculated from the same data, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from jingwei.domains.schedule import additions, network, troubles
from jingwei.domains.schedule.additions import Added, Changes
from jingwei.frame.models import Project
from jingwei.kernels.calendar.stated import CalendarError
from jingwei.kernels.plan.plan import Dependency, PlanDates, PlanError


@dataclass(frozen=True)
class Side:
    """One of the two plans: its finish, how many tasks are critical, the least float, and the milestones behind their deadlines."""

    finish: datetime
    critical: int
    least_float_minutes: int
    endangered: frozenset[int]
    dates: PlanDates[int]


@dataclass(frozen=True)
class Comparison:
    """The plan as it is and as it would be. `moved` = tasks whose dates differ, those that move most first; `added` = those that are not there yet."""

    now: Side
    then: Side
    rows: dict[int, dict[str, Any]]
    moved: tuple[int, ...]
    added: tuple[Added, ...] = ()

    @property
    def milestones(self) -> list[tuple[dict[str, Any], datetime | None, datetime | None, bool]]:
        """Open milestones: the row, its finish now and then, whether it is endangered then."""
        open_ones = [pk for pk, row in self.rows.items() if row["is_milestone"] and row["percent"] < 100]
        found = [(self.rows[pk], self.now.dates[pk].finish, self.then.dates[pk].finish, pk in self.then.endangered) for pk in open_ones]
        return sorted(found, key=lambda each: (each[1] is None, each[1]))


def compare(project: Project, changes: Changes) -> Comparison:
    """Calculate both. Raises ValidationError when a plan cannot be calculated."""
    loaded = network.load(project)
    changed, links = dict(loaded.activities), list(loaded.links)
    for pk, values in additions.of_tasks(changes).items():
        if pk in changed:
            changed[pk] = replace(changed[pk], **_values(values, changed[pk].not_before))
    new = additions.added(changes)
    for each in new:
        changed[each.activity_key] = network.new_activity(loaded, each)
        links += network.new_links(loaded, each)
    try:
        now, then = _side(loaded, loaded.activities, loaded.links), _side(loaded, changed, links)
    except (PlanError, CalendarError) as problem:
        raise ValidationError(troubles.in_words(problem, loaded.rows | {each.activity_key: {"name": each.name, "code": ""} for each in new})) from problem
    moved = [pk for pk in loaded.rows if (now.dates[pk].start, now.dates[pk].finish) != (then.dates[pk].start, then.dates[pk].finish)]
    shifted = tuple(sorted(moved, key=lambda pk: -_shift(now.dates[pk].finish, then.dates[pk].finish)))
    return Comparison(now, then, loaded.rows, shifted, tuple(_placed(each, then) for each in new))


def _placed(new: Added, then: Side) -> Added:
    dates = then.dates[new.activity_key]
    return replace(new, start=dates.start, finish=dates.finish, is_critical=dates.is_critical)


def _shift(before: datetime | None, after: datetime | None) -> float:
    return abs((after - before).total_seconds()) if before and after else 0.0


def _values(values: Mapping[str, Any], held: datetime | None) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if values.get("duration_minutes") is not None:
        out["duration_minutes"] = int(values["duration_minutes"])
    if (moment := additions.not_before(values)) is not None:
        out["not_before"] = max(moment, held) if held else moment
    return out


def _side(loaded: network.Loaded, activities: Mapping[int, Any], links: list[Dependency[int]]) -> Side:
    dates = network.calculate_with(loaded, activities, links)
    work = [row for row in dates.values() if not row.is_summary and row.start is not None and row.percent < 100]
    late = {
        pk for pk, row in loaded.rows.items()
        if row["is_milestone"] and row["deadline"] and row["percent"] < 100 and (finish := dates[pk].finish) is not None and finish > row["deadline"]
    }  # fmt: skip
    least = min((row.total_float_minutes for row in work), default=0)
    return Side(dates.finish, sum(row.is_critical for row in work), least, frozenset(late), dates)
