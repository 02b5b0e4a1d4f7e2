"""Webhook deliveries unpacked into records for every interface that listens. What cannot be read is kept raw, with its reason."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from jingwei.frame import facts
from jingwei.hub.contract import Record
from jingwei.hub.facts import RecordParked
from jingwei.hub.inbox import deliveries
from jingwei.hub.models import Connection, Delivery, Interface, Quarantine
from jingwei.hub.peers import catalogue
from jingwei.kernels import bounds
from jingwei.kernels.merge import SideName

webhook_batch = 500
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """An interface that wants to know, and the side it hears from."""

    interface: Interface
    side: SideName


def unpack(connection: Connection) -> set[int]:
    """Take up the waiting webhook deliveries of a connection; gives the interfaces that have work now."""
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
            touched |= _hand_out(connection, raw)


def _hand_out(connection: Connection, raw: list[Delivery]) -> set[int]:
    listeners = listening(connection)
    touched: set[int] = set()
    for listener in listeners:
        told, bare = [], list[str]()
        for delivery in raw:
            records, reason = _records(connection, listener, delivery)
            if reason:
                _park(listener, delivery, reason)
            told += [record for record in records if record.values or record.deleted]
            bare += [record.key for record in records if not record.values and not record.deleted]
        deliveries.keep(listener.interface, listener.side, told, source="webhook", run=None)
        deliveries.ask(listener.interface, listener.side, bare, "a webhook named it")
        if told or bare:
            Interface.objects.filter(pk=listener.interface.pk).update(last_arrival_at=timezone.now())
            touched.add(listener.interface.pk)
    outcome = "unpacked" if listeners else "nobody listens"
    Delivery.objects.filter(pk__in=[d.pk for d in raw]).update(state=Delivery.State.DONE, outcome=outcome, done_at=timezone.now())
    return touched


def _records(connection: Connection, listener: Listener, delivery: Delivery) -> tuple[list[Record], dict[str, Any] | None]:
    """The records one delivery names for one listener, or why it cannot be read."""
    body = bytes(delivery.raw or b"")
    try:
        if bounds.is_too_deep(body):
            return [], _reason("hub.not_json", "推送内容嵌套过深", "the delivery is nested too deep")
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return [], _reason("hub.not_json", "推送内容不是 JSON", "the delivery is not JSON")
    try:
        connector = catalogue.connector(connection.system.connector)
        return list(connector.delivery(listener.interface.stream(listener.side), delivery.headers, parsed)), None
    except Exception as fault:
        log.warning("hub.delivery_not_understood", connection=connection.pk, delivery=delivery.pk, problem=str(fault)[:200])
        text = f"{type(fault).__name__}: {fault}"[:200]
        return [], _reason("hub.not_understood", f"无法理解推送内容：{text}", f"the delivery cannot be understood: {text}")


def _reason(code: str, zh: str, en: str) -> dict[str, Any]:
    return {"field": "", "code": code, "zh": zh, "en": en, "value": None, "severity": "quarantine"}


def _park(listener: Listener, delivery: Delivery, reason: dict[str, Any]) -> None:
    """Keep it raw for this interface; it can be replayed once the connector or the sender is mended."""
    interface = listener.interface
    kept = Delivery.objects.create(
        interface=interface, tenant_id=interface.tenant_id, connection=delivery.connection, side=listener.side, source="webhook", raw=delivery.raw,
        headers={**delivery.headers, "event": delivery.event_id}, state=Delivery.State.QUARANTINED, outcome="quarantined", record_key=f"event {delivery.event_id}"[:200],
    )  # fmt: skip
    Quarantine.objects.create(
        interface=interface,
        tenant_id=interface.tenant_id,
        delivery=kept,
        side=listener.side,
        record_key=kept.record_key,
        code=reason["code"],
        problems=[reason],
    )
    facts.state(RecordParked(interface_id=interface.pk, code=reason["code"], record_key=kept.record_key))


def replay(delivery: Delivery) -> None:
    """Read a webhook again that could not be read: it goes the way of a new one."""
    Delivery.objects.filter(pk=delivery.pk).update(
        interface=None, state=Delivery.State.WAITING, outcome="", not_before=None, done_at=None, side="", record_key="", event_id=None
    )


def listening(connection: Connection) -> list[Listener]:
    """Interfaces on a connection's system that are live or paused (what is told in a pause waits), with their side."""
    system = connection.system
    wanted = Interface.objects.filter(stage__in=(Interface.Stage.LIVE, Interface.Stage.PAUSED), published__isnull=False)
    wanted = wanted.select_related("system_a", "system_b", "published")
    a: list[Listener] = [Listener(each, "a") for each in wanted.filter(system_a=system)]
    return a + [Listener(each, "b") for each in wanted.filter(system_b=system)]


def readable_raw(delivery: Delivery) -> str:
    """A webhook's body as text for people; base64 when it is not text."""
    body = bytes(delivery.raw or b"")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()
