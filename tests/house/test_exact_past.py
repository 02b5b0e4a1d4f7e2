"""The law of exact pasts: any decimal that a field can hold comes back bit for bit when what was done to it is undone, and is told exactly by every door."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import models
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jingwei.frame import scope
from jingwei.frame.models import History
from jingwei.frame.records import commands, exchange, past, undo
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.walls import heavy
from tests.house.conftest import House

pytestmark = pytest.mark.django_db


def decimals_of(kind: Resource) -> Iterator[tuple[str, models.DecimalField[Any, Any]]]:
    for name in kind.plain_fields:
        field = kind.model_field(name)
        if isinstance(field, models.DecimalField):
            yield name, field


every = [(each.key, name) for each in resources() for name, _field in decimals_of(each)]


def values_of(key: str, name: str) -> st.SearchStrategy[Decimal]:
    """What the field takes, with all its places."""
    field: Any = resource(key).model_field(name)
    most = {"hours": 24, "units_percent": 100, "work_hours": 99999}.get(name, 10 ** (field.max_digits - field.decimal_places) - 1)
    unit = Decimal(1).scaleb(-field.decimal_places)
    return st.integers(1, int(most / unit)).map(lambda number: number * unit)


def stored(row: Any, name: str) -> str | None:
    kept = type(row).unscoped.filter(pk=row.pk).values_list(name, flat=True).first()
    return None if kept is None else format(kept, "f")


def put(row: Any, name: str, value: Decimal) -> None:
    """Past all rules: what a field can hold stands there, whoever has written it."""
    along = (
        ("cost_low", "cost_likely", "cost_high")
        if name.startswith("cost_")
        else ("units_planned", "units_done")
        if name.startswith("units_p") or name == "units_done"
        else ()
    )
    along = tuple(each for each in along if hasattr(row, each))
    type(row).unscoped.filter(pk=row.pk).update(**dict.fromkeys((name, *along), value))


def traced(work: Callable[[], Any]) -> str:
    with scope.because(trace=uuid.uuid4().hex) as current:
        work()
    return current.trace


@pytest.mark.parametrize(("key", "name"), every)
def test_what_was_deleted_comes_back_bit_for_bit(key: str, name: str, house: House, inside: Callable[[], Any]) -> None:
    """Given a row with any decimal its field can hold, when it is deleted and that is undone, then the same number stands there again."""
    kind = resource(key)
    with inside():
        row = house.make(kind)

        @given(values_of(key, name))
        @settings(max_examples=12, deadline=None)
        def law(value: Decimal) -> None:
            put(row, name, value)
            before = stored(row, name)
            trace = traced(lambda: commands.remove(kind, kind.model.objects.get(pk=row.pk), house.access))
            assert undo.undo(trace, house.access) == []
            assert stored(row, name) == before

        law()


@pytest.mark.parametrize(("key", "name"), every)
def test_what_was_changed_is_put_back_bit_for_bit(key: str, name: str, house: House, inside: Callable[[], Any]) -> None:
    """Given any two decimals a field can hold, when one is changed to the other and that is undone, then nothing is refused and the first stands there again."""
    kind = resource(key)
    with inside():
        row = house.make(kind)

        @given(values_of(key, name), values_of(key, name))
        @settings(max_examples=12, deadline=None)
        def law(first: Decimal, second: Decimal) -> None:
            assume(first != second)
            put(row, name, first)
            before = stored(row, name)
            trace = traced(lambda: put(row, name, second))
            left = undo.undo(trace, house.access)
            assert left == [] and stored(row, name) == before

        law()


ways = ("form", "cell", "bulk", "import")


def changed_by(way: str, client: Client, house: House, row: Any, value: Decimal) -> str:
    """Change the amount of a line as people do; returns the trace."""
    if way == "import":
        sheet = exchange.read_sheet(f"project,number,amount\nP1,{row.number},{value}\n".encode(), "x.csv")
        return traced(lambda: exchange.apply(resource("cost.line"), sheet, house.access))
    if way == "form":
        values = {name: getattr(row, name) or "" for name in ("number", "kind", "account", "description", "period")}
        answer = client.post(f"/w/cost.line/{row.pk}/edit/", values | {"project": "P1", "currency": "CNY", "amount": str(value)})
    elif way == "cell":
        answer = client.post(f"/w/cost.line/{row.pk}/cell/amount/", {"amount": str(value)})
    else:
        answer = client.post("/w/cost.line/bulk/", {"pk": row.pk, "action": "set:amount", "value-amount": str(value)})
    assert answer.status_code in (200, 302), answer.text[:400]
    return str(History.unscoped.filter(resource="cost.line", object_id=row.pk).latest("id").trace)


@pytest.mark.parametrize("way", ways)
def test_amounts_come_back_whichever_way_they_were_changed(way: str, house: House, inside: Callable[[], Any]) -> None:
    client = Client()
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    with inside():
        row = house.make(resource("cost.line"))
        amounts = st.integers(1, 10**18 - 1).map(lambda cents: Decimal(cents).scaleb(-2))

        @given(amounts, amounts)
        @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        def law(first: Decimal, second: Decimal) -> None:
            put(row, "amount", first)
            if first != second:
                trace = changed_by(way, client, house, row, second)
                assert stored(row, "amount") == format(second, ".2f")
                assert undo.undo(trace, house.access) == []
            assert stored(row, "amount") == format(first, ".2f")

        law()


def test_history_tells_amounts_exactly_by_every_door(house: House, inside: Callable[[], Any]) -> None:
    """Given an amount that no binary float holds, when its history is asked for, then page and programs tell every digit, and never by powers of ten."""
    with inside():
        row = house.make(resource("cost.line"))
        rate = commands.create(resource("cost.rate"), {"currency": "USD", "base": "CNY", "on": "2026-01-01", "rate": "0.00000001"}, house.access)
        commands.change(resource("cost.line"), row, {"amount": Decimal("9999999999999999.99")}, house.access)
        commands.change(resource("cost.line"), row, {"amount": Decimal("1234567890123456.78")}, house.access)
        commands.change(resource("cost.rate"), rate, {"rate": Decimal("1234567890.12345678")}, house.access)
        line = past.of_row(access_of(house.owner, house.tenant), resource("cost.line"), row).lines[0]
        assert line.before == {"amount": Decimal("9999999999999999.99")} and line.after == {"amount": Decimal("1234567890123456.78")}
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    told = client.get(f"/api/v1/cost.line/{row.pk}/history").json()[0]
    assert (told["before"], told["after"]) == ({"amount": "9999999999999999.99"}, {"amount": "1234567890123456.78"})
    assert client.get(f"/api/v1/cost.rate/{rate.pk}/history").json()[0]["before"] == {"rate": "0.00000001"}
    page = client.get(f"/w/cost.line/{row.pk}/").text
    assert "9999999999999999.99" in page and "1234567890123456.78" in page and "e+16" not in page
    assert "0.00000001" in client.get(f"/w/cost.rate/{rate.pk}/").text


def test_what_is_json_in_a_row_comes_back_as_it_was_written(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        kind = resource("cost.line")
        row = house.make(kind)
        kind.model.objects.filter(pk=row.pk).update(extra={"old": 0.1, "deep": [1.5, {"x": 2}]})
        trace = traced(lambda: commands.remove(kind, kind.model.objects.get(pk=row.pk), house.access))
        line = History.objects.get(trace=trace)
        assert line.before is not None and line.before["extra"] == {"old": 0.1, "deep": [1.5, {"x": 2}]} and type(line.before["extra"]["old"]) is float


def test_an_undo_that_is_told_to_wait_is_offered_still(house: House, inside: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a deletion that can be undone, when the undo is told to wait (429), then the next try does it; what was answered is forgotten."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    with inside():
        row = house.make(resource("cost.line"))
    client.post(f"/w/cost.line/{row.pk}/delete/")
    real = undo.undo

    def busy(*_: Any) -> list[str]:
        raise heavy.Busy

    monkeypatch.setattr(undo, "undo", busy)
    assert client.post("/undo/").status_code == 429
    monkeypatch.setattr(undo, "undo", real)
    answer = client.post("/undo/")
    with inside():
        assert stored(row, "amount") is not None, [str(each) for each in get_messages(answer.wsgi_request)]
    assert "undo" not in client.session
