"""The law of forms that come twice, over every resource: one form makes one row, and whoever sent it is led there both times."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from jingwei.frame.models import History
from jingwei.frame.records.resource import Resource, resource, resources
from tests.at_once import together
from tests.house.conftest import House
from tests.house.test_resources import logged_in, posted

every = pytest.mark.parametrize("kind", list(resources()), ids=lambda r: r.key)


def form_id(page: str) -> str:
    """The id that a page gave its form."""
    found = re.search(r'name="form_id" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


def opened(client: Client, kind: Resource) -> str:
    return form_id(client.get(f"/w/{kind.key}/new/").content.decode())


def filled(house: House, inside: Any, kind: Resource, number: int = 1) -> dict[str, Any]:
    with inside():
        return posted(house, kind, number)


def rows_of(kind: Resource, inside: Any) -> int:
    with inside():
        return int(kind.model.objects.count())


@pytest.mark.django_db
@every
def test_a_form_that_comes_twice_makes_one_row(kind: Resource, house: House, inside: Any) -> None:
    client, address = logged_in(house, house.owner), f"/w/{kind.key}/new/"
    data = filled(house, inside, kind)
    before = rows_of(kind, inside)
    data |= {"form_id": opened(client, kind)}
    first, second = client.post(address, data), client.post(address, data)
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"], second.content.decode()[-2000:]
    assert rows_of(kind, inside) == before + 1
    with inside():
        assert History.objects.filter(resource=kind.model._meta.label_lower, action="I").exists()
    assert opened(client, kind) != data["form_id"], "another form is another row"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["risk.risk", "work.task"])
def test_a_form_that_comes_twice_at_once_makes_one_row(key: str, house: House, inside: Any) -> None:
    """The double click: no code is typed, so that nothing but the form tells the two apart from two rows."""
    kind, one, two = resource(key), logged_in(house, house.owner), logged_in(house, house.owner)
    data = {name: value for name, value in filled(house, inside, kind).items() if name != "code"} | {"form_id": opened(one, kind)}
    before = rows_of(kind, inside)
    answers = together(*(lambda each=each: each.post(f"/w/{kind.key}/new/", data) for each in (one, two)))
    assert [answer.status_code for answer in answers] == [302, 302] and answers[0]["Location"] == answers[1]["Location"]
    assert rows_of(kind, inside) == before + 1


@pytest.mark.django_db
def test_what_was_mended_is_written_and_what_somebody_goes_back_and_changes_is_another_row(house: House, inside: Any) -> None:
    kind, client = resource("risk.risk"), logged_in(house, house.owner)
    data = {name: value for name, value in filled(house, inside, kind).items() if name != "code"} | {"form_id": opened(client, kind)}
    before = rows_of(kind, inside)
    refused = client.post(f"/w/{kind.key}/new/", data | {"title": ""})
    assert refused.status_code == 422 and form_id(refused.content.decode()) == data["form_id"], "the form keeps its id while it is mended"
    assert client.post(f"/w/{kind.key}/new/", data).status_code == 302 and rows_of(kind, inside) == before + 1
    assert client.post(f"/w/{kind.key}/new/", data | {"title": "another"}).status_code == 302 and rows_of(kind, inside) == before + 2


@pytest.mark.django_db
def test_nobody_is_led_to_what_another_person_has_made(house: House, inside: Any) -> None:
    kind, one = resource("risk.risk"), logged_in(house, house.owner)
    data = {name: value for name, value in filled(house, inside, kind).items() if name != "code"} | {"form_id": opened(one, kind)}
    mine = one.post(f"/w/{kind.key}/new/", data)
    other = logged_in(house, house.stranger).post(f"/w/{kind.key}/new/", data)
    assert mine.status_code == 302 and other.get("Location") != mine["Location"]


@pytest.mark.django_db
def test_a_form_whose_row_is_gone_says_so_and_makes_no_other(house: House, inside: Any) -> None:
    kind, client = resource("risk.risk"), logged_in(house, house.owner)
    data = filled(house, inside, kind) | {"form_id": opened(client, kind)}
    before, row = rows_of(kind, inside), client.post(f"/w/{kind.key}/new/", data)["Location"]
    client.post(f"{row}delete/")
    again = client.post(f"/w/{kind.key}/new/", data, follow=True)
    assert again.redirect_chain[0][0] == f"/w/{kind.key}/" and again.status_code == 200 and rows_of(kind, inside) == before
