"""Half a cent is a whole one, whatever the amount came from, and nothing of a great amount is lost."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.cents import to_cents
from jingwei.kernels.value.lengthening import dearer


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("22.505", "22.51"), ("22.515", "22.52"), ("-22.505", "-22.51"), ("0.005", "0.01"), ("0.00499", "0.00"), ("9" * 40 + ".995", "1" + "0" * 40 + ".00")],
)
def test_half_a_cent_is_a_whole_one(amount: str, cents: str) -> None:
    assert str(to_cents(Decimal(amount))) == cents
    assert to_cents(Fraction(amount)) == Decimal(cents)


@given(st.decimals(-(10**30), 10**30, allow_nan=False, places=9))
def test_an_amount_is_rounded_alike_as_a_decimal_and_as_a_fraction(amount: Decimal) -> None:
    found = to_cents(amount)
    assert found == to_cents(Fraction(amount)) == to_cents(amount.copy_negate()).copy_negate() and abs(Fraction(found) - Fraction(amount)) <= Fraction(1, 200)


def test_longer_work_costs_its_share_exactly() -> None:
    """A great amount over three equal tasks, of which one lasts a minute longer: its third of a 480th, beside what stays."""
    tasks = {pk: {"duration_minutes": 480, "is_summary": False, "parent_id": None} for pk in (1, 2, 3)}
    planned = [(None, True, Decimal("1000000000000000.10")), (1, False, Decimal("0.03")), (None, False, Decimal(7))]
    assert dearer(tasks, planned, {1: 481}) == Fraction(Decimal("1000000000000000.10")) / 1440
    assert dearer(tasks, planned, {1: 480, 9: 5}) == 0 and dearer(tasks, planned, {2: 0}) == -dearer(tasks, planned, {3: 960})
