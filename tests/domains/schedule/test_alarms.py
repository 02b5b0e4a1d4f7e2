"""Endangered milestones: who is told, once, why, and that it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jingwei.domains.schedule import services
from jingwei.domains.schedule.models import Recalculation
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Notification, User
from jingwei.frame.rights.access import system_access
from jingwei.frame.telling.wording import words_of
from tests.domains.conftest import Firm, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def milestone(firm: Firm) -> Task:
    """A milestone after two days of work, with a day to spare."""
    firm.project.data_date = datetime(2026, 11, 2, 0, tzinfo=UTC)
    firm.project.save()
    before = firm.task("联调", duration_minutes=960)
    made = firm.task("里程碑：上线", is_milestone=True)
    work.dependency_save(predecessor=before, successor=made)
    services.project_recalculate(project_id=firm.project.pk)
    made.refresh_from_db()
    return work.task_save(instance=made, deadline=made.finish + timedelta(days=1))


def recalculate(firm: Firm, reason: str = "") -> None:
    with scope.because(reason=reason):
        services.project_recalculate(project_id=firm.project.pk)


def stretch(firm: Firm, minutes: int) -> None:
    work.task_save(instance=Task.objects.get(name="联调"), duration_minutes=minutes)
    recalculate(firm, "李工报告延期")


def told(user: User) -> list[tuple[str, str, int]]:
    return [(n.level, words_of(n, "zh-hans"), n.count) for n in Notification.unscoped.filter(user=user)]


def test_the_managers_hear_once_why_and_when_it_is_over(firm: Firm, milestone: Task) -> None:
    recalculate(firm)
    assert not Notification.objects.exists()
    stretch(firm, 480 * 8)
    [(level, title, count)] = told(firm.users["manager"])
    assert level == "alarm" and count == 1
    assert "里程碑：上线" in title and "李工报告延期" in title and "P1" in title and "天" in title
    english = words_of(Notification.objects.get(), "en")
    assert "behind its deadline" in english and "days" in english
    assert [told(firm.users[name]) for name in ("owner", "viewer", "crew", "stranger", "engineer")] == [[]] * 5

    stretch(firm, 480 * 9)
    recalculate(firm)
    Notification.objects.update(read_at=datetime.now(UTC))
    stretch(firm, 480 * 10)
    assert [each[2] for each in told(firm.users["manager"])] == [1], "it stays endangered, so nobody is told again"

    stretch(firm, 960)
    assert sorted(level for level, *_rest in told(firm.users["manager"])) == ["alarm", "note"]
    stretch(firm, 480 * 8)
    assert sum(level == "alarm" for level, *_rest in told(firm.users["manager"])) == 2, "a new danger is told anew"


def test_an_earlier_deadline_endangers_too_and_reaching_it_ends_it(firm: Firm, milestone: Task) -> None:
    assert milestone.finish is not None
    work.task_save(instance=milestone, deadline=milestone.finish - timedelta(hours=3))
    recalculate(firm)
    assert "3.0 小时" in told(firm.users["manager"])[0][1]
    assert Recalculation.objects.order_by("-id").first().effects["endangered"][0]["id"] == milestone.pk
    work.task_complete(instance=Task.objects.get(pk=milestone.pk))
    recalculate(firm)
    assert "已达成" in told(firm.users["manager"])[0][1]


def test_a_preview_tells_nobody(firm: Firm, milestone: Task) -> None:
    task = Task.objects.get(name="联调")
    effect = services.plan_preview(
        project=firm.project, edits=services.Edits(changes=[{"task": task.pk, "duration_minutes": 480 * 9}]), access=system_access(firm.tenant.pk)
    ).effect
    assert [each["id"] for each in effect["endangered"]] == [milestone.pk]
    assert not Notification.objects.exists()


def test_managers_elsewhere_hear_nothing_and_without_one_the_administrators_do(firm: Firm, milestone: Task) -> None:
    staff(firm, "foreign", "manager", tenant=firm.other)
    staff(firm, "second", "manager", project=firm.second)
    firm.users["manager"].memberships.all().delete()
    firm.project.manager = None
    firm.project.save()
    stretch(firm, 480 * 8)
    assert told(firm.users["foreign"]) == told(firm.users["second"]) == told(firm.users["manager"]) == []
    assert len(told(firm.users["owner"])) == 1
