"""Server-sent events: what open pages are told, for the person who is logged in and what they may see.

The request goes through Django like any other, so every rule of logging in holds; then it gives its database connection back and the
stream goes on without one (`Streams`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from jingwei.frame.rights import presence
from jingwei.frame.telling.events import Feed, Reader, TooMany, feed

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
admitted_at_once = 4  # when hundreds of pages come back at once, other requests keep most of the connections
slot = "jingwei.reader"  # where the view leaves the reader in the ASGI scope


def stream(request: HttpRequest) -> HttpResponse:
    """Let a page listen: `data: {"topic": …, "project": …}` lines with ids and counts only."""
    access = request.access  # type: ignore[attr-defined]
    if access is None:
        return HttpResponse(status=403)
    token = getattr(request, "api_token", None)
    who = presence.Presence(access.user_id, access.tenant_id, "" if token else request.session.session_key or "", token.pk if token else None)
    mark = presence.mark(who)
    if mark is None:
        return HttpResponse(status=403)
    scope = getattr(request, "scope", None)
    if scope is not None and slot in scope:
        scope[slot].append(Reader(who, access, mark))
    response = HttpResponse(content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


class Streams:
    """ASGI in front of Django for one address: Django says who may listen, then the stream goes on by itself."""

    def __init__(self, django: Callable[..., Awaitable[None]], feed: Feed = feed) -> None:
        self.django, self.feed = django, feed
        self._door = asyncio.Semaphore(admitted_at_once)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One open page."""
        admitted: list[Reader] = []
        answer: list[dict[str, Any]] = []
        async with self._door:
            await self.django({**scope, slot: admitted}, _empty_body(), _into(answer))
        if not admitted:
            for message in answer:
                await send(message)
            return
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        after = headers.get("last-event-id") or _asked_after(scope["query_string"])
        try:
            place = self.feed.admit(admitted[0], after)
        except TooMany:
            await _refuse(send)
            return
        start = answer[0]
        start["headers"] = [(k, v) for k, v in start["headers"] if k.lower() not in (b"content-length", b"set-cookie")]
        await self._stream(admitted[0], start, place, receive, send)

    async def _stream(self, reader: Reader, start: dict[str, Any], place: str, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_until_gone(receive, reader))
        try:
            await send(start)
            mark = f"id: {place}\n" if place else ""
            # after a restart not everybody comes back in the same moment
            await _part(send, f"retry: {random.randint(1500, 4000)}\n{mark}\n".encode())
            async for line in self.feed.lines(reader):
                await _part(send, line)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass
        finally:
            self.feed.readers.discard(reader)
            gone.cancel()


async def _part(send: Send, line: bytes) -> None:
    await send({"type": "http.response.body", "body": line, "more_body": True})


async def _until_gone(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.end()


async def _refuse(send: Send) -> None:
    body = "打开的页面过多；请关闭一些。 Too many pages are open; close some of them.".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), (b"retry-after", b"30")]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _empty_body() -> Receive:
    sent: list[bool] = []

    async def receive() -> dict[str, Any]:
        if sent:
            await asyncio.Event().wait()
        sent.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


def _into(answer: list[dict[str, Any]]) -> Send:
    async def send(message: dict[str, Any]) -> None:
        answer.append(message)

    return send


def _asked_after(query: bytes) -> str:
    for part in query.decode("latin-1").split("&"):
        if part.startswith("after="):
            return part.removeprefix("after=")[:40]
    return ""
