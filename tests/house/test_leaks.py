"""What once leaked, each kind over everything it may concern: pages that ask more the longer a row has lived, numbers a picture sends, long work that was killed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import LongWork, User
from jingwei.frame.records import checks, commands
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.work import longwork
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
with_children = [each for each in resources() if each.children]
with_references = [each for each in resources() if any(isinstance(each.model_field(name), models.ForeignKey) and name != "project" for name in each.fields)]
lived = 8  # changes of a row, or parts of it


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def asked(client: Client, url: str) -> int:
    """How many statements a page takes (the first look is not counted)."""
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    return len(seen)


def other_values(house: House, kind: Resource, row: Any, number: int) -> dict[str, Any]:
    """The reference that may point elsewhere, to one of two rows in turn."""
    for name in kind.plain_fields:
        found = kind.model_field(name)
        if isinstance(found, models.ForeignKey) and name not in ("project", getattr(kind.model, "project_from", "")) and kind.target(name) is not None:
            target = kind.target(name)
            assert target is not None
            made = [house.make(target) for _each in range(2)] if not hasattr(row, "_others") else row._others
            row._others = made
            return {name: made[number % 2].pk}
    return {}


@pytest.mark.parametrize("kind", with_references, ids=lambda each: each.key)
def test_a_detail_page_asks_no_more_the_longer_a_row_has_lived(kind: Resource, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = house.make(kind)
        values = other_values(house, kind, row, 0)
    if not values:
        pytest.skip("it names nothing that may be changed")
    url, client = f"/w/{kind.key}/{row.pk}/", client_of(house.owner)
    try:
        with inside():
            for number in range(2):
                commands.change(kind, row, other_values(house, kind, row, number), house.access)
    except ValidationError as problem:
        pytest.skip(f"its references are fixed: {problem}")
    few = asked(client, url)
    with inside():
        for number in range(lived):
            commands.change(kind, row, other_values(house, kind, row, number), house.access)
    assert asked(client, url) <= few, "a line of history costs statements"


def test_a_risk_page_asks_no_more_for_more_parts(house: House, inside: Callable[[], Any]) -> None:
    [risks] = [each for each in resources() if each.key == "risk.risk"]
    client = client_of(house.owner)

    def impacts(tasks: list[Task]) -> list[dict[str, Any]]:
        return [{"task": task.pk, "delay_low_minutes": 1, "delay_likely_minutes": 2, "delay_high_minutes": 3} for task in tasks]

    with inside():
        tasks = [work.task_save(project=house.project, name=f"t{n}") for n in range(12)]
        row = commands.create(risks, {"project": "P1", "code": "R1", "title": "r", "impacts": impacts(tasks[:2])}, house.access)
    few = asked(client, f"/w/risk.risk/{row.pk}/")
    with inside():
        commands.change(risks, row, {"impacts": impacts(tasks)}, house.access)
    assert asked(client, f"/w/risk.risk/{row.pk}/") <= few


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duration_minutes": -5}, "duration_minutes"), ({"percent": -5}, "percent"), ({"percent": 101}, "percent"), ({"duration_minutes": "²"}, "duration_minutes"),
        ({"duration_minutes": 10**20}, "duration_minutes"), ({"name": "a\u0000b"}, "name"), ({"assignee": 10**30}, "assignee"), ({"parent": 999_999}, "parent"), ({"constraint": "banana"}, "constraint"),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_picture_sends_is_checked_like_what_is_typed(change: dict[str, Any], field: str, house: House, inside: Callable[[], Any]) -> None:
    """Given a value no form would take, when the Gantt sends it, then it is refused at its field, as the record's own form does."""
    with inside():
        task = work.task_save(project=house.project, name="t")
    answer = client_of(house.owner).post("/schedule/gantt/P1/commit/", json.dumps({"changes": [{"task": task.pk, **change}]}), content_type="application/json")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field, answer.content
    with inside():
        assert Task.objects.get(pk=task.pk).version == task.version


def test_a_stage_nobody_knows_is_refused(house: House, inside: Callable[[], Any]) -> None:
    [interfaces] = [each for each in resources() if each.key == "hub.interface"]
    with inside():
        row = house.make(interfaces)
    answer = client_of(house.owner).post(f"/hub/interfaces/{row.key}/switch/", {"stage": "banana"}, follow=True)
    assert answer.status_code < 500
    with inside():
        before, row = row.stage, interfaces.model.objects.get(pk=row.pk)
        assert row.stage == before


def test_long_work_whose_worker_was_killed_says_so(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = LongWork(user=house.owner, title="x", payload={"kind": "schedule.level"}, status=LongWork.Status.RUNNING)
        row.save()
        longwork.run(row.pk)
        row.refresh_from_db()
    assert row.status == LongWork.Status.FAILED and row.message


checked = [(each, constraint) for each in resources() for constraint in each.model._meta.constraints if isinstance(constraint, models.CheckConstraint)]


@pytest.mark.parametrize(("kind", "constraint"), checked, ids=[constraint.name for _kind, constraint in checked])
def test_no_check_of_the_database_is_told_by_its_name(kind: Resource, constraint: models.CheckConstraint, house: House, inside: Callable[[], Any]) -> None:
    """Given a row, when a field lies outside of what a check allows, then it is told at that field, with the bound."""
    with inside():
        row = house.make(kind)
        broken = 0
        for name, lookup, bound, is_not in checks.leaves(constraint.condition):
            if lookup == "isnull":
                continue
            row.refresh_from_db()
            column = row._meta.get_field(name).attname
            limit = getattr(row, row._meta.get_field(bound.name).attname) if isinstance(bound, models.F) else bound
            setattr(row, column, limit if is_not else "banana" if lookup == "in" else limit + {"lte": 1, "gte": -1, "lt": 0, "gt": 0}[lookup])
            with pytest.raises(ValidationError) as refused:
                checks.refuse(row)
            assert name in refused.value.message_dict and constraint.name not in str(refused.value)
            broken += 1
    assert broken


@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_task_one_is_refused(house: House) -> None:
    """Given two pages that saw a task, when both send it at once, then one stands and the other is told, whatever moment they were checked in."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        task = work.task_save(project=house.project, name="t")
    gate, said = threading.Barrier(2), []

    def send(minutes: int) -> None:
        body = {"changes": [{"task": task.pk, "version": task.version, "duration_minutes": minutes}]}
        client = client_of(house.owner)
        gate.wait(10)
        said.append(client.post("/schedule/gantt/P1/commit/", json.dumps(body), content_type="application/json").status_code)
        connections.close_all()

    threads = [threading.Thread(target=send, args=(minutes,)) for minutes in (480, 960)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == [200, 409]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [each for each in resources() if getattr(each.model, "numbered", None)], ids=lambda each: each.key)
def test_two_at_once_get_two_numbers(kind: Resource, house: House) -> None:
    gate, made, wrong = threading.Barrier(2), [], []

    def add(number: int) -> None:
        try:
            with scope.within(scope.Scope(house.tenant.pk)), transaction.atomic():
                gate.wait(10)
                given = {name: value for name, value in values[number].items() if name != kind.model.numbered.field}
                made.append(getattr(commands.create(kind, given, house.access), kind.model.numbered.field))
        except Exception as problem:
            wrong.append(problem)
        finally:
            connections.close_all()

    with scope.within(scope.Scope(house.tenant.pk)):
        values = [{n: v.pk if isinstance(v, models.Model) else v for n, v in house.values(kind, number).items()} for number in (1, 2)]
    threads = [threading.Thread(target=add, args=(number,)) for number in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong and len(set(made)) == 2
