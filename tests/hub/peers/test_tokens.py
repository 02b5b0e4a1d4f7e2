"""Tokens that a peer gives: asked for once, anew before they end, once more when one is refused, and never shown to anybody else."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connections

from jingwei.frame import scope, secrets
from jingwei.hub import contract
from jingwei.hub.models import Connection
from jingwei.hub.peers import catalogue, tokens
from jingwei.hub.peers.session import HubSession
from jingwei.hub.register import services
from tests.hub.peers.faulty import Asked, Entry, Peer, answer
from tests.hub.peers.test_no_secret_comes_back import everything_stored
from tests.logs import listened

Sessions = Callable[[], HubSession]
secret = "canary-client-9f31c07b"
oauth = {
    "address": "/token", "send": "form", "fields": {"grant_type": "client_credentials", "client_id": "$client_id", "client_secret": "$client_secret"},
    "seconds": "expires_in", "header": "Authorization", "prefix": "Bearer ",
}  # fmt: skip


class Gate:
    """A peer with a place that gives tokens: which are good, and what is asked where."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.given, self.good = peer, 0, set[str]()
        self.seconds: Any = 3600
        self.lock = threading.Lock()
        self.giving: Callable[[Asked], Any] | None = None
        peer.now = self.act

    def act(self, wire: socket.socket, asked: Asked) -> None:
        if asked.path.startswith("/token"):
            if self.giving is not None:
                return self.giving(asked)(wire, asked)  # type: ignore[no-any-return]
            with self.lock:
                self.given += 1
                self.good.add(text := f"canary-token-{self.given:03d}")
            return answer(200, {"access_token": text, "data": {"token": text}, "expires_in": self.seconds, "echo": secret})(wire, asked)
        shown = asked.headers.get("authorization", "").removeprefix("Bearer ") or parse_qs(asked.path.partition("?")[2]).get("access_token", [""])[0]
        answer(200 if shown in self.good else 401, {"seen": shown})(wire, asked)

    @property
    def asked_for_tokens(self) -> list[Asked]:
        return [each for each in self.peer.asked if each.path.startswith("/token")]


