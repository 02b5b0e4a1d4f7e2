"""Programs' requests take turns: nobody's keep the others from being answered, and what is sent badly is a refusal in words."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client

from jingwei.frame.api import costs
from jingwei.frame.models import ApiToken
from jingwei.frame.records.resource import resources
from jingwei.frame.walls import heavy, limits
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
dear = "{ " + " ".join(f"a{n}: workTaskList(size: 200) {{ items {{ id name status }} }}" for n in range(20)) + " }"
cheap = "{ workTaskList { count } }"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(heavy, "wait_seconds", 0.05)


def program(house: House, who: str = "owner") -> Client:
    """With a token of somebody."""
    token = ApiToken.issue(tenant=house.tenant, user=getattr(house, who), name="t")[1]
    return Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"}, raise_request_exception=False)


def ask(client: Client, query: str) -> Any:
    """One GraphQL request."""
    return client.post("/graphql", json.dumps({"query": query}), content_type="application/json")


def test_one_persons_requests_leave_half_of_the_connections(house: House) -> None:
    with ExitStack() as stack:
        for _ in range(heavy.places()):
            stack.enter_context(heavy.answers.taken(house.owner.pk))
        for answer in (program(house).get("/api/v1/work.task/"), ask(program(house), cheap)):
            assert (answer.status_code, answer["Retry-After"]) == (429, "5")
            assert answer.json()["errors"][0]["code"] == "busy" and "Send fewer at a time" in answer.json()["errors"][0]["message"]
        assert program(house, "viewer").get("/api/v1/work.task/").status_code in (200, 403)
        assert heavy.connections() - heavy.places() >= 2
    assert program(house).get("/api/v1/work.task/").status_code == 200
    assert heavy.answers._doing.total() == 0


def test_all_programs_together_leave_two_connections(house: House) -> None:
    with ExitStack() as stack:
        for person in range(-heavy.connections() + 2, 0):
            stack.enter_context(heavy.answers.taken(person))
        answer = program(house).get("/api/v1/work.task/")
        assert answer.status_code == 429 and "Many requests are being answered" in answer.json()["errors"][0]["message"]
        page = Client()
        page.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert page.get("/w/work.task/").status_code == 200


def test_a_dear_query_waits_its_turn_and_a_cheap_one_does_not(house: House) -> None:
    assert costs.check(dear, None) > costs.cheap_cost > costs.check(cheap, None)
    client = program(house)
    with heavy.turns.taken(house.owner.pk), heavy.turns.taken(house.owner.pk):
        answer = ask(client, dear)
        assert (answer.status_code, answer["Retry-After"]) == (429, "5")
        assert ask(client, cheap).json()["data"] == {"workTaskList": {"count": 0}}
    assert "errors" not in ask(client, dear).json()


def test_many_lists_in_one_request_have_one_time_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "api_milliseconds", 0)
    answer = ask(program(house), dear)
    assert answer.status_code == 200 and "longer than 0 seconds" in answer.json()["errors"][0]["message"]


def test_a_list_of_parts_that_is_null_is_refused_in_words(house: House) -> None:
    client, tried = program(house), 0
    from jingwei.frame import scope

    for resource in resources():
        for each in resource.children:
            with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
                row = house.make(resource)
            answer = client.patch(f"/api/v1/{resource.key}/{row.pk}", json.dumps({each.name: None}), content_type="application/json")
            assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == each.name, answer.content
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize("what", ["preview", "commit", "undo"])
def test_a_form_where_json_is_wanted_is_refused_in_words(house: House, what: str) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get("/")
    mark = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}  # looked for in the form, which is read by that
    answer = client.post(f"/schedule/gantt/{house.project.code}/{what}/", {"changes": "[]", **mark})
    assert answer.status_code == 400 and "send it as JSON" in answer.text
