"""One record has one counterpart: rings, aliases, overlaps and equal keys breed nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jingwei.connectors.sandbox.tracker import TrackerConnector
from jingwei.domains.work.models import Task
from jingwei.hub import contract
from jingwei.hub.engine import cycle, decisions
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Conflict, Connection, DeadLetter, Delivery, Interface, Link, System
from jingwei.hub.outbox import lanes
from jingwei.hub.peers import memory, places
from jingwei.hub.register import services
from tests.hub.conftest import Joined
from tests.hub.deeds import all_theirs, edit, fresh, issue, ours, publish, soon, theirs
from tests.sandbox.program import api_key

both_ways = {"pairs": [{"a": "subject", "b": "subject"}, {"a": "project", "b": "project"}]}
pytestmark = pytest.mark.django_db(transaction=True)


def test_two_interfaces_over_the_same_streams_are_refused(joined: Joined) -> None:
    one = fresh(joined)
    two = services.interface_save(
        key="again", name="又一个", project=one.project, system_a=one.system_a, stream_a="issues", system_b=one.system_b, stream_b="work.task"
    )
    two = Interface.objects.select_related("system_a", "system_b").get(pk=two.pk)
    with pytest.raises(ValidationError, match="tracker-tasks"):
        services.version_publish(interface=two, spec=one.published.spec)
    spec = json.loads(json.dumps(one.published.spec))
    spec["mapping"]["filters"] = {"a": {"project": ["ERP-JOIN"]}}
    services.version_publish(interface=two, spec=spec)


def third_place(joined: Joined, key: str, base_url: str | None = None) -> System:
    """Another system of the same kind."""
    made = services.system_save(key=key, name=key, connector="sandbox_tracker")
    services.connection_save(system=made, config={"base_url": base_url or joined.program.url}, credentials={"api_key": api_key})
    return made


def joins(joined: Joined, key: str, system_a: System, stream_a: str, system_b: System, stream_b: str) -> Interface:
    """A draft between two streams."""
    made = services.interface_save(key=key, name=key, project=joined.project, system_a=system_a, stream_a=stream_a, system_b=system_b, stream_b=stream_b)
    return Interface.objects.select_related("system_a", "system_b").get(pk=made.pk)


def told_by_the_peer(monkeypatch: pytest.MonkeyPatch, identity: str) -> None:
    """The connector knows what names its records under every address."""
    sound = TrackerConnector.streams
    monkeypatch.setattr(TrackerConnector, "streams", lambda self, session: [replace(each, identity=identity) for each in sound(self, session)])


def test_one_place_under_two_addresses_is_refused_whatever_they_look_like(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second port, a proxy, https beside http: the address tells nothing, the peer does."""
    told_by_the_peer(monkeypatch, "project 7 made 2026-11-28T10:00:00Z")
    monkeypatch.setattr("jingwei.hub.peers.places.address", lambda url: url)  # as if every spelling led elsewhere
    one = fresh(joined)
    Interface.objects.update(place_a="", place_b="")
    memory.forget(one.system_a.connection)
    alias = third_place(joined, "alias", joined.program.url + "/")
    with pytest.raises(ValidationError, match="tracker-tasks"):
        services.version_publish(interface=joins(joined, "again", alias, "issues", one.system_b, "work.task"), spec=one.published.spec)
    itself = joins(joined, "itself", one.system_a, "issues", alias, "issues")
    with pytest.raises(ValidationError, match="same records|同一批记录"):
        services.version_publish(interface=itself, spec=services.spec_of(itself, both_ways))


