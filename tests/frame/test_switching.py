"""A person of two organisations chooses the one to work in: remembered, noted, and never one that is not his."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import AccessEvent, ApiToken, Membership, Project, Role, Tenant, User

pytestmark = pytest.mark.django_db
backend = "allauth.account.auth_backends.AuthenticationBackend"
password = "correct-horse-battery"


class Two:
    """Two organisations with a project each; Wang works in both, Li in the first only."""

    def __init__(self) -> None:
        self.tenants = [Tenant.objects.create(code=code, name=name) for code, name in (("east", "Eastern Works"), ("west", "Western Works"))]
        self.wang, self.li = (User.objects.create_user(name, password=password, language="en") for name in ("wang", "li"))
        for tenant in self.tenants:
            role = Role.objects.create(tenant=tenant, key="owner", name="owner", is_standard=True)
            Membership.objects.create(tenant=tenant, user=self.wang, role=role)
            with scope.within(scope.Scope(tenant.pk)):
                Project(code=f"{tenant.code}-1", name=f"only {tenant.code}", start_on=date(2026, 11, 2)).save()
        Membership.objects.create(tenant=self.tenants[0], user=self.li, role=Role.objects.get(tenant=self.tenants[0]))


@pytest.fixture
def two() -> Two:
    return Two()


def browser(user: User, **more: Any) -> Client:
    client = Client(headers={"Accept-Language": "en"}, **more)
    client.force_login(user, backend=backend)
    return client


def where(client: Client) -> str:
    """The organisation whose projects are listed."""
    page = client.get("/w/frame.project/").text
    return next(code for code in ("east", "west") if f"only {code}" in page)


def switch(client: Client, tenant: Tenant | Any, **more: Any) -> Any:
    return client.post("/organisation/", {"tenant": getattr(tenant, "pk", tenant), **more})


def test_nobody_enters_an_organisation_that_is_not_his(two: Two) -> None:
    assert switch(Client(), two.tenants[1]).status_code == 302
    client = browser(two.li)
    for wrong in (two.tenants[1], "x", "", 10**30, "²"):
        assert switch(client, wrong).status_code == 404
    assert where(client) == "east" and "/organisation/" not in client.get("/").text
    assert not AccessEvent.objects.filter(kind="switched").exists()
    assert client.get("/organisation/").status_code == 405
    _token, text = ApiToken.issue(tenant=two.tenants[0], user=two.wang, name="t")
    assert switch(Client(headers={"Authorization": f"Bearer {text}"}), two.tenants[1]).status_code == 403
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(two.wang, backend=backend)
    assert switch(forged, two.tenants[1]).status_code == 403
    assert User.objects.get(pk=two.wang.pk).last_tenant is None


def test_the_menu_names_his_organisations_and_leads_into_the_other(two: Two) -> None:
    """Given a person of two organisations, when he chooses the other in the menu, then he works there, with nothing left of the first."""
    client = browser(two.wang)
    page = client.get("/").text
    menu = re.search(r'<form[^>]*action="/organisation/".*?</form>', page, re.S)
    assert menu and "Eastern Works" in menu[0] and "Western Works" in menu[0] and "csrfmiddlewaretoken" in menu[0]
    assert re.search(rf'<button[^>]*value="{two.tenants[0].pk}"[^>]*aria-current="true"', menu[0]), "which one it is now, also to be heard"
    session = client.session
    session["project_id"], session["undo"] = 1, "x"
    session.save()
    answer = switch(client, two.tenants[1])
    assert (answer.status_code, answer["Location"]) == (302, "/") and where(client) == "west"
    assert not {"project_id", "undo"} & set(client.session.keys())


def test_the_last_one_is_used_at_the_next_log_in_and_open_sessions_stay(two: Two) -> None:
    one, other = browser(two.wang), browser(two.wang)
    switch(one, two.tenants[1])
    assert where(one) == "west" and where(other) == "east", "another browser goes on where it is"
    fresh = Client(headers={"Accept-Language": "en"})
    assert fresh.post("/accounts/login/", {"login": "wang", "password": password}).status_code == 302
    assert where(fresh) == "west"
    Membership.objects.filter(user=two.wang, tenant=two.tenants[1]).delete()
    assert where(browser(two.wang)) == "east" and where(one) == "east", "who has left it comes into what is left"


def test_the_access_log_notes_it_and_tells_nobody_of_the_other(two: Two) -> None:
    client = browser(two.wang)
    switch(client, two.tenants[1])
    switch(client, two.tenants[1])
    [line] = AccessEvent.objects.filter(kind="switched")
    assert (line.user_id, line.detail) == (two.wang.pk, "west")
    entered = client.get("/settings/access/").text
    assert "changed organisation" in entered and ">west<" in entered
    seen_from_the_first = browser(two.li).get("/settings/access/").text
    assert "changed organisation" in seen_from_the_first and "west" not in seen_from_the_first.lower()


def log_of(user: User) -> str:
    page = browser(user).get("/settings/access/").text
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_what_happens_in_an_organisation_is_told_there_only(two: Two) -> None:
    """Given a person of two organisations, when he makes and revokes a token or changes the rules in one, then the other's administrator reads nothing of it."""
    east, west = two.tenants
    client = browser(two.wang)
    client.post("/settings/tokens/", {"name": "ours-only", "days": 5})
    switch(client, west)
    made = client.post("/settings/tokens/", {"name": "theirs-only", "days": 5, "access": "read"})
    assert made.status_code == 200, made.text
    token = ApiToken.objects.get(name="theirs-only")
    client.post("/settings/passwords/", {"profile": "strict"})
    assert Tenant.objects.get(pk=west.pk).password_profile == "strict"
    client.post(f"/settings/tokens/{token.pk}/drop/")
    assert not ApiToken.objects.filter(pk=token.pk).exists()
    here, there = log_of(two.li), client.get("/settings/access/").text
    assert "ours-only" in here and "theirs-only" not in here and token.prefix not in here.replace("jw_", "") and "strict" not in here
    assert here.count("API token made") == 1 and "API token revoked" not in here and "password rules" not in here
    assert "logged in" in here, "the account's own events are told as before"
    assert there.count("theirs-only") == 2 and "strict" in there and "ours-only" not in there


