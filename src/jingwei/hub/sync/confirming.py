"""Questions answered: records that are said to be gone or older than what we know are looked up before anything is believed of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.inbox.deliveries import record_as_plain, storable, to_look_up, unstorable
from jingwei.hub.models import Delivery, Interface, OutboxEntry, Run
from jingwei.hub.sync.asking import Peers
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.intake import Item
from jingwei.hub.sync.landing import work_on
from jingwei.hub.sync.terms import wording_of
from jingwei.kernels.merge import SideName

at_once = 500
alone_at_most = 3  # when this many cannot be looked up even alone it is the side's trouble, and no record's


def confirm(interface: Interface, run: Run | None, problems: dict[str, str], peers: Peers | None = None) -> Counts | None:
    """Look up what waits to be looked up; None when nothing does (or its side cannot be reached, which is told in `problems`)."""
    peers = peers or Peers(interface)
    by_side: dict[SideName, list[Delivery]] = defaultdict(list)
    waiting = Delivery.objects.filter(interface=interface, state=Delivery.State.WAITING, source=to_look_up)
    for delivery in waiting.filter(Q(not_before=None) | Q(not_before__lte=timezone.now())).order_by("id")[:at_once]:
        by_side["a" if delivery.side == "a" else "b"].append(delivery)
    counts: Counts | None = None
    for side, mine in by_side.items():
        for done in _in_halves(peers, run, side, mine, problems, []):
            counts = counts or Counts()
            counts.add(done)
    return counts


def _in_halves(peers: Peers, run: Run | None, side: SideName, mine: list[Delivery], problems: dict[str, str], alone: list[str]) -> Iterator[Counts]:
    """Look these up, in halves when that fails: a record that cannot be looked up even alone waits by itself and keeps no other waiting.
    The later half goes first, as its answers tell the breaker that the peer is at home."""
    if side in problems:  # what cannot be read now is not asked what it lacks
        _put_off(mine)
        return
    try:
        yield _look_up(peers, run, side, mine)
        return
    except contract.ConnectorError as problem:
        is_closed = isinstance(problem, contract.Unreachable | contract.RateLimited | contract.Unauthorised)
        if is_closed or len(alone) >= alone_at_most:
            problems[side] = problem.message[:200]
            _put_off(mine)
            return
        if len(mine) == 1:
            alone.append(mine[0].record_key)
            problems[f"{side} {mine[0].record_key}"] = problem.message[:200]
            _put_off(mine)
            return
    middle = len(mine) // 2
    for half in (mine[middle:], mine[:middle]):
        yield from _in_halves(peers, run, side, half, problems, alone)


def _put_off(mine: list[Delivery]) -> None:
    later = timezone.now() + timedelta(seconds=min(60, 2 ** min(6, mine[0].attempts + 1)))
    Delivery.objects.filter(pk__in=[each.pk for each in mine]).update(not_before=later, attempts=min(99, mine[0].attempts + 1))


def _look_up(peers: Peers, run: Run | None, side: SideName, mine: list[Delivery]) -> Counts:
    found, began = peers.look_up(side, list(dict.fromkeys(each.record_key for each in mine)))
    found = {**found, **_after_writes(peers, side, [key for key, answer in found.items() if isinstance(answer, contract.Record)])}
    items, taken = [], set[str]()
    for delivery in mine:
        answer = found.get(delivery.record_key, contract.Absence.NOT_VISIBLE)  # silence is no absence
        is_record = isinstance(answer, contract.Record)
        if is_record:
            plain = record_as_plain(answer)
            delivery.record = storable(plain) if unstorable(answer) else plain
        item = Item(
            side, delivery.record_key, answer if is_record else None, to_look_up, began, delivery, None if is_record else answer, is_confirmed=True,
            must_plan=delivery.record_key not in taken,
        )  # fmt: skip
        taken.add(delivery.record_key)
        items.append(item)
    with transaction.atomic():
        locked = set(Delivery.objects.select_for_update(skip_locked=True).filter(pk__in=[d.pk for d in mine], state="waiting").values_list("pk", flat=True))
        Delivery.objects.bulk_update([item.delivery for item in items if item.record is not None and item.delivery], ["record"])
        return work_on(peers.interface, run, [item for item in items if item.delivery is not None and item.delivery.pk in locked])


def _after_writes(peers: Peers, side: SideName, keys: list[str]) -> dict[str, contract.Record]:
    """Of records that were written without an answer, what they are now and what the write replaced, where the peer keeps a journal."""
    entries = OutboxEntry.objects.filter(interface=peers.interface, side=side, state=OutboxEntry.State.UNKNOWN, action=OutboxEntry.Action.UPDATE)
    out, wording = dict[str, contract.Record](), wording_of(peers.interface)
    for entry in entries.filter(**{f"link__key_{side}__in": keys}).select_related("link"):
        key = str(getattr(entry.link, f"key_{side}"))
        known = {name: value for name, value in (entry.before or {}).items() if name in entry.values}
        before = contract.Record(peers.interface.stream(side), key, wording.to_side(side, known), modified_at=getattr(entry.link, f"stamp_{side}"))
        told = peers.after_write(side, key, wording.to_side(side, entry.values), before)
        if told is not None:
            out[key] = told
    return out
