"""What once lost, doubled or reverted values against a real Redmine: each case played again with the engine of today, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jingwei.connectors.redmine import issues
from jingwei.connectors.redmine.adapter import RedmineConnector as RedmineConnector
from jingwei.domains.work.models import Task
from jingwei.frame.models import Project, Tenant
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.hub import contract, duties
from jingwei.hub.engine import cycle, decisions, reconcile
from jingwei.hub.models import Checkpoint, Conflict, Connection, DeadLetter, Interface, Link, OutboxEntry
from jingwei.hub.register import services
from jingwei.hub.sync import landing
from tests.hub.chaos.peers import Redmine
from tests.peers import peer

many = 120  # deletes each way
pytestmark = pytest.mark.django_db(transaction=True)
pairs: list[dict[str, Any]] = [
    {"a": "subject", "b": "name", "policy": "newest", "steps": [{"op": "trim"}]},
    {"a": "description", "b": "description"},
    {"a": "done_ratio", "b": "percent"},
]
status_pair = {"a": "status_id", "b": "status", "policy": "ask", "steps": [{"op": "code", "table": "status"}]}
needs_file = pytest.mark.skipif(not Redmine.has_file(), reason="Redmine's database file cannot be written from here")


@pytest.fixture(scope="module")
def peers() -> Iterator[Sequence[str]]:
    """The running Redmine and one user of our own in it."""
    found = peer("redmine")
    first = Redmine(found["REDMINE_URL"], found["REDMINE_API_KEY"], f"jw-life-{time.time_ns() // 10**6 % 10**10}")
    first.prepare()
    yield found["REDMINE_URL"], found["REDMINE_API_KEY"], first.hub_key, str(first.user_id), first.elsewhere


@dataclass
class Life:
    """An interface between a Redmine project and a project of ours, run in this process."""

    tenant: Tenant
    project: Project
    redmine: Redmine
    interface: Interface

    def sync(self, rounds: int = 8) -> None:
        """Cycles until quiet. Only a write with an unknown outcome (its SQLite was locked) is waited for, as it is looked for after a while."""
        deadline = time.monotonic() + 40
        while rounds > 0:
            rounds -= 1
            Interface.objects.filter(stage="live").update(next_poll_at=None)
            OutboxEntry.objects.update(not_before=None)
            counts = cycle.cycle(self.interface.pk)
            assert counts is not None
            if OutboxEntry.objects.filter(state="unknown").exists() and time.monotonic() < deadline:
                rounds += 1
                time.sleep(0.5)
            elif not cycle.has_work(self.interface.pk) and not any(counts.as_plain()[n] for n in ("created", "updated", "deleted")):
                return

    def fresh(self) -> Interface:
        """As it is now."""
        return Interface.objects.select_related("system_a", "system_b", "published", "project").get(pk=self.interface.pk)

    def reasons(self) -> set[str]:
        """Why it is not well; that no worker runs is so in every test of this kind."""
        return {each["code"] for each in self.fresh().state_detail if each["level"] != "notice"} - {"worker_missing"}

    def publish(self, more: Sequence[dict[str, Any]] = (), tables: dict[str, Any] | None = None) -> None:
        """A version with more pairs."""
        interface = self.fresh()
        services.version_publish(interface=interface, spec=services.spec_of(interface, {"pairs": [*pairs, *more]}, tables))

    def task(self, key: str) -> Task:
        """Our half of an issue."""
        return Task.objects.get(pk=int(Link.objects.get(interface=self.interface, key_a=key).key_b))

    def make(self, **values: Any) -> Task:
        """A new task of ours."""
        made = commands.create(resource("work.task"), {"project": self.project.pk, **values}, system_access(self.tenant.pk))
        return Task.objects.get(pk=made.pk)

    def change(self, task: Task, **values: Any) -> None:
        """Somebody edits on our side."""
        commands.change(resource("work.task"), Task.objects.get(pk=task.pk), values, system_access(self.tenant.pk))

    def remove(self, task: Task) -> None:
        """Somebody deletes on our side."""
        commands.remove(resource("work.task"), Task.objects.get(pk=task.pk), system_access(self.tenant.pk))


@pytest.fixture
def life(scoped: tuple[Tenant, Project], peers: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Life:
    """Redmine's issues ↔ work.task, live; the Redmine project is new each time."""
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "127.0.0.1/32")
    url, key, hub_key, user_id, elsewhere = peers
    redmine = Redmine(url, key, f"jw-life-{time.time_ns() // 10**6 % 10**10}")
    redmine.hub_key, redmine.user_id, redmine.elsewhere = hub_key, int(user_id), elsewhere
    made = redmine._persistently("/projects.json", {"project": {"name": redmine.name, "identifier": redmine.name, "enabled_module_names": ["issue_tracking"]}})
    redmine.project_id = made["project"]["id"]
    tenant, project = scoped
    theirs = services.system_save(key="redmine", name="Redmine", connector="redmine")
    services.connection_save(system=theirs, config={"base_url": url, "project": redmine.name}, credentials={"api_key": hub_key})
    assert services.connection_test(system=theirs).ok
    ours = services.system_save(key="jingwei", name="经纬", connector="local")
    interface = services.interface_save(key="life", name="生活", project=project, system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task")
    it = Life(tenant, project, redmine, interface)
    it.publish()
    services.interface_switch_on(instance=it.fresh())
    return it


class Killed(BaseException):
    """As kill -9: nothing is tidied up."""


@needs_file
def test_a_kill_inside_a_tie_and_edits_before_the_resume_lose_nothing(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    # given 300 issues of one second, edited by one statement
    life.redmine.fill(300)
    life.sync()
    keys = list(life.redmine.rows())
    assert Task.objects.count() == 300
    life.redmine.bulk(keys, [f"G1 {key}" for key in keys])
    pages = 0
    sound = landing.land

    def dying(*arguments: Any, **more: Any) -> Any:
        nonlocal pages
        done = sound(*arguments, **more)
        pages += arguments[1] == "a"
        if pages == 2:
            raise Killed
        return done

    # when the reading dies inside the tie, and a part of it is edited again before it goes on
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(landing, "land", dying)
        cycle.cycle(life.interface.pk)
    assert Checkpoint.objects.get(interface=life.interface, side="a").cursor.get("tie"), "it stopped in the midst of the tie"
    again = keys[40:160]
    life.redmine.bulk(again, [f"G2 {key}" for key in again])
    life.sync()
    # then nothing is missing
    wanted = {key: f"G2 {key}" if key in again else f"G1 {key}" for key in keys}
    names = {link.key_a: Task.objects.get(pk=int(link.key_b)).name for link in Link.objects.filter(interface=life.interface)}
    assert names == wanted


@needs_file
def test_a_clock_that_was_five_minutes_fast_once_keeps_no_later_edit_away(life: Life) -> None:
    first, second = (life.redmine.create(subject=name) for name in ("时钟甲", "时钟乙"))
    life.sync()
    life.redmine.bulk([first], ["时钟甲 快五分钟"], ahead=300)
    life.sync()
    assert life.task(first).name == "时钟甲 快五分钟"
    since = Checkpoint.objects.get(interface=life.interface, side="a").cursor["since"]
    assert datetime.fromisoformat(since) <= datetime.now(UTC), "the cursor never passes our clock"
    life.redmine.edit(second, subject="时钟乙 改名")
    life.sync()
    assert life.task(second).name == "时钟乙 改名"
    life.redmine.edit(first, subject="时钟甲 又改名")
    life.sync()
    assert life.task(first).name == "时钟甲 又改名", "also of the record whose stamp went back"


@pytest.mark.parametrize("how", ["the answer is lost", "the worker is killed"])
def test_what_a_write_without_an_answer_replaced_is_asked_about(how: str, life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a person who edits between our look and our write, whose answer never comes, then his value is shown and not lost."""
    key = life.redmine.create(subject="起初")
    life.sync()
    sound, edited = issues.sent, list[bool]()

    def sent(*given: Any) -> Any:
        life.redmine.edit(key, subject="对方此刻写的")
        edited.append(True)
        return sound(*given)

    def lost(*given: Any) -> Any:
        raise Killed if how == "the worker is killed" else contract.UnknownOutcome("lost")

    life.change(life.task(key), name="我们写的")
    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(issues, "sent", sent)
        patch.setattr(RedmineConnector, "_read_back", lost)
        cycle.cycle(life.interface.pk)
    assert edited and OutboxEntry.objects.get(side="a").state in ("sending", "unknown")
    life.sync()
    assert life.redmine.one(key)["name"] == "我们写的" == life.task(key).name  # type: ignore[index]
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.value_a, conflict.value_b, conflict.reason) == ("对方此刻写的", "我们写的", "overwritten")


def test_deletes_are_asked_about_and_carried_out_as_answered(life: Life) -> None:
    a, b, c = (life.redmine.create(subject=name, description="原文") for name in ("删除甲", "删除乙", "删除丙"))
    life.sync()
    tasks = {key: life.task(key) for key in (a, b, c)}
    for key in (a, b):
        life.redmine.delete(key)
    life.remove(tasks[c])
    reconcile.reconcile(life.interface.pk)
    life.sync()
    asked = {each.link.key_a: each for each in Conflict.objects.filter(resolved_at=None, field="").select_related("link")}
    assert set(asked) == {a, b, c}
    decisions.conflict_resolve(conflicts=[asked[a]], choice="a")
    decisions.conflict_resolve(conflicts=[asked[b]], choice="b")
    decisions.conflict_resolve(conflicts=[asked[c]], choice="a")
    life.sync()
    assert not Task.objects.filter(pk=tasks[a].pk).exists(), "theirs is right: gone"
    assert sorted(row["name"] for row in life.redmine.rows().values()) == ["删除丙", "删除乙"]
    assert sorted(Task.objects.values_list("name", flat=True)) == ["删除丙", "删除乙"]
    assert not Conflict.objects.filter(resolved_at=None).exists() and not DeadLetter.objects.exists()


def test_an_issue_moved_to_another_project_deletes_nothing_and_comes_back(life: Life) -> None:
    Interface.objects.filter(pk=life.interface.pk).update(on_delete="propagate")
    key = life.redmine.create(subject="会移走的")
    life.sync()
    task = life.task(key)
    life.redmine.move(key, away=True)
    reconcile.reconcile(life.interface.pk)
    life.sync()
    assert Task.objects.filter(pk=task.pk).exists() and not OutboxEntry.objects.filter(action="delete").exists()
    life.change(task, description="它在别处时写的")
    life.sync()
    assert life.redmine.call("GET", f"/issues/{key}.json")["issue"]["description"] in (None, ""), "nothing is written to where it is not meant"
    life.redmine.move(key, away=False)
    life.sync()
    assert life.redmine.rows()[key]["description"] == "它在别处时写的" and Task.objects.count() == 1


def test_a_status_that_the_workflow_does_not_allow_is_asked_about_and_doubles_nothing(life: Life) -> None:
    table = [{"a": "1", "b": "todo", "prefer": True}, {"a": "2", "b": "doing", "prefer": True}, {"a": "5", "b": "done", "prefer": True}]
    life.publish([status_pair], {"status": table})
    task = life.make(name="进行中的任务", status="doing")
    for _ in range(3):
        life.sync()
    rows = life.redmine.call("GET", f"/issues.json?project_id={life.redmine.name}&status_id=*")["issues"]
    assert [row["subject"] for row in rows] == ["进行中的任务"], "one issue, however often"
    task.refresh_from_db()
    assert task.status == "doing", "ours is not set back"
    if rows[0]["status"]["id"] != 2:
        conflict = Conflict.objects.get(resolved_at=None)
        assert (conflict.field, conflict.value_a, conflict.value_b) == ("status", "todo", "doing")
        decisions.conflict_resolve(conflicts=[conflict], choice="a")
        life.sync()
        task.refresh_from_db()
        assert task.status == "todo"
    assert not DeadLetter.objects.exists() and not Conflict.objects.filter(resolved_at=None).exists()


def test_a_required_field_that_we_do_not_fill_parks_the_write_once_and_heals(life: Life) -> None:
    fields = {each["name"]: each["id"] for each in life.redmine.call("GET", "/custom_fields.json")["custom_fields"]}
    life.redmine.call("PUT", f"/projects/{life.redmine.name}.json", {"project": {"issue_custom_field_ids": [fields["Try required"]]}})
    life.make(name="少一个必填项")
    for _ in range(3):
        life.sync()
    assert life.redmine.rows() == {}
    letter = DeadLetter.objects.get(settled_at=None)
    assert "Try required" in letter.message_en
    assert "dead" in life.reasons()
    life.redmine.call("PUT", f"/projects/{life.redmine.name}.json", {"project": {"issue_custom_field_ids": [""]}})
    decisions.dead_letter_settle(letters=[letter], settlement="replay")
    life.sync()
    assert [row["name"] for row in life.redmine.rows().values()] == ["少一个必填项"]
    assert not DeadLetter.objects.filter(settled_at=None).exists() and not life.reasons()


def test_a_revoked_key_holds_what_waits_and_lets_it_go_by_itself(life: Life) -> None:
    for number in range(12):
        life.make(name=f"双向 {number}")
    life.sync()
    assert len(life.redmine.rows()) == 12, list(OutboxEntry.objects.values_list("state", "action", "attempts", "error"))
    life.redmine.change_key()
    try:
        for task in Task.objects.all():
            life.change(task, description=f"改一次 {task.pk}")
        life.sync(4)
        assert not DeadLetter.objects.exists() and OutboxEntry.objects.filter(state="waiting").count() == 12
        interface = life.fresh()
        assert interface.state == "down" and "credentials" in life.reasons()
        assert Connection.objects.get(system__key="redmine").held_since is not None
    finally:
        life.redmine.give_key_back()
    duties.mend(Connection.objects.get(system__key="redmine").pk)
    life.sync()
    texts = {row["name"]: row["description"] for row in life.redmine.rows().values()}
    assert texts == {task.name: f"改一次 {task.pk}" for task in Task.objects.all()}
    assert not life.reasons() and not OutboxEntry.objects.filter(state__in=("waiting", "dead", "unknown")).exists()


def test_two_interfaces_over_one_pair_of_streams_do_not_breed(life: Life) -> None:
    one = life.fresh()
    two = services.interface_save(
        key="twice", name="又一个", project=one.project, system_a=one.system_a, stream_a="issues", system_b=one.system_b, stream_b="work.task"
    )
    two = Interface.objects.select_related("system_a", "system_b").get(pk=two.pk)
    spec = services.spec_of(two, {"pairs": [{"a": "subject", "b": "name"}, {"a": "description", "b": "description"}]})
    with pytest.raises(ValidationError, match="life"):
        services.version_publish(interface=two, spec=spec)
    Interface.objects.filter(pk=one.pk).update(stage="draft")
    services.version_publish(interface=two, spec=spec)
    services.interface_switch_on(instance=two)
    Interface.objects.filter(pk=one.pk).update(stage="live")  # as an older release could have left them
    life.make(name="一个新任务")
    for _ in range(5):
        for pk in (one.pk, two.pk):
            Interface.objects.filter(pk=pk).update(next_poll_at=None)
            cycle.cycle(pk)
    assert Task.objects.count() == 1 and len(life.redmine.rows()) == 1


@needs_file
def test_many_deletes_each_way(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    Interface.objects.filter(pk=life.interface.pk).update(on_delete="propagate", delete_limit_percent=100)
    life.redmine.fill(2 * many)
    life.sync()
    keys = list(life.redmine.rows())
    assert Task.objects.count() == 2 * many
    theirs, ours = keys[:many], keys[many:]
    life.redmine.script("DELETE FROM issues WHERE id = ?", [(int(key),) for key in theirs], many=True)
    began = time.monotonic()
    reconcile.reconcile(life.interface.pk)
    life.sync()
    took = time.monotonic() - began
    assert Task.objects.count() == many
    commands_rights = system_access(life.tenant.pk)
    for task in Task.objects.all():
        commands.remove(resource("work.task"), task, commands_rights)
    life.sync()
    assert OutboxEntry.objects.filter(state="held", action="delete").count() == many and "deletes_held" in life.reasons(), "the guard counts over days"
    decisions.deletes_allow(interface=life.fresh())
    began = time.monotonic()
    life.sync()
    back = time.monotonic() - began
    assert life.redmine.rows() == {} and len(ours) == many
    with capsys.disabled():
        print(
            f"\n{many} deletes of theirs {took:.1f} s, of ours {back:.1f} s (Redmine's own time in it); 5,000 would take {5000 / many * took:.0f} and {5000 / many * back:.0f} s"
        )


def test_a_write_whose_answer_is_lost_on_the_way_settles(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 after the write (its SQLite was locked), or no answer at all: known by looking, done once."""
    from jingwei.hub.peers.session import HubSession

    key = life.redmine.create(subject="答复会丢", description="甲")
    life.sync()
    sound, lost = HubSession._sent, []

    def losing(self: HubSession, method: str, path: str, *more: Any) -> Any:
        from jingwei.frame.walls.egress import Answer

        answer = sound(self, method, path, *more)
        if method in ("POST", "PUT") and len(lost) < 2:
            lost.append(path)
            return Answer(500, {}, b"database is locked")
        return answer

    monkeypatch.setattr(HubSession, "_sent", losing)
    life.change(life.task(key), description="乙")
    life.make(name="只建一次")
    cycle.cycle(life.interface.pk)
    assert len(lost) == 2 and OutboxEntry.objects.filter(state="unknown").count() == 2
    OutboxEntry.objects.update(sent_at=datetime(2026, 1, 1, tzinfo=UTC))
    life.sync()
    assert sorted((row["name"], row["description"]) for row in life.redmine.rows().values()) == [("只建一次", ""), ("答复会丢", "乙")]
    assert not OutboxEntry.objects.filter(state__in=("unknown", "waiting", "dead")).exists()
