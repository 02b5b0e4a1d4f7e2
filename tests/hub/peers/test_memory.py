"""The peer's clock, and what is remembered of a peer for some minutes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.models import Connection, Interface
from jingwei.hub.peers import budget, memory
from jingwei.hub.peers.session import HubSession, session_of, stream_of, streams_of
from tests.hub.peers.faulty import Asked, Peer, answer

Sessions = Callable[[], HubSession]


def dated(ahead: float) -> Any:
    """An answer of a peer whose clock is so many seconds ahead of ours when it answers."""

    def act(wire: socket.socket, asked: Asked) -> None:
        answer(200, Date=format_datetime(timezone.now() + timedelta(seconds=ahead), usegmt=True))(wire, asked)

    return act


def behind(session: HubSession) -> float:
    """How far `now()` is behind our clock."""
    moment: datetime = session.now()
    return (timezone.now() - moment).total_seconds()


def test_now_is_the_earlier_of_both_clocks(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    session = sessions()
    assert behind(session) < 0.1
    for ahead, expected, stored in ((-300, 300, -300), (300, 0, 300), (0, 0, 0), *[(-1.2, 0, 0)] * 5):
        peer.now = dated(ahead)
        session.request("GET", "/things")
        assert behind(session) == pytest.approx(expected, abs=2.1 if expected else 1.2)
        if abs(ahead) < 1.5:
            assert behind(session) < 0.1, "clocks that cannot be told apart are equal"
        if stored is not None:
            kept = Connection.objects.get(pk=joined.pk).clock_ahead
            assert kept == pytest.approx(stored, abs=2.1)
    assert behind(session_of(joined.system)) < 0.1


def test_another_worker_knows_the_clock_before_its_first_answer(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = dated(-300)
    sessions().request("GET", "/things")
    assert behind(sessions()) == pytest.approx(300, abs=2.1)


def test_a_date_that_is_missing_or_nonsense_changes_nothing(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    session = sessions()
    for act in (answer(200), *(answer(200, Date=text) for text in ("", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Foo 20026 99:99:99 GMT", "0"))):
        peer.now = act
        assert session.request("GET", "/things").status == 200
        assert behind(session) < 0.1
    assert Connection.objects.get(pk=joined.pk).clock_ahead is None


def test_lookups_are_shared_by_sessions_and_forgotten_when_the_connection_is_saved(joined: Connection, sessions: Sessions, monkeypatch: Any) -> None:
    sessions().cache["field"] = 7
    assert sessions().cache == {"field": 7}
    joined.save()
    assert sessions().cache == {}

    sessions().cache["field"] = 8
    Connection.objects.filter(pk=joined.pk).update(config={**joined.config, "project": "x"})  # saved by another process
    assert sessions().cache == {}

    sessions().cache["field"] = 9
    monkeypatch.setattr(memory.time, "monotonic", lambda at=memory.time.monotonic(): at + 301)
    assert sessions().cache == {}


def test_streams_are_asked_once_and_outlive_a_peer_that_is_away(joined: Connection, peer: Peer, monkeypatch: Any) -> None:
    peer.now = answer(500)
    with pytest.raises(contract.ServerFault):
        streams_of(joined.system)
    peer.now = answer(200, {"rows": ["a", "b"]})
    assert [value for value, _ in streams_of(joined.system)["things"].field("kind").choices] == ["a", "b"]
    streams_of(joined.system)
    assert peer.count == 2

    real = memory.time.monotonic
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=lambda: real() + 301))
    peer.now = answer(500)
    assert "things" in streams_of(joined.system), "known before"
    streams_of(joined.system)
    assert peer.count == 3, "and not asked again at once"

    joined.save()
    budget.forget(joined.pk)
    with pytest.raises(contract.ServerFault):
        streams_of(joined.system)


def test_an_unknown_stream_is_refused_naming_those_there_are(joined: Connection, peer: Peer) -> None:
    peer.now = answer(200, {"rows": []})
    interface = cast(Interface, SimpleNamespace(system=lambda side: joined.system, stream=lambda side: "thing"))
    with pytest.raises(contract.Refused, match="things"):
        stream_of(interface, "a")
