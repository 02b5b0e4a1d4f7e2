"""Webhooks: signed, retried until taken, kept over a kill, doubled on demand, silent during an outage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.program import Program, running, start
from tests.sandbox.receiver import Receiver, secret


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    it = Receiver()
    yield it
    it.close()


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[Program]:
    with running("tracker", tmp_path / "tracker.db", seed=False) as program:
        yield program


def _register(program: Program, url: str) -> None:
    assert program.call("POST", "/api/webhooks", {"url": url, "secret": secret}).status == 201


def _new(program: Program, subject: str = "接口联调") -> dict[str, Any]:
    return dict(program.call("POST", "/api/issues", {"project": "ERP-JOIN", "subject": subject}).json()["issue"])


def test_each_change_is_told_signed(tracker: Program, receiver: Receiver) -> None:
    _register(tracker, receiver.url)
    issue = _new(tracker)
    updated = tracker.call("PUT", f"/api/issues/{issue['id']}", {"done_ratio": 40}).json()["issue"]
    tracker.call("DELETE", f"/api/issues/{issue['id']}")
    told = receiver.wait(3)
    assert [body["type"] for _, body in told] == ["issue.created", "issue.updated", "issue.deleted"]
    assert [body["data"] for _, body in told] == [issue, updated, {"id": issue["id"], "key": issue["key"]}]
    for headers, body in receiver.taken:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(b"twenty-four bytes of key", signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_a_refused_delivery_is_tried_again_under_the_same_id(tracker: Program, receiver: Receiver) -> None:
    _register(tracker, receiver.url)
    receiver.refusals = 2
    _new(tracker)
    told = receiver.wait(1)
    assert told[0][1]["type"] == "issue.created"
    assert "<td>3</td>" in tracker.call("GET", "/webhooks").text  # attempts


def test_what_was_not_delivered_survives_a_kill(tmp_path: Path, receiver: Receiver) -> None:
    program = start("tracker", tmp_path / "tracker.db", seed=False)
    try:
        _register(program, receiver.url)
        receiver.refusals = 1000
        _new(program, "断电前登记")
    finally:
        program.kill()
    assert receiver.taken == []
    receiver.refusals = 0
    with running("tracker", tmp_path / "tracker.db", seed=False):
        assert receiver.wait(1)[0][1]["data"]["subject"] == "断电前登记"


def test_doubled_deliveries_carry_the_same_id(tracker: Program, receiver: Receiver) -> None:
    _register(tracker, receiver.url)
    tracker.switch(duplicate_webhooks=True)
    _new(tracker)
    told = receiver.wait(2)
    assert told[0][0]["webhook-id"] == told[1][0]["webhook-id"]
    assert told[0][1] == told[1][1]


def test_an_outage_holds_deliveries_back(tracker: Program, receiver: Receiver) -> None:
    _register(tracker, receiver.url)
    tracker.switch(outage=True)
    assert tracker.form("/issues/new", {"project": "WMS-PDA", "subject": "停机期间"}).status == 303
    time.sleep(0.8)
    assert receiver.taken == []
    tracker.switch(outage=False)
    assert receiver.wait(1)[0][1]["data"]["subject"] == "停机期间"


def test_a_removed_webhook_is_told_nothing_and_its_secret_is_never_shown(tracker: Program, receiver: Receiver) -> None:
    _register(tracker, receiver.url)
    listed = tracker.call("GET", "/api/webhooks")
    assert secret not in listed.text and secret not in tracker.call("GET", "/webhooks").text
    (hook,) = listed.json()["webhooks"]
    assert tracker.call("DELETE", f"/api/webhooks/{hook['id']}").status == 204
    _new(tracker)
    time.sleep(0.6)
    assert receiver.taken == []


@pytest.mark.parametrize("given", [{"url": "file:///etc/passwd", "secret": secret}, {"url": "http://x/", "secret": "short"}, {}])
def test_nonsense_is_not_registered(tracker: Program, given: dict[str, str]) -> None:
    assert tracker.call("POST", "/api/webhooks", given).status == 422
    assert tracker.call("GET", "/api/webhooks").json()["webhooks"] == []
