"""Laws of declared fields, over every resource that has them: strangers write none, every type goes through every way in and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from jingwei.frame.models import CustomField, History
from jingwei.frame.records import commands, declaring, exchange, undo
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of
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
