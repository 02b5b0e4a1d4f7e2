"""Whoever writes the rows of several interfaces takes them in one order, so that two workers never wait for each other in a ring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from jingwei.frame import scope
from jingwei.hub.contract import Record
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Connection, Delivery, Interface, System
from jingwei.hub.monitor import health
from jingwei.hub.register import services
from tests.hub.conftest import Joined

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(joined: Joined) -> tuple[int, int]:
    """Two live interfaces of the tracker: it is side B of the first and side A of the second."""
    first, theirs = joined.interface, joined.interface.system_a
    second = services.interface_save(
        key="second", name="第二个", project=joined.project, system_a=theirs, stream_a="issues", system_b=first.system_b, stream_b="work.task", poll_seconds=30
    )
    Interface.objects.filter(pk=first.pk).update(system_a=first.system_b, stream_a="work.task", system_b=theirs, stream_b="issues")
    Interface.objects.filter(pk=second.pk).update(stage="live", published=first.published)
    assert first.pk < second.pk
    return first.pk, second.pk


@contextmanager
def held(tenant: int, pk: int) -> Iterator[None]:
    """The row of one interface is held by somebody else meanwhile."""
    with scope.within(scope.Scope(tenant)), transaction.atomic():
        Interface.lock([pk])
        yield


def is_free(pk: int) -> bool:
    """Whether nobody holds the row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM hub_interface WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [pk])
        return cursor.fetchone() is not None


def waits_with_nothing_in_hand(joined: Joined, pair: tuple[int, int], work: Callable[[], object]) -> None:
    """While the first row is held, the work waits for it and holds no other."""
    done = threading.Event()

    def run() -> None:
        with scope.within(scope.Scope(joined.tenant.pk)):
            work()
        done.set()
        connections.close_all()

    worker = threading.Thread(target=run)
    with held(joined.tenant.pk, pair[0]):
        worker.start()
        until = time.monotonic() + 10
        while time.monotonic() < until and not _waiting():
            time.sleep(0.05)
        assert _waiting() and not done.is_set()
        assert is_free(pair[1])
    worker.join(20)
    assert done.is_set()


def _waiting() -> bool:
    """Whether somebody waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_judging_many_interfaces(joined: Joined, pair: tuple[int, int]) -> None:
    """They may come in any order."""
    waits_with_nothing_in_hand(joined, pair, lambda: health._judge(Interface.objects.select_related("system_a", "system_b").order_by("-pk")))
    assert Interface.objects.filter(pk__in=pair, judged_at__isnull=False).count() == 2


def test_handing_out_webhooks(joined: Joined, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The one on side A does not come before the one on side B."""
    peer = Connection.objects.get(system=System.objects.exclude(connector="local").get())
    delivery = Delivery.objects.create(
        tenant_id=joined.tenant.pk, connection=peer, event_id="e", source="webhook", raw=b"{}", headers={}, state="waiting", received_at=timezone.now()
    )
    monkeypatch.setattr(unpack, "_records", lambda _c, _l, _d: ([Record("issues", "1", {"id": 1})], None))
    waits_with_nothing_in_hand(joined, pair, lambda: unpack.unpack(peer))
    delivery.refresh_from_db()
    assert delivery.state == "done" and Interface.objects.filter(pk__in=pair, last_arrival_at__isnull=False).count() == 2


def test_having_many_looked_at_now(joined: Joined, pair: tuple[int, int]) -> None:
    waits_with_nothing_in_hand(joined, pair, lambda: services.hurry(reversed(pair)))
