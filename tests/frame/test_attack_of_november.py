"""What a stranger found with two accounts in two projects and a foreign organisation, each as it was tried."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from ninja import NinjaAPI

from jingwei.frame import scope
from jingwei.frame.access import standard_roles
from jingwei.frame.models import ApiToken, Membership, Project, Role, SavedView, SetupLink, Tenant, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> dict[str, object]:
    """Two organisations with an owner each; the first has two projects with an administrator each."""
    made: dict[str, object] = {}
    for code in ("one", "two"):
        tenant = Tenant.objects.create(code=code, name=code)
        roles = {key: Role.objects.create(tenant=tenant, key=key, name=str(name), grants=list(grants)) for key, (name, grants) in standard_roles.items()}
        owner = User.objects.create_user(f"owner-{code}", password="correct-horse-battery")
        Membership.objects.create(tenant=tenant, user=owner, role=roles["owner"])
        made |= {code: tenant, f"roles-{code}": roles, f"owner-{code}": owner}
    with scope.within(scope.Scope(made["one"].pk)):  # type: ignore[attr-defined]
        for code in ("P1", "P2"):
            project = Project(code=code, name=code, start_on=date(2026, 1, 5))
            project.save()
            person = User.objects.create_user(f"admin-{code}", password="correct-horse-battery")
            Membership.objects.create(tenant=made["one"], user=person, role=made["roles-one"]["owner"], project=project)  # type: ignore[index]
            made |= {code: project, f"admin-{code}": person}
    return made


def as_(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def invite(house: dict[str, object], who: str, name: str, role: str, project: str) -> None:
    given = {"username": name, "role": house["roles-one"][role].pk, "project": house[project].pk}  # type: ignore[index,attr-defined]
    assert as_(house[who]).post("/settings/members/", given).status_code in (200, 302)


def test_an_old_link_does_not_open_what_another_gave_later(house: dict[str, object]) -> None:
    invite(house, "admin-P1", "newbie", "viewer", "P1")
    newbie = User.objects.get(username="newbie")
    token = SetupLink.issue(house["one"], user=newbie)  # type: ignore[arg-type]
    assert SetupLink.find(token) is not None
    invite(house, "admin-P2", "newbie", "owner", "P2")
    assert newbie.memberships.count() == 2 and SetupLink.find(token) is None


def test_nobody_is_enrolled_in_another_organisation_unasked(house: dict[str, object]) -> None:
    role = house["roles-two"]["viewer"]  # type: ignore[index]
    answer = as_(house["owner-two"]).post("/settings/members/", {"username": "ADMIN-p1", "role": role.pk}, follow=True)
    assert not Membership.objects.filter(tenant=house["two"], user=house["admin-P1"]).exists()  # type: ignore[misc]
    unknown = as_(house["owner-two"]).post("/settings/members/", {"username": "owner-one", "role": role.pk}, follow=True)
    assert answer.status_code == unknown.status_code == 200


def test_a_token_does_not_rearrange_its_owners_desk(house: dict[str, object]) -> None:
    _row, token = ApiToken.issue(tenant=house["one"], user=house["owner-one"], name="t", limit={"grants": ["*.view"], "projects": None})  # type: ignore[arg-type]
    program = Client(HTTP_AUTHORIZATION=f"Bearer {token}")
    for path, given in (("/w/work.task/views/", {"name": "evil", "query": "&", "default": "1"}), ("/language/", {"language": "en"}), ("/notices/read/", {})):
        assert program.post(path, given).status_code == 403, path
    assert not SavedView.unscoped.exists() and User.objects.get(username="owner-one").language == ""


@pytest.mark.parametrize("query", ["&", "#x", "?", "&&", "?&", "&#q=1"])
def test_a_kept_view_of_nothing_leads_nowhere(house: dict[str, object], query: str) -> None:
    person = as_(house["owner-one"])
    person.post("/w/work.task/views/", {"name": "v", "query": query, "default": "1"})
    assert person.get("/w/work.task/").status_code == 200


def test_the_description_of_the_api_is_made_once(house: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = NinjaAPI.get_openapi_schema
    monkeypatch.setattr(NinjaAPI, "get_openapi_schema", lambda self, **asked: made.append(1) or real(self, **asked))
    for _time in range(3):
        assert as_(house["owner-one"]).get("/api/v1/openapi.json").status_code == 200
    assert len(made) <= 1


def test_a_baseline_of_a_name_that_is_there_is_said(house: dict[str, object]) -> None:
    person = as_(house["owner-one"])
    for _time in range(2):
        answer = person.post("/schedule/gantt/P1/baseline/", {"name": "首次"})
        assert answer.status_code == 302
