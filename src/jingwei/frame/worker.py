"""The worker process: procrastinate started from code, with a reaper for jobs whose worker is gone."""

from __future__ import annotations

import asyncio
import signal

import structlog
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app as current
from procrastinate.exceptions import ConnectorException

from jingwei.frame.events import connection_parameters

log = structlog.get_logger(__name__)
stalled_after_seconds = 30.0


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


async def _work(app: object, stop: asyncio.Event, concurrency: int, queues: list[str] | None) -> None:
    worker = asyncio.create_task(
        app.run_worker_async(  # type: ignore[attr-defined]
            queues=queues, concurrency=concurrency, install_signal_handlers=False, listen_notify=True, fetch_job_polling_interval=2.0,
            update_heartbeat_interval=5.0, stalled_worker_timeout=stalled_after_seconds, delete_jobs="successful", shutdown_graceful_timeout=8.0,
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


async def _reap(app: object) -> None:
    """Give jobs whose worker died back to the queue."""
    manager = app.job_manager  # type: ignore[attr-defined]
    while True:
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_seconds):
                log.warning("worker.stalled_job", job=job.id, task=job.task_name)
                await manager.retry_job(job)
        except ConnectorException as problem:
            log.warning("worker.reaper_failed", problem=str(problem))
        await asyncio.sleep(5)
