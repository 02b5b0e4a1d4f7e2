"""The worker: a job whose outcome could not be written down is given back, and what waits behind its lock goes on."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from django.db import connection, connections
from procrastinate.contrib.django import app

from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.frame.work import jobs, worker


def job(number: int) -> SimpleNamespace:
    return SimpleNamespace(id=number)


def test_a_job_nobody_works_on_is_an_orphan_only_after_several_looks() -> None:
    at_work = worker.AtWork()
    at_work.jobs = {1}
    looks = [[each.id for each in at_work.orphans([job(1), job(2)])] for _ in range(worker.looks_until_orphaned)]
    assert looks == [[]] * (worker.looks_until_orphaned - 1) + [[2]]
    assert at_work.orphans([job(1)]) == [], "what has ended meanwhile is forgotten"
    assert at_work.orphans([job(1), job(2)]) == [], "and begins anew"


def test_what_failed_while_another_of_its_kind_waits_keeps_nobody_waiting(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its retry meets the waiting one's lock: it is folded into that one at once, before any reaper has looked."""
    monkeypatch.setattr(worker, "look_every_seconds", 300.0)
    tenant = Tenant.objects.create(code="t", name="T")
    calls: list[int] = []

    @jobs.job("test.stumbles", queue="test", retry=jobs.prompt)
    def stumbles(number: int) -> None:
        calls.append(number)
        try:
            if len(calls) == 1:
                jobs.defer("test.stumbles", once="x", number=2)
                raise RuntimeError("once")
            finish()
        finally:
            connections.close_all()  # of the worker's thread, which ends with the test

    stop: list[object] = []

    def finish() -> None:
        (loop, event) = stop
        loop.call_soon_threadsafe(event.set)  # type: ignore[attr-defined]

    from jingwei.frame.telling.events import connection_parameters

    connection_parameters_of_now = connection_parameters()

    async def run() -> None:
        import asyncio

        event = asyncio.Event()
        stop[:] = [asyncio.get_running_loop(), event]
        from procrastinate import PsycopgConnector

        made = app.with_connector(PsycopgConnector(kwargs=connection_parameters_of_now, min_size=1, max_size=6))
        async with made.open_async():
            await asyncio.wait_for(worker._work(made, event, 2, ["test"]), 60)

    with scope.within(scope.Scope(tenant.pk)):
        jobs.defer("test.stumbles", once="x", number=1)
    import asyncio

    try:
        asyncio.run(run())
    finally:
        connections.close_all()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'test'")
    assert calls == [1, 2]


def test_a_failure_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    ours = logging.LogRecord("procrastinate.worker", logging.ERROR, "", 0, "Job ended", (), None)
    assert worker._tells_more(ours), "what is only procrastinate's to tell is told"
    ours.action = "job_error"
    assert not worker._tells_more(ours)


def test_a_clock_put_forward_takes_nobody_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every heartbeat looks old then; what is at work here is never given to another."""
    import asyncio

    monkeypatch.setattr(worker, "look_every_seconds", 0.01)
    retried: list[int] = []

    class Manager:
        async def get_stalled_jobs(self, **_: object) -> list[SimpleNamespace]:
            return [SimpleNamespace(id=number, task_name="x", attempts=0) for number in (1, 2)]

        async def list_jobs_async(self, **_: object) -> list[SimpleNamespace]:
            raise ValueError("an error of one look")

        async def retry_job(self, job: SimpleNamespace) -> None:
            retried.append(job.id)

    async def play(at_work: worker.AtWork) -> None:
        task = asyncio.create_task(worker._reap(SimpleNamespace(job_manager=Manager()), at_work))
        await asyncio.sleep(0.2)
        assert not task.done(), "the reaper outlives every error"
        task.cancel()

    at_work = worker.AtWork()
    at_work.jobs = {1}
    asyncio.run(play(at_work))
    assert set(retried) == {2}, "what is at work here is not dead"
    retried.clear()
    at_work.worker_id = 7
    asyncio.run(play(at_work))
    assert set(retried) <= {2}
    monkeypatch.setattr(worker.clock.Watch, "look", lambda _self: object())
    retried.clear()
    asyncio.run(play(worker.AtWork()))
    assert not retried, "for a while after a jump nobody is taken for dead"


def test_a_connection_that_has_grown_old_ends_with_the_job_that_used_it(transactional_db: None) -> None:
    """The server's end of a connection keeps what it has read of the catalogue for as long as it lives."""
    tenant = Tenant.objects.create(code="t", name="T")
    seen: list[object] = []

    @jobs.job("test.looks", queue="test")
    def looks() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        seen.append(connection.connection)

    run = app.tasks["test.looks"].func
    for age, stays in ((60.0, True), (-1.0, False)):
        connection.ensure_connection()
        connection.close_at = time.monotonic() + age
        run(tenant_id=tenant.pk)
        assert (connection.connection is not None) is stays
    assert len(seen) == 2
