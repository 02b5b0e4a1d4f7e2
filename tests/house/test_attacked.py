"""What strangers with accounts got through, each as they did it; none of it goes through any more."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jingwei.domains.cost import money
from jingwei.domains.cost.models import Line
from jingwei.domains.directory.models import Team
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame import scope
from jingwei.frame.approvals import voting
from jingwei.frame.carried import talk, watch
from jingwei.frame.models import ApiToken, Arrangement, Membership, Project, User
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access, access_of
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program
from tests.house.test_resources import logged_in

pytestmark = pytest.mark.django_db
tasks = resource("work.task")


def acting(house: House, user: User) -> AbstractContextManager[Any]:
    return scope.within(scope.Scope(house.tenant.pk, user.pk, rights(house, user).project_ids))


def rights(house: House, user: User) -> Access:
    return access_of(user, house.tenant)


def token(house: House, user: User, *grants: str) -> Client:
    text = ApiToken.issue(tenant=house.tenant, user=user, name="l", limit={"grants": list(grants), "projects": None})[1]
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("goes_to", ["P2", "P3"])
def test_undo_brings_nothing_back_under_a_row_of_another_project(half: Half, goes_to: str) -> None:
    """Given a task and a link that were removed, when what they name has moved away since, then undo leaves them and says so."""
    house = half.house
    with acting(house, house.owner):
        Project(code="P3", name="C", start_on=date(2026, 11, 2)).save()
        top = work.task_save(project=house.project, name="top")
        kid = work.task_save(project=house.project, name="kid", parent=top)
        lone = work.task_save(project=house.project, name="lone")
        link = work.dependency_save(predecessor=half.mine[0], successor=lone)
    traces = []
    for kind, row in ((tasks, kid), (resource("work.dependency"), link)):
        with half.inside(), scope.because(reason="x") as now:
            commands.remove(kind, kind.model.objects.get(pk=row.pk), half.access)
            traces.append(now.trace)
    with acting(house, house.owner):
        for number, row in enumerate((top, lone)):
            commands.change(tasks, Task.objects.get(pk=row.pk), {"project": goes_to, "code": f"T-5{number}", "name": "THEIRS"}, rights(house, house.owner))
    with half.inside():
        told = [undo.undo(trace, half.access) for trace in traces]
        assert all(len(each) == 1 and "THEIRS" not in each[0] for each in told), told
        assert not Task.objects.filter(pk=kid.pk).exists() and not Dependency.objects.filter(pk=link.pk).exists()


def test_a_posted_line_keeps_its_worth(half: Half) -> None:
    house = half.house
    own = rights(house, house.owner)
    with acting(house, house.owner):
        for day, worth in ((date(2020, 1, 1), "1"), (date(2026, 11, 1), "7")):
            commands.create(resource("cost.rate"), {"currency": "USD", "base": "CNY", "on": day, "rate": worth}, own)
        given = {
            "project": "P1",
            "number": "C1",
            "account": "labour",
            "description": "x",
            "amount": "100",
            "currency": "USD",
            "period": "2026-11",
            "posted_on": date(2026, 11, 20),
        }
        line = commands.create(resource("cost.line"), given, own)
        commands.act(resource("cost.line"), "post", line, {}, own)
        before = [each.value for each in money.valued(Line.objects.all())]
    assert Program(house, half.user, house.tenant).call("PATCH", f"/api/v1/cost.line/{line.pk}", {"posted_on": "2020-06-01"})[0] == 422
    with acting(house, house.owner):
        assert [each.value for each in money.valued(Line.objects.all())] == before


def test_who_moved_a_line_into_a_sheet_does_not_confirm_it(half: Half) -> None:
    house, sheets = half.house, resource("labour.sheet")
    writer, other = (member(house, name, "manager", house.project) for name in ("writer", "other"))
    with acting(house, house.owner):
        team = Team(code="X", name="X")
        team.save()
    made = []
    for number, user, rate in (("S1", other, "4500"), ("S2", writer, "45")):
        lines = [{"worker": number, "trade": "t", "hours": "8", "rate": rate}]
        with acting(house, user):
            values = {"project": "P1", "work_date": date(2026, 11, 20), "team": team.pk, "description": "d", "number": number, "lines": lines}
            made.append(commands.create(sheets, values, rights(house, user)))
    dear, target = made
    with acting(house, half.user):
        commands.change(resource("labour.sheetline"), dear.lines.get(), {"sheet": target.pk}, rights(house, half.user))
    with acting(house, writer):
        commands.act(sheets, "submit", sheets.model.objects.get(pk=target.pk), {}, rights(house, writer))
    with acting(house, half.user), pytest.raises(ValidationError):
        commands.act(sheets, "confirm", sheets.model.objects.get(pk=target.pk), {}, rights(house, half.user))


def test_votes_cover_declared_fields_and_what_is_accepted_keeps_them(half: Half) -> None:
    house, decisions = half.house, resource("decision.decision")
    author, first, second = (member(house, f"o{number}", "owner", None) for number in range(3))
    with acting(house, author):
        own = rights(house, author)
        commands.create(resource("frame.customfield"), {"resource": "decision.decision", "key": "price", "label_en": "Price", "kind": "decimal"}, own)
        row = commands.create(decisions, {"project": "P1", "title": "t", "choice": "c", "extra": {"price": "10"}}, own)
        row = commands.act(decisions, "submit", row, {}, own)
    with acting(house, first):
        voting.vote(decisions, row, "yes", rights(house, first))
    with acting(house, author):
        row = commands.change(decisions, decisions.model.objects.get(pk=row.pk), {"extra": {"price": "999999"}}, own)
    with acting(house, second):
        assert voting.vote(decisions, decisions.model.objects.get(pk=row.pk), "yes", rights(house, second)).state == "open", (
            "the first vote was for another price"
        )
    with acting(house, first):
        voting.vote(decisions, decisions.model.objects.get(pk=row.pk), "yes", rights(house, first))
    with acting(house, author), pytest.raises(ValidationError):
        commands.change(decisions, decisions.model.objects.get(pk=row.pk), {"extra": {"price": "1"}}, own)


def test_a_notice_that_is_renewed_belongs_to_where_its_row_is_now(half: Half) -> None:
    house, row = half.house, half.mine[0]
    own = rights(house, house.owner)
    with half.inside():
        watch.follow(tasks, row, half.access)
    with acting(house, house.owner):
        talk.say(tasks, Task.objects.get(pk=row.pk), "one", own)
        commands.change(tasks, Task.objects.get(pk=row.pk), {"project": "P2", "code": "T-555"}, own)
        commands.change(tasks, Task.objects.get(pk=row.pk), {"name": "TOPSECRET"}, own)
        talk.say(tasks, Task.objects.get(pk=row.pk), "two", own)
    Membership.objects.filter(user=half.user, project=half.other).delete()
    assert "TOPSECRET" not in logged_in(house, half.user).get("/notices/").text


plan = """<?xml version="1.0"?><Project xmlns="http://schemas.microsoft.com/project"><Name>x</Name><ScheduleFromStart>1</ScheduleFromStart>
<StartDate>2026-11-02T08:00:00</StartDate><Tasks><Task><UID>1</UID><ID>1</ID><Name>evil</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration></Task></Tasks></Project>"""


def test_whoever_brings_a_plan_writes_its_tasks(half: Half) -> None:
    program = token(half.house, half.house.owner, "*.view", "work.task.import")
    brought = program.post("/schedule/files/P1/bring/", {"file": SimpleUploadedFile("a.xml", plan.encode())})
    assert brought.status_code == 302 and program.post(brought["Location"] + "import/").status_code == 403
    with half.inside():
        assert not Task.objects.filter(name="evil").exists()


def test_a_token_that_reads_arranges_nobodys_home(half: Half) -> None:
    program = token(half.house, half.house.owner, "*.view", "*.export")
    assert program.post("/home/widgets/", {"action": "drop:alarms", "widget": ["alarms"]}).status_code == 403
    with half.inside():
        assert not Arrangement.unscoped.exists()


def test_our_own_side_of_another_project_is_nobodys_else(half: Half) -> None:
    house = half.house
    with acting(house, house.owner):
        hidden = Project(code="P3", name="HIDDEN", start_on=date(2026, 11, 2))
        hidden.save()
        theirs = commands.create(resource("hub.system"), {"key": "l3", "name": "S3", "connector": "local", "project": hidden.pk}, rights(house, house.owner))
    program = Program(house, half.user, house.tenant)
    assert program.call("GET", f"/api/v1/hub.system/{theirs.pk}")[0] == 404
    given = {
        "project": house.project.pk,
        "key": "i",
        "name": "n",
        "system_a": theirs.pk,
        "stream_a": "work.task",
        "system_b": theirs.pk,
        "stream_b": "risk.risk",
    }
    assert program.call("POST", "/api/v1/hub.interface/", json.loads(json.dumps(given)))[0] in (403, 422)
