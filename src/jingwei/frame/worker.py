"""The worker process: procrastinate started from code, with a reaper for jobs whose worker is gone."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app as current
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from jingwei.frame.events import connection_parameters

log = structlog.get_logger(__name__)
stalled_after_seconds = 15.0
look_every_seconds = 2.0
looks_until_orphaned = 3


def run_worker(*, concurrency: int = 4, queues: list[str] | None = None) -> None:
    """Work until SIGTERM or SIGINT; a lost database is waited for."""
    asyncio.run(_run(concurrency, queues))


async def _run(concurrency: int, queues: list[str] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parameters = await asyncio.to_thread(connection_parameters)
    while not stop.is_set():
        connector = PsycopgConnector(kwargs=parameters, min_size=1, max_size=concurrency + 2)
        app = current.with_connector(connector)
        try:
            async with app.open_async():
                await _work(app, stop, concurrency, queues)
        except (ConnectorException, OSError) as problem:
            log.warning("worker.database_lost", problem=str(problem))
            await asyncio.sleep(1)


async def _work(app: Any, stop: asyncio.Event, concurrency: int, queues: list[str] | None) -> None:
    at_work = AtWork()
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
    reaper = asyncio.create_task(_reap(app, at_work))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
    reaper.cancel()
    if not worker.done():
        worker.cancel()
    stopping.cancel()
    try:
        await worker
    except asyncio.CancelledError:
        log.info("worker.stopped")


class AtWork:
    """The jobs that this process is really working on, noted by procrastinate's middleware.

    A job whose outcome could not be written down (the database was away, or its retry met another of its kind that waits already)
    stays "doing" under a living worker, and its lock would keep all of its kind waiting until somebody restarts the process.
    """

    def __init__(self) -> None:
        self.worker_id: int | None = None
        self.jobs: set[int] = set()
        self.missed: dict[int, int] = {}

    async def __call__(self, call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
        self.worker_id = worker.worker_id
        self.jobs.add(context.job.id)
        try:
            return await call_next()
        finally:
            self.jobs.discard(context.job.id)

    def orphans(self, doing: Iterable[Any]) -> list[Any]:
        """Those of my jobs in the database that were not at work the last few times somebody looked."""
        idle = {job.id: job for job in doing if job.id not in self.jobs}
        self.missed = {number: self.missed.get(number, 0) + 1 for number in idle}
        return [job for number, job in idle.items() if self.missed[number] >= looks_until_orphaned]


async def _reap(app: Any, at_work: AtWork) -> None:
    """Give jobs whose worker died, or that this worker has lost sight of, back to the queue."""
    manager = app.job_manager
    while True:
        try:
            lost = list(await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_seconds))
            if at_work.worker_id is not None:
                lost += at_work.orphans(await manager.list_jobs_async(status=Status.DOING.value, worker_id=at_work.worker_id))
            for job in lost:
                await _revive(manager, job)
        except ConnectorException as problem:
            log.warning("worker.reaper_failed", problem=str(problem))
        await asyncio.sleep(look_every_seconds)


async def _revive(manager: Any, job: Any) -> None:
    """Queue a stalled job again; when another of its kind waits already, that one does the work and this one must make room.

    Without this a job killed in its work keeps its lock for ever as soon as the next one was queued behind it.
    """
    log.warning("worker.stalled_job", job=job.id, task=job.task_name)
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        await manager.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=True)
