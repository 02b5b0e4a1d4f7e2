"""How a connector reaches its peer: credentials added here, budget and breaker kept, answers turned into the contract's errors."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from jingwei.frame import egress, scope, secrets
from jingwei.frame.access import Access
from jingwei.frame.models import Secret
from jingwei.hub import contract
from jingwei.hub.contract import Response, Stream
from jingwei.hub.models import Connection, Interface, System
from jingwei.hub.peers import catalogue, grants
from jingwei.hub.peers.local import LocalResources

failures_to_open = 5
open_seconds = 20.0
safe_methods = ("GET", "HEAD")


class BreakerOpen(contract.Unreachable):
    """The peer failed too often; it is left alone until `until`. Nothing was sent."""

    code = "connector.breaker_open"

    def __init__(self, until: datetime) -> None:
        super().__init__("too many failures in a row; waiting before the next try")
        self.until = until


class HubSession:
    """Implements contract.Session for one connection."""

    def __init__(self, system: System, connection: Connection | None, project_id: int | None, access: Access | None = None) -> None:
        self.system, self.access = system, access
        self.connection = connection
        self.project_id = project_id
        self.config: Mapping[str, Any] = connection.config if connection else {}
        self.cache: dict[str, Any] = {}
        self._local: LocalResources | None = None

    @property
    def is_local(self) -> bool:
        """Whether this is our own side."""
        return self.system.connector == "local"

    @property
    def local(self) -> LocalResources:
        if not self.is_local:
            raise contract.Refused("only the local system has our own resources")
        if self._local is None:
            self._local = LocalResources(self.project_id, self.access, scope.current().tenant_id)
        return self._local

    def now(self) -> datetime:
        """The earlier of our clock and the peer's; see contract.Session."""
        ahead = (self.connection.clock_ahead if self.connection else None) or 0.0
        return timezone.now() + timedelta(seconds=min(0.0, ahead))

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """One call through egress; see contract.Session."""
        connection = self.connection
        if connection is None:
            raise contract.Unauthorised("this system has no connection yet")
        if connection.open_until and connection.open_until > timezone.now():
            raise BreakerOpen(connection.open_until)
        _spend(connection)
        url = str(self.config.get("base_url", "")).rstrip("/") + "/" + path.lstrip("/")
        try:
            answer = egress_of(connection).request(method, url, params=params, json=json, headers={**(headers or {}), **_credentials(connection)})
        except egress.EgressRefused as problem:
            raise contract.Refused(str(problem), mend=contract.Title(
                "检查系统地址与允许的主机", "Check the system's address and its allowed hosts")) from problem  # fmt: skip
        except egress.NotSent as problem:
            self._failed(str(problem))
            raise contract.Unreachable(str(problem)) from problem
        except egress.NoAnswer as problem:
            self._failed(str(problem))
            raise (contract.ServerFault if method in safe_methods else contract.UnknownOutcome)(str(problem)) from problem
        return self._judged(method, answer)

    def _judged(self, method: str, answer: Any) -> Response:
        response = Response(answer.status, answer.headers, answer.body, _parse)
        status = answer.status
        if status < 400:
            self._succeeded()
            return response
        text = f"{method} → {status}: {_excerpt(answer.body)}"
        if status == 429:
            raise contract.RateLimited(text, _retry_after(answer.headers))
        if status >= 500:
            self._failed(text)
            raise (contract.ServerFault if method in safe_methods or status == 503 else contract.UnknownOutcome)(text)
        self._succeeded()
        if status in (401, 403):
            raise contract.Unauthorised(text, mend=contract.Title("重新填写该系统的凭据", "Enter this system's credentials again"))
        if status in (404, 410):
            raise contract.Gone(text)
        if status in (409, 412):
            raise contract.Stale(text)
        raise contract.Refused(text)

    def _failed(self, text: str) -> None:
        connection = self.connection
        assert connection is not None
        connection.failures += 1
        connection.last_error, connection.last_error_at = text[:2000], timezone.now()
        if connection.failures >= failures_to_open:
            seconds = open_seconds if connection.failures < 4 * failures_to_open else 3 * open_seconds
            connection.open_until = timezone.now() + timedelta(seconds=seconds * random.uniform(0.75, 1.25))
        Connection.objects.filter(pk=connection.pk).update(
            failures=connection.failures, last_error=connection.last_error, last_error_at=connection.last_error_at, open_until=connection.open_until
        )

    def _succeeded(self) -> None:
        connection, now = self.connection, timezone.now()
        assert connection is not None
        if connection.failures or connection.last_ok_at is None or now - connection.last_ok_at > timedelta(seconds=10):
            connection.failures, connection.open_until, connection.last_ok_at = 0, None, now
            Connection.objects.filter(pk=connection.pk).update(failures=0, open_until=None, last_ok_at=now)


