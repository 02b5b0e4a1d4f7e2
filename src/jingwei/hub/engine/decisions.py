"""What a person decides: conflicts, dead letters, quarantined records, held deletes. Decided on what is there now, never on what was shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.records.turns import in_turn
from jingwei.frame.work import jobs
from jingwei.hub import contract
from jingwei.hub.engine.fitting import obstacle
from jingwei.hub.engine.questions import title_of, value_text
from jingwei.hub.inbox import unpack
from jingwei.hub.inbox.deliveries import record_from_plain, unstorable
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.outbox import sending
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import session_for
from jingwei.hub.register.places import InPlace
from jingwei.hub.register.services import wake
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import carry_out, note_found, take_found
from jingwei.hub.sync.pairing import forget_rows, join_rows
from jingwei.hub.sync.planning import held, plan_again
from jingwei.hub.sync.rows import Row
from jingwei.hub.sync.terms import wording_of
from jingwei.kernels import merge
from jingwei.kernels.merge import SideName, sides, whole

Decided = TypeVar("Decided", DeadLetter, Quarantine)
choices = ("a", "b", "value", "accept", "create", "pair")


def conflict_resolve(*, conflicts: Iterable[Conflict], choice: str, value: Any = None) -> int:
    """Decide for side `a`, side `b`, a `value`, or `accept` (leave both as they are); for a held record also `create`, or `pair` with the key in
    `value`. Both sides are read again first: ValidationError when they are not what was shown, with what they are now. Gives how many are decided.
    """
    if choice not in choices:
        raise ValidationError({"choice": ValidationError(_("Choose one of: %(choices)s."), params={"choices": ", ".join(choices)})})
    by_link: dict[int, list[Conflict]] = defaultdict(list)
    for conflict in conflicts:
        if conflict.resolved_at is None:
            by_link[conflict.link_id].append(conflict)
    count, moved = 0, list[ValidationError]()
    for link_id, mine in by_link.items():
        interface = _full(mine[0].interface_id)
        done, said = _resolve(interface, link_id, mine, choice, value)
        count += done
        moved += said
    if moved:
        raise ValidationError(moved)
    return count


def _resolve(interface: Interface, link_id: int, mine: list[Conflict], choice: str, value: Any) -> tuple[int, list[ValidationError]]:
    link = Link.objects.get(pk=link_id)
    found = {side: _fresh(interface, side, link) for side in sides if interface.system(side).connector != "local"}
    with transaction.atomic():
        batch = Batch(interface, None)
        (row,) = batch.load(held([link_id]))
        for side, answer in found.items():
            key = row.pair.half(side).key
            if answer is not None and key is not None:
                take_found(batch, row, side, key, answer)
        carry_out(batch, [row])
        current = {c.field: (c.value_a, c.value_b) for c in row.conflicts.values()}
        agreed = [c for c in mine if c.field in current and _alike((c.value_a, c.value_b), current[c.field])]
        moved = [_moved(c, current.get(c.field)) for c in mine if c not in agreed]
        stuck = {c.pk: problem for c in agreed if (problem := _stuck(batch, row, c, choice, value)) is not None}
        moved += stuck.values()
        agreed = [c for c in agreed if c.pk not in stuck]
        for conflict in agreed:
            _decide(batch, row, conflict, choice, value)
        if agreed:
            carry_out(batch, [row])
        left = {c.field for c in row.conflicts.values()}
        batch.write_back(batch.rows.values())
        decided = [c.pk for c in agreed if c.field not in left]
        Conflict.objects.filter(pk__in=decided).update(
            resolved_at=timezone.now(), resolved_by_id=scope.current().user_id, choice=choice, chosen=value if choice in ("value", "pair") else None
        )
        moved += [_still(row, c) for c in agreed if c.field in left]
        jobs.after_commit(lambda: wake([interface.pk]))
        return len(decided), moved


def _fresh(interface: Interface, side: SideName, link: Link) -> contract.Found | None:
    """What a side's record is now; None when it cannot be asked (the write itself is guarded then)."""
    key = getattr(link, f"key_{side}")
    if key is None:
        return None
    connector = catalogue.connector(interface.system(side).connector)
    try:
        return connector.lookup(session_for(interface, side), interface.stream(side), [key]).get(key)
    except contract.ConnectorError:
        return None


def _alike(shown: tuple[Any, Any], now: tuple[Any, Any]) -> bool:
    return shown[0] == now[0] and shown[1] == now[1]


