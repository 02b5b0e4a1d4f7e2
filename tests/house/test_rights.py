"""Rights are decided with the row's project, before and after, for parts and wholes; references and typed codes keep to their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.domains.directory.models import Person, Team
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Dependency
from jingwei.domains.worktime.models import Calendar
from jingwei.frame import scope
from jingwei.frame.models import Membership, Role, User
from jingwei.frame.records import commands, exchange, forms
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_still_holds
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program
from tests.house.test_resources import logged_in

pytestmark = pytest.mark.django_db


# ---- the row's project, before and after


def test_a_link_is_written_only_with_the_right_in_its_project(half: Half) -> None:
    with half.inside():
        with pytest.raises(PermissionDenied):
            commands.create(resource("work.dependency"), {"predecessor": half.theirs[0].pk, "successor": half.theirs[1].pk}, half.access)
        made = commands.create(resource("work.dependency"), {"predecessor": half.mine[0].pk, "successor": half.mine[1].pk}, half.access)
        assert made.project_id == half.house.project.pk


@pytest.mark.parametrize("door", ["form", "rest", "graphql", "import"])
def test_no_door_lets_a_viewer_link_tasks(half: Half, door: str) -> None:
    one, two = half.theirs
    if door == "form":
        answer = logged_in(half.house, half.user).post(
            "/w/work.dependency/new/", {"predecessor": f"P2/{one.code}", "successor": f"P2/{two.code}", "type": "FS", "lag_minutes": 0}
        )
        assert answer.status_code == 403
    elif door == "rest":
        program = Program(half.house, half.user, half.house.tenant)
        assert program.call("POST", "/api/v1/work.dependency/", {"predecessor": one.pk, "successor": two.pk})[0] == 403
    elif door == "graphql":
        program = Program(half.house, half.user, half.house.tenant)
        query = "mutation M($v: JSON!) { createWorkDependency(values: $v) { id } }"
        _status, answer = program.call("POST", "/graphql", {"query": query, "variables": {"v": {"predecessor": one.pk, "successor": two.pk}}})
        assert answer["errors"][0]["extensions"]["code"] == "denied"
    else:
        with half.inside():
            sheet = exchange.Sheet(("predecessor", "successor", "type"), [{"predecessor": f"P2/{one.code}", "successor": f"P2/{two.code}", "type": "FS"}])
            assert not exchange.apply(resource("work.dependency"), sheet, half.access).is_clean
    with scope.within(scope.Scope(half.house.tenant.pk)):
        assert not Dependency.objects.exists()


def test_a_part_moves_only_where_both_wholes_may_be_changed(half: Half) -> None:
    with scope.within(scope.Scope(half.house.tenant.pk)):
        theirs = commands.create(resource("risk.risk"), {"project": "P2", "code": "R2", "title": "b"}, half.house.access)
        mine = commands.create(resource("risk.risk"), {"project": "P1", "code": "R1", "title": "a"}, half.house.access)
        values = {"task": half.mine[0].pk, "delay_low_minutes": 1, "delay_likely_minutes": 2, "delay_high_minutes": 3}
        impact = commands.create(resource("risk.riskimpact"), {"risk": mine.pk, **values}, half.house.access)
    with half.inside():
        with pytest.raises(PermissionDenied):
            commands.change(resource("risk.riskimpact"), impact, {"risk": theirs.pk, "task": half.theirs[0].pk}, half.access)
        impact.refresh_from_db()
        assert impact.risk_id == mine.pk


def test_a_part_takes_the_project_of_its_new_whole(half: Half) -> None:
    team = {"team": None}
    with scope.within(scope.Scope(half.house.tenant.pk, half.house.owner.pk)):
        team = Team(code="X", name="X")
        team.save()
        sheets = resource("labour.sheet")
        values = {"work_date": date(2026, 11, 20), "team": team.pk, "description": "d"}
        line = {"worker": "w", "trade": "t", "hours": "8", "rate": "45"}
        one = commands.create(sheets, {"project": "P1", "number": "S1", **values, "lines": [line]}, half.house.access)
        two = commands.create(sheets, {"project": "P2", "number": "S2", **values}, half.house.access)
        moved = commands.change(resource("labour.sheetline"), one.lines.get(), {"sheet": two.pk}, half.house.access)
        assert moved.project_id == half.other.pk
        one.refresh_from_db()
        two.refresh_from_db()
        assert (one.total_amount, two.total_amount) == (Decimal(0), Decimal("360.00"))


def test_a_reference_keeps_to_the_project(half: Half) -> None:
    with scope.within(scope.Scope(half.house.tenant.pk)):
        tasks = resource("work.task")
        with pytest.raises(ValidationError) as refused:
            commands.change(tasks, half.mine[0], {"parent": half.theirs[0].pk}, half.house.access)
        assert "parent" in refused.value.message_dict
        with pytest.raises(ValidationError) as refused:
            commands.change(tasks, half.mine[0], {"project": "P2", "parent": half.mine[1].pk}, half.house.access)
        assert "parent" in refused.value.message_dict
        theirs = commands.create(resource("worktime.calendar"), {"name": "only P2", "layer": "project", "project": "P2"}, half.house.access)
        with pytest.raises(ValidationError) as refused:
            commands.change(tasks, half.mine[0], {"calendar": theirs.pk}, half.house.access)
        assert "calendar" in refused.value.message_dict


def test_what_stands_on_a_row_is_not_left_behind(half: Half) -> None:
    with scope.within(scope.Scope(half.house.tenant.pk)):
        work.dependency_save(predecessor=half.mine[0], successor=half.mine[1])
        with pytest.raises(ValidationError) as refused:
            commands.change(resource("work.task"), half.mine[0], {"project": "P2"}, half.house.access)
        assert "project" in refused.value.message_dict


def test_organisation_rows_need_the_right_organisation_wide(half: Half) -> None:
    with half.inside():
        for key, values in (
            ("worktime.calendar", {"name": "org", "layer": "company"}),
            ("directory.team", {"code": "T", "name": "T"}),
            ("directory.person", {"number": "1", "name": "n"}),
            ("frame.project", {"code": "P9", "name": "x", "start_on": "2026-11-02"}),
            ("hub.system", {"key": "s", "name": "s", "connector": "local"}),
        ):
            with pytest.raises(PermissionDenied):
                commands.create(resource(key), values, half.access)
        own = commands.create(resource("worktime.calendar"), {"name": "P1's", "layer": "project", "project": "P1"}, half.access)
        commands.create(resource("worktime.calendarexception"), {"calendar": own.pk, "on_date": "2026-12-31"}, half.access)
        with pytest.raises(PermissionDenied):
            commands.change(resource("worktime.calendar"), own, {"layer": "company", "project": None}, half.access)
    with scope.within(scope.Scope(half.house.tenant.pk)):
        company = Calendar(name="company", layer="company")
        company.save()
    with half.inside(), pytest.raises(PermissionDenied):
        commands.create(resource("worktime.calendarexception"), {"calendar": company.pk, "on_date": "2026-12-31"}, half.access)


def test_a_project_calendar_of_others_is_not_seen(half: Half) -> None:
    stranger = member(half.house, "far", "viewer", half.other)
    with scope.within(scope.Scope(half.house.tenant.pk)):
        own = commands.create(resource("worktime.calendar"), {"name": "P1 only", "layer": "project", "project": "P1"}, half.house.access)
    client = logged_in(half.house, stranger)
    assert client.get(f"/w/worktime.calendar/{own.pk}/").status_code == 404
    assert b"P1 only" not in client.get("/worktime/").content


def test_import_and_export_need_their_own_right_where_the_row_is(half: Half, inside: Callable[[], Any]) -> None:
    role = Role.objects.create(tenant=half.house.tenant, key="writes", name="writes", grants=["work.task.add", "work.task.change", "work.task.view"])
    Membership.objects.create(tenant=half.house.tenant, user=half.user, role=role, project=half.other)
    Membership.objects.filter(user=half.user, role__key="viewer").delete()
    with half.inside():
        sheet = exchange.Sheet(("project", "code", "name"), [{"project": "P2", "code": "N1", "name": "new"}])
        assert not exchange.apply(resource("work.task"), sheet, half.access).is_clean
    told = logged_in(half.house, half.user).get("/w/work.task/export.csv")
    text = b"".join(told.streaming_content).decode()  # type: ignore[attr-defined]
    assert "a0" in text and "b0" not in text


# ---- what verbs guard


# ---- codes and ids


def test_a_typed_code_is_never_an_id(half: Half) -> None:
    with scope.within(scope.Scope(half.house.tenant.pk)):
        tasks = resource("work.task")
        whole = work.task_save(project=half.house.project, name="whole", code=str(half.theirs[0].pk))
        assert forms.checked(tasks, {"parent": whole.code}, half.mine[0], None)["parent"] == whole
        with pytest.raises(ValidationError):
            forms.checked(tasks, {"parent": str(half.mine[1].pk)}, half.mine[0], None)
        assert forms.checked(tasks, {"parent": f"#{half.mine[1].pk}"}, half.mine[0], None)["parent"] == half.mine[1]
        assert forms.checked(tasks, {"parent": half.mine[1].pk}, half.mine[0], None)["parent"] == half.mine[1]


def test_a_short_code_means_the_row_of_the_own_project(half: Half) -> None:
    with scope.within(scope.Scope(half.house.tenant.pk)):
        own = work.task_save(project=half.house.project, name="whole", code="SAME")
        work.task_save(project=half.other, name="whole", code="SAME")
        assert forms.checked(resource("work.task"), {"parent": "SAME"}, half.mine[0], None)["parent"] == own


def test_user_lists_hold_members_only(house: House, inside: Callable[[], Any]) -> None:
    client = logged_in(house, house.owner)
    for key in ("frame.project", "directory.person", "hub.system", "hub.interface"):
        page = client.get(f"/w/{key}/new/").content.decode()
        assert "stranger" not in page and 'data-pick="/pick/frame.user/' in page, key
    found = {word: client.get("/pick/frame.user/", {"q": word}).text for word in ("view", "strang")}
    assert "viewer" in found["view"] and "stranger" not in found["strang"]
    with inside():
        project = resource("frame.project")
        for given in (house.stranger.pk, "stranger", str(house.stranger.pk), f"#{house.stranger.pk}"):
            with pytest.raises(ValidationError):
                commands.change(project, house.project, {"manager": given}, house.access)
        for given in (house.viewer.pk, "viewer"):
            kept = commands.change(project, house.project, {"manager": given}, house.access)
            assert kept.manager == house.viewer
        line = exchange.written(project, kept, "manager")
    assert line == "viewer", "a sheet holds names, not numbers"


# ---- reading


def test_rest_reads_a_row_with_children(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        task = work.task_save(project=house.project, name="t")
        impact = {"task": task.pk, "delay_low_minutes": 1, "delay_likely_minutes": 2, "delay_high_minutes": 3}
        risk = commands.create(resource("risk.risk"), {"project": "P1", "code": "R1", "title": "r", "impacts": [impact]}, house.access)
    status, told = Program(house, house.owner, house.tenant).call("GET", f"/api/v1/risk.risk/{risk.pk}")
    assert status == 200 and told["impacts"][0]["task"] == task.pk, told


def test_a_detail_page_has_a_query_budget(house: House, inside: Callable[[], Any]) -> None:
    client = logged_in(house, house.owner)
    values = {"delay_low_minutes": 1, "delay_likely_minutes": 2, "delay_high_minutes": 3}
    with inside():
        tasks = [work.task_save(project=house.project, name=f"t{n}") for n in range(12)]
        people = [Person(number=str(n), name=f"n{n}") for n in range(2)]
        for person in people:
            person.save()
        risk = commands.create(
            resource("risk.risk"), {"project": "P1", "code": "R1", "title": "r", "impacts": [{"task": t.pk, **values} for t in tasks[:2]]}, house.access
        )

    def queries(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    few = queries(f"/w/risk.risk/{risk.pk}/"), queries(f"/w/work.task/{tasks[0].pk}/")
    with inside():
        commands.change(resource("risk.risk"), risk, {"impacts": [{"task": t.pk, **values} for t in tasks]}, house.access)
        for number in range(10):
            commands.change(resource("work.task"), tasks[0], {"assignee": people[number % 2].pk}, house.access)
    many = queries(f"/w/risk.risk/{risk.pk}/"), queries(f"/w/work.task/{tasks[0].pk}/")
    assert many[0] <= few[0] + 2 and many[1] <= few[1] + 3, (few, many)


def test_crew_sees_no_cost(house: House, inside: Callable[[], Any]) -> None:
    user = member(house, "crewman", "crew", house.project)
    with inside():
        work.task_save(project=house.project, name="t")
        commands.create(
            resource("cost.line"),
            {"project": "P1", "number": "C9", "account": "labour", "description": "SECRETLINE", "kind": "actual", "amount": "77123.45", "period": "2026-11"},
            house.access,
        )
    client = logged_in(house, user)
    for path in ("/", "/portfolio/", "/projects/P1/", "/projects/P1/risk/", "/search/?q=SECRETLINE"):
        page = client.get(path).content.decode().replace(",", "").replace("\xa0", "").replace("&nbsp;", "")
        assert "77123" not in page and "cost line" not in page.lower() and "成本行" not in page, path
    told = Program(house, user, house.tenant).call("GET", "/api/v1/reports/boards.risk/P1")[1]
    assert "cost" not in json.dumps(told), told


def test_access_is_asked_again_while_a_page_stays_open(half: Half) -> None:
    held = half.access
    assert access_still_holds(held)
    Membership.objects.filter(user=half.user, project=half.other).delete()
    assert not access_still_holds(held), "what he may see has changed"
    held = half.access
    User.objects.filter(pk=half.user.pk).update(is_active=False)
    assert not access_still_holds(held)
    User.objects.filter(pk=half.user.pk).update(is_active=True)
    client = Client()
    client.force_login(half.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    key = client.session.session_key
    assert access_still_holds(half.access, key)
    client.logout()
    assert not access_still_holds(half.access, key)


def test_who_belongs_nowhere_any_more_is_refused_in_words(house: House) -> None:
    client = logged_in(house, house.viewer)
    Membership.objects.filter(user=house.viewer).delete()
    for path in ("/api/v1/work.task/", "/api/v1/hub/conflicts", "/api/v1/reports/boards.risk/P1"):
        answer = client.get(path)
        assert answer.status_code == 403 and answer.json()["errors"][0]["code"] == "denied", path


def test_a_link_with_a_rows_number_fills_the_form_in(house: House) -> None:
    client = Client()
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/w/work.task/new/?project={house.project.pk}").content.decode()
    assert f'value="{house.project.code}"' in page
