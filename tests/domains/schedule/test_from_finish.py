"""A project scheduled from its finish: planned backwards everywhere, refused in words where that cannot be, kept by its schedule file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from jingwei.domains.directory import services as projects
from jingwei.domains.schedule import network, queries, services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame.models import Project
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.work import jobs
from jingwei.kernels.planfile import read
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
begin = datetime(2026, 11, 2, 1, tzinfo=UTC)


@pytest.fixture
def late(firm: Firm) -> Firm:
    """Design, build and test in a row, training beside them; all to be done by Friday 27 November 2026."""
    firm.project.data_date = begin
    firm.project.save()
    firm.second.data_date = begin
    firm.second.save()
    tasks = [firm.task(name, duration_minutes=960) for name in ("设计", "开发", "测试", "培训")]
    for before, after in zip(tasks[:2], tasks[1:3], strict=True):
        work.dependency_save(predecessor=before, successor=after)
    firm.project = turned(firm, scheduled_from="finish", finish_on=date(2026, 11, 27))
    services.project_recalculate(project_id=firm.project.pk)
    return firm


def turned(firm: Firm, **values: Any) -> Project:
    return commands.change(resource("frame.project"), firm.project, values, firm.rights("manager"))  # type: ignore[no-any-return]


def days() -> dict[str, tuple[str, str]]:
    zone = ZoneInfo("Asia/Shanghai")
    return {
        t.name: (t.start.astimezone(zone).strftime("%m-%d %H"), t.finish.astimezone(zone).strftime("%m-%d %H"))
        for t in Task.objects.all()
        if t.start and t.finish
    }


def test_everything_is_as_late_as_it_can_be(late: Firm) -> None:
    assert days() == {"设计": ("11-20 09", "11-23 18"), "开发": ("11-24 09", "11-25 18"), "测试": ("11-26 09", "11-27 18"), "培训": ("11-26 09", "11-27 18")}
    assert {t.constraint for t in Task.objects.all()} == {"ALAP"}
    assert {t.name for t in Task.objects.filter(is_critical=True)} == {"设计", "开发", "测试"}


def test_turned_back_it_begins_at_its_start_again_and_what_has_begun_stays(late: Firm) -> None:
    work.task_save(instance=Task.objects.get(name="培训"), percent=10, actual_start=begin)
    late.project = turned(late, scheduled_from="start")
    services.project_recalculate(project_id=late.project.pk)
    assert days()["设计"][0] == "11-02 09"
    assert dict(Task.objects.values_list("name", "constraint"))["培训"] == "ALAP"
    assert Task.objects.filter(constraint="ASAP").count() == 3


def test_a_change_of_the_planning_demands_a_recalculation(late: Firm) -> None:
    jobs.claim("schedule.recalculate", late.project.pk)
    turned(late, name="改名")
    assert not jobs.claim("schedule.recalculate", late.project.pk)
    connection.run_on_commit.clear()  # one row a transaction is enough, and a test is one
    turned(late, finish_on=date(2026, 12, 4))
    assert jobs.claim("schedule.recalculate", late.project.pk)


def test_what_cannot_be_is_refused_at_its_field(firm: Firm) -> None:
    with refuses("finish_on", "完成"):
        projects.project_save(instance=firm.project, scheduled_from="finish")
    with refuses("has_critical_ends", "终点"):
        projects.project_save(instance=firm.project, scheduled_from="finish", finish_on=date(2026, 12, 1), has_critical_ends=True)


def test_new_tasks_are_late_and_dates_bind_from_behind(late: Firm) -> None:
    assert late.task("新").constraint == "ALAP"
    assert late.task("期限", constraint_at=datetime(2026, 11, 18, 10, tzinfo=UTC)).constraint == "FNLT"
    made = commands.create(resource("work.task"), {"project": late.project.pk, "name": "早"}, late.rights("manager"))
    assert made.constraint == "ALAP", "what a form fills in by itself is not what somebody chose"
    assert work.task_save(instance=made, constraint="ASAP").constraint == "ASAP"
    services.project_recalculate(project_id=late.project.pk)
    assert (days()["新"][1], days()["期限"][1], days()["早"][0]) == ("11-27 18", "11-18 18", "11-18 09")


def test_a_bar_moved_in_the_gantt_starts_no_later_than_there(late: Firm) -> None:
    task = Task.objects.get(name="培训")
    body = {"changes": [{"task": task.pk, "start": "2026-11-19T09:00"}]}
    assert late.client("manager").post("/schedule/gantt/P1/commit/", body, content_type="application/json").status_code == 200
    assert (Task.objects.get(pk=task.pk).constraint, days()["培训"][0]) == ("SNLT", "11-19 09")
    told = late.client("manager").get("/schedule/gantt/P1/data/").json()
    assert told["project"]["from_finish"] is True
    page = late.client("manager").get("/schedule/gantt/P1/").content.decode()
    assert 'data-way="finish"' in page and "2026-11-27" in page and "constraint=ALAP" in page


def test_a_what_if_moves_the_start_not_the_finish(late: Firm) -> None:
    made = services.scenario_make(project=late.project, name="设计更长")
    services.scenario_change(instance=made, task_id=Task.objects.get(name="设计").pk, duration_minutes=1920)
    found = queries.compared(late.project, made)
    assert found.now.finish == found.then.finish
    assert (found.now.dates.start - found.then.dates.start).days == 2
    page = late.client("manager").get(f"/schedule/what-if/P1/{made.pk}/").content.decode()
    assert 'data-difference="start"' in page


def test_levelling_says_why_it_does_nothing(late: Firm) -> None:
    with refuses(text="从完成日期排程"):
        services.levelling_begin(projects=[late.project], within_slack=False, seconds=1, user=late.users["manager"], url="/")
    page = late.client("manager").get("/schedule/levelling/P1/").content.decode()
    assert "从完成日期排程" in page and "levelling-begin" not in page and "/begin/" not in page
    answer = late.client("manager").get("/api/v1/reports/schedule.levelling/P1")
    assert answer.status_code == 422 and "从完成日期排程" in answer.json()["errors"][0]["message"]


def test_it_is_simulated_as_it_is_carried_out(late: Firm) -> None:
    """Given training that ends with the project, when durations vary, then it too decides the finish; from the start it never would."""
    from jingwei.kernels.uncertainty import DefaultSpread

    taken = queries.uncertain_plan(late.project, DefaultSpread(80, 120))
    pk = Task.objects.get(name="培训").pk
    assert taken.model.run(runs=400, seed=1, groups={"plan": 0.0}).criticality[pk] > 0.1
    assert taken.dates.finish == Task.objects.get(name="测试").finish


def test_the_quality_check_measures_to_the_required_finish(late: Firm) -> None:
    checks = {check.key: check for check in queries.quality_of(late.project).checks}
    assert checks["cpli"].value == pytest.approx(1.0)
    assert checks["critical_path_test"].is_passed and checks["hard_constraints"].is_passed


def test_its_schedule_file_keeps_it(late: Firm) -> None:
    work.task_save(instance=Task.objects.get(name="培训"), constraint="ASAP")
    services.project_recalculate(project_id=late.project.pk)
    content = queries.project_file(late.project)
    plan = read(content, "P1.xml")
    assert (plan.from_start, plan.finish) == (False, datetime(2026, 11, 27, 18))
    kept = services.file_keep(project=late.second, name="P1.xml", content=content)
    page = late.client("manager").get(f"/schedule/files/P2/{kept.pk}/").content.decode()
    assert 'id="turns"' in page and "2026-11-27" in page
    services.file_import(instance=kept)
    copy = Project.objects.get(pk=late.second.pk)
    assert (copy.scheduled_from, copy.finish_on) == ("finish", date(2026, 11, 27))
    rows = {t.name: (t.constraint, t.start, t.finish) for t in Task.objects.filter(project=copy)}
    mine = {t.name: (t.constraint, t.start, t.finish) for t in Task.objects.filter(project=late.project)}
    assert rows["测试"] == mine["测试"] and rows["设计"][0] == "ALAP" and rows["培训"][0] == "ASAP"


def test_without_the_right_to_the_project_its_file_changes_tasks_only(late: Firm) -> None:
    kept = services.file_keep(project=late.second, name="P1.xml", content=queries.project_file(late.project))
    assert late.client("engineer").post(f"/schedule/files/P2/{kept.pk}/import/").status_code == 302
    assert Project.objects.get(pk=late.second.pk).scheduled_from == "start"
    assert Task.objects.filter(project=late.second).count() == 4


def test_a_file_from_its_start_brings_tasks_that_are_late_here(late: Firm) -> None:
    firm_file = queries.project_file(late.project).replace(b"<ScheduleFromStart>0", b"<ScheduleFromStart>1").replace(b"<ConstraintType>1", b"<ConstraintType>0")
    services.file_import(instance=services.file_keep(project=late.project, name="s.xml", content=firm_file))
    assert {t.constraint for t in Task.objects.all()} == {"ALAP"}
    assert Project.objects.get(pk=late.project.pk).is_from_finish


def test_the_finish_is_the_last_working_minute_up_to_the_day(late: Firm) -> None:
    late.project.finish_on = date(2026, 11, 29)  # a Sunday
    assert network.load(late.project).required_finish == datetime(2026, 11, 27, 10, tzinfo=UTC)


def test_every_end_has_its_own_critical_path_when_asked(firm: Firm) -> None:
    firm.project.data_date = begin
    firm.project.save()
    firm.task("长", duration_minutes=2400)
    firm.task("短", duration_minutes=480)
    services.project_recalculate(project_id=firm.project.pk)
    assert list(Task.objects.filter(is_critical=True).values_list("name", flat=True)) == ["长"]
    firm.project = turned(firm, has_critical_ends=True)
    services.project_recalculate(project_id=firm.project.pk)
    assert Task.objects.filter(is_critical=True).count() == 2 and set(Task.objects.values_list("total_float_minutes", flat=True)) == {0}
    client = firm.client("manager")
    assert all('data-way="ends"' in client.get(f"/schedule/{where}/P1/").content.decode() for where in ("gantt", "network"))
    assert client.get("/schedule/network/P1/").content.decode().count("network-box is-critical") == 2
    content = queries.project_file(firm.project)
    services.file_import(instance=services.file_keep(project=firm.second, name="P1.xml", content=content))
    assert Project.objects.get(pk=firm.second.pk).has_critical_ends
