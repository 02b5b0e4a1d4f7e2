"""The main promise shows in the demo however long it runs: an outage of the MES endangers a milestone, and its end saves it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from jingwei.assembly.demo import changes, keeping, people, plan, systems
from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.schedule import services as schedule
from jingwei.domains.schedule.models import Recalculation
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant, User
from jingwei.hub.models import Interface, System

pytestmark = pytest.mark.django_db
begins = datetime(2026, 11, 30, 2, tzinfo=UTC)  # a Monday morning


@pytest.fixture
def project() -> Iterator[Project]:
    """The plan of the demo that waits for the MES."""
    with time_machine.travel(begins, tick=False), scope.within(scope.Scope(Tenant.objects.create(code="demo", name="演示").pk, origin="demo")):
        made = Project(code="MES-ROLL", name="MES 全厂推广", start_on=begins.date() - timedelta(days=170))
        made.save()
        ends = [System.objects.create(key=key, name=key, connector="local") for key in ("mes", "jingwei")]
        joined = Interface(
            key="mes-work-orders", name="试运行工单 → 任务", project=made, system_a=ends[0], stream_a="work_orders", system_b=ends[1], stream_b="work.task",
            stage="live", state="ok", restore_minutes=960,
        )  # fmt: skip
        joined.save()
        plan.load({"MES-ROLL": made}, people.load(), {"mes-work-orders": joined}, begins.date())
        plan.calculate({"MES-ROLL": made})
        yield made


def traffic(project: Project, dice: random.Random, edits: int) -> None:
    """What the tracker's people do to those of our tasks that its interface lets through."""
    rules = systems._issues(project.code)[0]["filters"]["b"]
    known = [task for task in Task.objects.filter(project=project) if all(str(getattr(task, name)) in wanted for name, wanted in rules.items())]
    assert known
    for _ in range(edits):
        open_ = [task for task in known if task.percent < 100]
        if open_:
            task = dice.choice(open_)
            work.task_save(instance=task, percent=min(100, task.percent + dice.choice((5, 10, 20))))


def endangered_by_outage(project: Project) -> list[str]:
    """Milestones that get into danger when the MES fails now; it works again afterwards."""
    schedule.project_recalculate(project_id=project.pk)
    Interface.objects.filter(key="mes-work-orders").update(state="down", state_since=datetime.now(UTC))
    schedule.project_recalculate(project_id=project.pk)
    told = [each["name"] for each in Recalculation.objects.latest("pk").effects["endangered"]]
    Interface.objects.filter(key="mes-work-orders").update(state="ok")
    schedule.project_recalculate(project_id=project.pk)
    return told


@pytest.mark.parametrize("seed", range(2))
def test_an_outage_endangers_a_milestone_at_every_hour_of_a_week(project: Project, seed: int) -> None:
    dice = random.Random(seed)
    at = begins
    while at < begins + timedelta(days=8):
        with time_machine.travel(at, tick=False):
            traffic(project, dice, 30)
            schedule.project_recalculate(project_id=project.pk)
            keeping.deadlines_follow()
            assert plan.tested in endangered_by_outage(project), at
        at += timedelta(hours=dice.choice((1, 5, 13)))


def test_what_a_person_has_written_to_stays(project: Project) -> None:
    milestone = Task.objects.get(name=plan.tested)
    with scope.within(scope.Scope(project.tenant_id, User.objects.create_user("u", password=None).pk)):
        work.task_save(instance=milestone, deadline=milestone.finish + timedelta(days=30))
    assert keeping.deadlines_follow() == 0
    assert Task.objects.get(pk=milestone.pk).deadline == milestone.finish + timedelta(days=30)


def test_while_an_interface_is_down_no_deadline_gives_way(project: Project) -> None:
    Interface.objects.update(state="down", state_since=begins)
    schedule.project_recalculate(project_id=project.pk)
    before = Task.objects.get(name=plan.tested).deadline
    assert keeping.deadlines_follow() == 0 and Task.objects.get(name=plan.tested).deadline == before


def test_only_the_demo_is_kept_going(project: Project) -> None:
    Tenant.objects.update(code="real")
    Task.objects.filter(name=plan.tested).update(deadline=begins + timedelta(days=300))
    assert keeping.deadlines_follow() == 0


def test_a_change_request_waits_for_votes_whatever_is_critical(project: Project) -> None:
    Task.objects.update(is_critical=False)
    changes.load({"MES-ROLL": project})
    waiting = ChangeRequest.objects.get(status="submitted")
    assert waiting.effect["touched"] and waiting.effect["touched"][0]["minutes_then"] > waiting.effect["touched"][0]["minutes_now"]
