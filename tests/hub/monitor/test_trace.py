"""Where is my record: found by anything somebody may hold, told only to those who may know, and deaf to nonsense."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access, system_access
from jingwei.hub.models import Conflict, DeadLetter, Link, Quarantine
from jingwei.hub.monitor.trace import trace
from tests.hub.monitor.conftest import House, interface_between

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(house: House) -> Task:
    made = commands.create(resource("work.task"), {"project": house.project.pk, "code": "T-1", "name": "设计接口"}, system_access(house.tenant.pk))
    task: Task = Task.objects.get(pk=made.pk)
    return task


@pytest.fixture
def pair(house: House, task: Task) -> Link:
    """One pair that came in, was written, and has everything open that can be."""
    values = {"name": "设计接口", "percent": 30}
    link = house.link(key_a="4711", key_b=str(task.pk), base=values, seen_a=values, seen_b=values)
    delivery = house.delivery(record_key="4711", record={"values": {"subject": "设计接口"}}, link=link, state="done", outcome="planned")
    entry = house.entry(link, side="b", action="create", values=values, delivery=delivery, state="done", done_at=timezone.now())
    Conflict(interface=house.interface, link=link, field="name", value_a="甲", value_b="乙").save()
    Quarantine(
        interface=house.interface, delivery=delivery, link=link, problems=[{"field": "name", "code": "x", "zh": "长", "en": "long", "value": "密"}]
    ).save()
    DeadLetter(interface=house.interface, entry=entry, code="connector.refused").save()
    return link


def found(house: House, text: object, **kwargs: Any) -> list[int]:
    return [each["id"] for each in trace(text, **kwargs)["links"]]


def test_any_reference_finds_it(house: House, pair: Link, task: Task) -> None:
    delivery, entry = pair.deliveries.get(), pair.outbox.get()
    references = {
        "4711": "key", str(task.pk): "key", str(pair.external_key): "reference", str(pair.external_key).upper(): "reference", f"  {pair.external_key.hex} ": "reference",
        "T-1": "natural key", "设计接口": "natural key", f"MES-ROLL/{task.code}": "natural key",
    }  # fmt: skip
    for text, how in references.items():
        links = trace(text)["links"]
        assert [each["id"] for each in links] == [pair.pk], text
        assert links[0]["found_by"] in (how, "label"), (text, links[0]["found_by"])
    for number in (pair.pk, delivery.pk, entry.pk):
        assert pair.pk in found(house, str(number)) and pair.pk in found(house, f"#{number}") and pair.pk in found(house, number)


def test_a_label_finds_it_on_either_side(house: House, pair: Link) -> None:
    Task.objects.all().update(name="本地另名")
    for text in ("设计接口", "本地另名"):
        assert found(house, text) == [pair.pk]
    assert found(house, "设计接") == []


def test_a_parked_record_without_a_link_is_found_by_key_and_by_label(house: House) -> None:
    delivery = house.delivery(record_key="99", record={"values": {"subject": "太长的标题"}}, state="quarantined")
    Quarantine(interface=house.interface, delivery=delivery, side="a", record_key="99", problems=[{"field": "name", "code": "max"}]).save()
    for text in ("99", "太长的标题", str(delivery.pk)):
        report = trace(text)
        assert [step["id"] for step in report["steps"]] == [delivery.pk], text
        assert report["open"] == [{"kind": "quarantine", "problems": [{"field": "name", "code": "max"}]}]


def test_a_webhook_is_found_by_its_id_with_the_records_it_names(house: House, pair: Link) -> None:
    body = json.dumps({"event": "issue.updated", "issue": {"id": 4711, "subject": "x", "updated_at": "2026-11-02T08:00:00Z"}}).encode()
    event = house.delivery(
        interface=None, connection=house.connection, source="webhook", event_id="msg_2x", raw=body, record=None, record_key="", side="", state="done"
    )
    report = trace("msg_2x")
    assert event.pk in [step["id"] for step in report["steps"] if step["kind"] == "arrived"]
    broken = house.delivery(
        interface=None, connection=house.connection, source="webhook", event_id="msg_3x", raw=b"\xff{", record=None, record_key="", side="", state="dead"
    )
    assert [step["id"] for step in trace("msg_3x")["steps"]] == [broken.pk]


def test_the_whole_story_is_told_in_order(house: House, pair: Link) -> None:
    report = trace("4711")
    assert set(report) == {"id", "links", "steps", "open"}
    assert {step["kind"] for step in report["steps"]} == {"arrived", "written", "history"}
    assert [step["at"] for step in report["steps"]] == sorted(step["at"] for step in report["steps"])
    assert {each["kind"] for each in report["open"]} == {"conflict", "quarantine", "dead_letter"}
    assert report["links"][0]["seen_b"]["percent"] == 30 and report["links"][0]["system_a"] == "tracker"
    json.dumps(report)


nonsense = [
    "", " ", "x" * 300, "9" * 300, "'", '"', "a'b\"c", "\0", "a\0b", "😀", "\ud800", "-1", "-9223372036854775809", "9223372036854775808", str(2**63 - 1), "1e9", "NaN",
    "None", None, 0, -5, 10**40, 1.5, "²", "١٢٣", "%", "%s", "\\", "{}", "[]", "null", "#", "##", "#0", "/", "a/b/c/d", "$.*", "'; DROP TABLE hub_link; --",
    "00000000-0000-0000-0000-00000000000", "{12345678-1234-1234-1234-123456789012}", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "\n\t", "\u202e", b"bytes",
]  # fmt: skip


@pytest.mark.parametrize("text", nonsense, ids=lambda text: ascii(text)[:30])
def test_nonsense_finds_nothing_and_breaks_nothing(house: House, pair: Link, text: object) -> None:
    report = trace(text)
    assert report["links"] == [] or str(text).strip("#") == "0"
    json.dumps(report)


def reader(house: House, *grants: str, project: Project | None = None) -> Access:
    """Somebody with these rights in one project only."""
    return Access(house.tenant.pk, 1, frozenset(), {(project or house.project).pk: frozenset(grants)})


def test_a_stranger_is_told_nothing(house: House, pair: Link) -> None:
    other = Project(code="ERP", name="ERP", start_on=date(2026, 11, 2))
    other.save()
    for access in (Access(house.tenant.pk, 1), reader(house, "work.task.view"), reader(house, "*", project=other)):
        for text in ("4711", pair.key_b, str(pair.external_key), str(pair.pk), str(pair.deliveries.get().pk), "T-1", "设计接口"):
            report = trace(text, access=access)
            assert report["links"] == report["steps"] == report["open"] == [], text


def test_who_may_see_the_interface_but_not_the_records_sees_no_values(house: House, pair: Link) -> None:
    report = trace("4711", access=reader(house, "hub.interface.view"))
    assert [each["id"] for each in report["links"]] == [pair.pk] and report["links"][0]["values_hidden"]
    told = json.dumps(report, ensure_ascii=False)
    assert "设计接口" not in told and "甲" not in told and "密" not in told
    assert "history" not in {step["kind"] for step in report["steps"]}
    assert trace("T-1", access=reader(house, "hub.interface.view"))["steps"] == []
    full = trace("4711", access=reader(house, "hub.interface.view", "work.task.view"))
    assert full["links"][0]["seen_a"]["name"] == "设计接口" and "history" in {step["kind"] for step in full["steps"]}


def test_only_the_readers_own_projects_are_searched(house: House, pair: Link) -> None:
    other = Project(code="ERP", name="ERP", start_on=date(2026, 11, 2))
    other.save()
    second = interface_between(other, house.theirs, house.ours, "second")
    theirs = Link(interface=second, key_a="4711", key_b="1")
    theirs.save()
    assert set(found(house, "4711")) == {pair.pk, theirs.pk}
    assert found(house, "4711", access=reader(house, "hub.interface.view", project=other)) == [theirs.pk]


def test_another_organisation_finds_nothing(house: House, pair: Link) -> None:
    other = Tenant.objects.create(code="t2", name="别家")
    with scope.within(scope.Scope(other.pk)):
        assert trace("4711") == {"id": "4711", "links": [], "steps": [], "open": []}
