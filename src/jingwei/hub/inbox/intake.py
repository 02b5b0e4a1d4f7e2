"""Webhook intake: a small ASGI application in front of Django. Signature checked on raw bytes, stored durably, then answered.

Requests that arrive together are stored by one statement and one commit, so durability costs a commit a batch and not one each.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import structlog
from django.db import DatabaseError
from psycopg_pool import AsyncConnectionPool

from jingwei.frame.telling.events import connection_parameters
from jingwei.frame.walls import scrub
from jingwei.frame.work import disk
from jingwei.hub.kit import receiving

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
log = structlog.get_logger(__name__)

prefix = "/hooks/"
body_limit = 1_000_000
body_seconds = 10.0
batch_limit = 500
queue_limit = 20_000
endpoint_cache_seconds = 15.0
_methods = ("POST", "GET", "HEAD")
kept_headers = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is known of a webhook address: whose it is and how it is signed."""

    connection_id: int
    tenant_id: int
    scheme: receiving.Scheme
    keys: tuple[bytes, ...] = field(repr=False)
    loaded_at: float
    scrubber: scrub.Scrubber = field(default_factory=lambda: scrub.Scrubber(()), repr=False)


@dataclass(slots=True)
class Arrival:
    """One verified delivery on its way into the database."""

    endpoint: Endpoint
    event_id: str
    body: bytes
    headers: dict[str, str]
    stored: asyncio.Future[bool] = field(repr=False)


