"""Organisations from the command line: made, joined by somebody who is in another, and refused in words."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from jingwei.assembly.cli import main
from jingwei.frame.models import Membership, Tenant, User
from jingwei.frame.rights.access import roles_of

pytestmark = pytest.mark.django_db
Said = pytest.CaptureFixture[str]


@pytest.fixture
def two() -> None:
    """Two organisations, and somebody of the first who can log in."""
    tenant, _other = (Tenant.objects.create(code=code, name=code) for code in ("t", "o"))
    user = User.objects.create_user("viewer", password="correct-horse-battery", last_login=timezone.now())
    Membership.objects.create(tenant=tenant, user=user, role=roles_of(tenant)["viewer"])


def run(*arguments: str) -> int:
    """The exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["organisation", *arguments])
    return int(ended.value.code or 0)


def test_a_second_organisation_is_made_and_its_link_lets_its_first_administrator_in(two: None, capsys: Said) -> None:
    assert run("add", "east", "东方制造", "--json") == 0
    link = json.loads(capsys.readouterr().out)["link"].partition("/setup/")[2]
    given = {"organisation": "x", "username": "first", "full_name": "", "password": "correct-horse-battery", "again": "correct-horse-battery"}
    assert Client().post(f"/setup/{link}", given).status_code == 302
    assert Membership.objects.get(user__username="first").tenant.code == "east"
    assert run("list") == 0 and "东方制造" in capsys.readouterr().out


def test_who_joins_another_organisation_may_switch(two: None, capsys: Said) -> None:
    assert run("join", "o", "VIEWER", "--role", "finance") == 0
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(User.objects.get(username="viewer"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/organisation/", {"tenant": Tenant.objects.get(code="o").pk}).status_code == 302
    assert Membership.objects.filter(user__username="viewer").count() == 2


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("add", "t", "again"), "not made"),
        (("add", "no good", "x"), "not made"),
        (("join", "nowhere", "viewer"), "organisation list"),
        (("join", "o", "nobody"), "nobody"),
        (("join", "o", "viewer", "--role", "king"), "no role king"),
    ],
)
def test_what_cannot_be_is_refused_in_words(two: None, capsys: Said, given: tuple[str, ...], word: str) -> None:
    before = Tenant.objects.count(), Membership.objects.count()
    assert run(*given) == 1
    assert word in capsys.readouterr().err
    assert (Tenant.objects.count(), Membership.objects.count()) == before
