"""Laws of imports, over every resource and every kind of file: what was exported changes nothing, a row twice is refused twice, one bad row stops no other, strangers learn nothing."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from jingwei.frame import scope
from jingwei.frame.models import Comment, History, ImportColumns, ImportFile
from jingwei.frame.records import columns, commands, exchange, undo
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.work import imports, retention
from tests.house.conftest import House
from tests.house.half import Half
from tests.house.test_big_imports import logged_in
from tests.house.test_resources import text_field
from tests.kernels.test_sheets import book, hostile

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("kind", list(resources()), ids=lambda r: r.key)
tasks = "/w/work.task/import/"


def exported(kind: Resource, house: House, count: int, form: str) -> tuple[bytes, str]:
    """Rows as a file of some form."""
    rows = kind.rows(house.access).filter(pk__in=[house.make(kind).pk for _ in range(count)])
    names = exchange.fields_told(kind, house.access)
    if form == "xlsx":
        return exchange.export_xlsx(kind, rows, names), "x.xlsx"
    text = b"".join(exchange.export_csv(kind, rows, names)).decode("utf-8-sig")
    return text.encode(form), "x.csv"


@every
def test_what_was_exported_changes_nothing_in_whatever_form_it_comes_back(kind: Resource, house: House, inside: Any) -> None:
    with inside():
        for form in ("utf-8", "utf-8-sig", "gb18030", "utf-16", "xlsx"):
            content, name = exported(kind, house, 2, form)
            report = exchange.dry_run(kind, exchange.read_sheet(content, name, kind), house.access)
            assert [(r.action, r.errors, r.changes) for r in report.rows] == [("unchanged", {}, {})] * 2, form
            guessed = columns.guessed(kind, exchange.read_sheet(content, name, kind).headers)
            assert guessed == columns.columns_of(kind, exchange.read_sheet(content, name, kind).headers)[0], "what bears its very name is no guess"


@every
def test_what_changes_a_row_changes_it_once(kind: Resource, house: House, inside: Any) -> None:
    """Given an exported sheet in which a text was changed, when it is imported twice, then the second time changes nothing."""
    name = next((n for n in kind.plain_fields if n == text_field(kind) and n not in kind.natural_key), None)
    if name is None:
        pytest.skip("no plain text of its own")
    with inside():
        content, file = exported(kind, house, 1, "xlsx")
        sheet = exchange.read_sheet(content, file, kind)
        header = next(h for h, n in columns.columns_of(kind, sheet.headers)[0].items() if n == name)
        sheet.rows[0][header] = "改过的内容"
        actions = [exchange.apply(kind, sheet, house.access).counts for _turn in range(2)]
        assert [(each["update"], each["unchanged"]) for each in actions] == [(1, 0), (0, 1)]


@every
def test_a_row_twice_in_a_file_is_refused_both_times_and_a_stranger_imports_none(kind: Resource, house: House, inside: Any) -> None:
    with inside():
        content, file = exported(kind, house, 1, "xlsx")
        sheet = exchange.read_sheet(content, file, kind)
        sheet = exchange.Sheet(sheet.headers, [*sheet.rows, *sheet.rows])
        assert [row.action for row in exchange.dry_run(kind, sheet, house.access).rows] == ["error"] * 2
        viewer = access_of(house.viewer, house.tenant)
    with scope.within(scope.Scope(house.tenant.pk, house.viewer.pk, viewer.project_ids)):
        told = exchange.dry_run(kind, exchange.read_sheet(content, file, kind), viewer).rows[0]
        assert told.action in ("error", "unchanged") and not told.changes
    client = logged_in(house.viewer)
    if not viewer.anywhere(kind.permission("import")):
        assert client.get(f"/w/{kind.key}/import/").status_code == 403
        for path in (f"/api/v1/imports/{kind.key}", f"/api/v1/imports/{kind.key}/trial"):
            assert client.post(path, {"file": SimpleUploadedFile(file, content)}).status_code == 403
    assert Client().post(f"/api/v1/imports/{kind.key}", {"file": SimpleUploadedFile(file, content)}).status_code == 401


def sheet_of(*rows: tuple[str, ...], headers: tuple[str, ...] = ("project", "code", "name")) -> exchange.Sheet:
    return exchange.Sheet(headers, [dict(zip(headers, row, strict=True)) for row in rows])


def test_rows_that_turn_out_to_be_the_same_are_refused_however_they_are_named(house: House, inside: Any) -> None:
    """Given two rows that name one record in other letters, or on other ways, then neither is written, and each names the other's row."""
    kind, links = resource("work.task"), resource("work.dependency")
    with inside():
        report = exchange.apply(kind, sheet_of(("P1", "A", "eins"), ("P1", "a ", "zwei"), ("P1", "B", "drei")), house.access, good_only=True)
        assert [row.action for row in report.rows] == ["error", "error", "create"] and "3" in report.rows[0].errors[""] and "2" in report.rows[1].errors[""]
        exchange.apply(kind, sheet_of(("P1", "C", "vier")), house.access)
        lines = [{"predecessor": "P1/B", "successor": name, "type": "FS"} for name in ("P1/C", "C")]
        report = exchange.apply(links, exchange.Sheet(("predecessor", "successor", "type"), lines), house.access, good_only=True)
        assert [row.action for row in report.rows] == ["error", "error"] and links.model.objects.count() == 0


