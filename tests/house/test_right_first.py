"""Who lacks the right hears the same of any body whatever: the right is asked before a value is looked at, by every way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.test import Client

from jingwei.frame.api.graphql import schema
from jingwei.frame.models import Project, User
from jingwei.frame.records.resource import Resource, resource, resources
from tests.house.conftest import House
from tests.house.half import member

pytestmark = pytest.mark.django_db
every: dict[str, Any] = {"argnames": "kind", "argvalues": list(resources()), "ids": lambda each: each.key}


def client_of(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def bodies(house: House, kind: Resource, place: Project | None) -> list[dict[str, Any]]:
    """Valid values, and such as are wrong in every way; all in this place, where the row has one."""
    valid = {name: value.pk if isinstance(value, models.Model) else value for name, value in house.values(kind, 900).items()}
    references = {name: "nobody-and-nothing" for name in kind.plain_fields if isinstance(kind.model_field(name), models.ForeignKey)}
    people = [{name: who} for name in kind.plain_fields if getattr(kind.model_field(name), "related_model", None) is User for who in ("owner", "stranger")]
    odd = [valid, {}, {"no_such_field": 1}, valid | references, dict.fromkeys(valid, "\0"), *(valid | each for each in people), dict.fromkeys(valid, [1])]
    if place is not None:
        odd = [{name: value for name, value in each.items() if name != "project"} | {"project": place.pk} for each in odd]
    return [json.loads(json.dumps(each, default=str)) for each in odd]


def heard(client: Client, kind: Resource, values: Any) -> tuple[Any, ...]:
    """How somebody is answered who adds this: by REST, by GraphQL, by the form."""
    rest = client.post(f"/api/v1/{kind.key}/", values, content_type="application/json")
    name = next(f for f in schema._schema.mutation_type.fields if f.lower() == f"create{kind.key.replace('.', '')}")  # type: ignore[union-attr]
    query = {"query": f"mutation($v: JSON!) {{ {name}(values: $v) {{ id }} }}", "variables": {"v": values}}
    graph = client.post("/graphql", query, content_type="application/json").json()
    page = client.post(f"/w/{kind.key}/new/", {name: str(value) for name, value in values.items()})
    return rest.status_code, rest.content, graph["errors"][0]["message"], graph["errors"][0]["extensions"]["code"], page.status_code


@pytest.mark.parametrize(**every)
def test_who_may_add_nothing_hears_the_same_of_every_body(house: House, inside: Callable[[], Any], kind: Resource) -> None:
    with inside():
        given = bodies(house, kind, None)
    client = client_of(house.viewer)
    told = {heard(client, kind, values) for values in given}
    assert len(told) == 1, f"{kind.key}: {told}"
    assert next(iter(told))[0] == 403 and next(iter(told))[3] == "denied" and next(iter(told))[4] == 403


@pytest.mark.parametrize(**every)
def test_who_may_do_it_in_one_project_hears_the_same_of_every_body_elsewhere(house: House, inside: Callable[[], Any], kind: Resource) -> None:
    """Given an administrator of P1 who looks at P2, when he adds to P2, or to the organisation what belongs to it, then he hears the same whatever he sends."""
    place = None
    if kind.place_path and kind.model is not Project:
        if "project" not in kind.plain_fields:
            pytest.skip("its place follows from its whole")
        with inside():
            place = Project(code="P2", name="B", start_on=house.project.start_on)
            place.save()
    with inside():
        given = bodies(house, kind, place)
    lead = member(house, "lead", "owner", house.project)
    if place is not None:
        member(house, "lead", "viewer", place)
    client = client_of(lead)
    told = {heard(client, kind, values)[:4] for values in given}
    assert len(told) == 1 and next(iter(told))[0] == 403, f"{kind.key}: {told}"


@pytest.mark.parametrize(**every)
def test_who_may_change_nothing_hears_the_same_of_every_body(house: House, inside: Callable[[], Any], kind: Resource) -> None:
    with inside():
        row, given = house.make(kind), bodies(house, kind, None)
    client = client_of(house.viewer)
    ways = ["", *(f"/{verb.name}" for verb in kind.verbs)]
    for way in ways:
        ask = client.post if way else client.patch
        told = {(a.status_code, a.content) for values in given for a in [ask(f"/api/v1/{kind.key}/{row.pk}{way}", values, content_type="application/json")]}
        assert len(told) == 1 and next(iter(told))[0] == 403, f"{kind.key}{way}: {told}"
    name = next(f for f in schema._schema.mutation_type.fields if f.lower() == f"change{kind.key.replace('.', '')}")  # type: ignore[union-attr]
    query = f'mutation($v: JSON!) {{ {name}(key: "{row.pk}", values: $v) {{ id }} }}'
    codes = {
        client.post("/graphql", {"query": query, "variables": {"v": values}}, content_type="application/json").json()["errors"][0]["extensions"]["code"]
        for values in given
    }
    assert codes == {"denied"}


def test_user_names_cannot_be_probed(house: House, inside: Callable[[], Any]) -> None:
    """Given an administrator of one project, when he makes a person of a name that is a member's and of one that is nobody's, then he hears the same."""
    client = client_of(member(house, "lead", "owner", house.project))
    answers = [
        client.post("/api/v1/directory.person/", {"number": "9", "name": "x", "user": who}, content_type="application/json")
        for who in ("viewer", "stranger", "nobody", 1, 10**9)
    ]
    assert {(a.status_code, a.content) for a in answers} == {(403, answers[0].content)}
    assert resource("directory.person").place_path == ""


def test_filters_of_the_wrong_shape_are_refused_in_words(house: House) -> None:
    client = client_of(house.viewer)
    for wrong in ('"x"', "1", '["x"]', "true"):
        answer = client.post("/graphql", {"query": f"{{ workTaskList(filters: {wrong}) {{ count }} }}"}, content_type="application/json").json()
        [error] = answer["errors"]
        assert "“filters” is an object" in error["message"] and "attribute" not in error["message"] and error["extensions"]["fields"]["filters"], answer
    assert client.post("/graphql", {"query": '{ workTaskList(filters: {status: "done"}) { count } }'}, content_type="application/json").json()["data"]
