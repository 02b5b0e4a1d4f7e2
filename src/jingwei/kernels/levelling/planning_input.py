"""What real plans bring to levelling, and what they get back: tasks, resources, assignments; moves with their reasons."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from jingwei.kernels.plan.plan import Activity
from jingwei.kernels.text import Text

MOST_URGENT = 1000  # such tasks are never delayed, as in MS Project


class LevellingError(ValueError):
    """A plan that cannot be levelled as given; `text` says it in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class PlanTask:
    """One task of one project. `priority` 0 to 1000: the higher, the sooner it gets a scarce resource; 1000 is never delayed.

    What is begun, finished, manual, or bound by a must date is never moved; `is_fixed` says the same of any other task.
    """

    activity: Activity[Any]
    project: Hashable = ""
    priority: int = 500
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class PlanResource:
    """A person, team or machine: `capacity` in units of one's choice (100 for one person in per cent), a calendar by name, skills."""

    key: Hashable
    capacity: int = 100
    calendar: str = "project"
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PlanAssignment:
    """A task needs `units` of a named resource, or of any one resource that has `skill`, as long as it runs."""

    task: Hashable
    resource: Hashable | None = None
    skill: str | None = None
    units: int = 100


@dataclass(frozen=True, slots=True)
class Overload:
    """A stretch of time in which a resource has `units` more to do than it can."""

    resource: Hashable
    start: datetime
    finish: datetime
    units: int


@dataclass(frozen=True, slots=True)
class Move:
    """One task that starts elsewhere than before, and the one reason why.

    'resource': `resource` (or everybody with `skill`) was full from `since` and the task waits for `waits_for`; 'absence': nobody else is
    booked, but the resource does not work then; 'predecessor': `waits_for` moved. `delay_minutes`, working minutes on the task's
    calendar, is its own delay: 0 where it only follows. `not_before` holds that delay as a moment.
    """

    task: Hashable
    project: Hashable
    old_start: datetime
    old_finish: datetime
    new_start: datetime
    new_finish: datetime
    delay_minutes: int
    kind: Literal["resource", "absence", "predecessor"]
    resource: Hashable | None
    skill: str | None
    waits_for: Hashable | None
    since: datetime | None
    text: Text
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A task that could not be given what it needs; it stays where it is, and the overload remains."""

    task: Hashable
    text: Text


@dataclass(frozen=True, slots=True)
class Accepted:
    """What remains when only some moves are accepted: holds and delays of those, and the plan that results."""

    not_before: dict[Hashable, datetime]
    delay_minutes: dict[Hashable, int]
    starts: dict[Hashable, datetime]
    finishes: dict[Hashable, datetime]
    project_finish: dict[Hashable, datetime]
    overloads: tuple[Overload, ...]


@dataclass(frozen=True)
class PlanLevelling:
    """A preview: nothing is changed by it. Keys are tasks, in `project_finish` projects.

    `resources_chosen` names for each task who serves it, in the order of its assignments. No schedule without overloads ends before
    `lower_bound`; `gap` is the share of the plan's length by which the result is longer, None when it is not free of overloads.
    """

    starts: dict[Hashable, datetime]
    finishes: dict[Hashable, datetime]
    project_finish_before: dict[Hashable, datetime]
    project_finish: dict[Hashable, datetime]
    overloads_before: tuple[Overload, ...]
    overloads: tuple[Overload, ...]
    moves: tuple[Move, ...]
    unresolved: tuple[Unresolved, ...]
    resources_chosen: dict[Hashable, tuple[Hashable, ...]]
    lower_bound: datetime
    gap: float | None
    rounds: int
    is_cancelled: bool
    _engine: Any = field(repr=False, compare=False)

    def apply(self, accepted: Any) -> Accepted:
        """Accept some moves (an iterable of task keys or of moves), refuse the rest. Raises KeyError for a task that does not move."""
        moving = {move.task: move for move in self.moves}
        chosen = {item.task if isinstance(item, Move) else item for item in accepted}
        unknown = chosen - set(moving)
        if unknown:
            raise KeyError(next(iter(unknown)))
        result: Accepted = self._engine.accepted(
            {task: move.not_before for task, move in moving.items() if task in chosen and move.not_before}, self.resources_chosen
        )
        return result
