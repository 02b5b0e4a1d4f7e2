"""Praise is true: a sentence that says all is well stands on the home, the portfolio or a dashboard only when an oracle of its own agrees, over every combination of
what a plan, its costs, its baseline and its interface may be like."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from jingwei.boards import widgets
from jingwei.boards.queries import standings_of
from jingwei.domains.cost.models import Line
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.schedule import services
from jingwei.domains.schedule.models import BaselineTask
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame.models import Alarm, Notification, Project
from jingwei.frame.widgets import Answer, Desk
from jingwei.hub.models import Interface, System
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db
plans, costs, baselines, hubs = (
    ("empty", "good", "endangered", "stuck"),
    ("none", "within", "over", "unplanned", "foreign"),
    ("none", "kept", "behind"),
    ("none", "ok", "degraded", "down"),
)
minutes_too_long = 52_000_000


def stuck(firm: Firm) -> Task:
    """A task for which no calendar is long enough."""
    return firm.task("far", duration_minutes=minutes_too_long)


def with_plan(firm: Firm, plan: str, baseline: str) -> None:
    if plan == "empty":
        return
    firm.task("work", duration_minutes=480)
    milestone = firm.task("done", is_milestone=True)
    services.project_recalculate(project_id=firm.project.pk)
    if baseline != "none":
        services.baseline_take(project=firm.project, name="B")
        if baseline == "behind":
            for each in BaselineTask.objects.exclude(finish=None):
                BaselineTask.objects.filter(pk=each.pk).update(finish=each.finish - timedelta(days=9))  # type: ignore[operator]
    if plan == "endangered":
        Task.objects.filter(pk=milestone.pk).update(deadline=timezone.now() - timedelta(days=900))
    if plan == "stuck":
        stuck(firm)
    services.project_recalculate(project_id=firm.project.pk)


def with_costs(firm: Firm, cost: str) -> None:
    lines = {
        "none": [], "within": [("planned", 10, "CNY"), ("actual", 10, "CNY")], "over": [("planned", 10, "CNY"), ("actual", 11, "CNY")],
        "unplanned": [("actual", 1_000_000, "CNY")], "foreign": [("planned", 10, "CNY"), ("actual", 1_000_000, "USD")],
    }  # fmt: skip
    Line.objects.all().delete()
    for number, (kind, amount, currency) in enumerate(lines[cost]):
        Line(
            project=firm.project, number=f"L{number}", kind=kind, account="other", description="d", amount=Decimal(amount), period="2026-11", currency=currency
        ).save()


def with_interface(firm: Firm, state: str) -> None:
    if not System.objects.exists():
        a, b = (System.objects.create(key=key, name=key, connector="local") for key in ("mes", "ours"))
        Interface(key="i", name="i", project=firm.project, system_a=a, stream_a="x", system_b=b, stream_b="work.task").save()
    stage = "draft" if state == "none" else "live"
    Interface.objects.update(stage=stage, state="unknown" if state == "none" else state, judged_at=timezone.now(), state_since=timezone.now())


def said(answer: Answer) -> str:
    """What a card says when it lists nothing."""
    return "" if answer.rows else answer.empty


@pytest.mark.parametrize(("plan", "baseline"), list(itertools.product(plans, baselines)))
def test_a_sentence_of_praise_stands_only_where_the_oracle_agrees(firm: Firm, en: None, plan: str, baseline: str) -> None:
    Project.objects.filter(pk=firm.second.pk).update(status="closed")
    with_plan(firm, plan, baseline)
    for cost, hub in itertools.product(costs, hubs):
        with_costs(firm, cost)
        with_interface(firm, hub)
        check(firm, plan, cost, baseline, hub)


def check(firm: Firm, plan: str, cost: str, baseline: str, hub: str) -> None:
    desk, has_baseline, case = Desk(firm.rights("owner")), plan != "empty" and baseline != "none", (plan, cost, baseline, hub)
    (standing,) = standings_of(firm.rights("owner"))
    plan_is_well, money_is_well, hub_is_well = plan in ("empty", "good"), cost in ("none", "within"), hub in ("none", "ok")
    is_behind = has_baseline and baseline == "behind"
    is_well = plan_is_well and money_is_well and hub_is_well and not is_behind
    assert (standing.reason == "On track") == (standing.light == "ok") == is_well, (case, standing.reason)
    assert ("No milestone is endangered" in said(widgets.danger(desk))) == (plan_is_well and hub_is_well), case
    assert ("No project has spent more than planned" in said(widgets.overspent(desk))) == money_is_well, case
    assert ("Every project keeps its baseline" in said(widgets.slipping(desk))) == (has_baseline and not is_behind and plan != "stuck"), case
    assert ("Nobody is overloaded" in said(widgets.overloaded(desk))) == (plan != "stuck"), case


def test_a_plan_that_cannot_be_calculated_is_told_everywhere_and_its_end_too(firm: Firm) -> None:
    for user in firm.users.values():
        user.language = "en"
        user.save()
    client, task = firm.client("manager"), stuck(firm)
    services.project_recalculate(project_id=firm.project.pk)
    services.project_recalculate(project_id=firm.project.pk)
    assert schedule.problem_of(firm.project.pk) is not None
    for address in ("/", "/portfolio/", "/projects/P1/", "/alarms/"):
        page = client.get(address).text
        assert "leave the years" in page and "No milestone is endangered" not in page, address
    assert Alarm.objects.filter(watch="plan.stuck", ended_at=None).count() == 1
    assert Notification.objects.filter(user=firm.users["manager"]).count() == 1
    assert "leave the years" not in firm.client("stranger").get("/alarms/").text
    work.task_save(instance=Task.objects.get(pk=task.pk), duration_minutes=480)
    services.project_recalculate(project_id=firm.project.pk)
    assert not Alarm.objects.filter(ended_at=None).exists() and "leave the years" not in client.get("/").text


def test_the_trouble_of_a_plan_goes_with_its_last_task(firm: Firm) -> None:
    task = stuck(firm)
    services.project_recalculate(project_id=firm.project.pk)
    work.task_remove(instance=Task.objects.get(pk=task.pk))
    services.project_recalculate(project_id=firm.project.pk)
    assert schedule.problem_of(firm.project.pk) is None and not Alarm.objects.filter(ended_at=None).exists()


def test_another_trouble_is_told_anew(firm: Firm, en: None) -> None:
    first = stuck(firm)
    services.project_recalculate(project_id=firm.project.pk)
    second = stuck(firm)
    work.task_save(instance=Task.objects.get(pk=first.pk), duration_minutes=480)
    services.project_recalculate(project_id=firm.project.pk)
    assert second.code in Alarm.objects.get(ended_at=None).title_en
