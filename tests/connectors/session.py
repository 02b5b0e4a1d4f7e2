"""A small Session over loopback: plain http.client, answers turned into the contract's errors as the contract says."""

from __future__ import annotations

import http.client
import json as json_room
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from jingwei.hub.contract import (
    BrokenAnswer,
    ConnectorError,
    Forbidden,
    Gone,
    LocalPort,
    RateLimited,
    Refused,
    Response,
    ServerFault,
    Stale,
    Unauthorised,
    UnknownOutcome,
    Unreachable,
)

timeout_seconds = 10.0


@dataclass(frozen=True)
class Call:
    """One request as a connector made it."""

    method: str
    path: str
    params: Mapping[str, Any]
    json: Any
    headers: Mapping[str, str]

    @property
    def is_write(self) -> bool:
        """Whether it may change something over there."""
        return self.method not in ("GET", "HEAD")


@dataclass
class LoopbackSession:
    """Implements contract.Session. `credentials` are headers added to each call; `sent` remembers the calls."""

    base_url: str
    credentials: Mapping[str, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = timeout_seconds
    sent: list[Call] = field(default_factory=list)
    cache: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = {"base_url": self.base_url, **self.config}

    def now(self) -> datetime:
        """Our clock: the programs run on this machine."""
        return datetime.now(UTC)

    @property
    def local(self) -> LocalPort:
        """There is none."""
        raise LookupError("only the local system's session has our own resources")

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One call; raises the contract's errors for everything but 2xx."""
        call = Call(method, path, params or {}, json, headers or {})
        self.sent.append(call)
        parts = urlsplit(self.base_url)
        target = parts.path.rstrip("/") + "/" + path.lstrip("/") + (f"?{urlencode(params, doseq=True)}" if params else "")
        body = None if json is None else json_room.dumps(json).encode()
        more = {**(headers or {}), **self.credentials, **({"Content-Type": "application/json"} if body is not None else {})}
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self.timeout)
        try:
            try:
                connection.connect()
            except OSError as problem:
                raise Unreachable(str(problem)) from problem
            try:
                connection.request(method, target, body, more)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as problem:
                raise (UnknownOutcome if call.is_write else ServerFault)(f"no whole answer: {problem!r}") from problem
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            refuse(call, answer.status, content, answer.headers.get("Retry-After"))
        return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content, _parse)


def refuse(call: Call, status: int, content: bytes, retry_after: str | None) -> NoReturn:
    """Raise what an answer that is no success stands for, with what it said."""
    try:
        _refuse(call, status, content, retry_after)
    except ConnectorError as problem:
        problem.status = status
        if problem.said is None:
            with suppress(ValueError):
                problem.said = json_room.loads(content)
        raise


def _refuse(call: Call, status: int, content: bytes, retry_after: str | None) -> NoReturn:
    text = f"{call.method} {call.path} → {status}: {content[:200].decode('utf-8', 'replace')}"
    if status == 429:
        raise RateLimited(text, float(retry_after or 1))
    if status == 401:
        raise Unauthorised(text)
    if status == 403:
        raise Forbidden(text)
    if status in (404, 410):
        try:
            raise Gone(text, said=json_room.loads(content) if content else None)
        except ValueError:
            raise ServerFault(text) from None
    if status in (409, 412):
        raise Stale(text)
    if status >= 500:
        raise (UnknownOutcome if call.is_write and status != 503 else ServerFault)(text)
    raise Refused(text)


def _parse(content: bytes) -> Any:
    try:
        return json_room.loads(content)
    except ValueError as problem:
        raise BrokenAnswer(f"not JSON: {content[:80]!r}") from problem
