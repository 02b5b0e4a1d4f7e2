"""What tests of webhooks share: a receiver that answers as it is told, and a webhook that sends to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from jingwei.frame.models import Sending, Webhook
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House, house, inside  # noqa: F401  (fixtures)
from tests.serving import in_background


class Receiver:
    """An address on loopback that answers as it is told, and remembers what came."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []  # for the next ones; then 200
        self.slow_seconds = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                time.sleep(receiver.slow_seconds)
                status, headers, answer = receiver.answers.pop(0) if receiver.answers else (200, {}, b"thank you")
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/in?a=b"
        self.thread = in_background(self.server)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", f"127.0.0.1:{made.port}")
    yield made
    made.close()


@pytest.fixture
def hook(house: House, inside: Any, receiver: Receiver) -> Iterator[Webhook]:  # noqa: F811
    """A webhook of the administrator's that hears of risks; the test works in the organisation's scope."""
    with inside():
        given = {"name": "BI", "url": receiver.url, "facts": "risk.risk.*"}
        yield commands.create(resource("frame.webhook"), given, access_of(house.owner, house.tenant))


def fresh(hook: Webhook) -> Webhook:
    return Webhook.objects.get(pk=hook.pk)


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver would check it, by the text of Standard Webhooks and nothing of ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in headers["webhook-signature"].split(" "))


def due_now(**what: Any) -> None:
    """The pause is over."""
    Sending.objects.filter(**what).update(due_at=timezone.now())
    Webhook.objects.update(paused_until=None)
