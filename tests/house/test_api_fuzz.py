"""The REST description against the house: whatever it allows to be sent is answered as it says, and never by a server error."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from jingwei.frame.models import ApiToken
from jingwei.frame.records.resource import resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
examples = int(os.environ.get("FUZZ_EXAMPLES", "6"))
areas = [resource.key for resource in resources()] + ["reports", "hub"]


def sent(client: Client, token: str, case: Any) -> Any:
    """One generated request, through the test client."""
    path = case.formatted_path if str(case.formatted_path).startswith("/api") else f"/api/v1{case.formatted_path}"
    query = {name: value for name, value in (case.query or {}).items() if value is not None}
    has_body = case.body is not None and type(case.body).__name__ != "NotSet"
    return client.generic(
        case.method, path, json.dumps(case.body, default=str) if has_body else "", content_type="application/json",
        headers={"Authorization": f"Bearer {token}"}, query_params=query,
    )  # fmt: skip


_described: list[Any] = []  # once a process: it is the same in every house as long as nobody has declared fields of his own


def described(house: House) -> Any:
    """The description, as a program reads it."""
    if not _described:
        client = Client(raise_request_exception=False)
        client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        _described.append(schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json()))
    return _described[0]


@pytest.mark.parametrize("who", ["owner", "viewer"])
@pytest.mark.parametrize("area", areas)
def test_whatever_the_description_allows_is_never_a_server_error(area: str, who: str, house: House) -> None:
    """Two members: one who may do everything, one who may only look."""
    token = ApiToken.issue(tenant=house.tenant, user=getattr(house, who), name="fuzz")[1]
    failed: list[Any] = []
    for found in described(house).include(tag=area).get_all_operations():
        failed += _asked(found.ok(), token)
    assert not failed, failed[:3]


def _asked(operation: Any, token: str) -> list[Any]:
    """A few generated requests of one operation; those whose answer is an error of ours or not in the description."""
    known = {int(code) for code in operation.definition.raw["responses"]} | {401}
    client, failed = Client(raise_request_exception=False), []

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None, derandomize=True)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = sent(client, token, case)
        if answer.status_code not in known:
            failed.append((case.method, case.formatted_path, case.query, case.body, answer.status_code, answer.content[:300]))

    ask()
    return failed