yes = ("1", "true", "TRUE", "t", "Yes", "y", "on", "是", "对", "√", "✓")
no = ("0", "false", "f", "No", "n", "off", "否", "错", "×", "✗")


def test_yes_and_no_are_taken_in_both_languages_and_no_other_word_is_a_no(house: House, inside: Any) -> None:
    """Given a column of yes and no, then every usual word of either language is taken, another one is told at its column, and an empty cell says nothing."""
    kind, people = resource("work.task"), resource("directory.person")
    headers = ("project", "code", "name", "is_milestone")
    with inside(), translation.override("en"):
        rows = [("P1", f"M{n}", "x", word) for n, word in enumerate((*yes, *no))]
        assert exchange.apply(kind, sheet_of(*rows, headers=headers), house.access).is_clean
        assert list(kind.model.objects.order_by("pk").values_list("is_milestone", flat=True)) == [True] * len(yes) + [False] * len(no)
        report = exchange.apply(kind, sheet_of(("P1", "M0", "x", ""), ("P1", f"M{len(yes)}", "x", ""), headers=headers), house.access)
        assert [row.action for row in report.rows] == ["unchanged"] * 2
        for word in ("vielleicht", "nein", "2", "不清楚", "-"):
            for code in ("M0", "neu"):
                [row] = exchange.dry_run(kind, sheet_of(("P1", code, "x", word), headers=headers), house.access).rows
                assert (
                    row.action == "error" and set(row.errors) == {"is_milestone"} and word in row.errors["is_milestone"] and row.given == {"is_milestone": word}
                )
        [row] = exchange.apply(people, sheet_of(("E-77", "李", ""), headers=("number", "name", "is_active")), house.access).rows
        assert row.action == "create" and people.model.objects.get(number="E-77").is_active, "not given: as usual"


def test_no_way_takes_an_unknown_word_for_a_yes(house: House, inside: Any) -> None:
    kind = resource("work.task")
    with inside():
        row = house.make(kind)
        for word in ("maybe", "nein"):
            with pytest.raises(ValidationError) as problem:
                commands.change(kind, row, {"is_milestone": word}, house.access)
            assert set(problem.value.message_dict) == {"is_milestone"}
        commands.change(kind, row, {"is_milestone": "no"}, house.access)
        assert kind.model.objects.get(pk=row.pk).is_milestone is False


