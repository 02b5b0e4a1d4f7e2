"""Real life against the hub: what loses, doubles or reverts a value elsewhere must be impossible or plainly seen here."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from jingwei.connectors.sandbox.tracker import TrackerConnector
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.egress import Answer, Egress
from jingwei.frame.models import Membership, Role, User
from jingwei.hub import contract
from jingwei.hub.engine import cycle, decisions, reconcile
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Checkpoint, Conflict, Connection, DeadLetter, Delivery, Grant, Interface, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.peers import grants
from jingwei.hub.peers.session import HubSession
from jingwei.hub.register import services
from tests.hub.conftest import Joined, status_table
from tests.hub.deeds import all_theirs, change, edit, fresh, issue, ours, publish, remove, soon, theirs
from tests.sandbox.program import api_key

pytestmark = pytest.mark.django_db(transaction=True)
status_pair = {"a": "status", "b": "status", "policy": "ask", "steps": [{"op": "code", "table": "status"}]}


def with_status(joined: Joined, table: list[dict[str, Any]] | None = None) -> None:
    """Map the status too."""
    pairs = fresh(joined).published.spec["mapping"]["pairs"]
    publish(joined, {"pairs": [*[p for p in pairs if p["b"] != "status"], status_pair]}, {"status": table or status_table})


def test_a_value_without_words_over_there_is_asked_about_and_never_set_back(joined: Joined) -> None:
    with_status(joined)  # “blocked” has no code over there
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), status="blocked", percent=35)
    joined.sync()
    joined.sync()
    assert Task.objects.get().status == "blocked" and theirs(joined, made["id"])["status"] == "open"
    assert theirs(joined, made["id"])["done_ratio"] == 35, "the other fields go on"
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.field, conflict.reason, conflict.value_b) == ("status", "untranslatable", "blocked")
    with_status(joined, [*status_table, {"a": "in_progress", "b": "blocked"}])
    joined.sync()
    assert theirs(joined, made["id"])["status"] == "in_progress", "when the words are there it goes over by itself"


def test_one_odd_record_stops_no_other(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    read = TrackerConnector.read

    def odd(self: TrackerConnector, session: Any, stream: str, cursor: Any, limit: int) -> contract.Page:
        page = read(self, session, stream, cursor, limit)
        rows = [
            contract.Record(r.stream, r.key, {**r.values, "description": "a\x00b"}, r.modified_at, version=r.version) if r.values.get("subject") == "坏" else r
            for r in page.records
        ]
        return contract.Page(tuple(rows), page.cursor, page.more)

    monkeypatch.setattr(TrackerConnector, "read", odd)
    bad = issue(joined, subject="坏")
    issue(joined, subject="好", external_ref="zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz")
    joined.sync()
    assert [task.name for task in Task.objects.all()] == ["好"]
    parked = Quarantine.objects.get(released_at=None)
    assert (parked.record_key, parked.code) == (str(bad["id"]), "hub.unstorable") and b"\\u0000" in bytes(parked.delivery.raw)
    assert "quarantine" in {reason["code"] for reason in fresh(joined).state_detail}
    monkeypatch.setattr(TrackerConnector, "read", read)
    decisions.quarantine_release(rows=[parked])
    joined.sync()
    assert {task.name for task in Task.objects.all()} == {"好", "坏"} and not Quarantine.objects.filter(released_at=None).exists()


def test_edits_on_both_sides_with_an_unknown_code_park_and_heal_without_help(joined: Joined) -> None:
    table = [row for row in status_table if row["a"] != "resolved"]
    with_status(joined, table)
    made = issue(joined)
    joined.sync()
    edit(joined, made["id"], status="resolved")
    change(joined, Task.objects.get(), percent=10)
    joined.sync()
    change(joined, Task.objects.get(), percent=20)
    issue(joined, subject="之后的")
    joined.sync()
    assert Task.objects.filter(name="之后的").exists()
    assert Quarantine.objects.get(released_at=None).code == "mapping.unmapped_code"
    with_status(joined)
    joined.sync()
    joined.sync()
    assert not Quarantine.objects.filter(released_at=None).exists()
    assert theirs(joined, made["id"])["done_ratio"] == 20
    asked = Conflict.objects.get(resolved_at=None)  # our progress began the task, they resolved it: both changed
    assert (asked.field, asked.value_a, asked.value_b) == ("status", "done", "doing")


def test_what_cannot_be_foreseen_parks_its_record_only(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.hub.sync.terms import Wording

    sound = Wording.is_meant

    def broken(self: Wording, side: str, record: contract.Record) -> bool:
        if record.values.get("subject") == "怪":
            raise RuntimeError("nobody thought of this")
        return sound(self, side, record)

    monkeypatch.setattr(Wording, "is_meant", broken)
    for name in ("一", "怪", "二", "三"):
        issue(joined, subject=name)
    joined.sync()
    assert {task.name for task in Task.objects.all()} == {"一", "二", "三"}
    assert "nobody thought of this" in Quarantine.objects.get(released_at=None).problems[0]["en"]


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


@pytest.mark.parametrize("who", ["a", "b"])
def test_a_question_about_a_delete_is_carried_out_as_answered(joined: Joined, who: str) -> None:
    made = issue(joined, subject="删除之问")
    joined.sync()
    joined.program.call("DELETE", f"/api/issues/{made['id']}")
    joined.sync()
    question = Conflict.objects.get(resolved_at=None, field="")
    decisions.conflict_resolve(conflicts=[question], choice=who)
    joined.sync()
    rows = [row["subject"] for row in all_theirs(joined)]
    assert (Task.objects.count(), rows) == ((0, []) if who == "a" else (1, ["删除之问"]))
    assert not Conflict.objects.filter(resolved_at=None).exists() and not DeadLetter.objects.exists()


def test_our_delete_can_be_taken_back_from_what_they_still_have(joined: Joined) -> None:
    issue(joined, subject="他们还有")
    joined.sync()
    remove(joined, Task.objects.get())
    joined.sync()
    decisions.conflict_resolve(conflicts=[Conflict.objects.get(resolved_at=None)], choice="a")
    joined.sync()
    assert Task.objects.get().name == "他们还有" and len(all_theirs(joined)) == 1


def test_an_empty_list_of_keys_deletes_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        issue(joined, subject=f"事项 {number}")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    monkeypatch.setattr(TrackerConnector, "keys", lambda self, session, stream: iter(()))
    for _day in range(3):
        reconcile.reconcile(joined.interface.pk)
        joined.sync()
    assert Task.objects.count() == 12 and not OutboxEntry.objects.filter(action="delete").exists()


def test_a_record_we_may_not_see_any_more_is_not_deleted(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    made = issue(joined)
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    monkeypatch.setattr(TrackerConnector, "keys", lambda self, session, stream: iter(()))
    monkeypatch.setattr(TrackerConnector, "lookup", lambda self, session, stream, keys: dict.fromkeys(keys, contract.Absence.NOT_VISIBLE))
    reconcile.reconcile(joined.interface.pk)
    joined.sync()
    assert Task.objects.count() == 1
    assert Quarantine.objects.get(released_at=None).code == "hub.not_visible"
    assert made["id"] and fresh(joined).state != Interface.State.OK


def test_what_leaves_the_filter_is_unlinked_and_comes_back_as_the_same(joined: Joined) -> None:
    made = issue(joined, subject="会移走")
    joined.sync()
    edit(joined, made["id"], project="ERP-JOIN")
    joined.sync()
    change(joined, Task.objects.get(), percent=70)
    edit(joined, made["id"], subject="在别的项目里改名")
    joined.sync()
    assert theirs(joined, made["id"])["done_ratio"] == 0 and Task.objects.get().name == "会移走"
    assert Link.objects.get().state == Link.State.UNLINKED
    edit(joined, made["id"], project="MES-ROLL")
    joined.sync()
    assert theirs(joined, made["id"])["done_ratio"] == 70 and Task.objects.get().name == "在别的项目里改名"


def test_what_leaves_the_filter_can_count_as_deleted(joined: Joined) -> None:
    made = issue(joined)
    Interface.objects.update(on_leave="delete", on_delete="propagate")
    joined.sync()
    edit(joined, made["id"], project="ERP-JOIN")
    joined.sync()
    assert Task.objects.count() == 0 and theirs(joined, made["id"])["project"] == "ERP-JOIN"


def coerced(monkeypatch: pytest.MonkeyPatch, **made_of_it: Any) -> None:
    """The peer takes what it is sent and makes something else of it, in silence."""
    for name in ("create", "update"):
        sound = getattr(TrackerConnector, name)

        def bent(self: TrackerConnector, *args: Any, sound: Any = sound) -> contract.Record:
            session, stream = args[0], args[1]
            record = sound(self, *args)
            answer = session.request("PUT", f"/api/issues/{record.key}", json=made_of_it)
            assert answer.status == 200
            return self.fetch(session, stream, record.key)  # type: ignore[return-value]

        monkeypatch.setattr(TrackerConnector, name, bent)


def test_what_the_peer_makes_of_a_create_is_asked_about_and_doubles_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    coerced(monkeypatch, done_ratio=0)
    ours(joined, code="T-1", name="进行中的任务", percent=30)
    joined.sync()
    joined.sync()
    (row,) = all_theirs(joined)
    assert row["done_ratio"] == 0 and Task.objects.get().percent == 30, "neither side is set back"
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.field, conflict.reason, conflict.value_a, conflict.value_b) == ("percent", "coerced", 0, 30)
    decisions.conflict_resolve(conflicts=[conflict], choice="a")
    joined.sync()
    assert Task.objects.get().percent == 0 and not Conflict.objects.filter(resolved_at=None).exists()


def test_what_our_own_side_makes_of_a_value_reaches_the_other(joined: Joined) -> None:
    made = issue(joined, description="  两边有空格")
    joined.sync()
    joined.sync()
    assert Task.objects.get().description == "两边有空格" == theirs(joined, made["id"])["description"]
    assert not Conflict.objects.exists()


def test_what_our_own_side_changes_beside_a_write_reaches_the_other(joined: Joined) -> None:
    with_status(joined)
    made = issue(joined)
    joined.sync()
    edit(joined, made["id"], done_ratio=100)
    joined.sync()
    joined.sync()
    assert (Task.objects.get().status, theirs(joined, made["id"])["status"]) == ("done", "resolved")


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


def test_a_conflict_is_decided_on_what_is_there_now(joined: Joined) -> None:
    made = issue(joined, subject="s0")
    joined.sync()
    change(joined, Task.objects.get(), name="ours1")
    edit(joined, made["id"], subject="theirs1")
    joined.sync()
    question = Conflict.objects.get(resolved_at=None)
    change(joined, Task.objects.get(), name="ours2 newer")
    with pytest.raises(ValidationError, match="ours2 newer"):
        decisions.conflict_resolve(conflicts=[question], choice="a")
    assert Task.objects.get().name == "ours2 newer"
    edit(joined, made["id"], subject="theirs2 newer")
    question = Conflict.objects.get(resolved_at=None)
    assert question.value_b == "ours2 newer", "the question now shows what is there"
    with pytest.raises(ValidationError, match="theirs2 newer"):
        decisions.conflict_resolve(conflicts=[question], choice="b")
    assert theirs(joined, made["id"])["subject"] == "theirs2 newer"
    decisions.conflict_resolve(conflicts=[Conflict.objects.get(resolved_at=None)], choice="b")
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "ours2 newer" == Task.objects.get().name


def test_both_values_may_stay_as_they_are(joined: Joined) -> None:
    made = issue(joined, subject="s0")
    joined.sync()
    change(joined, Task.objects.get(), name="ours")
    edit(joined, made["id"], subject="theirs")
    joined.sync()
    decisions.conflict_resolve(conflicts=[Conflict.objects.get(resolved_at=None)], choice="accept")
    joined.sync()
    assert (Task.objects.get().name, theirs(joined, made["id"])["subject"]) == ("ours", "theirs")
    assert not Conflict.objects.filter(resolved_at=None).exists()
    edit(joined, made["id"], subject="theirs again")
    joined.sync()
    assert Task.objects.get().name == "theirs again", "a later edit goes over as always"


def answering(monkeypatch: pytest.MonkeyPatch, methods: tuple[str, ...], problem: contract.ConnectorError) -> list[str]:
    """The peer answers these methods with a problem; gives the calls made."""
    calls: list[str] = []
    sound = HubSession.request

    def request(self: HubSession, method: str, path: str, **more: Any) -> contract.Response:
        if method in methods:
            calls.append(f"{method} {path}")
            raise problem
        return sound(self, method, path, **more)

    monkeypatch.setattr(HubSession, "request", request)
    return calls


def test_a_revoked_key_holds_everything_and_kills_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        ours(joined, code=f"K-{number}", name=f"任务 {number}")
    with monkeypatch.context() as patch:
        answering(patch, ("POST", "PUT", "DELETE"), contract.Unauthorised("401"))
        for _ in range(4):
            joined.sync(2)
            OutboxEntry.objects.update(not_before=None)
        assert OutboxEntry.objects.filter(state="waiting").count() == 20 and not DeadLetter.objects.exists()
        assert fresh(joined).state != Interface.State.OK
    soon(joined)
    joined.sync()
    assert len(all_theirs(joined)) == 20 and not OutboxEntry.objects.filter(state__in=("waiting", "dead")).exists()


def test_a_peer_that_asks_us_to_wait_is_left_alone(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        ours(joined, code=f"R-{number}", name=f"任务 {number}")
    calls: list[str] = []
    sound = Egress.request

    def request(self: Egress, method: str, url: str, **more: Any) -> Answer:
        if method != "POST":
            return sound(self, method, url, **more)
        calls.append(url)
        return Answer(429, {"retry-after": "60"}, b"{}")

    monkeypatch.setattr(Egress, "request", request)
    joined.sync(3)
    assert 1 <= len(calls) <= 6, "no more than what was under way in the lanes"
    assert OutboxEntry.objects.filter(state="waiting").count() == 40


def test_quiet_costs_nothing(joined: Joined) -> None:
    for number in range(30):
        issue(joined, subject=f"事项 {number}")
    joined.sync()

    def rows() -> tuple[int, ...]:
        return tuple(model.objects.count() for model in (Delivery, OutboxEntry, Run, Conflict, Quarantine, Link))

    before, versions = rows(), list(Link.objects.order_by("pk").values_list("version", flat=True))
    for _ in range(3):
        joined.sync()
    assert rows() == before and list(Link.objects.order_by("pk").values_list("version", flat=True)) == versions


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


def test_webhooks_that_cannot_be_read_or_come_in_a_pause_are_kept(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    connection = Connection.objects.get(system__key="tracker")
    services.interface_pause(instance=fresh(joined))
    edit(joined, made["id"], subject="在暂停中改的")
    bodies = {
        "form": b"a=1&b=2", "odd": json.dumps({"type": "issue.updated", "data": {"id": {"x": 1}, "subject": "y"}}).encode(),
        "told": json.dumps({"type": "issue.updated", "data": theirs(joined, made["id"])}).encode(),
    }  # fmt: skip
    for name, body in bodies.items():
        Delivery.objects.create(connection=connection, source="webhook", event_id=name, raw=body, headers={}, tenant_id=joined.tenant.pk)
    unpack.unpack(connection)
    parked = Quarantine.objects.filter(released_at=None)
    assert "hub.not_json" in set(parked.values_list("code", flat=True)) and bytes(parked.get(code="hub.not_json").delivery.raw) == b"a=1&b=2"
    assert Delivery.objects.filter(interface=joined.interface, state="waiting").count() >= 1
    services.interface_switch_on(instance=fresh(joined))
    cycle.cycle(joined.interface.pk, sides=())
    assert Task.objects.get().name == "在暂停中改的"


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


def test_a_delete_told_and_taken_back_deletes_nothing(joined: Joined) -> None:
    """A webhook says deleted; the record is there."""
    made = issue(joined)
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    connection = Connection.objects.get(system__key="tracker")
    body = json.dumps({"type": "issue.deleted", "data": {"id": made["id"]}}).encode()
    Delivery.objects.create(connection=connection, source="webhook", event_id="lie", raw=body, headers={}, tenant_id=joined.tenant.pk)
    for pk in unpack.unpack(connection):
        cycle.cycle(pk, kind="webhook", sides=())
    joined.sync()
    assert Task.objects.count() == 1 and not OutboxEntry.objects.filter(action="delete").exists()


def test_many_deletes_go_in_bulk(joined: Joined) -> None:
    for number in range(120):
        ours(joined, code=f"B-{number}", name=f"批量 {number}")
    Interface.objects.update(on_delete="propagate", delete_limit_percent=100)
    joined.sync()
    assert len(all_theirs(joined)) == 120
    for row in all_theirs(joined):
        joined.program.call("DELETE", f"/api/issues/{row['id']}")
    joined.sync()
    assert Task.objects.count() == 0
    assert timezone.now() - OutboxEntry.objects.filter(action="delete").latest("id").created_at < timedelta(minutes=1)


def test_a_record_that_the_connector_cannot_read_is_parked_and_the_page_goes_on(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.connectors.sandbox import tracker

    sound = tracker._record

    def odd(row: Any, session: Any) -> contract.Record:
        if row["subject"] == "怪":
            raise contract.BrokenAnswer("a date of the year 0000")
        return sound(row, session)

    monkeypatch.setattr(tracker, "_record", odd)
    for name in ("一", "怪", "二"):
        issue(joined, subject=name)
    joined.sync()
    assert {task.name for task in Task.objects.all()} == {"一", "二"}
    parked = Quarantine.objects.get(released_at=None)
    assert parked.code == "hub.unreadable" and parked.delivery.record["values"]["subject"] == "怪"
    monkeypatch.setattr(tracker, "_record", sound)
    decisions.quarantine_release(rows=[parked])
    joined.sync()
    assert Task.objects.filter(name="怪").exists()


def test_a_peer_that_is_slow_to_read_does_not_keep_what_waits_from_being_written(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    ours(joined, code="S-1", name="等着写出")
    joined.sync()
    read = TrackerConnector.read

    def slow(self: TrackerConnector, session: Any, stream: str, cursor: Any, limit: int) -> contract.Page:
        time.sleep(1.1)
        return read(self, session, stream, cursor, limit)

    monkeypatch.setattr(TrackerConnector, "read", slow)
    change(joined, Task.objects.get(), percent=40)
    Interface.objects.filter(pk=joined.interface.pk).update(next_poll_at=None)
    assert cycle.cycle(joined.interface.pk, seconds=1.0) is not None
    assert all_theirs(joined)[0]["done_ratio"] == 40


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


def test_a_key_that_cannot_be_stored_stops_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    read = TrackerConnector.read

    def odd(self: TrackerConnector, session: Any, stream: str, cursor: Any, limit: int) -> contract.Page:
        page = read(self, session, stream, cursor, limit)
        mad = [contract.Record(stream, key, {"project": "MES-ROLL", "subject": "坏编号"}, timezone.now()) for key in ("a\x00b", "k" * 5000, "")]
        return contract.Page((*mad, *page.records), page.cursor, page.more)

    monkeypatch.setattr(TrackerConnector, "read", odd)
    issue(joined, subject="好")
    joined.sync(2)
    assert "好" in {task.name for task in Task.objects.all()}
    assert Quarantine.objects.filter(released_at=None).count() >= 2


def test_a_link_that_cannot_be_planned_stops_no_other(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.hub.sync import carrying

    for name in ("一", "怪", "二"):
        issue(joined, subject=name)
    sound = carrying.merge.plan

    def broken(pair: Any, terms: Any) -> Any:
        if terms.is_paired and (pair.a.seen or {}).get("name") == "怪":
            raise RuntimeError("nobody thought of this")
        return sound(pair, terms)

    monkeypatch.setattr(carrying.merge, "plan", broken)
    joined.sync(3)
    assert {task.name for task in Task.objects.all()} == {"一", "二"}
    assert "nobody thought of this" in DeadLetter.objects.get(settled_at=None).message_en


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
