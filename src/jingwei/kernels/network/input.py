"""What a network is made of: the codes of links and constraints, the arrays given, the rules of a run, and its errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from numpy.typing import ArrayLike

NO_DATE = -1
LAG_IN_PREDECESSOR_CALENDAR = -3
LAG_IN_SUCCESSOR_CALENDAR = -2
LAG_ELAPSED = -1
LONGEST = 1 << 27  # minutes: more than any calendar has in the 200 years a plan may last, so what is longer need not be told apart


class LinkType(IntEnum):
    """Which end of the predecessor holds which end of the successor."""

    FS = 0
    SS = 1
    FF = 2
    SF = 3


class Constraint(IntEnum):
    """The eight constraints of MS Project, numbered as in MSPDI."""

    ASAP = 0
    ALAP = 1
    MSO = 2
    MFO = 3
    SNET = 4
    SNLT = 5
    FNET = 6
    FNLT = 7


class CycleError(ValueError):
    """Activities that wait for each other; `activities` names them in order, each before the next, the last before the first."""

    def __init__(self, activities: Sequence[int]) -> None:
        self.activities = list(activities)
        super().__init__("activities wait for each other: " + " -> ".join(map(str, [*self.activities, self.activities[0]])))


@dataclass(frozen=True)
class ActivityArrays:
    """What is known of n activities; every array has n entries, None means the default.

    Dates are wall minutes (see calendar.wall_minute) or -1 for none. Durations are working minutes of the activity's own calendar.
    `remaining` defaults to all of it, to nothing once there is an actual finish. `begun` (or less remaining than the duration) without
    an actual start means that the planned start is taken for it, and the data date does not push it. `manual_start` >= 0 makes an
    activity manually scheduled: its links do not move it. `not_before` holds back what is not yet done, whatever constraint says
    otherwise. Of `inactive` activities nothing is scheduled and their links count for nothing.
    """

    duration: ArrayLike
    calendar: ArrayLike | None = None
    constraint: ArrayLike | None = None
    constraint_at: ArrayLike | None = None
    deadline: ArrayLike | None = None
    remaining: ArrayLike | None = None
    begun: ArrayLike | None = None
    actual_start: ArrayLike | None = None
    actual_finish: ArrayLike | None = None
    not_before: ArrayLike | None = None
    manual_start: ArrayLike | None = None
    inactive: ArrayLike | None = None


@dataclass(frozen=True)
class LinkArrays:
    """Links between activities by index. A lag calendar is an index, or one of LAG_ELAPSED (24 h a day), LAG_IN_SUCCESSOR_CALENDAR (default)
    and LAG_IN_PREDECESSOR_CALENDAR."""

    predecessor: ArrayLike = ()
    successor: ArrayLike = ()
    type: ArrayLike | None = None
    lag_minutes: ArrayLike | None = None
    lag_calendar: ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class RunRules:
    """Dates and choices of one run; wall minutes.

    Retained logic: links still bind what is left of a started activity. Override: they do not (after Primavera's options).
    `honours_constraints`: must-start/finish and no-later-than dates win over links, as MS Project does by default.
    `late_dates`: what is left of a started activity may move as late as it can, or predecessors must leave it where it resumes, and
    manual activities bind them by their finish only (after MS Project).
    `required_finish` replaces the calculated finish as the date floats are measured from.
    `from_finish`: what is ALAP, and what a no-earlier or no-later date bounds, is planned as late as the required finish allows.
    """

    project_start: int
    data_date: int = NO_DATE
    required_finish: int = NO_DATE
    logic: Literal["retained", "override"] = "retained"
    honours_constraints: bool = True
    critical_float_minutes: int = 0
    late_dates: Literal["remaining", "resumption"] = "remaining"
    from_finish: bool = False
