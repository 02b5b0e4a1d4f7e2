"""What a manifest says of calls, answers and values, against a session that answers by script."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jingwei.hub.contract import (
    Absence,
    BrokenAnswer,
    ConnectorError,
    Forbidden,
    Gone,
    NotFindable,
    RateLimited,
    Record,
    Refused,
    Response,
    ServerFault,
    Stale,
    Unauthorised,
    UnknownOutcome,
)
from jingwei.hub.kit.rest import RestConnector, faults_of
from jingwei.hub.kit.rest.moments import Format, cut

told = tomllib.loads("""
key = "acme"
title = { zh = "甲", en = "Acme" }
config.fields.space.title = { zh = "空间", en = "Space" }
check = { path = "/me", account = ["name"] }
answers = { ok = "errcode", ok_values = [0], code = "errcode", message = "errmsg", codes = { 42001 = "unauthorised", 45009 = "rate_limited", 404 = "gone", 40 = "refused" }, statuses = { 423 = "stale" }, wait_seconds = 30 }

[streams.tasks]
title = { zh = "任务", en = "Tasks" }
path = "/{config.space}/tasks"
records = "data.list"
record = "data"
key = "id"
version = "rev"
external_key_field = "ref"
read = { by = "all" }
many = { param = "ids", separator = ",", limit = 2 }
find = { param = "ref" }
create = { wrap = "task.body", key = "data.id" }
update = { method = "PATCH", read_back = true }
delete = {}

