"""The three demo connectors against the running programs: the acceptance of every connector, then each one's faults."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from jingwei.connectors import catalogue
from jingwei.hub.contract import (
    BrokenAnswer,
    Connector,
    ConnectorError,
    Page,
    RateLimited,
    Record,
    Refused,
    Response,
    ServerFault,
    Session,
    UnknownOutcome,
    Unreachable,
    Values,
)
from tests.connectors.acceptance import ConnectorAcceptance, Sample, live_keys, newest, pages, patiently, read_all
from tests.connectors.session import Call, LoopbackSession, refuse
from tests.sandbox.program import Program, free_port, running
from tests.sandbox.receiver import Receiver, secret

calm = {"outage": False, "latency_ms": 0, "rate_limit_per_minute": 0, "duplicate_webhooks": False} | dict.fromkeys(
    ("error_rate", "drop_connection_rate", "truncate_rate", "lose_answer_rate"), 0
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Program]]:
    """Demo systems by name, started when first asked for."""
    started: dict[str, tuple[Any, Program]] = {}

    def program(name: str) -> Program:
        if name not in started:
            context = running(name, tmp_path_factory.mktemp(name) / f"{name}.db")
            started[name] = (context, context.__enter__())
        return started[name][1]

    yield program
    for context, _ in started.values():
        context.__exit__(None, None, None)


def _session(program: Program) -> LoopbackSession:
    return LoopbackSession(program.url, program.credentials)


def _connector(program: Program) -> Connector:
    return catalogue()[f"sandbox_{program.name}"].factory()


class SandboxAcceptance(ConnectorAcceptance):
    """What the three have in common: how to start them, and a real receiver for their webhooks."""

    name: ClassVar[str]

    @pytest.fixture
    def program(self, programs: Callable[[str], Program]) -> Program:
        self.peer = programs(self.name)
        return self.peer

    @pytest.fixture
    def connector(self, program: Program) -> Connector:
        return _connector(program)

    @pytest.fixture
    def session(self, program: Program) -> Session:
        return _session(program)

    @pytest.fixture
    def stranger(self, program: Program) -> Session:
        return LoopbackSession(program.url, dict.fromkeys(program.credentials, "Bearer wrong"))

    def deliveries(self, stream: str, act: Callable[[], None]) -> Sequence[tuple[Mapping[str, str], Any]] | None:
        if self.name == "erp":
            return None
        receiver = Receiver()
        try:
            hook = self.peer.call("POST", "/api/webhooks", {"url": receiver.url, "secret": secret}).json()["webhook"]
            act()
            deadline = time.monotonic() + 10
            while any(each["waiting"] for each in self.peer.call("GET", "/api/webhooks").json()["webhooks"]):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            self.peer.call("DELETE", f"/api/webhooks/{hook['id']}")
            return receiver.wait(0)
        finally:
            receiver.close()


class TestTracker(SandboxAcceptance):
    """The tracker."""

    name = "tracker"
    small_page = 5
    longest_tie: ClassVar = {"issues": 11}
    samples: ClassVar = {
        "issues": Sample(
            create={
                "project": "ERP-JOIN",
                "subject": "核对“凭证”映射 <&> 100%",
                "description": "第一行\n第二行，含 emoji 🚚",
                "priority": "high",
                "assignee": "li.na",
                "start_date": "2026-11-23",
                "due_date": "2026-11-27",
                "estimated_hours": "12.5",
                "labels": ["接口", "财务"],
            },
            update={"subject": "核对凭证映射（复核）", "status": "in_progress", "done_ratio": 40, "labels": [], "estimated_hours": "16.0"},
            refused={"status": "lost"},
        )
    }

    def changed_behind(self, stream: str, key: str) -> tuple[str, Any] | None:
        self.peer.call("PUT", f"/api/issues/{key}", {"subject": "别人改的"})
        return "subject", "别人改的"


class TestErp(SandboxAcceptance):
    """The ERP."""

    name = "erp"
    small_page = 3
    longest_tie: ClassVar = {"cost_vouchers": 8}
    samples: ClassVar = {
        "cost_vouchers": Sample(
            create={
                "project_code": "ERP-JOIN",
                "account": "5101.04",
                "description": "外包开发人工 11 月",
                "amount": "12800.50",
                "currency": "CNY",
                "period": "2026-11",
                "supplier": "南京众信人力资源有限公司",
            },
            update={"description": "外包开发人工（更正）", "amount": "-0.01", "supplier": None},
            refused={"amount": "1.005"},
        ),
        "purchase_orders": Sample(
            create={
                "project_code": "WMS-PDA",
                "supplier": "深圳铭扫智能科技有限公司",
                "item": "手持 PDA",
                "quantity": "12.00",
                "amount": "34320.00",
                "promised_date": "2026-12-18",
            },
            update={"quantity": "10.50", "promised_date": "2026-12-25"},
            refused={"supplier": "无名"},
        ),
    }


class TestMes(SandboxAcceptance):
    """The MES."""

    name = "mes"
    samples: ClassVar = {
        "work_orders": Sample(
            create={
                "product": "传动轴 CZ-40",
                "line": "L3",
                "planned_start": "2026-11-23T00:00:00+00:00",
                "planned_finish": "2026-11-25T09:30:00+00:00",
                "quantity_planned": 80,
                "project_code": "MES-ROLL",
            },
            update={"quantity_done": 20, "percent": 25, "status": "running"},
            refused={"quantity_planned": 0},
        ),
        "operations": Sample(
            create={"work_order": "WO-2026-0001", "name": "去毛刺", "work_centre": "钳工台 B02", "standard_minutes": 4},
            update={"quantity_done": 5, "status": "running"},
            refused={"standard_minutes": "soon"},
        ),
        "downtime_events": Sample(
            create={"line": "L1", "reason": "system", "started_at": "2026-11-20T01:02:03+00:00", "note": "终端断网"},
            update={"ended_at": "2026-11-20T01:30:00+00:00", "note": "终端断网，已恢复"},
            refused={"ended_at": "2026-11-19T00:00:00+00:00"},
        ),
    }


@dataclass(frozen=True)
class Peer:
    """A demo system with its connector, a session, and one stream to try."""

    program: Program
    connector: Connector
    session: LoopbackSession
    stream: str
    values: dict[str, Any]


@pytest.fixture(params=[(TestTracker, "issues"), (TestErp, "cost_vouchers"), (TestMes, "work_orders")], ids=lambda each: each[1])
def peer(request: pytest.FixtureRequest, programs: Callable[[str], Program]) -> Iterator[Peer]:
    """Each of the three, calm again afterwards."""
    case, stream = request.param
    program = programs(case.name)
    yield Peer(program, _connector(program), _session(program), stream, case.samples[stream].create)
    program.switch(**calm)


def test_a_lost_answer_is_an_unknown_outcome_that_a_search_resolves(peer: Peer) -> None:
    reference = f"jw-lost-{peer.stream}"
    peer.program.switch(lose_answer_rate=1)
    with pytest.raises(UnknownOutcome):
        peer.connector.create(peer.session, peer.stream, peer.values, reference)
    found = peer.connector.find(peer.session, peer.stream, reference)
    assert [each.external_key for each in found] == [reference]


def test_a_truncated_answer_to_a_write_is_an_unknown_outcome_every_time(peer: Peer) -> None:
    peer.program.switch(truncate_rate=1)
    for number in range(10):  # half of them break the connection, half only the text
        with pytest.raises(UnknownOutcome):
            peer.connector.create(peer.session, peer.stream, peer.values, f"jw-half-{peer.stream}-{number}")
    peer.program.switch(truncate_rate=0)
    for number in range(10):
        assert len(peer.connector.find(peer.session, peer.stream, f"jw-half-{peer.stream}-{number}")) == 1


def test_a_truncated_answer_to_a_read_may_be_asked_again(peer: Peer) -> None:
    peer.program.switch(truncate_rate=1)
    met = set()
    for _ in range(12):
        with pytest.raises((BrokenAnswer, ServerFault)) as caught:
            peer.connector.read(peer.session, peer.stream, {}, 10)
        met.add(caught.type)
    assert met == {BrokenAnswer, ServerFault}


def test_an_outage_did_nothing(peer: Peer) -> None:
    peer.program.switch(outage=True)
    for act in (
        lambda: peer.connector.read(peer.session, peer.stream, {}, 10),
        lambda: peer.connector.create(peer.session, peer.stream, peer.values, "jw-outage"),
    ):
        with pytest.raises(ServerFault):
            act()
    peer.program.switch(outage=False)
    assert list(peer.connector.find(peer.session, peer.stream, "jw-outage")) == []


def test_an_error_after_a_write_was_sent_is_an_unknown_outcome(peer: Peer) -> None:
    peer.program.switch(error_rate=1)
    with pytest.raises(UnknownOutcome):
        peer.connector.create(peer.session, peer.stream, peer.values, "jw-500")
    with pytest.raises(ServerFault):
        peer.connector.check(peer.session)


def test_the_rate_limit_says_when(peer: Peer) -> None:
    peer.program.switch(rate_limit_per_minute=1)
    with pytest.raises(RateLimited) as caught:
        for _ in range(3):
            peer.connector.check(peer.session)
    assert 1 <= caught.value.after <= 60


def test_nobody_at_home_is_unreachable(peer: Peer) -> None:
    nowhere = LoopbackSession(f"http://127.0.0.1:{free_port()}", peer.session.credentials)
    with pytest.raises(Unreachable):
        peer.connector.create(nowhere, peer.stream, peer.values, "jw-nowhere")


def test_a_full_read_in_foul_weather_loses_nothing(peer: Peer) -> None:
    calm_read, _ = read_all(peer.connector, peer.session, peer.stream)
    peer.program.switch(error_rate=0.1, drop_connection_rate=0.1, truncate_rate=0.1)
    records: list[Record] = []
    cursor: Values = {}
    more = True
    failed_before = len(peer.session.sent)
    while more:
        page: Page = patiently(partial(peer.connector.read, peer.session, peer.stream, cursor, 10))
        records += page.records
        cursor, more = page.cursor, page.more
    assert len(peer.session.sent) - failed_before > 10
    assert newest(records) == newest(calm_read)


def test_creating_in_foul_weather_makes_exactly_one_each(peer: Peer) -> None:
    peer.program.switch(error_rate=0.1, drop_connection_rate=0.1, lose_answer_rate=0.2, truncate_rate=0.2)
    for number in range(15):
        reference = f"jw-storm-{peer.stream}-{number}"

        def create(reference: str = reference) -> None:
            if not patiently(lambda: peer.connector.find(peer.session, peer.stream, reference)):
                peer.connector.create(peer.session, peer.stream, peer.values, reference)

        patiently(create)
    peer.program.switch(**calm)
    for number in range(15):
        assert len(peer.connector.find(peer.session, peer.stream, f"jw-storm-{peer.stream}-{number}")) == 1


@pytest.mark.parametrize("body", [b"default backend - 404", b'{"message": "no Route matched with those values"}', b""])
def test_the_404_of_a_gateway_is_no_missing_record(peer: Peer, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    key = peer.connector.create(peer.session, peer.stream, peer.values, f"jw-gateway-{uuid4()}").key
    with monkeypatch.context() as away:
        away.setattr(peer.session, "request", lambda method, path, **more: refuse(Call(method, path, {}, None, {}), 404, body, None))
        for call in (
            lambda: peer.connector.fetch(peer.session, peer.stream, key),
            lambda: peer.connector.lookup(peer.session, peer.stream, [key]),
            lambda: peer.connector.update(peer.session, peer.stream, key, {}, None),
            lambda: peer.connector.delete(peer.session, peer.stream, key),
        ):
            with pytest.raises(ServerFault):
                call()
        assert isinstance(peer.connector.delete_many(peer.session, peer.stream, [key])[key], ServerFault)
    assert peer.connector.fetch(peer.session, peer.stream, key) is not None
    peer.connector.delete(peer.session, peer.stream, key)
    assert peer.connector.fetch(peer.session, peer.stream, key) is None


@pytest.mark.parametrize("wrong", [{"estimated_hours": "12h", "amount": "n/a", "planned_start": "soon"}, {"version": "x", "updated_at": 7}])
def test_a_value_that_is_none_is_its_own_records_trouble(peer: Peer, monkeypatch: pytest.MonkeyPatch, wrong: Values) -> None:
    """As it is read, looked up and found."""
    reference, stream, request = f"jw-odd-{uuid4()}", peer.stream, peer.session.request
    key = peer.connector.create(peer.session, stream, peer.values, reference).key

    def odd(method: str, path: str, **more: Any) -> Response:
        def spoilt(row: Any) -> Any:
            if isinstance(row, list):
                return [spoilt(each) for each in row]
            if not isinstance(row, dict):
                return row
            is_it = key in (str(row.get("id")), row.get("number"))
            return {name: wrong.get(name, spoilt(value)) if is_it else spoilt(value) for name, value in row.items()}

        answer = request(method, path, **more)
        return replace(answer, body=json.dumps(spoilt(answer.json())).encode())

    monkeypatch.setattr(peer.session, "request", odd)
    read = newest(read_all(peer.connector, peer.session, stream)[0])
    assert [each.key for each in read.values() if each.problem] == [key] and len(read) > 1
    assert peer.connector.lookup(peer.session, stream, [key])[key].problem  # type: ignore[union-attr]
    assert [each.key for each in peer.connector.find(peer.session, stream, reference)] == [key]


def test_a_refusal_of_the_erp_names_its_fields(programs: Callable[[str], Program]) -> None:
    erp = programs("erp")
    wrong = TestErp.samples["cost_vouchers"].create | {"amount": "much", "period": "2026-13"}
    with pytest.raises(Refused) as caught:
        _connector(erp).create(_session(erp), "cost_vouchers", wrong, "jw-wrong")
    assert set(caught.value.fields) == {"amount", "period"}


def test_keys_miss_nobody_while_others_are_deleted(programs: Callable[[str], Program]) -> None:
    tracker = programs("tracker")
    connector, session = _connector(tracker), _session(tracker)
    values = TestTracker.samples["issues"].create
    mine = [connector.create(session, "issues", values, f"jw-del-{n}").key for n in range(120)]
    every = set(connector.keys(session, "issues"))
    doomed = sorted(every - set(mine), key=int)[:60]  # already given when they go: the list shifts under the reader
    seen = []
    for place, key in enumerate(connector.keys(session, "issues")):
        seen.append(key)
        if place == 99:
            for each in doomed:
                connector.delete(session, "issues", each)
    assert len(seen) == len(set(seen))
    assert set(seen) >= every - set(doomed)


def test_more_tombstones_than_a_page_are_all_told(programs: Callable[[str], Program]) -> None:
    tracker = programs("tracker")
    connector, session = _connector(tracker), _session(tracker)
    values = TestTracker.samples["issues"].create
    mine = [connector.create(session, "issues", values, f"jw-gone-{n}").key for n in range(25)]
    _, cursor = read_all(connector, session, "issues")
    for key in mine:
        connector.delete(session, "issues", key)
    told = [record for page in pages(connector, session, "issues", cursor=cursor, limit=6) for record in page.records]
    assert {each.key for each in told if each.deleted} >= set(mine)
    assert not live_keys(told) & set(mine)


def test_errors_of_the_erp_that_we_do_not_know_are_never_taken_for_success() -> None:
    from jingwei.connectors.sandbox.erp import opened
    from jingwei.hub.contract import Response

    for body in (b"{}", b"[]", b'{"success":"true"}', b'{"success":false}', b'{"success":false,"errors":[{"code":"LOCKED"}]}'):
        with pytest.raises(ConnectorError) as caught:
            opened(Response(200, {}, body, json.loads))
        assert caught.type is BrokenAnswer
