"""One cycle of an interface: find out, read, look up, plan, send. Only one process works on an interface at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from jingwei.frame.telling import events
from jingwei.hub import contract
from jingwei.hub.contract import Record
from jingwei.hub.models import Interface, OutboxEntry, Run
from jingwei.hub.monitor import health
from jingwei.hub.outbox import sending
from jingwei.hub.peers import grants, places
from jingwei.hub.sync import landing, pairing, planning, polling
from jingwei.hub.sync.confirming import confirm
from jingwei.hub.sync.counts import Counts
from jingwei.kernels.merge import SideName

log = structlog.get_logger(__name__)
lock_space = 7261
same_trouble = timedelta(minutes=1)
# nearly always nothing names the run of an idle poll: one statement for three
_forgotten = """
DELETE FROM hub_run r WHERE r.id = %(id)s AND NOT EXISTS (SELECT FROM hub_delivery WHERE run_id = r.id)
AND NOT EXISTS (SELECT FROM hub_outboxentry WHERE run_id = r.id)
"""
side_names: tuple[SideName, SideName] = ("a", "b")


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


def cycle(interface_id: int, *, kind: str = Run.Kind.POLL, sides: tuple[str, ...] = side_names, seconds: float = 25.0) -> Counts | None:
    """Work on one interface until it is quiet or the time is up; None when another process is at it or it may not run.

    `seconds` is for the work behind the polls: however long a slow peer takes to be read, what waits is planned and sent.
    `sides` are polled first (none for webhook work). More may be waiting when it returns; the caller asks `has_work`.
    A fault that nobody foresaw is noted in the run and raised again, so that the job is seen to fail.
    """
    with alone(interface_id) as got:
        interface = load(interface_id) if got else None
        if interface is None or not may_run(interface):
            return None
        health.close_interrupted(interface)
        run = Run(interface=interface, tenant_id=interface.tenant_id, used=interface.published, kind=kind, started_at=timezone.now())
        run.save()
        counts, problems = Counts(), dict[str, str]()
        try:
            places.places_of(interface)
            _go(interface, run, sides, seconds, counts, problems)
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            problems["own"] = f"{type(fault).__name__}: {fault}"[:200]
            log.exception("hub.cycle_failed", interface=interface.key)
            _close(interface, run, counts, problems)
            raise
        _close(interface, run, counts, problems)
        return counts


def _go(interface: Interface, run: Run, sides: Sequence[str], seconds: float, counts: Counts, problems: dict[str, str]) -> None:
    counts.add(sending.take_up(interface, run, problems))
    for side in sorted(sides, key=lambda each: interface.system(each).connector != "local"):  # our own side first: it costs no call
        _poll(interface, "a" if side == "a" else "b", run, counts, problems)
    if sides:
        polling.schedule_next(interface)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done = (
            landing.drain(interface, run)
            or confirm(interface, run, problems)
            or pairing.pair_if_loaded(interface, run, planning.plan_isolated)
            or sending.send(interface, run, problems)
        )  # fmt: skip
        if done is None:
            return
        counts.add(done)


def _poll(interface: Interface, side: SideName, run: Run, counts: Counts, problems: dict[str, str]) -> None:
    def land(records: Sequence[Record], at: datetime, source: str) -> None:
        counts.add(landing.land(interface, side, records, run, at, source=source))

    try:
        if polling.poll(interface, side, land):
            Interface.objects.filter(pk=interface.pk).update(last_arrival_at=timezone.now())
    except contract.ConnectorError as problem:
        problems[side] = problem.message[:200]
        polling.note_failure(interface, side, problem.message)
        log.warning("hub.read_failed", interface=interface.key, side=side, code=problem.code, problem=problem.message[:200])


def _close(interface: Interface, run: Run, counts: Counts, problems: dict[str, str]) -> None:
    run.finished_at, run.counts = timezone.now(), counts.as_plain()
    run.error = "; ".join(f"{side}: {text}" for side, text in problems.items())
    moved = any(run.counts[name] for name in ("created", "updated", "deleted", "conflicts", "quarantined", "dead"))
    if moved or (run.error and not _said_lately(run)):
        run.save()
    else:
        _forget(run)  # an idle poll, or the same trouble as a moment ago, is not worth a line
    if moved or run.error or not health.is_untroubled(interface):  # else the next judgement of all is soon enough
        health.judge(interface)
    if moved:
        events.publish(
            "flow-changed", project_id=interface.project_id, needs="hub.interface.view", interface=interface.pk, **{k: v for k, v in run.counts.items() if v}
        )


def _forget(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_forgotten, {"id": run.pk})
        if not cursor.rowcount:
            run.delete()


def _said_lately(run: Run) -> bool:
    last = Run.objects.filter(interface_id=run.interface_id, finished_at__isnull=False).exclude(pk=run.pk).order_by("-id").first()
    return last is not None and last.error == run.error and run.started_at - last.started_at < same_trouble


def may_run(interface: Interface) -> bool:
    """Whether it is live, not stopped by the machinery, and holds the grant it needs; otherwise everything waits."""
    is_live = interface.published is not None and interface.stage == Interface.Stage.LIVE and interface.held_since is None
    return is_live and grants.is_granted(interface)


def has_work(interface_id: int) -> bool:
    """Whether something is waiting and due now that may be worked on."""
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    interface = load(interface_id)
    return (
        interface is not None
        and may_run(interface)
        and (
            interface.deliveries.filter(due, state="waiting").exists()
            or OutboxEntry.objects.filter(due, interface=interface, state__in=("waiting", "unknown", "sending")).exists()
        )
    )
