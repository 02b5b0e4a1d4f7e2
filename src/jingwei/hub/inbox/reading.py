"""How records come in: polls with a durable cursor, and webhook deliveries unpacked. Raw first, cursor after, in one transaction."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from jingwei.frame import bulk
from jingwei.hub.contract import ConnectorError, Gone, Record, tombstone
from jingwei.hub.inbox.records import record_as_plain
from jingwei.hub.models import Checkpoint, Connection, Delivery, Interface, Run
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import HubSession, session_for

webhook_batch = 500
log = structlog.get_logger(__name__)
Land = Callable[[Sequence[Record]], None]


def store(interface: Interface, side: str, records: Iterable[Record], *, source: str, run: Run | None) -> int:
    """Keep records as deliveries, raw, waiting to be planned."""
    now = timezone.now()
    names = (
        "tenant",
        "version",
        "created_at",
        "updated_at",
        "interface",
        "side",
        "source",
        "record_key",
        "record",
        "headers",
        "state",
        "attempts",
        "outcome",
        "received_at",
        "run",
    )
    rows = [
        (
            interface.tenant_id,
            1,
            now,
            now,
            interface.pk,
            side,
            source,
            r.key,
            record_as_plain(r),
            {},
            Delivery.State.WAITING,
            0,
            "",
            now,
            run.pk if run else None,
        )
        for r in records
    ]
    if rows:
        bulk.copy_in(Delivery, names, rows)
    return len(rows)


def poll(interface: Interface, side: str, run: Run, *, page_limit: int | None = None, land: Land | None = None) -> int:
    """Read one side on from its checkpoint to the end. Each page and the cursor behind it are one commit.

    With `land` a page is planned in that same commit, unless something older waits or planning it fails: then it is kept to be planned.
    """
    session = session_for(interface, side)
    connector = catalogue.connector(interface.system(side).connector)
    stream = interface.stream(side)
    checkpoint, _ = Checkpoint.objects.get_or_create(interface=interface, side=side)
    limit = page_limit or 1000  # a connector asks for no more than its peer gives
    read, seen = 0, set[str]()
    while True:
        page = connector.read(session, stream, checkpoint.cursor, limit)
        with transaction.atomic():
            if not (land and page.records and _landed(interface, page.records, land)):
                store(interface, side, page.records, source="poll", run=run)
            read += len(page.records)
            checkpoint.cursor = page.cursor
            if not page.more and checkpoint.loaded_at is None:
                checkpoint.loaded_at = timezone.now()
            checkpoint.save()
        if not page.more:
            return read
        mark = json.dumps(page.cursor, sort_keys=True)
        if mark in seen:
            raise ConnectorError(f"{stream}: the peer repeats a page; the read was stopped")
        seen.add(mark)


def _landed(interface: Interface, records: Sequence[Record], land: Land) -> bool:
    if interface.deliveries.filter(state=Delivery.State.WAITING).exists():
        return False
    try:
        with transaction.atomic():
            land(records)
    except (DatabaseError, ConnectorError, ValueError, TypeError, LookupError) as problem:
        log.warning("hub.not_landed", interface=interface.key, problem=str(problem)[:200])
        return False
    return True


def unpack(connection: Connection) -> set[int]:
    """Turn waiting webhook deliveries of a connection into records for every interface that listens; returns those interfaces."""
    touched: set[int] = set()
    while True:
        with transaction.atomic():
            raw = list(
                Delivery.objects.select_for_update(skip_locked=True)
                .filter(connection=connection, interface=None, state=Delivery.State.WAITING)
                .order_by("id")[:webhook_batch]
            )
            if not raw:
                return touched
            touched |= _fan_out(connection, raw)
            Delivery.objects.filter(pk__in=[d.pk for d in raw]).update(state=Delivery.State.DONE, outcome="unpacked", done_at=timezone.now())


def _fan_out(connection: Connection, raw: list[Delivery]) -> set[int]:
    connector = catalogue.connector(connection.system.connector)
    touched: set[int] = set()
    for interface, side in listening(connection):
        records = []
        for delivery in raw:
            try:
                body = json.loads(bytes(delivery.raw or b"null"))
            except ValueError:
                continue  # kept raw; a body that is not JSON names no record
            records += connector.delivery(interface.stream(side), delivery.headers, body)
        if records:
            store(interface, side, _filled(interface, side, records), source="webhook", run=None)
            Interface.objects.filter(pk=interface.pk).update(last_arrival_at=timezone.now())
            touched.add(interface.pk)
    return touched


def _filled(interface: Interface, side: str, records: list[Record]) -> list[Record]:
    """Records that a webhook only named are fetched; the newest mention of a key is enough."""
    newest = {record.key: record for record in records}
    bare = [key for key, record in newest.items() if not record.values and not record.deleted]
    if bare:
        session = session_for(interface, side)
        for key in bare:
            newest[key] = fetch(interface, side, key, session)
    return list(newest.values())


def fetch(interface: Interface, side: str, key: str, session: HubSession | None = None) -> Record:
    """One record as it is over there now; a tombstone when it is gone."""
    session = session or session_for(interface, side)
    connector = catalogue.connector(interface.system(side).connector)
    try:
        record = connector.fetch(session, interface.stream(side), key)
    except Gone:
        record = None
    return record if record is not None else tombstone(interface.stream(side), key)


def listening(connection: Connection) -> list[tuple[Interface, str]]:
    """Live interfaces on a connection's system, with their side."""
    system = connection.system
    live = Interface.objects.filter(stage=Interface.Stage.LIVE).select_related("system_a", "system_b", "published")
    return [(i, "a") for i in live.filter(system_a=system)] + [(i, "b") for i in live.filter(system_b=system)]


def is_due(interface: Interface) -> bool:
    """Whether the next poll's time has come."""
    return interface.next_poll_at is None or interface.next_poll_at <= timezone.now()


def schedule_next(interface: Interface) -> None:
    """Set the time of the next poll."""
    Interface.objects.filter(pk=interface.pk).update(next_poll_at=timezone.now() + timedelta(seconds=interface.poll_seconds))


def readable_raw(delivery: Delivery) -> str:
    """A webhook's body as text for people; base64 when it is not text."""
    body = bytes(delivery.raw or b"")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()