@pytest.fixture
def gate(joined: Connection, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The peer with OAuth 2 client credentials."""
    monkeypatch.setitem(catalogue._entries, "faulty", Entry({"auth": {"kind": "token", "token": oauth}}))
    joined.credential = secrets.seal("connection:faulty", json.dumps({"client_id": "jingwei", "client_secret": secret}))
    joined.save()
    tokens._tokens.clear()
    yield Gate(peer)
    tokens._tokens.clear()


def held(connection: Connection) -> str:
    return str(Connection.objects.get(pk=connection.pk).held_reason)


def test_one_token_serves_every_session(gate: Gate, sessions: Sessions) -> None:
    for _ in range(3):
        assert sessions().request("GET", "/things").json() == {"seen": "***"}, "what we showed is struck from the answer"
    (asked,) = gate.asked_for_tokens
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "client_id": ["jingwei"], "client_secret": [secret]}
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded" and "authorization" not in asked.headers


def test_many_at_once_ask_once(gate: Gate, joined: Connection, sessions: Sessions) -> None:
    tenant = scope.current().tenant_id

    def ask(_number: int) -> int:
        try:
            with scope.within(scope.Scope(tenant)):
                return sessions().request("GET", "/things").status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(ask, range(12))) == {200}
    assert len(gate.asked_for_tokens) == 1


def test_a_token_is_asked_for_anew_before_it_ends(gate: Gate, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: now[0])
    for seconds, given in ((0, 1), (3500, 1), (3541, 2), (3600, 2)):  # a minute before its end the first one is used no more
        now[0] = 1000.0 + seconds
        assert sessions().request("GET", "/things").status == 200
        assert gate.given == given, seconds


@pytest.mark.parametrize("lifetime", ["7200", None, "soon", True, -5])
def test_however_a_lifetime_is_told_a_token_is_used(lifetime: Any, gate: Gate, sessions: Sessions) -> None:
    gate.seconds = lifetime
    assert sessions().request("GET", "/things").status == 200


def test_a_token_that_ends_early_costs_one_more_question_and_loses_no_request(
    gate: Gate, joined: Connection, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, other = sessions(), sessions()
    assert session.request("GET", "/things").status == other.request("GET", "/things").status == 200
    monkeypatch.setattr(tokens, "believed_seconds", -1.0)  # as if it had served for a while
    gate.good.clear()  # revoked over there
    assert session.request("POST", "/things", json={"a": 1}).status == 200
    assert [json.loads(each.body) for each in gate.peer.asked if each.method == "POST" and each.path == "/things"] == [{"a": 1}] * 2, "refused, then taken"
    assert other.request("GET", "/things").status == 200, "who still has the old one takes the new one"
    assert gate.given == 2 and not held(joined)


def test_credentials_that_open_nothing_hold_the_connection_and_ask_no_more(gate: Gate, joined: Connection, sessions: Sessions) -> None:
    gate.good = type("Never", (set,), {"__contains__": lambda self, each: False})()
    with pytest.raises(contract.Unauthorised):
        sessions().request("GET", "/things")
    assert "401" in held(joined)
    before = len(gate.peer.asked)
    with pytest.raises(contract.Unauthorised):
        sessions().request("GET", "/things")
    assert len(gate.peer.asked) == before, "nobody knocks again until somebody has mended it"


@pytest.mark.parametrize(
    ("told", "kind", "holds"),
    [
        (answer(400, {"error": "invalid_client", "said": secret}), contract.Unauthorised, True),
        (answer(401, {"error": "no"}), contract.Unauthorised, True),
        (answer(200, {"errcode": 40001, "errmsg": f"invalid secret {secret}"}), contract.Unauthorised, True),
        (answer(200, {"access_token": "a\nb"}), contract.Unauthorised, True),
        (answer(200, b"<html>log in</html>", Content_Type="text/html"), contract.BrokenAnswer, False),
        (answer(503, {}), contract.Unreachable, False),
        (answer(500, {}), contract.Unreachable, False),
        (answer(429, {}, Retry_After="7"), contract.RateLimited, False),
    ],
    ids=["invalid", "refused", "refused in a 200", "no token", "a page", "away", "broken", "too many"],
)  # fmt: skip
def test_where_no_token_is_given_nothing_is_sent(told: Any, kind: type[Exception], holds: bool, gate: Gate, joined: Connection, sessions: Sessions) -> None:
    gate.giving = lambda asked: told
    with listened(logging.DEBUG) as log, pytest.raises(kind) as caught:
        sessions().request("POST", "/things", json={"a": 1})
    assert not [each for each in gate.peer.asked if each.path == "/things"]
    assert bool(held(joined)) is holds
    assert secret not in f"{caught.value} {log.getvalue()} {everything_stored()}"


def test_a_token_and_the_secret_behind_it_stand_nowhere(gate: Gate, joined: Connection, sessions: Sessions) -> None:
    with listened(logging.DEBUG, "httpcore2", "httpx2") as log:
        told = sessions().request("GET", "/things")
    shown = log.getvalue() + everything_stored() + told.body.decode() + repr(told.headers) + repr(tokens._tokens)
    assert "canary-token-001" not in shown and secret not in shown


def test_a_token_may_travel_in_the_address_and_be_asked_for_in_other_ways(
    gate: Gate, joined: Connection, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeCom asks by GET and takes the token as a parameter; others take JSON, or the id and secret as Basic, and hide the token deeper in the answer."""
    for number, (send, method) in enumerate((("query", "GET"), ("json", "POST"), ("basic", "POST")), 1):
        told = {**oauth, "send": send, "method": method, "token": "data.token", "query": "access_token"}
        monkeypatch.setitem(
            catalogue._entries, "faulty", Entry({"auth": {"kind": "token", "token": {k: v for k, v in told.items() if k not in ("header", "prefix")}}})
        )
        tokens._tokens.clear()
        assert sessions().request("GET", "/things", params={"page": 2}).status == 200
        asked, page = gate.asked_for_tokens[-1], gate.peer.asked[-1].path
        assert f"access_token=canary-token-{number:03d}" in page and "page=2" in page
        assert (asked.method, "client_secret" in asked.path) == (method, send == "query")
        assert (secret in asked.body.decode()) is (send == "json")
        assert ("authorization" in asked.headers) is (send == "basic")


def test_a_key_may_travel_in_the_address(joined: Connection, peer: Peer, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = {"kind": "query", "params": {"key": "key", "token": "token"}, "secrets": {}}
    monkeypatch.setitem(catalogue._entries, "faulty", Entry({"auth": auth}))
    joined.credential = secrets.seal("connection:faulty", json.dumps({"key": "canary-key-1", "token": "canary-token-x"}))
    joined.save()
    peer.now = answer(200, {"you": "canary-key-1 canary-token-x"})
    told = sessions().request("GET", "/things")
    assert peer.asked[-1].path == "/things?key=canary-key-1&token=canary-token-x"
    assert told.json() == {"you": "*** ***"}


def test_credentials_may_go_to_who_gives_tokens_for_them_and_nowhere_else(gate: Gate, joined: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {**oauth, "address": "https://login.example:8443/token"}
    monkeypatch.setitem(catalogue._entries, "faulty", Entry({"auth": {"kind": "token", "token": told}}))
    saved = services.connection_save(system=joined.system, config={"base_url": gate.peer.url}, credentials={"client_id": "a", "client_secret": "b"})
    assert saved.hosts == [f"127.0.0.1:{gate.peer.port}", "https://login.example:8443"]