def session_for(interface: Interface, side: str) -> HubSession:
    """The session of one side of an interface."""
    system = interface.system(side)
    if system.connector == "local":
        return HubSession(system, None, interface.project_id, grants.access_for(interface))
    connection = Connection.objects.filter(system=system).select_related("credential").first()
    return HubSession(system, connection, interface.project_id)


def session_of(system: System, project_id: int | None = None) -> HubSession:
    """A session outside of any interface (testing a connection, listing its streams)."""
    connection = Connection.objects.filter(system=system).select_related("credential").first()
    return HubSession(system, connection, project_id)


@lru_cache(maxsize=256)
def _streams(connector: str, tenant_id: int, system_id: int, minute: int) -> dict[str, Stream]:
    system = System.objects.get(pk=system_id)
    return {s.name: s for s in catalogue.connector(connector).streams(session_of(system))}


def streams_of(system: System) -> dict[str, Stream]:
    """The streams a system offers, asked at most every five minutes."""
    return _streams(system.connector, system.tenant_id, system.pk, int(time.time() // 300))


def stream_of(interface: Interface, side: str) -> Stream:
    """The stream on one side."""
    return streams_of(interface.system(side))[interface.stream(side)]


@lru_cache(maxsize=256)
def _egress(hosts: tuple[str, ...], connection_id: int) -> egress.Egress:
    return egress.Egress(hosts=hosts)


def egress_of(connection: Connection) -> egress.Egress:
    """The kept-alive way out of a connection, bound to its hosts."""
    return _egress(tuple(connection.hosts), connection.pk)


def host_of(url: str) -> str:
    """host or host:port of an address, as hosts are bound."""
    parts = urlsplit(url)
    return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")


def _credentials(connection: Connection) -> dict[str, str]:
    auth = catalogue.manifest(connection.system.connector).get("auth", {})
    if auth.get("kind", "none") == "none" or connection.credential is None:
        return {}
    opened = _opened(connection.credential)
    match auth["kind"]:
        case "header":
            return {auth["header"]: opened["api_key"]}
        case "bearer":
            return {"Authorization": f"Bearer {opened['token']}"}
        case "basic":
            import base64

            pair = f"{opened['username']}:{opened['password']}".encode()
            return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    raise contract.Unauthorised(f"unknown auth kind {auth['kind']!r} in the manifest")


def _opened(secret: Secret) -> dict[str, str]:
    revealed = secrets.open_secret(secret).reveal()
    value = json.loads(revealed) if isinstance(revealed, str) else revealed
    assert isinstance(value, dict)
    return value


def _spend(connection: Connection) -> None:
    """One token of the connection's budget a minute, shared by this process; waits up to two seconds, then says when."""
    per_second = max(connection.requests_per_minute, 1) / 60
    bucket = _buckets.setdefault(connection.pk, [float(connection.requests_per_minute) / 6 + 1, time.monotonic()])
    now = time.monotonic()
    bucket[0] = min(bucket[0] + (now - bucket[1]) * per_second, connection.requests_per_minute / 6 + 1)
    bucket[1] = now
    if bucket[0] < 1:
        wait = (1 - bucket[0]) / per_second
        if wait > 2:
            raise contract.RateLimited("our own budget of requests a minute is spent", wait)
        time.sleep(wait)
        bucket[0] += wait * per_second
        bucket[1] = time.monotonic()
    bucket[0] -= 1


_buckets: dict[int, list[float]] = {}


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as problem:
        raise contract.BrokenAnswer(f"not JSON: {_excerpt(body)}") from problem


def _excerpt(body: bytes) -> str:
    return body[:300].decode("utf-8", "replace")


def _retry_after(headers: Mapping[str, str]) -> float:
    text = {k.lower(): v for k, v in headers.items()}.get("retry-after", "")
    return max(1.0, min(float(text), 3600.0)) if text.replace(".", "", 1).isdigit() else 10.0
