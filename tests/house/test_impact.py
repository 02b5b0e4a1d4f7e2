"""What a row touches over any chain of traces: a walk by hand finds the same, it ends where one may not look, and says when it is cut."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.domains.work import services as work
from jingwei.frame import scope
from jingwei.frame.models import Edge
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.traces import Trace, edges, impact
from jingwei.frame.traces.trace import registry
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_traces import at, browser

pytestmark = pytest.mark.django_db


def walked(start: tuple[str, int], arrows: list[tuple[Any, Any]], depth: int, way: str) -> dict[Any, int]:
    """How far everything is, by hand."""
    out, waiting = {start: 0}, deque([start])
    while waiting:
        here = waiting.popleft()
        if out[here] == depth:
            continue
        for source, target in arrows:
            for near, far, along in ((source, target, "on"), (target, source, "back")):
                if near == here and far not in out and way in ("both", along):
                    out[far] = out[here] + 1
                    waiting.append(far)
    return out


@pytest.fixture
def tangled(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """A trace from a resource to itself, so that there are cycles."""
    trace = object.__new__(Trace)
    for name, value in Trace.__dataclass_fields__.items():
        object.__setattr__(trace, name, value.default)
    for name, text in {
        "name": "needs",
        "title": "needs",
        "back_title": "is needed by",
        "source": "work.task",
        "target": "work.task",
        "suspect_on": ("name",),
    }.items():
        object.__setattr__(trace, name, text)
    monkeypatch.setitem(registry, "needs", trace)
    return trace


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), count=st.integers(1, 18), depth=st.integers(1, 6), way=st.sampled_from(["both", "on", "back"]))
def test_impact_is_a_walk_by_hand_also_in_circles(tangled: Trace, house: House, inside: Any, seed: int, count: int, depth: int, way: str) -> None:
    chance = random.Random(seed)
    with inside():
        tasks = [work.task_save(project=house.project, name=f"t{n}") for n in range(8)]
        risks = [house.make(resource("risk.risk")) for _ in range(2)]
        arrows = []
        for _ in range(count):
            trace, source = (tangled, chance.choice(tasks)) if chance.random() < 0.8 else (registry["threatens"], chance.choice(risks))
            target = chance.choice(tasks)
            if source != target and ((trace.source, source.pk), ("work.task", target.pk)) not in arrows:
                edges.join(trace, source, target, house.access)
                arrows.append(((trace.source, source.pk), ("work.task", target.pk)))
        start = ("work.task", tasks[0].pk)
        found = impact.impact_of(resource("work.task"), tasks[0], house.access, depth=depth, way=way)
        assert {place: node.depth for place, node in found.nodes.items()} == walked(start, arrows, depth, way) and not found.is_cut
        assert {(source, target) for source, target, _name in found.links} <= set(arrows)
        assert all(node.row is not None and (node.before in found.nodes or not node.depth) for node in found.nodes.values())


def test_impact_ends_where_one_may_not_look(tangled: Trace, half: Half, inside: Any) -> None:
    """One's own task, one that may not be seen, and one behind it that may: the chain ends at the gap."""
    with inside():
        here, gap, behind = half.mine[0], half.theirs[0], half.mine[1]
        Edge.objects.bulk_create(
            Edge(tenant=half.house.tenant, trace="needs", source="work.task", source_id=a.pk, target="work.task", target_id=b.pk, source_print="", target_print="", confirmed_at=here.created_at)
            for a, b in ((here, gap), (gap, behind))
        )  # fmt: skip
        object.__setattr__(tangled, "crosses_projects", True)
        assert len(impact.impact_of(resource("work.task"), here, half.house.access).nodes) == 3
    person = member(half.house, "narrow", "manager", half.house.project)
    narrow = access_of(person, half.house.tenant)
    with scope.within(scope.Scope(half.house.tenant.pk, person.pk, narrow.project_ids)):
        found = impact.impact_of(resource("work.task"), here, narrow)
        assert list(found.nodes) == [("work.task", here.pk)] and not found.links and not found.is_cut
        object.__setattr__(tangled, "crosses_projects", False)
    with inside():  # an edge between two projects of a trace that keeps to one is silent for everybody
        assert len(impact.impact_of(resource("work.task"), here, half.house.access).nodes) == 1


def test_impact_says_when_it_is_cut(tangled: Trace, house: House, inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impact, "nodes_at_most", 5)
    with inside():
        tasks = [work.task_save(project=house.project, name=f"t{n}") for n in range(8)]
        for task in tasks[1:]:
            edges.join(tangled, tasks[0], task, house.access)
        with pytest.raises(ValidationError):
            edges.join(tangled, tasks[0], tasks[0], house.access)
        found = impact.impact_of(resource("work.task"), tasks[0], house.access)
        assert found.is_cut and len(found.nodes) == 5 and all(len({*link[:2]} - set(found.nodes)) == 0 for link in found.links)
    answer = browser(house.owner).get(f"{at(tasks[0])}impact/")
    assert answer.status_code == 200 and "<svg" in answer.content.decode() and answer.context["told"].is_cut
