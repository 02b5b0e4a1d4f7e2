"""What the passes of the simulation read and write: the plan as arrays, and the work space of one block of runs."""

from __future__ import annotations

from typing import Any, NamedTuple


class Model(NamedTuple):
    """Everything about the plan, activities in topological order. Links into activity k are `first[k]:first[k + 1]`.

    Positions are working minutes from the plan's start; with several calendars they are wall minutes, `origin` the plan's start.

    Link types: bit 0 = bound is on the successor's finish, bit 1 = measured from the predecessor's start.
    """

    table: Any
    low: Any
    is_certain: Any
    group: Any
    weight_group: Any
    weight_own: Any
    earliest: Any
    earliest_finish: Any  # -1 where nothing holds it
    first: Any
    source: Any
    kind: Any
    lag: Any
    is_end: Any
    cost_fixed: Any
    cost_per_minute: Any
    risk_first: Any
    risk_of: Any
    risk_table: Any
    probability: Any
    risk_cost: Any
    has_risk_cost: Any
    groups: Any
    calendar: Any  # of each activity, when they have several; else empty
    lag_calendar: Any
    table_of_calendars: Any
    origin: int


class Scratch(NamedTuple):
    """The work space of one block; every array has a row of `lanes` numbers, of the activities one each.

    `duration` has a single row for all of them in turn, unless there are several calendars.
    """

    s0: Any
    s1: Any
    s2: Any
    s3: Any
    bits: Any
    cell: Any
    rest: Any
    drawn: Any
    zero: Any
    duration: Any
    start: Any
    finish: Any
    critical: Any
    risk: Any
    factor: Any
