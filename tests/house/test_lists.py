"""Lists that programs ask for: nothing asked is passed over, every row comes once however far one goes, and the description says what may be asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jingwei.domains.cost.models import Line
from jingwei.frame.api.graphql import schema
from jingwei.frame.records import asking, commands, cursors, listing
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, resource, resources
from tests.house.conftest import House
from tests.house.test_leaks import client_of

pytestmark = pytest.mark.django_db
every = {"argvalues": list(resources()), "argnames": "kind", "ids": lambda each: each.key}
graphql_lists = list(schema._schema.query_type.fields)  # type: ignore[union-attr]
amounts = (5, 3, 3, 9, 1, 3, 7, 7, 2, 8, 3)


@pytest.fixture
def lines(house: House, inside: Callable[[], Any]) -> Resource:
    """Cost lines with equal amounts among them, and with days that are empty."""
    kind = resource("cost.line")
    with inside():
        for number, amount in enumerate(amounts):
            values = {"project": "P1", "number": f"C{number:02d}", "account": "labour", "description": "x", "amount": amount, "period": "2026-11"}
            commands.create(kind, values | ({"posted_on": f"2026-11-{amount:02d}"} if amount % 3 == 0 else {}), house.access)
    return kind


@pytest.mark.parametrize(**every)
def test_an_unknown_filter_is_refused_and_the_known_ones_are_named(kind: Resource, house: House) -> None:
    client = client_of(house.owner)
    answer = client.get(f"/api/v1/{kind.key}/", {"statsu": "open"})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "statsu"
    assert all(name in answer.json()["errors"][0]["message"] for name in kind.filters)
    assert client.get(f"/api/v1/{kind.key}/", {"sort": "nothing"}).json()["errors"][0]["field"] == "sort"
    field = next(name for name in graphql_lists if name.lower() == f"{kind.key.replace('.', '')}list")
    asked = {"query": f'{{ {field}(filters: {{statsu: "open"}}) {{ count }} }}'}
    said = client.post(reverse("graphql"), asked, content_type="application/json").json()
    assert said["errors"] and "statsu" in json.dumps(said)


@pytest.mark.parametrize(**every)
def test_the_description_names_every_filter_and_order(kind: Resource, house: House) -> None:
    described = client_of(house.owner).get("/api/v1/openapi.json").json()["paths"][f"/api/v1/{kind.key}/"]["get"]["parameters"]
    names = {each["name"] for each in described}
    for name in kind.filters:
        field = kind.model_field(name)
        assert ({f"{name}_from", f"{name}_to"} if isinstance(field, models.DateField) else {name}) <= names
    assert {"page", "size", "sort", "q", "after"} <= names


@pytest.mark.parametrize(**every)
def test_values_no_filter_can_read_are_refused(kind: Resource, house: House) -> None:
    client = client_of(house.owner)
    for name in kind.filters:
        field = kind.model_field(name)
        asked = f"{name}_from" if isinstance(field, models.DateField) else name
        is_closed = isinstance(field, models.DateField | models.BooleanField) or bool(field is not None and field.flatchoices)
        answer = client.get(f"/api/v1/{kind.key}/", {asked: "banana"})
        assert answer.status_code == (422 if is_closed else 200) and (not is_closed or answer.json()["errors"][0]["field"] == asked)


def test_a_tag_of_blanks_is_borne_by_no_row(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        house.make(resource("work.task"))
    assert client_of(house.owner).get("/api/v1/work.task/", {"tag": "  "}).json()["items"] == []


@pytest.mark.parametrize("order", ["", "amount", "-amount", "posted_on", "-posted_on", "project", "-number"])
def test_behind_each_cursor_comes_what_is_next(order: str, lines: Resource, house: House) -> None:
    """Given rows of equal and of empty values, when a program goes from cursor to cursor, then it sees the list as it is, each row once."""
    client = client_of(house.owner)
    whole = [each["id"] for each in client.get("/api/v1/cost.line/", {"sort": order, "size": "100"}).json()["items"]]
    seen, after, asked = [], "", 0
    while asked < 20:
        answer = client.get("/api/v1/cost.line/", {"sort": order, "size": "2", **({"after": after} if after else {})}).json()
        seen += [each["id"] for each in answer["items"]]
        after, asked = answer["next"], asked + 1
        if not after:
            break
    assert seen == whole and len(seen) == len(amounts)


def test_a_row_that_goes_meanwhile_takes_no_other_with_it(lines: Resource, house: House, inside: Callable[[], Any]) -> None:
    client = client_of(house.owner)
    first = client.get("/api/v1/cost.line/", {"sort": "number", "size": "4"}).json()
    with inside():
        commands.remove(lines, Line.objects.get(number="C01"), house.access)
    second = client.get("/api/v1/cost.line/", {"sort": "number", "size": "4", "after": first["next"]}).json()
    assert [each["number"] for each in second["items"]] == ["C04", "C05", "C06", "C07"] and second["count"] is None


@pytest.mark.parametrize("cursor", ["banana", "W10", "é", "W1sxXSxbMV1d", "W1siLWlkIl0sWyJ4Il1d", "eyJhIjoxfQ", "a" * 5000])
def test_what_is_no_cursor_is_refused(cursor: str, lines: Resource, house: House) -> None:
    answer = client_of(house.owner).get("/api/v1/cost.line/", {"after": cursor})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "after"


def test_a_cursor_of_another_order_is_refused(lines: Resource, house: House) -> None:
    client = client_of(house.owner)
    cursor = client.get("/api/v1/cost.line/", {"sort": "amount", "size": "2"}).json()["next"]
    assert client.get("/api/v1/cost.line/", {"sort": "-amount", "size": "2", "after": cursor}).status_code == 422


def test_pages_are_counted_to_a_hundred(lines: Resource, house: House) -> None:
    client = client_of(house.owner)
    assert client.get("/api/v1/cost.line/", {"page": "100"}).status_code == 200
    answer = client.get("/api/v1/cost.line/", {"page": "101"})
    assert answer.status_code == 422 and "after" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 10, 11, 12])
def test_pages_counted_from_the_end_are_the_same(size: int, lines: Resource, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        whole = list(Listing(lines, house.access, {"sort": "amount", "size": "100"}).rows)
        pages = [Listing(lines, house.access, {"sort": "amount", "size": str(size), "page": str(page)}).rows for page in range(1, -(-len(whole) // size) + 1)]
    assert [row for page in pages for row in page] == whole


def test_a_page_for_people_counts_so_far_and_tells_that_there_are_more(lines: Resource, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "counted_to", 6)
    monkeypatch.setattr(listing, "found_to", 4)
    client, address = client_of(house.owner), "/w/cost.line/?size=2"
    first = client.get(address).text
    assert "More than 6 rows" in first and "1 / 3+" in first and "count=all" in first
    assert "11 rows" in client.get(address + "&count=all").text and "More than" not in client.get(address + "&count=all").text
    assert "More than 4 rows" in client.get(address + "&q=x").text and "11 rows" in client.get(address + "&q=x&page=2").text
    assert "More than" not in client.get(address + "&page=3").text and "4 / 6" in client.get(address + "&page=4").text  # beyond what it counted, it counts
    assert client.get("/api/v1/cost.line/", {"size": "2"}).json()["count"] == 11
    assert "More than" not in client.get("/w/cost.line/?size=2&amount=1&q=C01").text


@pytest.mark.parametrize("page", ["1", "2", "4", "9"])
@pytest.mark.parametrize("sort", ["", "amount", "-posted_on"])
@pytest.mark.parametrize("counts_all", [True, False])
def test_a_search_looks_through_the_rows_once(page: str, sort: str, counts_all: bool, lines: Resource, house: House, inside: Callable[[], Any]) -> None:
    """Given a search that finds more than a page, when any page of it is asked for, then the words are compared once, and the page is that of the whole."""
    asked = {"q": "x", "size": "3", "sort": sort}
    with inside():
        whole = list(Listing(lines, house.access, asked | {"size": "100"}).rows)
        with CaptureQueriesContext(connection) as seen:
            found = Listing(lines, house.access, asked | {"page": page}, counts_all=counts_all)
            told = found.count, found.has_more, found.page, found.rows
    number = min(int(page), 4)
    assert told == (11, False, number, whole[3 * number - 3 : 3 * number])
    assert sum(" LIKE " in each["sql"] for each in seen) == 1


def test_a_page_behind_a_cursor_counts_nothing(lines: Resource, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        first = Listing(lines, house.access, {"size": "3"})
        cursor = cursors.after(first.rows[-1], first.order)
        with CaptureQueriesContext(connection) as seen:
            assert len(Listing(lines, house.access, {"size": "3", "after": cursor}).rows) == 3
    assert len(seen) == 1 and "COUNT(" not in seen[0]["sql"].upper()


def test_every_order_has_a_cursor(house: House, inside: Callable[[], Any]) -> None:
    """Over every resource and every order: the cursor of a row finds what is behind it."""
    with inside():
        for kind in resources():
            for _each in range(2):
                house.make(kind)
            for name in ("", *asking.sortable(kind)):
                for sign in ("", "-") if name else ("",):
                    asked = Listing(kind, house.access, {"sort": sign + name, "size": "1"})
                    whole = list(asked.all_rows)
                    assert list(cursors.behind(asked.all_rows, asked.order, cursors.after(whole[0], asked.order))) == whole[1:], (kind.key, sign + name)


def test_a_veiled_reference_stands_in_no_order_and_no_cursor(house: House) -> None:
    """Its values would be read from the cursor, one after another."""
    client = client_of(house.owner)
    for kind in resources():
        for name in (*kind.veiled, *kind.untold):
            assert name not in asking.sortable(kind)
            assert client.get(f"/api/v1/{kind.key}/", {"sort": name}).status_code == 422, (kind.key, name)
            assert client.get(f"/w/{kind.key}/", {"sort": name}).status_code == 200
