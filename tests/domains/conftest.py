"""A small organisation: an owner, a manager, a crew leader and a stranger from elsewhere; two projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from jingwei.domains.directory.models import Person, Team
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, Tenant, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access, access_of, system_access


@dataclass
class Firm:
    """Who is there, and shortcuts to act as them."""

    tenant: Tenant
    other: Tenant
    users: dict[str, User] = field(default_factory=dict)
    project: Project = None  # type: ignore[assignment]
    second: Project = None  # type: ignore[assignment]
    crew: Team = None  # type: ignore[assignment]

    def rights(self, name: str) -> Access:
        """What a person may do."""
        return access_of(self.users[name], self.other if name == "stranger" else self.tenant)

    def acting(self, name: str) -> AbstractContextManager[scope.Scope]:
        """`with firm.acting("manager"):` works as that person."""
        rights = self.rights(name)
        return scope.within(scope.Scope(rights.tenant_id, self.users[name].pk, rights.project_ids, origin="test"))

    def client(self, name: str) -> Client:
        """A browser in which that person is logged in."""
        client = Client()
        client.force_login(self.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def task(self, name: str = "任务", **values: Any) -> Task:
        """One more task of the project."""
        return work.task_save(project=values.pop("project", self.project), name=name, **values)

    def made(self, key: str, **values: Any) -> Any:
        """A new row of a resource, as the machinery would write it."""
        place = {"project": self.project} if "project" in resource(key).fields else {}
        return commands.create(resource(key), place | values, system_access(self.tenant.pk))

    def changed(self, row: Any, **values: Any) -> Any:
        """The row with other values."""
        return commands.change(resource(row._meta.label_lower), row, values, system_access(self.tenant.pk))

    def taken(self, row: Any, step: str, **asked: Any) -> Any:
        """The row after a step."""
        return commands.act(resource(row._meta.label_lower), step, row, asked, system_access(self.tenant.pk))


def staff(firm: Firm, name: str, role: str, *, project: Project | None = None, tenant: Tenant | None = None) -> User:
    """A user with a role."""
    where = tenant or firm.tenant
    user = firm.users.get(name) or User.objects.create_user(name, password=None)
    firm.users[name] = user
    key, _ = Role.objects.get_or_create(tenant=where, key=role, defaults={"name": role, "is_standard": True})
    Membership.objects.create(tenant=where, user=user, role=key, project=project)
    return user


@pytest.fixture
def firm(db: None) -> Iterator[Firm]:
    """The organisation; tests run in its scope unless they say otherwise."""
    made = Firm(Tenant.objects.create(code="t", name="T"), Tenant.objects.create(code="o", name="O"))
    with scope.within(scope.Scope(made.tenant.pk)):
        made.project = Project(code="P1", name="一号项目", start_on=date(2026, 11, 2))
        made.second = Project(code="P2", name="二号项目", start_on=date(2026, 11, 2))
        made.project.save()
        made.second.save()
        made.crew = Team(code="C1", name="安装队", kind=Team.Kind.SUBCONTRACTOR)
        made.crew.save()
        staff(made, "owner", "owner")
        staff(made, "manager", "manager")
        staff(made, "finance", "finance")
        staff(made, "engineer", "engineer")
        staff(made, "viewer", "viewer")
        staff(made, "crew", "crew", project=made.project)
        staff(made, "stranger", "owner", tenant=made.other)
        Person(number="E-1", name="吴刚", team=made.crew, user=made.users["crew"]).save()
        yield made


@contextmanager
def refuses(field: str = "", text: str = "") -> Iterator[None]:
    """The block is refused at that field, with words that hold `text`."""
    with pytest.raises(ValidationError) as caught:
        yield
    problem = caught.value
    if field:
        assert hasattr(problem, "error_dict") and field in problem.message_dict, problem
    assert text in " ".join(problem.messages), problem.messages


Refuses = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def en() -> Iterator[None]:
    """Messages in English, as they stand in the code."""
    from django.utils import translation

    with translation.override("en"):
        yield
