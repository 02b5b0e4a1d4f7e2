"""Circles among links over a tree: found exactly when the network finds one, and nothing walks for ever."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.network.input import CycleError
from jingwei.kernels.plan.circles import Waits, line_of, ring_of
from jingwei.kernels.plan.input import Activity, Dependency, PlanCycleError, PlanError
from jingwei.kernels.plan.plan import schedule_plan
from jingwei.kernels.plan.rollup import depths_of

Parents = dict[int, int | None]
Links = list[tuple[int, int, str]]
kinds = ("FS", "SS", "FF", "SF")


@st.composite
def plans(draw: st.DrawFn) -> tuple[Parents, Links]:
    """A small tree, and links of every kind that joins two tasks of it: of summaries and of their parts as well."""
    size = draw(st.integers(2, 8))
    parents: Parents = {n: draw(st.one_of(st.none(), st.integers(0, n - 1))) if n else None for n in range(size)}
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.sampled_from(kinds)).filter(lambda link: link[0] != link[1])
    links = draw(st.lists(ends, max_size=9, unique_by=lambda link: link[:2]))
    summaries = set(parents.values())
    return parents, [(a, b, kind) for a, b, kind in links if not (b in summaries and kind in ("FF", "SF"))]


def network_of(parents: Parents, links: Links) -> list[int]:
    """The circle that the network tells of."""
    try:
        schedule_plan(
            [Activity(key, 60, parent=above) for key, above in parents.items()],
            [Dependency(a, b, kind) for a, b, kind in links],  # type: ignore[arg-type]
            start=datetime(2026, 11, 2, 1, tzinfo=UTC),
        )
    except PlanCycleError as problem:
        return [int(str(key)) for key in problem.keys]
    return []


@settings(max_examples=400, deadline=None)
@given(plans())
def test_a_circle_is_found_exactly_when_the_network_finds_one(plan: tuple[Parents, Links]) -> None:
    parents, links = plan
    circle = Waits(parents, links).circle()  # type: ignore[arg-type]
    assert bool(circle) == bool(network_of(parents, links)), (circle, network_of(parents, links))


@settings(max_examples=200, deadline=None)
@given(plans())
def test_a_circle_goes_round_by_links_and_from_a_summary_to_its_parts(plan: tuple[Parents, Links]) -> None:
    parents, links = plan
    circle = Waits(parents, links).circle()  # type: ignore[arg-type]
    for here, following in zip(circle, [*circle[1:], *circle[:1]], strict=True):
        linked = any((a, b) == (here, following) for a, b, _kind in links)
        assert linked or here in line_of(parents, following) or following in line_of(parents, here) or here == following, circle


@settings(max_examples=300, deadline=None)
@given(plans())
def test_on_a_circle_is_exactly_what_leads_back_to_itself(plan: tuple[Parents, Links]) -> None:
    waits = Waits(*plan)  # type: ignore[arg-type]
    nodes = {waits.end(link) for link in waits.links} | {(key, "whole") for key in plan[0] if key not in waits.children}
    assert waits.circling & nodes == {node for node in nodes if waits.path(node, node)}


@settings(max_examples=300, deadline=None)
@given(plans())
def test_a_new_link_closes_a_circle_exactly_when_a_way_leads_back(plan: tuple[Parents, Links]) -> None:
    """Given a plan without a circle, when one link more makes one, then it lies on it: looking along that link is enough."""
    parents, links = plan
    if not links or Waits(parents, links[:-1]).circle():  # type: ignore[arg-type]
        return
    waits = Waits(parents, links)  # type: ignore[arg-type]
    way = waits.path(waits.end(links[-1]), waits.begin(links[-1]))  # type: ignore[arg-type]
    assert bool(way) == bool(network_of(parents, links))


def test_a_ring_in_the_tree_is_told_and_not_walked_for_ever() -> None:
    parents: Parents = {1: 2, 2: 3, 3: 1, 4: 3, 5: None}
    assert set(line_of(parents, 4)) == {1, 2, 3} and set(ring_of(parents)) == {1, 2, 3} and ring_of({1: None, 2: 1}) == []
    waits = Waits(parents, [(5, 4, "FS"), (4, 1, "FS")])
    assert set(waits.circle()) == {1, 2, 3} and waits.below(1) == {4}
    assert waits.path(waits.end((5, 4, "FS")), (5, "whole")) == []


def test_a_large_ring_is_told_at_once() -> None:
    """Given a hundred thousand tasks with a ring among them, when depths are asked for, then it is told within seconds and not after as many rounds."""
    size = 100_000
    began = time.perf_counter()
    with pytest.raises(CycleError) as caught:
        depths_of([1, 2, 0, *[-1] * (size - 3)])
    assert sorted(caught.value.activities) == [0, 1, 2] and time.perf_counter() - began < 2
    with pytest.raises(CycleError) as long:
        depths_of([*range(1, size), 0])
    assert len(long.value.activities) == size


def test_links_that_finish_a_summary_are_no_circle_but_have_no_meaning() -> None:
    """What the check leaves out here is refused by its own words; the network says so."""
    with pytest.raises(PlanError, match="no meaning"):
        network_of({1: None, 2: 1, 3: None}, [(3, 1, "FF")])
