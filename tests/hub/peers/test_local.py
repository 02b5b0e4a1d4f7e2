"""Our own resources as a peer: what comes from outside is isolated, stays within its project, and names rows by natural key only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connections, transaction

from jingwei.domains.directory.models import Person
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame import scope
from jingwei.frame.models import History, Project, Tenant
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access, system_access
from jingwei.hub import contract
from jingwei.hub.contract import Absence
from jingwei.hub.peers.local import LocalResources

tasks = "work.task"


@pytest.fixture
def project(db: None) -> Iterator[Project]:
    """A project in whose scope everything happens."""
    tenant = Tenant.objects.create(code="t1", name="精工制造")
    with scope.within(scope.Scope(tenant.pk, origin="test")):
        found = Project(code="P", name="P", start_on=date(2026, 11, 2))
        found.save()
        yield found


@pytest.fixture
def other(project: Project) -> Project:
    """A neighbour in the same organisation."""
    found = Project(code="Q", name="Q", start_on=date(2026, 11, 2))
    found.save()
    return found


def port(project: Project, *grants: str) -> LocalResources:
    """The port of an interface in that project; with grants, an interface that has no others."""
    access = Access(project.tenant_id, None, frozenset(), {project.pk: frozenset(grants)}) if grants else None
    return LocalResources(project.pk, access, project.tenant_id)


def made(project: Project, count: int, **values: Any) -> list[str]:
    """Keys of that many new tasks."""
    out = port(project).write(tasks, [(None, {"name": f"任务 {n}", **values}) for n in range(count)])
    assert all(isinstance(each, contract.Record) for each in out), out
    return [each.key for each in out if isinstance(each, contract.Record)]


def kinds(results: Any) -> list[str]:
    """The names of what came back."""
    return [type(each).__name__ for each in results]


# deletes


@pytest.mark.alone
def test_five_thousand_deletes_are_quick_kept_in_history_and_can_be_undone(project: Project) -> None:
    keys = made(project, 5000)
    began = time.perf_counter()
    with scope.because(reason="bulk", trace="gone"):
        assert port(project).delete_many(tasks, keys) == [None] * 5000
    assert time.perf_counter() - began < 30
    assert not Task.objects.exists()
    assert History.objects.filter(resource=tasks, action="D").count() == 5000


def test_trees_and_links_come_back_whole(project: Project) -> None:
    above, *below = made(project, 4)
    for key in below:
        Task.objects.filter(pk=key).update(parent_id=int(above))
    commands.create(resource("work.dependency"), {"predecessor": int(below[0]), "successor": int(below[1])}, system_access(project.tenant_id))
    with scope.because(reason="bulk", trace="gone"):
        assert port(project).delete_many(tasks, [*below[1:], above, *below[:1]]) == [None] * 4
    assert not Task.objects.exists()
    assert undo.undo("gone", system_access(project.tenant_id)) == []
    assert {str(t.pk): str(t.parent_id) for t in Task.objects.filter(parent__isnull=False)} == dict.fromkeys(below, above)
    assert Dependency.objects.count() == 1


def test_what_must_stay_keeps_no_other_one(project: Project, other: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = made(project, 9)
    (elsewhere,) = made(other, 1)
    found, stays = resource(tasks), {int(keys[2]), int(keys[7])}
    real = found.remove_many
    assert real is not None

    def choosy(*, rows: Any) -> None:
        if stays & {row.pk for row in rows}:
            raise commands.ValidationError("it is needed")
        real(rows=rows)

    def picky(*, instance: Any) -> None:
        if instance.pk in stays:
            raise RuntimeError("a bug of ours")
        real(rows=[instance])

    monkeypatch.setitem(found.__dict__, "remove_many", choosy)
    monkeypatch.setitem(found.__dict__, "remove", picky)
    out = port(project).delete_many(tasks, [*keys, elsewhere, "nonsense", "9" * 40])
    assert kinds(out) == ["NoneType", "NoneType", "Refused", *["NoneType"] * 4, "Refused", "NoneType", "Gone", "Gone", "Gone"]
    assert set(Task.objects.values_list("pk", flat=True)) == stays | {int(elsewhere)}


def test_without_the_right_nothing_is_deleted_or_written_or_read(project: Project) -> None:
    (key,) = made(project, 1)
    may_look = port(project, "work.task.view")
    assert kinds(may_look.delete_many(tasks, [key])) == ["Forbidden"]
    assert kinds(may_look.write(tasks, [(key, {"name": "x"}), (None, {"name": "y"})])) == ["Forbidden", "Forbidden"]
    with pytest.raises(contract.Forbidden):
        may_look.delete(tasks, key)
    with pytest.raises(contract.Forbidden):
        port(project, "work.task.change").fetch(tasks, [key])
    assert kinds(port(project, "work.task.view", "work.task.change").write(tasks, [(key, {"name": "x"}), (None, {"name": "y"})])) == ["Record", "Forbidden"]


# writes


def test_a_number_is_never_taken_for_an_id_of_ours(project: Project) -> None:
    person = Person(name="吴刚")
    person.save()
    (key,) = made(project, 1)
    for value in (person.pk, str(person.pk), 4711, True, f"{person.pk}.0"):
        (out,) = port(project).write(tasks, [(key, {"assignee": value})])
        assert isinstance(out, contract.Refused), value
        assert "assignee" in out.fields
        assert out.mend is not None or value is True
    assert Task.objects.get(pk=key).assignee is None


def test_a_number_that_is_a_natural_key_is_one(project: Project) -> None:
    (key,) = made(project, 1)
    parents = port(project).write(tasks, [(None, {"name": "up", "code": "4711"})])
    (out,) = port(project).write(tasks, [(key, {"parent": "4711"})])
    assert isinstance(out, contract.Record), out
    (parent,) = parents
    assert isinstance(parent, contract.Record)
    assert out.values["parent"] == "P/4711"
    assert str(Task.objects.get(pk=key).parent_id) == parent.key
    (again,) = port(project).write(tasks, [(key, {"parent": out.values["parent"], "assignee": None})])
    assert isinstance(again, contract.Record)


def test_references_and_rows_stay_within_the_project(project: Project, other: Project) -> None:
    (key,) = made(project, 1)
    (theirs,) = made(other, 1, code="X-1")
    out = port(project).write(tasks, [(key, {"parent": "X-1"}), (key, {"parent": "Q/X-1"}), (key, {"project": other.pk}), (theirs, {"name": "ours now"})])
    assert kinds(out) == ["Refused", "Refused", "Refused", "Gone"]
    assert Task.objects.get(pk=theirs).name == "任务 0"


def test_one_bad_record_keeps_no_other_one(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (key,) = made(project, 1)
    found = resource(tasks)
    real_many, real_one = found.write_many, found.write
    assert real_many is not None and real_one is not None

    def buggy_many(*, rows: Any) -> Any:
        if any(values.get("name") == "boom" for _row, values in rows):
            raise KeyError("a bug of ours")
        return real_many(rows=rows)

    monkeypatch.setitem(found.__dict__, "write_many", buggy_many)
    bad: list[contract.Values] = [
        {"name": "a\0b"}, {"name": "half \ud800"}, {"name": "x" * 5000}, {"name": "boom"}, {"percent": 10**30}, {"work_hours": "1e400"},
        {"deadline": "the day after"}, {"no_such": 1}, {"name": ["a", {"b\0": 1}]}, {"name": None}, {"is_milestone": {"a": []}, "percent": "NaN"},
    ]  # fmt: skip
    good: list[contract.Values] = [{"name": f"good {n}"} for n in range(len(bad))]
    items = [(None, values) for pair in zip([{"name": "n", **b} for b in bad], good, strict=True) for values in pair]
    out = port(project).write(tasks, [*items, (key, {"name": "changed"}), ("9" * 40, {"name": "x"}), ("abc", {"name": "x"})])
    assert kinds(out) == ["Refused", "Record"] * len(bad) + ["Record", "Gone", "Gone"]
    for values, each in zip(bad, out[::2], strict=False):
        if values != {"name": "boom"}:
            assert isinstance(each, contract.Refused)
            assert set(each.fields) & set(values) or set(each.fields) == {"__all__"}, (values, each.fields)
    assert Task.objects.filter(name__startswith="good").count() == len(bad)


def test_absurd_keys_find_nothing(project: Project) -> None:
    (key,) = made(project, 1)
    assert [r.key for r in port(project).fetch(tasks, ["", "abc", "9" * 40, "-1", "１", "²", "1e3", key])] == [key]


def test_where_tells_a_moved_row_from_a_deleted_one(project: Project, other: Project) -> None:
    here, moved, gone = made(project, 3)
    Task.objects.filter(pk=moved).update(project=other)
    port(project).delete(tasks, gone)
    found = port(project).where(tasks, [here, moved, gone, "9" * 40, "x"])
    record = found.pop(here)
    assert isinstance(record, contract.Record) and record.key == here
    assert found == {moved: Absence.ELSEWHERE, gone: Absence.MISSING, "9" * 40: Absence.MISSING, "x": Absence.MISSING}


# changes


@pytest.fixture
def committed(transactional_db: None) -> Iterator[Project]:
    """A project whose changes are committed, as the history's order needs."""
    tenant = Tenant.objects.create(code="t1", name="精工制造")
    with scope.within(scope.Scope(tenant.pk, origin="test")):
        found = Project(code="P", name="P", start_on=date(2026, 11, 2))
        found.save()
        yield found
    connections.close_all()


