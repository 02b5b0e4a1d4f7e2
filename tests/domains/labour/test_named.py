"""A crew is named as people type it: an exact name wins, else the only one that the picker offers, else those that are meant are named. Programs and files
name exactly."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from jingwei.domains.directory.models import Person, Team
from jingwei.domains.labour.models import Sheet
from jingwei.frame import scope
from jingwei.frame.records import commands, exchange
from jingwei.frame.records.resource import resource
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db
values = {"project": "P1", "work_date": "2026-11-20", "description": "布线"}


def brought(way: str, firm: Firm, crew: str) -> str:
    """A sheet of that crew, by that way; what was said."""
    sheets, given = resource("labour.sheet"), values | {"team": crew}
    if way == "form":
        return firm.client("manager").post("/w/labour.sheet/new/", given).text
    if way == "import":
        sheet = exchange.read_sheet("\n".join((",".join(given), ",".join(given.values()))).encode(), "x.csv", sheets)
        with firm.acting("manager"), scope.because(origin="web"):
            return str([row.errors for row in exchange.apply(sheets, sheet, firm.rights("manager")).rows])
    with firm.acting("manager"), scope.because(origin="web" if way == "cell" else "api:x"):
        made = firm.made("labour.sheet", work_date=date(2026, 11, 20), team=firm.crew, description="改")
        try:
            commands.change(sheets, made, {"team": crew}, firm.rights("manager"))
        except ValidationError as problem:
            made.delete()
            return " ".join(problem.messages)
    return ""


@pytest.mark.parametrize("way", ["form", "cell", "import", "api"])
def test_what_the_picker_offers_as_the_only_one_is_taken_in_a_form(firm: Firm, way: str) -> None:
    crews = [Team(code=code, name=name, kind=Team.Kind.SUBCONTRACTOR) for code, name in (("DX", "鼎新安装队"), ("DXN", "定向钻"), ("HX", "宏翔"))]
    for each in crews:
        each.save()
    client = firm.client("manager")
    offered = {words: len(client.get(f"/pick/directory.team/?q={words}").json()["items"]) for words in ("鼎新", "dx", "x")}
    assert offered == {"鼎新": 1, "dx": 2, "x": 3}

    def taken(words: str) -> tuple[bool, str]:
        before = Sheet.objects.count()
        told = brought(way, firm, words)
        return Sheet.objects.count() > before and Sheet.objects.latest("pk").team == crews[0], told

    assert taken("鼎新")[0] == (way in ("form", "cell"))
    assert taken("鼎新安装队")[0] == (way != "api"), "its whole name"
    assert taken("DX")[0], "an exact name wins, though others hold it"
    is_taken, told = taken("dx")
    assert not is_taken and (way == "api" or ("鼎新安装队 (DX)" in told and "定向钻 (DXN)" in told)), told
    is_taken, told = taken("没有")
    assert not is_taken and "没有" in told


def test_a_person_who_is_not_known_is_named(firm: Firm) -> None:
    task = firm.task("吊装", code="T-1")
    Person(number="E-7", name="尉迟恭").save()
    cell = f"/w/work.task/{task.pk}/cell/assignee/"
    client = firm.client("manager")
    answer = client.post(cell, {"assignee": "无此人", "version": task.version})
    assert answer.status_code == 422 and "无此人" in answer.text and "工号" in answer.text
    assert client.post(cell, {"assignee": "迟恭", "version": task.version}).status_code == 200, "the only one who is offered"
    task.refresh_from_db()
    assert task.assignee.number == "E-7"
