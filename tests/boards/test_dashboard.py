"""The project dashboard: the curve adds up, what changed is told with its reason, and strangers see nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from jingwei.boards import queries
from jingwei.boards.curves import progress_curve
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(firm: Firm) -> list[Task]:
    """Four days' work in a row and a milestone behind it."""
    firm.project.data_date = datetime(2026, 11, 4, 1, tzinfo=UTC)
    firm.project.save()
    tasks = [firm.task(f"任务 {n}", duration_minutes=960) for n in range(2)] + [firm.task("里程碑", is_milestone=True)]
    for before, after in zip(tasks, tasks[1:], strict=False):
        work.dependency_save(predecessor=before, successor=after)
    schedule.project_recalculate(project_id=firm.project.pk)
    schedule.baseline_take(project=firm.project, name="B")
    return [Task.objects.get(pk=task.pk) for task in tasks]


def test_the_stranger_sees_no_dashboard(firm: Firm, plan: list[Task]) -> None:
    assert firm.client("stranger").get("/projects/P1/").status_code == 404
    assert firm.client("crew").get("/projects/P2/").status_code == 404
    assert firm.client("viewer").get("/projects/P1/").status_code == 200


def test_the_curve_begins_at_nothing_ends_at_everything_and_done_follows_reports(firm: Firm, plan: list[Task]) -> None:
    curve = progress_curve(firm.project)
    assert curve["total"] == 32 and curve["step"] == "day" and curve["has_baseline"]
    assert curve["planned"][-1] == curve["forecast"][-1] == 32
    assert curve["done"][-1] == 0 and curve["planned"] == sorted(curve["planned"])
    work.task_save(instance=plan[0], percent=50)
    schedule.project_recalculate(project_id=firm.project.pk)
    curve = progress_curve(firm.project)
    assert curve["done"][-1] == 8 and curve["forecast"][curve["now"]] >= 8 and curve["forecast"][-1] == 32
    assert len(curve["done"]) == curve["now"] + 1 and len(curve["planned"]) == len(curve["labels"]) == len(curve["forecast"])


def test_long_plans_are_drawn_by_week_and_empty_ones_not_at_all(firm: Firm) -> None:
    assert progress_curve(firm.project)["labels"] == []
    firm.task("长", duration_minutes=480 * 80)
    schedule.project_recalculate(project_id=firm.project.pk)
    curve = progress_curve(firm.project)
    assert curve["step"] == "week" and not curve["has_baseline"]
    assert all(date.fromisoformat(label).weekday() == 6 for label in curve["labels"])


def test_what_changed_since_yesterday_is_filled_with_who_and_why(firm: Firm, plan: list[Task], en: None) -> None:
    work.task_save(instance=plan[2], deadline=plan[2].finish + timedelta(hours=2))
    with firm.acting("manager"), scope.because(reason="vendor is late"):
        commands.change(resource("work.task"), Task.objects.get(pk=plan[0].pk), {"duration_minutes": 1920}, firm.rights("manager"))
        schedule.project_recalculate(project_id=firm.project.pk)
    lines = queries.happenings(firm.project, timezone.now() - timedelta(days=1), system_access(firm.tenant.pk))
    edited = [line for line in lines if "duration" in line.text]
    assert edited and "manager" in edited[0].cause and "vendor is late" in edited[0].cause
    endangered = [line for line in lines if "became endangered" in line.text]
    assert len(endangered) == 1 and "里程碑" in endangered[0].text and endangered[0].cause == "vendor is late"
    assert queries.happenings(firm.project, timezone.now() + timedelta(days=1), system_access(firm.tenant.pk)) == []
    page = firm.client("manager").get("/projects/P1/").content.decode()
    assert 'id="happenings"' in page and "vendor is late" in page and 'data-chart="progress"' in page


def test_many_recalculations_by_one_cause_are_one_line(firm: Firm, plan: list[Task], en: None) -> None:
    for minutes in (480, 1440, 2400):
        with scope.because(reason="tracker v1"):
            work.task_save(instance=Task.objects.get(pk=plan[0].pk), duration_minutes=minutes)
            schedule.project_recalculate(project_id=firm.project.pk)
    moved = [
        line
        for line in queries.happenings(firm.project, timezone.now() - timedelta(days=1), system_access(firm.tenant.pk))
        if line.cause == "tracker v1" and "moved" in line.text
    ]
    assert len(moved) == 1 and moved[0].count == 3


def test_the_dashboard_keeps_its_query_budget(firm: Firm, plan: list[Task], django_assert_max_num_queries: Any) -> None:
    client = firm.client("manager")
    client.get("/projects/P1/")
    with django_assert_max_num_queries(45):
        assert client.get("/projects/P1/").status_code == 200
