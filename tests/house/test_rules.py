"""The law of rules: what a service refuses when a row is written, the rules of its resource refuse as well, so that undo brings nothing back that could not be."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jingwei.frame import scope
from jingwei.frame.records.resource import Resource, resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
# resources whose service fills in what follows and refuses nothing
without = {"cost.line": "its service tells the period from the date"}


def test_every_service_that_writes_has_its_rules_beside_it() -> None:
    served = {each.key for each in resources() if each.write is not None and not each.key.startswith("tests.")}
    assert {key for key in served if not resource(key).rules} == set(without)


@pytest.mark.parametrize("each", list(resources()), ids=lambda each: each.key)
def test_a_valid_row_passes_its_rules(each: Resource, house: House, inside: Any) -> None:
    with inside():
        row = house.make(each)
        for rule in each.rules:
            rule(row)


wrong: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "worktime.calendar": [("project", {"layer": "project", "project": None}), ("week", {"week": {"0": []}})],
    "worktime.calendarexception": [("until", {"until": date(2020, 1, 1)}), ("shifts", {"shifts": [[600, 500]]})],
    "frame.project": [("finish_on", {"scheduled_from": "finish", "finish_on": None})],
    "change.changerequest": [("changes", {"changes": {"999999999": {"duration_minutes": 1}}})],
    "work.task": [("optimistic_minutes", {"optimistic_minutes": 9_999_999})],
    "frame.webhook": [("url", {"url": "ftp://example.com"}), ("facts", {"facts": "no.such.fact"})],
    "hub.system": [("connector", {"connector": "nothing-of-the-kind"})],
}


@pytest.mark.parametrize(("key", "field", "values"), [(key, field, values) for key, each in wrong.items() for field, values in each])
def test_a_row_that_cannot_be_is_refused_at_its_field(key: str, field: str, values: dict[str, Any], house: House, inside: Any) -> None:
    with inside():
        row = house.make(resource(key))
        for name, value in values.items():
            setattr(row, name, value)
        with pytest.raises(ValidationError) as caught:
            for rule in resource(key).rules:
                rule(row)
        assert field in caught.value.message_dict


def test_an_exception_that_meets_another_does_not_come_back(house: House, inside: Any) -> None:
    exceptions = resource("worktime.calendarexception")
    with inside():
        row = house.make(exceptions)
        back = exceptions.model(pk=7_000_001, tenant_id=scope.current().tenant_id, calendar=row.calendar, on_date=row.on_date)
        with pytest.raises(ValidationError) as caught:
            for rule in exceptions.rules:
                rule(back)
        assert "on_date" in caught.value.message_dict


def test_a_loop_does_not_come_back(house: House, inside: Any) -> None:
    links = resource("work.dependency")
    with inside():
        row = house.make(links)
        back = links.model(pk=7_000_001, tenant_id=scope.current().tenant_id, project=row.project, predecessor=row.successor, successor=row.predecessor)
        with pytest.raises(ValidationError) as caught:
            for rule in links.rules:
                rule(back)
        assert "predecessor" in caught.value.message_dict
