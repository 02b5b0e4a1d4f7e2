"""Health never lies: every trouble, made of rows, is named; its absence is health; and no two troubles together look like health."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.frame.telling import facts
from jingwei.frame.work import jobs
from jingwei.hub.facts import InterfaceHealthChanged
from jingwei.hub.models import (
    Checkpoint,
    Conflict,
    DeadLetter,
    Grant,
    HealthPeriod,
    Interface,
    JobTally,
    Link,
    Quarantine,
    Run,
    System,
)
from jingwei.hub.monitor import failures, health
from jingwei.hub.monitor.words import Level, lasted
from tests.hub.monitor.conftest import House, interface_between

pytestmark = pytest.mark.django_db


def reasons(house: House) -> dict[str, Any]:
    """What holds now, by code."""
    interface = Interface.objects.select_related("system_a", "system_b").get(pk=house.interface.pk)
    return {each.code: each for each in health.reasons_of([interface])[interface.pk]}


def state(house: House) -> str:
    """The state after judging."""
    health.judge_all()
    return str(Interface.objects.get(pk=house.interface.pk).state)


def checkpoint(house: House, side: str = "a", **values: Any) -> None:
    """Change one side's checkpoint."""
    Checkpoint.objects.filter(interface=house.interface, side=side).update(**values)


def conflict(house: House, field: str = "name", reason: str = "differ") -> None:
    """An open conflict."""
    Conflict(interface=house.interface, link=house.link(key_a=f"c{field}", key_b=f"c{field}"), field=field, reason=reason).save()


def quarantine(house: House) -> None:
    """A record that may not pass."""
    Quarantine(interface=house.interface, delivery=house.delivery(state="quarantined"), side="a", record_key="7", code="hub.x").save()


def dead(house: House) -> None:
    """A write that failed for good."""
    entry = house.entry(house.link(key_a="d", key_b="d"), state="dead")
    DeadLetter(interface=house.interface, entry=entry, code="connector.refused", message_zh="不收").save()


