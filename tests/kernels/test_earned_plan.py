"""Budgets spread over a plan: every method at every moment, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.value.earned import Method, methods
from jingwei.kernels.value.plan import PlannedWork, WorkPackage, apportioned, phase


def money(text: str) -> Decimal:
    return Decimal(text)


def works(percent: int = 50, begun: int | None = 0, ended: int | None = None) -> list[PlannedWork[str]]:
    return [PlannedWork("a", "p", money("1000.00"), 0, 100, Decimal(percent), begun, ended)]


def test_planned_value_rises_evenly_over_the_baseline_and_ends_at_the_budget() -> None:
    found = phase(works(), [WorkPackage("p")], [25, 50, 100, 200], 60)
    assert found.planned["p"] == (money("250.00"), money("500.00"), money("1000.00"), money("1000.00"))
    assert found.packages["p"].pv == money("600.00") and found.budget == 1000


@pytest.mark.parametrize(
    ("method", "begun", "ended", "expected"),
    [
        ("physical", 0, None, "500.00"), ("physical", None, None, "0.00"), ("physical", 0, 40, "1000.00"), ("0/100", 0, None, "0.00"), ("0/100", 0, 55, "1000.00"),
        ("50/50", 0, None, "500.00"), ("50/50", 0, 55, "1000.00"), ("50/50", None, None, "0.00"), ("level_of_effort", None, None, "600.00"),
    ],
)  # fmt: skip
def test_each_method_earns_by_its_rule(method: Method, begun: int | None, ended: int | None, expected: str) -> None:
    found = phase(works(50, begun, ended), [WorkPackage("p", method)], [], 60)
    assert found.packages["p"].ev == money(expected)
    assert found.works["a"].ev == money(expected)


def test_milestones_by_weight_and_units_by_count() -> None:
    by_milestones = WorkPackage("p", "weighted_milestones", milestones=((Decimal(1), 10), (Decimal(3), 70), (Decimal(4), None)))
    found = phase(works(), [by_milestones], [10, 60, 80], 80)
    assert found.earned["p"] == (money("125.00"), money("125.00"), money("500.00"))
    by_units = WorkPackage("p", "units", units_done=Decimal(3), units_planned=Decimal(8))
    assert phase(works(), [by_units], [40], 80).earned["p"] == (money("187.50"),)
    assert phase(works(), [by_units], [], 80).packages["p"].ev == money("375.00")


def test_what_was_earned_before_is_spread_over_the_actual_dates() -> None:
    found = phase(works(60, 20, None), [WorkPackage("p")], [20, 40, 60, 80], 60)
    assert found.earned["p"] == (money("0.00"), money("300.00"), money("600.00")), "the fourth period is still to come"


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 500), st.integers(1, 500), st.integers(0, 100), st.booleans()), min_size=1, max_size=12),
    st.sampled_from(methods), st.integers(0, 1200),
)  # fmt: skip
def test_values_never_fall_nor_exceed_the_budget(rows: list[tuple[int, int, int, int, bool]], method: Method, now: int) -> None:
    planned = [
        PlannedWork(n, "p", Decimal(cents) / 100, start, start + length, Decimal(percent), start if begun and start <= now else None, None)
        for n, (cents, start, length, percent, begun) in enumerate(rows)
    ]
    package: WorkPackage[object] = WorkPackage("p", method, ((Decimal(1), 5), (Decimal(2), None)), Decimal(2), Decimal(7))
    ends = list(range(0, 1300, 100))
    found = phase(planned, [package], ends, now)  # type: ignore[list-item]
    assert list(found.total_planned()) == sorted(found.total_planned())
    assert found.total_planned()[-1] == found.budget == sum(work.budget for work in planned)
    earned = list(found.total_earned())
    assert earned == sorted(earned) and all(0 <= value <= found.budget for value in earned)


@given(st.integers(-(10**10), 10**10), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_what_is_apportioned_adds_up(cents: int, weights: list[int]) -> None:
    parts = apportioned(Decimal(cents) / 100, weights)
    assert sum(parts) == Decimal(cents) / 100 and len(parts) == len(weights)
