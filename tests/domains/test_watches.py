"""Watches: a condition is told once when it begins and once when it is over, to whom it concerns, and seen by whoever may see the row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.domains.work import services as work
from jingwei.domains.work.facts import TaskSaved
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Alarm, Demand, DutyDone, Notification, Project
from jingwei.frame.telling import watches
from jingwei.frame.telling.watches import Watch
from jingwei.frame.telling.wording import words_of
from jingwei.frame.work import scheduler, watching
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db
Made = Callable[..., Watch]


@pytest.fixture
def watch() -> Iterator[Made]:
    """Declares watches that are gone after the test."""
    made: list[str] = []

    def declare(key: str = "test.blocked", **more: Any) -> Watch:
        made.append(key)
        usual: dict[str, Any] = {
            "says": lambda task: f"{task.name} is blocked", "tell": lambda task: watches.managers_of(task.project),
            "rows": lambda: Task.objects.filter(description="blocked").select_related("project"),
        }  # fmt: skip
        return Watch(key, "Blocked", "work.task", **(usual | more))

    yield declare
    for key in made:
        watches.registry.pop(key, None)


def block(task: Task, *, is_blocked: bool = True) -> None:
    work.task_save(instance=Task.objects.get(pk=task.pk), description="blocked" if is_blocked else "")


def told(firm: Firm) -> list[str]:
    return [words_of(each, "en") for each in Notification.objects.filter(user=firm.users["manager"]).order_by("id")]


def test_it_is_told_once_when_it_begins_and_once_when_it_is_over(firm: Firm, watch: Made) -> None:
    made = watch()
    with firm.acting("manager"):
        task = firm.task("接口")
        block(task)
        assert watches.look(made) == ([task.pk], []) and watches.look(made) == ([], [])
        assert told(firm) == ["接口 is blocked"]
        Notification.objects.update(read_at=timezone.now())
        block(task, is_blocked=False)
        assert watches.look(made) == ([], [task.pk]) and watches.look(made) == ([], [])
        assert told(firm) == ["接口 is blocked", "It is over: 接口 is blocked"]
        block(task)
        watches.look(made)
        assert Alarm.objects.filter(ended_at=None).count() == 1 and Alarm.objects.count() == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_open_alarms_are_the_rows_in_the_condition(firm: Firm, watch: Made, moves: list[tuple[int, bool]]) -> None:
    """Against an oracle: after every look the open alarms are exactly the rows that are in it, whatever happened before."""
    made = watches.registry.get("test.blocked") or watch()
    with firm.acting("manager"):
        tasks = [firm.task(f"t{number}") for number in range(4)]
        for number, is_blocked in moves:
            block(tasks[number], is_blocked=is_blocked)
            watches.look(made)
            open_now = set(Alarm.objects.filter(watch=made.key, ended_at=None).values_list("row_id", flat=True))
            assert open_now == set(Task.objects.filter(description="blocked").values_list("pk", flat=True))
        Task.objects.filter(pk__in=[task.pk for task in tasks]).delete()
        watches.look(made)


def test_one_watch_that_fails_keeps_no_other(firm: Firm, watch: Made) -> None:
    def broken() -> Any:
        raise RuntimeError("broken")

    watch("test.broken", rows=broken)
    watch()
    with firm.acting("manager"):
        task = firm.task("接口")
        block(task)
        watching.look_at_all()
        assert Alarm.objects.filter(watch="test.blocked", row_id=task.pk).exists()


def test_a_fact_asks_for_a_look(firm: Firm, watch: Made) -> None:
    made = watch()
    watching.look_after(TaskSaved, made.key)
    with firm.acting("manager"):
        task = firm.task("接口")
        block(task)
        assert Demand.objects.filter(job=watching.job, key=made.key).exists()
        watching.look(key=made.key)
        assert Alarm.objects.filter(row_id=task.pk).exists() and not Demand.objects.filter(job=watching.job, key=made.key).exists()


def test_the_page_tells_what_one_may_see(firm: Firm, watch: Made) -> None:
    made = watch(words_need="hub.interface.view")
    with firm.acting("manager"):
        block(firm.task("接口"))
        watches.look(made)
    pages = {name: firm.client(name).get("/alarms/", headers={"Accept-Language": "en"}).text for name in ("manager", "crew", "stranger")}
    assert "接口 is blocked" in pages["manager"] and "Nothing is amiss" in pages["stranger"]
    assert "接口" not in pages["crew"], "its words need a right that a crew lacks"
    assert Client().get("/alarms/").status_code == 302


def test_a_row_that_moves_is_told_where_it_is_now(firm: Firm, watch: Made) -> None:
    made = watch()
    with firm.acting("owner"):
        task = firm.task("接口")
        block(task)
        watches.look(made)
        Task.objects.filter(pk=task.pk).update(project=firm.second)
        assert watches.look(made) == ([task.pk], [task.pk])
        assert Alarm.objects.get(row_id=task.pk, ended_at=None).project_id == firm.second.pk and watches.look(made) == ([], [])


def test_alarms_one_may_not_see_hide_none(firm: Firm, watch: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more alarms of what a crew may not see than are shown, when it asks, then its own stands there all the same."""
    monkeypatch.setattr(watches, "shown_at_most", 3)
    made = watch()
    with firm.acting("owner"):
        block(firm.task("接口"))
        watches.look(made)
        for number in range(5):
            Alarm(watch="cost.no_rate", resource="cost.line", row_id=number, project=firm.project, level="alarm", title_zh="x", title_en="x", url="/").save()
    with firm.acting("crew"):
        assert [each.title for each in watches.seen(firm.rights("crew"))] == ["接口 is blocked"]


