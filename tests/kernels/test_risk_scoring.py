"""The 5 × 5 matrix: bands, severity, expected cost and value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.risk.scoring import expected_cost, expected_value, probability_level, score_of, severity_of


@pytest.mark.parametrize(("percent", "level"), [(0, 1), (10, 1), (11, 2), (30, 2), (31, 3), (50, 3), (51, 4), (70, 4), (71, 5), (100, 5)])
def test_the_bands(percent: int, level: int) -> None:
    assert probability_level(percent) == level
    assert score_of(percent, 3) == 3 * level


@pytest.mark.parametrize(("score", "severity"), [(1, "low"), (6, "low"), (8, "medium"), (12, "medium"), (15, "high"), (25, "high")])
def test_red_from_fifteen(score: int, severity: str) -> None:
    assert severity_of(score) == severity


@pytest.mark.parametrize(("percent", "impact"), [(-1, 3), (101, 3), (50, 0), (50, 6)])
def test_what_lies_outside_is_refused(percent: int, impact: int) -> None:
    with pytest.raises(ValueError):
        score_of(percent, impact)


def test_the_value_of_a_risk() -> None:
    low, likely, high = Decimal(5000), Decimal(12000), Decimal(31000)
    assert expected_cost(low, likely, high) == Decimal("14000.00")
    assert expected_value(40, low, likely, high) == Decimal("5600.00")
    assert expected_value(0, low, likely, high) == 0


money = st.decimals(0, 10**9, places=2)


@given(st.integers(0, 100), st.lists(money, min_size=3, max_size=3).map(sorted))
def test_the_value_lies_between_nothing_and_the_worst(percent: int, ends: list[Decimal]) -> None:
    assert 0 <= expected_value(percent, *ends) <= ends[2]
    assert ends[0] <= expected_cost(*ends) <= ends[2]
