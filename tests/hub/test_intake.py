"""Webhook signatures: every byte counts, old ones are refused, two keys may live side by side."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.frame.work import disk
from jingwei.hub.inbox import intake
from jingwei.hub.inbox.intake import Intake, tolerance_seconds, verified

scheme = {"scheme": "standard"}
key, other = b"a key", b"another key"
now = 1_795_000_000.0


def headers(body: bytes, *, at: float = now, event_id: str = "evt-1", signing: bytes = key) -> dict[str, str]:
    """Headers as a well-behaved sender makes them."""
    mark = hmac.new(signing, f"{event_id}.{int(at)}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": event_id, "webhook-timestamp": str(int(at)), "webhook-signature": "v1," + base64.b64encode(mark).decode()}


def test_a_good_signature_gives_the_event_id() -> None:
    assert verified(scheme, (key,), headers(b"{}"), b"{}", now) == "evt-1"
    assert verified(scheme, (other, key), headers(b"{}"), b"{}", now) == "evt-1", "the key of before still opens"


@given(st.binary(min_size=1, max_size=200), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_flipped_bit_is_refused(body: bytes, place: int, change: int) -> None:
    bad = bytearray(body)
    bad[place % len(body)] ^= change
    assert verified(scheme, (key,), headers(body), bytes(bad), now) is None


def test_old_future_foreign_and_missing_are_refused() -> None:
    body = b"{}"
    assert verified(scheme, (key,), headers(body, at=now - tolerance_seconds - 1), body, now) is None
    assert verified(scheme, (key,), headers(body, at=now + tolerance_seconds + 1), body, now) is None
    assert verified(scheme, (key,), headers(body, at=now - tolerance_seconds), body, now) == "evt-1"
    assert verified(scheme, (other,), headers(body), body, now) is None
    for missing in headers(body):
        assert verified(scheme, (key,), {k: v for k, v in headers(body).items() if k != missing}, body, now) is None
    assert verified(scheme, (key,), {**headers(body), "webhook-id": "evt-2"}, body, now) is None
    assert verified(scheme, (), headers(body), body, now) is None


def test_a_github_style_signature_is_checked_too() -> None:
    body = b'{"a":1}'
    mark = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    hub = {"scheme": "hub_sha256", "signature_header": "X-Hub-Signature-256", "id_header": "X-GitHub-Delivery"}
    assert verified(hub, (key,), {"x-hub-signature-256": mark, "x-github-delivery": "d-1"}, body, now) == "d-1"
    assert verified(hub, (key,), {"x-hub-signature-256": mark, "x-github-delivery": "d-1"}, body + b" ", now) is None


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
