"""Worked examples of the eight constraints, deadlines, required finish, manual dates and as late as possible."""

from __future__ import annotations

import pytest

from jingwei.kernels.network.critical_path import Cause
from jingwei.kernels.plan.plan import Activity, ConstraintName, Dependency

from .clock import DAY, at, early, late, planned, shown

A = Activity("A", 3 * DAY)  # Monday 2 to Wednesday 4 March


@pytest.mark.parametrize(
    ("constraint", "when", "start", "finish", "total_float_days"),
    [
        ("SNET", "2026-03-10 09:00", "03-10 09:00", "03-11 18:00", 0),
        ("SNET", "2026-03-03 09:00", "03-05 09:00", "03-06 18:00", 0),
        ("SNET", "2026-03-07 12:00", "03-09 09:00", "03-10 18:00", 0),  # a Saturday means the Monday after
        ("FNET", "2026-03-10 18:00", "03-09 09:00", "03-10 18:00", 0),
        ("FNET", "2026-03-03 18:00", "03-05 09:00", "03-06 18:00", 0),
        ("MSO", "2026-03-10 09:00", "03-10 09:00", "03-11 18:00", 0),
        ("MFO", "2026-03-11 18:00", "03-10 09:00", "03-11 18:00", 0),
        ("SNLT", "2026-03-10 09:00", "03-05 09:00", "03-06 18:00", 0),
        ("FNLT", "2026-03-10 18:00", "03-05 09:00", "03-06 18:00", 0),
    ],
)
def test_constraint_that_can_be_kept(constraint: ConstraintName, when: str, start: str, finish: str, total_float_days: int) -> None:
    plan = planned([A, Activity("B", 2 * DAY, constraint=constraint, constraint_at=at(when))], [Dependency("A", "B")])
    assert early(plan, "B") == (start, finish)
    assert plan["B"].total_float_minutes == total_float_days * DAY


@pytest.mark.parametrize(
    ("constraint", "when", "start", "finish", "a_float_days"),
    [
        ("SNLT", "2026-03-04 09:00", "03-04 09:00", "03-05 18:00", -1),
        ("MSO", "2026-03-03 09:00", "03-03 09:00", "03-04 18:00", -2),
        ("FNLT", "2026-03-05 18:00", "03-04 09:00", "03-05 18:00", -1),
        ("MFO", "2026-03-04 18:00", "03-03 09:00", "03-04 18:00", -2),
    ],
)
def test_constraint_that_links_would_break_wins_and_shows_as_negative_float(
    constraint: ConstraintName, when: str, start: str, finish: str, a_float_days: int
) -> None:
    plan = planned([A, Activity("B", 2 * DAY, constraint=constraint, constraint_at=at(when))], [Dependency("A", "B")])
    assert early(plan, "B") == (start, finish)
    assert plan["B"].total_float_minutes == 0
    assert plan["A"].total_float_minutes == a_float_days * DAY
    assert plan["A"].is_critical
    assert [driver.cause for driver in plan["B"].drivers] == [Cause.CONSTRAINT]


@pytest.mark.parametrize("constraint", ["SNLT", "MSO", "FNLT", "MFO"])
def test_links_win_when_constraints_are_not_honoured(constraint: ConstraintName) -> None:
    when = at("2026-03-03 09:00")
    plan = planned([A, Activity("B", 2 * DAY, constraint=constraint, constraint_at=when)], [Dependency("A", "B")], honours_constraints=False)
    assert early(plan, "B") == ("03-05 09:00", "03-06 18:00")
    assert plan["B"].total_float_minutes < 0
    assert [driver.cause for driver in plan["B"].drivers] == [Cause.LINK]


def test_milestone_constraints() -> None:
    must = Activity("M", 0, is_milestone=True, constraint="MSO", constraint_at=at("2026-03-04 18:00"))
    plan = planned([Activity("A", 5 * DAY), must], [Dependency("A", "M")])
    assert early(plan, "M") == ("03-04 18:00", "03-04 18:00")
    assert plan["A"].total_float_minutes == -2 * DAY


