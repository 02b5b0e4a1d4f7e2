"""The law of JSON that people write: each of its parts is checked when it is written, as a column of its own would be, and the refusal names the field.

Every such column says here where its numbers and moments are; a new one without a word here is a failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.test import Client

from jingwei.domains.work.models import Task
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
columns = [(each, name) for each in resources() for name in each.plain_fields if isinstance(each.model_field(name), models.JSONField)]
moments = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1900-01-01T00:00:00+08:00",
    "2300-01-01T00:00:00+00:00",
    "2026-11-21T09:00:00",
    "",
    5,
    True,
    [],
    "x",
]
numbers: list[Any] = [-1, 1.5, 10**9, 10**30, "5", "²", True, None, [], {}]
Parts = dict[str, Callable[[str, Any], Any]]
parts: dict[str, tuple[Parts, Parts]] = {  # by column: where moments, and where numbers are; the first argument is the id of a task
    "change.changerequest.changes": (
        {"not_before": lambda task, x: {task: {"not_before": x}}},
        {
            "duration": lambda task, x: {task: {"duration_minutes": x}},
            "new": lambda task, x: {"new-1": {"name": "n", "duration_minutes": x}},
            "assignee": lambda task, x: {"new-1": {"name": "n", "duration_minutes": 1, "assignee": x or -1}},
            "after": lambda task, x: {"new-1": {"name": "n", "duration_minutes": 1, "after": [x]}},
            "key": lambda task, x: {str(x): {"duration_minutes": 1}},
        },
    ),
    "worktime.calendar.week": ({}, {"begin": lambda task, x: {"0": [[x, 600]]}, "end": lambda task, x: {"0": [[500, x]]}}),
    "worktime.calendarexception.shifts": ({}, {"begin": lambda task, x: [[x, 600]], "end": lambda task, x: [[500, x]]}),
}  # fmt: skip
cases = [
    (each, name, place, at, value)
    for each, name in columns for kind, values in zip(parts.get(f"{each.key}.{name}", ({}, {})), (moments, numbers), strict=True)
    for place, at in kind.items() for value in values
]  # fmt: skip


def test_every_json_column_says_where_its_parts_are() -> None:
    assert {f"{each.key}.{name}" for each, name in columns} == set(parts)


@pytest.mark.parametrize(("kind", "name", "place", "at", "value"), cases, ids=[f"{kind.key}.{place}-{value!r}" for kind, _name, place, _at, value in cases])
def test_a_part_beyond_its_bounds_is_refused_at_the_field(
    kind: Resource, name: str, place: str, at: Callable[[str, Any], Any], value: Any, house: House, inside: Callable[[], Any]
) -> None:
    with inside():
        task = commands.create(resource("work.task"), {"project": house.project.pk, "name": "a"}, house.access)
        row, body = house.make(kind), json.dumps({name: at(str(task.pk), value)})
        before = getattr(kind.model.objects.get(pk=row.pk), name)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.patch(f"/api/v1/{kind.key}/{row.pk}", body, content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert any(name in each["field"] for each in answer.json()["errors"]), answer.content
    with inside():
        assert getattr(kind.model.objects.get(pk=row.pk), name) == before


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1900-01-01T00:00:00+08:00", "2300-01-01T00:00:00+00:00"])
def test_what_stands_there_from_before_is_shown_and_can_be_mended(text: str, house: House, inside: Callable[[], Any]) -> None:
    """Given a request with a moment nobody plans in, past all rules, then its pages open and it is written anew through its form."""
    requests = resource("change.changerequest")
    with inside():
        task: Task = commands.create(resource("work.task"), {"project": house.project.pk, "name": "a", "duration_minutes": 480}, house.access)
        row = house.make(requests)
        requests.model.objects.filter(pk=row.pk).update(changes={str(task.pk): {"not_before": text}})
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    for address in (
        f"/w/{requests.key}/{row.pk}/",
        f"/w/{requests.key}/",
        f"/w/{requests.key}/{row.pk}/edit/",
        f"/w/{requests.key}/export.csv",
        f"/changes/P1/{row.pk}/",
    ):
        assert client.get(address).status_code == 200, address
    assert text in client.get(f"/w/{requests.key}/{row.pk}/").text.replace("&#x2B;", "+")
    client.post(f"/api/v1/{requests.key}/{row.pk}/assess", "{}", content_type="application/json")
    assert client.get(f"/changes/P1/{row.pk}/").status_code == 200
    mended = client.patch(
        f"/api/v1/{requests.key}/{row.pk}", json.dumps({"changes": {str(task.pk): {"duration_minutes": 60}}}), content_type="application/json"
    )
    assert mended.status_code == 200, mended.content