def test_every_declared_watch_answers_without_rows(firm: Firm) -> None:
    with firm.acting("owner"):
        for each in watches.registry.values():
            assert each.rows is None or list(each.rows()) == [], each.key
            assert str(each.title)


zone = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, tzinfo=zone)


def test_a_duty_of_the_day_is_done_once_a_day_and_caught_up_once(firm: Firm) -> None:
    """Given a duty at half past two, when the server stood still for three days, then it is done once when it is back, and then each day."""
    done: list[int] = []
    duty = scheduler.DailyDuty("test.day", dt.time(2, 30), lambda: done.append(1))
    with firm.acting("owner"):
        moments = [at(1, 1), at(1, 2), at(1, 3), at(1, 23), at(2, 3), at(5, 1), at(5, 2), at(5, 4), at(5, 4)]
        assert [scheduler.do_of_the_day(duty, moment) for moment in moments] == [False, False, True, False, True, True, False, True, False]
        assert len(done) == 4


def test_a_duty_that_fails_is_not_marked_as_done(firm: Firm) -> None:
    def fail() -> None:
        Project.objects.filter(pk=firm.project.pk).update(name="half done")
        raise RuntimeError

    duty = scheduler.DailyDuty("test.fails", dt.time(2, 30), fail)
    with firm.acting("owner"):
        scheduler.do_of_the_day(duty, at(1, 1))
        with pytest.raises(RuntimeError):
            scheduler.do_of_the_day(duty, at(1, 3))
        assert DutyDone.objects.get(name="test.fails").done_at == at(1, 1) and not Project.objects.filter(name="half done").exists()


def test_a_duty_is_done_for_every_organisation(firm: Firm) -> None:
    done: list[int] = []
    duty = scheduler.DailyDuty("test.all", dt.time(2, 30), lambda: done.append(scope.current().tenant_id))
    scheduler.daily.append(duty)
    try:
        for moment in (at(1, 1), at(1, 3)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(timezone, "now", lambda moment=moment: moment)
                duty.next_at = 0
                scheduler.tick(duty.next_at)
    finally:
        scheduler.daily.remove(duty)
    assert sorted(done) == sorted({firm.tenant.pk, firm.other.pk})
