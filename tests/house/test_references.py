"""The law of references, over every reference of every resource: what one may not look at is not there, by whatever way it is named; what is named stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import Access, access_of, declared, standard_roles
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
references = [(each, name) for each in resources() for name in each.plain_fields if (target := each.target(name)) is not None and target.model is not Project]
named: dict[str, Any] = {"argnames": ("kind", "name"), "argvalues": references, "ids": [f"{kind.key}-{name}" for kind, name in references]}
nowhere = 10**6


def blind(house: House, kind: Resource, target: Resource) -> tuple[User, Access]:
    """Somebody who may do everything with these rows, and look at all others but the ones they name."""
    others = {each.key for each in resources()} - {kind.key, target.key}
    grants = [*(f"{key}.view" for key in others), *(each for each in kind.permissions if target.key != kind.key or not each.endswith(".view"))]
    role = Role.objects.create(tenant=house.tenant, key="blind", name="blind", grants=grants)
    user = User.objects.create_user("blind", password=None)
    Membership.objects.create(tenant=house.tenant, user=user, role=role)
    return user, access_of(user, house.tenant)


def refusal(work: Callable[[], Any], name: str) -> str:
    """What is said at that field."""
    with pytest.raises(ValidationError) as caught:
        work()
    assert hasattr(caught.value, "error_dict") and name in caught.value.message_dict, f"{name} is not refused: {caught.value}"
    return " ".join(caught.value.message_dict[name])


@pytest.mark.parametrize(**named)
def test_what_one_may_not_look_at_is_not_there(house: House, inside: Callable[[], Any], kind: Resource, name: str) -> None:
    target = kind.target(name)
    assert target is not None
    with inside():
        there, values = house.make(target), {n: getattr(v, "pk", v) for n, v in house.values(kind, 900).items()}
        row = house.make(kind)
        words = target.name_of(there)
    user, access = blind(house, kind, target)
    whole = getattr(kind.model, "project_from", "")
    with scope.within(scope.Scope(house.tenant.pk, user.pk, access.project_ids)):
        for given in (there.pk, f"#{there.pk}", words):
            other = nowhere if isinstance(given, int) else f"#{nowhere}" if given.startswith("#") else "no-such-thing"
            told = [
                refusal(lambda value=value: commands.create(kind, values | {name: value}, access), name).replace(str(value), "?") for value in (given, other)
            ]  # type: ignore[misc]
            assert told[0] == told[1], given
            many = commands.save_many(kind, [(None, values | {name: given})], access)
            assert isinstance(many[0], ValidationError) and name in many[0].message_dict, f"{given}: {many}"
            if name != whole:
                assert refusal(lambda given=given: commands.change(kind, row, {name: given}, access), name)  # type: ignore[misc]


@pytest.mark.parametrize(**named)
def test_what_is_named_already_may_stay_and_no_form_tells_another_name(house: House, inside: Callable[[], Any], kind: Resource, name: str) -> None:
    target = kind.target(name)
    assert target is not None
    if target.key == kind.key:
        pytest.skip("who sees no such row sees no form of one")
    with inside():
        row, there = house.make(kind), house.make(target)
        before = getattr(row, f"{name}_id")
        words = target.name_of(there)
    user, access = blind(house, kind, target)
    with scope.within(scope.Scope(house.tenant.pk, user.pk, access.project_ids)):
        if before is not None:
            commands.change(kind, row, {name: before}, access)
            assert getattr(kind.model.objects.get(pk=row.pk), f"{name}_id") == before
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for answer in (client.get(f"/w/{kind.key}/new/?{name}={there.pk}"), client.post(f"/w/{kind.key}/new/", {name: f"#{there.pk}"})):
        assert f'value="{words}"' not in answer.content.decode(), "the form tells the name of what may not be looked at"


def test_standard_roles_may_look_at_what_their_forms_need() -> None:
    """A role that may make rows of a kind may look at whatever they must name."""
    from jingwei.frame.rights.access import grants_of, is_granted

    lacking = []
    for role in {*standard_roles, *declared}:
        for kind in resources():
            if not is_granted(grants_of(role), kind.permission("add")):
                continue
            for name in kind.plain_fields:
                target, field = kind.target(name), kind.model_field(name)
                if (
                    target is not None
                    and target.model is not Project
                    and field is not None
                    and not field.blank
                    and not is_granted(grants_of(role), target.permission("view"))
                ):
                    lacking.append(f"{role}: {kind.key}.{name}")
    assert lacking == []
