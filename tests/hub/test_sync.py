"""Two-way sync between the running tracker and our tasks: creates, edits, clashes, deletes, lost answers, echo."""

from __future__ import annotations

import pytest

from jingwei.domains.work.models import Task
from jingwei.hub.engine import decisions
from jingwei.hub.engine import rehearse as rehearsal
from jingwei.hub.models import Conflict, DeadLetter, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.monitor import trace as tracing
from jingwei.hub.register import services
from jingwei.hub.sync import compare
from tests.hub.conftest import Joined
from tests.hub.deeds import change, edit, issue, ours, theirs

pytestmark = pytest.mark.django_db(transaction=True)


def assert_agree(joined: Joined) -> None:
    """Both sides and the base agree, record by record."""
    report = compare.verify(Interface.objects.select_related("system_a", "system_b", "published").get(pk=joined.interface.pk))
    assert report["differences"] == []
    assert report["unlinked_a"] == report["unlinked_b"] == report["doubled_a"] == report["doubled_b"] == []


def test_records_are_created_on_both_sides_and_stay_quiet(joined: Joined) -> None:
    issue(joined, subject="  设计接口 ", done_ratio=30)
    ours(joined, code="T-1")
    counts = joined.sync()
    assert counts["created"] == 2, counts
    assert Task.objects.filter(name="设计接口", percent=30).exists()
    assert_agree(joined)
    again = joined.sync()
    assert (again["created"], again["updated"]) == (0, 0)


def test_a_change_travels_either_way_and_only_that_field(joined: Joined) -> None:
    made = issue(joined, description="甲")
    joined.sync()
    task = Task.objects.get()
    change(joined, task, percent=40)
    edit(joined, made["id"], subject="新名称")
    joined.sync()
    assert theirs(joined, made["id"])["done_ratio"] == 40
    assert Task.objects.get().name == "新名称"
    assert_agree(joined)


def test_a_clash_waits_for_a_person_and_keeps_both_values(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), name="我们的名称")
    edit(joined, made["id"], subject="他们的名称")
    counts = joined.sync()
    assert counts["conflicts"] == 1
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.value_a, conflict.value_b) == ("他们的名称", "我们的名称")
    assert Task.objects.get().name == "我们的名称" and theirs(joined, made["id"])["subject"] == "他们的名称"
    decisions.conflict_resolve(conflicts=[conflict], choice="b")
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "我们的名称"
    assert_agree(joined)


def test_a_third_value_reaches_both(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), name="我们的名称")
    edit(joined, made["id"], subject="他们的名称")
    joined.sync()
    decisions.conflict_resolve(conflicts=list(Conflict.objects.filter(resolved_at=None)), choice="value", value="商定的名称")
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "商定的名称" == Task.objects.get().name
    assert_agree(joined)
    assert not Conflict.objects.filter(resolved_at=None).exists()


def test_a_lost_answer_makes_no_second_issue(joined: Joined) -> None:
    joined.program.call("POST", "/faults", {"lose_answer_rate": 1.0})
    ours(joined, code="T-1", name="丢失应答")
    joined.sync(2)
    joined.program.call("POST", "/faults", {"lose_answer_rate": 0})
    OutboxEntry.objects.update(not_before=None)
    joined.interface.system_a.connection.__class__.objects.update(open_until=None, failures=0)
    joined.sync()
    OutboxEntry.objects.update(not_before=None)
    joined.sync()
    rows = joined.program.call("GET", "/api/issues?limit=100").json()["issues"]
    assert [row["subject"] for row in rows] == ["丢失应答"]
    assert_agree(joined)


def test_a_bad_record_is_quarantined_and_let_in_after_mending(joined: Joined) -> None:
    made = issue(joined, subject="x" * 250)
    spec = {**joined.interface.published.spec}
    spec["mapping"] = {
        **spec["mapping"],
        "pairs": [{**spec["mapping"]["pairs"][0], "rules": [{"rule": "max_length", "value": 100}]}, *spec["mapping"]["pairs"][1:]],
    }
    services.version_publish(interface=joined.interface, spec=spec)
    joined.sync()
    row = Quarantine.objects.get()
    assert row.problems[0]["field"] == "name" and not Task.objects.exists()
    edit(joined, made["id"], subject="短名称")
    joined.sync()
    assert Task.objects.get().name == "短名称"


