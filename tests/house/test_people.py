"""The law of names: a person is found by name, pinyin, e-mail, user name and number wherever one is named; several are told and none is guessed; nobody learns of whom he may not look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from jingwei.domains.directory import queries as directory
from jingwei.domains.directory.models import Person
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Deputy, History, Membership, Project, Role, User, spelt
from jingwei.frame.postgres.base import as_owner
from jingwei.frame.records import bulk, commands, exchange, undo
from jingwei.frame.records.listing import searched
from jingwei.frame.records.resource import resource, resources
from jingwei.frame.records.search import find
from tests.house.conftest import House
from tests.house.half import member
from tests.house.test_big_imports import logged_in
from tests.house.test_parts import bearer

pytestmark = pytest.mark.django_db
kind = resource("directory.person")
tasks = resource("work.task")
ways = ("张伟", "张 伟", "zhangwei", "zhang wei", "Zhang Wei", "ZHĀNG WĚI", "zw", "z.wei@example.com", "Z.WEI@example.com", "wei2", "E-1", "#{pk}")


@pytest.fixture
def en() -> Iterator[None]:
    """Messages in English, as they stand in the code."""
    with translation.override("en"):
        yield


class Staff:
    """Four people: two of them are spelled alike, one bears a surname of its own reading."""

    def __init__(self, house: House) -> None:
        self.user = member(house, "wei2", "engineer", None)
        User.objects.filter(pk=self.user.pk).update(email="wei2@example.com")
        self.wei = self.made("E-1", "张伟", email="z.wei@example.com", user=self.user)
        self.shan = self.made("E-2", "单晓明")
        self.li = self.made("E-3", "李娜")
        self.other_li = self.made("E-4", "黎纳")

    @staticmethod
    def made(number: str, name: str, **more: Any) -> Person:
        row = Person(number=number, name=name, **more)
        row.save()
        return row


@pytest.fixture
def staff(house: House, inside: Callable[[], Any]) -> Staff:
    with inside():
        return Staff(house)


def lookalike(house: House, *grants: str) -> User:
    """Somebody with these grants only."""
    user = User.objects.create_user("narrow", password=None)
    Membership.objects.create(tenant=house.tenant, user=user, role=Role.objects.create(tenant=house.tenant, key="narrow", name="n", grants=list(grants)))
    return user


def spelling(row: Any) -> str:
    return str(type(row)._base_manager.values_list("spelt", flat=True).get(pk=row.pk))


def test_the_spelling_follows_the_name_whichever_way_it_is_written(house: House, inside: Callable[[], Any]) -> None:
    with inside() as current:
        row = commands.create(kind, {"number": "E-9", "name": "曾国"}, house.access)
        assert spelling(row).startswith(" zengguo.") and " cengguo." in spelling(row)
        row = commands.change(kind, row, {"name": "仇和"}, house.access)
        assert spelling(row).startswith(" qiuhe.")
        (row,) = commands.save_many(kind, [(kind.model.objects.get(pk=row.pk), {"name": "区明"})], house.access)
        assert spelling(row).startswith(" ouming.")
        row = kind.model.objects.get(pk=row.pk)
        row.name = "查良"
        row.save(update_fields=["name"])
        assert spelling(row).startswith(" zhaliang.")
        row.name = "解放"
        bulk.save([row], ["name"])
        assert spelling(row).startswith(" xiefang.")
        fresh = [Person(number=f"B-{number}", name="翟天") for number in range(2)]
        bulk.save(fresh, [])
        assert all(spelling(each).startswith(" zhaitian.") for each in fresh)
    with inside() as current:
        commands.remove(kind, kind.model.objects.get(pk=row.pk), house.access)
    with inside():
        undo.undo(current.trace, house.access)
        assert spelling(kind.model.objects.get(number="E-9")).startswith(" xiefang.")
    user = User.objects.create(username="nobody", first_name="尉迟恭")
    assert spelling(user).startswith(" yuchigong.")


@pytest.mark.django_db(transaction=True)
def test_rows_of_before_are_spelled_and_nothing_is_said_to_have_changed(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    def told() -> int:
        with inside():
            return int(History.objects.count())

    before = told()
    with as_owner():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE directory_person DISABLE TRIGGER USER; UPDATE directory_person SET spelt = ''; ALTER TABLE directory_person ENABLE TRIGGER USER"
            )
        spelt.fill(connection, "directory_person", "spelt", ("name",))
    connection.close()
    with inside():
        assert spelling(staff.shan).startswith(" shanxiaoming.") and told() == before
        commands.change(kind, kind.model.objects.get(pk=staff.shan.pk), {"position": "x"}, house.access)
        assert told() == before + 1, "triggers are there again"


@pytest.mark.parametrize("text", [*ways[:-1], "Wei", "zhangw", "shan", "dan", "sxm"])
def test_the_picker_finds_by_every_way_of_naming(text: str, house: House, staff: Staff) -> None:
    meant = staff.shan if text in ("shan", "dan", "sxm") else staff.wei
    words = text if "E-" in text or "@" in text or text.isascii() else text.replace(" ", "")
    if text in ("wei2", "ZHĀNG WĚI"):
        pytest.skip("the list of people has no user names, and words are looked for as they are written")
    items = logged_in(house.owner).get("/pick/directory.person/", {"q": words}).json()["items"]
    assert meant.number in [item["value"] for item in items], items


def test_the_picker_puts_first_whose_name_begins_so(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        for number in range(30):
            Staff.made(f"A-{number:02}", "张三")
        Staff.made("Z-1", "安宁")
    items = logged_in(house.owner).get("/pick/directory.person/", {"q": "an"}).json()["items"]
    assert items[0]["value"] == "Z-1" and len(items) == 20


@pytest.mark.parametrize("text", ways)
def test_a_task_is_given_to_somebody_by_every_way_of_naming(text: str, house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    text = text.format(pk=staff.wei.pk)
    with inside():
        task = commands.create(tasks, {"project": house.project.pk, "name": "x", "assignee": text}, house.access)
        assert task.assignee_id == staff.wei.pk
        rows = [{"project": "P1", "code": "I-1", "name": "y", "assignee": text}]
        assert exchange.apply(tasks, exchange.Sheet(tuple(rows[0]), rows), house.access).counts["create"] == 1
        assert Task.objects.get(code="I-1").assignee_id == staff.wei.pk
        again = exchange.dry_run(tasks, exchange.Sheet(tuple(rows[0]), rows), house.access).rows[0]
        assert (again.action, again.changes) == ("unchanged", {}), "however a person is named, it is the same person"
    client = bearer(house, "owner", "*")
    told = client.post("/api/v1/work.task/", {"project": house.project.pk, "name": "z", "assignee": text}, content_type="application/json")
    assert told.status_code == 201 and told.json()["assignee"] == staff.wei.pk, told.content
    if not text.startswith("#"):
        found = client.get("/api/v1/work.task/", {"assignee": text}).json()
        assert {row["assignee"] for row in found["items"]} == {staff.wei.pk}, found


@pytest.mark.parametrize("text", ["lina", "Li Na", "ln"])
def test_of_several_none_is_guessed_and_they_are_named(text: str, house: House, staff: Staff, inside: Callable[[], Any], en: None) -> None:
    rows = [{"project": "P1", "name": "y", "assignee": text}]
    with inside():
        report = exchange.dry_run(tasks, exchange.Sheet(tuple(rows[0]), rows), house.access).rows[0]
        assert report.action == "error" and report.given == {"assignee": text}
        assert "李娜 (E-3)" in report.errors["assignee"] and "黎纳 (E-4)" in report.errors["assignee"] and "staff number" in report.errors["assignee"]
        assert Task.objects.count() == 0
        Staff.made("E-5", "李娜")
        with pytest.raises(ValidationError, match="E-5"):
            commands.create(tasks, {"project": house.project.pk, "name": "x", "assignee": "李娜"}, house.access)
        Person.objects.filter(pk=staff.shan.pk).update(is_active=False)
        assert directory.staff_named(["李娜", "张伟", "zhang wei", "zw", "wei2", "单晓明", "shanxiaoming", "Nobody", ""]) == {
            "李娜": [staff.li.pk, Person.objects.get(number="E-5").pk], **dict.fromkeys(("张伟", "zhang wei", "wei2"), [staff.wei.pk]),
            **dict.fromkeys(("zw", "单晓明", "shanxiaoming", "Nobody"), []),
        }  # fmt: skip


def test_a_number_or_user_name_is_no_guess_though_others_are_spelled_so(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    with inside():
        named = Staff.made("lina", "王五")
        assert commands.create(tasks, {"project": house.project.pk, "name": "x", "assignee": "lina"}, house.access).assignee_id == named.pk


def test_part_of_a_name_or_of_its_spelling_names_nobody(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    with inside():
        for text in ("张", "wei", "zhangw", "w", "xiaoming", "."):
            with pytest.raises(ValidationError) as caught:
                commands.create(tasks, {"project": house.project.pk, "name": "x", "assignee": text}, house.access)
            assert "assignee" in caught.value.message_dict


def test_who_may_not_look_at_people_learns_of_none_by_a_name(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    """Given somebody who writes tasks and may not look at people, when a name is typed that fits one, several or nobody, then all three are told the same."""
    user = lookalike(house, "work.*", "frame.project.view")
    told = set()
    with scope.within(scope.Scope(house.tenant.pk, user.pk)):
        for text in ("张伟", "lina", "孙悟空", "z.wei@example.com"):
            with pytest.raises(ValidationError) as caught:
                commands.create(tasks, {"project": house.project.pk, "name": "x", "assignee": text}, house.access)
            told.add(" ".join(caught.value.message_dict["assignee"]).replace(text, "?"))
    assert len(told) == 1
    client = logged_in(user)
    assert client.get("/pick/directory.person/", {"q": "zw"}).status_code == 403
    with inside():
        commands.create(tasks, {"project": house.project.pk, "name": "x", "assignee": "E-1"}, house.access)
    assert client.get("/w/work.task/", {"assignee": "zw"}).content.count(b"data-url") == 0
    assert bearer(house, "stranger").get("/api/v1/directory.person/", {"q": "zw"}).json()["items"] == []
    narrow = bearer(house, "owner", "work.*")
    assert narrow.get("/pick/frame.user/", {"q": "wei"}).status_code in (401, 403, 404)


def test_a_spelling_is_told_to_nobody(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    client = bearer(house, "owner", "*")
    pages = [
        f"/api/v1/directory.person/{staff.shan.pk}",
        f"/api/v1/directory.person/{staff.shan.pk}/history",
        "/api/v1/directory.person/",
        "/w/directory.person/export.csv",
    ]
    with inside():
        commands.change(kind, staff.shan, {"name": "单小明"}, house.access)
    for path in pages:
        answer = client.get(path)
        text = b"".join(answer).decode()
        assert answer.status_code == 200 and "spelt" not in text and "shanxiao" not in text, path
    assert "spelt" not in logged_in(house.owner).get(f"/w/directory.person/{staff.shan.pk}/").text


@pytest.mark.parametrize("words", ["zhangwei", "zhang wei", "zw", "wei zhang", "shan", "danxiaoming", "张", "xm", "an"])
def test_search_finds_people_by_pinyin_as_looking_through_every_row_does(words: str, house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    with inside():
        found = {hit.pk for hit in find(words, house.access, resources(), most=100) if hit.resource is kind}
        assert found == set(kind.rows(house.access).filter(searched(kind, words)).values_list("pk", flat=True)) and found
    heard = logged_in(house.owner).get("/search/", {"q": words}, headers={"Accept": "application/json"}).json()
    assert any(group["title"] and any("E-" in hit["title"] for hit in group["hits"]) for group in heard["groups"])


@pytest.mark.parametrize("words", ["zhangwei", "zw", "Wei", "张", "wei2"])
def test_members_are_mentioned_and_picked_by_pinyin(words: str, house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    staff.user.first_name = "张伟"
    staff.user.save()
    with inside():
        task = house.make(tasks)
    client = logged_in(house.owner)
    for path in (f"/w/work.task/{task.pk}/carried/people/", "/pick/frame.user/"):
        assert {"value": "wei2", "label": "张伟"} in client.get(path, {"q": words}).json()["items"], path
        assert client.get(path, {"q": "nobodyatall"}).json()["items"] == []
    assert all(each["value"] != "wei2" for each in logged_in(house.stranger).get("/pick/frame.user/", {"q": words}).json()["items"])


@pytest.mark.parametrize("text", ["张伟", "zhang wei", "zw", "wei2@example.com", "wei2"])
def test_a_project_is_managed_by_whoever_is_named(text: str, house: House, staff: Staff, inside: Callable[[], Any], en: None) -> None:
    User.objects.create(username="elsewhere", first_name="张伟")  # of no organisation: nobody here
    staff.user.refresh_from_db()
    staff.user.first_name = "张伟"
    staff.user.save()
    projects = resource("frame.project")
    with inside():
        row = commands.change(projects, house.project, {"manager": text}, house.access)
        assert row.manager_id == staff.user.pk
        namesake = member(house, "wei3", "engineer", None)
        namesake.first_name = "章巍"
        namesake.save()
        with pytest.raises(ValidationError) as caught:
            commands.change(projects, Project.objects.get(), {"manager": "zhangwei"}, house.access)
        (said,) = caught.value.message_dict["manager"]
        assert "张伟 (wei2)" in said and "章巍 (wei3)" in said and "username" in said.lower()


def test_a_deputy_is_named_by_name_and_a_namesake_of_a_member_is_not_invited_by_mistake(
    house: House, staff: Staff, inside: Callable[[], Any], en: None
) -> None:
    staff.user.first_name = "张伟"
    staff.user.save()
    client = logged_in(house.owner)
    days = {"from_on": "2099-01-01", "until_on": "2099-01-02"}
    told = client.post("/waiting/deputies/", {"deputy": "zhangwei", **days}, follow=True)
    assert "Saved." in told.text, re.findall(r'role="status">(.*?)<', told.text)
    with inside():
        assert Deputy.objects.get().deputy_id == staff.user.pk
    role = Role.objects.get(tenant=house.tenant, key="engineer")
    page = client.post("/settings/members/", {"username": "张伟", "role": role.pk, "project": ""}).text
    assert "wei2" in page and not User.objects.filter(username="张伟").exists()
    client.post("/settings/members/", {"username": "张伟", "full_name": "张伟", "role": role.pk, "project": ""})
    assert User.objects.filter(username="张伟").exists(), "somebody else of that name is invited when both are given"


def test_finding_somebody_costs_the_same_whatever_there_is(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    client = logged_in(house.owner)

    def cost(path: str, **asked: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path, asked).status_code == 200
        return len(seen)

    paths = (("/pick/directory.person/", {"q": "zw"}), ("/pick/frame.user/", {"q": "zw"}), ("/w/work.task/", {"assignee": "zw"}))
    cost(*paths[0][:1])  # the first request of a session counts its own
    before = [cost(path, **asked) for path, asked in paths]
    with inside():
        for number in range(20):
            Staff.made(f"M-{number}", "张伟")
    assert [cost(path, **asked) for path, asked in paths] == before


def test_a_token_that_shows_no_people_learns_no_members_name(house: House, staff: Staff, inside: Callable[[], Any]) -> None:
    """Given two members of one name, when a token that reaches only persons names one by it, then it hears neither; by user name, e-mail or id it names one."""
    with inside():
        for name in ("wei3", "wei4"):
            user = member(house, name, "engineer", None)
            user.last_name, user.first_name, user.email = "韦", "立", f"{name}@example.com"
            user.save()
    path, few, every = f"/api/v1/directory.person/{staff.li.pk}", bearer(house, "owner", "directory.person.*"), bearer(house, "owner", "*")
    for text in ("韦立", "weili"):
        told = every.patch(path, {"user": text}, content_type="application/json")
        assert told.status_code == 422 and "wei3" in told.text and "wei4" in told.text
        told = few.patch(path, {"user": text}, content_type="application/json")
        assert told.status_code == 422 and "wei3" not in told.text and "no member of this organisation" in told.text
    for given in ("wei3", "wei3@example.com", user.pk):
        assert few.patch(path, {"user": given}, content_type="application/json").status_code == 200
