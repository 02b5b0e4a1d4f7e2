"""One running system: authentication, faults and errors around its API, pages beside it, webhooks behind it."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.columns import Invalid
from sandbox.faults import Dice, Faults, switched
from sandbox.pages import Pages
from sandbox.store import Missing, Outdated, Store
from sandbox.system import System
from sandbox.web import (
    BadRequest,
    Cut,
    Receive,
    Request,
    Response,
    Router,
    Send,
    cut_connection,
    json_response,
    read_request,
    send_half,
    send_response,
)
from sandbox.webhooks import Courier


class Server:
    """An ASGI application for one system and one database file."""

    def __init__(self, system: System, store: Store, api_key: str, *, fault_seed: int | None = None) -> None:
        self.system, self.store, self._api_key = system, store, api_key
        self._dice = Dice(fault_seed)
        self.faults = switched(Faults(), store.setting("faults", {}))
        self.courier = Courier(store, lambda: self.faults, system.public, f"sandbox-{system.name}/{system.version}") if system.tells else None
        self._api = Router()
        system.add_routes(self._api, store, self.courier)
        self._pages = Router()
        self._pages.add("GET", "/health", self._health)
        Pages(system, store, self.courier, lambda: self.faults, self.switch_faults).add_routes(self._pages)

    def seed(self, anchor: date) -> bool:
        """Fill an empty database once; returns whether it did."""
        if self.store.setting("seeded"):
            return False
        with self.store.transaction():
            self.system.seed(self.store, anchor)
            self.store.keep_setting("seeded", anchor.isoformat())
        return True

    def switch_faults(self, given: dict[str, Any]) -> Faults:
        """Change some faults and keep them over a restart; raises BadFault."""
        self.faults = switched(self.faults, given)
        self.store.keep_setting("faults", self.faults.as_dict())
        return self.faults

    def _health(self, request: Request) -> Response:
        counts = {name: self.store.count(name) for name in self.store.tables}
        return json_response({"status": "ok", "system": self.system.name, "version": self.system.version, "records": counts})

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            with suppress(ConnectionError):
                await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        work: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                work = asyncio.create_task(self.courier.run()) if self.courier else None
                await send({"type": "lifespan.startup.complete"})
            else:
                if work:
                    work.cancel()
                    with suppress(asyncio.CancelledError):
                        await work
                self.store.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        if request is None:
            await send_response(json_response({"error": "the body is too large"}, 413), send)
        elif request.path.startswith("/api/"):
            await self._answer_api(request, receive, send)
        else:
            await send_response(self._page(request), send)

    def _page(self, request: Request) -> Response:
        if request.method == "POST" and request.is_foreign:
            return json_response({"error": "refused: sent from another site"}, 403)
        handler, parts, known = self._pages.find(request.method, request.path)
        if handler is None:
            return json_response({"error": "no such page"}, 405 if known else 404)
        try:
            return handler(request, **parts)
        except Missing:
            return json_response({"error": "no such record"}, 404)
        except BadRequest as problem:
            return json_response({"error": str(problem)}, 400)

    async def _answer_api(self, request: Request, receive: Receive, send: Send) -> None:
        faults = self.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        try:
            response = self._before(request) or self._handled(request)
            if request.method not in ("GET", "HEAD") and self._dice.falls(faults.lose_answer_rate):
                raise Cut
        except Cut:
            await cut_connection(send, receive)
            return
        if response.body and self._dice.falls(faults.truncate_rate):
            if self._dice.falls(0.5):
                await send_half(response, send, receive)  # the connection breaks
                return
            response = Response(response.status, response.body[: len(response.body) // 2], response.headers)  # only the text breaks
        await send_response(response, send)

    def _before(self, request: Request) -> Response | None:
        """What stops a call before anything is done: outage, dropped connection, wrong key, limit, error."""
        faults = self.faults
        if faults.outage:
            return json_response({"error": "service unavailable"}, 503)
        if self._dice.falls(faults.drop_connection_rate):
            raise Cut
        if not hmac.compare_digest(self.system.key_given(request).encode(), self._api_key.encode()):
            return self.system.problem(401, "AUTH_INVALID", "the API key is missing or wrong", {})
        wait = self._dice.wait_seconds(faults.rate_limit_per_minute)
        if wait:
            return json_response({"error": "too many requests"}, 429, {"retry-after": str(wait)})
        if self._dice.falls(faults.error_rate):
            return json_response({"error": "internal error"}, 500)
        return None

    def _handled(self, request: Request) -> Response:
        problem = self.system.problem
        handler, parts, known = self._api.find(request.method, request.path)
        if handler is None:
            return problem(405, "METHOD", "method not allowed", {}) if known else problem(404, "NOT_FOUND", "no such address", {})
        try:
            return handler(request, **parts)
        except BadRequest as reason:
            return problem(400, "BAD_REQUEST", str(reason), {})
        except Missing as key:
            return problem(404, "NOT_FOUND", f"no record {key}", {})
        except Invalid as reason:
            return problem(422, "INVALID", str(reason), reason.errors)
        except Outdated as present:
            return problem(412 if "if-match" in request.headers else 409, "STALE", f"the record has version {present} now", {})


def open_server(system: System, path: str | Path, api_key: str, *, seed_on: date | None = None, fault_seed: int | None = None) -> Server:
    """A server on that database file, seeded with demo records around `seed_on` when it is new."""
    server = Server(system, Store(path, system.tables), api_key, fault_seed=fault_seed)
    if seed_on is not None:
        server.seed(seed_on)
    return server