def news(project: Project, cursor: contract.Values) -> tuple[dict[str, bool], contract.Values]:
    """What was read since: key → whether it was a tombstone; and where to go on."""
    page = port(project).changes(tasks, cursor, 100)
    return {r.key: r.deleted for r in page.records}, page.cursor


def test_a_delete_by_an_older_transaction_than_the_last_change_is_read(committed: Project) -> None:
    (key,) = made(committed, 1)
    _, cursor = news(committed, {})
    _, cursor = news(committed, cursor)
    begun, changed, here = threading.Event(), threading.Event(), scope.current()

    def older() -> None:
        with scope.within(here):
            with transaction.atomic():
                with connections["default"].cursor() as wire:
                    wire.execute("SELECT pg_current_xact_id()")
                begun.set()
                changed.wait(10)
                port(committed).delete(tasks, key)
            connections.close_all()

    thread = threading.Thread(target=older)
    thread.start()
    begun.wait(10)
    port(committed).write(tasks, [(key, {"name": "changed by a younger one"})])
    changed.set()
    thread.join(10)
    found, _ = news(committed, cursor)
    assert found == {key: True}


def test_a_row_that_moved_is_no_tombstone_even_after_it_was_brought_back(committed: Project) -> None:
    other = Project(code="Q", name="Q", start_on=date(2026, 11, 2))
    other.save()
    moved, back = made(committed, 2)
    _, cursor = news(committed, {})
    with scope.because(trace="gone"):
        port(committed).delete(tasks, back)
    undo.undo("gone", system_access(committed.tenant_id))
    Task.objects.filter(pk__in=[moved, back]).update(project=other)
    found, cursor = news(committed, cursor)
    assert found == {}
    Task.objects.filter(pk=moved).update(project=committed)
    found, _ = news(committed, cursor)
    assert found == {moved: False}
