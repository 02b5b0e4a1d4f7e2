"""Tasks on a calendar of their own: computed, levelled, changed in the Gantt, told by lists and files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import levelling, queries, services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.domains.worktime import services as worktime
from jingwei.domains.worktime.models import Calendar
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.kernels.planfile import read
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
nights: dict[str, list[list[int]]] = {str(day): [[1200, 1440]] if day >= 5 else [] for day in range(7)}


@pytest.fixture
def site(firm: Firm) -> Firm:
    """Preparation on Monday, then a switch-over that may only happen on weekend nights, then a check."""
    for project in (firm.project, firm.second):
        project.data_date = datetime(2026, 11, 2, 0, tzinfo=UTC)
        project.save()
    calendar = worktime.calendar_save(name="停机窗口", layer="task", week=nights, follows_holidays=False)
    worktime.exception_save(calendar=calendar, on_date=date(2026, 11, 7), shifts=[], note="月结")
    before, switch, after = firm.task("准备"), firm.task("切换", duration_minutes=480, calendar=calendar), firm.task("检查")
    work.dependency_save(predecessor=before, successor=switch)
    work.dependency_save(predecessor=switch, successor=after)
    services.project_recalculate(project_id=firm.project.pk)
    return firm


def dates(name: str, **where: Any) -> tuple[datetime | None, datetime | None]:
    task = Task.objects.get(name=name, **where)
    return task.start, task.finish


def test_a_task_is_worked_on_when_its_calendar_says(site: Firm) -> None:
    """Given nights of four hours at weekends, one of them closed, when eight hours are due, then they end in the next weekend's first night."""
    assert dates("切换") == (datetime(2026, 11, 8, 12, tzinfo=UTC), datetime(2026, 11, 14, 16, tzinfo=UTC))
    assert dates("检查")[0] == datetime(2026, 11, 16, 1, tzinfo=UTC)


def test_a_change_of_the_calendar_moves_its_tasks(site: Firm) -> None:
    calendar = Calendar.objects.get(layer="task")
    worktime.exception_remove(instance=calendar.exceptions.get())
    services.project_recalculate(project_id=site.project.pk)
    assert dates("切换")[1] == datetime(2026, 11, 8, 16, tzinfo=UTC)
    work.task_save(instance=Task.objects.get(name="切换"), calendar=None)
    services.project_recalculate(project_id=site.project.pk)
    assert dates("切换") == (datetime(2026, 11, 3, 1, tzinfo=UTC), datetime(2026, 11, 3, 10, tzinfo=UTC))


def test_only_calendars_for_tasks_may_be_named_and_they_are_not_deleted_below_them(site: Firm) -> None:
    other = worktime.calendar_save(name="公司", layer="company")
    with refuses("calendar", "任务"):
        work.task_save(instance=Task.objects.get(name="准备"), calendar=other)
    with refuses(text="使用"):
        commands.remove(resource("worktime.calendar"), Calendar.objects.get(layer="task"), site.rights("owner"))


def test_the_gantt_changes_calendar_and_assignee(site: Firm) -> None:
    client = site.client("manager")
    told = client.get("/schedule/gantt/P1/data/").json()
    calendar, person, task = Calendar.objects.get(layer="task"), Person.objects.get(), Task.objects.get(name="准备")
    assert told["calendars"] == [[calendar.pk, "停机窗口"]] and told["people"] == [[person.pk, "吴刚"]]
    body: dict[str, Any] = {"changes": [{"task": task.pk, "calendar": calendar.pk, "assignee": person.pk}]}
    assert client.post("/schedule/gantt/P1/commit/", body, content_type="application/json").status_code == 200
    task.refresh_from_db()
    assert (task.calendar, task.assignee, task.start) == (calendar, person, datetime(2026, 11, 8, 12, tzinfo=UTC))
    for name in ("calendar", "assignee"):
        answer = client.post("/schedule/gantt/P1/commit/", {"changes": [{"task": task.pk, name: 10**9}]}, content_type="application/json")
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == name
    client.post("/schedule/gantt/P1/commit/", {"changes": [{"task": task.pk, "calendar": None, "assignee": None}]}, content_type="application/json")
    task.refresh_from_db()
    assert (task.calendar, task.assignee) == (None, None)
    assert site.client("viewer").get("/schedule/gantt/P1/data/").json()["people"] == []


def test_lists_and_the_interface_tell_it(site: Firm) -> None:
    client = site.client("manager")
    assert "停机窗口" in client.get("/w/work.task/").content.decode()
    switch = Task.objects.get(name="切换")
    told = client.get(f"/api/v1/work.task/{switch.pk}").json()
    assert told["calendar"] in ("停机窗口", switch.calendar_id) or told["calendar"].get("id") == switch.calendar_id


def test_levelling_keeps_the_calendars(site: Firm) -> None:
    """Given one person who switches over and has another task, when levelled, then nothing has to move: the nights stay nights."""
    for name in ("切换", "检查"):
        work.task_save(instance=Task.objects.get(name=name), assignee=Person.objects.get())
    found = levelling.level([site.project], within_slack=False, seconds=1)
    assert found["moves"] == [] and found["projects"][0]["before"] == found["projects"][0]["after"]


def test_a_schedule_file_keeps_it(site: Firm) -> None:
    content = queries.project_file(site.project)
    plan = read(content, "P1.xml")
    task = next(task for task in plan.tasks if task.name == "切换")
    assert plan.calendar_names[task.calendar or ""] == "停机窗口"
    assert plan.calendars[task.calendar or ""].shifts_on(date(2026, 11, 7)) == ()
    kept = services.file_keep(project=site.second, name="P1.xml", content=content)
    services.file_import(instance=kept)
    assert dates("切换", project=site.second) == dates("切换", project=site.project)
    assert Calendar.objects.filter(layer="task").count() == 1, "the calendar of that name is there already"


def test_a_calendar_that_is_not_here_is_made_from_the_file(site: Firm) -> None:
    content = queries.project_file(site.project).replace("停机窗口".encode(), "夜间窗口".encode())
    services.file_import(instance=services.file_keep(project=site.second, name="P1.xml", content=content))
    assert dates("切换", project=site.second) == dates("切换", project=site.project)
    made = Calendar.objects.get(name="夜间窗口")
    assert made.week == nights and made.exceptions.filter(on_date=date(2026, 11, 7), shifts=[]).exists()


def test_who_may_not_make_calendars_is_told_so(site: Firm) -> None:
    kept = services.file_keep(project=site.second, name="P1.xml", content=queries.project_file(site.project))
    engineer = site.client("engineer")
    assert "不能新建日历" in engineer.get(f"/schedule/files/P2/{kept.pk}/").content.decode()
    engineer.post(f"/schedule/files/P2/{kept.pk}/import/")
    assert Task.objects.get(name="切换", project=site.second).calendar is None
