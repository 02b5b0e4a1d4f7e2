"""What a plan is made of: activities and dependencies by key, and the errors that name them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from jingwei.kernels.network.critical_path import Cause

Key = TypeVar("Key", bound=Hashable)
ConstraintName = Literal["ASAP", "ALAP", "MSO", "MFO", "SNET", "SNLT", "FNET", "FNLT"]
LinkName = Literal["FS", "SS", "FF", "SF"]
PROJECT_CALENDAR = "project"


class PlanError(ValueError):
    """A plan that cannot be scheduled as given: an unknown key, a key twice, a link that has no meaning."""


class PlanCycleError(PlanError):
    """Activities that wait for each other; `keys` names them in order, each before the next, the last before the first."""

    def __init__(self, keys: Sequence[Hashable]) -> None:
        self.keys = list(keys)
        super().__init__("activities wait for each other: " + " -> ".join(str(key) for key in [*self.keys, self.keys[0]]))


@dataclass(frozen=True, slots=True)
class Activity(Generic[Key]):
    """One activity, milestone or summary (whatever another activity names as its parent); moments are aware.

    A summary's own duration and progress are ignored. Of its constraints, no-earlier-than and must-start dates hold back everything
    below it; no-later-than, must-finish dates and the deadline are deadlines for everything below it.
    Progress without an actual start is taken to have begun on the planned start; an actual finish without an actual start counts back
    the duration. `not_before` holds back what is not yet done, whatever else is said: the outage of an interface, for example.
    `is_shared` marks what only looks like a summary: one task, done by several whose times differ, each an activity below it.
    """

    key: Key
    duration_minutes: int
    calendar: str = PROJECT_CALENDAR
    constraint: ConstraintName | None = None
    constraint_at: datetime | None = None
    deadline: datetime | None = None
    percent: float = 0
    actual_start: datetime | None = None
    actual_finish: datetime | None = None
    not_before: datetime | None = None
    parent: Key | None = None
    is_milestone: bool = False
    remaining_minutes: int | None = None
    manual_start: datetime | None = None
    is_inactive: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Dependency(Generic[Key]):
    """One link; the lag counts working minutes of the successor's calendar, of another by name, of the 'predecessor', or of the clock ('elapsed')."""

    predecessor: Key
    successor: Key
    type: LinkName = "FS"
    lag_minutes: int = 0
    lag_calendar: str | None = None


@dataclass(frozen=True, slots=True)
class PlanDriver(Generic[Key]):
    """One reason why an activity starts when it does; `dependency` is set when `cause` is Cause.LINK.

    A constraint on a summary shows below it as Cause.CONSTRAINT with the summary's key as `of`.
    """

    cause: Cause
    dependency: Dependency[Key] | None = None
    of: Key | None = None
