"""Webhook intake: a small ASGI application in front of Django. Signature checked on raw bytes, stored durably, then answered.

Requests that arrive together are stored by one statement and one commit, so durability costs a commit a batch and not one each.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError
from psycopg_pool import AsyncConnectionPool

from jingwei.frame.telling.events import connection_parameters
from jingwei.frame.walls import scrub
from jingwei.frame.work import disk
from jingwei.kernels.bounds import whole

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
log = structlog.get_logger(__name__)

prefix = "/hooks/"
body_limit = 1_000_000
body_seconds = 10.0
tolerance_seconds = 300
batch_limit = 500
queue_limit = 20_000
endpoint_cache_seconds = 15.0
kept_headers = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is known of a webhook address: whose it is and how it is signed."""

    connection_id: int
    tenant_id: int
    scheme: Mapping[str, Any]
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
    """Answers POST /hooks/<endpoint>: 202 stored, 200 known already, 401 not signed well, 404, 408 sent too slowly, 413, 503 when the database is away
    or the disk full. What can be refused by its head is refused before the body is waited for."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint | None] = {}
        self._queue: asyncio.Queue[Arrival] = asyncio.Queue(maxsize=queue_limit)
        self._writer: asyncio.Task[None] | None = None
        self._pool: AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()
        self._woken: dict[int, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        status, text = await self._answer(scope, receive)
        body = json.dumps({"status": text}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if status == 503:
            headers.append((b"retry-after", b"5"))
        if status in (401, 404, 408, 413):
            headers.append((b"connection", b"close"))  # its body may be under way still, and nobody will read it
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str]:
        if scope["method"] != "POST":
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
        if not has_signature(endpoint.scheme, headers):
            return 401, "not signed"
        try:
            body = await asyncio.wait_for(_body(receive), timeout=body_seconds)
        except TimeoutError:
            return 408, "sent too slowly"
        if body is None:
            return 413, "too large"
        event_id = verified(endpoint.scheme, endpoint.keys, headers, body, time.time())
        if event_id is None:
            return 401, "signature or time does not fit"
        return await self._store(endpoint, event_id, headers, body)

    async def _store(self, endpoint: Endpoint, event_id: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        kept = endpoint.scrubber.body(body)  # after the signature was checked on what really came
        arrival = Arrival(
            endpoint, event_id, kept, {k: endpoint.scrubber.text(headers[k]) for k in kept_headers if k in headers}, asyncio.get_running_loop().create_future()
        )
        try:
            self._queue.put_nowait(arrival)
        except asyncio.QueueFull:
            return 503, "too many at once, try again"
        try:
            is_new = await asyncio.wait_for(arrival.stored, timeout=20)
        except (psycopg.Error, OSError, TimeoutError):
            return 503, "not stored, try again"
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
            scheme = catalogue.manifest(connection.system.connector).get("webhook")
            sealed = [s for s in (connection.webhook_secret, connection.webhook_secret_before) if s is not None]
            if not scheme or not sealed:
                return None
            keys = tuple(_key_bytes(str(secrets.open_secret(s).reveal())) for s in sealed)
            scrubber = scrub.Scrubber(credentials.further_secrets(connection))
            return Endpoint(connection.pk, tenant_id, scheme, keys, time.monotonic(), scrubber)
    return None


def _key_bytes(text: str) -> bytes:
    """Standard Webhooks writes keys as whsec_<base64>; anything else is taken as it is."""
    if text.startswith("whsec_"):
        try:
            return base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return text.encode()


def has_signature(scheme: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether there is anything to verify at all: who does not even sign need not be listened to."""
    return bool(headers.get(str(scheme.get("signature_header", "webhook-signature")).lower(), ""))


def verified(scheme: Mapping[str, Any], keys: tuple[bytes, ...], headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """The event's id when the signature fits one of the keys and the time is within five minutes; None otherwise.

    Schemes: `standard` (Standard Webhooks: HMAC-SHA256 over id.timestamp.body, base64) and `hub_sha256` (hex HMAC of the body,
    as GitHub and Jira send it; those carry no time, so their id alone guards against replay).
    """
    signature = headers.get(str(scheme.get("signature_header", "webhook-signature")).lower(), "")
    event_id = headers.get(str(scheme.get("id_header", "webhook-id")).lower(), "")
    kind = scheme.get("scheme", "standard")
    if kind == "standard":
        stamp = headers.get(str(scheme.get("timestamp_header", "webhook-timestamp")).lower(), "")
        if (at := whole(stamp)) is None or abs(now - at) > tolerance_seconds or not 0 < len(event_id) <= 200:
            return None
        signed = f"{event_id}.{stamp}.".encode() + body
        given = [part.removeprefix("v1,") for part in signature.split(" ") if part.startswith("v1,")]
        wanted = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    elif kind == "hub_sha256":
        given = [signature.removeprefix("sha256=")]
        wanted = [hmac.new(key, body, hashlib.sha256).hexdigest() for key in keys]
        event_id = event_id or hashlib.sha256(body).hexdigest()
    else:
        return None
    fits = any(hmac.compare_digest(g.encode(), w.encode()) for g in given for w in wanted)
    return event_id if fits and event_id else None
