"""Day-labour sheets: what a confirmed sheet fixes, and what comes back of one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.frame import scope
from jingwei.frame.models import Membership, Notification, Role
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.frame.telling.wording import words_of
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
worker = {"worker": "李师傅", "trade": "电工", "hours": Decimal(8), "rate": Decimal(45)}


def sheet_of(firm: Firm, *workers: str, **values: Any) -> Sheet:
    """A draft with a line for each."""
    lines = [{**worker, "worker": name} for name in workers]
    made: Sheet = firm.made("labour.sheet", work_date=date(2026, 11, 20), team=firm.crew, description="布线", lines=lines, **values)
    return made


def test_totals_follow_lines_wherever_they_go(firm: Firm) -> None:
    one, other = sheet_of(firm, "李", "王"), sheet_of(firm, "张")
    line = one.lines.first()
    firm.changed(line, sheet=other)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.total_hours, other.total_hours, other.total_amount) == (8, 16, 720)
    with scope.because(trace="gone"):
        commands.remove(resource("labour.sheetline"), SheetLine.objects.get(pk=line.pk), system_access(firm.tenant.pk))
    other.refresh_from_db()
    assert other.total_hours == 8
    assert undo.undo("gone", system_access(firm.tenant.pk)) == []
    other.refresh_from_db()
    assert other.total_hours == 16


def test_no_line_leaves_or_enters_what_is_confirmed(firm: Firm) -> None:
    kept, draft = sheet_of(firm, "李"), sheet_of(firm, "张")
    line = kept.lines.get()
    with firm.acting("crew"):
        firm.taken(kept, "submit")
    for values in ({"sheet": draft}, {"hours": Decimal(1)}):
        with refuses(text="争议"):
            firm.changed(line, **values)
    with refuses(text="争议"):
        firm.changed(draft.lines.get(), sheet=kept)
    with refuses(text="争议"):
        firm.made("labour.sheetline", sheet=kept, **worker)
    assert kept.lines.count() == 1 and draft.lines.count() == 1


def test_a_line_that_went_before_the_sheet_was_submitted_does_not_come_back_into_it(firm: Firm) -> None:
    kept = sheet_of(firm, "李", "王")
    with scope.because(trace="gone"):
        commands.remove(resource("labour.sheetline"), kept.lines.first(), system_access(firm.tenant.pk))
    firm.taken(Sheet.objects.get(pk=kept.pk), "submit")
    left = undo.undo("gone", system_access(firm.tenant.pk))
    assert left and "争议" in left[0] and kept.lines.count() == 1


def test_the_generic_page_asks_what_a_step_needs(firm: Firm) -> None:
    kept = sheet_of(firm, "李")
    firm.taken(kept, "submit")
    client = firm.client("manager")
    assert 'name="dispute"' in client.get(f"/w/labour.sheet/{kept.pk}/do/dispute/").content.decode()
    assert "需要填写" in client.post(f"/w/labour.sheet/{kept.pk}/do/dispute/", {"dispute": " "}).content.decode()
    page = client.get(f"/w/labour.sheet/{kept.pk}/").content.decode()
    assert 'aria-current="step">班组已提交' in page.replace("\n", "")


def test_a_sheet_that_was_confirmed_once_stays(firm: Firm) -> None:
    kept = sheet_of(firm, "李")
    rights = system_access(firm.tenant.pk)
    for step, asked in (("submit", {}), ("confirm", {}), ("dispute", {"dispute": "错"}), ("submit", {}), ("dispute", {"dispute": "还错"})):
        kept = firm.taken(kept, step, **asked)
    with refuses(text="曾处于"):
        commands.remove(resource("labour.sheet"), kept, rights)
    commands.remove(resource("labour.sheet"), firm.taken(firm.taken(sheet_of(firm, "王"), "submit"), "dispute", dispute="x"), rights)


def test_who_took_a_line_away_does_not_confirm(firm: Firm) -> None:
    with firm.acting("crew"):
        kept = sheet_of(firm, "李", "王")
    with firm.acting("manager"):
        commands.remove(resource("labour.sheetline"), kept.lines.first(), firm.rights("manager"))
    with firm.acting("crew"):
        firm.taken(kept, "submit")
    with firm.acting("manager"), refuses(text="另一人"):
        firm.taken(kept, "confirm")
    page = firm.client("manager").get(f"/w/labour.sheet/{kept.pk}/").content.decode()
    assert "/do/confirm/" not in page and "/do/dispute/" in page and "/edit/" not in page and "/delete/" not in page
    assert "/do/confirm/" in firm.client("finance").get(f"/w/labour.sheet/{kept.pk}/").content.decode()


def test_a_list_names_its_own_lines_once(firm: Firm) -> None:
    kept, other = sheet_of(firm, "李"), sheet_of(firm, "张")
    own, foreign = kept.lines.get(), other.lines.get()
    for lines in ([{"id": own.pk, **worker}, {"id": own.pk, **worker}], [{"id": foreign.pk, **worker}], [{"id": "abc", **worker}]):
        with refuses(text="第 "):
            firm.changed(kept, lines=lines)
    with refuses(text="24"):
        firm.changed(kept, lines=[{"id": own.pk, **worker, "hours": Decimal(25)}])
    assert kept.lines.get().hours == 8 and other.lines.count() == 1


def test_many_steps_tell_how_many_and_offer_no_undo(firm: Firm) -> None:
    ready, draft = sheet_of(firm, "李"), sheet_of(firm, "张")
    with firm.acting("crew"):
        firm.taken(ready, "submit")
    page = firm.client("manager").post("/w/labour.sheet/bulk/", {"action": "verb:confirm", "pk": [ready.pk, draft.pk]}, follow=True).content.decode()
    assert "已修改 1 条" in page and "1 条保持原样" in page and "/undo/" not in page
    assert [Sheet.objects.get(pk=each.pk).status for each in (ready, draft)] == ["confirmed", "draft"]
    assert firm.client("manager").get(f"/w/labour.sheet/{draft.pk}/do/confirm/").status_code == 302


def test_who_submitted_a_sheet_hears_that_it_came_back_and_why(firm: Firm) -> None:
    kept = sheet_of(firm, "李")
    with firm.acting("crew"):
        firm.taken(kept, "submit")
    with firm.acting("manager"):
        firm.taken(kept, "dispute", dispute="李只做了半天")
    told = [(each.user, words_of(each, "zh-hans")) for each in Notification.objects.all()]
    assert [user for user, _text in told] == [firm.users["crew"]] and "李只做了半天" in told[0][1] and kept.number in told[0][1]
    home = firm.client("crew").get("/").content.decode().split('data-card="write"')[1].split("</section>")[0]
    assert kept.number in home and "李只做了半天" in home


def test_the_last_sheet_again_on_the_same_day_says_who_has_hours_already(firm: Firm) -> None:
    day = timezone.localdate()
    first = firm.made("labour.sheet", work_date=day, team=firm.crew, description="布线", lines=[{**worker, "worker": "李"}])
    client = firm.client("crew")
    page = client.get(f"/labour/phone/new/?project={firm.project.pk}&repeat=1").content.decode()
    told = page.split('id="already"')[1].split("</ul>")[0]
    assert "李" in told and first.number in told and "8" in told
    firm.changed(first, work_date=day - timedelta(days=1))
    assert 'id="already"' not in client.get(f"/labour/phone/new/?project={firm.project.pk}&repeat=1").content.decode()
    assert 'id="already"' not in client.get(f"/labour/phone/{first.pk}/").content.decode(), "its own hours are none of another sheet"


def test_nobody_is_told_of_hours_on_sheets_that_he_may_not_look_at(firm: Firm) -> None:
    """Given somebody who writes sheets in P1 and only knows of P2, when a worker has hours on a sheet of P2, then the page names neither him nor the sheet."""
    day = timezone.localdate()
    firm.made("labour.sheet", work_date=day, team=firm.crew, description="布线", lines=[{**worker, "worker": "李"}])
    far = firm.made("labour.sheet", project=firm.second, number="FAR-1", work_date=day, team=firm.crew, description="布线", lines=[{**worker, "worker": "李"}])
    role = Role.objects.create(tenant=firm.tenant, key="looker", name="looker", grants=["frame.project.view"])
    Membership.objects.create(tenant=firm.tenant, user=firm.users["crew"], role=role, project=firm.second)
    page = firm.client("crew").get(f"/labour/phone/new/?project={firm.project.pk}&repeat=1").text
    assert 'id="already"' in page and far.number not in page
    role.grants = ["frame.project.view", "labour.sheet.view", "labour.sheetline.view"]
    role.save()
    assert far.number in firm.client("crew").get(f"/labour/phone/new/?project={firm.project.pk}&repeat=1").text


def test_a_program_is_told_every_fault_of_row_and_lines_at_once(firm: Firm) -> None:
    lines = [{"worker": "李", "trade": "电工", "hours": 25, "rate": 45}, {"worker": "", "trade": "电工", "hours": 8, "rate": 45}]
    body = {"project": firm.project.pk, "work_date": "2026-11-20", "team": "无", "description": "布线", "lines": lines}
    answer = firm.client("manager").post("/api/v1/labour.sheet/", body, content_type="application/json", headers={"Accept-Language": "en"})
    told = [each["message"] for each in answer.json()["errors"]]
    assert answer.status_code == 422 and len(told) == 3, told
    assert "“无”" in told[0] and told[1].startswith("Line 1, hours: ") and told[2].startswith("Line 2, worker: ")


def test_half_a_cent_is_a_whole_one(firm: Firm) -> None:
    """Half an hour of 45.01 is 22.51, and of 45.03 is 22.52, as converted money is rounded too."""
    lines = [{"worker": name, "trade": "t", "hours": "0.50", "rate": rate} for name, rate in (("a", "45.01"), ("b", "45.03"))]
    with firm.acting("owner"):
        sheet = firm.made("labour.sheet", work_date="2026-11-20", team=firm.crew.pk, description="d", lines=lines)
    assert [str(line.amount) for line in sheet.lines.order_by("pk")] == ["22.51", "22.52"] and str(sheet.total_amount) == "45.03"
