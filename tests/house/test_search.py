"""The law of search, over every resource that declares it: found after every way of writing, gone when it is gone, and never by whoever may not look.

The slow way, which looks through every row (`searched`), says what should be found; the table of words has to say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.domains.cost.models import Line
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Project, SearchFill
from jingwei.frame.narrowing import Limit
from jingwei.frame.postgres.base import as_owner
from jingwei.frame.records import bulk, commands, exchange, undo
from jingwei.frame.records.listing import searched
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.records.search import find
from jingwei.frame.records.searchable import Kind, kinds
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.work.filling import fill_search
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_mcp import Assistant

pytestmark = pytest.mark.django_db
found_by_words = [each.resource for each in kinds()]
named = {"argvalues": found_by_words, "ids": [each.key for each in found_by_words]}
word = "zq7x9"


def found(words: str, access: Access, kind: Resource, most: int = 10_000) -> set[int]:
    return {hit.pk for hit in find(words, access, [kind], most=most)}


def slowly(words: str, access: Access, kind: Resource) -> set[int]:
    """What looking through every row finds."""
    return set(kind.rows(access).filter(searched(kind, words)).values_list("pk", flat=True))


def field_of(kind: Resource) -> str:
    """A field of its own that is searched and may be written as one likes; empty when there is none."""
    own = [name for name in kind.search if name in kind.plain_fields and not kind.model_field(name).choices]
    return own[-1] if own else ""


def texts_of(kind: Resource, row: Any) -> list[str]:
    """What stands in the searched fields of a row."""
    return [str(text) for text in kind.model.objects.filter(pk=row.pk).values_list(*kind.search)[0] if text]


def value_for(kind: Resource, name: str, text: str) -> str:
    return f"{text}@example.com" if isinstance(kind.model_field(name), models.EmailField) else text


@pytest.mark.parametrize("kind", **named)
def test_a_row_is_found_by_every_word_from_its_making_to_its_end(kind: Resource, house: House, inside: Any) -> None:
    with inside():
        row = house.make(kind)
        if (name := field_of(kind)) and not texts_of(kind, row):
            commands.change(kind, row, {name: value_for(kind, name, "some")}, house.access)
        assert texts_of(kind, row)
        for text in texts_of(kind, row):
            for part in (text, text[:1], text[-2:], text[1:4], text.upper()):
                assert row.pk in found(part, house.access, kind), part
        if name:
            assert row.pk not in found(word, house.access, kind)
            row = commands.change(kind, kind.model.objects.get(pk=row.pk), {name: value_for(kind, name, word)}, house.access)
            assert row.pk in found(word, house.access, kind) and row.pk in found(word.upper()[1:], house.access, kind)
            (saved,) = commands.save_many(kind, [(kind.model.objects.get(pk=row.pk), {name: value_for(kind, name, "wholly-other")})], house.access)
            assert not isinstance(saved, Exception) and row.pk not in found(word, house.access, kind) and row.pk in found("olly-oth", house.access, kind)
        with scope.because(trace="gone"):
            commands.remove(kind, kind.model.objects.get(pk=row.pk), house.access)
        assert row.pk not in found(text[:1], house.access, kind)
        if undo.undo("gone", house.access) == []:
            assert row.pk in found(texts_of(kind, row)[0], house.access, kind)
            kind.model.objects.filter(pk=row.pk).delete()
            assert row.pk not in found(text[:1], house.access, kind)


@pytest.mark.parametrize("kind", **named)
def test_what_is_written_past_all_verbs_is_found_too(kind: Resource, house: House, inside: Any) -> None:
    with inside():
        row = house.make(kind)
        table, name = f'"{kind.model._meta.db_table}"', field_of(kind)
        with connection.cursor() as cursor:
            if name:
                column = kind.model._meta.get_field(name).column  # type: ignore[union-attr]
                kind.model.objects.filter(pk=row.pk).update(**{name: word})
                assert found(word, house.access, kind) == {row.pk}
                cursor.execute(
                    f'MERGE INTO {table} t USING (SELECT %s AS id) n ON n.id = t.id WHEN MATCHED THEN UPDATE SET "{column}" = %s', (row.pk, "merged")
                )
                assert found(word, house.access, kind) == set() and found("merged", house.access, kind) == {row.pk}
            text = texts_of(kind, row)[0] if name or texts_of(kind, row) else ""
            cursor.execute(f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {table} WHERE id = %s", (row.pk,))
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", (row.pk,))
            assert row.pk not in found(text, house.access, kind)
            cursor.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept")
        assert row.pk in found(text, house.access, kind)


@pytest.mark.parametrize("count", [3, 250])
def test_rows_written_many_at_once_are_found(count: int, house: House, inside: Any) -> None:
    kind = resource("cost.line")
    with inside():
        bulk.insert([
            bulk.made(Line, tenant_id=house.tenant.pk, project=house.project, number=f"B-{n}", account="labour", amount=1, period="2026-11", description="夯土", supplier="")
            for n in range(count)
        ])  # fmt: skip
        rows = list(Line.objects.all())
        assert found("夯土", house.access, kind) == {row.pk for row in rows} and len(rows) == count
        for row in rows[1:]:
            row.description = "回填"
        bulk.update(rows, ["description"])
        assert found("夯", house.access, kind) == {rows[0].pk} and found("回填", house.access, kind) == {row.pk for row in rows[1:]}
        commands.remove_many(kind, rows, house.access)
        assert found("夯", house.access, kind) == found("回填", house.access, kind) == set()


@pytest.mark.parametrize("kind", **named)
def test_nobody_finds_what_he_may_not_look_at(kind: Resource, house: House, half: Half, inside: Any) -> None:
    with inside():
        row = house.make(kind)
        if name := field_of(kind):
            commands.change(kind, row, {name: value_for(kind, name, word)}, house.access)
        words = word if name else texts_of(kind, row)[0]
        assert row.pk in found(words, house.access, kind)
    with scope.within(scope.Scope(house.other.pk, house.stranger.pk)):
        assert found(words, access_of(house.stranger, house.other), kind) == set()
    elsewhere = access_of(member(house, "elsewhere", "viewer", half.other), house.tenant)
    limits = {
        "another kind": Limit(("frame.nothing.view",)),
        "another project": Limit(("*",), frozenset({half.other.pk})),
        "this kind": Limit((kind.permission("view"),)),
    }
    for access in (elsewhere, half.access, *(house.access.narrowed((limit,)) for limit in limits.values())):
        for projects in (access.project_ids, None, frozenset({half.other.pk})):
            with scope.within(scope.Scope(house.tenant.pk, project_ids=projects)):
                expected = slowly(words, access, kind) if access.anywhere(kind.permission("view")) else set()
                assert found(words, access, kind) == expected
    with inside():
        assert found(words, house.access.narrowed((limits["another kind"],)), kind) == set()
        assert row.pk in found(words, house.access.narrowed((limits["this kind"],)), kind)
        if kind.model.project_path and row.pk != house.project.pk and kind.project_of(row) == house.project.pk:
            assert found(words, elsewhere, kind) == found(words, house.access.narrowed((limits["another project"],)), kind) == set()


def test_words_of_another_row_follow_it(house: House, inside: Any) -> None:
    with inside():
        one, other = house.make(resource("work.task")), house.make(resource("work.task"))
        kind = resource("work.dependency")
        link = commands.create(kind, {"predecessor": one.pk, "successor": other.pk}, house.access)
        commands.change(resource("work.task"), Task.objects.get(pk=one.pk), {"name": "深基坑"}, house.access)
        assert found("基坑", house.access, kind) == {link.pk} == slowly("基坑", house.access, kind)
        Task.objects.filter(pk=one.pk).update(name="钢结构")
        assert found("基坑", house.access, kind) == set() and found("钢", house.access, kind) == {link.pk}


def test_a_row_that_moves_is_found_where_it_is_now(half: Half, inside: Any) -> None:
    with inside():
        line = half.house.make(resource("cost.line"))
        Line.objects.filter(pk=line.pk).update(project=half.other)
    one, other = (half.house.access.narrowed((Limit(("*",), frozenset({pk})),)) for pk in (half.house.project.pk, half.other.pk))
    with inside():
        assert found(line.number, one, resource("cost.line")) == set() and found(line.number, other, resource("cost.line")) == {line.pk}


def test_an_imported_row_is_found_and_a_tried_one_is_not(house: House, inside: Any) -> None:
    sheet = exchange.read_sheet("project,name\nP1,防雷接地测试\n".encode(), "x.csv")
    with inside():
        assert exchange.dry_run(resource("work.task"), sheet, house.access).is_clean
        assert found("防雷", house.access, resource("work.task")) == set()
        exchange.apply(resource("work.task"), sheet, house.access)
        assert len(found("防雷", house.access, resource("work.task"))) == 1


def test_the_exact_code_comes_first_then_beginnings_then_titles_then_texts_and_newer_ones_first(house: House, inside: Any) -> None:
    kind = resource("cost.line")
    made = {}
    with inside():
        for number, description, supplier in (
            ("X1", "a", "holds ab9 inside"), ("X2", "b", "ab9 too"), ("X3", "has ab9 in it", ""), ("X4", "ab9 begins", ""), ("AB95", "c", ""), ("AB9", "d", ""), ("X5", "it has ab9", ""),
        ):  # fmt: skip
            row = Line(project=house.project, number=number, account="labour", description=description, supplier=supplier, amount=1, period="2026-11")
            row.save()
            made[row.pk] = number
        told = [made[hit.pk] for hit in find("ab9", house.access, [kind], most=50)]
    assert told[0] == "AB9" and told[1:] == ["AB95", "X4", "X5", "X3", "X2", "X1"]


@pytest.fixture
def many(house: House, inside: Any) -> Callable[[], Any]:
    """More lines than are looked through one by one, in two projects, so that the index must answer."""
    verbs, things = ("安装", "调试", "验收", "采购", "运输"), ("桥架", "控制柜", "PLC 模块", "100%_ok", "back\\slash", "it's", "Ünïcode", "混凝土A区")
    with inside():
        other = Project(code="P9", name="另一个", start_on=house.project.start_on)
        other.save()
        Line.objects.bulk_create(
            Line(
                tenant_id=house.tenant.pk, project=other if n % 50 == 0 else house.project, number=f"N-{n}", account="labour", amount=1, period="2026-11",
                description=f"{verbs[n % 5]}{things[n // 5 % 8]}第{n}段" + ("罕见字" if n == 3 else "") + ("龘" if n == 5 else ""), supplier=f"供应商{n % 97}",
            ) for n in range(2600)
        )  # fmt: skip
    return inside


def test_many_rows_are_found_as_if_each_were_looked_at(house: House, many: Any) -> None:
    kind = resource("cost.line")
    with many():
        other = Project.objects.get(code="P9")
    accesses = [house.access, *(house.access.narrowed((Limit(("*",), frozenset({pk})),)) for pk in (other.pk, house.project.pk))]
    asked = ["龘", "字", "罕见", "罕见字", "见字", "桥", "安装", "n", "7", "25", "n-25", "N-2599", "plc", "c 模", "安装 plc", "%", "_", "%_", "\\", "k\\s", "'", "t's", "''", "ü",
             "ÜN", "区第", "土a", "A区", "a", "供应商9", "安装桥架第0段", "not there", "无此", "无", "第 段 供应商 N 桥 装 0 1 2 3", "N-%", "\u3000装\u3000", "x" * 200, "装" * 200]  # fmt: skip
    with many():
        for access in accesses:
            for words in asked:
                assert found(words, access, kind) == slowly(words, access, kind), words


def test_common_words_show_their_code_first_and_no_more_than_asked(house: House, many: Any) -> None:
    with many():
        hits = find("n-1", house.access, [resource("cost.line")], most=6)
        assert len(hits) == 6 and hits[0].rank == 0 and hits[0].title.startswith("N-1 ") and hits[1].rank == 1
        assert [hit.rank for hit in hits] == sorted(hit.rank for hit in hits)


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "\0",
        "\u3000",
        "\ud800",
        "%",
        "¨",
        "'" * 50,
        "\\" * 50,
        "& | ! ( ) :*",
        "𠮷",
        "🚧",
        "ﬁ",
        "\x01",
        "x" * 5000,
        " ".join("abcdefghijklm"),
        "\u202e",
    ],
)
def test_anything_may_be_asked(words: str, house: House, many: Any) -> None:
    with many():
        row = Line.objects.first()
        Line.objects.filter(pk=row.pk).update(description="𠮷野家 🚧 ﬁn (a & b) ' \\ % _ " + "长" * 100, supplier="end")
        find(words, house.access, resources(), most=6)
        assert found("𠮷", house.access, resource("cost.line")) == found("🚧", house.access, resource("cost.line")) == {row.pk}
        assert found("fin", house.access, resource("cost.line")) == found("ＦＩＮ", house.access, resource("cost.line")) == {row.pk}


def test_a_very_long_text_is_kept_and_found_by_its_beginning(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    with inside():
        row = house.make(kind)
        commands.change(kind, row, {"cause": "".join(chr(0x4E00 + n % 20000) for n in range(15_000)) + " 末尾"}, house.access)
        assert found(chr(0x4E00 + 4321) + chr(0x4E00 + 4322), house.access, kind) == {row.pk}


def test_the_number_of_queries_is_fixed(house: House, half: Half, inside: Any) -> None:
    def asked() -> int:
        with inside(), CaptureQueriesContext(connection) as seen:
            find("项目", house.access, resources(), most=6)
        return len(seen)

    with inside():
        before = asked()
        for kind in found_by_words:
            house.make(kind)
        work.task_save(project=house.project, name="项目")
    assert asked() == before <= 4


def test_the_page_the_palette_and_an_assistant_find_the_same_and_a_stranger_nothing(house: House, inside: Any) -> None:
    with inside():
        task = work.task_save(project=house.project, name="穿墙套管")
    owner, stranger = Client(), Client()
    for client, user in ((owner, house.owner), (stranger, house.stranger)):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for words in ("墙", "套管", "穿墙套管"):
        assert f"/w/work.task/{task.pk}/" in owner.get("/search/", {"q": words}).text and "穿墙套管" not in stranger.get("/search/", {"q": words}).text.replace(
            words, "", 9
        )
        (group,) = owner.get("/search/", {"q": words}, headers={"Accept": "application/json"}).json()["groups"]
        assert group["hits"] == [{"title": f"{task.code} 穿墙套管", "url": f"/w/work.task/{task.pk}/", "project": "P1"}]
        assert stranger.get("/search/", {"q": words}, headers={"Accept": "application/json"}).json()["groups"] == []
        for who, tenant, expected in ((house.owner, house.tenant, [task.pk]), (house.stranger, house.other, [])):
            done, told = Assistant(house, who, tenant=tenant).call("search", words=words)
            assert done and [hit["id"] for hit in told["hits"]] == expected
            assert not expected or told["hits"][0]["natural_key"] == f"P1/{task.code}"


def test_the_application_neither_reads_nor_writes_the_words_itself(house: House, inside: Any) -> None:
    for statement in ("SELECT * FROM frame_search", "DELETE FROM frame_search", "UPDATE frame_searchfill SET is_full = true"):
        with inside(), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_nothing_is_searched_by_what_not_everybody_may_know() -> None:
    for kind, hidden in ((resource("work.task"), "interface__name"), (resource("change.changerequest"), "effect")):
        with pytest.raises(LookupError, match="may know"):
            replace(kind, search=(hidden,), life=None, verbs=())


def test_a_chain_of_references_is_followed_to_its_end() -> None:
    kind = Kind(resource("risk.riskimpact"))
    assert kind.value("risk__project__code") == (
        '(SELECT (SELECT r1."code" FROM "frame_project" r1 WHERE r1.id = r0."project_id") FROM "risk_risk" r0 WHERE r0.id = a."risk_id")'
    )
    assert (
        kind.holders(("risk", "project"))
        == '"risk_riskimpact" a WHERE a."risk_id" = ANY (ARRAY(SELECT id FROM "risk_risk" WHERE "project_id" = ANY (changed)))'
    )


@pytest.mark.django_db(transaction=True)
def test_rows_of_before_are_found_at_once_and_taken_over_by_and_by(house: House, inside: Any) -> None:
    kind = resource("work.task")
    with inside():
        task = work.task_save(project=house.project, name="旧行")
    with as_owner():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM frame_search")
            cursor.execute("UPDATE frame_searchfill SET is_full = true, behind = 0")
            cursor.execute(  # its row is gone when a test before this one has emptied the database
                "INSERT INTO frame_searchfill (resource, declared, behind, is_full) VALUES ('work.task', 'x', 0, false) ON CONFLICT (resource) DO UPDATE SET is_full = false"
            )
    connection.close()
    with inside():
        assert found("旧", house.access, kind) == {task.pk}, "the slow way, until all are taken over"
        assert fill_search() == 1 and not SearchFill.objects.filter(is_full=False).exists()
        assert found("旧", house.access, kind) == {task.pk}
        assert fill_search() == 0


def test_a_hit_names_the_project_it_lives_in(house: House, inside: Any) -> None:
    """Rows of one name in two projects are told apart, on the page and in the palette; what lives in no project names none."""
    with inside():
        second = Project(code="SECOND", name="另一个", start_on=house.project.start_on)
        second.save()
        for project in (house.project, second):
            work.task_save(project=project, name="同名的任务")
    client = Client()
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/search/", {"q": "同名的任务"}).content.decode()
    told = client.get("/search/", {"q": "同名的任务"}, headers={"Accept": "application/json"}).json()
    assert {hit["project"] for group in told["groups"] for hit in group["hits"]} == {house.project.code, "SECOND"}
    assert all(f'<span class="text-secondary">{code}</span>' in page for code in (house.project.code, "SECOND"))
