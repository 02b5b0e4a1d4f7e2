"""Numbers of programs keep every digit through every door, are told as people write them, and what is none of a field's kind is refused at its field."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from jingwei.assembly.commands import assistant
from jingwei.domains.cost.models import Line
from jingwei.frame.api.mcp import tools
from jingwei.frame.models import ApiToken
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.house.conftest import House
from tests.house.test_api import Program, program
from tests.house.test_custom import declare, declared

__all__ = ["program"]
pytestmark = pytest.mark.django_db
cents = "90071992547409.93"
odd = ('"2026-03-09"', "46000", "1.5", "1e400", "-1e-400", "1e999999999", "NaN", "-Infinity", "true", "false", "[]", '["a"]', "{}", '{"a": 1}', '"\\u0000"', '"\\ud800"', '""', "null", "0", "9007199254740993", '"x"')  # fmt: skip


def raw(program: Program, method: str, path: str, body: str) -> tuple[int, Any]:
    answer = program.client.generic(method, path, body, content_type="application/json", headers={"Authorization": f"Bearer {program.token}"})
    return answer.status_code, json.loads(answer.content)


def line_of(house: House, inside: Any, **more: Any) -> Line:
    with inside():
        return house.make(resource("cost.line"))  # type: ignore[no-any-return]


def by_graph(program: Program, pk: int, values: str) -> tuple[Any, Any]:
    """The same change, its values as a variable."""
    query = json.dumps(f'mutation($v: JSON!) {{ changeCostLine(key: "{pk}", values: $v) {{ amount }} }}')
    status, told = raw(program, "POST", "/graphql", f'{{"query": {query}, "variables": {{"v": {values}}}}}')
    assert status == 200, told
    return told["data"], told.get("errors")


def by_assistant(program: Program, pk: int, values: str) -> dict[str, Any]:
    body = f'{{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {{"name": "change", "arguments": {{"kind": "cost.line", "key": {pk}, "values": {values}}}}}}}'
    status, told = raw(program, "POST", "/api/mcp", body)
    assert status == 200 and told["id"] == 7, told
    return told["result"]  # type: ignore[no-any-return]


def test_every_kind_of_field_takes_a_value_of_json_or_refuses_it_at_its_name(house: House, inside: Any, program: Program) -> None:
    line, kind = line_of(house, inside), resource("cost.line")
    with inside():
        fields = declared(house, kind)
    for name, field in fields.items():
        for value in odd:
            values = f'{{"extra": {{"{field.key}": {value}}}}}'
            status, told = raw(program, "PATCH", f"/api/v1/cost.line/{line.pk}", values)
            assert status in (200, 422), (name, value, told)
            if status == 422:
                assert [e["field"] for e in told["errors"]] == [f"extra.{field.key}"], (name, value, told)
            else:
                json.dumps(told, allow_nan=False)
            _data, errors = by_graph(program, line.pk, values)
            assert bool(errors) is (status == 422), (name, value, errors)
            assert not errors or list(errors[0]["extensions"]["fields"]) == [f"extra.{field.key}"], errors
            found = by_assistant(program, line.pk, values)
            assert found["isError"] is (status == 422), (name, value, found)
    for value in ("46000", "1.5", "true", "1e400"):
        assert raw(program, "PATCH", f"/api/v1/cost.line/{line.pk}", f'{{"extra": {{"{fields["date"].key}": {value}}}}}')[0] == 422
    assert raw(program, "PATCH", f"/api/v1/cost.line/{line.pk}", f'{{"extra": {{"{fields["text"].key}": 1e400}}}}')[0] == 422


enormous = ("1e3000000", "-1e999999999", "1e-3000000", "1e1000000000000000000", "1e-9999999999999999999", "1e99999999999999999999999999", f"{'9' * 5000}.5")


@pytest.mark.parametrize("number", enormous, ids=lambda number: number[:30])
def test_a_number_that_nobody_could_write_out_is_refused_at_once_at_every_door(house: House, inside: Any, program: Program, number: str) -> None:
    """Given a number whose digits would fill a book, when a program sends it for one of any kind, then nobody writes it out, and it is refused where it stands."""
    line = line_of(house, inside)
    with inside():
        task = house.make(resource("work.task"))
    for path, name in (
        (f"work.task/{task.pk}", "version"),
        (f"work.task/{task.pk}", "percent"),
        (f"cost.line/{line.pk}", "amount"),
        (f"cost.line/{line.pk}", "task"),
    ):
        status, told = raw(program, "PATCH", f"/api/v1/{path}", f'{{"{name}": {number}}}')
        assert status in (400, 422) and (status == 400 or told["errors"][0]["field"].split(".")[0] == name), (path, name, told)
    for name in ("size", "page"):
        body = f'{{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {{"name": "list", "arguments": {{"kind": "work.task", "{name}": {number}}}}}}}'
        status, told = raw(program, "POST", "/api/mcp", body)
        assert status == 200 and told["result"]["isError"] is True, told
    assert raw(program, "POST", "/api/mcp", f'{{"jsonrpc": "2.0", "id": {number}, "method": "ping"}}')[0] == 400
    ping = raw(program, "POST", "/api/mcp", f'{{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {{"a": {number}}}}}')
    assert ping[0] == 200 and ping[1]["id"] == 7, ping
    asked = (
        f'{{"query": "query($n: Int) {{ workTaskList(page: $n) {{ count }} }}", "variables": {{"n": {number}}}}}',
        json.dumps({"query": f"{{ workTaskList(page: {number}) {{ count }} }}"}),
        json.dumps({"query": f"{{ workTaskList(filters: {{percent: {number}}}) {{ count }} }}"}),
        json.dumps({"query": f'mutation {{ changeCostLine(key: "{line.pk}", values: {{amount: {number}}}) {{ amount }} }}'}),
    )
    for body in asked:
        status, told = raw(program, "POST", "/graphql", body)
        assert status in (200, 400) and told["errors"], (body[:80], told)
        assert "decimal." not in json.dumps(told), told
    with inside():
        assert Line.objects.get(pk=line.pk).amount == line.amount


def test_a_whole_number_with_a_point_is_one_and_a_literal_keeps_its_cents(house: House, inside: Any, program: Program) -> None:
    line = line_of(house, inside)
    status, told = raw(program, "POST", "/graphql", '{"query": "query($n: Int) { costLineList(page: $n) { count } }", "variables": {"n": 1.0}}')
    assert status == 200 and told["data"] == {"costLineList": {"count": 1}}, told
    query = json.dumps({"query": f'mutation {{ changeCostLine(key: "{line.pk}", values: {{amount: {cents}}}) {{ amount }} }}'})
    assert raw(program, "POST", "/graphql", query)[1]["data"] == {"changeCostLine": {"amount": cents}}
    status, told = raw(program, "POST", "/graphql", '{"query": "{ __typename }", "operationName": 1.5}')
    assert status == 400 and "operationName" in told["errors"][0]["message"]


def test_an_assistant_whose_token_has_ended_is_told_so_however_it_counts_its_messages(house: House) -> None:
    text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="ended")[1]
    ApiToken.objects.all().delete()
    answers = io.StringIO()
    asked = ("1.5", "1e999999999", "true", "[]", "2", '"x"')
    assistant.serve(io.StringIO("".join(f'{{"jsonrpc":"2.0","id":{number},"method":"ping"}}\n' for number in asked)), answers, text)
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [each["id"] for each in told] == [None, None, None, None, 2, "x"]
    assert all("token has ended" in each["error"]["message"] for each in told)


def test_cents_of_a_number_come_in_by_every_door(house: House, inside: Any, program: Program) -> None:
    line = line_of(house, inside)
    with inside():
        mine = declare(house, resource("cost.line"), "decimal", key="rest")
    values = f'{{"amount": {cents}, "extra": {{"{mine.key}": {cents}}}}}'

    def reset() -> None:
        with inside():
            found = Line.objects.get(pk=line.pk)
            assert (found.amount, found.extra[mine.key]) == (Decimal(cents), cents)
            Line.objects.filter(pk=line.pk).update(amount=1, extra={})

    assert raw(program, "PATCH", f"/api/v1/cost.line/{line.pk}", values)[0] == 200
    reset()
    assert by_graph(program, line.pk, values) == ({"changeCostLine": {"amount": cents}}, None)
    reset()
    literal = f'mutation {{ changeCostLine(key: "{line.pk}", values: {{amount: {cents}, extra: {{{mine.key}: {cents}}}}}) {{ amount }} }}'
    assert "errors" not in raw(program, "POST", "/graphql", json.dumps({"query": literal}))[1]
    reset()
    assert not by_assistant(program, line.pk, values)["isError"]
    reset()
    for odd_one in ("NaN", "Infinity", "1e999999999"):
        status, told = raw(program, "PATCH", f"/api/v1/cost.line/{line.pk}", f'{{"amount": {odd_one}}}')
        assert status == 422 and told["errors"][0]["field"] == "amount", told


def test_a_small_number_is_told_without_an_exponent(house: House, inside: Any, program: Program) -> None:
    with inside():
        rate = house.make(resource("cost.rate"))
        type(rate).objects.filter(pk=rate.pk).update(rate=Decimal("0.00000001"))
    assert raw(program, "GET", f"/api/v1/cost.rate/{rate.pk}", "")[1]["rate"] == "0.00000001"
    query = json.dumps({"query": f'{{ costRate(key: "{rate.pk}") {{ rate }} }}'})
    assert raw(program, "POST", "/graphql", query)[1]["data"]["costRate"]["rate"] == "0.00000001"
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "read", "arguments": {"kind": "cost.rate", "key": rate.pk}}}
    assert '"0.00000001"' in raw(program, "POST", "/api/mcp", json.dumps(body))[1]["result"]["content"][0]["text"]


def test_what_is_refused_before_it_is_looked_at_is_told_as_any_refusal(house: House, program: Program) -> None:
    for method, body in (("POST", "{"), ("POST", "[" * 100_000), ("PATCH", '{"a": \xff')):
        status, told = raw(program, method, "/api/v1/work.task/" + ("1" if method == "PATCH" else ""), body)
        assert status == 400 and told["errors"][0]["code"] == "malformed" and "JSON" in told["errors"][0]["message"], told
    ApiToken.objects.all().delete()
    for path in ("/api/v1/work.task/", "/graphql", "/w/cost.line/export.csv"):
        status, told = raw(program, "POST" if path == "/graphql" else "GET", path, "{}")
        assert status == 401 and told["errors"][0]["code"] == "unauthorized" and told["errors"][0]["message"], (path, told)


def test_whatever_a_tool_raises_is_answered_under_its_number(house: House, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> None:
        raise AttributeError("'int' object has no attribute 'strip'")

    monkeypatch.setattr(tools.Tool, "called", broken)
    body = json.dumps({"jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": {"name": "kinds", "arguments": {}}})
    answers = io.StringIO()
    assistant.serve(io.StringIO(body + "\n"), answers, program.token)
    for told in (json.loads(answers.getvalue()), raw(program, "POST", "/api/mcp", body)[1]):
        assert told["id"] == "mine" and told["error"]["code"] == -32603 and "strip" not in told["error"]["message"], told


def brought(program: Program, *rows: str) -> list[dict[str, Any]]:
    """The lines of a file of cost lines, on trial."""
    text = "project,number,account,description,amount,period\n" + "\n".join(f"P1,N{n},other,d,{row}" for n, row in enumerate(rows))
    given = {"file": SimpleUploadedFile("a.csv", text.encode(), "text/csv")}
    answer = program.client.post("/api/v1/imports/cost.line/trial", given, headers={"Authorization": f"Bearer {program.token}"})
    assert answer.status_code == 200, answer.content
    return answer.json()["rows"]  # type: ignore[no-any-return]


def test_a_file_brings_days_for_months_but_no_yes_and_no_underscores_for_amounts(program: Program) -> None:
    good, moment, *bad = brought(program, "1,2026-11-01", "1,2026-11-01 08:00", "TRUE,2026-11", "1_000,2026-11", "1,2026-13-01")
    assert not good["errors"] and not moment["errors"], (good, moment)
    assert [list(each["errors"]) for each in bad] == [["amount"], ["amount"], ["period"]]


def test_no_number_of_a_program_has_underscores(house: House, inside: Any, program: Program) -> None:
    line = line_of(house, inside)
    status, told = raw(program, "PATCH", f"/api/v1/cost.line/{line.pk}", '{"amount": "1_000"}')
    assert status == 422 and told["errors"][0]["field"] == "amount"


def test_a_line_that_is_wrong_names_its_fields(house: House, inside: Any) -> None:
    sheets = resource("labour.sheet")
    with inside(), pytest.raises(ValidationError) as problem:
        values = {name: getattr(value, "pk", value) for name, value in house.values(sheets).items()}
        commands.create(sheets, values | {"lines": [{"worker": "甲", "trade": "t", "hours": "x", "rate": "1"}]}, house.access)
    assert str(resource("labour.sheetline").label("hours")) in " ".join(problem.value.messages)
