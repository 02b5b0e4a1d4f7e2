"""How much one request may bring and take: bytes (of the address too), JSON depth, form fields, time in the database. Refused early, in the person's language."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection

hook_bytes, api_bytes, form_bytes, upload_bytes = 1_000_000, 5_000_000, 5_000_000, 52_000_000
query_bytes = 8_000  # of an address, after its “?”
api_milliseconds = 15_000
waiting_milliseconds = 10_000  # for what somebody else is writing
refusal_zh, refusal_en = "请求超过大小限制", "the request is larger than allowed"


_is_waited_for: ContextVar[bool] = ContextVar("jingwei_is_waited_for", default=False)


def is_programs(path: str) -> bool:
    """Whether an address is meant for programs (REST or GraphQL)."""
    return path.startswith("/api/") or path.rstrip("/") == "/graphql"


def bytes_allowed(path: str, content_type: str) -> int:
    """How large the body of a request may be: webhooks 1 MB, programs and forms 5 MB, files (also those that programs attach to a row, import, or bring as a template) 50 MB with what is around them."""
    if path.startswith("/hooks/"):
        return hook_bytes
    if is_programs(path) and not (path.startswith(("/api/v1/imports/", "/api/v1/templates")) or (path.startswith("/api/v1/") and path.endswith("/files"))):
        return api_bytes
    return upload_bytes if content_type.startswith("multipart/form-data") else form_bytes


class Bounded:
    """In front of an ASGI application: a body that is announced or turns out to be too large is answered with 413, and not read on."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[Any], Awaitable[None]]) -> None:
        """One request."""
        headers = {name.lower(): value for name, value in scope["headers"]}
        most = bytes_allowed(scope["path"], headers.get(b"content-type", b"").decode("latin-1").lower())
        announced = headers.get(b"content-length", b"")
        if announced and (not announced.isdigit() or len(announced) > 18 or int(announced) > most):
            await _refuse(send, most)
            return
        if announced:
            await self.application(scope, receive, send)
            return
        await self._streamed(scope, receive, send, most)

    async def _streamed(self, scope: Any, receive: Any, send: Any, most: int) -> None:
        """Without a length: counted as it comes. What is too large is refused, and the application sees the caller go."""
        size, is_refused, has_begun = 0, False, False

        async def counted() -> dict[str, Any]:
            nonlocal size, is_refused
            if is_refused:
                return {"type": "http.disconnect"}
            message: dict[str, Any] = await receive()
            size += len(message.get("body", b""))
            if size > most:
                is_refused = True
                if not has_begun:
                    await _refuse(send, most)
                return {"type": "http.disconnect"}
            return message

        async def told(message: Any) -> None:
            nonlocal has_begun
            if not is_refused:
                has_begun = True
                await send(message)

        await self.application(scope, counted, told)


async def _refuse(send: Callable[[Any], Awaitable[None]], most: int) -> None:
    text = f'{{"errors": [{{"field": "", "code": "too_large", "message": "{refusal_zh}（{most} 字节）; {refusal_en} ({most} bytes)"}}]}}'
    body = text.encode()
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def hurried(milliseconds: int = api_milliseconds) -> Iterator[None]:
    """No statement inside may take longer; what does is ended by the database (QueryCanceled)."""
    _set(milliseconds)
    try:
        yield
    finally:
        _set(0)


def _set(milliseconds: int) -> None:
    if milliseconds:
        connection.ensure_connection()
    elif connection.connection is None or connection.connection.closed:
        return
    if connection.needs_rollback or connection.connection.info.transaction_status == 3:
        return  # the rollback brings back what was before
    connection.connection.execute("SELECT set_config('statement_timeout', %s, false)", (str(milliseconds),))


@contextmanager
def waited_for() -> Iterator[None]:
    """Somebody waits for the answer to what is done inside: who would be held up in it for long (see `patient`) is told so instead."""
    token = _is_waited_for.set(True)
    try:
        yield
    finally:
        _is_waited_for.reset(token)


def patient() -> None:
    """From now to the end of the transaction wait for no lock for ever, where somebody waits for the answer (LockNotAvailable). Work of our own has all the time it needs."""
    if _is_waited_for.get():
        connection.connection.execute("SELECT set_config('lock_timeout', %s, true)", (str(waiting_milliseconds),))
