"""Retention: what is old goes, whatever its number; what something open refers to stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.frame.work import retention
from jingwei.hub.models import Conflict, DeadLetter, Delivery, HealthPeriod, OutboxEntry, Quarantine, Run
from tests.hub.monitor.conftest import House

purge = retention.purge
pytestmark = pytest.mark.django_db

many = """
INSERT INTO hub_delivery (tenant_id, version, created_at, updated_at, interface_id, side, source, record_key, record, headers, state, attempts, outcome, received_at)
SELECT %s, 1, now(), now(), %s, 'a', 'poll', n::text, '{"values": {"subject": "x"}}', '{}', 'done', 0, 'planned', now() - interval '31 days'
FROM generate_series(1, %s) n
"""


def fill(house: House, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(many, (house.tenant.pk, house.interface.pk, count))


def test_thirty_thousand_rows_go_in_one_turn(house: House) -> None:
    fill(house, 30_000)
    fresh = house.delivery(state="done")
    assert retention.purge().rows["hub_delivery"] == 30_000
    assert list(Delivery.objects.values_list("pk", flat=True)) == [fresh.pk]
    assert retention.purge().count == 0


def test_a_turn_ends_in_time_and_the_next_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(house, 25_000)
    ticks = iter(range(1000))
    monkeypatch.setattr(retention, "kept", [each for each in retention.kept if each.table == "hub_delivery"])
    monkeypatch.setattr("jingwei.frame.work.retention.time.monotonic", lambda: next(ticks))
    first = retention.purge(seconds=2)
    assert first.rows["hub_delivery"] == 10_000 and first.is_cut_short
    rest = retention.purge(seconds=100)
    assert rest.rows["hub_delivery"] == 15_000 and not rest.is_cut_short


def test_a_turn_cut_short_is_followed_by_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(house, 100)
    for seconds, again in ((20.0, []), (-1.0, ["frame.purge"])):
        queued: list[str] = []
        monkeypatch.setattr("jingwei.frame.work.retention.jobs.defer", lambda name, queued=queued, **_kwargs: queued.append(name))
        monkeypatch.setattr("jingwei.frame.work.retention.purge", lambda seconds=seconds: purge(seconds=seconds))
        retention.purge_turn()
        assert queued == again


def test_only_what_is_old_is_visited(house: House) -> None:
    fill(house, 50)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hub_delivery SET received_at = now()")
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN "
            + retention._walk(next(each for each in retention.kept if each.table == "hub_delivery"))
            .replace("%(after)s", "0")
            .replace("%(cutoff)s", "now()")
            .replace("%(tenant)s", "1")
            .replace("%(limit)s", "5")
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Limit" in plan
    assert retention.purge().count == 0


def test_what_something_open_refers_to_stays(house: House) -> None:
    old = house.ago(days=400)
    link, clash = house.link(), house.link(key_a="c", key_b="c")
    Conflict(interface=house.interface, link=clash, field="name").save()
    waiting = house.delivery(received_at=old)
    parked = house.delivery(received_at=old, state="quarantined")
    asked = house.delivery(received_at=old, state="done")
    Quarantine(interface=house.interface, delivery=asked).save()
    answered = house.delivery(received_at=old, state="done")
    settled = Quarantine(interface=house.interface, delivery=answered, released_at=old)
    settled.save()
    of_clash = house.delivery(received_at=old, state="done", link=clash)
    source = house.delivery(received_at=old, state="done")
    dead = house.entry(link, state="dead", delivery=source, done_at=old)
    DeadLetter(interface=house.interface, entry=dead, code="x").save()
    retention.purge()
    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, parked.pk, asked.pk, of_clash.pk, source.pk}
    assert OutboxEntry.objects.get().pk == dead.pk and Quarantine.objects.count() == 1
    DeadLetter.objects.update(settled_at=timezone.now())
    Conflict.objects.update(resolved_at=timezone.now())
    Quarantine.objects.update(released_at=timezone.now())
    retention.purge()
    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, parked.pk}


def test_entries_runs_and_periods_have_their_own_age(house: House) -> None:
    link = house.link()
    young, old = house.ago(days=179), house.ago(days=181)
    keeps = house.entry(link, state="done", done_at=young, created_at=house.ago(days=300))
    gone = house.entry(link, state="dropped", done_at=old)
    DeadLetter(interface=house.interface, entry=gone, code="x", settled_at=old).save()
    run = house.run(started_at=house.ago(days=91), finished_at=house.ago(days=91))
    house.run(started_at=house.ago(days=91))
    delivery = house.delivery(run=run)
    OutboxEntry.objects.filter(pk=keeps.pk).update(run=run)
    for until in (house.ago(days=401), house.ago(days=399), None):
        HealthPeriod(interface=house.interface, tenant_id=house.tenant.pk, state="ok", since=house.ago(days=500), until=until).save()
    rows = {table: count for table, count in retention.purge().rows.items() if table.startswith("hub_")}
    assert {table: count for table, count in rows.items() if count} == {"hub_outboxentry": 1, "hub_run": 1, "hub_healthperiod": 1}
    assert OutboxEntry.objects.get().run_id is None and Delivery.objects.get(pk=delivery.pk).run_id is None
    assert Run.objects.get().finished_at is None and HealthPeriod.objects.count() == 2


def test_an_organisation_purges_its_own_only(house: House) -> None:
    fill(house, 10)
    with scope.within(scope.Scope(Tenant.objects.create(code="t2", name="别家").pk)):
        assert retention.purge(now=timezone.now() + timedelta(days=1)).count == 0
    assert Delivery.objects.count() == 10
