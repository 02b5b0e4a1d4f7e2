"""Two at once: what-ifs, schedule files, baselines and days of a calendar. The second waits for the first and sees what it has written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from jingwei.domains.schedule import services
from jingwei.domains.schedule.models import Baseline, PlanImport, Scenario
from jingwei.domains.work.models import Task
from jingwei.domains.worktime import services as worktime
from jingwei.domains.worktime.models import Calendar, CalendarException
from jingwei.frame import scope
from jingwei.kernels.planfile import write_mspdi
from tests.at_once import overlapped
from tests.domains.conftest import Firm
from tests.domains.schedule.test_files import plan

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(firm: Firm, first: Callable[[], Any], second: Callable[[], Any]) -> str:
    """The second begins while the first has written and not ended; the words it was refused with, empty when it was done."""

    def follow() -> None:
        with scope.within(scope.Scope(firm.tenant.pk)), translation.override("en"):
            second()

    with scope.within(scope.Scope(firm.tenant.pk)):
        _one, problem = overlapped(first, follow, waits=True)
    if isinstance(problem, Exception) and not isinstance(problem, ValidationError):
        raise problem
    return "; ".join(problem.messages) if problem is not None else ""


@pytest.fixture
def what_if(firm: Firm, en: None) -> Scenario:
    """A what-if over three tasks that says something of the first."""
    tasks = [firm.task(name, duration_minutes=960) for name in "ABC"]
    made = services.scenario_make(project=firm.project, name="later")
    return services.scenario_change(instance=made, task_id=tasks[0].pk, duration_minutes=1440)


def test_both_changes_of_a_what_if_are_kept(firm: Firm, what_if: Scenario) -> None:
    pks = list(Task.objects.order_by("pk").values_list("pk", flat=True))
    one, two = Scenario.objects.get(pk=what_if.pk), Scenario.objects.get(pk=what_if.pk)  # both have read it before
    words = at_once(
        firm,
        lambda: services.scenario_change(instance=one, task_id=pks[1], duration_minutes=480),
        lambda: services.scenario_change(instance=two, task_id=pks[2], duration_minutes=240),
    )
    assert words == "" and set(Scenario.objects.get(pk=what_if.pk).changes) == {str(pk) for pk in pks}


def test_a_what_if_is_carried_out_once_and_not_changed_behind_that(firm: Firm, what_if: Scenario) -> None:
    read = [Scenario.objects.get(pk=what_if.pk) for _ in range(3)]
    pk = Task.objects.get(name="B").pk
    assert "carried out already" in at_once(firm, lambda: services.scenario_apply(instance=read[0]), lambda: services.scenario_apply(instance=read[1]))
    with pytest.raises(ValidationError, match="carried out already"):
        services.scenario_change(instance=read[2], task_id=pk, duration_minutes=480)
    assert Scenario.objects.get(pk=what_if.pk).changes == what_if.changes


def test_a_what_if_that_is_thrown_away_meanwhile_is_told(firm: Firm, what_if: Scenario) -> None:
    kept = Scenario.objects.get(pk=what_if.pk)
    services.scenario_remove(instance=what_if)
    with pytest.raises(ValidationError, match="thrown away"):
        services.scenario_apply(instance=kept)


def test_a_schedule_file_is_imported_once(firm: Firm, en: None) -> None:
    kept = services.file_keep(project=firm.project, name="plan.xml", content=write_mspdi(plan()))
    read = [PlanImport.objects.get(pk=kept.pk) for _ in range(2)]
    words = at_once(firm, lambda: services.file_import(instance=read[0]), lambda: services.file_import(instance=read[1]))
    assert "imported already" in words
    assert (PlanImport.objects.get(pk=kept.pk).counts or {})["new"] == 4 == Task.objects.count()


def test_two_baselines_are_taken_one_behind_the_other(firm: Firm, en: None) -> None:
    firm.task("A")
    words = at_once(firm, lambda: services.baseline_take(project=firm.project, name="one"), lambda: services.baseline_take(project=firm.project, name="two"))
    assert words == "" and dict(Baseline.objects.values_list("name", "is_current")) == {"one": False, "two": True}
    words = at_once(firm, lambda: services.baseline_take(project=firm.project, name="same"), lambda: services.baseline_take(project=firm.project, name="same"))
    assert words == "There is a baseline of this name already."


def test_days_that_differ_do_not_meet_although_written_at_once(firm: Firm, en: None) -> None:
    calendar = worktime.calendar_save(name="C", layer=Calendar.Layer.COMPANY)
    words = at_once(
        firm,
        lambda: worktime.exception_save(calendar=calendar, on_date=date(2026, 12, 1), until=date(2026, 12, 10)),
        lambda: worktime.exception_save(calendar=calendar, on_date=date(2026, 12, 5), until=date(2026, 12, 15)),
    )
    assert "meet the exception" in words and CalendarException.objects.count() == 1
