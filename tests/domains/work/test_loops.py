"""A plan that cannot be calculated is not made: links and places in the tree that would close a loop are refused by every way in, and the loop is named."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jingwei.domains.cost.queries import earned_value_of
from jingwei.domains.schedule import network, services
from jingwei.domains.work import loops
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.models import History
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.kernels.plan.circles import line_of
from jingwei.kernels.plan.plan import PlanError
from jingwei.kernels.value.lengthening import working_time
from tests.domains.conftest import Firm, Refuses, refuses
from tests.kernels.test_circles import Links, Parents, network_of, plans

pytestmark = pytest.mark.django_db
asked: Refuses = refuses


def link(before: Task, after: Task, **more: Any) -> Dependency:
    return work.dependency_save(predecessor=before, successor=after, **more)


def is_calculated(firm: Firm) -> bool:
    try:
        network.calculate(network.load(firm.project))
    except PlanError:
        return False
    return True


@pytest.fixture
def pair(firm: Firm, en: None) -> tuple[Task, Task]:
    """P, and Q that waits for it."""
    first, second = firm.task("P", code="P"), firm.task("Q", code="Q")
    link(first, second)
    return first, second


def test_no_task_is_put_below_what_it_waits_for_or_what_waits_for_it(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    for part, whole in (pair, pair[::-1]):
        with asked("parent", "P → Q are linked"):
            firm.changed(Task.objects.get(pk=part.pk), parent=whole.pk)
    with asked("parent", "Remove the link first"):
        firm.changed(Task.objects.get(pk=second.pk), parent=firm.task("M", parent=first).pk)
    assert is_calculated(firm) and not Task.objects.filter(pk=second.pk).exclude(parent=None).exists()


def test_no_part_of_what_waits_is_waited_for(firm: Firm, pair: tuple[Task, Task]) -> None:
    """Given P → Q, when a part of Q is to be waited for by P, then it is refused: Q's parts wait for P as well."""
    first, second = pair
    part = firm.task("S", code="S", parent=second)
    with asked("predecessor", "P → Q → S → P. Remove one of the links"):
        link(part, first)
    assert is_calculated(firm)


