"""Parts of a row (the lines of a sheet, the impacts of a risk) are told to those who may see parts, whichever way they ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jingwei.frame.models import ApiToken
from jingwei.frame.records.resource import Resource, parts_at_most, resource, resources
from jingwei.frame.records.verbs import Children
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
with_parts = [(each, children) for each in resources() for children in each.children]
cases = pytest.mark.parametrize(("whole", "children"), with_parts, ids=lambda each: getattr(each, "key", getattr(each, "name", "")))


def bearer(house: House, who: str, *grants: str) -> Client:
    user = getattr(house, who)
    tenant = house.other if who == "stranger" else house.tenant
    _token, text = ApiToken.issue(tenant=tenant, user=user, name="t", limit={"grants": list(grants) or ["*"], "projects": None})
    return Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})


def made(house: House, whole: Resource, children: Children) -> Any:
    """A row with one part."""
    part = whole.child(children)
    row = getattr(house.make(part), next(name for name in part.fields if part.target(name) is whole))
    assert getattr(row, children.name).exists()
    return row


@cases
def test_parts_are_told_with_their_own_right_only(house: House, inside: Callable[[], Any], whole: Resource, children: Children) -> None:
    with inside():
        row = made(house, whole, children)
    part = whole.child(children)
    rest, page, form = f"/api/v1/{whole.key}/{row.pk}", f"/w/{whole.key}/{row.pk}/", f"/w/{whole.key}/{row.pk}/edit/"
    assert bearer(house, "stranger").get(rest).status_code == 404
    few, all_of_it = bearer(house, "owner", f"{whole.key}.*"), bearer(house, "owner", f"{whole.key}.*", f"{part.key}.view")
    assert few.get(rest).json()[children.name] is None and len(all_of_it.get(rest).json()[children.name]) == 1
    assert few.patch(rest, {}, content_type="application/json").json()[children.name] is None
    for path in (page, form):
        told = [client.get(path).context for client in (few, all_of_it)]
        key = "parts" if path == page else "children"
        assert [len(context[key]) for context in told] == [0, 1], path
    assert few.post(form, {"version": ""}).status_code in (302, 422)
    with inside():
        assert getattr(row, children.name).count() == 1, "a form without the list leaves it alone"


def test_the_phone_and_the_register_tell_no_part_either(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        sheet = made(house, resource("labour.sheet"), resource("labour.sheet").children[0])
        made(house, resource("risk.risk"), resource("risk.risk").children[0])
        worker = sheet.lines.get().worker
    few, all_of_it = bearer(house, "owner", "labour.sheet.*", "risk.risk.*"), bearer(house, "owner", "labour.*", "risk.*")
    for path in (f"/labour/phone/{sheet.pk}/", f"/labour/phone/new/?project={house.project.pk}&repeat=1"):
        assert worker in all_of_it.get(path).text and worker not in few.get(path).text, path
    assert "would delay" in all_of_it.get("/risks/P1/").text and "would delay" not in few.get("/risks/P1/").text


def test_a_row_brings_only_so_many_parts(house: House, inside: Callable[[], Any]) -> None:
    """Given a sheet, when a program or a form brings more lines than may be, then that is refused in words, by the field, and nothing is changed."""
    with inside():
        sheet = made(house, resource("labour.sheet"), resource("labour.sheet").children[0])
    client = bearer(house, "owner")
    line = {"worker": "W", "trade": "T", "hours": "1", "rate": "1"}
    too_many = {"lines": [line] * (parts_at_most + 1)}
    assert bearer(house, "stranger").patch(f"/api/v1/labour.sheet/{sheet.pk}", too_many, content_type="application/json").status_code == 404
    answer = client.patch(f"/api/v1/labour.sheet/{sheet.pk}", too_many, content_type="application/json")
    problem = answer.json()["errors"][0]
    assert answer.status_code == 422 and problem["field"] == "lines" and f"At most {parts_at_most}" in problem["message"]
    graph = {
        "query": "mutation($k: String!, $v: JSON!) { changeLabourSheet(key: $k, values: $v) { id } }",
        "variables": {"k": str(sheet.pk), "v": too_many},
    }
    assert "lines" in client.post("/graphql", graph, content_type="application/json").json()["errors"][0]["extensions"]["fields"]
    form = {"lines-rows": parts_at_most + 1} | {f"lines-{n}-{name}": value for n in range(parts_at_most + 1) for name, value in line.items()}
    page = client.post(f"/w/labour.sheet/{sheet.pk}/edit/", form)
    assert page.status_code == 422 and f"At most {parts_at_most}" in page.text
    with inside():
        assert sheet.lines.count() == 1