def test_deadline_moves_nothing_but_float() -> None:
    plan = planned([A, Activity("B", 2 * DAY, deadline=at("2026-03-05 18:00"))], [Dependency("A", "B")])
    assert early(plan, "B") == ("03-05 09:00", "03-06 18:00")
    assert plan["B"].total_float_minutes == plan["A"].total_float_minutes == -DAY
    assert late(plan, "B") == ("03-04 09:00", "03-05 18:00")


def test_deadline_later_than_the_project_gives_no_float() -> None:
    plan = planned([Activity("A", DAY, deadline=at("2026-04-01 18:00"))])
    assert plan["A"].total_float_minutes == 0


def test_required_finish_measures_float_from_the_promise() -> None:
    plan = planned([A], required_finish=at("2026-03-03 18:00"))
    assert plan["A"].total_float_minutes == -DAY
    plan = planned([A], required_finish=at("2026-03-06 18:00"))
    assert plan["A"].total_float_minutes == 2 * DAY
    assert not plan["A"].is_critical


def test_critical_threshold_counts_near_critical_work() -> None:
    activities = [Activity("long", 3 * DAY), Activity("short", 2 * DAY)]
    assert planned(activities).critical_keys == ("long",)
    assert planned(activities, critical_float_minutes=DAY).critical_keys == ("long", "short")


def test_as_late_as_possible_delays_no_successor() -> None:
    # Work 1 day before a meeting held on Thursday; a chain of two such moves as a whole, early dates stay known.
    meeting = Activity("meeting", DAY, constraint="MSO", constraint_at=at("2026-03-05 09:00"))
    activities = [Activity("draft", DAY, constraint="ALAP"), Activity("print", DAY, constraint="ALAP"), meeting, Activity("end", 4 * DAY)]
    links = [Dependency("draft", "print"), Dependency("print", "meeting"), Dependency("meeting", "end")]
    plan = planned(activities, links)
    assert (shown(plan["draft"].start), shown(plan["draft"].finish)) == ("03-03 09:00", "03-03 18:00")
    assert (shown(plan["print"].start), shown(plan["print"].finish)) == ("03-04 09:00", "03-04 18:00")
    assert early(plan, "draft") == ("03-02 09:00", "03-02 18:00")
    assert shown(plan["meeting"].start) == "03-05 09:00"


def test_as_late_as_possible_without_successor_ends_with_the_project() -> None:
    plan = planned([A, Activity("B", DAY, constraint="ALAP")])
    assert (shown(plan["B"].start), shown(plan["B"].finish)) == ("03-04 09:00", "03-04 18:00")


def test_manual_dates_stand_against_links_and_move_successors() -> None:
    manual = Activity("B", DAY, manual_start=at("2026-03-03 09:00"))
    plan = planned([A, manual, Activity("C", DAY)], [Dependency("A", "B"), Dependency("B", "C")])
    assert early(plan, "B") == ("03-03 09:00", "03-03 18:00")
    assert early(plan, "C") == ("03-04 09:00", "03-04 18:00")
    assert [driver.cause for driver in plan["B"].drivers] == [Cause.MANUAL]


def test_constraint_before_the_project_start_is_kept_only_when_it_must() -> None:
    when = at("2026-02-26 09:00")
    assert early(planned([Activity("B", DAY, constraint="SNET", constraint_at=when)]), "B")[0] == "03-02 09:00"
    assert early(planned([Activity("B", DAY, constraint="MSO", constraint_at=when)]), "B")[0] == "02-26 09:00"


def test_late_dates_of_a_predecessor_respect_a_manual_successor() -> None:
    # B stands on Friday 6 March whatever A does, and may not slip past C's start: A has room until then. (As Microsoft Project has it.)
    manual = Activity("B", DAY, manual_start=at("2026-03-06 09:00"))
    plan = planned([Activity("A", DAY), manual, Activity("C", DAY)], [Dependency("A", "B"), Dependency("B", "C")])
    assert plan["A"].total_float_minutes == plan["A"].free_float_minutes == 3 * DAY
    assert plan["B"].total_float_minutes == 0
