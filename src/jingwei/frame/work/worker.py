"""The worker process: procrastinate started from code, with a reaper for jobs whose worker is gone or has lost sight of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app as current
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from jingwei.frame.telling.events import connection_parameters
from jingwei.frame.work import clock, disk, jobs, memory, pulse

log = structlog.get_logger(__name__)
stalled_after_seconds = 15.0
look_every_seconds = 2.0
looks_until_orphaned = 3
told_after_seconds = 600.0  # a job that is at work for so long is told, and again each time as long
given_up_after_seconds = 3600.0  # and then its process is given up: another one takes the job up again
patient_queues = frozenset({"default"})  # work that people watch and can stop may take its time


def run_worker(*, concurrency: int = 4, queues: list[str] | None = None) -> None:
    """Work until SIGTERM or SIGINT; a lost database is waited for."""
    asyncio.run(_run(concurrency, queues))


async def _run(concurrency: int, queues: list[str] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    logging.getLogger("procrastinate.worker").addFilter(_tells_more)
    beating = asyncio.create_task(pulse.beat_forever())
    while not stop.is_set():
        try:
            if await _room(stop):
                await _session(stop, concurrency, queues)
        except Exception as problem:  # whatever it is, jobs must go on being done
            log.warning("worker.database_lost", problem=str(problem)[:300])
            await asyncio.sleep(1)
    beating.cancel()


async def _session(stop: asyncio.Event, concurrency: int, queues: list[str] | None) -> None:
    parameters = await asyncio.to_thread(connection_parameters)
    connector = PsycopgConnector(
        kwargs=parameters, min_size=1, max_size=concurrency + 2, reconnect_timeout=5, max_lifetime=connection.settings_dict["CONN_MAX_AGE"]
    )
    app = current.with_connector(connector)
    async with app.open_async():
        await _work(app, stop, concurrency, queues)


async def _room(stop: asyncio.Event) -> bool:
    """Wait while the disk is full: what is begun now could not be written down. False when told to stop meanwhile."""
    if disk.is_low():
        log.error("worker.disk_full", free_mb=disk.free() // 1_000_000)
    while disk.is_low() and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=1)
    return not stop.is_set()


def _tells_more(record: logging.LogRecord) -> bool:
    """What failed a job is in our own log already, with what it was about; procrastinate's second telling is left out."""
    return getattr(record, "action", "") not in ("job_error", "job_error_retry")


class Folding(JobManager):
    """A retry whose successor is queued already is folded into it: that one does the work, and this one makes room at once."""

    async def retry_job(self, job: Any, *given: Any, **more: Any) -> None:
        """Queue a job again, or let the one that waits for the same do it."""
        try:
            await super().retry_job(job, *given, **more)
        except UniqueViolation:
            log.info("job.folded", job=job.id, task=job.task_name, attempt=job.attempts + 1)
            await self.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=True)


async def _work(app: Any, stop: asyncio.Event, concurrency: int, queues: list[str] | None) -> None:
    at_work = AtWork()
    app.job_manager = Folding(app.connector)
    worker = asyncio.create_task(
        app.run_worker_async(
            queues=queues,
            concurrency=concurrency,
            install_signal_handlers=False,
            listen_notify=True,
            fetch_job_polling_interval=0.2,  # a job that waited for another's lock is found by asking only
            update_heartbeat_interval=3.0,
            stalled_worker_timeout=stalled_after_seconds,
            delete_jobs="successful",
            worker_middleware=[at_work],
            shutdown_graceful_timeout=8.0,
        )  # fmt: skip
    )
    enough = asyncio.Event()
    others = [asyncio.create_task(each) for each in (_reap(app, at_work), _look_after(at_work, stop, enough), stop.wait(), enough.wait())]
    await asyncio.wait({worker, others[2], others[3]}, return_when=asyncio.FIRST_COMPLETED)
    for each in others:
        each.cancel()
    if not worker.done():
        worker.cancel()
    try:
        await worker
    except asyncio.CancelledError:
        log.info("worker.stopped")


