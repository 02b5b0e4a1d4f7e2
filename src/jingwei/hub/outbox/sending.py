"""How entries go out: one at a time for a link, marked before and acknowledged after, so a crash leaves a question and never a doubt."""

from __future__ import annotations

import random
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.contract import Connector, Record, Stream
from jingwei.hub.inbox import reading
from jingwei.hub.models import Interface, Link, OutboxEntry, Run
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import BreakerOpen, stream_of
from jingwei.hub.register.versions import ready
from jingwei.hub.sync.planning import Counts, Work, acknowledge, canonical, dead_letter, plan_link, settle, to_side

attempts_at_most = 8
State = OutboxEntry.State


def pause_seconds(attempt: int) -> float:
    """Doubling from two seconds to five minutes, jittered by half so that a crowd does not return at once."""
    return min(300.0, 2.0**attempt) * random.uniform(0.5, 1.5)


def settle_unknown(interface: Interface, run: Run | None) -> Counts:
    """Find out what became of entries that were sent without an answer (or were being sent when the process died)."""
    counts = Counts()
    for entry in _open(interface).filter(state__in=(State.SENDING, State.UNKNOWN)).filter(_due()).order_by("id"):
        work = _work(interface, run)
        try:
            record = _outcome_of(work, entry)
        except contract.ConnectorError as problem:
            _again(work, entry, problem, state=State.UNKNOWN)
        else:
            if record is not None:
                _done(work, entry, record)
            elif entry.state != State.DEAD:
                OutboxEntry.objects.filter(pk=entry.pk).update(state=State.WAITING, not_before=None)
        counts.add(work.counts)
    return counts


def _outcome_of(work: Work, entry: OutboxEntry) -> Record | None:
    """The record a create made, None when it had no effect (or repeating it is harmless)."""
    connector, stream = _peer(work, entry.side)
    if entry.action != OutboxEntry.Action.CREATE or stream.idempotent_create:
        return None
    found = connector.find(work.session(entry.side), stream.name, str(entry.link.external_key))
    if found:
        return found[0]
    if not stream.external_key_field:
        entry.state = State.DEAD
        _park(work, entry, contract.UnknownOutcome("sent without an answer, and the peer offers no way to search for it", mend=contract.Title(
            "请在对方系统确认该记录是否已创建，然后重放或放弃", "Check in the other system whether it was created, then replay or discard")))  # fmt: skip
    return None


def send(interface: Interface, run: Run | None, *, limit: int = 100) -> Counts | None:
    """Send what waits, oldest first; None when nothing was due."""
    entries = list(_open(interface).filter(state=State.WAITING).filter(_due()).order_by("id")[:limit])
    counts, closed = Counts(), set[str]()
    for entry in entries:
        if entry.side not in closed:
            work = _work(interface, run)
            if not _send_one(work, entry):
                closed.add(entry.side)
            counts.add(work.counts)
    return counts if entries and len(closed) < 2 else None


def _send_one(work: Work, entry: OutboxEntry) -> bool:
    """False when the side cannot be reached now, so the rest of its entries need not be tried."""
    OutboxEntry.objects.filter(pk=entry.pk, state=State.WAITING).update(state=State.SENDING, attempts=entry.attempts + 1, sent_at=timezone.now())
    entry.attempts += 1
    try:
        record = _call(work, entry)
    except BreakerOpen as problem:
        OutboxEntry.objects.filter(pk=entry.pk).update(state=State.WAITING, attempts=entry.attempts - 1, not_before=problem.until)
        return False
    except contract.Stale:
        _replan_on_fresh(work, entry)
    except contract.UnknownOutcome as problem:
        _again(work, entry, problem, state=State.UNKNOWN)
        return False
    except contract.RateLimited as problem:
        _again(work, entry, problem, after=problem.after)
        return False
    except contract.ConnectorError as problem:
        if problem.retry and entry.attempts < attempts_at_most:
            _again(work, entry, problem)
            return False
        _park(work, entry, problem)
    else:
        _done(work, entry, record)
    return True


