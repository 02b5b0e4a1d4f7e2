"""An address on loopback that takes webhook deliveries and remembers them."""

from __future__ import annotations

import base64
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import in_background

secret = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()


class Receiver:
    """An address that takes deliveries and remembers them."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.refusals = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                refused = receiver.refusals > 0
                receiver.refusals -= refused
                if not refused:
                    receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(503 if refused else 202)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/in"
        self._thread = in_background(self._server)

    def wait(self, count: int, seconds: float = 15) -> list[tuple[dict[str, str], Any]]:
        """The deliveries, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.taken) < count:
            assert time.monotonic() < deadline, f"{len(self.taken)} deliveries of {count}"
            time.sleep(0.02)
        return [(headers, json.loads(body)) for headers, body in self.taken]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