async def _look_after(at_work: AtWork, stop: asyncio.Event, enough: asyncio.Event) -> None:
    """Now and then: jobs that take too long, memory that was not given back, a disk that is full (then this round of work ends)."""
    while True:
        await asyncio.sleep(look_every_seconds)
        try:
            if disk.is_low():
                enough.set()
            elif at_work.tell_long(time.monotonic()):
                log.error("worker.given_up", why="a job does not end")
                stop.set()
            elif memory.keeper.look(is_idle=not at_work.jobs):
                log.warning("worker.recycled", rss_mb=memory.rss() // 1_000_000)
                stop.set()
        except Exception:
            log.exception("worker.look_failed")


class AtWork:
    """The jobs that this process is really working on, noted by procrastinate's middleware.

    A job whose outcome could not be written down (the database was away, or its retry met another of its kind that waits already)
    stays "doing" under a living worker, and its lock would keep all of its kind waiting until somebody restarts the process.
    """

    def __init__(self) -> None:
        self.worker_id: int | None = None
        self.jobs: set[int] = set()
        self.missed: dict[int, int] = {}
        self.begun: dict[int, tuple[float, float, Any]] = {}

    async def __call__(self, call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
        self.worker_id = worker.worker_id
        number = context.job.id
        self.jobs.add(number)
        self.begun[number] = (time.monotonic(), told_after_seconds, context.job)
        jobs.begin_attempt(context.job.attempts)
        try:
            return await call_next()
        finally:
            self.jobs.discard(number)
            del self.begun[number]

    def tell_long(self, now: float) -> bool:
        """Log what has been at work for long; True when something must be given up."""
        is_stuck = False
        for number, (since, tell_after, job) in list(self.begun.items()):
            lasted = now - since
            if lasted >= tell_after:
                log.warning("job.takes_long", job=number, task=job.task_name, seconds=round(lasted))
                self.begun[number] = (since, tell_after + told_after_seconds, job)
            is_stuck |= lasted >= given_up_after_seconds and job.queue not in patient_queues
        return is_stuck

    def orphans(self, doing: Iterable[Any]) -> list[Any]:
        """Those of my jobs in the database that were not at work the last few times somebody looked."""
        idle = {job.id: job for job in doing if job.id not in self.jobs}
        self.missed = {number: self.missed.get(number, 0) + 1 for number in idle}
        return [job for number, job in idle.items() if self.missed[number] >= looks_until_orphaned]


async def _reap(app: Any, at_work: AtWork) -> None:
    """Give jobs whose worker died, or that this worker has lost sight of, back to the queue.

    A clock put forward makes every heartbeat look old: for a while nobody is taken for dead then, and never what is at work here.
    """
    manager, watch, patience_until = app.job_manager, clock.Watch(), 0.0
    while True:
        try:
            if watch.look() is not None:
                patience_until = time.monotonic() + 2 * stalled_after_seconds
            lost = []
            if time.monotonic() >= patience_until:
                stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_seconds)
                lost = [job for job in stalled if job.id not in at_work.jobs]
            if at_work.worker_id is not None:
                lost += at_work.orphans(await manager.list_jobs_async(status=Status.DOING.value, worker_id=at_work.worker_id))
            for job in {job.id: job for job in lost}.values():
                await _revive(manager, job)
        except ConnectorException as problem:
            log.warning("worker.reaper_failed", problem=str(problem))
        except Exception:  # the reaper must not die: nothing would heal any more
            log.exception("worker.reaper_failed")
        await asyncio.sleep(look_every_seconds)


async def _revive(manager: Any, job: Any) -> None:
    """Queue a stalled job again; when another of its kind waits already, that one does the work and this one makes room (`Folding`).

    Without this a job killed in its work keeps its lock for ever as soon as the next one was queued behind it.
    """
    log.warning("worker.stalled_job", job=job.id, task=job.task_name, attempt=job.attempts + 1)
    await manager.retry_job(job)
