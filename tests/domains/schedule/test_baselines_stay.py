"""A baseline is what was agreed: whatever becomes of its tasks, it says what it said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from jingwei.boards.curves import progress_curve
from jingwei.domains.cost import queries as cost
from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.models import Baseline, BaselineTask
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame.models import Project
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreed(firm: Firm) -> Firm:
    """Two tasks one behind the other, agreed on; the plan has been longer since."""
    Project.objects.filter(pk=firm.project.pk).update(data_date=firm.project.created_at)
    firm.project.refresh_from_db()
    first, second = firm.task("A", duration_minutes=480), firm.task("B", duration_minutes=4800)
    work.dependency_save(predecessor=first, successor=second)
    firm.made("cost.line", number="P", kind="planned", account="other", description="d", amount=1000, period="2026-11", task=second.pk)
    services.project_recalculate(project_id=firm.project.pk)
    services.baseline_take(project=firm.project, name="agreed")
    work.task_save(instance=Task.objects.get(pk=second.pk), duration_minutes=9600)
    services.project_recalculate(project_id=firm.project.pk)
    return firm


def rows() -> set[tuple[Any, ...]]:
    return set(BaselineTask.objects.values_list("pk", "task_id", "start", "finish", "duration_minutes"))


def told(firm: Firm) -> tuple[Any, ...]:
    """Everything that the baseline says, and what is reckoned by it."""
    value = cost.earned_value_of(firm.project)
    finish = queries.baseline_finish_by_project([firm.project.pk])
    return rows(), finish, progress_curve(firm.project)["planned"], [(each.name, each.pv) for each in value.periods]


def test_a_task_that_is_deleted_leaves_the_baseline_as_it_was(agreed: Firm) -> None:
    before, finish = rows(), queries.baseline_finish_by_project([agreed.project.pk])
    last = Task.objects.get(name="B")
    agreed.client("owner").post(f"/w/work.task/{last.pk}/delete/")
    assert not Task.objects.filter(name="B").exists()
    assert rows() == before and queries.baseline_finish_by_project([agreed.project.pk]) == finish
    page = agreed.client("owner")
    for name in ("gantt", "gantt-data", "gantt-print", "schedule-quality", "schedule-reasons", "dashboard", "schedule-file-export"):
        assert page.get(reverse(name, args=["P1"])).status_code == 200, name


def test_undo_of_the_deletion_changes_no_number(agreed: Firm) -> None:
    before, manager = told(agreed), agreed.client("manager")
    manager.post(f"/w/work.task/{Task.objects.get(name='B').pk}/delete/")
    manager.post("/undo/", {"next": "/"})
    services.project_recalculate(project_id=agreed.project.pk)
    assert told(agreed) == before
    gone = manager.post(
        "/schedule/gantt/P1/commit/", json.dumps({"tasks": {"remove": [Task.objects.get(name="A").pk]}}), content_type="application/json"
    ).json()
    assert manager.post("/schedule/gantt/P1/undo/", json.dumps({"undo": gone["undo"]}), content_type="application/json").status_code == 200
    assert told(agreed) == before


def test_a_baseline_holds_its_project(agreed: Firm, en: None) -> None:
    kept = Baseline.objects.get()
    with pytest.raises(ValidationError, match="baseline “agreed”.*“Closed” instead"):
        commands.remove(resource("frame.project"), agreed.project, agreed.rights("owner"))
    assert Baseline.objects.get() == kept
    answer = agreed.client("owner").delete(f"/api/v1/frame.project/{agreed.project.pk}")
    assert answer.status_code == 422 and Project.objects.filter(pk=agreed.project.pk).exists()
