"""Every fault of a peer, met by a read and by a write: which of the contract's errors it is, and what it does to the connection."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.models import Connection
from jingwei.hub.peers import budget
from jingwei.hub.peers.session import HubSession
from tests.hub.peers import faulty
from tests.hub.peers.faulty import Peer, answer

Sessions = Callable[[], HubSession]
broken, unknown, fault, limited = contract.BrokenAnswer, contract.UnknownOutcome, contract.ServerFault, contract.RateLimited
page = b"<html><body>Log in</body></html>"
in_20_seconds = format_datetime(timezone.now().replace(microsecond=0) + timezone.timedelta(seconds=20), usegmt=True)

faults: dict[str, tuple[faulty.Act, type[Exception], type[Exception]]] = {
    "silence": (faulty.silence, fault, unknown),
    "reset": (faulty.reset, fault, unknown),
    "429 seconds": (answer(429, Retry_After="7"), limited, limited),
    "429 date": (answer(429, Retry_After=in_20_seconds), limited, limited),
    "429 bare": (answer(429), limited, limited),
    "429 nonsense": (answer(429, Retry_After="soon"), limited, limited),
    "408": (answer(408), fault, fault),
    "500": (answer(500), fault, unknown),
    "502 page": (answer(502, page, Content_Type="text/html"), fault, unknown),
    "503": (answer(503), fault, fault),
    "503 waits": (answer(503, Retry_After="9"), limited, limited),
    "half a body": (answer(200, b'{"a":', length=500), broken, unknown),
    "not JSON": (answer(200, b'{"a":'), broken, unknown),
    "empty": (answer(200, b""), broken, unknown),
    "too short a length": (answer(200, b'{"a": 1}', length=4), broken, unknown),
    "a page": (answer(200, page, Content_Type="text/html; charset=utf-8"), broken, unknown),
    "redirect": (answer(302, Location="https://elsewhere.example/login"), broken, unknown),
    "redirect of writes": (answer(307, Location="/other"), broken, unknown),
    "304": (answer(304, b""), broken, unknown),
    "drip": (faulty.drip, broken, unknown),
    "huge": (answer(200, b" " * 200_000), broken, unknown),
    "400": (answer(400, b"no"), contract.Refused, contract.Refused),
    "404": (answer(404), contract.Gone, contract.Gone),
    "404 bare": (answer(404, b""), contract.Gone, contract.Gone),
    "404 of a gateway": (answer(404, b"default backend - 404", Content_Type="text/plain"), fault, fault),
    "404 page": (answer(404, page, Content_Type="text/html"), fault, fault),
    "409": (answer(409), contract.Stale, contract.Stale),
    "422 with NUL": (answer(422, b"a\0b"), contract.Refused, contract.Refused),
}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_fault_is_what_the_contract_calls_it(method: str, peer: Peer, joined: Connection, sessions: Sessions) -> None:
    wrong = {}
    for number, (name, (act, of_read, of_write)) in enumerate(faults.items(), 1):
        Connection.objects.filter(pk=joined.pk).update(failures=0, open_until=None, paused_until=None)
        budget.forget(joined.pk)
        peer.now = act
        with pytest.raises(contract.ConnectorError) as caught:
            sessions().request(method, "/things", json=None if method == "GET" else {"a": 1}).json()
        if type(caught.value) is not (of_read if method == "GET" else of_write) or peer.count != number or "\0" in caught.value.message:
            wrong[name] = caught.value
    assert wrong == {}


def test_a_redirect_says_where_to(peer: Peer, sessions: Sessions) -> None:
    peer.now = answer(301, Location="https://new.example/")
    with pytest.raises(contract.BrokenAnswer) as caught:
        sessions().request("GET", "/things")
    assert caught.value.mend is not None
    assert "https://new.example/" in caught.value.mend.en


def test_a_write_answered_by_a_page_is_no_success_though_nobody_reads_it(peer: Peer, sessions: Sessions) -> None:
    peer.now = answer(200, page, Content_Type="text/html")
    with pytest.raises(contract.UnknownOutcome):
        sessions().request("PUT", "/things/1", json={"a": 1})
    assert sessions().request("PUT", "/things/1", json={"a": 1}, headers={"Accept": "text/html"}).status == 200


def test_success_is_success(peer: Peer, sessions: Sessions) -> None:
    for status in (200, 201, 204):
        peer.now = answer(status, b"" if status == 204 else b'{"a": 1}')
        assert sessions().request("POST", "/things", json={}).status == status


def test_nobody_listening_is_unreachable(joined: Connection, sessions: Sessions) -> None:
    Connection.objects.filter(pk=joined.pk).update(config={"base_url": "http://127.0.0.1:1"}, hosts=["127.0.0.1:1"])
    with pytest.raises(contract.Unreachable):
        sessions().request("POST", "/things", json={})


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_what_cannot_be_sent_is_refused_and_never_unknown(body: Any, peer: Peer, sessions: Sessions) -> None:
    with pytest.raises(contract.Refused):
        sessions().request("POST", "/things", json=body)
    assert peer.count == 0
