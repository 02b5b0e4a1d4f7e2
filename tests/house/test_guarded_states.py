"""States that verbs guard: what was posted or confirmed is not opened by a field, a line, an undo or a parent's form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from jingwei.domains.directory.models import Team
from jingwei.frame import scope
from jingwei.frame.models import Membership, Role, User
from jingwei.frame.records import commands, exchange, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House
from tests.house.half import Half
from tests.house.test_api import Program
from tests.house.test_resources import logged_in

pytestmark = pytest.mark.django_db


def posted(house: House) -> Any:
    lines = resource("cost.line")
    row = commands.create(lines, {"project": "P1", "number": "C1", "account": "labour", "description": "x", "amount": "100", "period": "2026-11"}, house.access)
    return commands.act(lines, "post", row, {}, house.access)


def test_a_posted_line_is_not_opened_by_its_field(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = posted(house)
        for values in ({"amount": "999"}, {"status": "draft"}, {"status": "draft", "amount": "999"}):
            with pytest.raises(ValidationError):
                commands.change(resource("cost.line"), row, values, house.access)
        row.refresh_from_db()
        assert (row.status, row.amount) == ("posted", Decimal("100.00"))


def test_a_guarded_field_is_no_field_of_forms_and_programs(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        lines = resource("cost.line")
        row = commands.create(
            lines, {"project": "P1", "number": "C2", "account": "labour", "description": "x", "amount": "5", "period": "2026-11"}, house.access
        )
        with pytest.raises(ValidationError):
            commands.change(lines, row, {"status": "posted"}, house.access)
    client = logged_in(house, house.owner)
    assert client.get(f"/w/cost.line/{row.pk}/cell/status/").status_code == 404
    assert b'name="status"' not in client.get(f"/w/cost.line/{row.pk}/edit/").content
    program = Program(house, house.owner, house.tenant)
    assert program.call("PATCH", f"/api/v1/cost.line/{row.pk}", {"status": "posted"})[0] == 422
    assert program.call("POST", f"/api/v1/cost.line/{row.pk}/post", {})[0] == 200


def test_state_that_comes_from_outside_needs_the_verbs_right(half: Half) -> None:
    values = {"project": "P1", "number": "C3", "account": "labour", "description": "x", "amount": "5", "period": "2026-11", "status": "posted"}
    with half.inside():
        assert not half.access.allows("cost.line.post", half.house.project.pk)
        sheet = exchange.Sheet(tuple(values), [values])
        assert not exchange.apply(resource("cost.line"), sheet, half.access).is_clean
    with scope.within(scope.Scope(half.house.tenant.pk)):
        assert exchange.apply(resource("cost.line"), sheet, half.house.access).counts["create"] == 1


def test_a_line_does_not_leave_a_confirmed_sheet(house: House, inside: Callable[[], Any]) -> None:
    sheets, lines = resource("labour.sheet"), resource("labour.sheetline")
    with inside():
        team = Team(code="X", name="X")
        team.save()

        def made(number: str) -> Any:
            values = {"project": "P1", "number": number, "work_date": date(2026, 11, 20), "team": team.pk, "description": "d"}
            return commands.create(sheets, {**values, "lines": [{"worker": "w" + number, "trade": "t", "hours": "8", "rate": "45"}]}, house.access)

        one, draft = made("S1"), made("S2")
        with scope.because(reason="x", trace="tr1"):
            commands.remove(lines, draft.lines.get(), house.access)
        one = commands.act(sheets, "submit", one, {}, house.access)
    with scope.within(scope.Scope(house.tenant.pk, house.viewer.pk)):
        one = commands.act(sheets, "confirm", one, {}, house.access)
        with pytest.raises(ValidationError):
            commands.change(lines, one.lines.get(), {"sheet": draft.pk, "hours": "1"}, house.access)
        with pytest.raises(ValidationError):
            commands.remove(sheets, one, house.access)
        assert undo.undo("tr1", house.access) == []
        draft.refresh_from_db()
        assert (draft.lines.count(), draft.total_amount) == (1, Decimal("360.00")), "what comes back counts again"


def test_undo_brings_nothing_back_into_a_confirmed_sheet(house: House, inside: Callable[[], Any]) -> None:
    sheets, lines = resource("labour.sheet"), resource("labour.sheetline")
    with inside():
        team = Team(code="X", name="X")
        team.save()
        values = {"project": "P1", "number": "S1", "work_date": date(2026, 11, 20), "team": team.pk, "description": "d"}
        two = [{"worker": w, "trade": "t", "hours": "8", "rate": "45"} for w in ("a", "b")]
        sheet = commands.create(sheets, {**values, "lines": two}, house.access)
        with scope.because(reason="x", trace="tr2"):
            commands.remove(lines, sheet.lines.get(worker="a"), house.access)
        commands.act(sheets, "submit", sheet, {}, house.access)
        assert undo.undo("tr2", house.access)
        assert sheet.lines.count() == 1


def test_children_in_a_form_need_their_own_rights(half: Half) -> None:
    role = Role.objects.create(tenant=half.house.tenant, key="sheets", name="sheets", grants=["labour.sheet.*", "labour.sheetline.add", "directory.team.view"])
    user = User.objects.create_user("sheets", password=None)
    Membership.objects.create(tenant=half.house.tenant, user=user, role=role, project=half.house.project)
    rights, sheets = access_of(user, half.house.tenant), resource("labour.sheet")
    with scope.within(scope.Scope(half.house.tenant.pk, user.pk)):
        team = Team(code="X", name="X")
        team.save()
        values = {"project": "P1", "number": "S1", "work_date": date(2026, 11, 20), "team": team.pk, "description": "d"}
        line = {"worker": "w", "trade": "t", "hours": "8.00", "rate": "45.00"}
        sheet = commands.create(sheets, {**values, "lines": [line]}, rights)
        kept = {"id": sheet.lines.get().pk, **line}
        commands.change(sheets, sheet, {"place": "x", "lines": [kept]}, rights)
        for lines in ([kept | {"hours": "1"}], []):
            with pytest.raises(PermissionDenied):
                commands.change(sheets, sheet, {"lines": lines}, rights)
