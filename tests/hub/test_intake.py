"""The intake of webhooks: an address answers as its scheme asks, and only then. How each scheme signs: tests/hub/kit/test_receiving.py."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from jingwei.frame.work import disk
from jingwei.hub.inbox import intake
from jingwei.hub.inbox.intake import Intake
from jingwei.hub.kit import receiving
from jingwei.hub.kit.receiving.sealed import _Callback


class Asked:
    """The intake without a database: one address whose scheme and keys a test says, and what was stored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, scheme: str, *keys: bytes) -> None:
        self.inbox, self.stored, self.told = Intake(), [], []  # type: ignore[var-annotated]
        self.endpoint = intake.Endpoint(1, 1, receiving.scheme_of({"scheme": scheme}), keys, time.monotonic())

        async def ready() -> None: ...

        async def store(endpoint: intake.Endpoint, taken: receiving.Taken, headers: dict[str, str]) -> Any:
            self.stored.append(taken)
            return (200, receiving.Answered(taken.answer)) if taken.answer is not None else (202, "accepted")

        monkeypatch.setattr(self.inbox, "_ready", ready)
        monkeypatch.setattr(self.inbox, "_store", store)
        monkeypatch.setattr(intake, "load_endpoint", lambda name: self.endpoint if name == "known" else None)
        monkeypatch.setattr(intake, "keep_secret", lambda endpoint, told: self.told.append(told) is None)
        monkeypatch.setattr(disk, "is_low", lambda: False)

    def asked(self, method: str = "POST", query: str = "", body: bytes = b"", **headers: str) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers and body of an answer."""
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"method": method, "path": "/hooks/known", "query_string": query.encode(), "headers": named}
        asyncio.run(self.inbox(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_an_address_answers_only_as_its_scheme_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = Asked(monkeypatch, "standard", b"k")
    assert [tracker.asked(method)[0] for method in ("GET", "HEAD", "PUT", "POST")] == [405, 405, 405, 401]
    assert tracker.asked(webhook_signature="v1,x", webhook_id="1", webhook_timestamp="1")[0] == 401
    assert tracker.asked(query="&".join(f"a{n}=1" for n in range(60)), webhook_signature="v1,x")[0] == 401
    trello = Asked(monkeypatch, "trello", b"k")
    assert trello.asked("HEAD") == (200, {b"content-type": b"text/plain; charset=utf-8", b"content-length": b"0"}, b"")
    assert not tracker.stored and not trello.stored


def test_a_secret_that_is_told_is_kept_before_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    asana = Asked(monkeypatch, "asana")
    status, headers, _body = asana.asked(x_hook_secret="s3cret")
    assert (status, headers[b"x-hook-secret"], asana.told) == (200, b"s3cret", ["s3cret"])
    monkeypatch.setattr(intake, "keep_secret", lambda endpoint, told: False)
    assert asana.asked(x_hook_secret="another")[0] == 401, "somebody was quicker"


def test_a_sender_hears_what_it_wants_to_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "token:jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
    each = _Callback(key.encode())
    sealed, stamp = each.closed('{"EventType": "org_dept_modify"}', "suite"), str(int(time.time() * 1000))
    query = urlencode({"timestamp": stamp, "nonce": "n", "signature": each.mark(stamp, "n", sealed)})
    ding = Asked(monkeypatch, "dingtalk", key.encode())
    status, _headers, said = ding.asked(query=query, body=json.dumps({"encrypt": sealed}).encode())
    assert status == 200 and each.opened(json.loads(said)["encrypt"])[0] == "success"
    assert [taken.body for taken in ding.stored] == [b'{"EventType": "org_dept_modify"}']


@pytest.mark.parametrize("name", ["\x00", "%00", "a\x00b", "\ud800", "²", "x" * 5000, "..", " "])
def test_what_can_be_no_address_of_ours_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is not asked for what it cannot hold: that was told as if it were away."""
    inbox = Intake()

    async def ready() -> None: ...

    monkeypatch.setattr(inbox, "_ready", ready)
    monkeypatch.setattr(intake, "load_endpoint", lambda asked: pytest.fail(repr(asked)) if not asked.isprintable() or len(asked) > 100 else None)
    monkeypatch.setattr(disk, "is_low", lambda: False)
    scope = {"method": "POST", "path": f"/hooks/{name}", "headers": []}
    assert asyncio.run(inbox._answer(scope, None)) == (404, "no such address")  # type: ignore[arg-type]
