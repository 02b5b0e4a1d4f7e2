"""The worker: a job whose outcome could not be written down is given back, and what waits behind its lock goes on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection, connections
from procrastinate.contrib.django import app

from jingwei.frame import jobs, scope, worker
from jingwei.frame.models import Tenant


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
    """Its retry meets the waiting one's lock and is refused: without the reaper it would stay at work for ever."""
    monkeypatch.setattr(worker, "look_every_seconds", 0.2)
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

    from jingwei.frame.events import connection_parameters

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
