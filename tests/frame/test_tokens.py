"""API tokens: never more than the owner holds now, less what the token was not given; children go with their parents."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from jingwei.frame import narrowing, scope
from jingwei.frame.models import AccessEvent, ApiToken, Membership, Notification, Project, Role, SavedView, Tenant, User
from jingwei.frame.rights.access import Access, access_of

pytestmark = pytest.mark.django_db
grants = st.sampled_from(["*", "*.view", "work.*", "work.task.view", "work.task.change", "frame.project.view", "cost.*"])
permissions = st.sampled_from(["work.task.view", "work.task.change", "frame.project.view", "cost.line.add"])
some_projects = st.none() | st.frozensets(st.integers(1, 4))
bounds = st.lists(st.builds(narrowing.Limit, st.lists(grants, max_size=3).map(tuple), some_projects), max_size=4)


@given(st.frozensets(grants), st.dictionaries(st.integers(1, 4), st.frozensets(grants)), bounds, permissions, st.integers(1, 4))
def test_limits_only_ever_take_away(everywhere: frozenset[str], by_project: Any, limits: list[narrowing.Limit], permission: str, project: int) -> None:
    held = Access(1, 1, everywhere, {p: g | everywhere for p, g in by_project.items()})
    small = held.narrowed(tuple(limits))
    assert not small.allows(permission, project) or held.allows(permission, project)
    assert not small.allows(permission) or held.allows(permission)
    for number in range(len(limits)):
        parent = held.narrowed(tuple(limits[:number]))
        assert not small.allows(permission, project) or parent.allows(permission, project), "a child never has more than its parent"
    for limit in limits:
        if limit.projects is not None:
            assert small.project_ids is not None and small.project_ids <= limit.projects
    assert held.allows(permission, project) == Access(1, 1, everywhere, {p: g | everywhere for p, g in by_project.items()}).allows(permission, project)


def test_a_limit_that_cannot_be_read_allows_nothing() -> None:
    held = Access(1, 1, frozenset({"*"}))
    for plain in ({}, {"grants": ["*"]}, {"grants": None, "projects": None}, {"grants": ["*"], "projects": ["x"]}, "x", None):
        assert not held.narrowed(narrowing.limits_from([plain])).allows("work.task.view", 1)


class House:
    """An organisation with two projects and an owner who makes tokens."""

    def __init__(self) -> None:
        self.tenant = Tenant.objects.create(code="t", name="T")
        self.user = User.objects.create_user("zhang", password=None, language="en")
        self.role = Role.objects.create(tenant=self.tenant, key="owner", name="owner", is_standard=True)
        self.membership = Membership.objects.create(tenant=self.tenant, user=self.user, role=self.role)
        with scope.within(scope.Scope(self.tenant.pk)):
            for code in ("A", "B"):
                Project(code=code, name=code, start_on=date(2026, 11, 2)).save()
            self.projects = {p.code: p.pk for p in Project.objects.all()}
        self.client = Client()
        self.client.force_login(self.user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def token(self, by: str = "", **form: Any) -> str:
        """Make one on the page, with a session or with another token."""
        page = (self.client if not by else Client(headers={"Authorization": f"Bearer {by}"})).post("/settings/tokens/", {"name": "script", **form})
        found = re.search(r"jw_[\w-]{30,}", page.text)
        assert found, page.text
        return found.group(0)


@pytest.fixture
def house() -> House:
    return House()


def call(token: str, method: str, path: str, body: Any = None) -> Any:
    client = Client(headers={"Authorization": f"Bearer {token}"}, enforce_csrf_checks=True)
    return client.generic(method, path, json.dumps(body) if body is not None else "", content_type="application/json")


new = {"code": "C", "name": "C", "start_on": "2026-11-02"}


def codes(token: str) -> set[str]:
    return {row["code"] for row in call(token, "GET", "/api/v1/frame.project/").json()["items"]}


def test_a_token_reads_only_unless_told_otherwise(house: House) -> None:
    token = house.token()
    assert codes(token) == {"A", "B"}
    assert call(token, "POST", "/api/v1/frame.project/", new).status_code == 403
    graph = call(token, "POST", "/graphql", {"query": 'mutation { createFrameProject(values: {code: "C", name: "C", start_on: "2026-11-02"}) { id } }'}).json()
    assert graph["errors"][0]["extensions"]["code"] == "denied"
    assert call(token, "GET", "/settings/members/").status_code == 403
    wide = house.token(may="all")
    assert call(wide, "POST", "/api/v1/frame.project/", new).status_code == 201


def test_chosen_permissions_and_projects_hold_for_rest_and_graphql(house: House) -> None:
    token = house.token(may="chosen", grants="frame.project.view, frame.project.change", projects=[house.projects["A"]])
    assert codes(token) == {"A"}
    listed = call(token, "POST", "/graphql", {"query": "{ frameProjectList { items { code } } }"}).json()
    assert [row["code"] for row in listed["data"]["frameProjectList"]["items"]] == ["A"]
    assert call(token, "PATCH", f"/api/v1/frame.project/{house.projects['A']}", {"name": "a"}).status_code == 200
    assert call(token, "PATCH", f"/api/v1/frame.project/{house.projects['B']}", {"name": "b"}).status_code == 404
    assert call(token, "DELETE", f"/api/v1/frame.project/{house.projects['A']}").status_code == 403
    assert call(token, "GET", "/api/v1/work.task/").status_code == 403


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"may": "chosen"}, "grants"),
        ({"may": "chosen", "grants": "work.nonsense.view"}, "grants"),
        ({"may": "chosen", "grants": "*; DROP"}, "grants"),
        ({"days": "0"}, "days"),
        ({"days": "366"}, "days"),
        ({"projects": ["999999"]}, "projects"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_a_token_is_said_by_field(house: House, form: dict[str, Any], field: str) -> None:
    answer = house.client.post("/settings/tokens/", {"name": "script", **form})
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert not ApiToken.objects.exists()


def test_a_token_made_through_a_token_is_its_child_and_never_wider(house: House) -> None:
    parent = house.token(may="chosen", grants="frame.project.view", projects=[house.projects["A"]], days="10")
    child = house.token(by=parent, may="all", days="300")
    assert codes(child) == {"A"}
    assert call(child, "PATCH", f"/api/v1/frame.project/{house.projects['A']}", {"name": "a"}).status_code == 403
    rows = list(ApiToken.objects.order_by("pk"))
    assert rows[1].parent == rows[0] and rows[1].expires_at <= rows[0].expires_at
    grandchild = house.token(by=child, may="all")
    house.client.post(f"/settings/tokens/{rows[0].pk}/drop/")
    assert [call(each, "GET", "/api/v1/frame.project/").status_code for each in (parent, child, grandchild)] == [401, 401, 401]
    assert not ApiToken.objects.exists()


def test_a_child_ends_with_its_parent(house: House) -> None:
    parent = house.token(days="1")
    child = house.token(by=parent, days="300")
    later = timezone.now() + timedelta(days=1, minutes=1)
    ApiToken.objects.filter(parent=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ApiToken.objects.exclude(parent=None).get().expires_at < later
    assert call(parent, "GET", "/api/v1/frame.project/").status_code == 401
    assert call(child, "GET", "/api/v1/frame.project/").status_code == 401, "also when the parent's end was moved nearer afterwards"


def test_a_token_sees_and_revokes_only_itself_and_its_children(house: House) -> None:
    other, parent = house.token(), house.token()
    house.token(by=parent, name="child")
    page = call(parent, "GET", "/settings/tokens/").text
    assert other[:8] not in page and page.count('class="list-group-item d-flex') == 2
    foreign = ApiToken.objects.order_by("pk").first()
    assert foreign is not None and call(parent, "POST", f"/settings/tokens/{foreign.pk}/drop/").status_code == 404
    assert call(other, "GET", "/api/v1/frame.project/").status_code == 200


def test_rights_that_are_looked_up_again_stay_within_the_limits(house: House) -> None:
    limits = (narrowing.Limit(("work.task.view",)),)
    with scope.within(scope.Scope(house.tenant.pk, house.user.pk, limits=limits)):
        assert access_of(house.user, house.tenant).allows("work.task.view")
        assert not access_of(house.user, house.tenant).allows("work.task.change")
        with scope.because(origin="x"):
            assert not access_of(house.user, house.tenant).allows("work.task.change")
        other = User.objects.create_user("other", password=None)
        Membership.objects.create(tenant=house.tenant, user=other, role=house.role)
        assert access_of(other, house.tenant).allows("work.task.change"), "another person's rights are his own"
    assert access_of(house.user, house.tenant).allows("work.task.change")


@pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/email/", "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/sessions/"])
def test_a_token_does_not_reach_its_owners_account(house: House, path: str) -> None:
    token = house.token(may="all")
    assert call(token, "GET", path).status_code == 403
    assert call(token, "POST", path, {}).status_code == 403


def test_a_role_taken_away_makes_the_token_powerless_at_once(house: House) -> None:
    token = house.token(may="all")
    assert codes(token) == {"A", "B"}
    house.membership.delete()
    assert call(token, "GET", "/api/v1/frame.project/").status_code == 403
    assert call(token, "POST", "/graphql", {"query": "{ frameProjectList { items { code } } }"}).json()["errors"][0]["extensions"]["code"] == "denied"
    User.objects.filter(pk=house.user.pk).update(is_active=False)
    assert call(token, "GET", "/api/v1/frame.project/").status_code == 401


@pytest.mark.parametrize("path", ["/", "/pick/frame.user/?q=", "/search/?q=a", "/settings/tokens/", "/notices/", "/api/v1/work.task/", "/api/v1/me/"])
def test_who_has_no_role_in_the_organisation_any_more_comes_in_with_no_token(house: House, path: str) -> None:
    token = house.token(may="all", write="on")
    program = Client(headers={"Authorization": f"Bearer {token}"})
    User.objects.create_user("li", password=None, first_name="李四")
    house.membership.delete()
    answer = program.get(path)
    assert answer.status_code == 403, path
    assert "李四" not in answer.text and "zhang" not in answer.text
    assert program.post("/settings/tokens/", {"name": "more"}).status_code == 403 and ApiToken.objects.count() == 1


def test_an_administrators_token_waits_for_the_second_step(house: House, settings: Any) -> None:
    token = house.token(may="read")
    settings.REQUIRE_TOTP = True
    assert call(token, "GET", "/api/v1/frame.project/").status_code == 403


def test_tokens_are_shown_once_listed_and_noted(house: House) -> None:
    token = house.token(name="nightly")
    page = house.client.get("/settings/tokens/").text
    assert token not in page and "nightly" in page and "only reads" in page
    row = ApiToken.objects.get()
    house.client.post(f"/settings/tokens/{row.pk}/drop/")
    assert call(token, "GET", "/api/v1/frame.project/").status_code == 401
    assert list(AccessEvent.objects.filter(kind__in=("token", "revoked")).order_by("id").values_list("kind", flat=True)) == ["token", "revoked"]


def test_an_end_is_bounded() -> None:
    with pytest.raises(ValueError, match="365"):
        ApiToken.issue(tenant=Tenant(), user=User(), name="x", days=366)


@pytest.mark.parametrize("may", ["read", "all"])
def test_a_token_does_not_rearrange_its_owners_desk(house: House, may: str) -> None:
    program = Client(headers={"Authorization": f"Bearer {house.token(may=may)}"})
    for path, sent in (
        ("/w/work.task/views/", {"name": "evil", "query": "&", "default": "1"}),
        ("/language/", {"language": "zh-hans"}),
        ("/notices/read/", {}),
    ):
        assert program.post(path, sent).status_code == 403, path
    assert not SavedView.unscoped.exists() and User.objects.get(pk=house.user.pk).language == "en"


def test_a_limited_token_reads_no_inbox_and_no_names_of_other_projects(house: House) -> None:
    """Given a notice and two projects, when a token of one project asks the inbox, the palette, a page and a wrong address, then it learns of that project only."""
    with scope.within(scope.Scope(house.tenant.pk)):
        Project.objects.filter(code="B").update(name="Hidden one")
        Notification(user=house.user, title_zh="Hidden one is late", title_en="Hidden one is late").save()
    inside = house.token(may="chosen", grants="frame.project.view", projects=[house.projects["A"]])
    few = house.token(may="chosen", grants="work.task.view")
    for token in (few, inside):
        assert call(token, "GET", "/notices/").status_code == 403
        for path in ("/search/?q=hidden", "/search/", "/w/work.task/", "/projects/NONE/", "/schedule/gantt/A/"):
            assert "Hidden one" not in call(token, "GET", path).text, path
    found = Client(headers={"Authorization": f"Bearer {few}", "Accept": "application/json"}).get("/search/?q=hidden")
    assert found.json()["commands"] == []
    wide = house.token()
    assert "Hidden one is late" in call(wide, "GET", "/notices/").text and "Hidden one" in call(wide, "GET", "/search/?q=hidden").text
    assert "Hidden one is late" in house.client.get("/notices/").text
