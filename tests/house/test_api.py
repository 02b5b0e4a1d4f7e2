"""Laws over REST and GraphQL: every resource reads, writes and refuses alike, and the description is valid OpenAPI 3.1."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openapi_spec_validator import validate

from jingwei.frame.models import ApiToken
from jingwei.frame.records.resource import Resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("resource", list(resources()), ids=lambda r: r.key)


class Program:
    """A client with a token."""

    def __init__(self, house: House, user: Any, tenant: Any) -> None:
        self.token = ApiToken.issue(tenant=tenant, user=user, name="test")[1]
        self.client = Client(enforce_csrf_checks=True)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One call."""
        answer = self.client.generic(
            method, path, json.dumps(body) if body is not None else "", content_type="application/json", headers={"Authorization": f"Bearer {self.token}"}
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None


class Person(Program):
    """Somebody who is logged in, without a token."""

    def __init__(self, house: House, user: Any, tenant: Any) -> None:
        super().__init__(house, user, tenant)
        self.client = Client()
        self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.client.generic(method, path, json.dumps(body) if body is not None else "", content_type="application/json")
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def program(house: House) -> Program:
    return Program(house, house.owner, house.tenant)


def writer(resource: Resource, house: House, values: dict[str, Any]) -> Program:
    """Who makes rows of it: a program, or, where only persons may, a person, after a program was refused."""
    program = Program(house, house.owner, house.tenant)
    if not resource.is_reserved:
        return program
    assert program.call("POST", f"/api/v1/{resource.key}/", values)[0] == 403
    return Person(house, house.owner, house.tenant)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON takes them."""
    return {
        k: v.pk if isinstance(v, models.Model) else v.isoformat() if isinstance(v, dt.date) else str(v) if isinstance(v, Decimal) else v
        for k, v in values.items()
    }


@every
def test_rest_reads_writes_and_deletes(resource: Resource, house: House, inside: Any) -> None:
    with inside():
        values = plain(house.values(resource, 1))
    program = writer(resource, house, values)
    status, made = program.call("POST", f"/api/v1/{resource.key}/", values)
    assert status == 201, made
    status, told = program.call("GET", f"/api/v1/{resource.key}/{made['id']}")
    assert status == 200 and told["natural_key"] == made["natural_key"]
    status, listed = program.call("GET", f"/api/v1/{resource.key}/?size=500")
    assert status == 200 and made["id"] in [item["id"] for item in listed["items"]]
    status, stale = program.call("PATCH", f"/api/v1/{resource.key}/{made['id']}", {"version": made["version"] + 7})
    assert (status, stale["errors"][0]["code"]) == (409, "stale")
    status, lines = program.call("GET", f"/api/v1/{resource.key}/{made['id']}/history")
    assert status == 200 and lines[-1]["action"] == "I" and lines[-1]["origin"] == ("web" if resource.is_reserved else "api:test")
    assert program.call("DELETE", f"/api/v1/{resource.key}/{made['id']}")[0] == 204
    assert program.call("GET", f"/api/v1/{resource.key}/{made['id']}")[0] == 404


@every
def test_rest_refuses_strangers_and_unknown_fields(resource: Resource, house: House, inside: Any, program: Program) -> None:
    with inside():
        row = house.make(resource)
        values = plain(house.values(resource, 9))
    assert Client().get(f"/api/v1/{resource.key}/").status_code == 401
    other = Program(house, house.stranger, house.other)
    assert other.call("GET", f"/api/v1/{resource.key}/{row.pk}")[0] == 404
    assert other.call("DELETE", f"/api/v1/{resource.key}/{row.pk}")[0] == 404
    viewer = Program(house, house.viewer, house.tenant)
    assert viewer.call("GET", f"/api/v1/{resource.key}/{row.pk}")[0] == (403 if resource.is_reserved else 200)
    assert viewer.call("PATCH", f"/api/v1/{resource.key}/{row.pk}", {})[0] == 403
    assert viewer.call("POST", f"/api/v1/{resource.key}/", values)[0] == 403
    for column in [f.attname for f in resource.model._meta.concrete_fields if f.name not in resource.fields]:
        status, answer = program.call("PATCH", f"/api/v1/{resource.key}/{row.pk}", {column: 1})
        if column != "version":
            assert status == 422, f"{column} was accepted: {answer}"


@every
def test_graphql_reads_writes_and_refuses(resource: Resource, house: House, inside: Any) -> None:
    name = resource.key.replace(".", "_")
    camel = "".join(part if i == 0 else part.title() for i, part in enumerate(name.split("_")))
    with inside():
        values = plain(house.values(resource, 1))
    program = writer(resource, house, values)
    title = camel[0].upper() + camel[1:]
    query = f"mutation M($v: JSON!) {{ create{title}(values: $v) {{ id naturalKey version }} }}"
    status, answer = program.call("POST", "/graphql", {"query": query, "variables": {"v": values}})
    assert status == 200 and "errors" not in answer, answer
    made = answer["data"][f"create{title}"]
    _, answer = program.call("POST", "/graphql", {"query": f"{{ {camel}List {{ count items {{ id naturalKey }} }} }}"})
    assert made["id"] in [item["id"] for item in answer["data"][f"{camel}List"]["items"]]
    _, answer = program.call("POST", "/graphql", {"query": query, "variables": {"v": {**values, "tenant_id": 1}}})
    assert answer["errors"][0]["extensions"]["code"] == "invalid"
    other = Program(house, house.stranger, house.other)
    _, answer = other.call("POST", "/graphql", {"query": f'{{ {camel}(key: "{made["id"]}") {{ id }} }}'})
    assert answer["errors"][0]["extensions"]["code"] == "not_found"
    _, answer = program.call("POST", "/graphql", {"query": f'mutation {{ delete{title}(key: "{made["id"]}") }}'})
    assert answer["data"][f"delete{title}"] is True


def test_the_description_is_valid_openapi(house: House, program: Program) -> None:
    status, described = program.call("GET", "/api/v1/openapi.json")
    assert status == 200 and described["openapi"].startswith("3.1")
    validate(described)
    assert len(described["paths"]) >= 3 * len(list(resources()))


def test_lists_keep_their_query_budget(house: House, inside: Any, program: Program) -> None:
    for resource in resources():
        with inside():
            house.make(resource)
        program.call("GET", f"/api/v1/{resource.key}/")
        with CaptureQueriesContext(connection) as seen:
            assert program.call("GET", f"/api/v1/{resource.key}/?size=500")[0] == 200
        assert len(seen) <= 14, (resource.key, len(seen))


def test_a_revoked_token_opens_nothing(house: House, program: Program) -> None:
    ApiToken.objects.all().delete()
    assert program.call("GET", "/api/v1/work.task/")[0] == 401
