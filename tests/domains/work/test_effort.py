"""Duration, planned work and units: the third follows, by the task's type, wherever a change comes from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import levelling, queries, services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.kernels.planfile import read
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(firm: Firm) -> Person:
    return Person.objects.get(name="吴刚")


def shares(task: Task) -> tuple[int, Decimal | None, Decimal]:
    """Hours, work, per cent."""
    task = Task.objects.get(pk=task.pk)
    return task.duration_minutes // 60, task.work_hours, task.units_percent


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("fixed_units", {"duration_minutes": 1200}, (20, 20, 100)), ("fixed_units", {"work_hours": 20}, (20, 20, 100)), ("fixed_units", {"units_percent": 50}, (80, 40, 50)),
        ("fixed_work", {"duration_minutes": 1200}, (20, 40, 200)), ("fixed_work", {"work_hours": 20}, (20, 20, 100)), ("fixed_work", {"units_percent": 50}, (80, 40, 50)),
        ("fixed_duration", {"duration_minutes": 1200}, (20, 20, 100)), ("fixed_duration", {"work_hours": 20}, (40, 20, 50)), ("fixed_duration", {"units_percent": 50}, (40, 20, 50)),
        ("fixed_units", {"duration_minutes": 1200, "units_percent": 50}, (20, 10, 50)), ("fixed_units", {"duration_minutes": 1200, "work_hours": 10}, (20, 10, 50)),
        ("fixed_units", {"work_hours": 10, "units_percent": 50}, (20, 10, 50)), ("fixed_units", {"name": "B"}, (40, 40, 100)),
    ],
)  # fmt: skip
def test_the_third_follows(firm: Firm, person: Person, kind: str, change: dict[str, Any], expected: tuple[int, int, int]) -> None:
    """Given forty hours by one person full time, when one or two of the numbers change, then the type says which follows."""
    task = firm.task("A", duration_minutes=2400, work_hours=Decimal(40), assignee=person, task_type=kind)
    commands.change(resource("work.task"), task, change, firm.rights("manager"))
    assert shares(task) == expected


@pytest.mark.parametrize(
    ("change", "field"), [({"work_hours": "9999999"}, "work_hours"), ({"units_percent": "0.01", "work_hours": "500000"}, "work_hours"), ({"duration_minutes": "52704000", "units_percent": "9999"}, "duration_minutes")]
)  # fmt: skip
def test_what_would_follow_is_bounded_as_what_is_typed(firm: Firm, person: Person, change: dict[str, Any], field: str, en: None) -> None:
    """Given a task with planned work, when the third number would be more than a plan holds, then that is said at a field that was given."""
    task = firm.task("A", duration_minutes=2400, work_hours=Decimal(40), assignee=person)
    with refuses(field, "more than"):
        commands.change(resource("work.task"), task, change, firm.rights("manager"))
    assert shares(task) == (40, 40, 100)


def test_what_followed_is_said(firm: Firm, person: Person, en: None) -> None:
    task = firm.task("A", duration_minutes=2400, work_hours=Decimal(40), assignee=person)
    assert work.task_save(instance=task, units_percent=Decimal(50)).told == ["Duration follows: 40 h → 80 h."]
    assert work.task_save(instance=task, duration_minutes=2400).told == ["Planned work follows: 40 h → 20 h."]
    assert work.task_save(instance=task, task_type="fixed_work", duration_minutes=1200).told == ["Units follow: 50 % → 100 %."]
    assert task.is_effort_driven, "fixed work always is"
    assert work.task_save(instance=task, name="B").told == []


def test_the_form_and_the_gantt_say_it(firm: Firm, person: Person) -> None:
    task = firm.task("A", duration_minutes=2400, work_hours=Decimal(40), assignee=person)
    client = firm.client("manager")
    page = client.post(f"/w/work.task/{task.pk}/edit/", {"units_percent": "50", "version": task.version}, follow=True).content.decode()
    assert "工期随之改变：40 h → 80 h" in page
    answer = client.post("/schedule/gantt/P1/commit/", {"changes": [{"task": task.pk, "duration_minutes": 2400}]}, content_type="application/json").json()
    assert answer["effect"]["told"] == ["计划工时随之改变：40 h → 20 h。"]


@pytest.mark.parametrize("kind", ["fixed_units", "fixed_work", "fixed_duration"])
@pytest.mark.parametrize("change", [{"duration_minutes": 700}, {"work_hours": "3.33"}, {"units_percent": "33.33"}])
def test_undo_brings_all_three_back(firm: Firm, person: Person, kind: str, change: dict[str, Any]) -> None:
    """Given numbers that are only equal when rounded, when a change and what followed are undone, then all are as before."""
    task = firm.task("A", duration_minutes=100, work_hours=Decimal("1.67"), units_percent=Decimal("100.5"), assignee=person, task_type=kind)
    Task.objects.filter(pk=task.pk).update(units_percent=100)
    before = shares(task)
    with scope.because(reason="a change", trace="0" * 32) as current:
        commands.change(resource("work.task"), Task.objects.get(pk=task.pk), change, firm.rights("manager"))
    assert shares(task) != before
    assert undo.undo(current.trace, firm.rights("manager")) == []
    assert shares(task) == before


def test_without_an_assignee_or_work_nothing_follows(firm: Firm, person: Person) -> None:
    estimated = firm.task("A", duration_minutes=2400, work_hours=Decimal(16))
    plain = firm.task("B", duration_minutes=2400, assignee=person)
    for task in (estimated, plain):
        work.task_save(instance=task, duration_minutes=1200)
    assert (shares(estimated)[:2], shares(plain)[:2]) == ((20, 16), (20, None))


@pytest.mark.parametrize(
    ("values", "expected"),
    [({}, (40, 40, 100)), ({"is_effort_driven": True}, (16, 16, 100)), ({"is_effort_driven": True, "task_type": "fixed_duration"}, (40, 16, 40)), ({"task_type": "fixed_work"}, (16, 16, 100))],
)  # fmt: skip
def test_who_takes_on_estimated_work(firm: Firm, person: Person, values: dict[str, Any], expected: tuple[int, int, int]) -> None:
    """Given sixteen hours estimated in five days, when somebody is assigned, then effort-driven keeps the work, otherwise the duration stays."""
    task = firm.task("A", duration_minutes=2400, work_hours=Decimal(16), **values)
    work.task_save(instance=task, assignee=person)
    assert shares(task) == expected


def test_what_a_joined_system_says_is_taken_as_it_comes(firm: Firm, person: Person) -> None:
    """Given an estimate that changes in a tracker, when it is written here, then it does not move the dates."""
    task = firm.task("A", duration_minutes=2400, work_hours=Decimal(40), assignee=person)
    with scope.because(origin="interface:tracker"):
        commands.change(resource("work.task"), task, {"work_hours": 16}, firm.rights("manager"))
    assert shares(task) == (40, 16, 100)


def test_numbers_that_nobody_kept_in_step_are_taken_by_work_and_duration(firm: Firm, person: Person) -> None:
    """Given old rows that say 16 h in 40 h at full time, when the duration grows by half, then so does the work; thirds do not drift."""
    task = firm.task("A", duration_minutes=2400, assignee=person)
    Task.objects.filter(pk=task.pk).update(work_hours=16)
    work.task_save(instance=Task.objects.get(pk=task.pk), duration_minutes=3600)
    assert shares(task) == (60, 24, 40)
    third = firm.task("B", duration_minutes=100, work_hours=Decimal("1.67"), assignee=person)
    assert third.units_percent == 100
    for minutes in (200, 700, 100):
        work.task_save(instance=third, duration_minutes=minutes)
    assert Task.objects.get(pk=third.pk).work_hours == Decimal("1.67")


def test_what_cannot_be_is_refused_at_its_field(firm: Firm, person: Person) -> None:
    task = firm.task("A", duration_minutes=480, work_hours=Decimal(8), assignee=person, task_type="fixed_work")
    with refuses("duration_minutes"):
        work.task_save(instance=task, duration_minutes=0)
    fresh = Task.objects.get(pk=task.pk)
    with refuses("units_percent"):
        work.task_save(instance=fresh, units_percent=Decimal(0))
    with refuses("work_hours", "9999"):
        work.task_save(instance=Task.objects.get(pk=task.pk), duration_minutes=480, work_hours=Decimal(99999), task_type="fixed_duration")


def test_levelling_knows_that_two_halves_are_a_whole(firm: Firm, person: Person) -> None:
    """Given two tasks at the same time, when each takes half of a person, then nobody is overloaded; at full time one waits."""
    tasks = [firm.task(name, assignee=person, units_percent=Decimal(50)) for name in "AB"]
    assert levelling.level([firm.project], within_slack=False, seconds=1)["overloads_before"] == []
    for task in tasks:
        work.task_save(instance=task, units_percent=Decimal(100))
    found = levelling.level([firm.project], within_slack=False, seconds=1)
    assert found["overloads_before"] and len(found["moves"]) == 1


def test_a_schedule_file_keeps_them_as_they_are(firm: Firm, person: Person) -> None:
    firm.task("A", duration_minutes=2400, work_hours=Decimal(20), assignee=person, task_type="fixed_duration", is_effort_driven=True)
    services.project_recalculate(project_id=firm.project.pk)
    content = queries.project_file(firm.project)
    plan = read(content, "P1.xml")
    assert (plan.tasks[0].type, plan.tasks[0].is_effort_driven) == ("fixed_duration", True)
    assert (plan.assignments[0].units, plan.assignments[0].work_minutes) == (0.5, 1200)
    services.file_import(instance=services.file_keep(project=firm.second, name="P1.xml", content=content))
    copy = Task.objects.get(project=firm.second)
    assert (copy.task_type, copy.is_effort_driven, *shares(copy)) == ("fixed_duration", True, 40, 20, 50)
