"""The one way out: every outgoing connection is checked, bound, limited and counted here."""

from __future__ import annotations

import functools
import ipaddress
import math
import os
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from prometheus_client import Counter, Histogram

from jingwei.frame.walls import scrub

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


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_compatible = ipaddress.ip_network("::/96")
_nat64 = ipaddress.ip_network("64:ff9b::/96")
_nat64_local = ipaddress.ip_network("64:ff9b:1::/48")
_translated = ipaddress.ip_network("::ffff:0:0:0/96")
_public = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out; the rest is special or not anybody's yet
_special = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("192.88.99.0/24"))  # for examples, and for relays into other networks
_isatap = (0x0000_5EFE, 0x0200_5EFE)


def allowed_by_operator(address: str, port: int) -> bool:
    """JINGWEI_EGRESS_ALLOW lists networks (10.1.0.0/16) or address:port pairs that may be reached although not public.

    A wide network opens neither this machine itself nor link-local addresses (cloud metadata): those are named by themselves.
    """
    ip = ipaddress.ip_address(address)
    shown = f"[{address}]" if ip.version == 6 else address
    for entry in filter(None, (e.strip() for e in os.environ.get("JINGWEI_EGRESS_ALLOW", "").split(","))):
        try:
            if "/" in entry and _opens(ipaddress.ip_network(entry, strict=False), ip):
                return True
            if "/" not in entry and entry == f"{shown}:{port}":
                return True
        except ValueError:
            continue
    return False


def _opens(network: ipaddress.IPv4Network | ipaddress.IPv6Network, ip: Address) -> bool:
    if ip not in network:
        return False
    return (network.is_loopback or not ip.is_loopback) and (network.is_link_local or not ip.is_link_local) and not ip.is_unspecified


def inner(ip: Address) -> list[Address]:
    """Every address that a packet sent there may end up at: itself, or the IPv4 address that a form of IPv6 carries."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return [ip]
    number = int(ip)
    last = ipaddress.IPv4Address(number & 0xFFFF_FFFF)
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if ip in _nat64 or ip in _translated or (ip in _compatible and not ip.is_loopback and not ip.is_unspecified):
        return [last]
    if ip in _nat64_local:  # where in it the address lies is the network's own choice: none of its readings may be private
        return [ip, last, ipaddress.IPv4Address((number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF)]
    if ip.sixtofour is not None:
        return [ip.sixtofour]
    if ip.teredo is not None:
        return [ip, *ip.teredo]
    if number >> 32 & 0xFFFF_FFFF in _isatap:
        return [ip, last]
    return [ip]


def may_be_reached(ip: Address, port: int) -> bool:
    """Public, or allowed by the operator: in every reading of it."""
    return all(_is_public(each) or allowed_by_operator(str(each), port) for each in inner(ip))


def _is_public(ip: Address) -> bool:
    """Some versions of Python call more than this global."""
    if not ip.is_global or ip.is_multicast or any(ip in network for network in _special):
        return False
    return ip.version == 4 or (ip in _public and ip.teredo is None)


def ascii_host(host: str) -> str:
    """A host as it goes over the wire: names in other scripts have a form in ASCII. EgressRefused when there is none."""
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError as problem:
        raise EgressRefused("the host name cannot be read") from problem


def _ascii_bound(bound: str) -> str:
    """The same of what a way is bound to: `host`, `host:port`, `https://host[:port]`."""
    if bound.isascii():
        return bound.lower()
    scheme, mark, rest = bound.rpartition("://")
    host, colon, port = rest.partition(":")
    return f"{scheme}{mark}{ascii_host(host)}{colon}{port}"


def gate(host: str, port: int) -> str:
    """Resolve a host once and return the one address that may be connected to; EgressRefused otherwise."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise NotSent(f"the name {host} cannot be resolved") from problem
    for *_, where in found:
        address = str(where[0]).partition("%")[0]
        if may_be_reached(ipaddress.ip_address(address), port):
            return address
    raise EgressRefused(f"{host} is not a public address; an operator may allow it by JINGWEI_EGRESS_ALLOW")


def is_allowed_in_clear(host: str, port: int) -> bool:
    """Whether the operator allows the address that a host stands for, so that what goes there stays within his network."""
    try:
        address = gate(host, port)
    except (EgressRefused, NotSent):
        return False
    return all(allowed_by_operator(str(each), port) for each in inner(ipaddress.ip_address(address)))


def connected(host: str, port: int, seconds: float) -> socket.socket:
    """A checked connection for what speaks no HTTP, such as a scanner of files; whoever asks for it closes it. EgressRefused, NotSent."""
    address = gate(host, port)
    try:
        return socket.create_connection((address, port), timeout=seconds)
    except OSError as problem:
        raise NotSent(f"{host}: {type(problem).__name__}") from problem


