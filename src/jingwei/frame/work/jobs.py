"""Jobs: procrastinate behind two words. `job` declares one; `defer` queues it with the data; `demand` folds a storm into one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import structlog
from django.db import connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jingwei.frame import scope
from jingwei.frame.models import Demand

log = structlog.get_logger(__name__)
patient = RetryStrategy(max_attempts=8, exponential_wait=3)  # 3 s, 9 s … about an hour and a half in all; then a dead letter
# for work that somebody asks for again and again anyway: a pause that doubles would only keep all of its kind waiting behind the lock
prompt = RetryStrategy(max_attempts=10, wait=3)
_names: dict[str, Any] = {}
_attempt: ContextVar[int] = ContextVar("jingwei_job_attempt", default=0)
_hearers: list[Callable[[str, Mapping[str, Any], Exception], None]] = []


def on_failure(hear: Callable[[str, Mapping[str, Any], Exception], None]) -> None:
    """Have `hear(name, ids, problem)` called, in the job's scope, whenever a job raises (retries included). It must not raise."""
    _hearers.append(hear)


def attempt() -> int:
    """How often the job of now was begun before without coming to a good end (0 outside of any); a worker that died over it counts."""
    return _attempt.get()


def begin_attempt(number: int) -> None:
    """Told by the worker before it runs a job."""
    _attempt.set(number)


def job(name: str, *, queue: str = "default", retry: RetryStrategy | bool = patient) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a job. It runs in the scope it was deferred in; its arguments are ids, never secrets or payloads."""

    def register(work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def run(*, tenant_id: int, user_id: int | None = None, reason: str = "", **ids: Any) -> Any:
            try:
                with scope.within(scope.Scope(tenant_id=tenant_id, user_id=user_id, origin=f"job:{name}", reason=reason)):
                    return _heard(name, work, ids)
            finally:
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()  # one that is old is made anew by the next job

        _names[name] = app.task(name=name, queue=queue, retry=retry)(run)
        return work

    return register


def _heard(name: str, work: Callable[..., Any], ids: dict[str, Any]) -> Any:
    """Do the work; a failure is logged with what it was about and told to whoever counts, then raised for procrastinate to retry."""
    try:
        return work(**ids)
    except Exception as problem:
        log.exception("job.failed", job=name, attempt=attempt() + 1, **ids)
        for hear in _hearers:
            hear(name, ids, problem)
        raise


def defer(name: str, *, once: str | None = None, delay_seconds: float = 0, priority: int = 0, lane: str = "", **ids: Any) -> bool:
    """Queue a job in the current transaction. With `once`, at most one waiting job of that key; False when there was one.
    The higher the priority, the sooner; jobs of one `lane`, of whatever organisation, run one after the other: so many lanes, so many
    of a worker's slots at most."""
    current = scope.current()
    options: dict[str, Any] = {"priority": priority}
    if once:
        options["queueing_lock"] = _lock(name, once)
        options["lock"] = options["queueing_lock"]
    if lane:
        options["lock"] = f"{name}:{lane}"
    if delay_seconds:
        options["schedule_in"] = {"milliseconds": int(delay_seconds * 1000)}
    task = _names[name].configure(**options)
    try:
        with transaction.atomic():
            task.defer(tenant_id=current.tenant_id, user_id=current.user_id, reason=current.reason[:200], **ids)
    except AlreadyEnqueued:
        return False
    return True


def _lock(name: str, once: str) -> str:
    return f"{name}:{scope.current().tenant_id}:{once}"


def _hurry(lock: str) -> None:
    """What was asked for just now need not sit out the pause after an earlier failure: what is different now may well be what was wrong."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE queueing_lock = %s AND status = 'todo' AND scheduled_at > now()", (lock,))


def after_commit(work: Callable[[], Any]) -> None:
    """Run something after the commit in the scope of now; it may be lost with the process, so something must sweep behind it."""
    current = scope.current()

    def run() -> None:
        with scope.within(current):
            work()

    transaction.on_commit(run)


def demand(name: str, key: int | str) -> None:
    """Say that job `name` must run (again) for this key after this transaction commits.

    The demand row commits with its cause. The job is queued after the commit, so a job already waiting starts later and sees
    the row; if the process dies in between, the scheduler's sweep finds the row. Nothing is lost, a storm is one run.
    """
    current, mark = scope.current(), (name, str(key))
    # One row and one wake-up a transaction are enough. A callback still in the list belongs to a savepoint still alive.
    if any(getattr(call, "demand", None) == mark for call in (entry[1] for entry in connection.run_on_commit)):
        return
    Demand.objects.create(tenant_id=current.tenant_id, job=name, key=str(key))

    def wake() -> None:
        with scope.within(current):
            if not defer(name, once=str(key), key=str(key)):
                _hurry(_lock(name, str(key)))

    wake.demand = mark  # type: ignore[attr-defined]
    transaction.on_commit(wake)


def claim(name: str, key: int | str) -> int:
    """Take all demands of a key, inside the transaction that satisfies them (or finds that there is nothing to satisfy any more)."""
    deleted, _ = Demand.objects.filter(tenant_id=scope.current().tenant_id, job=name, key=str(key)).delete()
    return deleted


def sweep(*, older_than_seconds: float = 3) -> int:
    """Queue jobs for demands that nobody woke (a process died between commit and wake); run by the scheduler in a tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT job, key FROM frame_demand WHERE tenant_id = %s AND at < clock_timestamp() - make_interval(secs => %s)",
            (scope.current().tenant_id, older_than_seconds),
        )
        waiting = cursor.fetchall()
    return sum(defer(name, once=key, key=key) for name, key in waiting if name in _names)


def shift_waiting(seconds: float) -> None:
    """The clock was put forward (or back, negative) by so much: jobs that wait for a moment wait no longer and no shorter for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = scheduled_at + make_interval(secs => %s) WHERE status = 'todo' AND scheduled_at IS NOT NULL",
            (seconds,),
        )
