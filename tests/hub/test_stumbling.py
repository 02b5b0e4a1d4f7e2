"""What stumbles: a webhook that cannot be taken up stops nobody, and a clock put back stops no poll."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Demand, Tenant
from jingwei.frame.work import jobs
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Checkpoint, Connection, Delivery, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.monitor import moments
from tests.hub.conftest import Joined
from tests.hub.deeds import edit, issue


def told(joined: Joined, name: str, body: bytes) -> Delivery:
    return Delivery.objects.create(
        connection=Connection.objects.get(system__key="tracker"), source="webhook", event_id=name, raw=body, headers={}, tenant_id=joined.tenant.pk
    )


def test_a_webhook_of_nested_brackets_is_parked_at_once(joined: Joined) -> None:
    bad, good = told(joined, "deep", b"[" * 200_000), told(joined, "good", b'{"type": "issue.updated", "data": {"id": 7}}')
    unpack.unpack(bad.connection)
    assert set(Delivery.objects.filter(pk__in=(bad.pk, good.pk)).values_list("state", flat=True)) == {"done"}
    assert Quarantine.objects.get().code == "hub.not_json"


def test_what_fails_five_times_is_parked_and_nothing_waits_for_it(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = told(joined, "bad", b"{}"), told(joined, "good", b"{}")
    hand_out = unpack._hand_out

    def stumbling(connection: Connection, raw: list[Delivery]) -> set[int]:
        if any(each.pk == bad.pk for each in raw):
            raise ValueError("cannot be stored\0")
        return hand_out(connection, raw)

    monkeypatch.setattr(unpack, "_hand_out", stumbling)
    unpack.unpack(bad.connection)
    assert Delivery.objects.get(pk=good.pk).state == "done", "the good one passes at once"
    for _ in range(unpack.tries):
        assert Delivery.objects.get(pk=bad.pk).state == "waiting"
        Delivery.objects.filter(pk=bad.pk).update(not_before=None)
        unpack.unpack(bad.connection)
    assert Delivery.objects.get(pk=bad.pk).state == "done"
    parked = Quarantine.objects.get()
    assert parked.code == "hub.poison" and "cannot be stored" in str(parked.problems)
    assert bytes(parked.delivery.raw) == b"{}"


def test_a_webhook_over_which_workers_die_is_parked_too(joined: Joined) -> None:
    bad = told(joined, "bad", b"{}")
    Delivery.objects.filter(pk=bad.pk).update(attempts=unpack.tries)
    unpack.unpack(bad.connection, one_by_one=True)
    assert Quarantine.objects.get().code == "hub.poison"


def test_a_clock_put_back_a_day_stops_no_poll(joined: Joined) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    Interface.objects.update(next_poll_at=tomorrow, last_success_at=tomorrow, reconciled_at=tomorrow)
    Connection.objects.update(tokens_at=tomorrow, open_until=tomorrow)
    waits = told(joined, "x", b"{}")
    Delivery.objects.filter(pk=waits.pk).update(not_before=tomorrow)
    assert moments.pull_back() >= 3
    row = Interface.objects.get(pk=joined.interface.pk)
    assert row.next_poll_at <= timezone.now(), "the scheduler takes it up at its next look"
    assert row.last_success_at <= timezone.now() and row.reconciled_at <= timezone.now()
    assert Connection.objects.get(system__key="tracker").tokens_at <= timezone.now()
    assert Delivery.objects.get(pk=waits.pk).not_before <= timezone.now()
    assert moments.pull_back() == 0
    assert not OutboxEntry.objects.exists()


def test_what_is_read_after_the_clock_was_put_back_is_no_old_news(joined: Joined) -> None:
    """All was last read and judged eight hours from now; an issue is edited over there."""
    made = issue(joined, subject="改前")
    joined.sync()
    later = timezone.now() + timedelta(hours=8)
    Link.objects.update(read_a_at=later, read_b_at=later)
    Interface.objects.update(judged_at=later, deletes_allowed_at=later)
    Checkpoint.objects.update(read_at=later)
    edit(joined, made["id"], subject="改后")
    joined.sync()
    assert Task.objects.get().name == "改后"
    moments.pull_back()
    assert not Link.objects.filter(read_a_at__gt=timezone.now()).exists()
    row = Interface.objects.get(pk=joined.interface.pk)
    assert row.judged_at <= timezone.now() and row.deletes_allowed_at <= timezone.now(), "the guard counts from now, not from then"
    assert not Checkpoint.objects.filter(read_at__gt=timezone.now()).exists()


def test_honest_waiting_is_left_alone(joined: Joined) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    Interface.objects.update(next_poll_at=soon)
    assert moments.pull_back() == 0


def test_demands_of_a_project_that_is_gone_are_dropped(db: None) -> None:
    from jingwei.domains.schedule import services

    with scope.within(scope.Scope(Tenant.objects.create(code="t1", name="T").pk)):
        jobs.demand("schedule.recalculate", 987_654)
        assert Demand.objects.filter(key="987654").exists()
        assert services.project_recalculate(project_id=987_654) is None
        assert not Demand.objects.filter(key="987654").exists()
