"""The helper that reads strangers' files: takes a request a connection, forks, and lets the child work within its limits. Knows no Django and no secrets."""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

rooms = ("jingwei.kernels.",)
idle_seconds = 600  # then it ends and gives its memory back; the next file starts another


class TooMuch(Exception):
    """Processor time is used up."""


def answer_of(work: str, content: bytes, given: tuple[Any, ...]) -> tuple[str, Any]:
    """What a reader says: ("done", value), ("refused", (zh, en, code)), ("beyond", None) or ("failed", text)."""
    try:
        return "done", _function(work)(content, *given)
    except (MemoryError, RecursionError, TooMuch):
        return "beyond", None
    except Exception as problem:
        if (zh := getattr(problem, "zh", None)) is not None:
            return "refused", (zh, str(problem), type(problem).__name__)
        return "failed", f"{type(problem).__name__}: {problem}"[:500]


def _function(work: str) -> Callable[..., Any]:
    module, _colon, name = work.partition(":")
    if not module.startswith(rooms):
        raise LookupError(work)
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(min(1 << 20, count - len(parts)))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _bounded(memory_mb: int, cpu_seconds: int, seconds: int) -> None:
    import resource

    def stop(*_: Any) -> None:
        raise TooMuch

    with open("/proc/self/statm") if os.path.exists("/proc/self/statm") else open(os.devnull) as told:
        pages = told.read().split()
    held = int(pages[0]) * resource.getpagesize() if pages else 0
    most = held + memory_mb * 1_000_000
    if pages:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + 1
    signal.signal(signal.SIGXCPU, stop)
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_seconds, used + cpu_seconds + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)


def _child(connection: socket.socket) -> None:
    """Read the request, work, answer."""
    connection.settimeout(60)
    first, second = struct.unpack("!QQ", _exactly(connection, 16))
    work, given, memory_mb, cpu_seconds, seconds, answer_mb = pickle.loads(_exactly(connection, first))
    content = _exactly(connection, second)
    _bounded(memory_mb, cpu_seconds, seconds)
    found = answer_of(work, content, given)
    gc.disable()
    try:
        told = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
    except (MemoryError, TooMuch):
        told = pickle.dumps(("beyond", None))
    if len(told) > answer_mb * 1_000_000:
        told = pickle.dumps(("beyond", None))
    connection.sendall(told)


def main() -> None:
    """Serve until the other end is closed, or nothing has come for a while."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the system
    for name in ("jingwei.kernels.sheets", "jingwei.kernels.pictures"):
        importlib.import_module(name)
    control.settimeout(idle_seconds)
    while True:
        try:
            message, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
        except TimeoutError:
            return
        if not message:
            return
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            if message == b"x":
                _serve(control, connection)
            else:
                connection.close()
        if message == b"p":
            _load_plans()


def _load_plans() -> None:
    """The schedule readers, which take long to load, are loaded before the first file that needs them."""
    importlib.import_module("jingwei.kernels.planfile.reading")


def _serve(control: socket.socket, connection: socket.socket) -> None:
    """Fork for one request."""
    try:
        connection.settimeout(10)
        head = connection.recv(4096, socket.MSG_PEEK | socket.MSG_DONTWAIT) if hasattr(socket, "MSG_DONTWAIT") else b""
    except OSError:
        head = b""
    if b"jingwei.kernels.planfile" in head:
        _load_plans()
    if os.fork() == 0:
        code = 1
        try:
            control.close()
            _child(connection)
            code = 0
        finally:
            connection.close()
            os._exit(code)
    connection.close()


if __name__ == "__main__":
    main()
