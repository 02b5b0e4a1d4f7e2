"""Interfaces are named to those who may look at interfaces: neither a task, its history, the Gantt nor the dashboard tells of them to others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from jingwei.domains.schedule import services as schedule
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.hub.models import Interface
from tests.house.conftest import House
from tests.house.test_parts import bearer

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(house: House, inside: Callable[[], Any]) -> Task:
    """A task that waits for an interface that is down, with its dates moved for that reason."""
    with inside():
        found = house.make(resource("hub.interface"))
        Interface.objects.filter(pk=found.pk).update(
            name="Secret door", key="secret-door", stage="live", state="down", state_since=timezone.now(), project=house.project
        )
        task = house.make(resource("work.task"))
        Task.objects.filter(pk=task.pk).update(interface=found.pk)
        record = schedule.project_recalculate(project_id=house.project.pk)
        assert record is not None and "Secret door" in record.cause
        return Task.objects.get(pk=task.pk)


def test_who_may_not_look_at_interfaces_reads_no_name_of_one(house: House, waiting: Task) -> None:
    few, all_of_it = bearer(house, "owner", "work.*"), bearer(house, "owner", "work.*", "hub.interface.view")
    rest = f"/api/v1/work.task/{waiting.pk}"
    query = {"query": f'{{ workTask(key: "{waiting.pk}") {{ interface interfaceName }} }}'}
    assert bearer(house, "stranger").get(rest).status_code == 404
    for path in (rest, "/api/v1/work.task/", f"{rest}/history", f"/w/work.task/{waiting.pk}/", "/w/work.task/?columns=name,interface", "/w/work.task/export.csv",
                 "/schedule/gantt/P1/data/", "/projects/P1/?since=7"):  # fmt: skip
        (told, hidden) = (client.get(path) for client in (all_of_it, few))
        assert (told.status_code, hidden.status_code) == (200, 200), path
        assert ["secret" in b"".join(answer).decode().lower() for answer in (told, hidden)] == [True, False], path
    for client, name in ((few, None), (all_of_it, True)):
        found = client.post("/graphql", query, content_type="application/json").json()["data"]["workTask"]
        assert found["interface"] == waiting.interface_id and bool(found["interfaceName"]) == bool(name)


def test_what_came_through_an_interface_names_it_only_to_who_may_look_at_interfaces(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        task = house.make(resource("work.task"))
        with scope.because(origin="interface:secret-door", reason="secret-door v1"):
            commands.change(resource("work.task"), task, {"name": "从对方来的名称"}, house.access)
    few, all_of_it = bearer(house, "owner", "work.*", "frame.project.view"), bearer(house, "owner", "work.*", "frame.project.view", "hub.interface.view")
    for path in (f"/api/v1/work.task/{task.pk}/history", f"/w/work.task/{task.pk}/", "/projects/P1/?since=7"):
        told, hidden = (client.get(path) for client in (all_of_it, few))
        assert (told.status_code, hidden.status_code) == (200, 200), path
        assert ["secret-door" in answer.text for answer in (told, hidden)] == [True, False], path
        assert not path.startswith("/api") or '"interface"' in hidden.text, "that it came through one is told"