def worker_gone(house: House) -> None:
    """No process works."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")


def revoked(house: House) -> None:
    """Somebody took the grant away."""
    Grant(interface=house.interface, tenant_id=house.tenant.pk, permissions=[], granted_at=house.ago(days=2), revoked_at=house.ago(minutes=3)).save()


def regranted(house: House) -> None:
    """Taken away and given again."""
    revoked(house)
    Grant(interface=house.interface, tenant_id=house.tenant.pk, permissions=[], granted_at=house.now).save()


troubles: dict[str, tuple[Callable[[House], object], str]] = {
    "worker_missing": (worker_gone, "down"),
    "held": (lambda h: h.set(held_since=h.ago(minutes=9), held_reason="记录在绕圈"), "down"),
    "grant_revoked": (revoked, "degraded"),
    "run_stuck": (lambda h: h.run(started_at=h.ago(minutes=11)), "degraded"),
    "job_failed": (lambda h: h.job(), "degraded"),
    "job_failed again and again": (lambda h: h.job("hub.reconcile", status="todo", attempts=3), "degraded"),
    "job_failed deliver": (lambda h: h.job("hub.deliver", status="doing", attempts=4, interface_id=None, connection_id=h.connection.pk), "degraded"),
    "credentials": (lambda h: h.peer(held_since=h.ago(minutes=5), held_reason="401"), "down"),
    "unreachable": (lambda h: h.peer(failures=2, last_error="connection refused"), "down"),
    "unreachable breaker": (lambda h: h.peer(failures=5, open_until=h.now + timedelta(seconds=20)), "down"),
    "clock": (lambda h: h.peer(clock_ahead=-301.0), "degraded"),
    "first_reading": (lambda h: checkpoint(h, "b", read_at=None), "degraded"),
    "first_reading none": (lambda h: Checkpoint.objects.filter(side="a").delete(), "degraded"),
    "reading_late": (lambda h: checkpoint(h, read_at=h.ago(seconds=400)), "degraded"),
    "reading_failing": (lambda h: checkpoint(h, failing_since=h.ago(seconds=5), problem="500"), "degraded"),
    "reading_failing twice": (lambda h: checkpoint(h, failing_since=h.ago(seconds=100), problem="500"), "down"),
    "inbox_late": (lambda h: h.delivery(received_at=h.ago(seconds=301)), "degraded"),
    "lookups_late": (lambda h: h.delivery(received_at=h.ago(seconds=301), source="lookup"), "degraded"),
    "outbox_late": (lambda h: h.entry(h.link(), created_at=h.ago(seconds=301)), "degraded"),
    "outbox_late unknown": (lambda h: h.entry(h.link(), created_at=h.ago(seconds=301), state="unknown"), "degraded"),
    "events_late": (lambda h: h.delivery(received_at=h.ago(seconds=301), interface=None, connection=h.connection, source="webhook"), "degraded"),
    "events_parked": (lambda h: h.delivery(interface=None, connection=h.connection, source="webhook", state="quarantined"), "degraded"),
    "quarantine": (quarantine, "degraded"),
    "quarantine without row": (lambda h: h.link(parked_b=True), "degraded"),
    "dead": (dead, "degraded"),
    "deletes_held": (lambda h: h.entry(h.link(key_a="h", key_b="h"), action="delete", state="held"), "degraded"),
    "conflicts": (conflict, "degraded"),
    "refusals": (lambda h: conflict(h, reason="refused"), "degraded"),
    "deletes_asked": (lambda h: conflict(h, ""), "degraded"),
    "apart": (lambda h: h.link(key_a="p", key_b="p", apart={"name": {"a": "1", "b": "2", "why": "coerced"}}), "degraded"),
    "differ": (lambda h: h.set(compared={"differ": 3}), "degraded"),
    "keys_unread": (lambda h: h.run(kind="reconcile", started_at=h.ago(hours=1), finished_at=h.now, error="a: 500"), "degraded"),
    "keys_unread late": (lambda h: h.set(reconciled_at=h.ago(minutes=61)), "degraded"),
    "comparison_late": (lambda h: h.set(compared_at=h.ago(hours=49)), "degraded"),
    "comparison_late never": (lambda h: h.set(compared_at=None, paired_at=h.ago(hours=49)), "degraded"),
}


def test_nothing_wrong_is_healthy(house: House) -> None:
    assert reasons(house) == {}
    assert state(house) == "ok"
    row = Interface.objects.get()
    assert row.state_reason == "" and row.state_detail == [] and row.judged_at and row.last_success_at


@pytest.mark.parametrize("name", troubles)
def test_each_trouble_is_named_with_its_stake_its_cure_and_one_button(house: House, name: str) -> None:
    code, (make, wanted) = name.split()[0], troubles[name]
    make(house)
    assert state(house) == wanted
    row = Interface.objects.get()
    plain = next(each for each in row.state_detail if each["code"] == code)
    for words in (plain, plain["endangers"], plain["mend"], {"zh": plain["act"]["label_zh"], "en": plain["act"]["label_en"]}):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words["zh"]) and words["en"]
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in words["en"].replace("记录在绕圈", "").replace("经纬", ""))
    assert plain["act"]["url"].startswith("/hub/") and plain["act"]["method"] in ("get", "post")
    assert plain["count"] >= 1
    assert row.state_reason == row.state_detail[0]["zh"][:300]
    assert HealthPeriod.objects.get(until=None).state == wanted


@pytest.mark.parametrize(
    "harmless",
    [
        lambda h: h.delivery(received_at=h.ago(seconds=200)),
        lambda h: h.delivery(received_at=h.ago(days=2), state="done"),
        lambda h: h.entry(h.link(), created_at=h.ago(seconds=200)),
        lambda h: h.entry(h.link(), created_at=h.ago(days=2), state="done"),
        lambda h: h.run(started_at=h.ago(minutes=9)),
        lambda h: (h.run(started_at=h.ago(minutes=30)), h.run(started_at=h.ago(minutes=1), finished_at=h.now)),
        lambda h: h.link(apart={"name": {"a": 1, "b": 2, "why": "accepted"}}),
        lambda h: h.link(left_a=True, state="unlinked"),
        lambda h: h.job(status="todo", attempts=2),
        lambda h: h.job("change.apply"),
        lambda h: h.job(interface_id=h.interface.pk + 1),
        lambda h: h.peer(failures=1, clock_ahead=59.0, paused_until=h.now + timedelta(seconds=30)),
        lambda h: h.set(compared={"differ": 0, "asked": ["7"]}),
        regranted,
        lambda h: checkpoint(h, read_at=h.ago(seconds=290)),
    ],
)
def test_what_is_no_trouble_is_none(house: House, harmless: Callable[[House], object]) -> None:
    harmless(house)
    assert state(house) == "ok", Interface.objects.get().state_detail


def test_a_notice_is_shown_and_leaves_it_healthy(house: House) -> None:
    for number in range(3):
        house.link(key_a=f"l{number}", key_b=f"l{number}", left_a=True, state="unlinked")
    assert state(house) == "ok"
    (plain,) = Interface.objects.get().state_detail
    assert plain["level"] == Level.NOTICE and plain["zh"] == "3 条记录已不符合筛选条件" and plain["en"] == "3 records left the filter"


def test_before_the_first_traffic_nothing_is_known(house: House) -> None:
    Checkpoint.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hub_interfaceversion SET published_at = now()")
    assert state(house) == "unknown"


def test_paused_ones_and_drafts_are_not_judged(house: House) -> None:
    for stage in ("paused", "draft", "retired"):
        house.set(stage=stage, state="ok", judged_at=None)
        house.peer(held_since=house.now)
        assert state(house) == "ok"
        assert health.judge(house.interface) == "ok"
        assert Interface.objects.get().judged_at is None


def test_a_failed_job_whose_work_was_done_since_is_history(house: House) -> None:
    house.job()
    assert state(house) == "degraded"
    Checkpoint.objects.update(read_at=timezone.now() + timedelta(seconds=5))
    assert state(house) == "ok"


def test_a_change_is_told_once_and_kept_as_periods(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[InterfaceHealthChanged] = []
    monkeypatch.setattr(facts, "state", told.append)
    health.judge_all()
    house.peer(failures=3, last_error="no route")
    for _ in range(3):
        health.judge_all()
    house.peer(failures=0)
    health.judge(house.interface)
    assert [(fact.before, fact.state) for fact in told] == [("unknown", "ok"), ("ok", "down"), ("down", "ok")]
    assert "Tracker" in told[1].reason and told[1].restore_minutes == house.interface.restore_minutes
    assert [(p.state, p.until is None) for p in HealthPeriod.objects.order_by("pk")] == [("ok", False), ("down", False), ("ok", True)]
    assert System.objects.get(key="tracker").state == "ok"


def test_the_reason_follows_the_worst_trouble_without_a_new_period(house: House) -> None:
    conflict(house)
    health.judge_all()
    since = Interface.objects.get().state_since
    conflict(house, "")
    Conflict.objects.filter(field="name").update(resolved_at=timezone.now())
    health.judge_all()
    row = Interface.objects.get()
    assert "删除" in row.state_reason and row.state_since == since and HealthPeriod.objects.count() == 1
    with translation.override("en"):
        assert "deleted on one side" in health.sentence(row)


def test_the_number_of_queries_does_not_grow_with_the_interfaces(house: House) -> None:
    def queries() -> int:
        rows = list(Interface.objects.select_related("system_a", "system_b"))
        with CaptureQueriesContext(connection) as seen:
            health.reasons_of(rows)
        return len(seen)

    house.job()
    few = queries()
    for number in range(30):
        interface_between(house.project, house.theirs, house.ours, f"more-{number}")
    assert queries() == few <= 12
    health.judge_all()
    with CaptureQueriesContext(connection) as seen:
        health.judge_all()
    assert len(seen) <= 14, "nothing new, nothing written"


def test_runs_that_a_dead_process_left_are_closed(house: House) -> None:
    house.run(started_at=house.ago(minutes=40))
    assert health.close_interrupted(house.interface) == 1
    assert Run.objects.get().error == "interrupted" and state(house) == "ok"


def test_a_failing_job_is_counted_for_good_and_says_why(house: House) -> None:
    failures.note("hub.cycle", {"interface_id": house.interface.pk}, ValueError("NUL in text"))
    failures.note("hub.cycle", {"interface_id": house.interface.pk}, ValueError("NUL \0 again"))
    failures.note("work.other", {}, ValueError())
    assert JobTally.objects.get().failures == 2
    house.job(status="todo", attempts=3)
    assert "again" in reasons(house)["job_failed"].zh
    (family,) = failures.gauge()
    assert [(s.name, s.labels, s.value) for s in family.samples] == [("jingwei_hub_job_failures_total", {"job": "hub.cycle"}, 2)]


def test_a_job_that_raises_is_heard_and_raises_on(house: House) -> None:
    def work(**_ids: Any) -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        jobs._heard("hub.cycle", work, {"interface_id": 5})
    assert JobTally.objects.get(key="5").last_error == "LookupError: gone"


def test_another_organisation_sees_and_moves_nothing(house: House) -> None:
    other = Tenant.objects.create(code="t2", name="别家")
    house.peer(failures=9)
    with scope.within(scope.Scope(other.pk)):
        assert health.judge_all() == 0
    assert Interface.objects.get().state == "unknown"


def oracle(house: House) -> bool:
    """Whether something is wrong, by plain questions that share nothing with the code under test."""
    pk, peer = house.interface.pk, house.connection.pk
    questions = (
        f"SELECT 1 FROM hub_delivery WHERE interface_id={pk} AND state='waiting' AND received_at < now() - interval '300 seconds'",
        f"SELECT 1 FROM hub_delivery WHERE connection_id={peer} AND (state IN ('dead','quarantined') OR state='waiting' AND received_at < now() - interval '300 seconds')",
        f"SELECT 1 FROM hub_outboxentry WHERE interface_id={pk} AND (state='held' OR state IN ('waiting','sending','unknown') AND created_at < now() - interval '300 seconds')",
        f"SELECT 1 FROM hub_conflict WHERE interface_id={pk} AND resolved_at IS NULL",
        f"SELECT 1 FROM hub_quarantine WHERE interface_id={pk} AND released_at IS NULL",
        f"SELECT 1 FROM hub_deadletter WHERE interface_id={pk} AND settled_at IS NULL",
        f"SELECT 1 FROM hub_link WHERE interface_id={pk} AND (parked_a OR parked_b OR apart::text LIKE '%coerced%')",
        f"SELECT 1 FROM hub_run WHERE interface_id={pk} AND finished_at IS NULL AND started_at < now() - interval '10 minutes'",
        f"SELECT 1 FROM hub_run WHERE interface_id={pk} AND kind='reconcile' AND error <> ''",
        f"SELECT 1 FROM hub_interface WHERE id={pk} AND reconciled_at < now() - interval '1 hour'",
        f"SELECT 1 FROM hub_grant WHERE interface_id={pk} HAVING count(*) > 0 AND count(*) = count(revoked_at)",
        f"SELECT 1 FROM hub_interface WHERE id={pk} AND (held_since IS NOT NULL OR (compared->>'differ')::int > 0"
        " OR coalesce(compared_at, paired_at) < now() - 2 * reconcile_hours * interval '1 hour')",
        f"SELECT 1 FROM hub_checkpoint WHERE interface_id={pk} AND (failing_since IS NOT NULL OR read_at IS NULL OR read_at < now() - interval '300 seconds')",
        f"SELECT 1 FROM hub_checkpoint WHERE interface_id={pk} HAVING count(*) < 2",
        f"SELECT 1 FROM hub_connection WHERE id={peer} AND (held_since IS NOT NULL OR open_until > now() OR failures >= 2 OR abs(clock_ahead) > 60)",
        "SELECT 1 FROM procrastinate_jobs WHERE status = 'failed' OR attempts > 2",
        "SELECT 1 FROM procrastinate_workers HAVING coalesce(max(last_heartbeat) < now() - interval '30 seconds', true)",
    )
    with connection.cursor() as cursor:
        for question in questions:
            cursor.execute(question)
            if cursor.fetchone():
                return True
    return False


def test_no_two_troubles_together_look_healthy(house: House) -> None:
    assert not oracle(house)
    for first, second in itertools.combinations(troubles, 2):
        point = transaction.savepoint()
        with connection.cursor() as cursor:  # so many pairs take longer than a heartbeat
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = clock_timestamp()")
        troubles[first][0](house)
        Link.objects.update(key_a=None, key_b=None)  # two troubles of one kind may want the same keys
        troubles[second][0](house)
        assert oracle(house), (first, second)
        found, codes = state(house), {each["code"] for each in Interface.objects.get().state_detail}
        if not _overwrite(first, second):
            assert found == ("down" if "down" in (troubles[first][1], troubles[second][1]) else "degraded"), (first, second, found)
            assert {first.split()[0], second.split()[0]} <= codes, (first, second, codes)
        assert found != "ok"
        transaction.savepoint_rollback(point)


def _overwrite(first: str, second: str) -> bool:
    """Whether the second takes the place of the first: a checkpoint can be missing, late or failing, but not all at once."""
    both = {first.split()[0], second.split()[0]}
    return both <= {"first_reading", "reading_late", "reading_failing"} or both <= {"unreachable"}


def test_durations_in_words() -> None:
    now = timezone.now()
    assert lasted(now - timedelta(seconds=50), now) == ("50 秒", "50 seconds")
    assert lasted(now - timedelta(minutes=12), now) == ("12 分钟", "12 minutes")
    assert lasted(now - timedelta(hours=5), now).en == "5 hours" and lasted(now - timedelta(days=3), now).zh == "3 天"
    assert lasted(None, now).en == "0 seconds"
