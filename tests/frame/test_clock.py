"""The clock: a jump is noticed once, a slow drift and a sleeping machine are none, and administrators are told."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from jingwei.frame.models import Membership, Notification, Role, Tenant, User
from jingwei.frame.telling.wording import words_of
from jingwei.frame.work import clock, scheduler, worker


@dataclass
class Clocks:
    wall: float = 1_795_000_000.0
    steady: float = 100.0

    def watch(self) -> clock.Watch:
        return clock.Watch(lambda: self.wall, lambda: self.steady)


@pytest.mark.parametrize("jump", (-86_400.0, -61.0, 61.0, 86_400.0))
def test_a_jump_is_noticed_once(jump: float) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.wall, clocks.steady = clocks.wall + 5, clocks.steady + 5
    assert watch.look() is None
    clocks.wall += jump
    found = watch.look()
    assert found is not None and found.seconds == pytest.approx(jump)
    assert watch.look() is None and watch.recent() == found
    clocks.wall, clocks.steady = clocks.wall + 3700, clocks.steady + 3700
    assert watch.look() is None and watch.recent() is None


def test_drift_is_no_jump() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    for _ in range(100):
        clocks.wall, clocks.steady = clocks.wall + 10.5, clocks.steady + 10
        assert watch.look() is None


def test_administrators_are_told_of_a_jump(db: None) -> None:
    tenant = Tenant.objects.create(code="t", name="T")
    user = User.objects.create_user("li", password="correct-horse-battery")
    role = Role.objects.create(tenant=tenant, key="owner", name="o", is_standard=True)
    Membership.objects.create(tenant=tenant, user=user, role=role)
    watch = Clocks().watch()
    scheduler.after_jump(clock.Jump(-86_400, clock.datetime.fromtimestamp(watch.wall(), clock.UTC)))
    from jingwei.frame import scope

    with scope.within(scope.Scope(tenant.pk)):
        told = Notification.objects.get(user=user)
    english, chinese = (words_of(told, language) for language in ("en", "zh-hans"))
    assert "1440" in english and "back" in english and "倒退" in chinese


def test_a_job_that_takes_long_is_told_and_at_last_given_up() -> None:
    at_work = worker.AtWork()
    at_work.begun = {1: (0.0, worker.told_after_seconds, SimpleNamespace(id=1, task_name="hub.cycle", queue="hub"))}
    assert not at_work.tell_long(worker.told_after_seconds)
    assert at_work.begun[1][1] == 2 * worker.told_after_seconds, "told once, and again only when it has lasted as long again"
    assert at_work.tell_long(worker.given_up_after_seconds)
    at_work.begun = {1: (0.0, worker.told_after_seconds, SimpleNamespace(id=1, task_name="frame.longwork", queue="default"))}
    assert not at_work.tell_long(worker.given_up_after_seconds), "what people watch and can stop may take its time"
