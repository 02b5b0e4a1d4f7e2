"""One cycle of an interface: find out, read, plan, send. Only one process works on an interface at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from django.db import connection, transaction
from django.utils import timezone

from jingwei.frame import events
from jingwei.hub import contract
from jingwei.hub.inbox import reading
from jingwei.hub.models import Checkpoint, Interface, OutboxEntry, Run
from jingwei.hub.monitor import health
from jingwei.hub.outbox import sending
from jingwei.hub.register.versions import ready
from jingwei.hub.sync import planning
from jingwei.hub.sync.planning import Counts

log = structlog.get_logger(__name__)
lock_space = 7261


@contextmanager
def alone(interface_id: int) -> Iterator[bool]:
    """A lock held by this database session: it dies with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (lock_space, interface_id))
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", (lock_space, interface_id))


def load(interface_id: int) -> Interface | None:
    """The interface with what a cycle needs."""
    return Interface.objects.select_related("system_a", "system_b", "published", "project").filter(pk=interface_id).first()


def cycle(interface_id: int, *, kind: str = Run.Kind.POLL, sides: tuple[str, ...] = ("a", "b"), seconds: float = 25.0) -> Counts | None:
    """Work on one interface until it is quiet or the time is up; None when another process is at it or it is not live.

    `sides` are polled first (none for webhook work). More may be waiting when it returns; the caller asks `has_work`.
    """
    with alone(interface_id) as got:
        interface = load(interface_id) if got else None
        if interface is None or interface.published_id is None or interface.stage != Interface.Stage.LIVE:
            return None
        run = Run(interface=interface, tenant_id=interface.tenant_id, used=interface.published, kind=kind, started_at=timezone.now())
        run.save()
        counts, problems = _go(interface, run, sides, time.monotonic() + seconds)
        _close(interface, run, counts, problems)
        return counts


def _go(interface: Interface, run: Run, sides: tuple[str, ...], deadline: float) -> tuple[Counts, dict[str, str]]:
    counts, problems = Counts(), dict[str, str]()
    counts.add(sending.settle_unknown(interface, run))
    for side in sorted(sides, key=lambda each: interface.system(each).connector != "local"):  # our own side first: it costs no call
        try:
            if reading.poll(interface, side, run, land=_landing(interface, side, run, counts)):
                Interface.objects.filter(pk=interface.pk).update(last_arrival_at=timezone.now())
        except contract.ConnectorError as problem:
            problems[side] = problem.message[:200]
            log.warning("hub.read_failed", interface=interface.key, side=side, code=problem.code, problem=problem.message[:200])
        _pair_if_loaded(interface, run, counts)
    if sides:
        reading.schedule_next(interface)
    while time.monotonic() < deadline:
        drained = planning.drain(interface, run)
        if drained is not None:
            counts.add(drained)
            continue
        _pair_if_loaded(interface, run, counts)
        sent = sending.send(interface, run)
        if sent is None:
            break
        counts.add(sent)
    for entry in OutboxEntry.objects.filter(interface=interface, state="unknown")[:2]:
        problems.setdefault(entry.side, entry.error[:200])
    return counts, problems


def _landing(interface: Interface, side: str, run: Run, counts: Counts) -> reading.Land:
    def land(records: Sequence[contract.Record]) -> None:
        counts.add(planning.land(interface, side, records, run))

    return land


def _pair_if_loaded(interface: Interface, run: Run, counts: Counts) -> None:
    """Once, when both sides have been read and planned (or one was read and holds nothing to pair with): join equal halves, then plan them all."""
    if interface.paired_at is not None or interface.deliveries.filter(state="waiting").exists():
        return
    loaded = set(Checkpoint.objects.filter(interface=interface, loaded_at__isnull=False).values_list("side", flat=True))
    empty = {side for side in loaded if not interface.links.exclude(**{f"key_{side}": None}).exists()}
    if len(loaded) < 2 and not empty:
        return
    with transaction.atomic():
        assert interface.published is not None
        work = planning.Work(interface, ready(interface.published), run)
        planning.pair_up(work)
        planning.settle(work)
        counts.add(work.counts)
        interface.paired_at = timezone.now()
        Interface.objects.filter(pk=interface.pk).update(paired_at=interface.paired_at)


def _close(interface: Interface, run: Run, counts: Counts, problems: dict[str, str]) -> None:
    run.finished_at, run.counts = timezone.now(), counts.as_plain()
    run.error = "; ".join(f"{side}: {text}" for side, text in problems.items())
    moved = any(run.counts[name] for name in ("created", "updated", "deleted", "conflicts", "quarantined", "dead"))
    failed_before = _failures_in_a_row(interface)
    if moved or run.error or run.counts["read"] or interface.state != Interface.State.OK:
        run.save()
    else:
        run.delete()  # an idle poll is not worth a line
    if run.kind == Run.Kind.POLL or problems:
        health.note_run(interface, problems, failed_before + 1 if problems else 0)
    if moved:
        events.publish("flow-changed", project_id=interface.project_id, interface=interface.pk, **{k: v for k, v in run.counts.items() if v})


def _failures_in_a_row(interface: Interface) -> int:
    failed = 0
    for error in Run.objects.filter(interface=interface, finished_at__isnull=False).order_by("-id").values_list("error", flat=True)[:5]:
        if not error:
            break
        failed += 1
    return failed


def has_work(interface_id: int) -> bool:
    """Whether something is waiting and due now."""
    now = timezone.now()
    from django.db.models import Q

    due = Q(not_before=None) | Q(not_before__lte=now)
    interface = load(interface_id)
    return interface is not None and (
        interface.deliveries.filter(due, state="waiting").exists() or interface.outbox.filter(due, state__in=("waiting", "unknown", "sending")).exists()
    )
