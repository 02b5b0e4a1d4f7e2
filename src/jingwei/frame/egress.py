"""The one way out: every outgoing connection is checked, bound, limited and counted here."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from prometheus_client import Counter, Histogram

requests_total = Counter("jingwei_egress_requests_total", "Outgoing requests", ["host", "outcome"])
seconds = Histogram("jingwei_egress_seconds", "Duration of outgoing requests", ["host"])
default_limit = 32_000_000
whole_seconds = 60.0  # from the request to the last byte: a peer that drips is no answer


class EgressRefused(Exception):
    """Not allowed to go there; nothing was resolved further or sent."""


class NotSent(Exception):
    """Nothing was sent (no name, no connection): safe to try again."""


class NoAnswer(Exception):
    """It was sent and no whole answer came."""


class CutShort(NoAnswer):
    """An answer began and did not end as it promised."""


class TooLarge(NoAnswer):
    """The answer is larger than we take."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body (within the limit)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def allowed_by_operator(address: str, port: int) -> bool:
    """JINGWEI_EGRESS_ALLOW lists networks (10.1.0.0/16) or host:port pairs that may be reached although not public."""
    ip = ipaddress.ip_address(address)
    for entry in filter(None, (e.strip() for e in os.environ.get("JINGWEI_EGRESS_ALLOW", "").split(","))):
        try:
            if "/" in entry and ip in ipaddress.ip_network(entry, strict=False):
                return True
            if "/" not in entry and entry == f"{address}:{port}":
                return True
        except ValueError:
            continue
    return False


def gate(host: str, port: int) -> str:
    """Resolve a host once and return the one address that may be connected to; EgressRefused otherwise."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise NotSent(f"the name {host} cannot be resolved") from problem
    for *_, where in found:
        address = str(where[0]).partition("%")[0]
        ip = ipaddress.ip_address(address)
        mapped = getattr(ip, "ipv4_mapped", None)
        checked = mapped or ip
        if (checked.is_global and not checked.is_multicast) or allowed_by_operator(str(checked), port):
            return address
    raise EgressRefused(f"{host} is not a public address; an operator may allow it by JINGWEI_EGRESS_ALLOW")


def resolved(host: str, port: int) -> str:
    """The lowest address a name stands for, so that two names of one machine are seen to be one; the name itself when it stands for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return host.lower()
    loopback = {str(where[0]) for *_, where in found if ipaddress.ip_address(str(where[0]).partition("%")[0]).is_loopback}
    return "127.0.0.1" if loopback else min(str(where[0]) for *_, where in found)


class Egress:
    """A kept-alive way to a set of hosts. Credentials given to `request` go to these hosts only."""

    def __init__(
        self, *, hosts: tuple[str, ...] | list[str], timeout_seconds: float = 15.0, limit_bytes: int = default_limit, whole_seconds: float = whole_seconds
    ) -> None:
        self.hosts = frozenset(h.lower() for h in hosts)
        self.limit_bytes = limit_bytes
        self.whole_seconds = whole_seconds
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(timeout_seconds, connect=5.0), follow_redirects=False, trust_env=False, verify=True,
            limits=httpx2.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=30.0),
        )  # fmt: skip

    def close(self) -> None:
        """Close what is kept alive."""
        self._client.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request to exactly the address that was checked. Redirects are not followed."""
        parts = _checked(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").lower()
        if host not in self.hosts and f"{host}:{port}" not in self.hosts:
            raise EgressRefused(f"{host} is not among the hosts these credentials are bound to")
        address = gate(host, port)
        shown = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{shown}:{port}").geturl()
        try:
            request = self._client.build_request(
                method, target, params=dict(params) if params else None, json=json, content=content,
                headers={**(headers or {}), "Host": parts.netloc}, extensions={"sni_hostname": host},
            )  # fmt: skip
        except (TypeError, ValueError, RecursionError, httpx2.InvalidURL) as problem:
            raise EgressRefused(f"this cannot be sent: {problem}") from problem
        with seconds.labels(host).time():
            return self._send(request, host)

    def _send(self, request: httpx2.Request, host: str) -> Answer:
        end = time.monotonic() + self.whole_seconds
        try:
            response = self._client.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as problem:
            requests_total.labels(host, "not_sent").inc()
            raise NotSent(f"{host}: {type(problem).__name__}") from None
        except httpx2.LocalProtocolError as problem:
            raise EgressRefused(f"this cannot be sent: {problem}") from None
        except httpx2.HTTPError as problem:
            requests_total.labels(host, "no_answer").inc()
            raise NoAnswer(f"{host}: {type(problem).__name__}") from None
        try:
            body = self._body(response, host, end)
        except (httpx2.HTTPError, NoAnswer) as problem:
            requests_total.labels(host, "no_answer").inc()
            raise problem if isinstance(problem, NoAnswer) else CutShort(f"{host}: {type(problem).__name__}") from None
        finally:
            response.close()
        requests_total.labels(host, str(response.status_code)).inc()
        return Answer(response.status_code, dict(response.headers), body)

    def _body(self, response: httpx2.Response, host: str, end: float) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > self.limit_bytes:
                raise TooLarge(f"{host}: the answer is larger than {self.limit_bytes} bytes")
            if time.monotonic() > end:
                raise CutShort(f"{host}: the answer was not whole after {self.whole_seconds:.0f} s")
        return bytes(body)


def _checked(url: str) -> Any:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise EgressRefused("the address cannot be read") from problem
    if parts.scheme not in ("http", "https"):
        raise EgressRefused("only http and https")
    if parts.username is not None or parts.password is not None or not parts.hostname or port == 0:
        raise EgressRefused("the address must name a host and no user")
    if any(ord(c) < 33 for c in url) or "\\" in url:
        raise EgressRefused("the address contains forbidden characters")
    return parts
