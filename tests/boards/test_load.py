"""People's load over all projects: the stranger first; what may not be seen is in no sum; the figures agree with counting minute by minute, wherever they are asked."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jingwei.boards.load import Cell, LoadAsked, table_of
from jingwei.boards.widgets import overloaded
from jingwei.domains.directory.models import Person, Team
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.domains.worktime import queries as worktime
from jingwei.domains.worktime.models import Calendar, CalendarException
from jingwei.frame.models import Membership, Project, Role
from jingwei.frame.widgets import Desk
from tests.domains.conftest import Firm, refuses, staff

pytestmark = pytest.mark.django_db
zone = ZoneInfo("Asia/Shanghai")
monday = date(2026, 11, 2)
four_weeks = {"since": monday.isoformat(), "until": (monday + timedelta(days=27)).isoformat()}


@pytest.fixture
def shared(firm: Firm) -> Firm:
    """One person with a week of work in each of two projects, at once; another with half a week in the hidden one; a lead who may look into the first, and at the money of the second only."""
    wu = Person.objects.get(name="吴刚")
    wu.position = "安装工"
    wu.save()
    li = Person(number="E-2", name="李娜", position="集成工程师")
    li.save()
    Person(number="E-3", name="闲人").save()
    firm.task("接口联调", duration_minutes=2400, assignee=wu)
    firm.task("保密的任务", project=firm.second, duration_minutes=2400, assignee=wu, units_percent=Decimal(50))
    firm.task("李娜的任务", project=firm.second, duration_minutes=1200, assignee=li)
    calculated(firm.project, firm.second)
    staff(firm, "lead", "manager", project=firm.project)
    purse = Role.objects.create(tenant=firm.tenant, key="purse", name="只看成本", grants=["cost.line.view"])
    Membership.objects.create(tenant=firm.tenant, user=firm.users["lead"], role=purse, project=firm.second)
    return firm


def page(firm: Firm, name: str, **asked: Any) -> str:
    return str(firm.client(name).get("/load/", four_weeks | asked).content.decode())


def names(html: str) -> list[str]:
    return re.findall(r'<a id="open-\d+"[^>]*>.*?</svg>\s*(.*?)</a>', html, re.S)


def report(firm: Firm, name: str, **asked: Any) -> tuple[int, dict[str, Any]]:
    answer = firm.client(name).get("/api/v1/reports/boards.load", four_weeks | asked)
    return answer.status_code, json.loads(answer.content)


def calculated(*projects: Project, at: datetime = datetime(2026, 11, 2, tzinfo=zone)) -> None:
    """Their dates as of a data date, so that the day on which the test runs says nothing."""
    for project in projects:
        project.data_date = at
        project.save()
        schedule.project_recalculate(project_id=project.pk)


# ---- rights: the stranger first


def test_the_stranger_sees_nobody(shared: Firm) -> None:
    html = page(shared, "stranger", person="E-1", open="E-1")
    assert not any(text in html for text in ("吴刚", "李娜", "闲人", "接口联调", "P1", "一号项目"))
    assert report(shared, "stranger")[1]["people"] == []
    assert "吴刚" not in shared.client("stranger").get("/load/export.csv").content.decode()
    assert shared.client("stranger").get("/schedule/gantt/P1/load/").status_code == 404


def test_who_may_look_into_one_project_sees_its_people_and_nothing_of_the_other(shared: Firm) -> None:
    """Given a lead of the first project, then he sees its person with its work alone: no name, title, hour or code of the second, on page, report, widget, strip or levelling page."""
    html = page(shared, "lead", open="E-1")
    assert names(html) == ["吴刚"]
    assert "接口联调" in html and "elsewhere" not in html
    hidden = ("保密的任务", "李娜", "二号项目", "P2", "闲人")
    assert [text for text in hidden if text in html[html.index('id="content"') :]] == []
    status, told = report(shared, "lead", person="E-1")
    assert status == 200 and told["projects"] == ["P1"]
    assert [(each["name"], sum(each["planned_minutes"])) for each in told["people"]] == [("吴刚", 2400)]
    assert [text for text in hidden if text in json.dumps(told, ensure_ascii=False)] == []
    strip = json.loads(shared.client("lead").get("/schedule/gantt/P1/load/").content)["people"]
    assert [each["others"] for each in strip.values()] == [{}]
    assert 'id="beside"' not in shared.client("lead").get("/schedule/levelling/P1/").content.decode()
    with shared.acting("lead"):
        assert overloaded(Desk(shared.rights("lead"))).rows == []
    assert report(shared, "lead", project="P2")[0] == 422, "as if it were not there"


def test_people_without_work_are_shown_to_whoever_looks_into_every_project(shared: Firm) -> None:
    assert names(page(shared, "manager", sort="name")) == ["吴刚", "李娜", "闲人"]
    Person.objects.filter(name="闲人").update(is_active=False)
    assert "闲人" not in page(shared, "manager")


def test_only_who_may_take_tasks_out_gets_the_file(shared: Firm) -> None:
    assert "load/export.csv" not in page(shared, "viewer")
    assert shared.client("viewer").get("/load/export.csv").status_code == 403
    staff(shared, "lead", "viewer", project=shared.second)
    assert shared.client("lead").get("/load/export.csv").status_code == 403, "one of the projects that count may not be taken out"


def test_a_closed_project_does_not_count(shared: Firm) -> None:
    Project.objects.filter(pk=shared.second.pk).update(status="closed")
    _status, told = report(shared, "manager", person="E-1")
    assert sum(told["people"][0]["planned_minutes"]) == 2400 and told["projects"] == ["P1"]


# ---- the sums


def test_projects_add_up_to_too_much_and_the_row_opens_to_what_makes_it(shared: Firm) -> None:
    html = page(shared, "manager", open="E-1")
    row = re.search(r"吴刚.*?</tr>", html, re.S)
    assert row is not None and "150 %" in row.group(0) and "▲" in row.group(0) and "60 / 40" in row.group(0)
    assert "接口联调" in html and "保密的任务" in html and "20 h" in html.replace("小时", "h")
    assert names(page(shared, "manager", over="1")) == ["吴刚"]
    _status, told = report(shared, "manager", person="E-1")
    person = told["people"][0]
    assert (person["planned_minutes"], person["percent"], person["overloaded_days"]) == ([3600, 0, 0, 0], [150, 0, 0, 0], [5, 0, 0, 0])
    assert [(part["code"], part["planned_minutes"][0], [task["name"] for task in part["tasks"]]) for part in person["parts"]] == [
        ("P1", 2400, ["接口联调"]), ("P2", 1200, ["保密的任务"]),
    ]  # fmt: skip


def test_filters_and_order(shared: Firm) -> None:
    team = Team(code="T9", name="集成组")
    team.save()
    Person.objects.filter(name="李娜").update(team=team)
    assert names(page(shared, "manager")) == ["吴刚", "李娜", "闲人"]
    assert names(page(shared, "manager", team="T9")) == names(page(shared, "manager", position="集成工程师")) == ["李娜"]
    assert names(page(shared, "manager", project="P1")) == names(page(shared, "manager", person="E-1")) == ["吴刚"]
    assert sum(report(shared, "manager", project="P1")[1]["people"][0]["planned_minutes"]) == 3600, "the filter chooses people, not what counts"


def test_the_file_says_what_the_page_says(shared: Firm, en: None) -> None:
    client = shared.client("manager")
    rows = list(csv.reader(io.StringIO(client.get("/load/export.csv", four_weeks, headers={"Accept-Language": "en"}).content.decode("utf-8-sig"))))
    assert rows[0][:8] == ["Staff number", "Name", "Team", "Position", "Planned (h)", "Working time (h)", "Load (%)", "Overloaded days"]
    assert rows[0][8] == "2026-11-02 – 2026-11-08"
    assert rows[1] == ["E-1", "吴刚", "安装队", "安装工", "60.0", "160.0", "38", "5", "60.0", "0.0", "0.0", "0.0"]
    book = openpyxl.load_workbook(io.BytesIO(client.get("/load/export.xlsx", four_weeks).content))
    assert [cell.value for cell in book.worksheets[0][2]][:9] == ["E-1", "吴刚", "安装队", "安装工", 60, 160, 38, 5, 60]


def test_names_are_no_formulas_in_the_file(shared: Firm) -> None:
    Person.objects.filter(number="E-1").update(name="=1+1")
    assert "'=1+1" in shared.client("manager").get("/load/export.csv", four_weeks).content.decode()


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"until": "2026-10-01"}, "until"), ({"step": "day", "until": "2027-11-01"}, "until"), ({"since": "1832-01-01"}, "since"), ({"since": "x"}, "since"), ({"step": "hour"}, "step"), ({"project": "nowhere"}, "project")],
)  # fmt: skip
def test_what_cannot_be_asked_is_told_at_its_field(shared: Firm, asked: dict[str, str], field: str) -> None:
    answer = shared.client("manager").get("/load/", four_weeks | asked)
    assert answer.status_code == 422 and answer.context["form"].errors.keys() == {field}
    assert f'id="load-{field}"' in answer.content.decode() and "is-invalid" in answer.content.decode()
    assert shared.client("manager").get("/load/export.csv", four_weeks | asked).status_code == 422
    status, told = report(shared, "manager", **asked)
    assert status == 422 and field in told["errors"][0]["field"]


def test_pages_that_have_nothing_say_what_to_do(firm: Firm) -> None:
    Person.objects.all().delete()
    assert 'href="/schedule/"' in page(firm, "manager")
    Person(number="E-9", name="某人").save()
    html = page(firm, "manager", over="1")
    assert "某人" not in html and 'href="/load/"' in html


# ---- the oracle


def works(shifts: Any, minute: int) -> bool:
    return any(start <= minute < end for start, end in shifts)


@pytest.fixture
def odd(firm: Firm) -> Iterator[Firm]:
    """Part-time with a day of leave, a project calendar with a day off, a task calendar at night, units, planned work, begun work, a project in another zone."""
    person = Person.objects.get(name="吴刚")
    week = {str(n): [[540, 720]] for n in range(5)}
    own = Calendar(name="半天", layer="person", person=person, week=week, follows_holidays=True)
    own.save()
    CalendarException(calendar=own, on_date=date(2026, 11, 4)).save()
    of_project = Calendar(name="P1", layer="project", project=firm.project)
    of_project.save()
    CalendarException(calendar=of_project, on_date=date(2026, 11, 3)).save()
    night = Calendar(name="夜间", layer="task", week={str(n): [[1320, 1440]] for n in range(7)}, follows_holidays=False)
    night.save()
    firm.second.zone = "Europe/Berlin"
    firm.second.save()
    firm.task("半份", duration_minutes=1440, assignee=person, units_percent=Decimal(30))
    firm.task("工时", duration_minutes=960, assignee=person, work_hours=Decimal(10))
    firm.task("夜班", duration_minutes=360, assignee=person, calendar=night)
    firm.task("柏林", project=firm.second, duration_minutes=960, assignee=person)
    firm.task("里程碑", assignee=person, is_milestone=True)
    firm.task("取消", duration_minutes=480, assignee=person, status="cancelled")
    calculated(firm.project, firm.second)
    yield firm


def test_every_day_agrees_with_counting_minute_by_minute(odd: Firm) -> None:
    """Given calendars of every kind, when each working minute of each task takes its even share, then days, weeks and months of the page are these sums."""
    planned, room = dict[date, float](), dict[date, int]()
    person = Person.objects.get(name="吴刚")
    for task in Task.objects.filter(assignee=person, is_milestone=False).exclude(status="cancelled").select_related("project"):
        calendar = worktime.named_calendars([task.calendar_id], task.project.zone)[task.calendar_id] if task.calendar_id else worktime.calendar_of(task.project)
        there = ZoneInfo(task.project.zone)
        moment, inside = task.start, list[datetime]()
        while moment < task.finish:
            local = moment.astimezone(there)
            if works(calendar.shifts_on(local.date()), local.hour * 60 + local.minute):
                inside.append(moment)
            moment += timedelta(minutes=1)
        minutes = float(task.work_hours) * 60 if task.work_hours else task.duration_minutes * float(task.units_percent) / 100
        for each in inside:
            day = each.astimezone(zone).date()
            planned[day] = planned.get(day, 0) + minutes / len(inside)
    own = worktime.person_calendars("Asia/Shanghai")[person.pk]
    days = [monday + timedelta(days=n) for n in range(28)]
    for day in days:
        room[day] = sum(works(own.shifts_on(day), minute) for minute in range(1440))
    assert sum(planned.values()) == pytest.approx(432 + 600 + 360 + 960) and set(planned) <= set(days)
    for step, of in (
        ("day", lambda day: day),
        ("week", lambda day: day - timedelta(days=day.weekday())),
        ("month", lambda day: max(day.replace(day=1), monday)),
    ):
        with odd.acting("manager"):
            found = table_of(odd.rights("manager"), LoadAsked(since=monday, until=days[-1], step=step, person="E-1"))  # type: ignore[arg-type]
        for cell, (first, _last) in zip(found.rows[0].cells, found.columns, strict=True):
            mine = [day for day in days if of(day) == first]
            wanted = Cell(sum(planned.get(day, 0) for day in mine), sum(room[day] for day in mine), sum(planned.get(day, 0) > room[day] + 1 for day in mine))
            assert (cell.planned, cell.room, cell.over) == (pytest.approx(wanted.planned), wanted.room, wanted.over), (step, first)
        parts = found.parts_of(found.rows[0])
        assert sum(sum(part.minutes) for part in parts) == pytest.approx(432 + 600 + 360 + 960)
        assert {task.name for part in parts for task in part.tasks} == {"半份", "工时", "夜班", "柏林"}


def test_what_is_left_of_begun_work_lies_where_the_plan_puts_it(firm: Firm) -> None:
    """Given ten days of work half done by the third, when the data date is a week later, then the left half lies after it, as levelling counts it, and not on the days that passed."""
    task = firm.task("在做", duration_minutes=4800, assignee=Person.objects.get(name="吴刚"))
    work.task_save(instance=task, percent=50, actual_start=datetime(2026, 11, 2, 9, tzinfo=zone))
    calculated(firm.project, at=datetime(2026, 11, 16, 9, tzinfo=zone))
    task.refresh_from_db()
    assert task.finish.astimezone(zone).date() == date(2026, 11, 20)
    person = report(firm, "manager", person="E-1")[1]["people"][0]
    assert person["planned_minutes"] == [1200, 1200, 2400, 0]


# ---- beside one project


def test_the_projects_own_pages_tell_what_comes_from_others(shared: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_a, **_k: monday)
    html = shared.client("manager").get("/schedule/levelling/P1/", headers={"Accept-Language": "en"}).content.decode()
    row = re.search(r'id="beside".*?<tbody>(.*?)</tbody>', html, re.S)
    assert row is not None
    assert re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row.group(1))).split() == ["吴刚", "5", "40", "h", "20", "h"]
    assert "/load/?person=E-1&amp;since=2026-11-02" in row.group(1)
    strip = json.loads(shared.client("manager").get("/schedule/gantt/P1/load/").content)["people"]
    (person,) = strip.values()
    assert sum(person["others"].values()) == 1200 and len(person["others"]) == 5 and person["room"] == {} and person["url"] == "/load/?person=E-1"


def test_the_strip_tells_the_persons_own_working_time(odd: Firm) -> None:
    (person,) = json.loads(odd.client("manager").get("/schedule/gantt/P1/load/").content)["people"].values()
    day = (date(2026, 11, 4) - date(1970, 1, 1)).days
    assert person["room"][str(day)] == 0 and person["room"][str(day + 1)] == 180 and str(day - 1) in person["room"]


def test_the_widget_names_who_is_overloaded_and_leads_there(shared: Firm, monkeypatch: pytest.MonkeyPatch, en: None) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_a, **_k: monday)
    with shared.acting("manager"):
        (row,) = overloaded(Desk(shared.rights("manager"))).rows
    assert (row.text, row.word, row.note) == ("吴刚", "days overloaded: 5", "most on one day: 12.0 h")
    html = shared.client("manager").get(row.url).content.decode()
    assert names(html) == ["吴刚"] and "保密的任务" in html


# ---- how much it takes


def crowd(firm: Firm, people: int, works: int, projects: int) -> None:
    made = Person.objects.bulk_create([Person(tenant=firm.tenant, number=f"N-{n:03d}", name=f"人员{n:03d}") for n in range(people)])
    sites = Project.objects.bulk_create([Project(tenant=firm.tenant, code=f"X{n}", name=f"项目 {n}", start_on=monday) for n in range(projects)])
    start = datetime(2026, 11, 2, 9, tzinfo=zone)
    Task.objects.bulk_create(
        Task(
            tenant=firm.tenant, project=sites[n % projects], code=f"T-{n}", name=f"任务 {n}", assignee=made[n % people], duration_minutes=480 * (n % 9 + 1),
            start=start + timedelta(days=n % 170), finish=start + timedelta(days=n % 170 + n % 9 + 1),
        )
        for n in range(works)
    )  # fmt: skip


def test_the_number_of_queries_does_not_grow(firm: Firm) -> None:
    counts = []
    for people, works_, projects in ((2, 4, 1), (30, 300, 12)):
        Task.objects.all().delete()
        Person.objects.all().delete()
        Project.objects.filter(code__startswith="X").delete()
        crowd(firm, people, works_, projects)
        first = Person.objects.order_by("name")[0]
        client = firm.client("manager")
        client.get("/load/", four_weeks)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/load/", four_weeks | {"open": first.number}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30, counts


def test_two_hundred_people_over_half_a_year_take_less_than_a_second(firm: Firm) -> None:
    crowd(firm, 200, 10_000, 40)
    asked = LoadAsked(since=monday, until=monday + timedelta(days=26 * 7 - 1))
    with firm.acting("manager"):
        rights = firm.rights("manager")
        table_of(rights, asked)
        begun = time.process_time()
        table = table_of(rights, asked)
        taken = time.process_time() - begun
    assert len(table.rows) == 201 and len(table.columns) == 26 and taken < 1, taken


def test_a_plan_of_another_age_is_refused_or_shown_and_never_fails(firm: Firm) -> None:
    task = firm.task("远", duration_minutes=480, assignee=Person.objects.get(name="吴刚"))
    Task.objects.filter(pk=task.pk).update(start=datetime(1950, 1, 1, tzinfo=zone), finish=datetime(9000, 1, 1, tzinfo=zone))
    assert firm.client("manager").get("/load/", four_weeks).status_code == 200
    with refuses("until"):
        LoadAsked(since=date(2000, 1, 1), until=date(2100, 1, 1), step="month").window()
