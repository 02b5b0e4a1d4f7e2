"""The law of what was seen, over every verb of every resource: who does something to a row does it to the row as he saw it. An old version is refused by
every way, nothing is done, and he is shown what is there now."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.records.verbs import Verb
from tests.house.conftest import House
from tests.house.test_api import Person
from tests.house.test_mcp import Assistant

pytestmark = pytest.mark.django_db
verbs = [(each, verb) for each in resources() for verb in each.verbs]
named: dict[str, Any] = {"argnames": ("kind", "verb"), "argvalues": verbs, "ids": [f"{kind.key}-{verb.name}" for kind, verb in verbs]}
together = [(kind, verb) for kind, verb in verbs if verb.bulk]
many: dict[str, Any] = {"argnames": ("kind", "verb"), "argvalues": together, "ids": [f"{kind.key}-{verb.name}" for kind, verb in together]}


@pytest.fixture
def browser(house: House) -> Client:
    client = Client()
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def aged(house: House, inside: Callable[[], Any], kind: Resource) -> tuple[Any, int]:
    """A row that somebody has changed since it was read, and the version it was read with."""
    with inside():
        row = house.make(kind)
        seen = row.version
        row.save()
        return row, seen


def stored(inside: Callable[[], Any], kind: Resource, row: Any) -> dict[str, Any]:
    with inside():
        return dict(kind.model.objects.filter(pk=row.pk).values().get())


def asked_by(kind: Resource, verb: Verb) -> dict[str, Any]:
    return {name: 50 if name == "percent" else "因为如此" for name in verb.fields}


@pytest.mark.parametrize(**named)
def test_a_page_does_nothing_to_what_was_not_seen(house: House, inside: Callable[[], Any], browser: Client, kind: Resource, verb: Verb) -> None:
    row, seen = aged(house, inside, kind)
    before, address = stored(inside, kind, row), f"/w/{kind.key}/{row.pk}/do/{verb.name}/"
    answer = browser.post(address, {**asked_by(kind, verb), "version": seen})
    html = answer.content.decode()
    assert answer.status_code == 409 and "其间已有人修改" in html and f'name="version" value="{row.version}"' in html, answer.status_code
    assert stored(inside, kind, row) == before
    for name, value in asked_by(kind, verb).items():
        assert str(value) in html, f"what was typed into {name} is kept"
    shown = [
        str(getattr(row, name))
        for name in kind.columns
        if isinstance(before.get(name), str) and before[name] and not getattr(kind.model_field(name), "choices", None)
    ]
    assert all(text in html for text in shown), "what is there now is shown"
    assert browser.post(address, {**asked_by(kind, verb), "version": row.version}).status_code != 409


@pytest.mark.parametrize(**named)
def test_the_page_that_asks_shows_the_row_and_carries_its_version(house: House, inside: Callable[[], Any], browser: Client, kind: Resource, verb: Verb) -> None:
    row, _seen = aged(house, inside, kind)
    address = f"/w/{kind.key}/{row.pk}/do/{verb.name}/"
    answer = browser.get(address)
    if answer.status_code == 302:  # not possible in its present state, or voted on
        return
    html = answer.content.decode()
    assert f'name="version" value="{row.version}"' in html and "jw-facts" in html
    assert f'"{address}' in browser.get(f"/w/{kind.key}/{row.pk}/").content.decode()


@pytest.mark.parametrize(**named)
def test_programs_are_refused_as_a_change_is(house: House, inside: Callable[[], Any], kind: Resource, verb: Verb) -> None:
    row, seen = aged(house, inside, kind)
    before, asked = stored(inside, kind, row), asked_by(kind, verb)
    person = Person(house, house.owner, house.tenant)
    change = person.call("PATCH", f"/api/v1/{kind.key}/{row.pk}", {"version": seen})
    address = f"/api/v1/{kind.key}/{row.pk}/{verb.name}"
    assert change[0] == 409
    assert person.call("POST", address, {**asked, "version": seen}) == change, "REST"
    name = "act" + "".join(part.title() for part in kind.key.replace("_", ".").split("."))
    query = f'mutation($v: JSON) {{ {name}(key: "{row.pk}", verb: "{verb.name}", values: $v) {{ id }} }}'
    for version, code in ((seen, "stale"), ("x", "invalid")):
        body = {"query": query, "variables": {"v": {**asked, "version": version}}}
        answer = person.client.post("/graphql", json.dumps(body), content_type="application/json").json()
        assert answer["errors"][0]["extensions"]["code"] == code, answer
    if not kind.is_reserved:
        is_done, told = Assistant(house, house.owner).call("act", kind=kind.key, key=row.pk, verb=verb.name, values=asked, version=seen)
        assert not is_done and "changed this in the meantime" in told["errors"][0]["message"], told
    assert stored(inside, kind, row) == before
    assert person.call("POST", address, {**asked, "version": row.version})[0] != 409
    assert person.call("POST", address, {**asked, "version": "x"})[0] == 422


@pytest.mark.parametrize(**many)
def test_many_rows_are_done_as_they_were_shown_or_not_at_all(house: House, inside: Callable[[], Any], browser: Client, kind: Resource, verb: Verb) -> None:
    row, seen = aged(house, inside, kind)
    with inside():
        other = house.make(kind)
    before = [stored(inside, kind, each) for each in (other, row)]
    page = browser.get(f"/w/{kind.key}/").content.decode()
    assert f'name="seen-{row.pk}" value="{row.version}"' in page
    form = {"action": f"verb:{verb.name}", "pk": [other.pk, row.pk], f"seen-{row.pk}": seen, f"seen-{other.pk}": other.version}
    html = browser.post(f"/w/{kind.key}/bulk/", form, follow=True).content.decode()
    assert "未做任何修改" in html and str(row) in html
    assert [stored(inside, kind, each) for each in (other, row)] == before


@pytest.mark.parametrize("kind", list(resources()), ids=lambda each: each.key)
def test_many_rows_are_deleted_as_they_were_shown_or_not_at_all(house: House, inside: Callable[[], Any], browser: Client, kind: Resource) -> None:
    row, seen = aged(house, inside, kind)
    browser.post(f"/w/{kind.key}/bulk/", {"action": "delete", "pk": [row.pk], f"seen-{row.pk}": seen})
    assert stored(inside, kind, row)
    for name in kind.inline[:1]:
        before = stored(inside, kind, row)
        browser.post(f"/w/{kind.key}/bulk/", {"action": f"set:{name}", "pk": [row.pk], f"seen-{row.pk}": seen, f"value-{name}": "7"})
        assert stored(inside, kind, row) == before