class Intake:
    """Answers /hooks/<endpoint>: 202 stored, 200 known already or a question of the sender's, 401 not signed well, 404, 405, 408 sent too slowly, 413, 503 when the
    database is away or the disk full. What can be refused by its head is refused before the body is waited for."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint | None] = {}
        self._queue: asyncio.Queue[Arrival] = asyncio.Queue(maxsize=queue_limit)
        self._writer: asyncio.Task[None] | None = None
        self._pool: AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()
        self._woken: dict[int, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        status, said = await self._answer(scope, receive)
        answer = said if isinstance(said, receiving.Answered) else receiving.Answered(json.dumps({"status": said}).encode(), kind="application/json")
        headers = [(b"content-type", answer.kind.encode()), (b"content-length", str(len(answer.body)).encode())]
        headers += [(name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
        if status == 503:
            headers.append((b"retry-after", b"5"))
        if status in (401, 404, 408, 413):
            headers.append((b"connection", b"close"))  # its body may be under way still, and nobody will read it
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str | receiving.Answered]:
        method = scope["method"]
        if method not in _methods:
            return 405, "only POST"
        if disk.is_low():
            return 503, "the disk is full, try again later"
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        try:
            await self._ready()
            endpoint = await self._endpoint(scope["path"].removeprefix(prefix).strip("/"))
        except (psycopg.Error, OSError, TimeoutError, DatabaseError) as problem:
            log.warning("intake.database_away", problem=str(problem)[:300])
            return 503, "not stored, try again"
        if endpoint is None:
            return 404, "no such address"
        if method not in endpoint.scheme.methods:
            return 405, "only POST"
        call = _call(scope, headers)
        if call is None or not endpoint.scheme.is_signed(call):
            return 401, "not signed"
        try:
            body = await asyncio.wait_for(_body(receive), timeout=body_seconds)
        except TimeoutError:
            return 408, "sent too slowly"
        if body is None:
            return 413, "too large"
        outcome = endpoint.scheme.read(replace(call, body=body), endpoint.keys, time.time())
        if outcome is None:
            return 401, "signature or time does not fit"
        if isinstance(outcome, receiving.Answered):
            return await self._introduced(endpoint, scope["path"], outcome)
        return await self._store(endpoint, outcome, headers)

    async def _introduced(self, endpoint: Endpoint, path: str, answer: receiving.Answered) -> tuple[int, str | receiving.Answered]:
        """The sender asks whether there is anybody; what it tells of its secret is kept before it hears so."""
        if answer.secret:
            try:
                is_kept = await asyncio.to_thread(keep_secret, endpoint, answer.secret)
            except (psycopg.Error, OSError, DatabaseError):
                return 503, "not stored, try again"
            if not is_kept:
                return 401, "another secret is known already"
            self._endpoints.pop(path.removeprefix(prefix).strip("/"), None)
        return 200, answer

    async def _store(self, endpoint: Endpoint, taken: receiving.Taken, headers: dict[str, str]) -> tuple[int, str | receiving.Answered]:
        kept = endpoint.scrubber.body(taken.body)  # after the signature was checked on what really came
        arrival = Arrival(
            endpoint,
            taken.event_id,
            kept,
            {k: endpoint.scrubber.text(headers[k]) for k in kept_headers if k in headers},
            asyncio.get_running_loop().create_future(),
        )
        try:
            self._queue.put_nowait(arrival)
        except asyncio.QueueFull:
            return 503, "too many at once, try again"
        try:
            is_new = await asyncio.wait_for(arrival.stored, timeout=20)
        except (psycopg.Error, OSError, TimeoutError):
            return 503, "not stored, try again"
        if taken.answer is not None:
            return 200, receiving.Answered(taken.answer, kind="application/json")
        return (202, "accepted") if is_new else (200, "known already")

    async def _ready(self) -> None:
        async with self._opening:  # the first deliveries come together, and one pool is enough
            if self._pool is None:
                parameters = await asyncio.to_thread(connection_parameters)
                pool = AsyncConnectionPool(kwargs={**parameters, "autocommit": True}, min_size=1, max_size=2, open=False, timeout=5, reconnect_timeout=3)
                await pool.open()
                self._pool = pool
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_batches())

    async def _endpoint(self, name: str) -> Endpoint | None:
        if not (name.isascii() and name.isprintable() and len(name) <= 100):  # ours are short words; the database is not asked for what it cannot hold
            return None
        known = self._endpoints.get(name)
        if known is not None and time.monotonic() - known.loaded_at < endpoint_cache_seconds:
            return known
        found = await asyncio.to_thread(load_endpoint, name)
        if found is not None:
            if len(self._endpoints) > 10_000:
                self._endpoints.clear()
            self._endpoints[name] = found
        return found

    async def _write_batches(self) -> None:
        """Take everything that waits, store it with one commit, answer all."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < batch_limit and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                new = await self._insert(batch)
            except (psycopg.Error, OSError) as problem:
                log.warning("intake.batch_failed", size=len(batch), problem=str(problem))
                for arrival in batch:
                    if not arrival.stored.done():
                        arrival.stored.set_exception(psycopg.OperationalError("not stored"))
                continue
            for arrival in batch:
                if not arrival.stored.done():
                    arrival.stored.set_result((arrival.endpoint.connection_id, arrival.event_id) in new)
            await self._wake(batch)

    async def _insert(self, batch: list[Arrival]) -> set[tuple[int, str]]:
        assert self._pool is not None
        new: set[tuple[int, str]] = set()
        by_tenant: dict[int, list[Arrival]] = {}
        for arrival in batch:
            by_tenant.setdefault(arrival.endpoint.tenant_id, []).append(arrival)
        async with self._pool.connection() as connection:
            for tenant_id, mine in by_tenant.items():
                async with connection.transaction():
                    await connection.execute("SELECT set_config('jingwei.tenant', %s, true)", (str(tenant_id),))
                    cursor = await connection.execute(
                        _insert_sql,
                        (
                            tenant_id,
                            [a.endpoint.connection_id for a in mine],
                            [a.event_id for a in mine],
                            [a.body for a in mine],
                            [json.dumps(a.headers) for a in mine],
                        ),
                    )
                    new |= {(row[0], row[1]) for row in await cursor.fetchall()}
        return new

    async def _wake(self, batch: list[Arrival]) -> None:
        """Queue one job a connection; if this fails the scheduler's sweep finds the rows."""
        now = time.monotonic()
        wanted = {(a.endpoint.tenant_id, a.endpoint.connection_id) for a in batch if now - self._woken.get(a.endpoint.connection_id, 0) > 0.05}
        assert self._pool is not None
        for tenant_id, connection_id in wanted:
            self._woken[connection_id] = now
            lock = f"hub.deliver:{tenant_id}:{connection_id}"
            try:
                async with self._pool.connection() as connection:
                    await connection.execute(_defer_sql, (lock, lock, json.dumps({"tenant_id": tenant_id, "connection_id": connection_id}), lock))
            except (psycopg.Error, OSError) as problem:
                log.warning("intake.not_woken", problem=str(problem))


