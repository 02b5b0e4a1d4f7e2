"""A user name is one name in any case, in the database itself: every way in says so at the field, and an upgrade renames what doubles."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from jingwei.frame.models import Membership, Role, SetupLink, Tenant, User
from jingwei.frame.postgres.base import as_owner
from jingwei.frame.ui import entry, people

pytestmark = pytest.mark.django_db
password = "correct-horse-battery"
backend = "allauth.account.auth_backends.AuthenticationBackend"


def administrator(name: str = "head") -> tuple[Tenant, Client]:
    tenant = Tenant.objects.create(code="t", name="T")
    user = User.objects.create_user(name, password=password)
    Membership.objects.create(tenant=tenant, user=user, role=Role.objects.create(tenant=tenant, key="owner", name="owner", is_standard=True))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend=backend)
    return tenant, client


def setup_form(name: str) -> dict[str, str]:
    return {"organisation": "O", "username": name, "full_name": "", "password": password, "again": password}


def test_the_database_refuses_the_same_name_in_another_case() -> None:
    User.objects.create_user("anna")
    for name in ("anna", "Anna", "ANNA"):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user(name)
    with pytest.raises(ValidationError, match="taken|已被"):
        User(username="ANNA").validate_constraints()


def test_a_name_taken_meanwhile_is_told_at_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given the form's own look came too early, when the set-up link is used, then the database's word is told at the field."""
    User.objects.create_user("anna")
    monkeypatch.setattr(entry, "is_taken", lambda name: False)
    path = f"/setup/{SetupLink.issue()}/"
    answer = Client(headers={"Accept-Language": "en"}).post(path, setup_form("ANNA"))
    assert answer.status_code == 422 and "This name is taken" in answer.text
    assert Client().get(path).status_code == 200, "the link is not used up by that"
    monkeypatch.undo()
    answer = Client(headers={"Accept-Language": "en"}).post(path, setup_form("Anna"))
    assert answer.status_code == 422 and "This name is taken" in answer.text


def test_an_invitation_that_comes_second_finds_the_person_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant, client = administrator()
    monkeypatch.setattr(people, "named", lambda name: None)
    answer = client.post("/settings/members/", {"username": "HEAD2", "role": tenant.roles.get(key="owner").pk, "project": ""})
    assert answer.status_code == 200
    answer = client.post("/settings/members/", {"username": "head2", "role": tenant.roles.get(key="owner").pk, "project": ""})
    assert answer.status_code == 200 and "This name is taken" in answer.text
    assert User.objects.filter(username__iexact="head2").count() == 1


def test_an_upgrade_renames_those_that_came_later() -> None:
    """Given doubles of before, when the migration runs, then the first keeps its name, each later one gets the first free number, and the log tells."""
    migration = import_module("jingwei.frame.migrations.0040_names_once")
    long = "x" * 150
    before = ["anna", "Anna-2", "Anna", "ANNA", long, long.upper(), "Ünal", "ünal"]
    with as_owner():
        owner = connection.copy()
        owner.ensure_connection()
    try:
        owner.set_autocommit(False)
        with owner.cursor() as cursor:
            cursor.execute("DROP INDEX user_name_once")
            cursor.execute("SELECT coalesce(max(id), 0) FROM frame_user")
            (others,) = cursor.fetchone()
            cursor.execute("INSERT INTO frame_accessevent (at, kind, user_id, name, address, detail) VALUES (now(), 'login', NULL, 'anna', '', '')")
            for name in before:
                cursor.execute(
                    "INSERT INTO frame_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined, language, spelt)"
                    " VALUES (%s, '', false, '', '', '', false, true, now(), '', '')", [name],
                )  # fmt: skip
            for _twice in range(2):
                cursor.execute(migration.rename)
            cursor.execute("SELECT username FROM frame_user WHERE id > %s ORDER BY id", [others])
            now = [name for (name,) in cursor.fetchall()]
            cursor.execute("SELECT name, detail FROM frame_accessevent WHERE kind = 'renamed' ORDER BY id")
            told = cursor.fetchall()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # those of the rows that this test has put in
            cursor.execute("CREATE UNIQUE INDEX user_name_once ON frame_user (lower(username))")
    finally:
        owner.rollback()
        owner.close()
    assert now == ["anna", "Anna-2", "Anna-3", "ANNA-4", long, "X" * 148 + "-2", "Ünal", "ünal-2"]
    assert told == [("Anna-3", "Anna"), ("ANNA-4", "ANNA"), ("X" * 148 + "-2", "X" * 150), ("ünal-2", "ünal")]
