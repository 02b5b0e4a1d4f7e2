"""Events to open pages: published with the transaction through NOTIFY, fanned out to browsers as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import structlog
from django.db import connection

from jingwei.frame import scope

channel = "jingwei_events"
log = structlog.get_logger(__name__)


def publish(topic: str, *, project_id: int | None = None, user_id: int | None = None, **facts: Any) -> None:
    """Tell open pages of this tenant, on commit. `topic` becomes the DOM event `jingwei:<topic>`. Ids and counts only."""
    message = {"tenant": scope.current().tenant_id, "topic": topic, "project": project_id, "user": user_id, **facts}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", (channel, json.dumps(message, ensure_ascii=False)))


class Hub:
    """One listening connection a process; every open page has a queue."""

    def __init__(self) -> None:
        self._queues: dict[asyncio.Queue[dict[str, Any]], tuple[int, int | None, frozenset[int] | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def subscribe(self, tenant_id: int, user_id: int | None, project_ids: frozenset[int] | None) -> AsyncIterator[dict[str, Any] | None]:
        """Messages for one page; None every 15 s as a heartbeat."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=200)
        self._queues[queue] = (tenant_id, user_id, project_ids)
        try:
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), timeout=15)
                except TimeoutError:
                    yield None
        finally:
            del self._queues[queue]

    async def _listen(self) -> None:
        parameters = await asyncio.to_thread(connection_parameters)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as listener:
                    await listener.execute(f"LISTEN {channel}")
                    async for notice in listener.notifies():
                        self._spread(json.loads(notice.payload))
            except psycopg.OperationalError as problem:
                log.warning("events.listener_lost", problem=str(problem))
                await asyncio.sleep(1)

    def _spread(self, message: dict[str, Any]) -> None:
        for queue, (tenant_id, user_id, project_ids) in list(self._queues.items()):
            if message["tenant"] != tenant_id or message.get("user") not in (None, user_id):
                continue
            if project_ids is not None and message.get("project") not in (None, *project_ids):
                continue
            with contextlib.suppress(asyncio.QueueFull):  # a page that does not read misses a nudge, not data
                queue.put_nowait({key: value for key, value in message.items() if key not in ("tenant", "user")})


def connection_parameters() -> dict[str, Any]:
    """psycopg parameters of the default database for connections outside Django's, in the application role."""
    parameters = dict(connection.get_connection_params())
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    from jingwei.frame.postgres.base import app_role

    parameters["options"] = f"-c role={app_role}"
    return parameters


hub = Hub()
