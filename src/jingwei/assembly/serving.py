"""The web server: uvicorn that ends open pages' streams before it stops, and lets nobody keep a connection busy without sending."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from typing import Any

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from jingwei.frame import environment

log = structlog.get_logger(__name__)
head_seconds = 15.0  # from the first byte (or the opening) to the end of the headers
body_seconds = 15.0  # for a body without having sent `body_rate` bytes for each further second
body_rate = 20_000
unfinished_at_most = 400  # requests that are still being sent; the longest ones make room for new ones


class Patient(HttpToolsProtocol):
    """HTTP that waits for slow senders, but not for ever, and not for too many of them at once."""

    _unfinished: dict[Patient, None] = {}  # noqa: RUF012  (one for the process, oldest first)
    _timer: asyncio.TimerHandle | None = None
    _received = 0

    def connection_made(self, transport: Any) -> None:
        """Somebody has come: a request is expected."""
        super().connection_made(transport)
        self._expect(head_seconds)
        while len(self._unfinished) > unfinished_at_most:
            next(iter(self._unfinished))._give_up("too many requests were still being sent")

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody has gone."""
        self._finished()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect(head_seconds)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._received = 0
        self._expect(body_seconds)

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._received += len(body)

    def on_message_complete(self) -> None:
        self._finished()
        super().on_message_complete()

    def _expect(self, seconds: float) -> None:
        self._finished()
        self._unfinished[self] = None
        self._timer = self.loop.call_later(seconds, self._late, 0)

    def _late(self, counted: int) -> None:
        """Time is up; who has sent enough since the last look may go on for as long again."""
        if self._received - counted >= body_rate * body_seconds or self.flow.read_paused:  # paused: we are the slow ones
            self._timer = self.loop.call_later(body_seconds, self._late, self._received)
        else:
            self._give_up("the request was not sent in time")

    def _give_up(self, why: str) -> None:
        self._finished()
        log.warning("web.gave_up", why=why, client=self.client[0] if self.client else "")
        if self.transport is not None and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
                self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

    def _finished(self) -> None:
        self._unfinished.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Server(uvicorn.Server):
    """A server that is gone within a few seconds of being told to: streams end at once, requests may end."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and to look after ourselves."""
        await super().startup(sockets)
        from jingwei.assembly import asgi

        asgi.look_after(self._again)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the rest."""
        from jingwei.frame.telling.events import feed

        feed.end_all()
        await super().shutdown(sockets)

    @staticmethod
    def _again() -> None:
        """A fresh process may follow: the supervisor starts it, and its socket keeps who comes meanwhile."""
        os.kill(os.getpid(), signal.SIGTERM)


def may_go() -> bool:
    """A spare loads everything, then waits until it is needed. False when it never will be."""
    if not (number := os.environ.pop("JINGWEI_STANDBY", "")):
        return True
    from django.urls import get_resolver

    from jingwei.assembly import asgi  # noqa: F401

    get_resolver().url_patterns  # noqa: B018
    gc.collect()
    gc.freeze()
    return bool(os.read(int(number), 1))


def serve(host: str, port: int, handed: int | None = None) -> None:
    """Serve until told to stop; on a socket handed over, or on one of our own."""
    trusted = ",".join(environment.value("JINGWEI_TRUSTED_PROXIES"))  # only theirs is believed who forwards for whom
    config = uvicorn.Config(
        "jingwei.assembly.asgi:application", host=host, port=port, log_config=None, access_log=False, http=Patient,
        timeout_graceful_shutdown=3, proxy_headers=bool(trusted), forwarded_allow_ips=trusted, lifespan="off", timeout_keep_alive=30, backlog=4096,
    )  # fmt: skip
    server = Server(config)
    if handed is None:
        server.run()
        return
    listening = socket.socket(fileno=handed)
    listening.set_inheritable(False)
    server.run(sockets=[listening])
