"""Approvals as they are told: to whom they wait, who is late, what a project asks for, pages and programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jingwei.frame import waiting
from jingwei.frame.approvals import arranging, cases, deadlines, shown
from jingwei.frame.models import Case, Notification, Project, StageRule
from jingwei.frame.records.resource import Resource
from tests.house.approving import Room, named
from tests.house.half import member
from tests.house.test_api import Program
from tests.house.test_resources import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("resource", **named)]


def test_it_waits_for_those_who_may_vote_and_they_are_told(room: Room) -> None:
    room.stands_in("looker", "third")
    for name, expected in (("first", 1), ("looker", 1), ("author", 0), ("other", 0)):
        with room.acting(name) as rights:
            found = [row for kind, rows in waiting.waiting_for(rights) if kind.name == "approval" for row in rows]
            assert len(found) == expected, name
    with room.acting("first"):
        told = set(Notification.objects.filter(key__endswith=".asked").values_list("user__username", flat=True))
    assert {"first", "second", "third"} <= told and not {"author", "other"} & told
    room.vote("first")
    with room.acting("second") as rights:
        assert "approval" not in {kind.name for kind, _rows in waiting.waiting_for(rights)}
    with room.acting("author"):
        assert Notification.objects.filter(user=room.people["author"], key__endswith=".ended").exists()


def test_who_is_late_is_told_once_and_it_goes_up_where_that_is_declared(room: Room) -> None:
    if room.approval.days is None:
        pytest.skip("it may take any time")
    assert room.case.due_at is not None
    with room.acting("first"):
        Project.objects.filter(pk=room.house.project.pk).update(manager=room.people["other"])
        Case.objects.update(due_at=timezone.now() + timedelta(hours=3))
        assert (deadlines.remind(), deadlines.remind()) == (1, 0)
        Case.objects.update(due_at=timezone.now() - timedelta(hours=3))
        assert (deadlines.remind(), deadlines.remind()) == (1, 0)
        told = dict(Notification.objects.values_list("key", "user__username").filter(user__in=[room.people["first"], room.people["other"]]))
    assert {key.rpartition(".")[2] for key in told} >= {"asked", "soon", "late"}
    assert any(key.endswith("escalated") and who == "other" for key, who in told.items()) == (room.approval.late == "escalate")


def test_a_project_asks_for_more_and_never_for_less(room: Room, resource: Resource) -> None:
    stage = room.approval.stages[0]
    given = {"key": resource.key, "stage": stage.name, "project": room.house.project, "days": ""}
    with room.acting("looker") as rights, pytest.raises(PermissionDenied):
        arranging.rule_keep(access=rights, quorum="1", **given)
    with room.acting("first") as rights:
        for wrong in ("0", "-1", "x", "99", str(stage.quorum - 1)):
            with pytest.raises(ValidationError):
                arranging.rule_keep(access=rights, quorum=wrong, **given)
        arranging.rule_keep(access=rights, quorum=str(stage.quorum + 1), **given)
        assert cases.rule_of(room.case, resource, stage) == (stage.quorum + 1, room.approval.days)
        StageRule.objects.update(quorum=0)  # past the form
        assert cases.rule_of(room.case, resource, stage)[0] == stage.quorum
        arranging.rule_keep(access=rights, quorum="", **given)
        assert not StageRule.objects.exists()


def test_pages_and_programs_tell_the_case(room: Room, resource: Resource) -> None:
    program, browser = Program(room.house, room.people["first"], room.house.tenant), logged_in(room.house, room.people["first"])
    page = browser.get(f"/w/{resource.key}/{room.row.pk}/").content.decode()
    assert 'value="yes"' in page and 'id="approval"' in page
    assert f"/w/{resource.key}/{room.row.pk}/vote/" in browser.get("/waiting/").content.decode()
    assert "badge" in browser.get("/waiting/count/").content.decode()
    answer = browser.post(f"/w/{resource.key}/{room.row.pk}/vote/", {"choice": "no", "word": ""})
    assert answer.status_code == 422
    status, (case,) = program.call("GET", f"/api/v1/{resource.key}/{room.row.pk}/cases")
    assert status == 200 and case["state"] == "open" and case["votes"] == []
    status, problem = program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/vote", {"choice": "perhaps"})
    assert status == 422 and problem["errors"][0]["field"] == "choice"
    status, _problem = program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/vote", {"choice": "no", "word": "\u0000"})
    assert status == 422
    status, case = program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/vote", {"choice": "yes", "seen": case["seen"]})
    assert status == 200 and case["state"] == "approved" and case["votes"][0]["user_id"] == room.people["first"].pk


def test_a_page_asks_the_same_of_the_database_however_many_voted(room: Room, resource: Resource) -> None:
    room.asks(9)

    def asked() -> int:
        with (
            room.acting("author") as rights,
            CaptureQueriesContext(
                connection,
            ) as caught,
        ):
            shown.approval_of(resource, room.row, rights)
            waiting.waiting_for(rights)
        return len(caught)

    before = asked()
    for number in range(6):
        room.people[f"m{number}"] = member(room.house, f"m{number}", "owner", None)
        room.vote(f"m{number}")
    assert asked() <= before
