"""Declared fields in lists, streams, GraphQL and history, and what is a sensible declaration."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.frame.models import Project
from jingwei.frame.records import commands, declaring, exchange, extra
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.records.search import find
from jingwei.hub.peers.local import LocalResources
from tests.house.conftest import House
from tests.house.test_api import Program
from tests.house.test_custom import Inside, declare, declared, every, first, held, samples, stored
from tests.house.test_resources import logged_in

pytestmark = pytest.mark.django_db


@every
def test_a_list_shows_sorts_filters_and_finds_by_them(kind: Resource, house: House, inside: Inside) -> None:
    client, program = logged_in(house, house.owner), Program(house, house.owner, house.tenant)
    with inside():
        rows = [house.make(kind) for _ in range(3)]
        fields = declared(house, kind)
        commands.change(kind, rows[0], {"extra": first(fields)}, house.access)
        commands.change(kind, rows[1], {"extra": first(fields, 1)}, house.access)
    columns = ",".join(f"extra.{field.key}" for field in fields.values())
    page = client.get(f"/w/{kind.key}/?columns={columns}", headers={"Accept-Language": "en"}).content.decode()
    assert "Field decimal" in page and "0.10" in page and "2026-02-28" in page and "High, none" in page and "人 1" in page
    ids = [row.pk for row in rows]

    def found(**asked: str) -> list[int]:
        status, told = program.call("GET", f"/api/v1/{kind.key}/?" + "&".join(f"{name}={value}" for name, value in asked.items()))
        assert status == 200, told
        return [item["id"] for item in told["items"] if item["id"] in ids]

    wanted = {
        "text": "甲",
        "whole": "1234567890123456789",
        "decimal": "0.1",
        "date": "2026-02-28",
        "yes_no": "true",
        "choice": "high",
        "several": "none",
        "person": "E-1",
    }
    for type_, text in wanted.items():
        name = f"extra.{fields[type_].key}"
        assert found(**{name: text}) == ids[:1], type_
        assert found(**{name: "-"}) == ids[2:], type_
        assert found(sort=name)[-1] == ids[2] and sorted(found(sort=f"-{name}")) == sorted(ids), type_
        assert client.get(f"/w/{kind.key}/?{name}={text}&sort={name}").status_code == 200
    assert found(sort="extra.my-whole") == [ids[1], ids[0], ids[2]] and found(sort="extra.my-decimal") == [ids[1], ids[0], ids[2]]
    assert found(**{"extra.my-date_from": "2026-12-01"}) == ids[1:2] and found(**{"extra.my-decimal_to": "0.05"}) == ids[1:2]
    for name, text in (
        ("extra.my-date", "soon"),
        ("extra.my-choice", "medium"),
        ("extra.no-such", "x"),
        ("sort", "extra.no-such"),
        ("extra.my-whole_from", "x"),
    ):
        assert program.call("GET", f"/api/v1/{kind.key}/?{name}={text}")[0] == 422, name
    # page after page by cursor
    seen, after = [], ""
    for _turn in range(8):
        status, told = program.call("GET", f"/api/v1/{kind.key}/?sort=-extra.my-decimal&size=1&after={after}")
        assert status == 200, told
        seen += [item["id"] for item in told["items"]]
        if not (after := told["next"] or ""):
            break
    assert [pk for pk in seen if pk in ids] == [ids[2], ids[0], ids[1]] and len(seen) == len(set(seen))
    with inside():
        assert rows[0].pk in [row.pk for row in Listing(kind, house.access, {"q": "第二行"}).rows]
        assert (kind.key, rows[0].pk) in [(each.resource.key, each.pk) for each in find("第二行", house.access, resources(), most=6)]


@every
def test_twenty_of_them_keep_the_budget_of_a_list(kind: Resource, house: House, inside: Inside) -> None:
    client = logged_in(house, house.owner)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    with inside():
        rows = [house.make(kind) for _ in range(5)]
        client.get(f"/w/{kind.key}/")
        bare = queries(f"/w/{kind.key}/")
        declared(house, kind)
        for number in range(11):
            declare(house, kind, "person", f"more-{number}")
        names = [each.name for each in extra.fields_of(kind, None)]
        assert len(names) == 20
        for number, row in enumerate(rows):
            commands.change(kind, row, {name: f"E-{1 + number % 2}" for name in names if "more" in name}, house.access)
    assert queries(f"/w/{kind.key}/") <= bare + 1
    assert queries(f"/w/{kind.key}/?columns={','.join(names)}") <= bare + 3, "the fields, whom they name, whom one may choose"


@every
def test_a_stream_gives_and_takes_them(kind: Resource, house: House, inside: Inside) -> None:
    if not kind.is_stream:
        pytest.skip("no stream")
    with inside():
        row, fields = house.make(kind), declared(house, kind)
        place = kind.project_of(row) if kind.model is not Project else None
        port = LocalResources(place, house.access, house.tenant.pk)
        offered = {field.name: field for each in port.streams() if each.name == kind.key for field in each.fields}
        assert {name: offered[f"extra.{field.key}"].type for name, field in fields.items()} == {
            "text": "string", "long": "text", "whole": "integer", "decimal": "decimal", "date": "date", "yes_no": "boolean", "choice": "enum", "several": "list", "person": "reference",
        }  # fmt: skip
        assert "extra" not in offered
        given = {f"extra.{field.key}": samples[type_][0] for type_, field in fields.items()}
        (record,) = port.write(kind.key, [(str(row.pk), given)])
        assert {name: record.values[name] for name in given} == given, record  # type: ignore[union-attr]
        assert held(kind, row) == stored(fields)
        (again,) = port.fetch(kind.key, [str(row.pk)])
        assert {name: again.values[name] for name in given} == given
        (refused,) = port.write(kind.key, [(str(row.pk), {"extra.my-date": "tomorrow"})])
        assert "extra.my-date" in refused.fields  # type: ignore[union-attr]


@every
def test_graphql_tells_and_takes_them(kind: Resource, house: House, inside: Inside) -> None:
    program = Program(house, house.owner, house.tenant)
    with inside():
        row, fields = house.make(kind), declared(house, kind)
    first_word, *others = kind.key.replace("_", ".").split(".")
    camel = first_word + "".join(each.title() for each in others)
    query = f'mutation M($v: JSON!) {{ change{camel[0].upper()}{camel[1:]}(key: "{row.pk}", values: $v) {{ extra }} }}'
    _status, told = program.call("POST", "/graphql", {"query": query, "variables": {"v": {"extra": first(fields)}}})
    with inside():
        assert next(iter(told["data"].values()))["extra"] == stored(fields), told


@every
def test_history_speaks_of_them_by_their_names(kind: Resource, house: House, inside: Inside) -> None:
    with inside():
        row, fields = house.make(kind), declared(house, kind)
        commands.change(kind, row, {"extra": first(fields)}, house.access)
    page = logged_in(house, house.owner).get(f"/w/{kind.key}/{row.pk}/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "字段 choice" in page and "高" in page and "&quot;my-choice&quot;" not in page and "my-choice&#x27;" not in page


def test_somebody_who_is_gone_stays_named_by_his_number(house: House, inside: Inside) -> None:
    tasks, client = resource("work.task"), logged_in(house, house.owner)
    with inside():
        row, fields = house.make(tasks), declared(house, tasks)
        commands.change(tasks, row, {"extra": {"my-person": "E-1"}}, house.access)
        pk = held(tasks, row)["my-person"]
        commands.remove(resource("directory.person"), resource("directory.person").named("E-1"), house.access)
    for address in (f"/w/work.task/{row.pk}/", f"/w/work.task/{row.pk}/edit/", "/w/work.task/?columns=name,extra.my-person"):
        assert f"#{pk}" in client.get(address).content.decode(), address
    assert client.post(f"/w/work.task/{row.pk}/edit/", {"extra.my-person": f"#{pk}", "extra.my-text": "x"}).status_code == 302
    with inside():
        content = b"".join(exchange.export_csv(tasks, tasks.rows(house.access).filter(pk=row.pk), exchange.fields_told(tasks, house.access)))
        report = exchange.dry_run(tasks, exchange.read_sheet(content, "x.csv", tasks), house.access)
        assert [(r.action, r.errors) for r in report.rows] == [("unchanged", {})]
        assert held(tasks, row) == {"my-person": pk, "my-text": "x"} and fields


def test_a_field_is_declared_sensibly(house: House, inside: Inside) -> None:
    with inside():
        for values, field in (
            ({"key": "Über"}, "key"),
            ({"key": "a", "label_zh": "负责人"}, "label_zh"),
            ({"key": "name"}, "label_zh"),
            ({"key": "a", "label_en": "=1+1"}, "label_en"),
            ({"key": "a", "kind": "choice"}, "choices"),
            ({"key": "a", "kind": "choice", "choices": "x\nx"}, "choices"),
            ({"key": "a", "kind": "text", "choices": "x"}, "choices"),
            ({"key": "a", "kind": "choice", "choices": "x;y"}, "choices"),
            ({"key": "a", "resource": "directory.team"}, "resource"),
            ({"key": "a", "resource": "frame.project", "project": house.project.pk}, "project"),
        ):
            with pytest.raises(ValidationError) as refused:
                commands.create(declaring.fields, {"resource": "work.task", "kind": "text", **values}, house.access)
            assert field in refused.value.message_dict, values
        for number in range(50):
            declare(house, resource("risk.risk"), "text", f"f{number}", project=house.project.pk if number % 2 else None)
        with pytest.raises(ValidationError, match="50"):
            declare(house, resource("risk.risk"), "text", "too-many")


def test_a_cell_is_edited_in_the_list(house: House, inside: Inside) -> None:
    client = logged_in(house, house.owner)
    with inside():
        tasks = resource("work.task")
        row, _fields = house.make(tasks), declared(house, tasks)
    for key, value, shown in (
        ("my-choice", "high", "High"),
        ("my-yes-no", "true", "yes"),
        ("my-date", "2026-02-28", "2026-02-28"),
        ("my-person", "E-1", "人 1"),
    ):
        path = f"/w/work.task/{row.pk}/cell/extra.{key}/"
        assert client.get(path).status_code == 200
        answer = client.post(path, {f"extra.{key}": value}, headers={"Accept-Language": "en"})
        assert answer.status_code == 200 and shown in answer.content.decode(), key
    assert client.get(f"/w/work.task/{row.pk}/cell/extra.my-several/").status_code == 404
    assert Client().get(f"/w/work.task/{row.pk}/cell/extra.my-date/").status_code == 302
