"""The worker process: procrastinate started from code, with a reaper for jobs whose worker is gone."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import structlog
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app as current
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from jingwei.frame.events import connection_parameters

log = structlog.get_logger(__name__)
stalled_after_seconds = 15.0


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
            shutdown_graceful_timeout=8.0,
        )  # fmt: skip
    )
    reaper = asyncio.create_task(_reap(app))
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


async def _reap(app: Any) -> None:
    """Give jobs whose worker died back to the queue."""
    manager = app.job_manager
    while True:
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_seconds):
                await _revive(manager, job)
        except ConnectorException as problem:
            log.warning("worker.reaper_failed", problem=str(problem))
        await asyncio.sleep(5)


async def _revive(manager: Any, job: Any) -> None:
    """Queue a stalled job again; when another of its kind waits already, that one does the work and this one must make room.

    Without this a job killed in its work keeps its lock for ever as soon as the next one was queued behind it.
    """
    log.warning("worker.stalled_job", job=job.id, task=job.task_name)
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        await manager.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=True)
