"""Coming in and sharing out: set-up link, invitations, no self-grant, argon2."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from django.test import Client

from jingwei.frame.models import Membership, SetupLink, Tenant, User

pytestmark = pytest.mark.django_db
password = "correct-horse-battery"


@pytest.fixture
def owner() -> Client:
    """The first administrator, in by the one-time link."""
    token = SetupLink.issue(Tenant.objects.create(code="t", name="T"))
    client = Client()
    form = {"organisation": "T", "username": "admin", "password": password, "again": password}
    assert client.post(f"/setup/{token}/", {**form, "again": "other"}).status_code == 422
    assert client.post(f"/setup/{token}/", {**form, "password": "short", "again": "short"}).status_code == 422
    assert client.post(f"/setup/{token}/", form).status_code == 302
    assert client.post(f"/setup/{token}/", form).status_code == 404, "the link is used up"
    return client


def test_an_invited_person_chooses_a_password_and_has_only_the_role(owner: Client) -> None:
    role = Membership.objects.get().tenant.roles.get(key="viewer")
    page = owner.post("/settings/members/", {"username": "zhang.wei", "role": role.pk, "project": ""}).content.decode()
    found = re.search(r"/setup/[\w-]+/", page)
    assert found
    guest = Client()
    assert guest.post(found.group(0), {"password": password, "again": password}).status_code == 302
    assert guest.get("/w/work.task/").status_code == 200
    assert guest.get("/settings/members/").status_code == 403
    assert guest.post("/settings/members/", {"username": "friend", "role": role.pk}).status_code == 403


def test_nobody_grants_to_themselves_or_drops_their_own_role(owner: Client) -> None:
    role = Membership.objects.get().tenant.roles.get(key="finance")
    owner.post("/settings/members/", {"username": "admin", "role": role.pk})
    assert Membership.objects.count() == 1
    owner.post(f"/settings/members/{Membership.objects.get().pk}/drop/")
    assert Membership.objects.count() == 1


def test_passwords_are_argon2(owner: Client) -> None:
    assert User.objects.get(username="admin").password.startswith("argon2")
    assert import_module("jingwei.assembly.settings").PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"  # at its full cost
