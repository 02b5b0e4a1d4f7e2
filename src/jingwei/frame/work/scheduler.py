"""The scheduler process: periodic duties, each in every organisation's scope; one scheduler works, others wait."""

from __future__ import annotations

import datetime as dt
import functools
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.models import DutyDone, Tenant
from jingwei.frame.telling import notices
from jingwei.frame.telling.notices import Notice
from jingwei.frame.work import clock, disk, jobs, memory, pulse

log = structlog.get_logger(__name__)
lock_key = 7_262_001
put_forward = Notice(
    "clock.forward", _("The server's clock jumped %(minutes)s minutes forward; polls go on. Check its time service (NTP)"), _("The server's clock jumps"), "alarm",
    mail="once",
)  # fmt: skip
put_back = Notice(
    "clock.back", _("The server's clock jumped %(minutes)s minutes back; polls go on. Check its time service (NTP)"), level="alarm", under=put_forward.key
)


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


@dataclass
class DailyDuty:
    """Something done once a day for each organisation, at a time of the organisation's clock; what was missed is caught up once."""

    name: str
    at: dt.time
    work: Callable[[], object]
    next_at: float = 0.0


daily: list[DailyDuty] = []
seconds_between_looks = 20.0


def at(clock_time: str, name: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Declare a duty of the day, such as `at("02:30", "frame.x")`, by the clock of the installation (TIME_ZONE)."""

    def register(work: Callable[[], object]) -> Callable[[], object]:
        daily.append(DailyDuty(name, dt.time.fromisoformat(clock_time), work))
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
                connection.close_if_unusable_or_obsolete()
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
    minutes, notice = round(abs(jump.seconds) / 60), put_forward if jump.seconds > 0 else put_back
    for tenant_id in list(Tenant.objects.values_list("pk", flat=True)):
        with scope.within(scope.Scope(tenant_id, origin="scheduler:clock")):
            notice.tell(notices.people_of(0, "owner"), key="clock.jumped", needs="*", minutes=minutes)


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
    for duty in (each for each in duties if now >= each.next_at):
        duty.next_at = now + duty.seconds
        _do(duty.name, duty.work)
    for day in (each for each in daily if now >= each.next_at):
        day.next_at = now + seconds_between_looks
        _do(day.name, functools.partial(do_of_the_day, day, timezone.now()))


def _do(name: str, work: Callable[[], object]) -> None:
    for tenant_id in list(Tenant.objects.values_list("pk", flat=True)):
        try:
            with scope.within(scope.Scope(tenant_id, origin=f"scheduler:{name}")):
                work()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("scheduler.duty_failed", duty=name, tenant=tenant_id)


@transaction.atomic
def do_of_the_day(duty: DailyDuty, now: dt.datetime) -> bool:
    """Do it unless it was done since its last time of the day; whether it was done. Work and mark are one transaction."""
    local = timezone.localtime(now)
    last = local.replace(hour=duty.at.hour, minute=duty.at.minute, second=0, microsecond=0)
    last = last if last <= local else last - dt.timedelta(days=1)
    mark, is_new = DutyDone.objects.select_for_update().get_or_create(tenant_id=scope.current().tenant_id, name=duty.name, defaults={"done_at": now})
    if is_new or mark.done_at >= last:  # an installation that is new begins with its next time
        return False
    duty.work()
    mark.done_at = now
    mark.save(update_fields=["done_at"])
    return True