def test_the_good_rows_alone_or_all_or_nothing_and_one_undo(house: House, inside: Any) -> None:
    kind = resource("work.task")
    sheet = sheet_of(("P1", "G1", "gut"), ("P9", "G2", "wohin?"), ("P1", "G3", "gut"))
    with inside():
        assert not exchange.apply(kind, sheet, house.access).is_clean and kind.model.objects.count() == 0
    with inside() as current:
        report = exchange.apply(kind, sheet, house.access, good_only=True)
        assert report.counts == {"create": 2, "update": 0, "unchanged": 0, "error": 1} and kind.model.objects.count() == 2
        trace = current.trace
    with inside():
        assert History.objects.filter(trace=trace, resource="work.task", action="I").count() == 2
        assert undo.undo(trace, house.access) == [] and kind.model.objects.count() == 0


def test_rows_of_a_project_where_one_may_not_import_are_refused_alone(half: Half) -> None:
    """Given somebody who manages P1 and looks at P2, when a sheet holds rows of both, then those of P1 go in and nothing of P2 changes."""
    with half.inside():
        theirs, mine = half.theirs[0], half.mine[0]
        report = exchange.apply(
            resource("work.task"), sheet_of(("P1", mine.code, "neu"), ("P2", theirs.code, "fremd"), ("P2", "X", "x")), half.access, good_only=True
        )
        assert [row.action for row in report.rows] == ["update", "error", "error"]
        assert not any(row.changes for row in report.rows[1:])
        theirs.refresh_from_db()
        assert theirs.name == "b0"


def test_dates_as_workbooks_and_people_write_them_and_numbers_that_lost_their_end(house: House, inside: Any) -> None:
    kind = resource("frame.project")
    headers = ("code", "name", "start_on")
    rows = [
        ("D1", "a", "46090"),
        ("D2", "b", "2026/3/9"),
        ("D3", "c", "2026年3月9日"),
        ("D4", "d", "2026-03-09 18:00"),
        ("D5", "e", "09/03/26"),
        ("1.10105E+17", "f", ""),
    ]
    with inside(), translation.override("en"):
        for is_1904, first in ((False, "2026-03-09"), (True, "2030-03-10")):
            sheet = exchange.Sheet(headers, [dict(zip(headers, row, strict=True)) for row in rows], is_1904=is_1904)
            report = exchange.apply(kind, sheet, house.access, good_only=True)
            assert set(report.rows[4].errors) == {"start_on"} and "last digits" in report.rows[5].errors["code"]
            days = [str(day) for day in kind.model.objects.filter(code__startswith="D").order_by("code").values_list("start_on", flat=True)]
            assert days == [first, "2026-03-09", "2026-03-09", "2026-03-09"]
        text = exchange.Sheet(headers, [dict(zip(headers, rows[0], strict=True))])
        assert "start_on" in exchange.dry_run(kind, text, house.access).rows[0].errors, "a text file counts no days"
        damaged = exchange.read_sheet(book([["code", "name"], [110105194912310021, "x"]]), "x.xlsx", kind)
        assert "last digits" in exchange.dry_run(kind, damaged, house.access).rows[0].errors["code"]


# the wizard