def resolved(host: str, port: int) -> str:
    """The lowest address a name stands for, so that two names of one machine are seen to be one; the name itself when it stands for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return host.lower()
    loopback = {str(where[0]) for *_, where in found if ipaddress.ip_address(str(where[0]).partition("%")[0]).is_loopback}
    return "127.0.0.1" if loopback else min(str(where[0]) for *_, where in found)


def trusted() -> ssl.SSLContext:
    """What checks the certificates of peers: this machine's authorities, read once and again when they change (it takes 50 ms of a processor)."""
    file = ssl.get_default_verify_paths().openssl_cafile
    return _trusted(os.stat(file).st_mtime_ns if os.path.isfile(file) else 0)


@functools.lru_cache(maxsize=1)
def _trusted(_changed: int) -> ssl.SSLContext:
    return httpx2.create_ssl_context(verify=True, trust_env=False)


_end: ContextVar[float] = ContextVar("jingwei_egress_end", default=math.inf)
_piece = 16_384  # what is written at once: each piece has only the time that is left


def _left(timeout: float | None, late: type[Exception]) -> float:
    """How long one step may take of a request that has an end: headers that drip, and "go on waiting" (1xx) again and again, are no answer."""
    left = _end.get() - time.monotonic()
    if left <= 0:
        raise late("the time is over")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step ends with the request."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _piece):
            self._inner.write(buffer[start : start + _piece], _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore2.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore2.SyncBackend):
    """Connections of that kind."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *given: Any, **more: Any) -> httpcore2.NetworkStream:
        return _Stream(super().connect_tcp(host, port, _left(timeout, httpcore2.ConnectTimeout), *given, **more))


class _Transport(httpx2.HTTPTransport):
    """httpx over them, without proxies."""

    def __init__(self) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trusted(), max_connections=8, max_keepalive_connections=4, keepalive_expiry=30.0, network_backend=_Network()
        )


class Egress:
    """A kept-alive way to a set of hosts. Credentials given to `request` go to these hosts only.

    A host is bound as `host` or `host:port`, or as `https://host[:port]`: then nothing is ever sent to it in clear.
    """

    def __init__(
        self, *, hosts: tuple[str, ...] | list[str], timeout_seconds: float = 15.0, limit_bytes: int = default_limit, whole_seconds: float = whole_seconds
    ) -> None:
        self.hosts = frozenset(_ascii_bound(h) for h in hosts)
        self.limit_bytes = limit_bytes
        self.whole_seconds = whole_seconds
        self._client = httpx2.Client(timeout=httpx2.Timeout(timeout_seconds, connect=5.0), follow_redirects=False, trust_env=False, transport=_Transport())

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
        login: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
    ) -> Answer:
        """One request to exactly the address that was checked. Redirects are not followed.

        `login` are the headers that let us in. They, and the further `secrets`, are struck out of whatever comes back.
        """
        scrubber = scrub.Scrubber([*scrub.secrets_of_login(login or {}), *secrets])
        try:
            answer = self._asked(method, url, params, json, content, {**(headers or {}), **(login or {})})
        except (EgressRefused, NotSent, NoAnswer) as problem:
            said = scrubber.text(str(problem))
            raise (problem if said == str(problem) else type(problem)(said)) from None
        return Answer(answer.status, {name: scrubber.text(value) for name, value in answer.headers.items()}, scrubber.body(answer.body))

    def _bound(self, scheme: str, host: str, port: int) -> None:
        names = {host, f"{host}:{port}"}
        if not names & self.hosts and not {f"https://{name}" for name in names} & self.hosts:
            raise EgressRefused(f"{host} is not among the hosts these credentials are bound to")
        if scheme != "https" and not names & self.hosts:
            raise EgressRefused(f"the credentials for {host} are bound to https: they are not sent in clear")

    def _asked(self, method: str, url: str, params: Mapping[str, Any] | None, json: Any, content: bytes | None, headers: Mapping[str, str]) -> Answer:
        parts = _checked(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = ascii_host(parts.hostname or "")
        self._bound(parts.scheme, host, port)
        address = gate(host, port)
        shown = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{shown}:{port}").geturl()
        try:
            request = self._client.build_request(
                method, target, params=dict(params) if params else None, json=json, content=content,
                headers={**headers, "Host": _host_header(parts, host)}, extensions={"sni_hostname": host},
            )  # fmt: skip
        except (TypeError, ValueError, RecursionError, httpx2.InvalidURL) as problem:
            raise EgressRefused(f"this cannot be sent: {problem}") from problem
        with seconds.labels(host).time():
            return self._send(request, host)

    def _send(self, request: httpx2.Request, host: str) -> Answer:
        end = time.monotonic() + self.whole_seconds
        before = _end.set(end)
        try:
            return self._answered(request, host, end)
        finally:
            _end.reset(before)

    def _answered(self, request: httpx2.Request, host: str, end: float) -> Answer:
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


def _host_header(parts: Any, host: str) -> str:
    if parts.netloc.isascii():
        return str(parts.netloc)
    return host if parts.port is None else f"{host}:{parts.port}"


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
