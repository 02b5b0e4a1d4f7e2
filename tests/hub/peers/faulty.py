"""A peer on the loopback that answers as it is told: bytes on a socket, so that every fault can be made."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jingwei.hub import contract
from jingwei.hub.contract import Check, Field, Stream, Title

Act = Callable[[socket.socket, "Asked"], None]


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


def answer(status: int = 200, body: bytes | Any = b"{}", *, length: int | None = None, **headers: str) -> Act:
    """Answer with this; `length` lies about the body. Header names are given with `_` for `-`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def act(wire: socket.socket, asked: Asked) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(raw) if length is None else length}", "Connection: close"]
        given = {"Content_Type": "application/json", **headers}
        wire.sendall("\r\n".join([*lines, *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]).encode() + b"\r\n\r\n" + raw)

    return act


def reset(wire: socket.socket, asked: Asked) -> None:
    """Close with RST."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(wire: socket.socket, asked: Asked) -> None:
    """Never answer (until the other side gives up)."""
    wire.settimeout(5)
    try:
        wire.recv(1)
    except OSError:
        pass


def drip(wire: socket.socket, asked: Asked) -> None:
    """A byte every 50 ms."""
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    try:
        while True:
            wire.sendall(b" ")
            time.sleep(0.05)
    except OSError:
        pass


@dataclass
class Peer:
    """The running peer: `now` is what it does, `asked` what it was asked. `/check` is answered by `check`."""

    port: int = 0
    now: Act = field(default_factory=answer)
    check: Act = field(default_factory=lambda: answer(200, {"account": "robot"}))
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def count(self) -> int:
        """Requests so far, checks left out."""
        return sum(each.path != "/check" for each in self.asked)

    def serve(self, wire: socket.socket) -> None:
        with wire:
            try:
                asked = _read(wire)
                with self.lock:
                    self.asked.append(asked)
                (self.check if asked.path == "/check" else self.now)(wire, asked)
            except OSError:
                pass


def _read(wire: socket.socket) -> Asked:
    wire.settimeout(5)
    raw = b""
    while b"\r\n\r\n" not in raw:
        part = wire.recv(65536)
        if not part:
            raise OSError("nothing was asked")
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += wire.recv(65536)
    method, path, _ = first.split(" ", 2)
    return Asked(method, path, headers, body, time.monotonic())


@contextmanager
def running() -> Iterator[Peer]:
    """The peer, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as door:
        peer = Peer(door.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    wire, _ = door.accept()
                except OSError:
                    return
                threading.Thread(target=peer.serve, args=(wire,), daemon=True).start()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield peer
        door.shutdown(socket.SHUT_RDWR)
        thread.join(5)


class FaultyConnector:
    """As little of a connector as the sessions need."""

    def check(self, session: contract.Session) -> Check:
        return Check(ok=True, account=str(session.request("GET", "/check").json()["account"]))

    def streams(self, session: contract.Session) -> Sequence[Stream]:
        rows: Iterable[Any] = session.request("GET", "/choices").json()["rows"]
        return (Stream("things", Title("物", "Things"), (Field("kind", "enum", Title("类", "Kind"), choices=tuple((r, r) for r in rows)),)),)


@dataclass
class Entry:
    """How the catalogue knows it."""

    manifest: dict[str, Any] = field(default_factory=lambda: {"auth": {"kind": "header", "header": "X-Key"}})
    factory: Callable[[], Any] = FaultyConnector
