"""The scheduler process: periodic duties, each in every organisation's scope; one scheduler works, others wait."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, connection

from jingwei.frame import clock, disk, jobs, memory, notices, pulse, scope
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
    """Tick until SIGTERM or SIGINT; nothing else ends it."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _frame: stopping.append(n))
    jump: clock.Jump | None = None
    while not stopping:
        pulse.beat()
        jump = clock.watch.look() or jump
        try:
            if not disk.is_low() and _alone():
                if jump is not None:
                    after_jump(jump)
                    jump = None
                tick(time.monotonic())
                if memory.keeper.look(is_idle=True):
                    return
        except (OperationalError, InterfaceError) as problem:
            log.warning("scheduler.database_lost", problem=str(problem)[:300])
            connection.close()
        except Exception:
            log.exception("scheduler.failed")
            connection.close()
            time.sleep(1)
        time.sleep(0.25)


def after_jump(jump: clock.Jump) -> None:
    """The clock jumped: what waits for a moment waits as long as it was meant to, and administrators are told."""
    jobs.shift_waiting(jump.seconds)
    minutes = round(abs(jump.seconds) / 60)
    zh, en = ("提前", "forward") if jump.seconds > 0 else ("倒退", "back")
    for tenant_id in list(Tenant.objects.values_list("pk", flat=True)):
        with scope.within(scope.Scope(tenant_id, origin="scheduler:clock")):
            notices.notify(
                notices.people_of(0, "owner"),
                f"服务器时钟{zh}了 {minutes} 分钟；轮询照常进行，请检查对时服务（NTP）",
                f"The server's clock jumped {minutes} minutes {en}; polls go on. Check its time service (NTP)",
                level="alarm",
                key="clock.jumped",
            )


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
