"""The law of what comes back when something it named is gone: it is told in words, and nothing is left behind that the database refuses afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models

from jingwei.frame import scope
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import Resource, resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
named = [(kind, name) for kind in resources() for name in kind.references if kind.target(name) is not None and name != "project"]


@pytest.mark.parametrize(("kind", "name"), named, ids=[f"{kind.key}.{name}" for kind, name in named])
def test_what_named_something_that_is_gone_comes_back_without_it_or_says_so(kind: Resource, name: str, house: House, inside: Callable[[], Any]) -> None:
    target = kind.target(name)
    assert target is not None
    with inside():
        try:
            far = house.make(target)
            row = commands.create(kind, {**plain(house, kind), name: far.pk}, house.access)
            with scope.because(reason="gone", trace="first"):
                commands.remove(kind, row, house.access)
            commands.remove(target, far, house.access)
        except (ValidationError, PermissionDenied, models.ProtectedError) as problem:
            pytest.skip(f"it is not joined, or stays: {problem}")
        left = undo.undo("first", house.access)
        back = kind.model.objects.filter(pk=row.pk).first()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert left, "what did not come back is told"
        assert back is None or getattr(back, f"{name}_id") is None


def plain(house: House, kind: Resource) -> dict[str, Any]:
    return {name: value.pk if isinstance(value, models.Model) else value for name, value in house.values(kind, 77).items()}


@pytest.mark.parametrize("turned", [False, True])
def test_a_tree_comes_back_in_whatever_order_it_went(turned: bool, house: House, inside: Callable[[], Any]) -> None:
    tasks = resource("work.task")
    with inside():
        above = commands.create(tasks, {"project": house.project.pk, "name": "above"}, house.access)
        below = commands.create(tasks, {"project": house.project.pk, "name": "below", "parent": above.pk}, house.access)
        order = [above, below] if turned else [below, above]
        with scope.because(reason="bulk", trace="gone"):
            for row in order:  # past the verbs, as one statement may do in any order
                tasks.model.objects.filter(pk=row.pk)._raw_delete("default")
        assert undo.undo("gone", house.access) == []
        assert tasks.model.objects.get(pk=below.pk).parent_id == above.pk
