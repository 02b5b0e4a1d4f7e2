"""Comparing values: what differs is seen, what is known to differ is explained, and what was edited meanwhile is neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant
from jingwei.hub import contract
from jingwei.hub.models import Checkpoint, Conflict, DeadLetter, Delivery, Interface, InterfaceVersion, Link, OutboxEntry, Quarantine, System
from jingwei.hub.sync.compare import Comparison, compare, is_due, verify
from tests.hub.sync_memory import Memory, fields, installed

pytestmark = pytest.mark.django_db


@dataclass
class Two:
    """Two memories joined by links that agree."""

    memory: Memory
    interface: Interface

    def pair(self, number: int, *, linked: bool = True, **changes: Any) -> Link | None:
        """One record on both sides, equal; `changes` by side, e.g. a={"subject": "x"}."""
        text, percent = f"记录 {number}", number % 100
        self.memory.rows["issues"][f"a{number}"] = {"subject": text, "done_ratio": percent, "notes": "n", "project": "P", **changes.get("a", {})}
        self.memory.rows["things"][f"b{number}"] = {"name": text, "percent": percent, "notes": "n", **changes.get("b", {})}
        if not linked:
            return None
        values = {"name": text, "percent": percent, "notes": "n"}
        link = Link(interface=self.interface, key_a=f"a{number}", key_b=f"b{number}", base=values, seen_a=values, seen_b=values)
        link.save()
        return link

    def publish(self, **mapping: Any) -> None:
        """Another version."""
        assert self.interface.published is not None
        spec = {**self.interface.published.spec}
        spec["mapping"] = {**spec["mapping"], **mapping}
        version = InterfaceVersion(interface=self.interface, tenant_id=self.interface.tenant_id, number=2, spec=spec, fingerprint="y")
        version.save()
        self.interface.published = version
        self.interface.save(update_fields=["published"])

    def compare(self) -> Comparison:
        """Compare the interface as it is in the database."""
        return compare(Interface.objects.select_related("system_a", "system_b", "published").get(pk=self.interface.pk))

    def kept(self) -> dict[str, Any]:
        """What the interface remembers of it."""
        kept: dict[str, Any] = Interface.objects.get(pk=self.interface.pk).compared
        return kept


pairs = [{"a": "subject", "b": "name"}, {"a": "done_ratio", "b": "percent"}, {"a": "notes", "b": "notes", "direction": "a_to_b"}]


@pytest.fixture
def two(db: None) -> Iterator[Two]:
    memory = installed()
    tenant = Tenant.objects.create(code="t1", name="精工制造")
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="P", name="P", start_on=date(2026, 11, 2))
        project.save()
        systems = [System(key=f"s{n}", name=f"S{n}", connector="memory") for n in (1, 2)]
        for system in systems:
            system.save()
        interface = Interface(project=project, key="i", name="I", system_a=systems[0], stream_a="issues", system_b=systems[1], stream_b="things", stage="live")
        interface.save()
        spec = {
            "mapping": {"pairs": pairs, "filters": {"a": {"project": ["P"]}}}, "code_tables": {},
            "streams": {side: [{"name": n, "type": t} for n, t in fields[stream]] for side, stream in (("a", "issues"), ("b", "things"))},
        }  # fmt: skip
        version = InterfaceVersion(interface=interface, tenant_id=tenant.pk, number=1, spec=spec, fingerprint="x")
        version.save()
        interface.published = version
        interface.save(update_fields=["published"])
        yield Two(memory, interface)


def test_equal_sides_agree_and_nothing_is_moved_or_asked(two: Two) -> None:
    two.memory.page = 7
    for number in range(25):
        two.pair(number)
    result = two.compare()
    assert result.is_clean and (result.links, result.agree, result.records) == (25, 25, {"a": 25, "b": 25})
    kept = two.kept()
    assert (kept["differ"], kept["agree"], kept["examples"], kept["asked"]) == (0, 25, [], [])
    assert Interface.objects.get().compared_at and not Checkpoint.objects.exists() and not Delivery.objects.exists()
    assert two.memory.looked_up == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"a": {"subject": "别的"}}, "name"),
        ({"b": {"percent": 99}}, "percent"),
        ({"a": {"done_ratio": -1}, "b": {"percent": -2}}, "percent"),
        ({"a": {"notes": "新"}}, "notes"),
        ({"a": {"done_ratio": 5}, "b": {"percent": 5}}, "percent"),
    ],
)
def test_a_value_that_differs_is_looked_up_first_and_counts_when_it_lasts(two: Two, changes: dict[str, Any], field: str) -> None:
    for number in range(5):
        two.pair(number)
    link = two.pair(7, **changes)
    assert link is not None
    result = two.compare()
    assert [(each["field"], each["key_a"], each["key_b"]) for each in result.differences] == [(field, "a7", "b7")] and result.agree == 5
    kept = two.kept()
    assert kept["differ"] == 0 and kept["asked"] == ["a:a7", "b:b7"] and kept["examples"][0]["field"] == field
    asked = {(d.side, d.record_key, d.source, d.state) for d in Delivery.objects.all()}
    assert asked == {("a", "a7", "lookup", "waiting"), ("b", "b7", "lookup", "waiting")}
    Delivery.objects.update(state="done")
    two.compare()
    assert two.kept()["differ"] == 1 and two.kept()["standing"] == ["a:a7", "b:b7"]
    Delivery.objects.update(state="done")
    two.compare()
    assert two.kept()["differ"] == 1, "it stays until it is mended"
    Delivery.objects.update(state="done")
    two.pair(7, linked=False)
    two.compare()
    assert two.kept()["differ"] == 0 and two.kept()["standing"] == []


def test_a_one_way_field_is_compared_towards_its_target_only(two: Two) -> None:
    link = two.pair(1)
    assert link is not None
    Link.objects.update(base={"name": "记录 1", "percent": 1, "notes": "老"})
    assert two.compare().is_clean, "the base of a one-way field says nothing"


def test_edited_while_it_was_read_is_no_difference(two: Two) -> None:
    two.pair(1)
    values = {"name": "改名", "percent": 1, "notes": "n"}

    def edit(stream: str) -> None:
        if stream == "issues":  # A is read already; now somebody edits A, and the hub carries it over
            two.memory.rows["issues"]["a1"]["subject"] = two.memory.rows["things"]["b1"]["name"] = "改名"
            two.memory.rows["issues"]["a2"] = {"subject": "新", "done_ratio": 0, "notes": "", "project": "P"}
            Link.objects.update(base=values, seen_a=values, seen_b=values)

    two.memory.rows["issues"] = {key: dict(row) for key, row in two.memory.rows["issues"].items()}
    two.memory.after_read = edit
    report = verify(two.interface)
    assert report["differences"] == [] and report["agree"] == 1 and report["explained"] == []


explanations: dict[str, Callable[[Link], object]] = {
    "conflict": lambda link: Conflict(interface=link.interface, link=link, field="name").save(),
    "parked": lambda link: Link.objects.filter(pk=link.pk).update(parked_b=True),
    "outbox": lambda link: OutboxEntry(interface=link.interface, link=link, side="b", action="update").save(),
    "held": lambda link: OutboxEntry(interface=link.interface, link=link, side="b", action="delete", state="held").save(),
    "inbox": lambda link: Delivery(interface=link.interface, side="a", source="poll", record_key="a1").save(),
    "accepted": lambda link: Link.objects.filter(pk=link.pk).update(apart={"name": {"a": "别的", "b": "记录 1", "why": "accepted"}}),
    "coerced": lambda link: Link.objects.filter(pk=link.pk).update(apart={"name": {"a": "别的", "b": "记录 1", "why": "coerced"}}),
}


@pytest.mark.parametrize("why", [*explanations, "dead_letter", "quarantined"])
def test_what_is_known_is_explained(two: Two, why: str) -> None:
    link = two.pair(1, a={"subject": "别的"})
    assert link is not None
    if why == "dead_letter":
        entry = OutboxEntry(interface=two.interface, link=link, side="b", action="update", state="dead")
        entry.save()
        DeadLetter(interface=two.interface, entry=entry, code="x").save()
    elif why == "quarantined":
        delivery = Delivery(interface=two.interface, side="a", source="poll", record_key="a1", state="quarantined")
        delivery.save()
        Quarantine(interface=two.interface, delivery=delivery).save()
    else:
        explanations[why](link)
    report = verify(two.interface)
    assert report["differences"] == [] and [each["why"] for each in report["explained"]] == ["parked" if why == "quarantined" else why]
    assert two.compare().is_clean and two.kept()["explained"] == 1
    assert not Delivery.objects.filter(source="lookup").exists()


def test_an_explanation_holds_for_the_values_it_was_given_for(two: Two) -> None:
    link = two.pair(1, a={"subject": "又改了"})
    assert link is not None
    explanations["accepted"](link)
    assert [each["field"] for each in two.compare().differences] == ["name"]
    Conflict(interface=two.interface, link=link, field="percent").save()
    Delivery.objects.all().delete()
    assert [each["field"] for each in two.compare().differences] == ["name"], "a conflict of another field explains nothing"


def test_missing_records_are_seen_and_those_deleted_on_both_sides_are_not(two: Two) -> None:
    for number in range(3):
        two.pair(number)
    del two.memory.rows["issues"]["a0"]
    del two.memory.rows["things"]["b1"]
    del two.memory.rows["issues"]["a2"], two.memory.rows["things"]["b2"]
    result = two.compare()
    assert [(each["field"], each["missing"], each["key_a"]) for each in result.differences] == [(None, "a", "a0"), (None, "b", "a1")]
    assert {(d.side, d.record_key) for d in Delivery.objects.all()} == {("a", "a0"), ("b", "b0"), ("a", "a1"), ("b", "b1")}


def test_unlinked_records_count_unless_filtered_parked_or_on_their_way(two: Two) -> None:
    for number in range(4):
        two.pair(number, linked=False)
    two.memory.rows["things"] = {"b9": {"name": "只在乙", "percent": 1, "notes": ""}}
    two.memory.rows["issues"]["a1"]["project"] = "别的项目"
    Delivery(interface=two.interface, side="a", source="webhook", record_key="a2").save()
    delivery = Delivery(interface=two.interface, side="a", source="poll", record_key="a3", state="quarantined")
    delivery.save()
    Quarantine(interface=two.interface, delivery=delivery, side="a", record_key="a3").save()
    report = verify(two.interface)
    assert (report["unlinked_a"], report["unlinked_b"]) == (["a0"], ["b9"])
    two.compare()
    assert two.kept()["differ"] == 0
    Delivery.objects.filter(source="lookup").update(state="done")
    two.compare()
    assert two.kept()["differ"] == 2
    assert {"side": "a", "key": "a0", "field": None, "missing": "b"} in two.kept()["examples"]


def test_what_left_the_filter_is_known_or_asked(two: Two) -> None:
    known, unknown, kept = (two.pair(number, a={"project": "别处", "subject": "变了"}) for number in range(3))
    assert known and unknown and kept
    Link.objects.filter(pk=known.pk).update(left_a=True, state="unlinked")
    result = two.compare()
    assert [each["what"] for each in result.differences] == ["left", "left"] and result.links == 2
    Interface.objects.update(on_leave="keep")
    Delivery.objects.all().delete()
    assert {each["field"] for each in two.compare().differences} == {"name"}


def test_unlinked_pairs_and_half_ones_that_may_not_be_made_are_let_be(two: Two) -> None:
    first, second = two.pair(1, a={"subject": "各过各的"}), two.pair(2)
    assert first and second
    Link.objects.filter(pk=first.pk).update(state="unlinked", gone_b=True)
    del two.memory.rows["things"]["b2"]
    Link.objects.filter(pk=second.pk).update(key_b=None, seen_b=None, state="held")
    assert two.compare().is_clean
    Link.objects.filter(pk=second.pk).update(state="linked")
    assert [each["missing"] for each in two.compare().differences] == ["b"]
    two.memory.can_create = False
    assert two.compare().is_clean


def test_an_unreadable_record_is_a_difference_until_it_is_parked(two: Two) -> None:
    two.publish(pairs=[{**pairs[0], "rules": [{"rule": "max_length", "value": 5}]}, *pairs[1:]])
    link = two.pair(1, a={"subject": "太长太长太长"})
    assert link is not None
    assert [each["what"] for each in two.compare().differences] == ["unreadable"]
    Link.objects.update(parked_a=True)
    Delivery.objects.all().delete()
    assert two.compare().is_clean


def test_keys_already_waiting_are_not_asked_twice(two: Two) -> None:
    two.pair(1, a={"subject": "别的"})
    two.compare()
    assert Delivery.objects.count() == 2
    two.compare()
    assert Delivery.objects.count() == 2 and two.kept()["explained"] == 1, "it waits in the inbox"


def test_a_side_that_cannot_be_read_proves_nothing(two: Two) -> None:
    two.pair(1)

    def fail(stream: str) -> None:
        raise contract.Unreachable("no route")

    two.memory.after_read = fail
    with pytest.raises(contract.Unreachable):
        two.compare()
    assert Interface.objects.get().compared_at is None


def test_a_peer_that_asks_to_wait_is_waited_for(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.pair(1)
    waited: list[float] = []
    monkeypatch.setattr("jingwei.hub.sync.compare.time.sleep", waited.append)

    def busy(stream: str) -> None:
        if len(waited) < 3:
            raise contract.RateLimited("slow down", 5.0)

    two.memory.after_read = busy
    assert two.compare().is_clean and waited == [5.0] * 3


def test_it_is_due_every_so_many_hours_and_soon_after_a_doubt(two: Two) -> None:
    interface, now = two.interface, timezone.now()
    assert not is_due(interface)
    interface.paired_at = now
    assert is_due(interface)
    interface.compared_at, interface.compared = now - timedelta(minutes=11), {"asked": []}
    assert not is_due(interface)
    interface.compared = {"asked": ["a:1"]}
    assert is_due(interface)
    for left in ({"asked": ["a:1"]}, {"standing": ["a:1"]}, {"differ": 1}):
        interface.compared_at, interface.compared = now - timedelta(seconds=59), left
        assert not is_due(interface)
        interface.compared_at = now - timedelta(seconds=61)
        assert is_due(interface), "what was found may be mended by now"
        interface.compared = {**left, "seconds": 15.0}
        assert not is_due(interface), "what takes long is not repeated at once"
        interface.compared_at = now - timedelta(seconds=301)
        assert is_due(interface)
    interface.compared_at, interface.compared = now - timedelta(hours=25), {}
    assert is_due(interface)


def test_many_differences_are_found_all(two: Two) -> None:
    for number in range(30):
        two.pair(number, a={"subject": "x"} if number % 2 else {})
    result = two.compare()
    assert result.differing_pairs == 15 and len(two.kept()["examples"]) == 15 and result.agree == 15
    assert replace(result).is_clean is False