def bring(client: Client, name: str, content: bytes) -> str:
    """Bring a file; the address of its own pages."""
    answer = client.post(tasks, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def the_file() -> ImportFile:
    found: ImportFile = ImportFile.objects.order_by("-pk")[0]
    return found


def test_a_file_is_its_owners_sealed_and_forgotten_after_a_day(house: House, inside: Any) -> None:
    owner, viewer = logged_in(house.owner), logged_in(house.viewer)
    at = bring(owner, "tasks.csv", "项目,编号,名称\nP1,A,秘密的任务\n".encode())
    with inside():
        kept = the_file()
        assert "秘密".encode() not in bytes(kept.sealed) and imports.content_of(kept).decode().endswith("秘密的任务\n")
        kept.user_id = house.viewer.pk
        with pytest.raises(ValidationError):
            imports.content_of(kept)
    for path in ("", "columns/", "trial/", "refused.xlsx"):
        assert viewer.get(at + path).status_code == 403 and logged_in(house.stranger).get(at + path).status_code == 404
        assert Client().get(at + path).status_code == 302
    assert "tasks.csv" in owner.get(tasks).text
    with inside():
        ImportFile.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    assert owner.get(at).status_code == 404 and "tasks.csv" not in owner.get(tasks).text
    with inside():
        retention.purge()
        assert not ImportFile.objects.exists()


def test_what_was_chosen_is_there_when_one_comes_back_and_remembered_for_the_next_file(house: House, inside: Any) -> None:
    client = logged_in(house.owner)
    content = b"Kennung;Titel;Sonstiges\nA;eins;x\n"
    at = bring(client, "a.csv", content)
    assert client.post(at, {"header": "1", "header_rows": "1", "next": "1"})["Location"] == at + "columns/"
    taken = {"column-0": "code", "column-1": "name", "column-2": "", "fixed-project": "P1"}
    twice = client.post(at + "columns/", taken | {"column-2": "name", "try": "1"})
    assert twice.status_code == 422 and "two columns" in twice.text
    assert client.post(at + "columns/", taken | {"back": "1"})["Location"] == at
    assert 'value="code" selected' in client.get(at + "columns/").text
    assert client.post(at + "columns/", taken | {"try": "1"})["Location"] == at + "trial/"
    assert "1 new" in client.get(at + "trial/").text
    with inside():
        assert ImportColumns.objects.get().columns == {"Kennung": "code", "Titel": "name"}
    again = client.get(bring(client, "b.csv", content) + "columns/").text
    assert 'value="code" selected' in again and 'value="P1" selected' in again
    client.post(at, {"header": "2", "header_rows": "1"})
    assert client.get(at + "trial/").status_code == 302, "what was tried counts no more when the file is read otherwise"


def test_a_bad_row_leaves_the_button_and_comes_back_as_a_file_to_mend(house: House, inside: Any) -> None:
    """Given a good row and two bad ones, when the good one is imported, then the others come as a file, are refused as they are, and go in when they are mended."""
    client = logged_in(house.owner)
    at = bring(
        client, "a.xlsx", book([["项目", "任务编号", "名称", "完成率 %"], ["P1", "A", "好", 10], ["P1", "B", "坏", 300], ["P1", 110105194912310021, "号", 0]])
    )
    taken = {"column-0": "project", "column-1": "code", "column-2": "name", "column-3": "percent"}
    client.post(at + "columns/", taken | {"try": "1"})
    page = client.get(at + "trial/").text
    assert "1 new" in page and "2 refused" in page and "任务编号" in page and "last digits" in page and "percent</strong>" not in page
    client.post(at + "trial/", {"mode": "all"})
    with inside():
        assert resource("work.task").model.objects.count() == 0
    client.post(at + "columns/", taken | {"try": "1"})
    client.post(at + "trial/", {"mode": "good"})
    with inside():
        assert [row.code for row in resource("work.task").model.objects.all()] == ["A"]
    refused = client.get(at + "refused.xlsx").content
    kind = resource("work.task")
    with inside():
        sheet = exchange.read_sheet(refused, "x.xlsx", kind)
        plan = columns.Plan(columns.guessed(kind, sheet.headers))
        report = exchange.dry_run(kind, sheet, house.access, plan=plan)
        assert [sorted(row.errors) for row in report.rows] == [["percent"], ["code"]] and plan.unknown == ()
    mended = openpyxl.load_workbook(io.BytesIO(refused))
    mended.active["D2"], mended.active["B3"] = "30", "110105194912310021"
    out = io.BytesIO()
    mended.save(out)
    with inside():
        sheet = exchange.read_sheet(out.getvalue(), "x.xlsx", kind)
        assert exchange.apply(kind, sheet, house.access, plan=plan).counts["create"] == 2
    client.post(at + "undo/")
    with inside():
        assert not kind.model.objects.filter(code="A").exists() and kind.model.objects.count() == 2


@pytest.mark.parametrize("content", hostile.values(), ids=hostile)
def test_hostile_files_are_refused_with_a_sentence(content: bytes, house: House, inside: Any) -> None:
    answer = logged_in(house.owner).post(tasks, {"file": SimpleUploadedFile("x.xlsx", content)})
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    with inside():
        assert not ImportFile.objects.exists()


def test_nonsense_at_any_step_is_no_failure(house: House) -> None:
    client = logged_in(house.owner)
    at = bring(client, "a.csv", b"project,code,name\nP1,A,x\n")
    for values in (
        {"encoding": "idna"},
        {"encoding": "utf-16-le"},
        {"delimiter": "|"},
        {"sheet": "-1"},
        {"sheet": "9" * 40},
        {"header": "²"},
        {"header": "9999999"},
        {"header_rows": "7"},
    ):
        assert client.post(at, values).status_code in (200, 422), values
        assert client.get(at + "columns/").status_code in (200, 302), values
    client.post(at, {"encoding": "", "header": "", "header_rows": ""})
    for given in ({"column-0": "tenant", "try": "1"}, {"column-0": "x\0", "try": "1"}, {"fixed-project": "\0", "column-1": "code", "try": "1"}, {}):
        assert client.post(at + "columns/", given).status_code in (200, 302, 422), given
    assert client.get(at + "trial/?page=x&show=y").status_code in (200, 302) and client.post(at + "trial/", {"mode": "x"}).status_code in (200, 302, 422)


# programs


def test_a_program_tries_and_imports_and_hears_what_stands_in_the_way(house: House, inside: Any) -> None:
    client = logged_in(house.owner)

    def sent(path: str, content: bytes, **more: str) -> Any:
        return client.post(f"/api/v1/imports/work.task{path}", {"file": SimpleUploadedFile("x.csv", content), **more})

    content = "项目;编号;名称;Foo\nP1;A;eins;x\nP9;B;zwei;y\n".encode()
    told = sent("/trial", content).json()
    assert told["unknown"] == ["Foo"] and told["counts"] == {"create": 1, "update": 0, "unchanged": 0, "error": 1} and not told["applied"]
    left_out = json.dumps({"Foo": None})
    assert not sent("", content, columns=left_out).json()["applied"] and not sent("", content, good_only="true").json()["applied"]
    with inside():
        assert resource("work.task").model.objects.count() == 0
    done = sent("", content, columns=left_out, good_only="true").json()
    assert done["applied"] and done["rows"][1]["errors"].keys() == {"project"}
    with inside():
        assert resource("work.task").model.objects.count() == 1
        assert undo.undo(done["trace"], house.access) == []
    for wrong in (
        {"columns": "x"},
        {"columns": '{"Foo": "tenant"}'},
        {"columns": '{"Bar": "name"}'},
        {"fixed": '{"name": 3}'},
        {"sheet": "x"},
        {"header": "-1"},
        {"encoding": "idna"},
    ):
        assert sent("/trial", content, **wrong).status_code == 422, wrong
    assert sent("/trial", "a,b\n王,李\n".encode("gb18030")).status_code == 422, "nobody guesses silently"
    assert sent("/trial", "编号,名称\n王,李\n".encode("gb18030")).status_code == 200
    assert client.post("/api/v1/imports/work.task").status_code == 422 and client.post("/api/v1/imports/no.such").status_code == 404


def test_a_file_is_imported_once_however_often_it_is_said(house: House, inside: Any) -> None:
    """Given rows that are numbered by us, when the import is said twice at once, then each row is there once and the undo still knows its own."""
    kind = resource("risk.risk")
    content = b"title,probability,impact,project\nA,50,3,P1\nB,50,3,P1\n"
    with inside():
        access = access_of(house.owner, house.tenant)
        kept = imports.begin(access, house.owner, kind, "risks.csv", content)
        second = ImportFile.objects.get(pk=kept.pk)  # as a second tab has read it
        imports.carry_out(kept, kind, access)
        with pytest.raises(ValidationError):
            imports.carry_out(second, kind, access)
        assert kind.model.objects.filter(title__in=("A", "B")).count() == 2
        assert ImportFile.objects.get(pk=kept.pk).outcome["trace"]


def test_undo_of_an_import_leaves_what_others_have_worked_on(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    with inside():
        access = access_of(house.owner, house.tenant)
        kept = imports.begin(access, house.owner, kind, "risks.csv", b"title,probability,impact,project\nA,50,3,P1\nB,50,3,P1\n")
        imports.carry_out(kept, kind, access)
    with scope.within(scope.Scope(house.tenant.pk, house.viewer.pk)):
        commands.change(kind, kind.model.objects.get(title="A"), {"title": "A, mended"}, house.access)
    with inside():
        Comment(resource=kind.key, row_id=kind.model.objects.get(title="B").pk, by=house.viewer, text="gesehen").save()
        left = undo.undo(ImportFile.objects.get(pk=kept.pk).outcome["trace"], access)
        assert len(left) == 2 and set(kind.model.objects.values_list("title", flat=True)) == {"A, mended", "B"}


def test_refused_rows_hold_no_formula_and_no_odd_character(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    content = b"=HYPERLINK(1),title,probability,impact,project\n=1+1,A\x0bB,500,3,P1\n"
    with inside():
        access = access_of(house.owner, house.tenant)
        kept = imports.begin(access, house.owner, kind, "risks.csv", content)
        report = imports.try_out(kept, kind, access)
        made = openpyxl.load_workbook(io.BytesIO(imports.refused_rows(kept, kind, report)))
    cells = [cell for row in made.active.iter_rows() for cell in row]
    assert cells and all(cell.data_type != "f" for cell in cells)


def test_a_name_with_a_stroke_names_itself(house: House, inside: Any) -> None:
    """Given calendars “A/B” and “B” with a day off each, when a line says “A/B”, then that one's day is meant."""
    kind = resource("worktime.calendarexception")
    with inside():
        calendars = {name: commands.create(resource("worktime.calendar"), {"name": name, "layer": "task"}, house.access) for name in ("A/B", "B")}
        own = [commands.create(kind, {"calendar": calendar.pk, "on_date": "2026-12-24", "note": name}, house.access) for name, calendar in calendars.items()]
        report = exchange.apply(kind, sheet_of(("A/B", "2026-12-24", "mine"), headers=("calendar", "on_date", "note")), house.access)
        assert report.counts["update"] == 1, report.rows
        assert [kind.model.objects.get(pk=each.pk).note for each in own] == ["mine", "B"]
        assert [kind.model.objects.get(pk=each.pk).calendar.name for each in own] == ["A/B", "B"]


def test_units_and_signs_of_headings_mean_nothing() -> None:
    task = resource("work.task")
    for header in ("完成率", "完成率 %", "完成率（%）", "完成率％", "percent", "% complete"):
        guessed = columns.guessed(task, [header]) or columns.columns_of(task, [header])[0]
        assert header == "% complete" or guessed.get(header) == "percent", header
    assert columns.columns_of(task, ["名称", "完成率"]) == ({"名称": "name", "完成率": "percent"}, ())


def test_a_row_twice_tells_its_other_faults_too(house: House, inside: Any) -> None:
    with inside():
        project = house.make(resource("frame.project"))
        text = f"project,code,name,percent\n{project.code},X-1,甲,很多\n{project.code},X-1,乙,5\n"
        report = exchange.dry_run(resource("work.task"), exchange.read_sheet(text.encode(), "x.csv", resource("work.task")), house.access)
    assert [row.action for row in report.rows] == ["error", "error"]
    assert set(report.rows[0].errors) == {"", "percent"} and set(report.rows[1].errors) == {""}