def test_lines_of_before_tell_only_what_belongs_to_the_account(two: Two) -> None:
    """Given lines of which nobody knows where they happened, then their details are told to nobody."""
    for kind, detail in (("token", "jw_old token-of-old"), ("switched", "east"), ("enrolled", "totp"), ("renamed", "wang-before")):
        with connection.cursor() as cursor:
            cursor.execute("SELECT jingwei_note_access(%s, %s, 'wang', '', %s, NULL)", (kind, two.wang.pk, detail))
    here = log_of(two.li)
    assert "token-of-old" not in here and ">east<" not in here
    assert "totp" in here and "wang-before" in here


def test_a_form_opened_before_the_change_is_refused_and_one_opened_after_it_is_taken(two: Two) -> None:
    client = browser(two.wang, enforce_csrf_checks=True)

    def form() -> dict[str, str]:
        page = client.get("/w/frame.project/new/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found is not None
        return {"csrfmiddlewaretoken": found[1], "code": "NEW-1", "name": "meant for the east", "start_on": "2026-11-02"}

    assert where(client) == "east"
    old = form()
    assert switch(client, two.tenants[1], csrfmiddlewaretoken=old["csrfmiddlewaretoken"]).status_code == 302
    refused = client.post("/w/frame.project/new/", old)
    assert refused.status_code == 403 and "another organisation" in refused.text
    assert client.post("/w/frame.project/new/", form() | {"name": "meant for the west"}).status_code == 302
    with scope.within(scope.Scope(two.tenants[1].pk)):
        assert list(Project.objects.filter(code="NEW-1").values_list("name", flat=True)) == ["meant for the west"]
