"""Effort: for every task type, the one kept stays, the one changed is as asked, and work is always duration times units."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.plan.effort import Effort, EffortError, task_types

amounts = st.fractions(Fraction(1, 10), 4, max_denominator=20)
efforts = st.builds(
    lambda minutes, units, kind, driven: Effort.of(minutes, *units, type=kind, is_effort_driven=driven),
    st.integers(1, 10_000),
    st.lists(amounts, min_size=1, max_size=4),
    st.sampled_from(task_types),
    st.booleans(),
)


@given(efforts, st.integers(1, 10_000))
def test_another_duration(effort: Effort, minutes: int) -> None:
    changed = effort.with_duration(minutes)
    assert changed.duration_minutes == minutes
    assert changed.work_minutes == effort.work_minutes if effort.type == "fixed_work" else changed.units == effort.units


@given(efforts, st.integers(1, 10_000))
def test_another_amount_of_work(effort: Effort, minutes: int) -> None:
    changed = effort.with_work(minutes)
    assert changed.work_minutes == minutes
    assert changed.duration_minutes == effort.duration_minutes if effort.type == "fixed_duration" else changed.units == effort.units


@given(efforts, st.data())
def test_other_units(effort: Effort, data: st.DataObject) -> None:
    units = data.draw(st.lists(amounts, min_size=len(effort.units), max_size=len(effort.units)))
    changed = effort.with_units(*units)
    assert changed.units == tuple(units)
    if effort.type == "fixed_duration":
        assert changed.duration_minutes == effort.duration_minutes
    else:
        assert changed.work_minutes == effort.work_minutes


@given(efforts, st.lists(amounts, min_size=1, max_size=5))
def test_other_resources(effort: Effort, units: list[Fraction]) -> None:
    changed = effort.with_resources(*units)
    assert (changed.work_minutes == effort.work_minutes) or not effort.is_effort_driven
    if not effort.is_effort_driven:
        assert (changed.duration_minutes, changed.units) == (effort.duration_minutes, tuple(units))
    elif effort.type == "fixed_duration":
        assert changed.duration_minutes == effort.duration_minutes
    else:
        assert changed.units == tuple(units)


@given(efforts, st.integers(1, 9999), st.integers(1, 9999))
def test_there_and_back_is_where_it_was(effort: Effort, first: int, second: int) -> None:
    assert effort.with_duration(first).with_duration(second).with_duration(effort.duration_minutes) == effort
    assert effort.with_work(first).with_work(effort.work_minutes) == effort


def test_the_examples_of_the_handbook() -> None:
    """Given ten days of one person, when a second comes, then five days; with a fixed duration half a person each, else twice the work."""
    one = Effort.of(4800, 1, is_effort_driven=True)
    assert one.with_resources(1, 1).duration_minutes == 2400
    fixed = Effort.of(4800, 1, type="fixed_duration", is_effort_driven=True).with_resources(1, 1)
    assert (fixed.duration_minutes, fixed.units) == (4800, (Fraction(1, 2), Fraction(1, 2)))
    assert Effort.of(4800, 1).with_resources(1, 1).work_minutes == 9600
    assert Effort.of(4800, 1, type="fixed_work").with_duration(2400).units == (2,)
    assert Effort.of(4800).with_duration(480).work_minutes == 0


def test_what_cannot_be_is_refused() -> None:
    for attempt in (
        lambda: Effort.of(-1),
        lambda: Effort.of(480, 0),
        lambda: Effort.of(480).with_work(10),
        lambda: Effort.of(480, 1, type="fixed_work").with_duration(0),
        lambda: Effort.of(480, 1).with_units(1, 1),
        lambda: Effort.of(480, 1, type="fixed_duration").with_work(0),
    ):
        with pytest.raises(EffortError):
            attempt()
