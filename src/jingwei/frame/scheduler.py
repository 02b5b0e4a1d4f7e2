"""The scheduler process: periodic duties, each in every organisation's scope; one scheduler works, others wait."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, connection

from jingwei.frame import jobs, scope
from jingwei.frame.models import Tenant

log = structlog.get_logger(__name__)
lock_key = 7_262_001


@dataclass
class Duty:
    """Something done every so many seconds for each organisation."""

    name: str
    seconds: float
    work: Callable[[], object]
    next_at: float = 0.0


duties: list[Duty] = []


def every(seconds: float, name: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Declare a duty."""

    def register(work: Callable[[], object]) -> Callable[[], object]:
        duties.append(Duty(name, seconds, work))
        return work

    return register


every(2, "frame.sweep")(jobs.sweep)


def run() -> None:
    """Tick until SIGTERM or SIGINT."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _frame: stopping.append(n))
    while not stopping:
        try:
            if _alone():
                tick(time.monotonic())
        except (OperationalError, InterfaceError) as problem:
            log.warning("scheduler.database_lost", problem=str(problem))
            connection.close()
        time.sleep(0.25)


def _alone() -> bool:
    """Hold the lock of this database session; taken again by itself after a lost connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = %s AND granted", (lock_key,))
        if cursor.fetchone():
            return True
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (lock_key,))
        return bool(cursor.fetchone()[0])


def tick(now: float) -> None:
    """Do what is due; a duty that fails is logged and tried again at its next turn."""
    for duty in duties:
        if now < duty.next_at:
            continue
        duty.next_at = now + duty.seconds
        for tenant_id in list(Tenant.objects.values_list("pk", flat=True)):
            try:
                with scope.within(scope.Scope(tenant_id, origin=f"scheduler:{duty.name}")):
                    duty.work()
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                log.exception("scheduler.duty_failed", duty=duty.name, tenant=tenant_id)
