"""Laws of declared fields, over every resource that has them: strangers write none, every type goes through every way in and back, and a list with twenty of them keeps its budget."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from jingwei.frame.models import CustomField, History, Project
from jingwei.frame.records import commands, declaring, exchange, extra, undo
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.records.search import find
from jingwei.frame.rights.access import access_of
from jingwei.hub.peers.local import LocalResources
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program, plain
from tests.house.test_resources import logged_in, posted

pytestmark = pytest.mark.django_db
extended = [each for each in resources() if each.is_extended]
every = pytest.mark.parametrize("kind", extended, ids=lambda each: each.key)
Kind = CustomField.Kind
Inside = Callable[[], Any]
options = "high | 高 | High\nlow | 低 | Low\nnone"
# of each type: a value, another one, and what is none of it
samples: dict[str, tuple[Any, Any, Any]] = {
    "text": ("甲 区", "B", "x" * 2001),
    "long": ("第一行\n第二行", "B", "x" * 2001),
    "whole": (1234567890123456789, -1, "1.5"),
    "decimal": ("0.10", "-12345678901234567890.5", "abc"),
    "date": ("2026-02-28", "2027-01-01", "2026-02-30"),
    "yes_no": (True, False, "perhaps"),
    "choice": ("high", "low", "medium"),
    "several": (["high", "none"], ["low"], ["high", "medium"]),
    "person": ("E-1", "E-2", "E-99"),
}


def declare(house: House, kind: Resource, type_: str, key: str = "", **more: Any) -> CustomField:
    """One more field of that type."""
    told = {"label_zh": f"字段 {type_}", "label_en": f"Field {type_}", "choices": options if type_ in ("choice", "several") else ""}
    if key:
        told |= {"label_zh": f"字段 {key}", "label_en": f"Field {key}"}
    values = {"resource": kind.key, "key": key or f"my-{type_.replace('_', '-')}", "kind": type_, **told, **more}
    return commands.create(declaring.fields, values, house.access)  # type: ignore[no-any-return]


def declared(house: House, kind: Resource) -> dict[str, CustomField]:
    """One field of every type, and the people that may be named."""
    people = resource("directory.person")
    for number in (1, 2):
        commands.create(people, {"number": f"E-{number}", "name": f"人 {number}"}, house.access)
    return {type_: declare(house, kind, type_) for type_ in samples}


def kept(type_: str, value: Any) -> Any:
    """As the column holds it."""
    return resource("directory.person").named(value).pk if type_ == "person" else value


def held(kind: Resource, row: Any) -> dict[str, Any]:
    return dict(kind.model.objects.get(pk=row.pk).extra)


def first(fields: dict[str, CustomField], place: int = 0) -> dict[str, Any]:
    return {field.key: samples[type_][place] for type_, field in fields.items()}


def stored(fields: dict[str, CustomField], place: int = 0) -> dict[str, Any]:
    return {field.key: kept(type_, samples[type_][place]) for type_, field in fields.items()}


def both_languages() -> Iterator[str]:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            yield language


def test_there_are_some() -> None:
    assert {each.key for each in extended} >= {"work.task", "risk.risk", "change.changerequest", "cost.line", "decision.decision", "frame.project"}


@every
def test_who_may_not_change_a_row_writes_none_and_declares_none(kind: Resource, house: House, inside: Inside) -> None:
    with inside():
        row, field = house.make(kind), declare(house, kind, "text")
        viewer = access_of(house.viewer, house.tenant)
        with pytest.raises(PermissionDenied):
            commands.change(kind, row, {"extra": {field.key: "x"}}, viewer)
        with pytest.raises(PermissionDenied):
            commands.create(declaring.fields, {"resource": kind.key, "key": "mine", "kind": "text"}, viewer)
    for person, there in ((house.viewer, 403), (house.stranger, 404)):
        program = Program(house, person, house.tenant if person is house.viewer else house.other)
        assert program.call("PATCH", f"/api/v1/{kind.key}/{row.pk}", {"extra": {field.key: "x"}})[0] == there
        assert program.call("PATCH", f"/api/v1/frame.customfield/{field.pk}", {"label_zh": "x"})[0] == there
    assert logged_in(house, house.viewer).post(f"/w/{kind.key}/{row.pk}/cell/extra.{field.key}/", {f"extra.{field.key}": "x"}).status_code == 403
    with inside():
        assert held(kind, row) == {}


def test_a_manager_declares_fields_of_his_project_only_and_those_are_shown_nowhere_else(house: House, inside: Inside, half: Half) -> None:
    tasks = resource("work.task")
    with half.inside():
        mine = commands.create(declaring.fields, {"resource": "work.task", "project": house.project.pk, "key": "mine", "label_zh": "我项目的字段"}, half.access)
        for project in (half.other.pk, None):
            with pytest.raises(PermissionDenied):
                commands.create(declaring.fields, {"resource": "work.task", "project": project, "key": "theirs"}, half.access)
        with pytest.raises(ValidationError) as refused:
            commands.create(tasks, {"project": half.other.pk, "name": "n", "extra": {"mine": "x"}}, house.access)
        assert "extra.mine" in refused.value.message_dict
    with inside():
        commands.change(tasks, half.mine[0], {"extra": {"mine": "只在甲"}}, house.access)
        with pytest.raises(ValidationError) as refused:
            commands.change(tasks, half.mine[0], {"project": half.other.pk, "code": "T-9"}, house.access)
        assert "extra.mine" in refused.value.message_dict, "no value is left where it is not shown"
    client = logged_in(house, house.owner)
    for path, is_shown in (
        (f"/w/work.task/?project={house.project.pk}", True),
        (f"/w/work.task/?project={half.other.pk}", False),
        ("/w/work.task/", False),
        (f"/w/work.task/{half.mine[0].pk}/", True),
        (f"/w/work.task/{half.theirs[0].pk}/", False),
        (f"/w/work.task/{half.mine[0].pk}/edit/", True),
        (f"/w/work.task/{half.theirs[0].pk}/edit/", False),
        (f"/w/work.task/new/?project={house.project.pk}", True),
        (f"/w/work.task/new/?project={half.other.pk}", False),
        (f"/w/work.task/export.csv?project={half.other.pk}", False),
    ):
        answer = client.get(path, headers={"Accept-Language": "zh-hans"})
        content = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()  # type: ignore[attr-defined]
        assert answer.status_code == 200 and ("我项目的字段" in content) is is_shown, path
    assert mine.project_id == house.project.pk


def test_who_may_not_see_such_rows_in_a_project_sees_no_fields_of_theirs(house: House, inside: Inside, half: Half) -> None:
    risks = resource("risk.risk")
    with inside():
        declare(house, risks, "text", "secret", project=half.other.pk)
        declare(house, risks, "text", "known", project=house.project.pk)
    person = member(house, "two", "manager", house.project)
    member(house, "two", "crew", half.other)
    client = logged_in(house, person)
    for project, word, is_shown in ((house.project.pk, "known", True), (half.other.pk, "secret", False)):
        for path in ("/w/risk.risk/?project={}&columns=extra.{}", "/w/risk.risk/export.csv?project={}", "/w/risk.risk/new/?project={}"):
            answer = client.get(path.format(project, word))
            content = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()  # type: ignore[attr-defined]
            assert answer.status_code == 200 and (f"字段 {word}" in content) is is_shown, path


@every
def test_every_type_goes_through_rest_form_sheet_and_undo(kind: Resource, house: House, inside: Inside) -> None:
    program, client = Program(house, house.owner, house.tenant), logged_in(house, house.owner)
    with inside():
        fields = declared(house, kind)
        values = plain(house.values(kind, 1))
    status, made = program.call("POST", f"/api/v1/{kind.key}/", {**values, "extra": first(fields)})
    assert status == 201, made
    with inside():
        row = kind.model.objects.get(pk=made["id"])
        assert held(kind, row) == made["extra"] == stored(fields), "as it was said, exactly"
        assert json.loads(json.dumps(row.extra))["my-decimal"] == "0.10", "no float"
    # one of them is changed, the others stay
    for type_, field in fields.items():
        status, told = program.call("PATCH", f"/api/v1/{kind.key}/{row.pk}", {"extra": {field.key: samples[type_][1]}})
        assert status == 200, told
    with inside():
        assert held(kind, row) == stored(fields, 1)
        # back, one after the other
        lines = History.objects.filter(resource=kind.key, object_id=row.pk, action="U", after__has_key="extra").order_by("-id")
        for trace in dict.fromkeys(line.trace for line in lines):
            assert undo.undo(trace, house.access) == []
        assert held(kind, row) == stored(fields)
    # the form as a browser sends it
    page = client.get(f"/w/{kind.key}/{row.pk}/edit/").content.decode()
    assert all(f'name="extra.{field.key}"' in page for field in fields.values())
    sent = {f"extra.{field.key}": samples[type_][1] for type_, field in fields.items()} | {"extra.my-yes-no": "false", "extra.my-several:shown": "1"}
    answer = client.post(f"/w/{kind.key}/{row.pk}/edit/", sent)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    with inside():
        assert held(kind, row) == stored(fields, 1)
        text = client.get(f"/w/{kind.key}/{row.pk}/", headers={"Accept-Language": "en"}).content.decode()
        assert "Field text" in text and "人 2" in text and "Low" in text
    # out and in again
    with inside():
        rows = kind.rows(house.access).filter(pk=row.pk)
        names = exchange.fields_told(kind, house.access)
        assert {f"extra.{field.key}" for field in fields.values()} <= set(names)
        for content, file in ((b"".join(exchange.export_csv(kind, rows, names)), "x.csv"), (exchange.export_xlsx(kind, rows, names), "x.xlsx")):
            report = exchange.dry_run(kind, exchange.read_sheet(content, file, kind), house.access)
            assert report.unknown == () and [(r.action, r.errors, r.changes) for r in report.rows] == [("unchanged", {}, {})]
            kind.model.objects.filter(pk=row.pk).update(extra={})
            again = exchange.apply(kind, exchange.read_sheet(content, file, kind), house.access)
            assert again.is_clean, again.rows[0].errors
            assert held(kind, row) == stored(fields, 1)
    # a row that is deleted comes back whole; a value whose field is another one by now stays in the history
    assert client.post(f"/w/{kind.key}/{row.pk}/delete/").status_code == 302
    with inside():
        commands.change(declaring.fields, fields["text"], {"kind": "whole"}, house.access)
        trace = History.objects.filter(resource=kind.key, object_id=row.pk, action="D").latest("id").trace
        (told,) = undo.undo(trace, house.access)
        assert "B" in told and str(fields["text"]) in told, "and is named"
        assert held(kind, row) == {key: value for key, value in stored(fields, 1).items() if key != "my-text"}


@every
def test_what_is_no_value_is_refused_at_its_field_in_both_languages(kind: Resource, house: House, inside: Inside) -> None:
    program = Program(house, house.owner, house.tenant)
    with inside():
        row, fields = house.make(kind), declared(house, kind)
        for type_, field in fields.items():
            said = []
            for _language in both_languages():
                with pytest.raises(ValidationError) as refused:
                    commands.change(kind, row, {"extra": {field.key: samples[type_][2]}}, house.access)
                assert list(refused.value.message_dict) == [f"extra.{field.key}"]
                said.append(refused.value.messages)
            assert said[0] != said[1], f"{type_}: {said[0]}"
            (bulk,) = commands.save_many(kind, [(row, {f"extra.{field.key}": samples[type_][2]})], house.access)
            assert isinstance(bulk, ValidationError) and list(bulk.message_dict) == [f"extra.{field.key}"]
    for body in (
        {"no-such": 1},
        {"my-text": {"a": 1}},
        {"my-text": ["a"]},
        {"my-whole": True},
        {"my-text": "a\0b"},
        {"my-several": [1]},
        {"my-date": "1850-01-01"},
    ):
        status, told = program.call("PATCH", f"/api/v1/{kind.key}/{row.pk}", {"extra": body})
        assert status == 422 and told["errors"][0]["field"] == f"extra.{next(iter(body))}", told
    answer = logged_in(house, house.owner).post(f"/w/{kind.key}/{row.pk}/edit/", {"extra.my-whole": "viele"})
    assert answer.status_code == 422 and "viele" in answer.content.decode(), "what was typed stays"
    with inside():
        assert held(kind, row) == {}


@every
def test_what_is_required_is_asked_of_new_rows_and_of_nothing_that_was_there(kind: Resource, house: House, inside: Inside) -> None:
    with inside():
        row = house.make(kind)
        field = declare(house, kind, "choice", is_required=True)
        values = {n: getattr(v, "pk", v) for n, v in house.values(kind, 9).items()}
        for given in ({}, {"extra": {}}, {"extra": {field.key: ""}}):
            with pytest.raises(ValidationError) as refused:
                commands.create(kind, {**values, **given}, house.access)
            assert f"extra.{field.key}" in refused.value.message_dict
        (bulk,) = commands.save_many(kind, [(None, values)], house.access)
        assert isinstance(bulk, ValidationError) and f"extra.{field.key}" in bulk.message_dict
        answer = logged_in(house, house.owner).post(f"/w/{kind.key}/new/", posted(house, kind, 9))
        assert answer.status_code == 422
        client = logged_in(house, house.owner)
        assert client.post(f"/w/{kind.key}/{row.pk}/edit/", {f"extra.{field.key}": ""}).status_code == 302
        assert client.post(f"/w/{kind.key}/{row.pk}/edit/", {f"extra.{field.key}": "low"}).status_code == 302
        assert client.post(f"/w/{kind.key}/{row.pk}/edit/", {f"extra.{field.key}": ""}).status_code == 422, "what has a value keeps one"
        row.refresh_from_db()
        name = next(n for n in kind.inline)
        commands.change(kind, row, {name: getattr(row, kind.model_field(name).attname)}, house.access)  # type: ignore[union-attr]
        assert commands.create(kind, {**values, "extra": {field.key: "high"}}, house.access).extra == {field.key: "high"}


@every
def test_an_archived_field_keeps_its_values_and_takes_none(kind: Resource, house: House, inside: Inside) -> None:
    client = logged_in(house, house.owner)
    with inside():
        row, field = house.make(kind), declare(house, kind, "text", is_required=False)
        commands.change(kind, row, {f"extra.{field.key}": "stays"}, house.access)
        for name, value in (("kind", "whole"), ("key", "other"), ("resource", next(each.key for each in extended if each is not kind))):
            with pytest.raises(ValidationError) as refused:
                commands.change(declaring.fields, field, {name: value}, house.access)
            assert name in refused.value.message_dict
        commands.remove(declaring.fields, field, house.access)
        field.refresh_from_db()
        assert field.is_archived, "deleting what rows hold values of archives it"
        with pytest.raises(ValidationError) as refused:
            commands.change(kind, row, {"extra": {field.key: "x"}}, house.access)
        assert f"extra.{field.key}" in refused.value.message_dict
        commands.change(kind, row, {"extra": {field.key: "stays"}}, house.access)
        assert held(kind, row) == {field.key: "stays"}
        house.make(kind)
    page = client.get(f"/w/{kind.key}/{row.pk}/edit/").content.decode()
    assert "stays" in page and f'name="extra.{field.key}"' not in page
    assert "stays" in client.get(f"/w/{kind.key}/{row.pk}/").content.decode()
    with inside():
        unused = declare(house, kind, "whole")
        commands.remove(declaring.fields, unused, house.access)
        assert not CustomField.objects.filter(pk=unused.pk).exists(), "what no row holds a value of is simply gone"


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
