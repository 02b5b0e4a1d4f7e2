"""Saved views: one's own, shared with the people of a project, or with everybody; nobody reads the filters of a project that is not his."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import ApiToken, Membership, Project, Role, SavedView, User
from jingwei.frame.records import savedviews
from jingwei.frame.records.resource import resource
from tests.house.conftest import House
from tests.house.half import member

pytestmark = pytest.mark.django_db
path = "/w/work.task/"


def logged_in(who: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def second(house: House) -> Project:
    with scope.within(scope.Scope(house.tenant.pk)):
        made = Project(code="P2", name="二号", start_on=house.project.start_on)
        made.save()
    return made


def kept(client: Client, name: str, shared: Any = "", **filters: Any) -> Any:
    query = "&".join(f"{key}={value}" for key, value in filters.items())
    return client.post(f"{path}views/", {"name": name, "query": query, "shared": shared})


def shows(client: Client, name: str) -> bool:
    return name in client.get(path + "?all=1").text


def offered(client: Client) -> set[str]:
    """With whom the list offers to share."""
    return set(re.findall(r'<option value="(\w*)"', client.get(path + "?all=1").text.partition('id="view-shared"')[2].partition("</select>")[0]))


def test_a_stranger_sees_none_and_keeps_none(house: House) -> None:
    kept(logged_in(house.owner), "view-of-all", "all")
    assert not shows(logged_in(house.stranger), "view-of-all")
    nobody = User.objects.create_user("nobody")
    Membership.objects.create(tenant=house.tenant, user=nobody, role=Role.objects.create(tenant=house.tenant, key="x", name="x"))
    assert kept(logged_in(nobody), "mine").status_code == 403


def test_a_view_shared_from_a_project_is_seen_by_its_people(house: House, second: Project) -> None:
    """Given a view that a manager of P1 shares from P1, when people of P1, of P2 and of everything look, then those of P2 do not see it."""
    manager, colleague, elsewhere = (member(house, name, "manager", where) for name, where in (("m1", house.project), ("c1", house.project), ("m2", second)))
    assert kept(logged_in(manager), "secret-plan", house.project.pk, q="acquisition").status_code == 302
    assert shows(logged_in(manager), "secret-plan") and shows(logged_in(colleague), "secret-plan") and shows(logged_in(house.viewer), "secret-plan")
    page = logged_in(elsewhere).get(path + "?all=1").text
    assert "secret-plan" not in page and "acquisition" not in page
    Membership.objects.filter(user=colleague).delete()
    Membership.objects.create(tenant=house.tenant, user=colleague, role=Role.objects.get(tenant=house.tenant, key="manager"), project=second)
    assert not shows(logged_in(colleague), "secret-plan"), "who has left the project has left its views"


def test_sharing_needs_the_right_where_it_is_shared(house: House, second: Project) -> None:
    client = logged_in(member(house, "m1", "manager", house.project))
    for where in ("all", second.pk, "x", 10**30):
        assert kept(client, "wide", where).status_code in (403, 404)
    with scope.within(scope.Scope(house.tenant.pk)):
        assert not SavedView.objects.exists()
    with scope.within(scope.Scope(house.tenant.pk)):
        house.make(resource("work.task"))
    assert offered(client) == {"", str(house.project.pk)}
    assert offered(logged_in(house.owner)) == {"", "all", str(house.project.pk), str(second.pk)}


def test_what_names_a_project_is_not_shared_beyond_it(house: House, second: Project) -> None:
    """Given filters that name a project, or a row of it, when somebody of everything shares them with everybody, then only its people see them."""
    elsewhere = logged_in(member(house, "m2", "manager", second))
    owner = logged_in(house.owner)
    kept(owner, "by-project", "all", project=house.project.pk)
    kept(owner, "by-code", "all", project=house.project.code)
    kept(owner, "by-nothing", "all", q="x")
    assert not shows(elsewhere, "by-project") and not shows(elsewhere, "by-code") and shows(elsewhere, "by-nothing")
    answer = kept(owner, "crossed", second.pk, project=house.project.pk)
    assert answer.status_code == 302 and not shows(elsewhere, "crossed") and shows(owner, "crossed"), "it stays one's own"


def test_a_limited_token_reads_no_filters_of_other_projects(house: House, second: Project) -> None:
    owner = logged_in(house.owner)
    kept(owner, "mine-of-one", project=house.project.pk)
    kept(owner, "mine-of-none", q="x")
    _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="t", limit={"grants": ["*.view"], "projects": [second.pk]})
    page = Client(headers={"Authorization": f"Bearer {text}"}).get(path + "?all=1").text
    assert "mine-of-one" not in page and "mine-of-none" not in page
    assert shows(owner, "mine-of-one") and shows(owner, "mine-of-none")


def test_a_person_keeps_only_so_many_of_a_list(house: House) -> None:
    """Given as many views as a person may keep of a list, then one more is refused in words, one of those can be changed, and other lists are free."""
    client = logged_in(house.viewer)
    for number in range(savedviews.most_of_a_person):
        kept(client, f"v{number}", "all")
    answer = client.post(f"{path}views/", {"name": "one more", "query": ""}, follow=True)
    assert "You keep 50 views of this list" in answer.text and "one more" not in answer.text
    kept(client, "v3", "", q="changed")
    assert client.post("/w/frame.project/views/", {"name": "elsewhere", "query": ""}).status_code == 302
    with scope.within(scope.Scope(house.tenant.pk)):
        assert SavedView.objects.get(name="v3").query == "q=changed"
        assert SavedView.objects.filter(resource="work.task").count() == 50 and SavedView.objects.filter(name="elsewhere").exists()


def test_a_list_has_only_so_many_shared_ones_and_its_page_shows_few(house: House) -> None:
    """Given more shared views than may be, as from before, when somebody opens the list, then it shows a few, a page has the rest to search, and no more are shared."""
    with scope.within(scope.Scope(house.tenant.pk)):
        for number in range(savedviews.most_shared):
            SavedView(user=house.viewer, name=f"shared-{number:03}", query="q=" + "x" * 1900, resource="work.task", is_shared=True).save()
    owner = logged_in(house.owner)
    page = owner.get(path + "?all=1").text
    assert page.count("shared-") == savedviews.shown_at_most and len(page) < 150_000
    answer = owner.post(f"{path}views/", {"name": "mine", "query": "", "shared": "all"}, follow=True)
    assert "200 shared views" in answer.text
    assert kept(owner, "mine-alone").status_code == 302 and "mine-alone" in owner.get(path + "?all=1").text, "one's own comes first"
    more = owner.get(f"{path}views/")
    assert more.status_code == 200 and "shared-000" in more.text and len(more.text) < 300_000
    assert "shared-150" in owner.get(f"{path}views/?q=150").text and "shared-149" not in owner.get(f"{path}views/?q=150").text
    assert "shared-199" in owner.get(f"{path}views/?page=6").text


def test_an_administrator_removes_what_anybody_shared_and_nobody_else_does(house: House, second: Project) -> None:
    maker, lead, elsewhere = (
        member(house, name, role, where) for name, role, where in (("m1", "manager", house.project), ("l1", "owner", house.project), ("l2", "owner", second))
    )
    kept(logged_in(maker), "shared-of-p1", house.project.pk)
    kept(logged_in(maker), "own-of-p1")
    kept(logged_in(house.viewer), "shared-of-all", "all")
    with scope.within(scope.Scope(house.tenant.pk)):
        ids = dict(SavedView.objects.values_list("name", "pk"))

    def dropped(who: User, name: str) -> bool:
        logged_in(who).post(f"{path}views/{ids[name]}/drop/")
        with scope.within(scope.Scope(house.tenant.pk)):
            return not SavedView.objects.filter(pk=ids[name]).exists()

    assert not dropped(house.viewer, "shared-of-p1") and not dropped(elsewhere, "shared-of-p1") and not dropped(house.stranger, "shared-of-p1")
    assert logged_in(house.viewer).post(f"{path}views/{ids['shared-of-p1']}/drop/").status_code == 403
    assert not dropped(lead, "shared-of-all"), "an administrator of one project removes what his project sees, and nothing of everybody's"
    assert not dropped(house.owner, "own-of-p1"), "one's own is one's own"
    assert f"views/{ids['shared-of-p1']}/drop/" in logged_in(lead).get(f"{path}views/").text
    assert f"views/{ids['shared-of-p1']}/drop/" not in logged_in(house.viewer).get(f"{path}views/").text
    assert dropped(lead, "shared-of-p1") and dropped(house.owner, "shared-of-all")
    answer = logged_in(maker).post(f"{path}views/{ids['own-of-p1']}/drop/", follow=True)
    assert answer.redirect_chain == [(f"{path}views/", 302)], "who clears up stays where he clears up"
    assert "own-of-p1” is removed" in answer.text and "Save this view" in answer.text, "and the empty page says how one is kept"
    assert "No view is called so" in logged_in(maker).get(f"{path}views/?q=zz").text
    with scope.within(scope.Scope(house.tenant.pk)):
        assert not SavedView.objects.exists()


def test_who_lost_a_project_still_finds_what_he_shared_there_and_can_clear_it(house: House, second: Project) -> None:
    maker = member(house, "m9", "manager", house.project)
    Membership.objects.create(tenant=house.tenant, user=maker, role=Role.objects.get(tenant=house.tenant, key="manager"), project=second)
    kept(logged_in(maker), "shared-of-p1", house.project.pk)
    Membership.objects.filter(user=maker, project=house.project).delete()
    with scope.within(scope.Scope(house.tenant.pk)):
        pk = SavedView.objects.get(name="shared-of-p1").pk
    assert f"views/{pk}/drop/" in logged_in(maker).get(f"{path}views/").text, "it counts for him, so he can see and remove it"


def test_views_of_somebody_without_a_role_are_shown_to_nobody(house: House, second: Project) -> None:
    """Given shared views, when their maker leaves the project, the organisation or is no longer active, then nobody sees them."""
    of_project, of_all, asleep = member(house, "m1", "manager", house.project), member(house, "v1", "viewer", None), member(house, "v2", "viewer", None)
    kept(logged_in(of_project), "of-project", house.project.pk)
    kept(logged_in(of_all), "of-all", "all")
    kept(logged_in(of_all), "of-all-for-one", house.project.pk)
    kept(logged_in(asleep), "of-sleeper", "all")
    owner, names = logged_in(house.owner), ("of-project", "of-all", "of-all-for-one", "of-sleeper")
    assert all(shows(owner, name) for name in names)
    Membership.objects.filter(user=of_project).delete()
    member(house, "m1", "manager", second)
    Membership.objects.filter(user=of_all).delete()
    User.objects.filter(pk=asleep.pk).update(is_active=False)
    assert not any(shows(owner, name) for name in names)
    assert not any(name in owner.get(f"{path}views/").text for name in names)


def test_an_upgrade_takes_sharing_back_from_those_who_have_no_right_to_it(house: House, second: Project) -> None:
    """Given shared views of before, when the migration runs, then those of people of one project become own, and what names a project keeps to it."""
    migration = import_module("jingwei.frame.migrations.0042_views_of_a_project")
    manager = member(house, "m1", "manager", house.project)
    special = User.objects.create_user("special")
    role = Role.objects.create(tenant=house.tenant, key="special", name="special", grants=["work.task.view"])
    Membership.objects.create(tenant=house.tenant, user=special, role=role)
    with scope.within(scope.Scope(house.tenant.pk)):
        for user, name, query in (
            (manager, "narrow", ""), (house.viewer, "wide", "q=x"), (special, "special", ""), (house.owner, "named", f"q=x&project={house.project.pk}"),
        ):  # fmt: skip
            SavedView(user=user, name=name, query=query, resource="work.task", is_shared=True).save()
        SavedView(user=special, name="beyond", resource="cost.line", is_shared=True).save()
        migration.narrow(apps, None)
        now = {view.name: (view.is_shared, view.project_id) for view in SavedView.objects.all()}
    one = house.project.pk
    assert now == {"narrow": (False, None), "wide": (True, None), "special": (True, None), "named": (True, one), "beyond": (False, None)}


@pytest.mark.parametrize("query", ["&", "#x", "?", "&&", "?&", "&#q=1"])
def test_a_view_that_names_nothing_leads_nowhere_in_circles(house: House, query: str) -> None:
    person = logged_in(house.owner)
    person.post(f"{path}views/", {"name": "v", "query": query, "default": "1"})
    assert person.get(path).status_code == 200


def test_a_column_asked_for_often_is_shown_once(house: House) -> None:
    with scope.within(scope.Scope(house.tenant.pk)):
        house.make(resource("work.task"))
    page = logged_in(house.viewer).get(path, {"columns": "name," * 500 + "start,name"}).text
    assert page.count('class="jw-sort"') == 2
