"""Events to open pages: published with the transaction through NOTIFY, heard once a process, fanned out in memory to server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from django.db import connection

from jingwei.frame import scope
from jingwei.frame.rights import presence
from jingwei.frame.rights.access import Access
from jingwei.frame.rights.presence import Presence

channel = "jingwei_events"
look_every_seconds = 2.0  # who has lost a session or a role hears nothing more after this and one query
kept_messages = 2_000
queue_length = 200
streams_a_user = 30
streams_in_all = 2_000
log = structlog.get_logger(__name__)


def publish(topic: str, *, project_id: int | None = None, user_id: int | None = None, needs: str = "", **facts: Any) -> None:
    """Tell open pages of this tenant, on commit. `topic` becomes the DOM event `jingwei:<topic>`. Ids, counts and days only.

    Only readers with the right `needs` (in that project, if there is one) hear of it.
    """
    message = {"tenant": scope.current().tenant_id, "topic": topic, "project": project_id, "user": user_id, "needs": needs, **facts}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", (channel, json.dumps(message, ensure_ascii=False)))


class TooMany(Exception):
    """This person, or everybody together, has too many pages open."""


@dataclass(eq=False, slots=True)
class Reader:
    """One open page: who reads, with which rights, and what waits for it."""

    presence: Presence
    access: Access
    mark: str  # what `presence.marks` said when it was let in
    waiting: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    has_ended: bool = False

    def may_hear(self, message: dict[str, Any]) -> bool:
        """Whether it concerns this reader and may be known."""
        if message["tenant"] != self.presence.tenant_id or message.get("user") not in (None, self.presence.user_id):
            return False
        project = message.get("project")
        seen = self.access.project_ids
        if seen is not None and project is not None and project not in seen:
            return False
        if not (needs := message.get("needs")):
            return True
        granted = self.access.projects(needs)
        return granted is None or (bool(granted) if project is None else project in granted)

    def put(self, line: bytes) -> None:
        """Have something sent; a page that does not read gets one call to look anew instead of all it missed."""
        if len(self.waiting) >= queue_length:
            self.waiting.clear()
            line = refresh_line
        self.waiting.append(line)
        self.wake.set()

    def end(self) -> None:
        """No more for this reader."""
        self.has_ended = True
        self.waiting.clear()
        self.wake.set()


refresh_line = b'data: {"topic": "refresh"}\n\n'


class Feed:
    """One listening connection a process, no matter how many pages are open; no page holds a connection.

    What was told lately is kept, so that a page that comes back with the id it last saw misses nothing. When it was away for too long,
    or the listening connection was lost, it is told to look anew.
    """

    def __init__(self) -> None:
        self.readers: set[Reader] = set()
        self.epoch = uuid.uuid4().hex[:8]
        self.last = 0
        self._floor = 0  # what lies before this may have been missed
        self._kept: deque[tuple[int, dict[str, Any], bytes]] = deque(maxlen=kept_messages)
        self._task: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    # -- the listening side

    def start(self) -> None:
        """Listen from now on (idempotent, in the event loop); pages made afterwards carry a place to go on from."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="events")

    @property
    def cursor(self) -> str:
        """The place of now, for a page that is being made."""
        return f"{self.epoch}-{self.last}"

    async def _listen(self) -> None:
        while True:
            try:
                parameters = await asyncio.to_thread(connection_parameters)
                async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as listener:
                    await listener.execute(f"LISTEN {channel}")
                    self._begin_anew()
                    await self._hear(listener)
            except Exception as problem:  # whatever it is, open pages must hear again as soon as the database can be heard
                log.warning("events.listener_lost", problem=str(problem)[:300])
                await asyncio.sleep(0.5)

    async def _hear(self, listener: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notice in listener.notifies(timeout=look_every_seconds, stop_after=100):
                self.spread(json.loads(notice.payload))
            if time.monotonic() - self._looked_at >= look_every_seconds:
                await self._look(listener)

    def _begin_anew(self) -> None:
        """Nobody listened until now: whoever read before must look anew."""
        self.last += 1
        self._floor = self.last
        self._kept.clear()
        for reader in self.readers:
            reader.put(self._numbered(self.last, {"topic": "refresh"}))

    async def _look(self, listener: psycopg.AsyncConnection[Any]) -> None:
        """End the streams of those who have logged out, were locked, or whose rights have changed (they may come again): one query for all."""
        readers = list(self.readers)
        if readers:
            marks = await presence.marks_async(listener, {reader.presence for reader in readers})
            for reader in readers:
                if marks.get(reader.presence) != reader.mark:
                    reader.end()
        else:
            await listener.execute("SELECT 1")  # a connection that died unheard is found by asking
        self._looked_at = time.monotonic()

    def spread(self, message: dict[str, Any]) -> None:
        """Give a message to everybody whom it concerns."""
        self.last += 1
        line = self._numbered(self.last, {key: value for key, value in message.items() if key not in ("tenant", "user", "needs")})
        self._kept.append((self.last, message, line))
        for reader in self.readers:
            if reader.may_hear(message):
                reader.put(line)

    def _numbered(self, number: int, told: dict[str, Any]) -> bytes:
        return f"id: {self.epoch}-{number}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()

    # -- the reading side

    def admit(self, reader: Reader, after: str = "") -> str:
        """Let a page listen, from the place it had reached; gives the place of now to one that had none. TooMany when it may not."""
        if len(self.readers) >= streams_in_all or sum(1 for each in self.readers if each.presence.user_id == reader.presence.user_id) >= streams_a_user:
            raise TooMany
        self.readers.add(reader)
        epoch, _, number = after.rpartition("-")
        if not after:
            return self.cursor
        since = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1
        oldest = self._kept[0][0] if self._kept else self.last + 1
        if epoch != self.epoch or not max(self._floor, oldest - 1) <= since <= self.last:
            reader.put(self._numbered(self.last, {"topic": "refresh"}))
            return ""
        for number_, message, line in self._kept:
            if number_ > since and reader.may_hear(message):
                reader.put(line)
        return ""

    async def lines(self, reader: Reader, *, beat_seconds: float = 15.0) -> AsyncIterator[bytes]:
        """What an admitted reader is told, until it ends; a comment now and then shows that we are still there."""
        try:
            while not reader.has_ended:
                if not reader.waiting:
                    reader.wake.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(reader.wake.wait(), timeout=beat_seconds)
                    if not reader.waiting and not reader.has_ended:
                        yield b": still here\n\n"
                while reader.waiting:
                    yield reader.waiting.popleft()
        finally:
            self.readers.discard(reader)

    def end_all(self) -> None:
        """End every stream, so that the server can stop at once; the pages come back by themselves."""
        for reader in list(self.readers):
            reader.end()


def connection_parameters() -> dict[str, Any]:
    """psycopg parameters of the default database for connections outside Django's, in the application role."""
    parameters = dict(connection.get_connection_params())
    for name in ("cursor_factory", "context", "prepare_threshold", "pool"):
        parameters.pop(name, None)
    from jingwei.frame.postgres.base import app_role

    parameters["options"] = f"-c role={app_role}"
    return parameters


feed = Feed()
