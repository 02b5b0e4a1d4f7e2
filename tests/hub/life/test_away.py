"""A peer that refuses, asks to wait, is slow or silent; and an interface at rest."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jingwei.connectors.sandbox.tracker import TrackerConnector
from jingwei.domains.work.models import Task
from jingwei.frame.walls.egress import Answer, Egress
from jingwei.hub import contract
from jingwei.hub.engine import cycle
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine, Run
from tests.hub.conftest import Joined
from tests.hub.deeds import all_theirs, answering, change, fresh, issue, ours, soon

pytestmark = pytest.mark.django_db(transaction=True)


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
