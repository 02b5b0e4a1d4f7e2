"""A house with one tenant, a person with all rights, a stranger, and one valid row of every resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import models

from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, Tenant, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access, system_access


@dataclass
class House:
    """Who lives in the test."""

    tenant: Tenant
    other: Tenant
    owner: User
    viewer: User
    stranger: User
    project: Project
    access: Access
    made: dict[str, int] = field(default_factory=dict)

    def values(self, resource: Resource, number: int = 0) -> dict[str, Any]:
        """Valid values for one row; required references are made on the way."""
        values = dict(resource.example() if resource.example else {})
        key = resource.natural_key[-1]
        if number and isinstance(values.get(key), str):
            values[key] = f"{values[key]}-{number}"
        elif number and isinstance(values.get(key), date):
            values[key] += timedelta(days=number)
        for name in resource.fields:
            found = resource.model_field(name)
            if isinstance(found, models.ForeignKey) and name not in values and not found.blank:
                values[name] = self.reference(resource, name, found)
        return values

    def reference(self, resource: Resource, name: str, found: models.ForeignKey[Any, Any]) -> Any:
        """A row for a required reference: the project, or a fresh one."""
        if found.remote_field.model is Project:
            return self.project
        if found.remote_field.model is User:
            return self.owner
        target = resource_of(found.remote_field.model)
        assert target is not None, f"{resource.key}.{name} needs a resource to refer to"
        return self.make(target)

    def make(self, resource: Resource) -> Any:
        """One more row, through the declared verb."""
        number = self.made[resource.key] = self.made.get(resource.key, 0) + 1
        return commands.create(resource, {n: v.pk if isinstance(v, models.Model) else v for n, v in self.values(resource, number).items()}, self.access)


@pytest.fixture
def house(db: None) -> House:
    """The house, without a scope: tests say whose they are."""
    tenant, other = Tenant.objects.create(code="t", name="T"), Tenant.objects.create(code="o", name="O")
    people = {name: User.objects.create_user(name, password=None) for name in ("owner", "viewer", "stranger")}
    for where, who, key in ((tenant, "owner", "owner"), (tenant, "viewer", "viewer"), (other, "stranger", "owner")):
        role = Role.objects.create(tenant=where, key=key, name=key, is_standard=True)
        Membership.objects.create(tenant=where, user=people[who], role=role)
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="P1", name="项目", start_on=date(2026, 11, 2))
        project.save()
    return House(tenant, other, people["owner"], people["viewer"], people["stranger"], project, system_access(tenant.pk))


@pytest.fixture
def inside(house: House) -> Callable[[], Any]:
    """`with inside():` works in the tenant's scope."""
    return lambda: scope.within(scope.Scope(house.tenant.pk, house.owner.pk))


@pytest.fixture
def half(house: House, inside: Callable[[], Any]) -> Any:
    """Somebody who manages P1 and may only look at P2."""
    from tests.house.half import halved  # it stands on this module

    return halved(house, inside)


@pytest.fixture
def room(house: House, resource: Resource) -> Any:
    """A row of a resource with an approval, submitted, and those who may vote on it."""
    from tests.house.approving import voting_room

    yield from voting_room(house, resource)
