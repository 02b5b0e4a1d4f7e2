"""The law of numbers, over every model that gives them: one after the other, never twice, not even when its row is gone or two people write at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections, transaction

from jingwei.frame import scope
from jingwei.frame.models import numbers
from jingwei.frame.models.ledger import Counter
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resources
from tests.house.conftest import House

numbered = [each for each in resources() if each.model.numbered is not None]
named = {"argvalues": numbered, "ids": [each.key for each in numbered]}


def new(house: House, resource: Resource, **more: Any) -> Any:
    """One more row without a number."""
    assert resource.model.numbered is not None
    values = {name: value for name, value in house.values(resource).items() if name != resource.model.numbered.field}
    return commands.create(resource, {n: getattr(v, "pk", v) for n, v in (values | more).items()}, house.access)


@pytest.mark.django_db
@pytest.mark.parametrize("resource", **named)
def test_numbers_go_on_and_none_is_given_twice(resource: Resource, house: House, inside: Any) -> None:
    number = resource.model.numbered
    assert number is not None
    with inside():
        first, second = new(house, resource), new(house, resource)
        stem = number.stem_of(first)
        one, two = (int(getattr(row, number.field).removeprefix(stem)) for row in (first, second))
        assert two == one + 1
        second.delete()
        third = new(house, resource)
        assert int(getattr(third, number.field).removeprefix(stem)) == two + 1, "the number of a row that is gone is not given again"
        typed = new(house, resource, **{number.field: f"{stem.lower()}{two + 40}"})
        assert getattr(typed, number.field) == f"{stem.lower()}{two + 40}", "what somebody types stays"
        assert int(getattr(new(house, resource), number.field).removeprefix(stem)) == two + 41, "and counts as given"


@pytest.mark.django_db
@pytest.mark.parametrize("resource", **named)
def test_many_are_numbered_with_one_question(resource: Resource, house: House, inside: Any, django_assert_max_num_queries: Any) -> None:
    number = resource.model.numbered
    assert number is not None
    with inside():
        values = {n: getattr(v, "pk", v) for n, v in house.values(resource).items() if n != number.field}
        made = commands.save_many(resource, [(None, values) for _ in range(12)], house.access)
        assert len({getattr(row, number.field) for row in made}) == 12, made


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_once_get_two_numbers(house: House) -> None:
    """Given one who has taken a number and not yet come to an end, when another one writes, then he waits and gets the next one."""
    resource = next(each for each in numbered if each.key == "risk.risk")
    given: list[str] = []
    taken, go_on = threading.Event(), threading.Event()

    def second() -> None:
        try:
            taken.wait(10)
            with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
                given.append(new(house, resource).code)
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    thread.start()
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)), transaction.atomic():
        given.append(new(house, resource).code)
        taken.set()
        go_on.wait(0.5)
        assert len(given) == 1
    thread.join(10)
    assert len(set(given)) == 2, given
    with scope.within(scope.Scope(house.tenant.pk)):
        assert Counter.objects.get().last == 2


@pytest.mark.django_db
@pytest.mark.parametrize("resource", **named)
def test_an_emptied_number_is_given_anew_and_a_dry_run_gives_none(resource: Resource, house: House, inside: Any) -> None:
    number = resource.model.numbered
    assert number is not None
    with inside():
        row = new(house, resource)
        stem = number.stem_of(row)
        first = int(getattr(row, number.field).removeprefix(stem))
        row = commands.change(resource, row, {number.field: ""}, house.access)
        assert int(getattr(row, number.field).removeprefix(stem)) == first + 1
        with numbers.dry_run(), transaction.atomic():
            shown = new(house, resource)
            assert int(getattr(shown, number.field).removeprefix(stem)) == first + 2
            transaction.set_rollback(True)
        assert Counter.objects.get(key__endswith=f" {stem}").last == first + 1
        values = {n: getattr(v, "pk", v) for n, v in house.values(resource).items() if n != number.field}
        made = commands.save_many(resource, [(None, values), (None, {**values, number.field: f"{stem}{first + 9}"}), (None, values)], house.access)
        given = [getattr(each, number.field).removeprefix(stem) for each in made]
        assert len(set(given)) == 3 and int(given[1]) == first + 9 < int(given[2]), "numbers of the same file count"


@pytest.mark.django_db
@pytest.mark.parametrize("resource", **named)
def test_however_high_somebody_types_whoever_types_none_gets_the_next_free_one(resource: Resource, house: House, inside: Any) -> None:
    """Given numbers typed at the end of what counts and behind it, when rows without a number are written, one by one, many at once and on trial, then each gets one."""
    number = resource.model.numbered
    assert number is not None
    top = 10**numbers.longest_typed
    with inside():
        stem = number.stem_of(new(house, resource))
        for typed in (top - 1, top, top + 1, top + 3):
            new(house, resource, **{number.field: f"{stem.lower()}{typed}"})
        assert getattr(new(house, resource), number.field) == f"{stem}{top + 2}"
        assert getattr(new(house, resource), number.field) == f"{stem}{top + 4}"
        new(house, resource, **{number.field: f"{stem}{'9' * 20}"})
        values = {n: getattr(v, "pk", v) for n, v in house.values(resource).items() if n != number.field}
        with numbers.dry_run(), transaction.atomic():
            shown = commands.save_many(resource, [(None, values), (None, values)], house.access)
            transaction.set_rollback(True)
        made = commands.save_many(resource, [(None, values), (None, {**values, number.field: f"{stem}{top + 6}"}), (None, values)], house.access)
        assert [getattr(row, number.field) for row in made] == [f"{stem}{top + 5}", f"{stem}{top + 6}", f"{stem}{top + 7}"]
        assert [getattr(row, number.field) for row in shown] == [f"{stem}{top + 5}", f"{stem}{top + 6}"]
        assert Counter.objects.get(key__endswith=f" {stem}").last == top + 7
