"""Earned value of a project: budgets, methods, frozen periods that stay as they were, and a page that leads to the cause."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from jingwei.domains.cost import queries, services
from jingwei.domains.cost.models import Line, Package, Snapshot
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
january = datetime(2026, 12, 15, 10, tzinfo=UTC)  # six weeks after the start of 2 November


def cost(firm: Firm, number: str, kind: str, amount: str, period: str, task: Task | None = None) -> Line:
    line = services.line_save(
        project=firm.project, number=number, account="labour", kind=kind, description=number, amount=Decimal(amount), period=period, task=task
    )
    return firm.taken(line, "post") if kind == "actual" else line


@pytest.fixture
def running(firm: Firm) -> Any:
    """Development from 2 to 20 November, tests behind it; the development is done a week late, the tests have not begun."""
    with time_machine.travel(january, tick=False):
        development = firm.task("开发", duration_minutes=15 * 480)
        testing = firm.task("测试", duration_minutes=20 * 480)
        work.dependency_save(predecessor=development, successor=testing)
        firm.project.data_date = datetime(2026, 11, 2, 1, tzinfo=UTC)
        firm.project.save()
        schedule.project_recalculate(project_id=firm.project.pk)
        schedule.baseline_take(project=firm.project, name="B1")
        firm.project.data_date = None
        firm.project.save()
        cost(firm, "P-1", "planned", "30000.00", "2026-11", development)
        cost(firm, "P-2", "planned", "20000.00", "2026-12", testing)
        cost(firm, "P-3", "planned", "10000.01", "2026-12")
        cost(firm, "A-1", "actual", "40000.00", "2026-11", development)
        work.task_save(
            instance=Task.objects.get(pk=development.pk),
            percent=100,
            actual_start=datetime(2026, 11, 2, 1, tzinfo=UTC),
            actual_finish=datetime(2026, 11, 27, 10, tzinfo=UTC),
        )
        schedule.project_recalculate(project_id=firm.project.pk)
        yield firm


def test_the_budget_is_what_was_planned_to_the_cent(running: Firm) -> None:
    found = queries.earned_value_of(running.project)
    assert found.bac == Decimal("60000.01")
    now = found.now
    assert now is not None
    # the development carries its own 30,000 and 15 of 35 parts of what is planned for all
    development = Decimal("30000.00") + Decimal("4285.72")
    assert now.ev == development and now.ac == 40000 and now.pv > now.ev
    assert now.cpi == development / 40000 and now.cpi < Decimal("0.86")
    assert now.eac_cpi == found.bac / now.cpi
    assert [p.name for p in found.periods] == ["2026-11", "2026-12"]
    assert found.periods[0].ev == development, "it was done by the end of November"


def test_packages_earn_by_their_method_and_lead_to_the_task(running: Firm) -> None:
    testing = Task.objects.get(name="测试")
    package = running.made(
        "cost.package",
        project=running.project,
        code="WP-2",
        name="测试包",
        task=testing,
        method="units",
        units_planned=Decimal(10),
        units_done=Decimal(4),
        budget=Decimal(5000),
    )
    found = queries.earned_value_of(running.project)
    value = next(each for each in found.packages if each.code == "WP-2")
    assert (value.bac, value.ev) == (Decimal("5000.00"), Decimal("2000.00"))
    assert [task.name for task in value.tasks] == ["测试"]
    assert found.bac == Decimal(5000) + Decimal("34285.72"), "the package's own budget stands for its lines"
    with refuses("units_done"):
        running.changed(package, units_done=Decimal(11))
    with refuses("units_planned"):
        running.changed(package, units_planned=None)


def test_weighted_milestones(running: Firm) -> None:
    testing = Task.objects.get(name="测试")
    reached, open_one = (running.task(name, is_milestone=True) for name in ("用例评审", "用户验收"))
    running.made(
        "cost.package",
        project=running.project, code="WP-3", name="测试包", task=testing, method="weighted_milestones", budget=Decimal(1000),
        milestones=[{"milestone": reached, "weight": Decimal(1)}, {"milestone": open_one, "weight": Decimal(3)}],
    )  # fmt: skip
    assert next(p for p in queries.earned_value_of(running.project).packages if p.code == "WP-3").ev == 0
    work.task_complete(instance=Task.objects.get(pk=reached.pk))
    assert next(p for p in queries.earned_value_of(running.project).packages if p.code == "WP-3").ev == 250


def test_a_frozen_period_stays_whatever_is_edited_later(running: Firm) -> None:
    before = queries.earned_value_of(running.project).periods[0]
    services.period_freeze(project=running.project, period="2026-11")
    development = Task.objects.get(name="开发")
    work.task_save(instance=development, actual_finish=datetime(2026, 12, 10, 10, tzinfo=UTC))
    running.taken(Line.objects.get(number="A-1"), "reverse")
    cost(running, "A-2", "actual", "77000.00", "2026-11", development)
    cost(running, "P-9", "planned", "900000.00", "2026-11")
    found = queries.earned_value_of(running.project)
    assert found.periods[0] == before and found.frozen == {"2026-11"}
    with refuses("period"):
        services.period_freeze(project=running.project, period="2026-11")
    with refuses("period"):
        services.period_freeze(project=running.project, period="2026-12")
    with pytest.raises(ValueError, match="frozen"):
        Snapshot.objects.get().save()


def test_sums_of_the_greatest_budgets_are_frozen_to_the_cent(running: Firm) -> None:
    """Given packages with the greatest budgets there are, when a period is frozen, then their sum is kept, which no single amount could hold."""
    most = Decimal("9999999999999999.99")
    for number in range(3):
        running.made("cost.package", project=running.project, code=f"WX-{number}", name="x", task=running.task(f"大{number}"), budget=most)
    schedule.project_recalculate(project_id=running.project.pk)
    schedule.baseline_take(project=running.project, name="again")
    before = queries.earned_value_of(running.project)
    services.period_freeze(project=running.project, period="2026-11")
    kept = Snapshot.objects.get()
    assert kept.bac == before.bac > 3 * most - 1 and (kept.pv, kept.ev, kept.ac) == (before.periods[0].pv, before.periods[0].ev, before.periods[0].ac)


def test_the_page_shows_and_freezes_for_those_who_may(running: Firm, django_assert_max_num_queries: Any) -> None:
    assert running.client("stranger").get("/cost/earned-value/P1/").status_code == 404
    assert running.client("crew").get("/cost/earned-value/P1/").status_code == 403
    finance = running.client("finance")
    page = finance.get("/cost/earned-value/P1/").content.decode()
    assert 'data-index="cpi"' in page and "开发" in page and "2026-11" in page
    with django_assert_max_num_queries(45):
        finance.get("/cost/earned-value/P1/")
    assert running.client("viewer").post("/cost/earned-value/P1/freeze/", {"period": "2026-11"}).status_code == 403
    assert finance.post("/cost/earned-value/P1/freeze/", {"period": "2026-11"}).status_code == 302
    assert Snapshot.objects.get().taken_by == running.users["finance"]


def test_a_period_is_frozen_as_it_was_seen(running: Firm) -> None:
    """Given the page on somebody's screen, when a line of the period is written meanwhile, then freezing it is refused in words; looked at again it is frozen."""
    finance = running.client("finance")

    def seen() -> str:
        return re.findall(r'name="seen" value="([^"]+)"', finance.get("/cost/earned-value/P1/").text)[0]

    old = seen()
    assert old == seen()
    cost(running, "P-9", "planned", "900000.00", "2026-11")
    page = finance.post("/cost/earned-value/P1/freeze/", {"period": "2026-11", "seen": old}, follow=True).text
    assert "这些数字在您查看之后已变化" in page
    assert not Snapshot.objects.exists()
    finance.post("/cost/earned-value/P1/freeze/", {"period": "2026-11", "seen": seen()})
    assert Snapshot.objects.get().bac > 900000


def test_without_a_plan_the_page_says_what_to_do(firm: Firm) -> None:
    page = firm.client("finance").get("/cost/earned-value/P1/").content.decode()
    assert "/w/cost.line/new/" in page and Package.objects.count() == 0
