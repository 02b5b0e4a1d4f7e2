"""People with a role in the joined pair's project, and how they come to pages and REST."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from jingwei.frame.models import ApiToken, Membership, Role, User
from tests.hub.conftest import Joined

backend = "allauth.account.auth_backends.AuthenticationBackend"


def person(joined: Joined, name: str, *grants: str, everywhere: bool = False) -> User:
    """Somebody with exactly these grants, in the project only."""
    user = User.objects.create_user(name, password=None)
    role = Role.objects.create(tenant=joined.tenant, key=f"role-{name}", name=name, grants=list(grants))
    Membership.objects.create(tenant=joined.tenant, user=user, role=role, project=None if everywhere else joined.project)
    return user


def owner(joined: Joined) -> User:
    """Somebody with all rights."""
    return person(joined, "owner", "*", everywhere=True)


def browser(user: User, language: str = "en") -> Client:
    """A logged-in client that reads this language."""
    client = Client(headers={"Accept-Language": language})
    client.force_login(user, backend=backend)
    return client


def program(joined: Joined, user: User, *, as_text: bool = False) -> Any:
    """`call(method, path, body)` with a token; gives status and what was answered. `as_text`: a body is sent as it is written."""
    token = ApiToken.issue(tenant=joined.tenant, user=user, name="test")[1]
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = client.generic(
            method, f"/api/v1/hub{path}", body if as_text else json.dumps(body) if body is not None else "", content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content) if answer.content else None

    return call
