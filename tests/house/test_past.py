"""The history of a row that has moved: who may not read the project it came from is told only what happened since."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import ApiToken, History, Membership, Project, Role, User
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House
from tests.house.half import member
from tests.house.test_saved_views import logged_in

pytestmark = pytest.mark.django_db
secret, since = "acquisition of rivals", "harmless words"


@pytest.fixture
def moved(house: House) -> dict[str, Any]:
    """A task that was renamed in P1, went to P2, and was renamed there."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        second = Project(code="P2", name="二号", start_on=house.project.start_on)
        second.save()
        tasks = resource("work.task")
        task = house.make(tasks)
        with scope.because(trace="in-one"):
            commands.change(tasks, task, {"name": secret}, house.access)
        with scope.because(trace="the-move"):
            commands.change(tasks, task, {"project": second.pk, "name": since}, house.access)
        with scope.because(trace="in-two"):
            commands.change(tasks, task, {"name": "third words"}, house.access)
        task.refresh_from_db()
    return {"task": task, "second": second}


def told(client: Client, moved: dict[str, Any]) -> tuple[str, Any, str]:
    """The page, the program's list, and what its header says."""
    page = client.get(f"/w/work.task/{moved['task'].pk}/")
    listed = client.get(f"/api/v1/work.task/{moved['task'].pk}/history")
    assert page.status_code == listed.status_code == 200
    return page.text, listed.json(), listed["X-History"]


def test_a_stranger_and_a_reader_of_the_old_project_see_nothing(house: House, moved: dict[str, Any]) -> None:
    for who in (house.stranger, member(house, "left-behind", "manager", house.project)):
        client = logged_in(who)
        assert client.get(f"/w/work.task/{moved['task'].pk}/").status_code == 404
        assert client.get(f"/api/v1/work.task/{moved['task'].pk}/history").status_code == 404


def test_a_reader_of_the_new_project_is_told_what_happened_since_the_move(house: House, moved: dict[str, Any]) -> None:
    """Given a row that came from P1, when somebody of P2 reads its history, then it begins with the move, which tells nothing of before."""
    page, listed, header = told(logged_in(member(house, "here", "manager", moved["second"])), moved)
    assert secret not in page and secret not in str(listed)
    assert "Earlier history lies in another project." in page and "came from another project" in page and "third words" in page
    assert header == "partial" and [line["action"] for line in listed] == ["U", "U"]
    assert listed[0]["before"] == {"name": since} and listed[1]["before"] is None and listed[1]["after"]["name"] == since
    page = Client(headers={"Accept-Language": "zh-hans"})
    page.force_login(User.objects.get(username="here"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "更早的历史在另一个项目中" in page.get(f"/w/work.task/{moved['task'].pk}/").text


def test_a_role_in_the_old_project_that_may_not_read_such_rows_shows_no_more(house: House, moved: dict[str, Any]) -> None:
    who = member(house, "here", "manager", moved["second"])
    role = Role.objects.create(tenant=house.tenant, key="costs", name="costs", grants=["cost.*"])
    Membership.objects.create(tenant=house.tenant, user=who, role=role, project=house.project)
    page, listed, header = told(logged_in(who), moved)
    assert secret not in page and secret not in str(listed) and header == "partial"


def test_who_reads_both_or_everything_is_told_all(house: House, moved: dict[str, Any]) -> None:
    both = member(house, "both", "viewer", house.project)
    member(house, "both", "viewer", moved["second"])
    for who in (both, house.viewer, house.owner):
        page, listed, header = told(logged_in(who), moved)
        assert secret in page and len(listed) == 4 and header == "whole" and "Earlier history lies" not in page
    _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="t", limit={"grants": ["*"], "projects": [moved["second"].pk]})
    page, listed, header = told(Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"}), moved)
    assert secret not in page and secret not in str(listed) and header == "partial"


def test_undo_follows_the_same_rule(house: House, moved: dict[str, Any]) -> None:
    """Given what was written while the row lay in P1, when somebody of P2 alone takes it back, then it stays, and he is told why."""
    who = member(house, "here", "owner", moved["second"])
    access = access_of(who, house.tenant)
    task = moved["task"]
    for project_ids in (access.project_ids, None):  # as in a request; and where nothing else narrows
        with scope.within(scope.Scope(house.tenant.pk, who.pk, project_ids)):
            for trace in ("in-one", "the-move"):
                assert undo.undo(trace, access)
                task.refresh_from_db()
                assert (task.name, task.project_id) == ("third words", moved["second"].pk)
    with scope.within(scope.Scope(house.tenant.pk, who.pk, access.project_ids)):
        assert undo.undo("in-two", access) == []
        task.refresh_from_db()
        assert task.name == since


def test_a_calendar_that_came_from_a_project_is_followed_by_its_reference(house: House, moved: dict[str, Any]) -> None:
    """Given a calendar of P1 that becomes one of P2 (its lines of history name no project), when somebody of P2 reads it, then the same holds."""
    calendars = resource("worktime.calendar")
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        row = commands.create(calendars, {**house.values(calendars, 7), "layer": "project", "project": house.project.pk, "name": secret}, house.access)
        commands.change(calendars, row, {"name": secret + "!"}, house.access)
        commands.change(calendars, row, {"project": moved["second"].pk, "name": since}, house.access)
        assert not History.objects.filter(resource=calendars.key, object_id=row.pk).exclude(project_id=None).exists()
    client = logged_in(member(house, "here", "manager", moved["second"]))
    listed = client.get(f"/api/v1/{calendars.key}/{row.pk}/history")
    page = client.get(f"/w/{calendars.key}/{row.pk}/").text
    assert secret not in listed.content.decode() and secret not in page and listed["X-History"] == "partial" and "Earlier history lies" in page
    assert secret in logged_in(house.owner).get(f"/w/{calendars.key}/{row.pk}/").text


def test_what_led_to_a_place_and_is_gone_leads_nobody_there(house: House, moved: dict[str, Any]) -> None:
    """Given an exception that left a calendar of P1 which was deleted afterwards, when somebody of P2 reads its history, then its past stays cut."""
    calendars, exceptions = resource("worktime.calendar"), resource("worktime.calendarexception")
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        old, new = (
            commands.create(calendars, {**house.values(calendars, number), "layer": "project", "project": project.pk}, house.access)
            for number, project in ((8, house.project), (9, moved["second"]))
        )
        row = commands.create(exceptions, {**house.values(exceptions, 5), "calendar": old.pk, "note": secret}, house.access)
        commands.change(exceptions, row, {"note": since}, house.access)
        commands.change(exceptions, row, {"calendar": new.pk}, house.access)
        commands.remove(calendars, old, house.access)
    client = logged_in(member(house, "here", "manager", moved["second"]))
    listed = client.get(f"/api/v1/{exceptions.key}/{row.pk}/history")
    assert listed.status_code == 200 and secret not in listed.text and listed["X-History"] == "partial"
    assert secret not in client.get(f"/w/{exceptions.key}/{row.pk}/").text
