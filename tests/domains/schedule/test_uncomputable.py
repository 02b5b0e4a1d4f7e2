"""A plan that cannot be calculated says so by the task it fails at, wherever one looks, and goes on with the edit that mends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from jingwei.domains.schedule import levelling, network, queries, services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame.models import Project
from jingwei.hub.queries import Outage
from jingwei.kernels.calendar.stated import CalendarLayer, WorkCalendar
from jingwei.kernels.uncertainty.planning import DefaultSpread
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db
end = datetime(2200, 12, 30, 1, tzinfo=UTC)


@pytest.fixture
def far(firm: Firm) -> Task:
    """Ten days of work that begin two days before the last that can be kept, and one task before them."""
    firm.task("启动", duration_minutes=480)
    return firm.task("联调", duration_minutes=4800, constraint="SNET", constraint_at=end)


def problem_of(firm: Firm) -> str:
    record = services.project_recalculate(project_id=firm.project.pk)
    return str(record.effects.get("problem", "")) if record is not None else ""


def test_a_task_that_leaves_the_years_is_a_problem_of_the_plan_and_is_named(firm: Firm, far: Task, en: None) -> None:
    said = problem_of(firm)
    assert "联调" in said and far.code in said and "2200" in said and "启动" not in said


def test_a_project_that_begins_on_the_last_day_is_a_problem_of_its_plan(firm: Firm, en: None) -> None:
    task = firm.task("联调", duration_minutes=4800)
    firm.project.start_on = date(2200, 12, 31)
    firm.project.data_date = None
    firm.project.save()
    assert task.code in problem_of(firm)


def test_the_first_of_those_that_leave_the_years_is_named(firm: Firm, far: Task, en: None) -> None:
    after = firm.task("验收", duration_minutes=480)
    work.dependency_save(predecessor=far, successor=after)
    assert far.code in (said := problem_of(firm)) and after.code not in said


def test_a_plan_from_its_finish_is_held_to_the_same_years(firm: Firm, en: None) -> None:
    firm.project.scheduled_from, firm.project.finish_on, firm.project.data_date = "finish", date(2200, 12, 31), end
    firm.project.save()
    task = firm.task("联调", duration_minutes=48000)
    assert task.code in problem_of(firm)


def test_work_that_fits_nowhere_names_its_task(firm: Firm, en: None) -> None:
    """A hundred years of clock minutes, eight hours a day: it is the second that is too long, not what waits for it."""
    first, long, last = firm.task("启动", duration_minutes=480), firm.task("联调", duration_minutes=100 * 365 * 1440), firm.task("验收", duration_minutes=480)
    work.dependency_save(predecessor=first, successor=long)
    work.dependency_save(predecessor=long, successor=last)
    said = problem_of(firm)
    assert long.code in said and first.code not in said and last.code not in said
    assert "1970" in said and "does not fit" not in said


def test_every_reader_of_the_plan_is_told_the_same(firm: Firm, far: Task, en: None) -> None:
    readers: list[Callable[[Project], Any]] = [
        queries.reasons_of,
        queries.quality_of,
        lambda project: queries.uncertain_plan(project, DefaultSpread()),
        lambda project: queries.compare(project, {}),
        lambda project: levelling.level([project], within_slack=False, seconds=0.1),
    ]
    for asked in readers:
        with pytest.raises(ValidationError, match=far.code):
            asked(firm.project)


def test_a_mended_plan_is_calculated_again(firm: Firm, far: Task) -> None:
    assert problem_of(firm)
    work.task_save(instance=far, constraint_at=end - timedelta(days=365))
    assert not problem_of(firm)
    far.refresh_from_db()
    assert far.finish is not None and far.finish > end - timedelta(days=365)


def test_an_interface_that_is_down_where_nobody_works_ends_no_calculation(firm: Firm) -> None:
    idle, now = WorkCalendar((CalendarLayer("idle", ((),) * 7, (), "none"),)), datetime(2026, 11, 2, tzinfo=UTC)
    assert network._restored(idle, now, Outage(1, "x", "x", now, "", 480)) > now


def test_every_page_of_the_plan_says_at_which_task_it_is_to_be_mended(firm: Firm, far: Task) -> None:
    """Given a plan that fails, then its pages say so with a way to the task, in the reader's language; once it is mended, none does."""
    with translation.override("en"):
        assert problem_of(firm)
    client = firm.client("manager")
    for address in ("/schedule/gantt/P1/", "/schedule/quality/P1/", "/schedule/reasons/P1/", "/projects/P1/"):
        page = client.get(address).content.decode()
        assert f'href="/w/work.task/{far.pk}/"' in page and "plan-trouble" in page and f"“{far.code} 联调”的日期" in page, address
    work.task_save(instance=far, constraint_at=end - timedelta(days=365))
    problem_of(firm)
    work.task_save(instance=far, constraint_at=end)
    problem_of(firm)
    work.task_save(instance=far, constraint_at=end - timedelta(days=365))
    assert not problem_of(firm), "no date moves by this, and yet it is over"
    for address in ("/schedule/gantt/P1/", "/projects/P1/"):
        assert "plan-trouble" not in client.get(address).content.decode(), address