def _call(work: Work, entry: OutboxEntry) -> Record | None:
    connector, stream = _peer(work, entry.side)
    session, link = work.session(entry.side), entry.link
    key, version = getattr(link, f"key_{entry.side}"), getattr(link, f"version_{entry.side}") or None
    if entry.action == OutboxEntry.Action.DELETE:
        try:
            connector.delete(session, stream.name, key)
        except contract.Gone:
            pass  # somebody else did it: the same outcome
        return None
    values = to_side(work, entry.side, entry.values, create=entry.action == OutboxEntry.Action.CREATE)
    if entry.action == OutboxEntry.Action.CREATE:
        return connector.create(session, stream.name, values, str(link.external_key))
    if version is None:
        _look_first(work, entry, connector)
    return connector.update(session, stream.name, key, values, version)


def _look_first(work: Work, entry: OutboxEntry, connector: Connector) -> None:
    """A peer without concurrency tokens is read before it is written: what a person did meanwhile is planned, not overwritten."""
    key = getattr(entry.link, f"key_{entry.side}")
    now = connector.fetch(work.session(entry.side), work.interface.stream(entry.side), key)
    if now is None:
        raise contract.Stale("gone meanwhile")
    values, problems = canonical(work, entry.side, now)
    seen = getattr(entry.link, f"seen_{entry.side}") or {}
    if not problems and {k: v for k, v in values.items() if seen.get(k) != v}:
        raise contract.Stale("changed meanwhile")


def _replan_on_fresh(work: Work, entry: OutboxEntry) -> None:
    """The peer's record moved under us: read it and plan again from what it is now."""
    key = getattr(entry.link, f"key_{entry.side}")
    record = reading.fetch(work.interface, entry.side, key, work.session(entry.side))
    with transaction.atomic():
        OutboxEntry.objects.filter(pk=entry.pk).update(state=State.DROPPED, done_at=timezone.now(), error="changed meanwhile; planned again")
        reading.store(work.interface, entry.side, [record], source="recheck", run=work.run)
        # the link must be planned even if the fresh values are those seen before
        Link.objects.filter(pk=entry.link_id).update(**{f"seen_{entry.side}": None})


def _done(work: Work, entry: OutboxEntry, record: Record | None) -> None:
    """The write happened: move the base, note what the peer made of it, and plan again what changed meanwhile."""
    with transaction.atomic():
        link = Link.objects.select_for_update().get(pk=entry.link_id)
        OutboxEntry.objects.filter(pk=entry.pk).update(state=State.DONE, done_at=timezone.now(), error="")
        acknowledge(work, link, entry.side, entry.action, entry.values, record, keeps_base=entry.keeps_base)
        if entry.action != OutboxEntry.Action.DELETE:
            plan_link(work, link, depth=1)
        settle(work)


def _again(work: Work, entry: OutboxEntry, problem: contract.ConnectorError, *, state: str = State.WAITING, after: float | None = None) -> None:
    if entry.attempts >= attempts_at_most and after is None:
        _park(work, entry, problem)
        return
    pause = after if after is not None else pause_seconds(entry.attempts)
    OutboxEntry.objects.filter(pk=entry.pk).update(state=state, error=problem.message[:2000], not_before=timezone.now() + timedelta(seconds=pause))


def _park(work: Work, entry: OutboxEntry, problem: contract.ConnectorError) -> None:
    with transaction.atomic():
        OutboxEntry.objects.filter(pk=entry.pk).update(state=State.DEAD, done_at=timezone.now(), error=problem.message[:2000])
        Link.objects.filter(pk=entry.link_id).update(state=Link.State.HELD)
        dead_letter(work, problem, entry=entry)
        settle(work)


def _work(interface: Interface, run: Run | None) -> Work:
    assert interface.published is not None
    return Work(interface, ready(interface.published), run)


def _open(interface: Interface) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(interface=interface).select_related("link")


def _due() -> Q:
    return Q(not_before=None) | Q(not_before__lte=timezone.now())


def _peer(work: Work, side: str) -> tuple[Connector, Stream]:
    return catalogue.connector(work.interface.system(side).connector), stream_of(work.interface, side)
