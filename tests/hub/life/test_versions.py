"""Publishing, republishing, replaying, and who may."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied

from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Membership, Role, User
from jingwei.hub.engine import cycle, decisions
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Checkpoint, Conflict, Connection, DeadLetter, Delivery, Grant, Interface, Quarantine
from jingwei.hub.peers import grants
from tests.hub.conftest import Joined, status_table
from tests.hub.deeds import all_theirs, change, edit, fresh, issue, publish, remove, theirs, with_status

pytestmark = pytest.mark.django_db(transaction=True)


def test_old_news_changes_nothing(joined: Joined) -> None:
    made = issue(joined, subject="v1", done_ratio=10)
    joined.sync()
    old = theirs(joined, made["id"])
    edit(joined, made["id"], subject="v2", done_ratio=50)
    joined.sync()
    connection = Connection.objects.get(system__key="tracker")
    body = json.dumps({"type": "issue.updated", "data": old}).encode()
    Delivery.objects.create(connection=connection, source="webhook", event_id="late", raw=body, headers={}, tenant_id=joined.tenant.pk)
    for pk in unpack.unpack(connection):
        cycle.cycle(pk, kind="webhook", sides=())
    joined.sync()
    assert (Task.objects.get().name, theirs(joined, made["id"])["subject"]) == ("v2", "v2")


def test_a_replayed_record_comes_in_as_it_is_now(joined: Joined) -> None:
    with_status(joined, [row for row in status_table if row["a"] != "resolved"])
    made = issue(joined, subject="旧标题")
    joined.sync()
    edit(joined, made["id"], status="resolved", subject="中间标题")
    joined.sync()
    parked = Quarantine.objects.get(released_at=None)
    edit(joined, made["id"], status="open", subject="新标题")
    decisions.quarantine_release(rows=[parked])
    joined.sync()
    assert (Task.objects.get().name, theirs(joined, made["id"])["subject"]) == ("新标题", "新标题")


def test_publishing_anew_misses_nothing_that_happens_meanwhile(joined: Joined) -> None:
    issue(joined, subject="甲")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    cursor = Checkpoint.objects.get(side="b").cursor
    remove(joined, Task.objects.get())
    publish(joined, description={"policy": "a"})
    assert Checkpoint.objects.get(side="b").cursor == cursor
    joined.sync()
    assert all_theirs(joined) == []


def test_a_new_version_settles_what_it_answers(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), name="我们的")
    edit(joined, made["id"], subject="他们的")
    joined.sync()
    assert Conflict.objects.filter(resolved_at=None).exists()
    publish(joined, name={"policy": "b"})
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "我们的" and not Conflict.objects.filter(resolved_at=None).exists()


def test_the_publisher_must_hold_the_rights_and_the_interface_gets_its_own(joined: Joined) -> None:
    user = User.objects.create(username="engineer")
    role = Role.objects.create(tenant_id=joined.tenant.pk, key="looker", name="只看", grants=["hub.interface.*", "work.task.view"])
    Membership.objects.create(tenant_id=joined.tenant.pk, user=user, role=role, project=joined.project)
    with scope.within(scope.Scope(joined.tenant.pk, user_id=user.pk)), pytest.raises(PermissionDenied):
        publish(joined, description={"policy": "a"})
    grant = Grant.objects.get(revoked_at=None)
    assert grant.permissions == ["work.task.add", "work.task.change", "work.task.delete", "work.task.view"]
    issue(joined, subject="有授权")
    joined.sync()
    assert grants.revoke(interface=fresh(joined))
    issue(joined, subject="授权已撤回")
    assert cycle.cycle(joined.interface.pk) is None, "everything waits, nothing is parked or killed"
    assert [task.name for task in Task.objects.all()] == ["有授权"]
    assert fresh(joined).state != Interface.State.OK
    grants.restore(interface=fresh(joined))
    joined.sync()
    assert Task.objects.count() == 2 and not DeadLetter.objects.exists() and not Quarantine.objects.exists()