_insert_sql = """
INSERT INTO hub_delivery (tenant_id, version, created_at, updated_at, connection_id, side, source, event_id, record_key, raw, headers, state,
                          attempts, outcome, received_at)
SELECT %s, 1, now(), now(), d.connection_id, '', 'webhook', d.event_id, '', d.body, d.headers::jsonb, 'waiting', 0, '', clock_timestamp()
FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[]) AS d(connection_id, event_id, body, headers)
ON CONFLICT (connection_id, event_id) WHERE event_id IS NOT NULL DO NOTHING
RETURNING connection_id, event_id
"""

_defer_sql = """
SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('hub', 'hub.deliver', 0, %s, %s, %s::jsonb, NULL)::procrastinate_job_to_defer_v1])
WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')
"""


def _call(scope: Scope, headers: dict[str, str]) -> receiving.Call | None:
    """The head of a request; None where its address names more than any sender would."""
    try:
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), max_num_fields=50))
    except ValueError:
        return None
    return receiving.Call(scope["method"], scope["path"], headers, query)


async def _body(receive: Receive) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > body_limit:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def load_endpoint(name: str) -> Endpoint | None:
    """Look an address up, across tenants, by its unguessable name."""
    from django.db import close_old_connections

    from jingwei.frame import scope, secrets
    from jingwei.frame.models import Tenant
    from jingwei.hub.models import Connection
    from jingwei.hub.peers import catalogue, credentials

    close_old_connections()
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        with scope.within(scope.Scope(tenant_id)):
            connection = Connection.objects.select_related("system", "credential", "webhook_secret", "webhook_secret_before").filter(endpoint=name).first()
            if connection is None:
                continue
            told = catalogue.manifest(connection.system.connector).get("webhook")
            sealed = [s for s in (connection.webhook_secret, connection.webhook_secret_before) if s is not None]
            scheme = receiving.scheme_of(told) if told else None
            if scheme is None or not (sealed or scheme.tells_its_secret):
                return None
            keys = tuple(str(secrets.open_secret(s).reveal()).encode() for s in sealed)
            scrubber = scrub.Scrubber(credentials.further_secrets(connection))
            return Endpoint(connection.pk, tenant_id, scheme, keys, time.monotonic(), scrubber)
    return None


def keep_secret(endpoint: Endpoint, told: str) -> bool:
    """Keep the secret that a sender has told, while none is known; whether it is the one that is known now."""
    from django.db import close_old_connections, transaction

    from jingwei.frame import scope, secrets
    from jingwei.hub.models import Connection

    close_old_connections()
    with scope.within(scope.Scope(endpoint.tenant_id, origin="webhook")), transaction.atomic():
        connection = Connection.objects.select_for_update().select_related("system").get(pk=endpoint.connection_id)
        if connection.webhook_secret is not None:
            return bool(secrets.open_secret(connection.webhook_secret).reveal() == told)
        connection.webhook_secret = secrets.seal(f"webhook:{connection.system.key}", told)
        connection.save(update_fields=["webhook_secret"])
    return True
