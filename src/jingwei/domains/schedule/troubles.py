"""Why a plan cannot be calculated: which task it fails at, and in words what to mend there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.kernels import bounds
from jingwei.kernels.calendar.compiled import HorizonError
from jingwei.kernels.plan.plan import Activity, Dependency, PlanCycleError, PlanDates, PlanError

Activities = Mapping[int, Activity[int]]
Links = list[Dependency[int]]


class LeavesYears(PlanError):
    """The plan reaches beyond the days that can be kept; `key` = the task with which it does so first."""

    def __init__(self, key: int) -> None:
        self.key = key
        super().__init__(f"the dates of {key!r} leave the years that can be planned in")


def calculated(activities: Activities, links: Links, calculate: Callable[[Activities, Links], PlanDates[int]]) -> PlanDates[int]:
    """What `calculate` makes of the plan. Raises LeavesYears when it fits into no calendar, or ends where no date can be kept."""
    try:
        dates = calculate(activities, links)
    except HorizonError as problem:
        raise LeavesYears(_first_too_far(activities, links, calculate)) from problem
    if (key := dates.first_outside(bounds.first_moment, bounds.last_moment)) is not None:
        raise LeavesYears(key)
    return dates


def _first_too_far(activities: Activities, links: Links, calculate: Callable[[Activities, Links], PlanDates[int]]) -> int:
    """The task with which the plan first fits nowhere when it is built up task by task, each after those it waits for; found by halving."""
    order = [key for key in _ordered(activities, links) if key not in {each.parent for each in activities.values()}]

    def fits(count: int) -> bool:
        some = _with_summaries(activities, order[:count])
        try:
            return calculate(some, [each for each in links if each.predecessor in some and each.successor in some]) is not None
        except HorizonError:
            return False

    good, bad = 0, len(order)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return order[bad - 1]


def _ordered(activities: Activities, links: Links) -> list[int]:
    before: dict[int, list[int]] = {key: [] for key in activities}
    for link in links:
        before[link.successor].append(link.predecessor)
    return list(TopologicalSorter(before).static_order())


def _with_summaries(activities: Activities, keys: list[int]) -> dict[int, Activity[int]]:
    """These tasks and what they are parts of: a summary without parts would be work of its own."""
    kept: dict[int, Activity[int]] = {}
    for key in keys:
        at: int | None = key
        while at is not None and at not in kept:
            kept[at] = activities[at]
            at = activities[at].parent
    return kept


def task_of(problem: Exception) -> int | None:
    """The task at which the plan is to be mended."""
    if isinstance(problem, LeavesYears):
        return problem.key
    return next((key for key in problem.keys if isinstance(key, int)), None) if isinstance(problem, PlanCycleError) else None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a plan has no new dates, in the language of now, and the task to mend it at."""

    text: str
    task: int | None


def told(problem: ValidationError) -> Trouble:
    """What was raised because of a plan that cannot be calculated, for a page."""
    return Trouble("; ".join(problem.messages), task_of(problem.__cause__) if isinstance(problem.__cause__, Exception) else None)


def in_words(problem: Exception, rows: Mapping[int, Mapping[str, Any]]) -> str:
    """Why a plan is not calculated, its tasks by their names, and the mend."""
    if isinstance(problem, LeavesYears):
        row = rows[problem.key]
        text = _(
            "The dates of “%(task)s” leave the years %(first)s to %(last)s. Shorten it, or correct its constraint, its deadline, its calendar or the dates of the project."
        )
        return text % {"task": f"{row['code']} {row['name']}".strip(), "first": bounds.first_day.year, "last": bounds.last_day.year}
    if not isinstance(problem, PlanCycleError):
        return str(problem)
    names = [str(rows[key]["name"]) if isinstance(key, int) and key in rows else "?" for key in [*problem.keys, problem.keys[0]]]
    text = _("These tasks wait for each other: %(tasks)s. Remove one of the links between them, or take one of them out of its summary.")
    return text % {"tasks": " → ".join(names)}
