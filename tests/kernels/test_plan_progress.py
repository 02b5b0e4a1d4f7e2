"""Worked examples of progress: data date, retained logic, progress override, out-of-order work, outages."""

from __future__ import annotations

import pytest

from jingwei.kernels.network.critical_path import Cause
from jingwei.kernels.plan.plan import Activity, Dependency, PlanError

from .clock import DAY, at, early, late, planned

STARTED = Activity("B", 4 * DAY, percent=50, actual_start=at("2026-03-03 09:00"))
SLOW = Activity("A", 6 * DAY)  # Monday 2 to Monday 9 March


def causes(plan, key):  # type: ignore[no-untyped-def]
    return {driver.cause for driver in plan[key].drivers}


def test_finished_work_stands_and_has_no_float() -> None:
    done = Activity("A", 3 * DAY, percent=100, actual_start=at("2026-03-02 09:00"), actual_finish=at("2026-03-05 12:00"))
    plan = planned([done, Activity("B", DAY)], [Dependency("A", "B")])
    assert early(plan, "A") == late(plan, "A") == ("03-02 09:00", "03-05 12:00")
    assert early(plan, "B") == ("03-05 13:00", "03-06 12:00")
    assert plan["A"].total_float_minutes == 0
    assert not plan["A"].is_critical
    assert causes(plan, "A") == {Cause.ACTUAL}


def test_finished_without_a_start_counts_back_its_duration() -> None:
    plan = planned([Activity("A", 2 * DAY, actual_finish=at("2026-03-09 18:00"))])
    assert early(plan, "A") == ("03-06 09:00", "03-09 18:00")
    assert plan["A"].percent == 100


def test_what_is_left_begins_at_the_data_date() -> None:
    plan = planned([STARTED], data_date=at("2026-03-06 09:00"))
    assert early(plan, "B") == ("03-03 09:00", "03-09 18:00")
    assert causes(plan, "B") == {Cause.ACTUAL, Cause.DATA_DATE}


def test_without_a_data_date_what_is_left_follows_what_is_done() -> None:
    assert early(planned([STARTED]), "B") == ("03-03 09:00", "03-06 18:00")


def test_work_not_begun_does_not_begin_in_the_past() -> None:
    plan = planned([Activity("A", DAY)], data_date=at("2026-03-04 13:00"))
    assert early(plan, "A") == ("03-04 13:00", "03-05 12:00")
    assert causes(plan, "A") == {Cause.DATA_DATE}


def test_must_start_in_the_past_does_not_begin_in_the_past_either() -> None:
    must = Activity("A", DAY, constraint="MSO", constraint_at=at("2026-03-03 09:00"))
    plan = planned([must], data_date=at("2026-03-05 09:00"))
    assert early(plan, "A") == ("03-05 09:00", "03-05 18:00")
    assert plan["A"].total_float_minutes == -2 * DAY


def test_retained_logic_makes_the_rest_wait_for_the_predecessor() -> None:
    plan = planned([SLOW, STARTED], [Dependency("A", "B")], data_date=at("2026-03-02 09:00"))
    assert early(plan, "B") == ("03-03 09:00", "03-11 18:00")
    assert causes(plan, "B") == {Cause.ACTUAL, Cause.LINK}
    assert plan["A"].total_float_minutes == plan["B"].total_float_minutes == 0


def test_progress_override_lets_the_rest_go_on() -> None:
    plan = planned([SLOW, STARTED], [Dependency("A", "B")], data_date=at("2026-03-04 09:00"), logic="override")
    assert early(plan, "B") == ("03-03 09:00", "03-05 18:00")
    assert early(plan, "A") == ("03-04 09:00", "03-11 18:00")
    assert plan["A"].total_float_minutes == 0


def test_percent_without_a_start_keeps_the_planned_start() -> None:
    plan = planned([Activity("A", DAY), Activity("B", 4 * DAY, percent=25)], [Dependency("A", "B")], data_date=at("2026-03-06 09:00"))
    # A is pushed to Friday 6 March; B follows on Monday 9, though its progress says it began.
    assert early(plan, "B") == ("03-09 09:00", "03-12 18:00")


def test_percent_without_a_start_splits_at_the_data_date() -> None:
    plan = planned([Activity("B", 4 * DAY, percent=50)], data_date=at("2026-03-09 09:00"))
    assert early(plan, "B") == ("03-02 09:00", "03-10 18:00")


def test_hundred_percent_without_dates_is_not_pushed() -> None:
    plan = planned([Activity("B", 2 * DAY, percent=100), Activity("M", 0, percent=100, is_milestone=True)], data_date=at("2026-03-09 09:00"))
    assert early(plan, "B") == ("03-02 09:00", "03-03 18:00")
    assert early(plan, "M") == ("03-02 09:00", "03-02 09:00")


def test_remaining_can_be_told_apart_from_percent() -> None:
    activity = Activity("B", 4 * DAY, percent=50, remaining_minutes=3 * DAY, actual_start=at("2026-03-02 09:00"))
    assert early(planned([activity], data_date=at("2026-03-04 09:00")), "B") == ("03-02 09:00", "03-06 18:00")


def test_outage_holds_back_what_is_not_begun_and_is_named() -> None:
    plan = planned([Activity("A", DAY), Activity("B", DAY, not_before=at("2026-03-06 13:00"))], [Dependency("A", "B")])
    assert early(plan, "B") == ("03-06 13:00", "03-09 12:00")
    assert causes(plan, "B") == {Cause.NOT_BEFORE}


def test_outage_holds_back_the_rest_of_what_is_begun_even_under_override_and_constraint() -> None:
    begun = Activity("B", 4 * DAY, percent=50, actual_start=at("2026-03-03 09:00"), not_before=at("2026-03-12 09:00"))
    plan = planned([begun], data_date=at("2026-03-05 09:00"), logic="override")
    assert early(plan, "B") == ("03-03 09:00", "03-13 18:00")
    assert causes(plan, "B") == {Cause.ACTUAL, Cause.NOT_BEFORE}
    must = Activity("C", DAY, constraint="MSO", constraint_at=at("2026-03-03 09:00"), not_before=at("2026-03-05 09:00"))
    assert early(planned([must]), "C") == ("03-05 09:00", "03-05 18:00")


def test_outage_that_is_over_changes_nothing() -> None:
    plan = planned([Activity("A", 2 * DAY), Activity("B", DAY, not_before=at("2026-03-03 09:00"))], [Dependency("A", "B")])
    assert early(plan, "B") == ("03-04 09:00", "03-04 18:00")
    assert causes(plan, "B") == {Cause.LINK}


def test_finished_successor_does_not_press_its_open_predecessor() -> None:
    done = Activity("B", DAY, actual_start=at("2026-03-02 09:00"), actual_finish=at("2026-03-02 18:00"))
    plan = planned([Activity("A", DAY), done, Activity("C", 3 * DAY)], [Dependency("A", "B")], data_date=at("2026-03-03 09:00"))
    assert plan["A"].total_float_minutes == plan["A"].free_float_minutes == 2 * DAY


def test_finish_before_start_is_refused() -> None:
    with pytest.raises(PlanError, match="before"):
        planned([Activity("A", DAY, actual_start=at("2026-03-03 09:00"), actual_finish=at("2026-03-02 09:00"))])
