"""The law of names: a row that went to another project is called there what nobody reads in the one it left, wherever that one tells of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import models
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import History, Membership, Project, Role, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
secret = "ZZSECRETZZ"


def text_of(kind: Resource) -> str:
    """The first text by which rows of it are called."""
    for name in (*kind.search, *kind.columns, *kind.fields):
        field = kind.model_field(name)
        if name in kind.plain_fields and isinstance(field, models.CharField | models.TextField) and not field.choices and "currency" not in name:
            return name
    return ""


def read(client: Client, address: str) -> str:
    """What an address answers, however it comes."""
    answer: Any = client.get(address)
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")


movable = [
    each for each in resources() if "project" in each.plain_fields and text_of(each) and each.roles and each.key != "frame.customfield"
]  # a column, not a row of somebody's work


of_a_project = {"worktime.calendar": {"layer": "project"}}  # which of its rows lie in one


def half(house: House, kind: Resource, second: Project) -> Client:
    """Somebody who reads everything in the first project, and in the second only that it is there."""
    user = User.objects.create_user("half", password=None, language="en")
    for key, grants, place in (("all", ["*"], house.project), ("little", ["directory.team.view"], second)):
        role = Role.objects.create(tenant=house.tenant, key=key, name=key, grants=grants)
        Membership.objects.create(tenant=house.tenant, user=user, role=role, project=place)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def gone(house: House, kind: Resource) -> tuple[Any, Project]:
    """A row that was edited in the first project, went to the second, and was renamed there."""
    second = Project(code="P2", name="B", start_on=date(2026, 11, 2))
    second.save()
    row = house.make(kind)
    row = commands.change(kind, row, {text_of(kind): "harmless", **of_a_project.get(kind.key, {}), "project": house.project.pk}, house.access)
    more = {}
    for name in kind.confined:
        found = kind.model_field(name)
        if name in kind.plain_fields and getattr(row, name) is not None:
            more[name] = (
                None
                if found is not None and found.null
                else commands.create(kind.target(name), {**house.values(kind.target(name), 9), "project": second.pk}, house.access).pk
            )  # type: ignore[arg-type]
    commands.change(kind, row, {"project": second.pk, **more}, house.access)
    commands.change(kind, kind.model.objects.get(pk=row.pk), {text_of(kind): secret}, house.access)
    return kind.model.objects.get(pk=row.pk), second


@pytest.mark.parametrize("kind", movable, ids=[each.key for each in movable])
def test_nobody_of_the_project_that_a_row_left_reads_what_it_is_called_now(kind: Resource, house: House, inside: Callable[[], Any]) -> None:
    with inside(), scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        row, second = gone(house, kind)
    client = half(house, kind, second)
    assert client.get(f"/w/{kind.key}/{row.pk}/").status_code in (403, 404)
    told = [
        address
        for address in (
            "/", "/portfolio/", "/projects/P1/?since=30", "/projects/P2/?since=30", "/notices/", "/alarms/", "/waiting/", f"/w/{kind.key}/", "/hub/", "/changes/P1/", "/risks/P1/", "/documents/P1/",
            "/schedule/gantt/P1/data/", "/schedule/what-if/P1/", "/cost/earned-value/P1/", "/w/frame.project/", f"/w/frame.project/{house.project.pk}/", "/load/",
            f"/api/v1/{kind.key}/", f"/pick/{kind.key}/?q=ZZSECRET", f"/w/{kind.key}/export.csv",
        )
        if secret in read(client, address)
    ]  # fmt: skip
    assert told == []


def referring() -> list[tuple[Resource, str]]:
    """Every field by which a row names one of those, and may name nothing instead."""
    keys = {each.key for each in movable}
    return [
        (each, name) for each in resources() if each.roles and "project" in each.plain_fields for name in each.confined
        if name in each.plain_fields and (target := each.target(name)) is not None and target.key in keys and (field := each.model_field(name)) is not None and field.null
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), referring(), ids=[f"{each.key}.{name}" for each, name in referring()])
def test_the_history_of_what_once_named_it_tells_its_number_only(kind: Resource, name: str, house: House, inside: Callable[[], Any]) -> None:
    """Given a row that named another which has gone since, when its history is read where it lies, then the other is not called what it is called there."""
    target = kind.target(name)
    assert target is not None
    with inside(), scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        other, row = house.make(target), house.make(kind)
        for value in (other.pk, None):  # past its own rules: what it named is of no matter here
            kind.model.unscoped.filter(pk=row.pk).update(**{f"{name}_id": value})
        second = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        second.save()
        target.model.unscoped.filter(pk=other.pk).update(project=second, **{text_of(target): secret})
    client = half(house, kind, second)
    page = client.get(f"/w/{kind.key}/{row.pk}/")
    assert page.status_code == 200 and secret not in page.text


def test_a_change_request_calls_its_tasks_what_they_were_called_there(house: House, inside: Callable[[], Any]) -> None:
    requests, tasks = resource("change.changerequest"), resource("work.task")
    with inside(), scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        second = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        second.save()
        task = commands.create(tasks, {"project": house.project.pk, "name": "assembly", "duration_minutes": 480}, house.access)
        made = commands.create(requests, {"project": house.project.pk, "title": "t", "changes": {str(task.pk): {"duration_minutes": 60}}}, house.access)
        commands.change(tasks, task, {"project": second.pk, "name": secret}, house.access)
        assert History.objects.filter(object_id=task.pk, resource="work.task").count() >= 2
    page = half(house, requests, second).get(f"/w/change.changerequest/{made.pk}/").text
    assert secret not in page and "assembly" in page
