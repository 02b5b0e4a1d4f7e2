"""Webhook deliveries unpacked into records for every interface that listens. What cannot be read is kept raw, with its reason."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Func, JSONField, Q, QuerySet, Value
from django.utils import timezone

from jingwei.frame.telling import facts
from jingwei.hub.contract import Record
from jingwei.hub.facts import RecordParked
from jingwei.hub.inbox import deliveries
from jingwei.hub.models import Connection, Delivery, Interface, Quarantine
from jingwei.hub.peers import catalogue
from jingwei.kernels import bounds
from jingwei.kernels.merge import SideName

webhook_batch = 500
tries = 5
try_again_seconds = 3.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """An interface that wants to know, and the side it hears from."""

    interface: Interface
    side: SideName


def unpack(connection: Connection, *, one_by_one: bool = False) -> set[int]:
    """Take up the waiting webhook deliveries of a connection; gives the interfaces that have work now.

    A batch that fails is taken up one by one, and so is everything when `one_by_one` (a worker died over it): what fails again and
    again is parked after `tries` and keeps nothing else waiting.
    """
    touched: set[int] = set()
    while True:
        waiting = list(_waiting(connection).values_list("pk", flat=True)[:webhook_batch])
        if not waiting:
            return touched
        if one_by_one:
            touched |= _singly(connection, waiting)
            continue
        try:
            touched |= _taken_up(connection, waiting)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("hub.batch_not_unpacked", connection=connection.pk, deliveries=len(waiting))
            touched |= _singly(connection, waiting)


def _waiting(connection: Connection) -> QuerySet[Delivery]:
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    return Delivery.objects.filter(due, connection=connection, interface=None, state=Delivery.State.WAITING).order_by("id")


def _taken_up(connection: Connection, numbers: list[int]) -> set[int]:
    with transaction.atomic():
        raw = list(Delivery.objects.select_for_update(skip_locked=True).filter(pk__in=numbers, state=Delivery.State.WAITING).order_by("id"))
        return _hand_out(connection, raw) if raw else set()


def _singly(connection: Connection, numbers: list[int]) -> set[int]:
    """One after the other. Each try is counted before it is made, so that one that ends the process counts too."""
    touched: set[int] = set()
    for number in numbers:
        Delivery.objects.filter(pk=number).update(attempts=F("attempts") + 1)
        try:
            if Delivery.objects.filter(pk=number, attempts__gt=tries).exists():
                touched |= _give_up(connection, number)
            else:
                touched |= _taken_up(connection, [number])
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:
            log.exception("hub.delivery_failed", connection=connection.pk, delivery=number)
            text = f"{type(problem).__name__}: {problem}".replace("\0", "\ufffd")
            later = timezone.now() + timedelta(seconds=try_again_seconds)
            Delivery.objects.filter(pk=number).update(not_before=later, headers=_with_problem(text))
    return touched


def _with_problem(problem: str) -> Any:
    """The headers of a delivery with what went wrong last beside them."""
    return Func(
        F("headers"), Value(json.dumps({"last_problem": problem[:300]})), template="%(expressions)s::jsonb", arg_joiner=" || ", output_field=JSONField()
    )


def _give_up(connection: Connection, number: int) -> set[int]:
    """Park what could not be taken up in `tries` for everybody who listens; a person sees it and may let it in again."""
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().filter(pk=number, state=Delivery.State.WAITING).first()
        if delivery is None:
            return set()
        last = str(delivery.headers.get("last_problem") or "")
        cause = f"：{last}" if last else "：处理它的进程中止了"
        reason = _reason("hub.poison", f"试了 {tries} 次都无法处理{cause}", f"could not be taken up in {tries} tries: {last or 'the process died over it'}")
        found = listening(connection)
        for listener in found:
            _park(listener, delivery, reason)
        state = Delivery.State.DONE if found else Delivery.State.QUARANTINED
        Delivery.objects.filter(pk=number).update(state=state, outcome="quarantined", done_at=timezone.now())
    log.error("hub.delivery_parked", connection=connection.pk, delivery=number, problem=last)
    return {listener.interface.pk for listener in found}


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
        parsed = json.loads(body, parse_float=bounds.exact)
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
        interface=None, state=Delivery.State.WAITING, outcome="", attempts=0, not_before=None, done_at=None, side="", record_key="", event_id=None
    )


def listening(connection: Connection) -> list[Listener]:
    """Interfaces on a connection's system that are live or paused (what is told in a pause waits), with their side."""
    system = connection.system
    wanted = Interface.objects.filter(stage__in=(Interface.Stage.LIVE, Interface.Stage.PAUSED), published__isnull=False)
    wanted = wanted.select_related("system_a", "system_b", "published")
    a: list[Listener] = [Listener(each, "a") for each in wanted.filter(system_a=system)]
    found = a + [Listener(each, "b") for each in wanted.filter(system_b=system)]
    return sorted(found, key=lambda each: each.interface.pk)  # the row of each is written: in one order always, or two workers wait for each other


def readable_raw(delivery: Delivery) -> str:
    """A webhook's body as text for people; base64 when it is not text."""
    body = bytes(delivery.raw or b"")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()
