"""Budget, pause, breaker and hold of one connection, seen by all its workers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections, transaction
from django.utils import timezone

from jingwei.frame import scope, secrets
from jingwei.hub import contract
from jingwei.hub.models import Connection
from jingwei.hub.peers import breaker, budget, mending, pause
from jingwei.hub.peers.session import BreakerOpen, HubSession, session_of
from tests.hub.peers import faulty
from tests.hub.peers.faulty import Peer, answer

Sessions = Callable[[], HubSession]


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `count` threads made of it, each in the scope and with a database connection of its own."""
    here, out = scope.current(), list[Any]()
    start = threading.Barrier(count)

    def run() -> None:
        with scope.within(here):
            try:
                start.wait()
                out.append(work())
            except contract.ConnectorError as problem:
                out.append(problem)
            finally:
                connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    return out


def elsewhere(joined: Connection, **values: Any) -> None:
    """Another process changes the row: this one is not told."""
    Connection.objects.filter(pk=joined.pk).update(**values)


def fresh(joined: Connection) -> Connection:
    found: Connection = Connection.objects.get(pk=joined.pk)
    return found


# budget


def test_many_processes_together_stay_within_the_budget(joined: Connection) -> None:
    elsewhere(joined, requests_per_minute=1200)
    name, seconds = str(database.settings_dict["NAME"]), 4.0
    command = [sys.executable, "-m", "tests.hub.peers.drawer", name, str(joined.tenant_id), str(joined.pk), str(seconds)]
    started = time.monotonic()
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    taken = sum(int(each.communicate(timeout=90)[0]) for each in workers)
    passed = time.monotonic() - started
    rate, room = (1200.9 - 60) / 61, 60
    assert rate * seconds * 0.8 <= taken <= room + rate * passed + 1


def test_threads_share_the_budget_and_whoever_would_wait_long_is_told(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    elsewhere(joined, requests_per_minute=60)  # room for 3, then one a second
    out = at_once(8, lambda: sessions().request("GET", "/things").status)
    assert 3 <= sum(each == 200 for each in out) <= 6
    assert all(each == 200 or (isinstance(each, contract.RateLimited) and 0 < each.after < 10) for each in out)
    assert peer.count == sum(each == 200 for each in out)


def test_what_was_spent_is_not_rolled_back_with_the_caller(joined: Connection, sessions: Sessions) -> None:
    elsewhere(joined, requests_per_minute=60)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        sessions().request("GET", "/things")
        raise ZeroDivisionError
    tokens = fresh(joined).tokens
    assert tokens is not None
    assert tokens < 3


def test_a_caller_that_holds_the_row_does_not_wait_for_itself(joined: Connection, sessions: Sessions) -> None:
    with transaction.atomic():
        locked = Connection.objects.select_for_update().get(pk=joined.pk)
        locked.save()
        began = time.monotonic()
        assert sessions().request("GET", "/things").status == 200
        assert time.monotonic() - began < 2


def test_a_connection_not_yet_committed_can_be_used(joined: Connection, peer: Peer) -> None:
    joined.delete()
    with transaction.atomic():
        again = Connection(system=joined.system, config={"base_url": peer.url}, hosts=[f"127.0.0.1:{peer.port}"], requests_per_minute=600)
        again.save()
        assert session_of(joined.system).request("GET", "/things").status == 200


def test_somebody_elses_long_transaction_ends_in_a_sentence(joined: Connection, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "held_row_seconds", 0.1)
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=joined.pk)
        (out,) = at_once(1, lambda: sessions().request("GET", "/things"))
    assert isinstance(out, contract.RateLimited)


def test_the_cost_beside_the_call_is_small(joined: Connection, peer: Peer) -> None:
    elsewhere(joined, requests_per_minute=60_000)
    connection = fresh(joined)
    budget.admit(connection)
    began = time.perf_counter()
    for _ in range(300):
        budget.admit(connection)
    assert (time.perf_counter() - began) / 300 < 0.001


# pause


