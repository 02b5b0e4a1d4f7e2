"""A very small ASGI application: routes, requests, answers, and the ways a connection can fail on purpose."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
body_limit = 1_000_000
page_policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass
class Request:
    """One call as received."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises BadRequest."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise BadRequest("the body is not JSON") from None
        if not isinstance(value, dict):
            raise BadRequest("the body is not a JSON object")
        return value

    def form(self) -> dict[str, str]:
        """The body as form fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def whole(self, name: str, default: int, low: int, high: int | None = None) -> int:
        """A whole number of the query, cut at `high`; raises BadRequest when it is none or below `low`."""
        try:
            value = int(self.query.get(name) or default)
        except ValueError:
            raise BadRequest(f"{name} is not a whole number") from None
        if value < low:
            raise BadRequest(f"{name} is below {low}")
        return value if high is None else min(value, high)

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}
        except CookieError:
            return {}

    @property
    def is_foreign(self) -> bool:
        """Whether a browser sent it from another site's page."""
        origin = self.headers.get("origin")
        if origin is not None and origin.partition("//")[2] != self.headers.get("host"):
            return True
        return self.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


@dataclass
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class BadRequest(Exception):
    """The call makes no sense; answered with 400."""


class Cut(Exception):
    """Close the connection without an answer."""


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"content-type": "application/json; charset=utf-8", "cache-control": "no-store", **(headers or {})})


def page_response(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page, with the strict policy every page of ours has."""
    fixed = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": page_policy,
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "vary": "accept-language, cookie",
    }
    return Response(status, html.encode(), fixed | dict(headers or {}))


def see_other(location: str) -> Response:
    """Go and GET that page."""
    return Response(303, b"", {"location": location})


Handler = Callable[..., Response]


class Router:
    """Paths to handlers: `/issues/{key}` passes `key` to the handler."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Answer `method path` with `handler(request, **parts)`."""
        self._routes.append((method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)), handler))

    def find(self, method: str, path: str) -> tuple[Handler | None, dict[str, str], list[str]]:
        """The handler, its parts, and the methods that the path does know."""
        known: list[str] = []
        for each, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and each == ("GET" if method == "HEAD" else method):
                return handler, match.groupdict(), [each]
            if match:
                known.append(each)
        return None, {}, known


async def read_request(scope: Mapping[str, Any], receive: Receive) -> Request | None:
    """The whole request; None when its body is too large."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the caller went away")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > body_limit:
            return None
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Request(scope["method"], scope["path"], query, headers, b"".join(chunks))


async def send_response(response: Response, send: Send) -> None:
    """Answer whole."""
    headers = response.headers if response.status in (204, 304) else response.headers | {"content-length": str(len(response.body))}
    await send({"type": "http.response.start", "status": response.status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": response.body})


async def send_half(response: Response, send: Send, receive: Receive) -> None:
    """Announce the whole answer, send half of it, hang up."""
    headers = response.headers | {"content-length": str(len(response.body))}
    await send({"type": "http.response.start", "status": response.status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True})
    await _hang_up(send, receive, abort=False)


async def cut_connection(send: Send, receive: Receive) -> None:
    """Hang up without a byte of answer."""
    await _hang_up(send, receive, abort=True)


async def _hang_up(send: Send, receive: Receive, *, abort: bool) -> None:
    # ASGI has no word for it; in uvicorn `send` is a method of the request cycle, which holds the transport.
    transport = send.__self__.transport  # type: ignore[attr-defined]
    if abort:
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