def test_a_second_way_between_two_places_is_refused(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    one = fresh(joined)
    monkeypatch.setattr("jingwei.hub.peers.places.address", lambda url: url)
    Interface.objects.update(place_a="", place_b="")
    far = third_place(joined, "far", joined.program.url + "/")
    by_way = joins(joined, "by-way", far, "issues", one.system_b, "work.task")
    services.version_publish(interface=by_way, spec=one.published.spec)
    services.interface_switch_on(instance=by_way)
    ring = joins(joined, "ring", one.system_a, "issues", far, "issues")
    with pytest.raises(ValidationError, match="by-way"):
        services.version_publish(interface=ring, spec=services.spec_of(ring, both_ways))
    services.interface_switch(instance=by_way, stage="retired")
    services.version_publish(interface=ring, spec=services.spec_of(ring, both_ways))


def test_a_system_is_not_led_to_where_another_interface_leads(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    one = fresh(joined)
    monkeypatch.setattr("jingwei.hub.peers.places.address", lambda url: url)
    Interface.objects.update(place_a="", place_b="")
    far = third_place(joined, "far", joined.program.url + "/")
    two = joins(joined, "two", far, "issues", one.system_b, "work.task")
    services.version_publish(interface=two, spec=one.published.spec)
    services.interface_switch_on(instance=two)
    with pytest.raises(ValidationError, match="tracker-tasks"):
        services.connection_save(system=far, config={"base_url": joined.program.url}, credentials={"api_key": api_key})
    assert Connection.objects.get(system=far).config["base_url"].endswith("/"), "refused wholly"


def test_what_a_ring_of_interfaces_made_is_not_made_once_more(joined: Joined) -> None:
    """Both filters let our own creations through: nothing may breed."""
    one = fresh(joined)
    spec = json.loads(json.dumps(one.published.spec))
    spec["mapping"]["filters"] = {"a": {"project": ["MES-ROLL"], "priority": ["high"]}}
    two = services.interface_save(
        key="again", name="又一个", project=one.project, system_a=one.system_b, stream_a="work.task", system_b=one.system_a, stream_b="issues"
    )
    two = Interface.objects.select_related("system_a", "system_b").get(pk=two.pk)
    Interface.objects.filter(pk=one.pk).update(stage="draft")
    turned = {"pairs": [{"a": "name", "b": "subject"}], "constants": [{"side": "b", "field": "project", "value": "MES-ROLL"}]}
    services.version_publish(interface=two, spec=services.spec_of(two, turned))
    services.interface_switch_on(instance=two)
    Interface.objects.filter(pk=one.pk).update(stage="live")  # as two installations, or an older release, could have left it
    ours(joined, code="T-1", name="繁殖")
    for _ in range(5):
        for pk in (one.pk, two.pk):
            Interface.objects.filter(pk=pk).update(next_poll_at=None)
            cycle.cycle(pk)
    assert Task.objects.filter(name="繁殖").count() == 1 and len(all_theirs(joined)) == 1
    assert Conflict.objects.filter(resolved_at=None, reason="circle").exists()


def test_equal_natural_keys_on_several_records_are_asked_about(joined: Joined) -> None:
    first, second = issue(joined, subject="同名"), issue(joined, subject="同名")
    ours(joined, code="D-1", name="同名")
    two = ours(joined, code="D-2", name="同名")
    publish(joined, {"key": ["name"]})
    joined.sync()
    assert Task.objects.count() == 2 and len(all_theirs(joined)) == 2
    questions = Conflict.objects.filter(resolved_at=None, reason="ambiguous")
    assert questions.count() == 4
    decisions.conflict_resolve(conflicts=[questions.get(link__key_a=str(first["id"]))], choice="pair", value=str(two.pk))
    joined.sync()
    assert Link.objects.get(key_a=str(first["id"])).key_b == str(two.pk)
    left = Conflict.objects.filter(resolved_at=None, reason="ambiguous")
    assert not left.filter(link__key_a=str(first["id"])).exists()
    decisions.conflict_resolve(conflicts=[left.get(link__key_a=str(second["id"]))], choice="create")
    joined.sync()
    assert Task.objects.count() == 3


def test_a_new_record_that_a_webhook_tells_of_is_looked_up_and_comes_in(joined: Joined) -> None:
    issue(joined, subject="第一条")
    joined.sync()
    made = issue(joined, subject="推送来的")
    connection = Connection.objects.get(system__key="tracker")
    for number in range(3):
        body = json.dumps({"type": "issue.created", "data": theirs(joined, made["id"])}).encode()
        Delivery.objects.create(connection=connection, source="webhook", event_id=f"new-{number}", raw=body, headers={}, tenant_id=joined.tenant.pk)
    for pk in unpack.unpack(connection):
        cycle.cycle(pk, kind="webhook", sides=())
    assert Task.objects.filter(name="推送来的").count() == 1
    assert not joined.interface.deliveries.filter(state="waiting").exists()


def test_the_same_system_under_another_name_is_the_same_place(joined: Joined) -> None:
    one = fresh(joined)
    port = joined.program.url.rsplit(":", 1)[1]
    alias = services.system_save(key="alias", name="Same", connector="sandbox_tracker")
    services.connection_save(system=alias, config={"base_url": f"http://localhost:{port}/"}, credentials={"api_key": api_key})
    two = services.interface_save(
        key="again", name="又一个", project=one.project, system_a=alias, stream_a="issues", system_b=one.system_b, stream_b="work.task"
    )
    two = Interface.objects.select_related("system_a", "system_b").get(pk=two.pk)
    with pytest.raises(ValidationError, match="tracker-tasks"):
        services.version_publish(interface=two, spec=one.published.spec)


def test_records_of_the_same_content_do_not_breed(joined: Joined) -> None:
    """Whatever makes them: with another interface about, the fourth copy within minutes is asked about."""
    one = fresh(joined)
    two = services.interface_save(
        key="near", name="近邻", project=one.project, system_a=one.system_a, stream_a="issues", system_b=one.system_b, stream_b="cost.line"
    )
    Interface.objects.filter(pk=two.pk).update(stage="live")
    places.places_of(Interface.objects.get(pk=two.pk))  # as its own first cycle does
    for _ in range(8):
        issue(joined, subject="繁殖")
        joined.sync(2)
    assert Task.objects.filter(name="繁殖").count() == 3
    assert Conflict.objects.filter(resolved_at=None, reason="circle").count() == 5


def lost_without_reference(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task whose create is done over there and never answered; this peer keeps no reference of ours."""
    create = TrackerConnector.create

    def unanswered(self: TrackerConnector, *given: Any) -> contract.Record:
        key = create(self, *given).key
        edit(joined, key, external_ref=None)
        raise contract.UnknownOutcome("no answer came")

    streams = TrackerConnector.streams
    monkeypatch.setattr(TrackerConnector, "streams", lambda self, session: [replace(each, external_key_field=None) for each in streams(self, session)])
    monkeypatch.setattr(lanes, "settle_pause", timedelta(0))
    memory._streams.clear()
    ours(joined, name="丢失应答")
    with monkeypatch.context() as lossy:
        lossy.setattr(TrackerConnector, "create", unanswered)
        joined.sync(2)
    for _ in range(3):
        soon(joined)
        joined.sync()


@pytest.mark.parametrize("settlement", ["discard", "replay"])
def test_what_may_be_ours_waits_until_a_person_has_looked(joined: Joined, monkeypatch: pytest.MonkeyPatch, settlement: str) -> None:
    """Discarded: it was made, and is what came in. Replayed: it was not, so that what came in is somebody else's."""
    lost_without_reference(joined, monkeypatch)
    letter = DeadLetter.objects.get()
    assert letter.code == "connector.not_findable"
    assert Task.objects.count() == 1 and len(all_theirs(joined)) == 1, "no copy on either side"
    decisions.dead_letter_settle(letters=[letter], settlement=settlement)
    for _ in range(2):
        soon(joined)
        joined.sync()
    copies = 1 if settlement == "discard" else 2
    assert Task.objects.count() == copies == len(all_theirs(joined)) == Link.objects.exclude(key_a=None).exclude(key_b=None).count()
    assert not DeadLetter.objects.filter(settled_at=None).exists()