def test_a_pause_is_kept_by_every_worker_and_nothing_is_sent(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = answer(429, Retry_After="30")
    with pytest.raises(contract.RateLimited) as caught:
        sessions().request("GET", "/things")
    assert caught.value.after == 30
    for _ in range(2):
        with pytest.raises(contract.RateLimited) as caught:
            sessions().request("POST", "/things", json={})
        assert 25 < caught.value.after <= 30
        budget.forget(joined.pk)  # another process, which knows only what the row says
    assert peer.count == 1
    elsewhere(joined, paused_until=timezone.now() - timedelta(seconds=1))
    budget.forget(joined.pk)
    peer.now = answer()
    assert sessions().request("GET", "/things").status == 200


def test_what_another_worker_learned_is_seen_within_a_second(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    session = sessions()
    session.request("GET", "/things")
    elsewhere(joined, paused_until=timezone.now() + timedelta(seconds=30))
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        try:
            session.request("GET", "/things")
        except contract.RateLimited:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the pause was not seen")


def test_a_success_that_leaves_nothing_pauses_until_the_reset(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = answer(200, X_RateLimit_Remaining="0", X_RateLimit_Reset="40")
    assert sessions().request("POST", "/things", json={}).status == 200
    with pytest.raises(contract.RateLimited) as caught:
        sessions().request("GET", "/things")
    assert 35 < caught.value.after <= 40


now = datetime.now(UTC).replace(microsecond=0)
in_30 = now + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 30),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(in_30.timestamp()))}, 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(in_30.timestamp() * 1000))}, 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": in_30.isoformat()}, 30),
        # the peer's clock is five minutes behind ours, and its epoch by that clock
        (
            {
                "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(in_30.timestamp()) - 300),
                "date": format_datetime(now - timedelta(seconds=300), usegmt=True),
            },
            30,
        ),
        ({"ratelimit": '"default";r=0;t=30'}, 30),
        ({"ratelimit": "limit=100, remaining=0, reset=30"}, 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999"}, 3600),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "12", "x-ratelimit-reset": "30"}, None),
        ({"x-ratelimit-remaining": "none", "x-ratelimit-reset": "?"}, None),
        ({"ratelimit": "r=5;t=30"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_rate_headers(headers: dict[str, str], expected: float | None) -> None:
    headers = {"date": format_datetime(now, usegmt=True)} | headers
    assert pause.exhausted(headers) == (pytest.approx(expected, abs=1.5) if expected is not None else None)


@pytest.mark.parametrize(("text", "expected"), [("5", 5), ("0", 0), ("1.5", 1.5), ("86400", 3600), ("-3", None), ("soon", None), ("", None), ("9" * 40, None)])
def test_retry_after(text: str, expected: float | None) -> None:
    assert pause.asked({"retry-after": text}) == expected


# breaker


def open_breaker(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = answer(500)
    for _ in range(breaker.failures_to_open):
        with pytest.raises(contract.ServerFault):
            sessions().request("GET", "/things")


def test_five_failures_open_and_one_probe_at_a_time_is_let_through(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    open_breaker(joined, sessions, peer)
    with pytest.raises(BreakerOpen) as caught:
        sessions().request("GET", "/things")
    assert 14 < (caught.value.until - timezone.now()).total_seconds() < 26
    assert peer.count == 5

    elsewhere(joined, open_until=timezone.now() - timedelta(seconds=1))
    budget.forget(joined.pk)
    going = threading.Event()

    def slow(wire: Any, asked: faulty.Asked) -> None:
        going.wait(0.3)
        answer(200)(wire, asked)

    peer.now = slow
    out = at_once(6, lambda: sessions().request("GET", "/things").status)
    assert sorted(map(str, map(type, out))) == sorted(map(str, [int, *[BreakerOpen] * 5]))
    assert peer.count == 6
    row = fresh(joined)
    assert (row.failures, row.open_until) == (0, None)
    assert sessions().request("GET", "/things").status == 200


def test_a_failed_probe_opens_for_twice_as_long_up_to_five_minutes(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    open_breaker(joined, sessions, peer)
    spans = []
    for _ in range(6):
        elsewhere(joined, open_until=timezone.now() - timedelta(seconds=1))
        budget.forget(joined.pk)
        with pytest.raises(contract.ServerFault):
            sessions().request("GET", "/things")
        until = fresh(joined).open_until
        assert until is not None
        spans.append((until - timezone.now()).total_seconds())
    for span, middle in zip(spans, (40, 80, 160, 300, 300, 300), strict=True):
        assert middle * 0.7 < span <= min(middle * 1.26, 300)


def test_a_probe_answered_by_4xx_closes(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    open_breaker(joined, sessions, peer)
    elsewhere(joined, open_until=timezone.now() - timedelta(seconds=1))
    budget.forget(joined.pk)
    peer.now = answer(404)
    with pytest.raises(contract.Gone):
        sessions().request("GET", "/things")
    assert fresh(joined).open_until is None


def test_a_probe_that_was_never_sent_gives_its_place_back(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    open_breaker(joined, sessions, peer)
    elsewhere(joined, open_until=timezone.now() - timedelta(seconds=1))
    budget.forget(joined.pk)
    with pytest.raises(contract.Refused):
        sessions().request("POST", "/things", json={"a": object()})
    peer.now = answer(200)
    assert sessions().request("GET", "/things").status == 200


def test_4xx_never_opens_and_a_success_forgets_failures(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    for act, kind in [(answer(422), contract.Refused)] * 7 + [(answer(500), contract.ServerFault)] * 3:
        peer.now = act
        with pytest.raises(kind):
            sessions().request("GET", "/things")
    assert fresh(joined).failures == 3
    peer.now = answer(200)
    sessions().request("GET", "/things")
    row = fresh(joined)
    assert (row.failures, row.open_until) == (0, None)


def test_a_failure_is_not_rolled_back_with_the_caller(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = answer(500)
    with pytest.raises(contract.ServerFault), transaction.atomic():
        sessions().request("GET", "/things")
    assert fresh(joined).failures == 1


# hold


def test_401_holds_and_a_check_that_passes_releases(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now, peer.check = answer(401), answer(401)
    with pytest.raises(contract.Unauthorised):
        sessions().request("POST", "/things", json={})
    row = fresh(joined)
    assert row.held_since is not None
    assert "401" in row.held_reason
    for _ in range(3):
        with pytest.raises(contract.Unauthorised):
            sessions().request("POST", "/things", json={})
        budget.forget(joined.pk)
    assert peer.count == 1

    assert not mending.release_if_mended(row)
    assert fresh(joined).held_since == row.held_since
    peer.now, peer.check = answer(200), answer(200, {"account": "robot"})
    assert mending.release_if_mended(row)
    assert fresh(joined).held_since is None
    assert sessions().request("GET", "/things").status == 200


def test_403_of_one_record_is_forbidden_and_holds_nothing(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = answer(403)
    for _ in range(5):
        with pytest.raises(contract.Forbidden):
            sessions().request("PUT", "/things/1", json={})
    assert fresh(joined).held_since is None
    assert len(peer.asked) - peer.count == 1, "one check is believed for some seconds"


@pytest.mark.parametrize("check", [answer(401), answer(403), answer(200, {"account": "Anonymous ()"}), answer(200, {"account": ""})])
def test_403_holds_when_the_check_fails_too(check: faulty.Act, joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now, peer.check = answer(403), check
    with pytest.raises(contract.Unauthorised):
        sessions().request("PUT", "/things/1", json={})
    assert fresh(joined).held_since is not None


def test_403_with_a_check_that_cannot_be_made_decides_nothing(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now, peer.check = answer(403), answer(503)
    with pytest.raises(contract.ServerFault):
        sessions().request("PUT", "/things/1", json={})
    assert fresh(joined).held_since is None


def test_a_peer_that_is_away_neither_holds_nor_releases(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.check = answer(500)
    assert not mending.release_if_mended(joined)
    assert fresh(joined).held_since is None
    elsewhere(joined, held_since=timezone.now(), held_reason="401")
    assert not mending.release_if_mended(joined)
    assert fresh(joined).held_since is not None


def test_an_anonymous_check_releases_nothing(joined: Connection, peer: Peer) -> None:
    elsewhere(joined, held_since=timezone.now(), held_reason="401")
    peer.check = answer(200, {"account": "Anonymous"})
    assert not mending.release_if_mended(joined)
    assert fresh(joined).held_since is not None


def test_held_connections_are_tried_ever_more_rarely(joined: Connection, peer: Peer) -> None:
    def due(since: float, last: float) -> bool:
        at = timezone.now()
        elsewhere(joined, held_since=at - timedelta(seconds=since), last_error_at=at - timedelta(seconds=last))
        return [each.pk for each in mending.due_holds()] == [joined.pk]

    assert mending.due_holds() == []
    assert [due(20, 20), due(31, 31)] == [False, True]
    assert [due(90, 50), due(90, 30)] == [True, False]  # tried 40 s, 60 s after the beginning
    assert [due(5000, 290), due(5000, 301)] == [False, True]


def test_credentials_that_can_be_no_header_are_unauthorised(joined: Connection, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ({"api_key": "密钥"}, {"api_key": "a\nb"}, {"other": "x"}):
        elsewhere(joined, credential=secrets.seal("connection:faulty", json.dumps(given)))
        with pytest.raises(contract.Unauthorised):
            session_of(joined.system).request("POST", "/things", json={})
    assert peer.count == 0


def test_new_credentials_are_used_by_a_session_that_is_at_work(joined: Connection, sessions: Sessions, peer: Peer) -> None:
    session = sessions()
    session.request("GET", "/things")
    row = fresh(joined)
    row.credential = secrets.seal("connection:faulty", json.dumps({"api_key": "new"}))
    row.save()
    session.request("GET", "/things")
    assert [each.headers["x-key"] for each in peer.asked] == ["k", "new"]
