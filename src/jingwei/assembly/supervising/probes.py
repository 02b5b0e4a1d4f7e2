"""Asking the web server whether it answers, and ports whether they are free."""

from __future__ import annotations

import socket
from collections.abc import Collection


def web_answers(host: str, port: int, *, seconds: float = 5.0) -> bool:
    """Whether its health check says so. That the port takes connections proves nothing."""
    try:
        with socket.create_connection((reachable(host), port), timeout=seconds) as probe:
            probe.sendall(b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in probe.recv(200)
    except OSError:
        return False


def reachable(host: str) -> str:
    """An address of this machine at which a server bound to `host` is reached."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def listens(port: int) -> bool:
    """Whether somebody takes connections on this machine's port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def port_is_free(host: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)  # a port that is bound without listening may be bound again, but not listened on
        except OSError:
            return False
        return True


def free_port(host: str, wanted: int, taken: Collection[int] = ()) -> int:
    """The wanted port, or the next free one above it, or any. OSError when there is none at all."""
    for port in range(wanted, min(wanted + 200, 65_536)):
        if port not in taken and port_is_free(host, port):
            return port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def listening(host: str, port: int) -> socket.socket:
    """The socket on which the web server will listen. The supervisor keeps it: who comes while the server restarts waits instead of being refused."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(4096)
    made.setblocking(False)
    made.set_inheritable(True)
    return made