def test_a_delete_over_there_asks_before_it_takes_ours(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    joined.program.call("DELETE", f"/api/issues/{made['id']}")
    joined.sync()
    assert Task.objects.count() == 1
    assert Conflict.objects.filter(resolved_at=None, field="").count() == 1


def test_a_delete_is_carried_over_when_the_interface_says_so(joined: Joined) -> None:
    made = issue(joined)
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    joined.program.call("DELETE", f"/api/issues/{made['id']}")
    joined.sync()
    assert Task.objects.count() == 0
    assert Link.objects.get().state == Link.State.UNLINKED


def test_mass_deletes_are_held_whole_until_somebody_lets_them_pass(joined: Joined) -> None:
    keys = [issue(joined, subject=f"事项 {n}")["id"] for n in range(8)]
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    for key in keys:
        joined.program.call("DELETE", f"/api/issues/{key}")
    joined.sync()
    assert Task.objects.count() == 8
    assert OutboxEntry.objects.filter(state="held").count() == 8
    decisions.deletes_allow(interface=joined.interface)
    joined.sync()
    assert Task.objects.count() == 0 and not OutboxEntry.objects.filter(state="held").exists()


def test_held_deletes_can_be_refused_and_what_was_deleted_is_made_anew(joined: Joined) -> None:
    keys = [issue(joined, subject=f"事项 {n}")["id"] for n in range(8)]
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    for key in keys:
        joined.program.call("DELETE", f"/api/issues/{key}")
    joined.sync()
    decisions.deletes_refuse(interface=joined.interface)
    joined.sync()
    assert Task.objects.count() == 8 == len(joined.program.call("GET", "/api/issues?limit=100").json()["issues"])
    assert_agree(joined)


def test_the_filter_leaves_other_projects_alone(joined: Joined) -> None:
    issue(joined, project="ERP-JOIN")
    joined.sync()
    assert not Task.objects.exists() and not Link.objects.exists()
    assert_agree(joined)


def test_what_we_refuse_becomes_a_dead_letter_that_can_be_replayed(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), work_hours="200000")
    joined.sync()
    letter = DeadLetter.objects.get(settled_at=None)
    assert letter.code == "connector.refused" and "estimated_hours" in letter.message_zh
    assert joined.sync()["dead"] == 0, "a parked record is not tried again by itself"
    change(joined, Task.objects.get(), work_hours="16")
    decisions.dead_letter_settle(letters=[letter], settlement="replay")
    joined.sync()
    assert theirs(joined, made["id"])["estimated_hours"] == 16
    assert_agree(joined)


def test_a_dry_run_shows_all_and_writes_nothing(joined: Joined) -> None:
    issue(joined, subject="只看不写")
    ours(joined, code="T-9", name="我们的")
    report = rehearsal.dry_run(joined.interface.pk)
    actions = {(w["side"], w["action"]) for w in report["writes"]}
    assert actions == {("a", "create"), ("b", "create")}
    assert report["calls"] == 1
    assert Task.objects.count() == 1 and not Link.objects.exists()
    assert len(joined.program.call("GET", "/api/issues").json()["issues"]) == 1


def test_where_is_my_record(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    found = tracing.trace(str(made["id"]))
    assert found["links"][0]["key_b"] == str(Task.objects.get().pk)
    assert {"arrived", "written"} <= {step["kind"] for step in found["steps"]}


def test_equal_names_are_paired_on_the_first_load_and_nothing_is_doubled(joined: Joined) -> None:
    made = issue(joined, subject="同名事项", done_ratio=50)
    ours(joined, code="T-1", name="同名事项")
    spec = {**joined.interface.published.spec}
    spec["mapping"] = {**spec["mapping"], "key": ["name"], "pairs": [{**p, "policy": "a"} for p in spec["mapping"]["pairs"]]}
    services.version_publish(interface=joined.interface, spec=spec)
    counts = joined.sync()
    assert counts["created"] == 0
    link = Link.objects.get()
    assert (link.key_a, Task.objects.get().percent) == (str(made["id"]), 50)
    assert_agree(joined)


def test_a_dead_letter_ends_when_its_value_is_mended_and_a_discarded_one_leaves_a_question(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), work_hours="200000")
    joined.sync()
    letter = DeadLetter.objects.get(settled_at=None)
    decisions.dead_letter_settle(letters=[letter], settlement="discard")
    asked = Conflict.objects.get(resolved_at=None)
    assert (asked.reason, asked.field, asked.value_b) == ("refused", "work_hours", "200000")
    edit(joined, made["id"], estimated_hours=8)
    change(joined, Task.objects.get(), work_hours="8")
    joined.sync()
    assert not Conflict.objects.filter(resolved_at=None).exists()
    change(joined, Task.objects.get(), work_hours="300000")
    joined.sync()
    assert DeadLetter.objects.filter(settled_at=None).count() == 1
    change(joined, Task.objects.get(), work_hours="12")
    joined.sync()
    assert not DeadLetter.objects.filter(settled_at=None).exists() and theirs(joined, made["id"])["estimated_hours"] == 12