[streams.tasks.fields]
id = { type = "string", zh = "号", en = "Id", read_only = true }
owner = { type = "reference", zh = "谁", en = "Who", path = "owner.id", write_path = "owner_id", number = true }
spent = { type = "decimal", zh = "时", en = "Spent", number = true }
due = { type = "date", zh = "止", en = "Due", format = "%d.%m.%Y" }
begun = { type = "datetime", zh = "始", en = "Begun", format = "epoch_ms" }
ref = { type = "string", zh = "引", en = "Ref" }
""")
row = {"id": 7, "rev": 3, "owner": {"id": 12}, "spent": 1.5, "due": "24.12.2026", "begun": 1_800_000_000_000, "ref": "jw-1"}
values = {"id": "7", "owner": "12", "spent": "1.5", "due": "2026-12-24", "begun": "2027-01-15T08:00:00+00:00", "ref": "jw-1"}


class Scripted:
    """Implements contract.Session: answers, or errors, by method and path; the last of a list stays."""

    def __init__(self, script: Mapping[str, Any]) -> None:
        self.script = {name: list(each) if isinstance(each, list) else [each] for name, each in script.items()}
        self.config = {"base_url": "https://acme.example", "space": "a/b"}
        self.cache: dict[str, Any] = {}
        self.sent: list[tuple[str, Any, Any, Any]] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def local(self) -> Any:
        raise LookupError

    def request(self, method: str, path: str, *, params: Any = None, json: Any = None, headers: Any = None) -> Response:
        self.sent.append((f"{method} {path}", params, json, headers))
        answers = self.script[f"{method} {path}"]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, ConnectorError):
            raise answer
        return Response(200, {}, answer if isinstance(answer, bytes) else _body(answer), _parsed)


def _body(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as problem:
        raise BrokenAnswer(str(problem)) from problem


def _failed(problem: ConnectorError, status: int, said: Any) -> ConnectorError:
    problem.status, problem.said = status, said
    return problem


one, many = "/a%2Fb/tasks/7", "/a%2Fb/tasks"
fine = {"errcode": 0, "data": row}
connector = RestConnector(told)


def test_the_manifest_is_right() -> None:
    assert faults_of(told) == []


def test_values_are_read_where_and_as_they_are() -> None:
    found = connector.fetch(Scripted({f"GET {one}": fine}), "tasks", "7")
    assert found is not None
    assert (found.values, found.version, found.external_key, found.key) == (values, "3", "jw-1", "7")


def test_values_are_written_where_and_as_they_should_be() -> None:
    session = Scripted({f"POST {many}": {"errcode": 0, "data": {"id": 7}}, f"GET {one}": fine})
    given = {name: values[name] for name in ("owner", "spent", "due", "begun")}
    assert connector.create(session, "tasks", given, "jw-1").values == values
    body = {"owner_id": 12, "spent": 1.5, "due": "24.12.2026", "begun": 1_800_000_000_000, "ref": "jw-1"}
    assert session.sent[0] == (f"POST {many}", None, {"task": {"body": body}}, None)


@pytest.mark.parametrize("given", [{"id": "8"}, {"spent": "12345678901234567.891"}, {"spent": "much"}, {"due": "soon"}, {"begun": "soon"}])
def test_what_cannot_be_written_is_refused_by_field_before_anything_is_sent(given: dict[str, Any]) -> None:
    session = Scripted({})
    with pytest.raises(Refused) as caught:
        connector.create(session, "tasks", given, "jw-1")
    assert set(caught.value.fields) == set(given) and session.sent == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"errcode": 42001}, Unauthorised), ({"errcode": 45009, "errmsg": "slow"}, RateLimited), ({"errcode": 40}, Refused),
        ({"errcode": 99}, BrokenAnswer), ({"errcode": False, "data": row}, BrokenAnswer), ({}, BrokenAnswer), ([], BrokenAnswer), (b"", BrokenAnswer), (b"<html>", BrokenAnswer),
        ({"errcode": 0}, BrokenAnswer), ({"errcode": 0, "data": []}, BrokenAnswer),
    ],
)  # fmt: skip
def test_a_200_that_is_no_success_is_what_it_says(answer: Any, error: type[ConnectorError]) -> None:
    with pytest.raises(ConnectorError) as caught:
        connector.fetch(Scripted({f"GET {one}": [answer]}), "tasks", "7")
    assert caught.type is error
    if isinstance(caught.value, RateLimited):
        assert caught.value.after == 30
    on_write = UnknownOutcome if error is BrokenAnswer else error
    if answer != {"errcode": 0} and answer != {"errcode": 0, "data": []}:
        with pytest.raises(ConnectorError) as caught:
            connector.delete(Scripted({f"DELETE {one}": [answer]}), "tasks", "7")
        assert caught.type is on_write


def test_an_error_is_known_better_by_its_code_or_status() -> None:
    for problem, status, said, error in (
        (Refused("400"), 400, {"errcode": 45009}, RateLimited),
        (Refused("423"), 423, None, Stale),
        (Refused("400"), 400, {"errcode": 1}, Refused),
        (Gone("404"), 404, {"errcode": 404}, Gone),
        (Gone("404"), 404, {"message": "no Route matched"}, ServerFault),
        (Gone("404"), 404, None, ServerFault),
    ):
        with pytest.raises(ConnectorError) as caught:
            connector.delete(Scripted({f"DELETE {one}": _failed(problem, status, said)}), "tasks", "7")
        assert caught.type is error, (problem, said)


def test_an_empty_404_is_believed_while_the_peer_answers_otherwise() -> None:
    here = copy.deepcopy(told) | {"answers": {"empty_404": True}}
    gone = _failed(Gone("404"), 404, None)
    assert RestConnector(here).fetch(Scripted({f"GET {one}": gone, "GET /me": {"name": "x"}}), "tasks", "7") is None
    with pytest.raises(ServerFault):
        RestConnector(here).fetch(Scripted({f"GET {one}": gone, "GET /me": ServerFault("away")}), "tasks", "7")


def test_what_was_written_and_cannot_be_read_back_is_unknown() -> None:
    for answer in (ServerFault("away"), _failed(Gone("404"), 404, {"errcode": 404}), b"<html>"):
        with pytest.raises(UnknownOutcome):
            connector.create(Scripted({f"POST {many}": {"errcode": 0, "data": {"id": 7}}, f"GET {one}": answer}), "tasks", {}, "jw-1")


def test_a_peer_that_guards_nothing_is_looked_at_before() -> None:
    with pytest.raises(Stale):
        connector.update(Scripted({f"GET {one}": fine}), "tasks", "7", {"spent": "2"}, "2")
    session = Scripted({f"GET {one}": fine, f"PATCH {one}": {"errcode": 0}})
    connector.update(session, "tasks", "7", {"spent": "2"}, "3")
    assert [each[0].split()[0] for each in session.sent] == ["GET", "PATCH", "GET"]


def test_many_are_asked_for_together_and_the_rest_one_by_one() -> None:
    away = "/a%2Fb/tasks/8"
    lists = [{"errcode": 0, "data": {"list": [row]}}, {"errcode": 0, "data": {"list": []}}]
    session = Scripted({f"GET {many}": lists, f"GET {away}": _failed(Gone(""), 404, {"errcode": 404}), "GET /a%2Fb/tasks/9": Forbidden("")})
    found = connector.lookup(session, "tasks", ["7", "8", "9"])
    assert isinstance(found["7"], Record) and found["8"] is Absence.MISSING and found["9"] is Absence.NOT_VISIBLE
    assert [each[1] for each in session.sent if each[0] == f"GET {many}"] == [{"ids": "7,8"}, {"ids": "9"}]


def test_a_filter_that_is_not_heeded_finds_nobody_else() -> None:
    rows = [row, {**row, "id": 8, "ref": "jw-2"}, {**row, "id": 9, "ref": None}]
    session = Scripted({f"GET {many}": {"errcode": 0, "data": {"list": rows}}})
    assert [each.key for each in connector.find(session, "tasks", "jw-2")] == ["8"]
    without = copy.deepcopy(told)
    del without["streams"]["tasks"]["find"]
    with pytest.raises(NotFindable):
        RestConnector(without).find(session, "tasks", "jw-2")


@pytest.mark.parametrize("key", ["..", ".", ""])
def test_a_key_is_one_step_of_an_address_or_refused(key: str) -> None:
    with pytest.raises(Refused):
        connector.delete(Scripted({}), "tasks", key)


def test_any_other_key_stays_one_step() -> None:
    session = Scripted({"DELETE /a%2Fb/tasks/..%2Fme%3Fx%3D1%23": {"errcode": 0}})
    connector.delete(session, "tasks", "../me?x=1#")


@pytest.mark.parametrize(
    ("form", "text", "again"),
    [
        (Format(), "2026-11-02T08:00:00.123+08:00", "2026-11-02T00:00:00.123000+00:00"), (Format("epoch_s"), 1_800_000_000, 1_800_000_000),
        (Format("epoch_ms"), "1800000000123", 1_800_000_000_123), (Format("%Y-%m-%d %H:%M", "+08:00"), "2026-11-02 08:30", "2026-11-02 08:30"),
        (Format("%Y%m%d", "-03:30"), "20261102", "20261102"), (Format("%Y-%m-%dT%H:%M:%S%z"), "2026-11-02T08:00:00+0530", "2026-11-02T02:30:00+0000"),
    ],
)  # fmt: skip
def test_times_are_read_and_written(form: Format, text: Any, again: Any) -> None:
    moment = form.read(text)
    assert form.write(moment) == again and form.read(form.write(moment)) == moment
    for step in (timedelta(milliseconds=1), timedelta(minutes=1), timedelta(days=1)):
        low = cut(moment + timedelta(seconds=17), max(step, form.holds), form.offset)
        assert low <= moment + timedelta(seconds=17) < low + max(step, form.holds)
        assert form.read(form.write(low)) == low


@pytest.mark.parametrize("text", [None, "", "soon", True, [], {}, "2026-11-02", "9" * 400, float("inf")])
def test_what_is_no_time_is_a_broken_answer(text: Any) -> None:
    for form in (Format(), Format("epoch_s"), Format("epoch_ms"), Format("%Y-%m-%d %H:%M", "UTC")):
        with pytest.raises(BrokenAnswer):
            form.read(text)
