"""One record has one counterpart: rings, aliases, overlaps and equal keys breed nothing."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from jingwei.domains.work.models import Task
from jingwei.hub.engine import cycle, decisions
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Conflict, Connection, Delivery, Interface, Link
from jingwei.hub.register import services
from tests.hub.conftest import Joined
from tests.hub.deeds import all_theirs, fresh, issue, ours, publish, theirs
from tests.sandbox.program import api_key

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
    for _ in range(8):
        issue(joined, subject="繁殖")
        joined.sync(2)
    assert Task.objects.filter(name="繁殖").count() == 3
    assert Conflict.objects.filter(resolved_at=None, reason="circle").count() == 5