def test_no_place_closes_a_loop_through_other_tasks(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    other = firm.task("S", code="S")
    link(other, first)
    with asked("parent", "S"), transaction.atomic():
        firm.changed(Task.objects.get(pk=other.pk), parent=second.pk)
    with asked("parent", "closes a loop"):
        firm.changed(Task.objects.get(pk=other.pk), parent=second.pk)
    assert is_calculated(firm)


def test_what_becomes_a_summary_has_no_link_to_its_finish(firm: Firm, en: None) -> None:
    """Given a link finish to finish, when a task is put below its end, then it is refused, as is such a link into a summary: the plan could not be calculated."""
    first, second = firm.task("P", code="P"), firm.task("Q", code="Q")
    link(first, second, type="FF")
    with asked("parent", "P → Q leads to the finish"):
        firm.task("S", parent=second)
    whole = firm.task("W", code="W")
    firm.task("V", parent=whole)
    with asked("type", "“W” is a summary"):
        link(first, whole, type="FF")
    assert is_calculated(firm)


def test_the_programming_interface_and_the_form_refuse_it(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    manager = firm.client("manager")
    answer = manager.patch(f"/api/v1/work.task/{second.pk}", json.dumps({"parent": first.pk}), content_type="application/json")
    assert answer.status_code == 422 and "parent" in answer.content.decode(), answer.content
    page = manager.post(f"/w/work.task/{second.pk}/edit/", {"name": "Q", "parent": first.pk, "version": second.version})
    assert page.status_code in (200, 422) and Task.objects.get(pk=second.pk).parent_id is None


def test_the_gantt_says_it_before_it_is_done(firm: Firm, pair: tuple[Task, Task]) -> None:
    """Given a task that waits for another, when the picture asks what indenting it would do, then it is told the loop, and nothing moved by nought."""
    first, second = pair
    body = {"changes": [{"task": second.pk, "parent": first.pk}]}
    for where in ("preview", "commit"):
        answer = firm.client("manager").post(f"/schedule/gantt/P1/{where}/", body, content_type="application/json")
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "parent", answer.content
        assert "P" in answer.json()["errors"][0]["message"]
    link_pk = Dependency.objects.get().pk
    answer = firm.client("manager").post("/schedule/gantt/P1/commit/", {**body, "links": {"remove": [link_pk]}}, content_type="application/json")
    assert answer.status_code == 200, "in one commit with the mend it goes"
    assert is_calculated(firm)


def test_a_plan_that_is_broken_already_says_so_in_the_gantt(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    Dependency.objects.create(tenant_id=firm.tenant.pk, project=firm.project, predecessor=second, successor=first)
    outcome = services.plan_preview(
        project=firm.project, edits=services.Edits(changes=[{"task": first.pk, "name": "P2"}]), access=system_access(firm.tenant.pk)
    )
    assert any("wait for each other" in text and "P2 → Q" in text for text in outcome.effect["told"]) or any("Q → P2" in t for t in outcome.effect["told"])


def test_a_table_refuses_the_row_and_writes_the_others(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    other = firm.task("S", code="S")
    rows = [(Task.objects.get(pk=second.pk), {"parent": first.pk}), (Task.objects.get(pk=other.pk), {"name": "S2"})]
    refused, written = commands.save_many(resource("work.task"), rows, system_access(firm.tenant.pk))
    assert isinstance(refused, ValidationError) and "parent" in refused.message_dict and written.name == "S2"
    assert is_calculated(firm)


def test_many_links_with_a_loop_among_them_are_refused_one_by_one(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    part, free = firm.task("S", code="S", parent=second), firm.task("F", code="F")
    rows = [
        (None, {"predecessor": part.pk, "successor": first.pk, "type": "FS", "lag_minutes": 0}),
        (None, {"predecessor": second.pk, "successor": free.pk, "type": "FS", "lag_minutes": 0}),
    ]
    refused, written = commands.save_many(resource("work.dependency"), rows, system_access(firm.tenant.pk))
    assert isinstance(refused, ValidationError) and "closes a loop" in str(refused) and written.pk
    assert is_calculated(firm)


def test_links_of_a_file_that_close_a_loop_over_a_summary_are_left_out(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    part, free = firm.task("S", code="S", parent=second), firm.task("F", code="F")
    written, refused = work.dependencies_save(
        project_id=firm.project.pk, links=[(part, first, "FS", 0), (first, second, "FS", 60), (second, free, "FS", 0), (free, second, "FF", 0)]
    )
    assert written == 2 and {(a.code, b.code) for a, b, _why in refused} == {("S", "P"), ("F", "Q")}
    assert is_calculated(firm) and Dependency.objects.get(predecessor=first, successor=second).lag_minutes == 60


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), stands=st.integers(0, 4), turned=st.sets(st.integers(0, 3)))
def test_what_is_left_of_new_links_has_no_circle(firm: Firm, en: None, plan: tuple[Parents, Links], stands: int, turned: set[int]) -> None:
    """Given links that stand, when new ones come and some of those get another type, then what is not refused is calculated, and nothing is refused in vain."""
    parents, links = plan
    known = {(a, b): kind for a, b, kind in links[:stands]}
    if network_of(parents, links[:stands]):
        return
    fresh = {(a, b): kind for a, b, kind in links[stands:]} | {pair: "SS" for number, pair in enumerate(known) if number in turned}
    refused = loops.refused_of(parents, known, fresh)
    left = known | {pair: kind for pair, kind in fresh.items() if pair not in refused}
    assert refused <= set(fresh) and not network_of(parents, [(a, b, kind) for (a, b), kind in left.items()])
    if not network_of(parents, [(a, b, kind) for (a, b), kind in (known | fresh).items()]):
        assert not refused


def test_very_many_loops_in_a_file_are_told_within_seconds() -> None:
    """Given a file of thirty thousand links at random, thousands of loops among them, when it is looked through, then its project is not held for minutes."""
    at_random = random.Random(1)
    fresh = {(a, b): "FS" for a, b in ((at_random.randrange(3000), at_random.randrange(3000)) for _ in range(30_000)) if a != b}
    began = time.perf_counter()
    refused = loops.refused_of(dict.fromkeys(range(3000)), {}, fresh)
    assert 0 < len(refused) < len(fresh) and time.perf_counter() - began < 30


def test_a_file_whose_tree_does_not_fit_to_a_link_is_refused_whole(firm: Firm, pair: tuple[Task, Task]) -> None:
    """Given links that stand, when the tree of a file makes a loop of them, then the import is refused in words, not the plan left without dates."""
    first, second = pair
    with asked("", "closes a loop"), transaction.atomic():
        work.tasks_save(rows=[(Task.objects.get(pk=second.pk), {"parent": first})], checks_links=False)
        work.dependencies_save(project_id=firm.project.pk, links=[])
    finish = firm.task("Z", code="Z")
    link(first, finish, type="FF")
    with asked("", "P → Z leads to the finish"), transaction.atomic():
        work.tasks_save(rows=[(None, {"project": firm.project, "name": "N", "parent": finish})], checks_links=False)
        work.dependencies_save(project_id=firm.project.pk, links=[(first, finish, "FF", 0)])
    assert is_calculated(firm)


def test_undo_brings_no_loop_back(firm: Firm, pair: tuple[Task, Task]) -> None:
    """Given a link that was removed and its reverse made since, when it is asked whether the row may come back, then its rules refuse it."""
    first, second = pair
    gone = Dependency.objects.get()
    gone.delete()
    link(second, first)
    back = Dependency(pk=7_000_001, project=firm.project, predecessor=first, successor=second, tenant_id=firm.tenant.pk)
    with asked("predecessor", "closes a loop"):
        for rule in resource("work.dependency").rules:
            rule(back)
    child = Task(pk=7_000_002, project=firm.project, name="N", parent=second, tenant_id=firm.tenant.pk)
    for rule in resource("work.task").rules:
        rule(child)


def test_moving_back_by_undo_is_refused_when_a_link_came_between(firm: Firm, en: None) -> None:
    first, second = firm.task("P", code="P"), firm.task("Q", code="Q")
    firm.changed(second, parent=first.pk)
    with firm.acting("manager"):
        firm.changed(Task.objects.get(pk=second.pk), parent=None)
    trace = History.objects.filter(resource="work.task", object_id=second.pk).latest("id").trace
    link(first, Task.objects.get(pk=second.pk))
    with firm.acting("manager"):
        assert "are linked" in " ".join(undo.undo(trace, firm.rights("manager")))
    assert is_calculated(firm)


def test_what_goes_leaves_no_loop(firm: Firm, en: None) -> None:
    """Given A → B in W, W starts before X and X before B, when the first link is removed, then it is refused: B would begin W, and wait for what waits for W's begin."""
    whole = firm.task("W", code="W")
    one, two, other = firm.task("A", code="A", parent=whole), firm.task("B", code="B", parent=whole), firm.task("X", code="X")
    inner = link(one, two)
    link(whole, other, type="SS")
    outer = link(other, two)
    for gone in (inner, Task.objects.get(pk=one.pk)):
        with asked("", "B"):
            commands.remove(resource(gone._meta.label_lower), gone, system_access(firm.tenant.pk))
    assert is_calculated(firm) and Task.objects.filter(pk=one.pk).exists()
    commands.remove(resource("work.dependency"), outer, system_access(firm.tenant.pk))
    commands.remove(resource("work.dependency"), inner, system_access(firm.tenant.pk))
    assert is_calculated(firm)


def laid(firm: Firm, parents: Parents, links: Links) -> dict[int, Task]:
    """A plan as it stands, past all checks."""
    tasks: dict[int, Task] = {}
    for key, above in parents.items():
        tasks[key] = Task.objects.create(
            tenant_id=firm.tenant.pk, project=firm.project, code=f"K{key}", name=f"K{key}", position=key + 1, parent=tasks.get(above) if above is not None else None,
        )  # fmt: skip
    Dependency.objects.bulk_create(
        Dependency(tenant_id=firm.tenant.pk, project=firm.project, predecessor=tasks[a], successor=tasks[b], type=kind) for a, b, kind in links
    )
    work.tasks_renumber(project_id=firm.project.pk)
    return tasks


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
@given(plan=plans())
@example(plan=({0: None, 1: None, 2: 1}, [(0, 1, "FS"), (2, 0, "FS")]))  # from a part back to what its summary waits for
@example(plan=({0: None, 1: 0, 2: 0, 3: None}, [(1, 2, "FS"), (0, 3, "SS"), (3, 2, "FS")]))  # a later part waits for what begins with the summary: that goes
def test_a_link_is_refused_exactly_when_the_network_finds_a_circle(firm: Firm, plan: tuple[Parents, Links]) -> None:
    """Given any plan that is calculated, when a link is written, then it is refused exactly when the network would report a circle (or it joins a task with its own whole)."""
    parents, links = plan
    if not links or network_of(parents, links[:-1]):
        return
    a, b, kind = links[-1]
    expected = bool(network_of(parents, links)) or a in line_of(parents, b) or b in line_of(parents, a)
    with transaction.atomic():
        tasks = laid(firm, parents, links[:-1])
        try:
            link(tasks[a], tasks[b], type=kind)
            refused = False
        except ValidationError:
            refused = True
        transaction.set_rollback(True)
    assert refused == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
@given(plan=plans())
def test_a_place_is_refused_exactly_when_the_network_finds_a_circle(firm: Firm, plan: tuple[Parents, Links]) -> None:
    """Given any plan that is calculated, when its last task is put where it stands from the top, then the network decides (and links within one line, and to the finish of a summary)."""
    parents, links = plan
    last = max(parents)
    before = {**parents, last: None}
    if parents[last] is None or network_of(before, links):
        return
    joins = any((a in line_of(parents, b) or b in line_of(parents, a)) and not (a in line_of(before, b) or b in line_of(before, a)) for a, b, _kind in links)
    expected = joins or bool(network_of(parents, links))
    with transaction.atomic():
        tasks = laid(firm, before, links)
        try:
            work.task_save(instance=Task.objects.get(pk=tasks[last].pk), parent=tasks[parents[last]])  # type: ignore[index]
            refused = False
        except ValidationError:
            refused = True
        transaction.set_rollback(True)
    assert refused == expected


# what stands in the tables past all checks


@pytest.fixture
def ring(firm: Firm, en: None) -> dict[str, Task]:
    """X is a part of Y, Y of X, each with a part; A is none of it."""
    tasks = {"A": firm.task("A", code="A"), "X": firm.task("X", code="X"), "Y": firm.task("Y", code="Y")}
    tasks["x"], tasks["y"] = firm.task("x", code="XX", parent=tasks["X"]), firm.task("y", code="YY", parent=tasks["Y"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE work_task SET parent_id = %s WHERE id = %s", [tasks["y"].pk, tasks["X"].pk])
        cursor.execute("UPDATE work_task SET parent_id = %s WHERE id = %s", [tasks["x"].pk, tasks["Y"].pk])
    return {name: Task.objects.get(pk=task.pk) for name, task in tasks.items()}


def test_a_ring_in_the_tree_is_told_and_never_walked_for_ever(firm: Firm, ring: dict[str, Task]) -> None:
    began = time.perf_counter()
    parents = loops.parents_of(firm.project.pk)
    assert len(loops.line_of(parents, ring["X"].pk)) == 4
    link(ring["A"], ring["X"])
    with asked("parent", ""):
        firm.changed(ring["A"], parent=ring["X"].pk)
    with asked("parent", "parts of each other"):
        work.dependencies_save(project_id=firm.project.pk, links=[(ring["A"], ring["y"], "FS", 0)])
    record = services.project_recalculate(project_id=firm.project.pk)
    assert record is not None and "wait for each other" in record.effects["problem"] and "X" in record.effects["problem"]
    manager = firm.client("manager")
    told = {"/schedule/gantt/P1/": 200, "/schedule/network/P1/": 200, "/schedule/reasons/P1/": 422, "/schedule/quality/P1/": 422, "/w/work.task/": 200}
    assert {page: manager.get(page).status_code for page in told} == told
    assert manager.get(f"/w/work.task/{ring['X'].pk}/").status_code == 200
    assert set(
        working_time({pk: row | {"is_summary": False, "duration_minutes": 480} for pk, row in network.load(firm.project).rows.items()})[1][ring["x"].pk]
    ) >= {ring["x"].pk}
    assert earned_value_of(firm.project) is not None
    assert time.perf_counter() - began < 60


def test_a_ring_is_mended_by_hand(firm: Firm, ring: dict[str, Task]) -> None:
    firm.changed(ring["X"], parent=None)
    assert is_calculated(firm) and Task.objects.get(pk=ring["x"].pk).wbs.count(".") == 1


def test_a_ring_of_links_is_in_nobodys_way_who_does_not_touch_it(firm: Firm, pair: tuple[Task, Task]) -> None:
    first, second = pair
    Dependency.objects.create(tenant_id=firm.tenant.pk, project=firm.project, predecessor=second, successor=first)
    free, whole = firm.task("F", code="F"), firm.task("G", code="G")
    firm.changed(free, parent=whole.pk)
    with asked("parent", "closes a loop"):
        firm.changed(Task.objects.get(pk=second.pk), parent=whole.pk)
    commands.remove(resource("work.dependency"), Dependency.objects.get(successor=first), system_access(firm.tenant.pk))
    assert is_calculated(firm)


def test_a_ring_that_stands_costs_no_more_than_a_walk_when_a_large_branch_moves(firm: Firm, pair: tuple[Task, Task]) -> None:
    """Given two thousand tasks in a row below a summary, and a ring beside them, when the summary moves, then every link is walked a few times and not a thousand."""
    first, second = pair
    whole, place = firm.task("W", code="W"), firm.task("G", code="G")
    more = {"tenant_id": firm.tenant.pk, "project": firm.project}
    row = Task.objects.bulk_create(Task(code=f"K{n}", name=f"K{n}", position=10 + n, parent=whole, **more) for n in range(2000))
    links = [Dependency(predecessor=a, successor=b, type="FS", **more) for a, b in zip(row, row[1:], strict=False)]
    Dependency.objects.bulk_create([*links, Dependency(predecessor=second, successor=first, type="FS", **more)])
    whole.parent = place
    began = time.perf_counter()
    loops.check_places(firm.project.pk, [whole])
    assert time.perf_counter() - began < 2
    Dependency.objects.bulk_create([Dependency(predecessor=row[-1], successor=row[1000], type="FS", **more)])
    with asked("parent", "closes a loop: K1000 → K1001"):
        loops.check_places(firm.project.pk, [whole])
    assert time.perf_counter() - began < 4