def _moved(conflict: Conflict, now: tuple[Any, Any] | None) -> ValidationError:
    if now is None:
        return ValidationError(_("“%(field)s” has been settled in the meantime."), params={"field": InPlace(title_of(conflict))})
    if conflict.field == whole:
        return ValidationError(_("The record has changed since it was shown. Look again and decide."))
    return ValidationError(
        _("“%(field)s” has changed since it was shown: A is now “%(a)s”, B is now “%(b)s”. Look again and decide."),
        params={"field": InPlace(title_of(conflict)), "a": value_text(now[0]), "b": value_text(now[1])},
    )


def _still(row: Row, conflict: Conflict) -> ValidationError:
    now = row.conflicts[conflict.field]
    return _not_carried(conflict, contract.Title(now.message_zh, now.message_en or now.message_zh))


def _not_carried(conflict: Conflict, why: contract.Title) -> ValidationError:
    params = {"field": InPlace(title_of(conflict)), "reason": InPlace(why)}
    return ValidationError(_("“%(field)s” still cannot be carried over: %(reason)s"), params=params)


def _stuck(batch: Batch, row: Row, conflict: Conflict, choice: str, value: Any) -> ValidationError | None:
    """Said before anything is decided, so that an answer which cannot be carried out leaves the question, its cause and its dead letter as they are."""
    name = conflict.field
    if name == whole or choice not in ("a", "b", "value"):
        return None
    asked_a, asked_b = merge.shown(row.pair, name)
    chosen = {"a": asked_a, "b": asked_b}[choice] if choice in sides else _of_kind(batch, name, value)
    now: dict[SideName, Any] = {side: (row.pair.half(side).seen or {}).get(name) for side in sides}
    why = obstacle(batch.terms, name, now, chosen)
    return None if why is None else _not_carried(conflict, why)


def _of_kind(batch: Batch, name: str, value: Any) -> Any:
    return merge.normalise(value, batch.wording.ready.types.get(name, "string"))


def _decide(batch: Batch, row: Row, conflict: Conflict, choice: str, value: Any) -> None:
    if choice == "pair":
        _pair(batch, row, str(value))
        return
    if conflict.field != whole and choice == "value":
        value = _of_kind(batch, conflict.field, value)
    merge.decide(row.pair, conflict.field, choice, value)


def _pair(batch: Batch, row: Row, key: str) -> None:
    """Join a held half with the half that carries this key on the other side."""
    missing = next((side for side in sides if row.pair.half(side).key is None), None)
    if missing is None:
        raise ValidationError(_("This record has a counterpart already."))
    batch.load_keys({"a": set(), "b": set(), missing: {key}})
    mate = batch.index[missing].get(key)
    if mate is None or mate.pair.half(merge.other(missing)).key is not None:
        raise ValidationError(_("“%(key)s” is not a record that waits for a counterpart."), params={"key": key})
    join_rows(batch, row, mate)
    Conflict.objects.filter(link_id=mate.pk, resolved_at=None).update(link_id=row.pk, resolved_at=timezone.now(), choice="paired")
    mate.conflicts.clear()
    forget_rows(batch, {mate.pk: row.pk})


def _held(model: type[Decided], rows: Iterable[Decided], *related: str, **still: Any) -> list[Decided]:
    """Those of these rows that are open now, held till the transaction ends: of two who decide at once, one decides."""
    found = model.objects.select_for_update(of=("self",)).select_related(*related)
    return list(found.filter(pk__in=[row.pk for row in rows], **still).order_by("pk"))


@in_turn
def dead_letter_settle(*, letters: Iterable[DeadLetter], settlement: str) -> int:
    """`replay` tries again from the present state of both sides; `discard` leaves it, with a name under it. Of a create that no search
    could find, `replay` says that it was not made, and `discard` that it may have been: then what waits and is just like it is taken for it."""
    count, interfaces, letters = 0, set[int](), list(letters)
    list(held(OutboxEntry.objects.filter(pk__in=[letter.entry_id for letter in letters]).values("link_id")))
    for letter in _held(DeadLetter, letters, "entry", settled_at=None):
        DeadLetter.objects.filter(pk=letter.pk).update(settled_at=timezone.now(), settled_by_id=scope.current().user_id, settlement=settlement)
        if settlement == "replay":
            if letter.entry_id is not None:
                _try_again(letter.entry)
            if letter.delivery_id is not None:
                Delivery.objects.filter(pk=letter.delivery_id).update(state=Delivery.State.WAITING, attempts=0, not_before=None)
        elif letter.code == contract.NotFindable.code:
            _recognise(letter.entry)
        interfaces.add(letter.interface_id)
        count += 1
    jobs.after_commit(lambda: wake(interfaces))
    return count


