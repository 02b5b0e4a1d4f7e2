"""Somebody with rights in one project and only a look at another: what most tests of rights stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, User
from jingwei.frame.rights.access import Access, access_of
from tests.house.conftest import House


@dataclass
class Half:
    """Somebody who manages P1 and may only look at P2."""

    house: House
    user: User
    other: Project
    mine: list[Task]
    theirs: list[Task]

    @property
    def access(self) -> Access:
        return access_of(self.user, self.house.tenant)

    def inside(self) -> Any:
        """The scope of his requests."""
        return scope.within(scope.Scope(self.house.tenant.pk, self.user.pk, self.access.project_ids))


def member(house: House, name: str, role: str, project: Project | None) -> User:
    """One more person with a standard role."""
    user, _made = User.objects.get_or_create(username=name)
    held, _made = Role.objects.get_or_create(tenant=house.tenant, key=role, defaults={"name": role, "is_standard": True})
    Membership.objects.create(tenant=house.tenant, user=user, role=held, project=project)
    return user


def halved(house: House, inside: Callable[[], Any]) -> Half:
    """One such person."""
    with inside():
        other = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        other.save()
        mine = [work.task_save(project=house.project, name=f"a{n}") for n in range(2)]
        theirs = [work.task_save(project=other, name=f"b{n}") for n in range(2)]
    member(house, "half", "viewer", other)
    return Half(house, member(house, "half", "manager", house.project), other, mine, theirs)
