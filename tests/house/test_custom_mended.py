"""Laws of declared fields when something is not as it was: a type that was changed, another project, a definition that changes meanwhile, a template."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.domains.schedule.services import changes
from jingwei.frame import scope
from jingwei.frame.models import CustomField, Project
from jingwei.frame.project_templates import bringing, file, taking
from jingwei.frame.project_templates.bringing import Wanted
from jingwei.frame.records import columns, commands, declaring, exchange, extra, extra_taken, undo
from jingwei.frame.records.exporting import written
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.ui import extra_form
from jingwei.frame.ui.cells import cells_of
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_custom import declare, declared, first, held, kept, samples
from tests.house.test_resources import logged_in

pytestmark = pytest.mark.django_db
Inside = Callable[[], Any]
monday = date(2026, 11, 2)
tasks = resource("work.task")
Kind = CustomField.Kind
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5)


def task(house: House, **values: Any) -> Any:
    return commands.create(tasks, {"project": house.project.pk, "name": "n", **values}, house.access)


def second(house: House) -> Project:
    return commands.create(resource("frame.project"), {"code": "OTH", "name": "o", "start_on": monday}, house.access)  # type: ignore[no-any-return]


@pytest.mark.parametrize("type_", samples)
def test_whatever_stands_there_is_told_and_breaks_no_page(type_: str, house: House, inside: Inside) -> None:
    with inside():
        field = declare(house, tasks, type_, "x")
        found, row = extra.named(tasks, "extra.x"), task(house)
        assert found is not None

        @settings(max_examples=60, deadline=None)
        @given(value=anything)
        def told(value: Any) -> None:
            assert isinstance(extra.words(found, value), str)
            row.extra = {field.key: value}
            (cell,) = cells_of(house.access, tasks, row, ["extra.x"])
            assert isinstance(cell.text, str)
            extra_taken.form_field_of(found, value)
            extra_form._held(found, row)
            extra_taken.sheet_text(tasks, row, "extra.x")

        told()


@pytest.mark.parametrize("type_", samples)
def test_every_page_of_a_row_that_once_held_another_type_opens(type_: str, house: House, inside: Inside) -> None:
    client = logged_in(house, house.owner)
    with inside():
        fields = declared(house, tasks)
        row = task(house, extra=first(fields))
        commands.change(tasks, row, {"extra": dict.fromkeys(each.key for each in fields.values())}, house.access)
        for each in fields.values():
            each.refresh_from_db()
            choices = "a\nb" if type_ in ("choice", "several") else ""
            commands.change(declaring.fields, each, {"kind": type_, "choices": choices}, house.access)
        tasks.model.objects.filter(pk=row.pk).update(extra={f.key: kept(t, samples[t][0]) for t, f in fields.items()})  # written meanwhile
    names = ",".join(f"extra.{each.key}" for each in fields.values())
    sorts = [f"?sort=extra.{each.key}&extra.{each.key}={samples[type_][0]}&extra.{each.key}_from=1" for each in fields.values()]
    for path in (f"{row.pk}/", f"{row.pk}/edit/", f"?columns=name,{names}", "export.csv", "export.xlsx", *sorts):
        answer = client.get(f"/w/work.task/{path}")
        assert answer.status_code == 200, path
        assert not answer.streaming or b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_values_are_checked_against_what_the_field_is_now(house: House, inside: Inside) -> None:
    with inside():
        field, row = declare(house, tasks, "text", "x"), task(house)
        writes: tuple[Callable[[], Any], ...] = (
            lambda: commands.change(tasks, row, {"extra": {"x": "abc"}}, house.access),
            lambda: commands.save_many(tasks, [(row, {"extra.x": "abc"})], house.access)[0],
        )
        for write in writes:
            assert extra.named(tasks, "extra.x").definition.kind in ("text", "date")  # type: ignore[union-attr]
            CustomField.objects.filter(pk=field.pk).update(kind="date")  # by another process: nothing is forgotten here
            try:
                assert isinstance(write(), ValidationError)
            except ValidationError as refused:
                assert "extra.x" in refused.message_dict
            CustomField.objects.filter(pk=field.pk).update(kind="text")
            extra.forget()
        assert held(tasks, row) == {}


def test_a_template_takes_the_values_along(house: House, inside: Inside) -> None:
    with inside():
        fields = declared(house, tasks)
        declare(house, resource("frame.project"), "date", "audit")
        only = declare(house, tasks, "text", "only-here", project=house.project.pk)
        row = task(house, extra={**first(fields), only.key: "v"})
        commands.change(resource("frame.project"), house.project, {"extra": {"audit": "2026-11-10"}}, house.access)
        house.project.refresh_from_db()
        taken = taking.take(house.project, house.access)
        content = file.packed(taken.data, taken.files)[0]
        assert "E-1" not in content.decode() and "人 1" not in content.decode(), "nobody is named"
        data, files = file.unpacked(content)
        other = resource("directory.person").named("E-2")
        assert other is not None
        done = bringing.bring(data, files, Wanted("N", "NEW", monday, people={1: other.pk}), access_of(house.owner, house.tenant))
        new = tasks.model.objects.get(project=done.project)
        expected = {key: value for key, value in row.extra.items() if key != only.key} | {fields["person"].key: other.pk}
        assert new.extra == expected and done.project.extra == {"audit": "2026-11-10"}
        assert len(done.missing) == 1 and "only-here" in done.missing[0]


def test_a_template_from_elsewhere_names_nobody_and_takes_no_number_for_a_person(house: House, inside: Inside) -> None:
    with inside():
        fields = declared(house, tasks)
        pk = resource("directory.person").named("E-1").pk  # type: ignore[union-attr]
        for key, value in (
            ("my-person", pk),
            ("my-person", "E-1"),
            ("my-date", "2026-11-10"),
            ("my-choice", "medium"),
            ("my-text", 5),
            ("my-whole", True),
            ("none", "x"),
        ):
            data: dict[str, Any] = {
                "format": "jingwei-template",
                "version": 1,
                "project": {"name": "x"},
                "rows": {"work.task": [{"id": 1, "name": "a", "extra": {key: value}}]},
            }
            file.check(data, {})
            done = bringing.bring(data, {}, Wanted("N", f"N-{key}-{value}"[:20], monday), access_of(house.owner, house.tenant))
            assert tasks.model.objects.get(project=done.project).extra == {} and len(done.missing) == 1, (key, value)
        hostile: tuple[Any, ...] = ([], {"x": None}, {"x": {"person": 1}}, {"x": {"days": [1]}}, {"x": [1]}, {"x": "\0"}, {"\0": "x"}, {"x": 2**63}, {"x": {}})
        for wrong in hostile:
            data["rows"]["work.task"][0]["extra"] = wrong
            with pytest.raises(ValidationError):
                file.check(data, {})
    assert fields


def test_what_is_required_hinders_no_template_and_no_line_in_the_plan(house: House, inside: Inside) -> None:
    with inside():
        task(house)
        taken = taking.take(house.project, house.access)
        declare(house, tasks, "text", "x", is_required=True)
        declare(house, resource("frame.project"), "text", "y", is_required=True)
        data, files = file.unpacked(file.packed(taken.data, taken.files)[0])
        bringing.bring(data, files, Wanted("N", "NEW", monday), access_of(house.owner, house.tenant))
        changes.plan_commit(project=house.project, edits=changes.Edits(new_tasks=[{"name": "a", "after": None}]), access=house.access)
        with pytest.raises(ValidationError):
            task(house)


def test_nothing_asked_for_nothing_is_no_error(house: House, inside: Inside) -> None:
    with inside():
        other = second(house)
        declare(house, tasks, "text", "x", project=house.project.pk)
        row = commands.create(tasks, {"project": other.pk, "name": "n", "extra.x": ""}, house.access)
        assert commands.change(tasks, row, {"extra": {"x": None}}, house.access).extra == {}
        with pytest.raises(ValidationError):
            commands.change(tasks, row, {"extra": {"x": "v"}}, house.access)


def test_a_row_that_goes_to_another_project_is_asked_to_be_emptied_and_can_be(house: House, inside: Inside) -> None:
    with inside():
        second(house)
        declare(house, tasks, "text", "x", project=house.project.pk)
        row = task(house, extra={"x": "v"})
    client = logged_in(house, house.owner)
    sent = {"project": "OTH", "name": "n", "code": row.code, "version": row.version, "extra.x": "v"}
    answer = client.post(f"/w/work.task/{row.pk}/edit/", sent, headers={"Accept-Language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "old project only" in page and 'name="extra.x"' in page
    assert client.post(f"/w/work.task/{row.pk}/edit/", sent | {"extra.x": ""}).status_code == 302
    with inside():
        assert held(tasks, row) == {} and tasks.model.objects.get(pk=row.pk).project.code == "OTH"


def test_a_page_that_refuses_says_all_of_why(house: House, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: Any, **_more: Any) -> None:
        raise ValidationError({"name": ["at the field"], "percent": ["elsewhere"], "extra.gone": ["of a field that is gone"], "no_field": ["of nothing"]})

    with inside():
        row = task(house)
    monkeypatch.setattr(commands, "change", refuse)
    page = logged_in(house, house.owner).post(f"/w/work.task/{row.pk}/edit/", {"name": "n"})
    assert page.status_code == 422
    for text in ("at the field", "elsewhere", "of a field that is gone", "of nothing"):
        assert page.content.decode().count(text) == 1, text


def test_a_cell_of_a_declared_field_is_left_as_it_was(house: House, inside: Inside) -> None:
    with inside():
        declare(house, tasks, "text", "x")
        declare(house, tasks, "long", "y")
        row = task(house, extra={"x": "v"})
    client = logged_in(house, house.owner)
    for name, status in (("extra.x", 200), ("extra.y", 404), ("extra.z", 404), ("name", 200), ("tenant", 404)):
        assert {client.get(f"/w/work.task/{row.pk}/{way}/{name}/").status_code for way in ("cell", "shown")} == {status}, name


def test_a_template_that_is_written_can_be_read_and_says_what_was_cut(house: House, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    people = resource("directory.person")
    with inside():
        declare(house, tasks, "person", "who")
        declare(house, tasks, "date", "far")
        for number in range(4):
            person = commands.create(people, {"number": f"E-{number}", "name": f"p{number}"}, house.access)
            task(house, assignee=person.pk, extra={"who": f"E-{number}", "far": "2199-01-01"})
        monkeypatch.setattr(file, "few_at_most", 3)
        taken = taking.take(house.project, house.access)
        data, _files = file.unpacked(file.packed(taken.data, taken.files)[0])
        assert len(data["people"]) == 3 and data["left_out"] == taken.left_out and len(taken.left_out) == 2, taken.left_out
        monkeypatch.setattr(file, "bytes_of_json_at_most", 500)
        with pytest.raises(ValidationError) as refused:
            taking.take(house.project, house.access)
        assert "MB" in " ".join(refused.value.messages)
        monkeypatch.undo()


def test_codes_that_differ_in_case_give_way_as_well(house: House, inside: Inside) -> None:
    with inside():
        task(house, code="T-1")
        other = second(house)
        commands.create(tasks, {"project": other.pk, "name": "m", "code": "t-1"}, house.access)
        taken = taking.take(house.project, house.access)
        bringing.bring(taken.data, taken.files, Wanted(project=other), access_of(house.owner, house.tenant))
        assert tasks.model.objects.filter(project=other).count() == 2


def test_a_row_that_comes_back_has_what_it_had(house: House, inside: Inside) -> None:
    people = resource("directory.person")
    with inside():
        fields = declared(house, tasks)
        row = task(house, extra=first(fields))
        before = held(tasks, row)
        commands.change(declaring.fields, fields["choice"], {"choices": "low"}, house.access)
        commands.remove(people, people.named("E-1"), house.access)
        with scope.because(trace="gone-1"):
            commands.remove(tasks, row, house.access)
        assert undo.undo("gone-1", house.access) == [] and held(tasks, row) == before
        assert all(each.text for each in cells_of(house.access, tasks, row, [f"extra.{key}" for key in before]))
        with scope.because(trace="gone-2"):
            commands.remove(tasks, row, house.access)
        commands.remove(declaring.fields, fields["text"], house.access)
        (told,) = undo.undo("gone-2", house.access)
        assert "my-text" in told and "甲 区" in told and "my-text" not in held(tasks, row)


def test_no_key_is_taken_for_what_a_list_asks(house: House, inside: Inside) -> None:
    with inside():
        for key in ("due_from", "due_to"):
            with pytest.raises(ValidationError) as refused:
                declare(house, tasks, "text", key)
            assert list(refused.value.message_dict) == ["key"]
        declare(house, tasks, "text", "from")


def test_numbers_are_told_in_full(house: House, inside: Inside) -> None:
    with inside():
        declare(house, tasks, "decimal", "d")
        row = task(house, extra={"d": "0.0000001"})
        found = extra.named(tasks, "extra.d")
        assert found is not None
        told = {cells_of(house.access, tasks, row, ["extra.d"])[0].text, written(tasks, row, "extra.d"), extra.words(found, row.extra["d"])}
        assert told == {"0.0000001"}


def test_fields_of_one_name_come_back_as_the_same(house: House, inside: Inside) -> None:
    with inside():
        other = second(house)
        for key, project in (("site-a", house.project), ("site-b", other)):
            declare(house, tasks, "text", key, project=project.pk, label_en="Site", label_zh="现场")
        row = commands.create(tasks, {"project": other.pk, "name": "n", "extra": {"site-b": "v"}}, house.access)
        content = b"".join(exchange.export_csv(tasks, tasks.rows(house.access).filter(pk=row.pk), exchange.fields_told(tasks, house.access, other.pk)))
        report = exchange.dry_run(tasks, exchange.read_sheet(content, "x.csv", tasks), house.access)
        assert report.unknown == () and [(r.action, r.errors) for r in report.rows] == [("unchanged", {})], "told apart by the key"
        for heading in ("Site", "现场", " site:"):
            assert columns.plan_of(tasks, [heading]).columns == {} and columns.guessed(tasks, [heading]) == {}, "which one is asked"
        assert columns.guessed(tasks, ["Site (site-a)", "site-b"]) == {"Site (site-a)": "extra.site-a", "site-b": "extra.site-b"}


def test_whose_rows_one_may_not_see_their_fields_are_told_nowhere(house: House, inside: Inside, half: Half) -> None:
    risks = resource("risk.risk")
    with inside():
        for key, project in (("known", house.project), ("secret", half.other)):
            declare(house, risks, "text", key, project=project.pk)
    person = member(house, "two", "manager", house.project)
    member(house, "two", "crew", half.other)
    with scope.within(scope.Scope(house.tenant.pk, person.pk, access_of(person, house.tenant).project_ids)):
        assert [each.key for each in extra.everywhere(risks)] == ["known"] == [each["key"] for each in extra.described(risks)]
        assert columns.plan_of(risks, ["known", "secret"]).unknown == ("secret",)


def locks_held() -> set[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mode, objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted")
        return set(cursor.fetchall())


def test_who_changes_what_a_field_is_waits_for_who_writes_values(house: House, inside: Inside) -> None:
    with inside():
        field, row = declare(house, tasks, "text", "x"), task(house)
        writes: tuple[tuple[Callable[[], Any], str], ...] = (
            (lambda: commands.change(tasks, row, {"extra": {"x": "v"}}, house.access), "ShareLock"),
            (lambda: commands.save_many(tasks, [(row, {"extra.x": "w"})], house.access), "ShareLock"),
            (lambda: commands.change(tasks, row, {"extra": {"x": None}}, house.access), "ShareLock"),
            (lambda: commands.change(declaring.fields, field, {"kind": "date"}, house.access), "ExclusiveLock"),
            (lambda: commands.remove(declaring.fields, field, house.access), "ExclusiveLock"),
        )
        for write, wanted in writes:
            before = locks_held()
            with pytest.raises(RuntimeError), transaction.atomic():
                write()
                assert {mode for mode, _name in locks_held() - before} == {wanted}
                raise RuntimeError  # what is taken back holds nothing
