"""Webhooks: registrations, a durable outbox written with the change itself, signed deliveries retried with growing pauses."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.columns import Invalid, Table, Values
from sandbox.faults import Faults
from sandbox.store import Missing, Store

pauses_seconds = (1, 2, 5, 10, 30, 60, 120, 300)
attempts_limit = 60  # then the delivery is given up: about four hours
kept_deliveries = 2000
timeout_seconds = 5.0

_tables = """
CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, secret TEXT NOT NULL, created_ms INTEGER NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id INTEGER NOT NULL REFERENCES webhooks ON DELETE CASCADE, message_id TEXT NOT NULL,
    kind TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER, delivered_ms INTEGER, answer TEXT NOT NULL
    DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_ms) WHERE next_ms IS NOT NULL;
"""


def secret_bytes(secret: str) -> bytes:
    """The signing key: base64 after `whsec_` (standardwebhooks.com), else the text itself."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret_bytes(secret), signed, hashlib.sha256)).decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Courier:
    """Takes changes from the store's transaction to the registered addresses, at least once."""

    def __init__(self, store: Store, faults: Callable[[], Faults], public: Callable[[str, Values], Values], agent: str) -> None:
        self._store, self._faults, self._public, self._agent = (store, faults, public, agent)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
        self._wake: asyncio.Event | None = None
        with store.transaction() as db:
            for statement in _tables.split(";"):
                if statement.strip():
                    db.execute(statement)
        store.listeners.append(self._note)

    def _note(self, table: Table, action: str, row: Values) -> None:
        hooks = self._store.query("SELECT id FROM webhooks WHERE state = 'active'")
        if not hooks:
            return
        kind = f"{table.singular}.{action}"
        told = self._public(table.name, row)
        if action == "deleted":
            told = {name: told[name] for name in ("id", table.number_column) if name in told}
        moment = datetime.fromtimestamp(row["updated_ms"] / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = json.dumps({"type": kind, "timestamp": moment, "actor": row["updated_by"], "data": told}, ensure_ascii=False)
        message_id = f"msg_{uuid.uuid4().hex}"
        with self._store.transaction() as db:
            for hook in hooks:
                db.execute(
                    "INSERT INTO deliveries (webhook_id, message_id, kind, body, next_ms) VALUES (?, ?, ?, ?, ?)",
                    (hook["id"], message_id, kind, body, int(time.time() * 1000)),
                )
        if self._wake:
            self._wake.set()

    def register(self, url: Any, secret: Any) -> Values:
        """A new registration; the same address again only changes its secret. Raises Invalid."""
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid({"url": "not an http address"})
        if not isinstance(secret, str) or len(secret) < 8:
            raise Invalid({"secret": "at least 8 characters"})
        try:
            secret_bytes(secret)
        except binascii.Error:
            raise Invalid({"secret": "not base64 after whsec_"}) from None
        with self._store.transaction() as db:
            known = self._store.query("SELECT id FROM webhooks WHERE url = ?", (url,))
            if known:
                db.execute("UPDATE webhooks SET secret = ?, state = 'active' WHERE id = ?", (secret, known[0]["id"]))
                return self.webhook(known[0]["id"])
            cursor = db.execute("INSERT INTO webhooks (url, secret, created_ms, state) VALUES (?, ?, ?, 'active')", (url, secret, int(time.time() * 1000)))
            return self.webhook(int(cursor.lastrowid or 0))

    def webhook(self, key: int) -> Values:
        """One registration, without its secret; raises Missing."""
        for each in self.webhooks():
            if each["id"] == key:
                return each
        raise Missing(str(key))

    def webhooks(self) -> list[Values]:
        """All registrations, without their secrets."""
        sql = (
            "SELECT id, url, state, created_ms, (SELECT count(*) FROM deliveries d WHERE d.webhook_id = w.id AND next_ms IS NOT NULL)"
            " AS waiting FROM webhooks w ORDER BY id"
        )
        return [dict(row) for row in self._store.query(sql)]

    def remove(self, key: int) -> None:
        """Forget a registration and what waits for it; raises Missing."""
        self.webhook(key)
        with self._store.transaction() as db:
            db.execute("DELETE FROM webhooks WHERE id = ?", (key,))

    def recent(self, limit: int) -> list[Values]:
        """The newest deliveries first."""
        sql = "SELECT d.*, w.url FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id ORDER BY d.id DESC LIMIT ?"
        return [dict(row) for row in self._store.query(sql, (limit,))]

    async def run(self) -> None:
        """Deliver for ever."""
        self._wake = asyncio.Event()
        while True:
            self._wake.clear()
            if not await self.deliver_due():
                try:
                    await asyncio.wait_for(self._wake.wait(), 0.25)
                except TimeoutError:
                    pass

    async def deliver_due(self) -> int:
        """Try each delivery that is due once; returns how many were tried. Nothing leaves during an outage."""
        if self._faults().outage:
            return 0
        sql = (
            "SELECT d.*, w.url, w.secret FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id"
            " WHERE d.next_ms <= ? AND w.state = 'active' ORDER BY d.id LIMIT 50"
        )
        due = [dict(row) for row in self._store.query(sql, (int(time.time() * 1000),))]
        lanes: dict[int, list[Values]] = defaultdict(list)
        for each in due:
            lanes[each["webhook_id"]].append(each)
        await asyncio.gather(*(self._walk(lane) for lane in lanes.values()))
        return len(due)

    async def _walk(self, lane: list[Values]) -> None:
        for delivery in lane:
            if self._faults().outage:
                return
            status, text = await asyncio.to_thread(self._post, delivery)
            if 200 <= status < 300 and self._faults().duplicate_webhooks:
                await asyncio.to_thread(self._post, delivery)
            self._settle(delivery, status, text)

    def _post(self, delivery: Values) -> tuple[int, str]:
        body = delivery["body"].encode()
        now = int(time.time())
        headers = {
            "content-type": "application/json",
            "user-agent": self._agent,
            "webhook-id": delivery["message_id"],
            "webhook-timestamp": str(now),
            "webhook-signature": signature(delivery["secret"], delivery["message_id"], now, body),
        }
        call = urllib.request.Request(delivery["url"], data=body, headers=headers, method="POST")
        try:
            with self._opener.open(call, timeout=timeout_seconds) as answer:
                return answer.status, str(answer.status)
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code, str(refusal.code)
        except (OSError, ValueError) as problem:
            return 0, str(problem)[:200]

    def _settle(self, delivery: Values, status: int, text: str) -> None:
        attempts = delivery["attempts"] + 1
        now = int(time.time() * 1000)
        with self._store.transaction() as db:
            if 200 <= status < 300:
                change: tuple[Any, ...] = (attempts, None, now, text)
            elif status == 410:  # the receiver says it is gone for good
                db.execute("UPDATE webhooks SET state = 'gone' WHERE id = ?", (delivery["webhook_id"],))
                change = (attempts, None, None, text)
            elif attempts >= attempts_limit:
                change = (attempts, None, None, f"given up: {text}")
            else:
                change = (attempts, now + 1000 * pauses_seconds[min(attempts, len(pauses_seconds)) - 1], None, text)
            sql = "UPDATE deliveries SET attempts = ?, next_ms = ?, delivered_ms = ?, answer = ? WHERE id = ?"
            db.execute(sql, (*change, delivery["id"]))
            if delivery["id"] % 100 == 0:
                db.execute("DELETE FROM deliveries WHERE next_ms IS NULL AND id < ?", (delivery["id"] - kept_deliveries,))
