"""Members and invitations: bound to an organisation and a scope, nothing granted that is not held, links that lead to one's own only."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import AccessEvent, ApiToken, Membership, Project, Role, SetupLink, Tenant, User
from jingwei.frame.rights.access import access_of

pytestmark = pytest.mark.django_db
backend = "allauth.account.auth_backends.AuthenticationBackend"
password = "correct-horse-battery"


class Firm:
    """Two organisations; in the first an administrator of everything and one of project P1 only."""

    def __init__(self) -> None:
        self.tenant, self.other = Tenant.objects.create(code="t", name="T"), Tenant.objects.create(code="o", name="O")
        self.roles = {key: Role.objects.create(tenant=self.tenant, key=key, name=key, is_standard=True) for key in ("owner", "manager", "viewer")}
        with scope.within(scope.Scope(self.tenant.pk)):
            self.projects = [Project(code=f"P{n}", name="x", start_on=date(2026, 11, 2)) for n in (1, 2)]
            for project in self.projects:
                project.save()
        self.head = self.person("head", "owner", None)
        self.lead = self.person("lead", "owner", self.projects[0])
        self.far = User.objects.create_user("far", password=password)
        role = Role.objects.create(tenant=self.other, key="owner", name="owner", is_standard=True)
        Membership.objects.create(tenant=self.other, user=self.far, role=role)

    def person(self, name: str, role: str, project: Project | None, *, secret: str | None = password) -> User:
        """A member."""
        user, _made = User.objects.get_or_create(username=name)
        user.set_password(secret) if secret else user.set_unusable_password()
        user.save()
        Membership.objects.create(tenant=self.tenant, user=user, role=self.roles[role], project=project)
        return user

    def browser(self, user: User) -> Client:
        """Somebody logged in."""
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user, backend=backend)
        return client

    def invite(self, by: User, name: str, role: Any, project: Project | None) -> str | None:
        """The link that an invitation shows, if any."""
        data = {"username": name, "role": role.pk, "project": project.pk if project else ""}
        page = self.browser(by).post("/settings/members/", data).content.decode()
        found = re.search(r"/setup/[\w-]+/", page)
        return found.group(0) if found else None


@pytest.fixture
def firm() -> Firm:
    return Firm()


def test_a_projects_administrator_stays_in_the_project(firm: Firm) -> None:
    one, two = firm.projects
    client = firm.browser(firm.lead)
    for project in ("", two.pk):
        answer = client.post("/settings/members/", {"username": "accomplice", "role": firm.roles["owner"].pk, "project": project})
        assert answer.status_code in (403, 200)
        assert not Membership.objects.filter(user__username="accomplice").exists()
    assert firm.invite(firm.lead, "helper", firm.roles["viewer"], one)
    assert access_of(User.objects.get(username="helper"), firm.tenant).by_project.keys() == {one.pk}


def test_a_projects_administrator_sees_only_its_members(firm: Firm) -> None:
    one, two = firm.projects
    firm.person("inside", "viewer", one)
    beyond = firm.person("beyond", "viewer", two)
    client = firm.browser(firm.lead)
    page = client.get("/settings/members/").content.decode()
    assert "inside" in page and "beyond" not in page and "head" not in re.findall(r"text-secondary\">(\w+)</span>", page)
    row = Membership.objects.get(user=beyond)
    assert client.post(f"/settings/members/{row.pk}/drop/").status_code == 404
    assert client.post(f"/settings/members/{row.pk}/link/").status_code == 404
    assert Membership.objects.filter(pk=row.pk).exists()


def test_nobody_grants_what_he_does_not_hold(firm: Firm) -> None:
    one = firm.projects[0]
    role = Role.objects.create(tenant=firm.tenant, key="clerk", name="clerk", grants=["frame.membership.change", "work.task.view"])
    clerk = User.objects.create_user("clerk", password=password)
    Membership.objects.create(tenant=firm.tenant, user=clerk, role=role, project=one)
    assert firm.invite(clerk, "puppet", firm.roles["manager"], one) is None
    assert not Membership.objects.filter(user__username="puppet").exists()
    assert firm.invite(clerk, "puppet", role, one)


def test_an_organisations_pending_name_leads_another_one_nowhere(firm: Firm) -> None:
    waiting = firm.person("waiting", "owner", None, secret=None)
    SetupLink.issue(firm.tenant, user=waiting)
    role = Role.objects.get(tenant=firm.other, key="owner")
    assert firm.invite(firm.far, "waiting", role, None) is None
    assert not Membership.objects.filter(user=waiting, tenant=firm.other).exists()


def test_a_link_to_more_than_one_holds_is_not_given(firm: Firm) -> None:
    firm.person("chief", "owner", None, secret=None)
    assert firm.invite(firm.lead, "chief", firm.roles["viewer"], firm.projects[0]) is None, "he would become an administrator of everything"
    row = Membership.objects.get(user__username="chief", project=firm.projects[0])
    assert "/setup/" not in firm.browser(firm.lead).post(f"/settings/members/{row.pk}/link/").content.decode()


def test_a_link_is_used_once_ends_and_can_be_given_anew(firm: Firm) -> None:
    old = firm.invite(firm.head, "guest", firm.roles["viewer"], None)
    row = Membership.objects.get(user__username="guest")
    page = firm.browser(firm.head).post(f"/settings/members/{row.pk}/link/").content.decode()
    found = re.search(r"/setup/[\w-]+/", page)
    assert old and found and found.group(0) != old
    form = {"password": password, "again": password}
    assert Client().post(old, form).status_code == 404, "the new link ends the old one"
    assert Client().post(found.group(0), form).status_code == 302
    assert Client().post(found.group(0), form).status_code == 404
    late = firm.invite(firm.head, "late", firm.roles["viewer"], None)
    SetupLink.objects.filter(user__username="late").update(expires_at=timezone.now())
    assert late and Client().get(late).status_code == 404


def test_who_was_dropped_does_not_come_in_any_more(firm: Firm) -> None:
    path = firm.invite(firm.head, "brief", firm.roles["viewer"], None)
    row = Membership.objects.get(user__username="brief")
    assert firm.browser(firm.head).post(f"/settings/members/{row.pk}/drop/").status_code == 302
    assert path and Client().get(path).status_code == 404


def test_a_limited_token_hands_on_nothing_it_was_not_given(firm: Firm) -> None:
    for limit in ({"grants": ["frame.*"], "projects": None}, {"grants": ["*"], "projects": [firm.projects[0].pk]}):
        _token, text = ApiToken.issue(tenant=firm.tenant, user=firm.head, name="narrow", limit=limit)
        client = Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})
        page = client.post("/settings/members/", {"username": "mole", "role": firm.roles["owner"].pk, "project": ""})
        assert "/setup/" not in page.content.decode() and not User.objects.filter(username="mole").exists()


def test_a_name_is_one_name_in_any_case(firm: Firm) -> None:
    client = firm.browser(firm.head)
    client.post("/settings/members/", {"username": "LEAD", "role": firm.roles["viewer"].pk, "project": firm.projects[1].pk})
    assert User.objects.filter(username__iexact="lead").count() == 1
    assert Client().login is not None and Membership.objects.filter(user=firm.lead, project=firm.projects[1]).exists()


def test_a_role_elsewhere_moves_nobody_out_of_his_own_organisation(firm: Firm) -> None:
    """The older organisation gives a person of the younger one a role: he goes on working where he was, and his past stays his."""
    AccessEvent.objects.all()
    past = AccessEvent.objects.count()
    client = firm.browser(firm.far)
    Membership.objects.create(tenant=firm.tenant, user=firm.far, role=firm.roles["viewer"], project=firm.projects[0])
    assert client.get("/settings/members/").status_code == 200, "still the administrator of his own"
    page = firm.browser(firm.head).get("/settings/access/").content.decode()
    assert AccessEvent.objects.count() >= past and "far" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.S).replace("far fa", "")


def test_an_older_link_does_not_open_what_another_gave_later(firm: Firm) -> None:
    """Given an invitation by P1's administrator, when P2's gives the same person a role, then the link that was sent before leads nowhere."""
    other_lead = firm.person("other-lead", "owner", firm.projects[1])
    link = firm.invite(firm.lead, "newbie", firm.roles["viewer"], firm.projects[0])
    assert link and Client().get(link).status_code == 200
    assert firm.invite(other_lead, "newbie", firm.roles["owner"], firm.projects[1]) is None
    assert Membership.objects.filter(user__username="newbie").count() == 2
    assert Client().get(link).status_code == 404
    assert firm.invite(firm.head, "newbie", firm.roles["viewer"], None), "who could have given all of it sends a new one"


def test_a_projects_administrator_ends_no_invitation_of_who_could_have_given_all_of_it(firm: Firm) -> None:
    """Given an invitation by the owner, when an administrator of one project invites the same name, sends it anew, or takes his role away, then the owner's
    link still leads in, with both roles; and the administrator of the project gets no link."""
    link = firm.invite(firm.head, "newguy", firm.roles["manager"], None)
    assert link and Client().get(link).status_code == 200
    assert firm.invite(firm.lead, "newguy", firm.roles["viewer"], firm.projects[0]) is None
    assert Membership.objects.filter(user__username="newguy").count() == 2
    assert Client().get(link).status_code == 200
    client, row = firm.browser(firm.lead), Membership.objects.get(user__username="newguy", project=firm.projects[0])
    told = client.post(f"/settings/members/{row.pk}/link/", follow=True).content.decode()
    assert "/setup/" not in told and "has ended" not in told and "invited by others" in told
    assert Client().get(link).status_code == 200
    assert client.post(f"/settings/members/{row.pk}/drop/").status_code == 302
    assert not Membership.objects.filter(pk=row.pk).exists() and Client().get(link).status_code == 200
    again = firm.invite(firm.head, "newguy", firm.roles["viewer"], firm.projects[0])
    assert again and Client().get(again).status_code == 200 and Client().get(link).status_code == 404, "who may grant all of it replaces it"


def test_a_link_ends_when_its_sender_could_not_give_what_is_added(firm: Firm) -> None:
    """Given an invitation whose sender has lost his own rights since, when somebody else adds a role, then the link that was sent before leads nowhere."""
    second = firm.person("second", "owner", None)
    link = firm.invite(second, "newbie", firm.roles["viewer"], firm.projects[1])
    assert link and firm.invite(firm.lead, "newbie", firm.roles["viewer"], firm.projects[0]) is None
    assert Client().get(link).status_code == 200
    Membership.objects.filter(user=second).delete()
    assert firm.invite(firm.lead, "newbie", firm.roles["manager"], firm.projects[0]) is None
    assert Client().get(link).status_code == 404


def test_nobody_is_enrolled_in_another_organisation_unasked(firm: Firm) -> None:
    role = Role.objects.get(tenant=firm.other, key="owner")
    for name in ("lead", "LEAD", "head", "ｌｅａｄ"):
        assert firm.invite(firm.far, name, role, None) is None
    assert not Membership.objects.filter(tenant=firm.other).exclude(user=firm.far).exists()


def test_a_name_in_other_letters_is_the_same_name(firm: Firm) -> None:
    """Given letters that only look different (full width, ligatures), when somebody is invited by them, then it is who bears the plain name."""
    assert firm.invite(firm.lead, "ｌｅａｄ", firm.roles["viewer"], firm.projects[0]) is None, "nobody grants a role to themselves"
    firm.invite(firm.head, "ﬁn", firm.roles["viewer"], None)
    firm.invite(firm.head, "fin", firm.roles["manager"], None)
    assert set(User.objects.filter(username__contains="in").values_list("username", flat=True)) == {"fin"}