def _recognise(entry: OutboxEntry) -> None:
    """The one record that waits and holds what was sent is what the create made."""
    interface, side = _full(entry.interface_id), "a" if entry.side == "a" else "b"
    wording, alike = wording_of(interface), dict[str, contract.Record]()
    for delivery in Delivery.objects.filter(interface=interface, side=side, state=Delivery.State.WAITING, record__isnull=False).order_by("id"):
        record = record_from_plain(interface.stream(side), delivery.record_key, delivery.record)
        values, _problems = wording.canonical(side, record)
        if all(values.get(name) == value for name, value in entry.values.items()):
            alike[record.key] = record
    if len(alike) == 1:
        (record,) = alike.values()

        def found(batch: Batch, row: Row) -> None:
            note_found(batch, row, side, merge.Write("create", entry.values), record)

        plan_again(interface, None, [entry.link_id], found)


def _full(interface_id: int) -> Interface:
    return Interface.objects.select_related("system_a", "system_b", "published", "project").get(pk=interface_id)


def _try_again(entry: OutboxEntry) -> None:
    interface = _full(entry.interface_id)
    plan_again(interface, None, [entry.link_id], lambda _batch, row: merge.try_again(row.pair))


@in_turn
def quarantine_release(*, rows: Iterable[Quarantine], record: dict[str, Any] | None = None) -> int:
    """Let records in again. As they are over there now (they are looked up, so nothing old overtakes anything new), or with a mended `record`,
    which is taken as given; what came in stays in the delivery's history."""
    interfaces, count = set[int](), 0
    for row in _held(Quarantine, rows, "delivery", "interface", released_at=None):
        delivery = row.delivery
        if record is not None:
            _require_mendable(delivery, row, record)
            mended = {**(delivery.record or {}), "values": record}
            headers = {**delivery.headers, "mended_from": delivery.record}
            Delivery.objects.filter(pk=delivery.pk).update(record=mended, headers=headers, state=Delivery.State.WAITING, not_before=None, source="mended")
        elif delivery.record is None and delivery.raw is not None:
            unpack.replay(delivery)
        else:
            headers = {**delivery.headers, "came_as": delivery.record}
            Delivery.objects.filter(pk=delivery.pk).update(source="lookup", headers=headers, state=Delivery.State.WAITING, not_before=None)
        Quarantine.objects.filter(pk=row.pk).update(released_at=timezone.now(), released_by_id=scope.current().user_id)
        interfaces.add(row.interface_id)
        count += 1
    jobs.after_commit(lambda: wake(interfaces))
    return count


def _require_mendable(delivery: Delivery, row: Quarantine, record: dict[str, Any]) -> None:
    """Values somebody typed in can be taken only for a record that could be read, and must be storable themselves."""
    if delivery.record is None:
        raise ValidationError({"record": _("This delivery could not be read as a record at all: mend the connector or the sender, and replay it.")})
    reason = unstorable(contract.Record(row.interface.stream(row.side or "a"), row.record_key, record))
    if reason:
        raise ValidationError({"record": ValidationError(_("It cannot be kept: %(reason)s"), params={"reason": reason})})


@in_turn
def quarantine_discard(*, rows: Iterable[Quarantine]) -> int:
    """Leave quarantined records out for good, with a name under it; the raw delivery stays."""
    open_ones = _held(Quarantine, rows, released_at=None)
    for row in open_ones:
        Delivery.objects.filter(pk=row.delivery_id).update(outcome="discarded")
        Quarantine.objects.filter(pk=row.pk).update(released_at=timezone.now(), released_by_id=scope.current().user_id)
    return len(open_ones)


@in_turn
def deletes_allow(*, interface: Interface) -> int:
    """Let the held deletes pass; the guard counts anew from now."""
    count = sending.release_held(interface, timezone.now())
    jobs.after_commit(lambda: wake([interface.pk]))
    return count


@in_turn
def deletes_refuse(*, interface: Interface) -> int:
    """The records stay: what was deleted on one side is made anew from the other."""
    entries = list(OutboxEntry.objects.filter(interface=interface, state=OutboxEntry.State.HELD))
    stays = {entry.link_id: entry.side for entry in entries}
    full = _full(interface.pk)

    def keep(_batch: Batch, row: Row) -> None:
        merge.decide(row.pair, whole, stays[row.pk])

    plan_again(full, None, list(stays), keep)
    jobs.after_commit(lambda: wake([interface.pk]))
    return len(entries)


@in_turn
def interface_release(*, interface: Interface) -> None:
    """Go on after the machinery had stopped itself."""
    Interface.objects.filter(pk=interface.pk).update(held_reason="", held_since=None)
    jobs.after_commit(lambda: wake([interface.pk]))
