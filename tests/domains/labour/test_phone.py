"""The phone's page: it writes over nothing that it has not shown, writes a draft once, and names only what one may see."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from psycopg import errors

from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Membership, Role, User
from jingwei.frame.records import commands
from jingwei.frame.walls.troubles import said_of
from tests.at_once import together
from tests.domains.conftest import Firm, staff

pytestmark = pytest.mark.django_db
address = "/labour/phone/save/"


def sheet_of(firm: Firm, **values: Any) -> Sheet:
    """A draft with one line, by the crew leader."""
    lines = [{"worker": "李", "trade": "电工", "hours": Decimal(8), "rate": Decimal(45)}]
    with firm.acting("crew"):
        made: Sheet = firm.made("labour.sheet", **({"work_date": date(2026, 11, 20), "team": firm.crew, "description": "布线", "lines": lines} | values))
    return made


def shown(firm: Firm, sheet: Sheet, **typed: Any) -> dict[str, Any]:
    """What the page of a sheet sends when it is opened now, with what was typed into it."""
    html = firm.client("crew").get(f"/labour/phone/{sheet.pk}/").content.decode()
    now = Sheet.objects.get(pk=sheet.pk)
    assert f'name="version" value="{now.version}"' in html
    line = now.lines.get()
    form = {"project": sheet.project_id, "sheet": sheet.pk, "key": f"sheet-{sheet.pk}", "version": now.version, "work_date": "2026-11-20", "team": firm.crew.pk}
    lines = {"line-id": line.pk, "line-worker": line.worker, "line-trade": line.trade, "line-hours": f"{line.hours:f}", "line-rate": f"{line.rate:f}"}
    return form | {"place": "", "description": now.description} | lines | typed


def fresh(firm: Firm, **typed: Any) -> dict[str, Any]:
    """What the page of a new sheet sends."""
    lines = {"line-id": "", "line-worker": "李", "line-trade": "电工", "line-hours": "8", "line-rate": "45"}
    form = {"project": firm.project.pk, "sheet": "", "version": "", "key": "phone-1", "work_date": "2026-11-20", "team": firm.crew.pk, "description": "新"}
    return form | lines | typed


def sent(client: Client, form: dict[str, Any]) -> Any:
    return client.post(address, form, headers={"X-Draft": "1"})


def test_what_others_changed_since_is_not_written_over(firm: Firm) -> None:
    kept = sheet_of(firm)
    form = shown(firm, kept, place="三楼")
    with firm.acting("manager"):
        firm.made("labour.sheetline", sheet=kept, worker="后加", trade="焊工", hours=Decimal(8), rate=Decimal(50))
        firm.changed(kept.lines.first(), rate=Decimal("12.5"))
        firm.changed(Sheet.objects.get(pk=kept.pk), description="经理改过")
    before = Sheet.objects.get(pk=kept.pk)
    answer = sent(firm.client("crew"), form)
    assert answer.status_code == 409
    told = answer.json()
    words = " ".join(f"{each['label']} {each['message']}" for each in told["errors"])
    assert "经理改过" in words and "后加" in words and "12.50" in words and "没有写入" in words
    assert (told["sheet"], told["version"], told["look"]) == (kept.pk, before.version, f"/labour/phone/{kept.pk}/") and "url" not in told
    now = Sheet.objects.get(pk=kept.pk)
    assert (now.version, now.description, now.total_amount, now.lines.count()) == (before.version, "经理改过", 500, 2)
    page = firm.client("crew").post(address, form)  # without a script what was typed stands in the form, and the version that was told now
    html = page.content.decode()
    assert page.status_code == 409 and "经理改过" in html and 'value="三楼"' in html and f'name="version" value="{before.version}"' in html
    assert Sheet.objects.get(pk=kept.pk).version == before.version
    assert sent(firm.client("crew"), form | {"version": told["version"]}).status_code == 200, "who has seen it writes his own"
    assert Sheet.objects.get(pk=kept.pk).place == "三楼"


def test_english_words_of_what_was_changed(firm: Firm) -> None:
    kept = sheet_of(firm)
    form = shown(firm, kept, place="3F")
    firm.changed(kept, description="B")
    answer = firm.client("crew").post(address, form, headers={"X-Draft": "1", "Accept-Language": "en"})
    assert answer.status_code == 409 and "Nothing was written" in answer.json()["errors"][0]["message"]


def test_a_page_without_a_version_writes_over_nothing_of_others(firm: Firm) -> None:
    """Given a page that was opened before versions were sent."""
    kept = sheet_of(firm)
    form = shown(firm, kept, place="三楼")
    del form["version"]
    with firm.acting("manager"):
        firm.changed(kept.lines.first(), trade="焊工")
    assert sent(firm.client("crew"), form).status_code == 409
    assert kept.lines.get().trade == "焊工"
    assert sent(firm.client("crew"), shown(firm, kept, place="三楼")).status_code == 200


def test_what_went_on_meanwhile_is_not_answered_as_written(firm: Firm) -> None:
    """Given a sheet that was submitted while the phone was away, when its other text arrives, then that is not dropped as if it were kept."""
    kept = sheet_of(firm)
    form = shown(firm, kept, place="三楼")
    firm.taken(kept, "submit")
    answer = sent(firm.client("crew"), form)
    assert answer.status_code == 409 and answer.json()["version"] is None and "班组已提交" in answer.json()["errors"][0]["message"]
    assert sent(firm.client("crew"), form | {"place": ""}).status_code == 200, "what stands there already is answered as written"


def test_a_draft_of_a_sheet_that_was_deleted_says_so_and_is_kept(firm: Firm) -> None:
    """Given a sheet that somebody deleted while the phone was away, when its draft arrives, then nothing is written, and sent once more it is a new sheet."""
    gone, client = sheet_of(firm), firm.client("crew")
    form = shown(firm, gone, place="三楼")
    gone.delete()
    answer = sent(client, form)
    assert answer.status_code == 409 and (answer.json()["sheet"], answer.json()["version"], answer.json().get("look")) == (None, None, None)
    assert "已删除" in answer.json()["errors"][0]["message"] and not Sheet.objects.exists()
    page = client.post(address, form)
    assert page.status_code == 409 and 'name="place" value="三楼"' in page.text and 'name="sheet" value=""' in page.text
    again = sent(client, form | {"sheet": "", "version": ""})
    assert again.status_code == 200 and Sheet.objects.get().place == "三楼" and Sheet.objects.get().lines.count() == 1


def test_a_kept_draft_of_a_deleted_sheet_is_opened_as_a_new_one(firm: Firm) -> None:
    gone = sheet_of(firm)
    page, asked = f"/labour/phone/{gone.pk}/", f"?project={firm.project.pk}&draft=sheet-{gone.pk}"
    gone.delete()
    client = firm.client("crew")
    assert client.get(page + asked).headers["Location"] == f"/labour/phone/new/{asked}"
    assert client.get(page).status_code == 404


def test_a_draft_of_a_sheet_that_was_moved_leads_to_where_it_is(firm: Firm) -> None:
    staff(firm, "crew", "crew", project=firm.second)
    kept, client = sheet_of(firm, task=None), firm.client("crew")
    form = shown(firm, kept, place="三楼")
    with firm.acting("manager"):
        firm.changed(kept, project=firm.second)
    answer = sent(client, form)
    assert answer.status_code == 409 and answer.json()["look"] == f"/labour/phone/{kept.pk}/" and "二号项目" in answer.json()["errors"][0]["message"]
    assert client.post(address, form).status_code == 409 and Sheet.objects.get().place == ""


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_written_though_the_database_refuses_it_first(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    written, refused = commands.create, list[bool]()

    def refused_once(*given: Any, **more: Any) -> Any:
        made = written(*given, **more)
        if not refused:
            refused.append(True)
            raise OperationalError("deadlock detected") from errors.DeadlockDetected()
        return made

    monkeypatch.setattr(commands, "create", refused_once)
    assert sent(firm.client("crew"), fresh(firm, then="submit")).status_code == 200
    assert refused and Sheet.objects.get().status == "submitted"


def test_a_new_draft_sent_again_is_found_and_its_own_text_goes_on(firm: Firm) -> None:
    client = firm.client("crew")
    assert sent(client, fresh(firm)).status_code == 200
    assert sent(client, fresh(firm)).status_code == 200
    kept = Sheet.objects.get()
    assert sent(client, fresh(firm, description="写完了", then="submit")).json()["status"] == "submitted"
    with firm.acting("manager"):
        firm.taken(Sheet.objects.get(), "dispute", dispute="错")
    assert sent(client, fresh(firm, description="写完了", then="submit")).json()["status"] == "disputed", "nobody submits again what he has not seen sent back"
    with firm.acting("manager"):
        firm.changed(kept.lines.first(), trade="焊工")
    assert sent(client, fresh(firm, description="还有", then="submit")).status_code == 409
    assert Sheet.objects.get().description == "写完了"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("as_program", [False, True])
def test_the_same_draft_twice_at_once_is_written_once_and_answered_twice(firm: Firm, monkeypatch: pytest.MonkeyPatch, as_program: bool) -> None:
    both, stored = threading.Barrier(2), Sheet.save

    def late(row: Sheet, *args: Any, **options: Any) -> None:  # both have looked for it, or one waits for the other, before it is there
        try:
            both.wait(1)
        except threading.BrokenBarrierError:
            pass
        stored(row, *args, **options)

    monkeypatch.setattr(Sheet, "save", late)
    clients = [firm.client("crew") for _ in range(2)]
    header = {"Accept": "application/json"} if as_program else {"X-Draft": "1"}

    def send(client: Client) -> Any:
        return client.post(address, fresh(firm, then="submit"), headers=header)

    answers = together(*(partial(send, each) for each in clients))
    assert [(each.status_code, each["Content-Type"]) for each in answers] == [(200, "application/json")] * 2, [each.content for each in answers]
    assert answers[0].json() == answers[1].json() and Sheet.objects.count() == 1


@pytest.mark.parametrize("way", ["missing", "right", "refused"])
def test_errors_are_json_for_who_asks_for_json(firm: Firm, way: str) -> None:
    forms = {"missing": fresh(firm, project=10**8), "right": fresh(firm), "refused": fresh(firm, description="")}
    client = firm.client("viewer" if way == "right" else "crew")
    answer = client.post(address, forms[way], headers={"Accept": "application/json"})
    assert answer.status_code == {"missing": 404, "right": 403, "refused": 422}[way]
    assert answer["Content-Type"] == "application/json" and answer.json()["errors"][0]["message"]


def writer(firm: Firm, *more: str) -> Client:
    """Somebody who writes sheets and has no look at tasks."""
    grants = [f"labour.{each}" for each in ("sheet.view", "sheet.add", "sheet.change", "sheetline.view", "sheetline.add", "sheetline.change")]
    role = Role.objects.create(tenant=firm.tenant, key="narrow", name="narrow", grants=[*grants, *more])
    firm.users["narrow"] = User.objects.create_user("narrow", password=None)
    Membership.objects.create(tenant=firm.tenant, user=firm.users["narrow"], role=role, project=firm.project)
    return firm.client("narrow")


def test_tasks_and_crews_are_named_only_to_who_may_see_them(firm: Firm) -> None:
    task = firm.task("保密任务", code="T-1")
    client, crew = writer(firm), firm.client("crew")
    new = f"/labour/phone/new/?project={firm.project.pk}"
    page, full = client.get(new).content.decode(), crew.get(new).content.decode()
    assert "保密任务" in full and "安装队" in full
    assert "保密任务" not in page and "安装队" not in page and 'name="task"' not in page
    kept = sheet_of(firm, task=task)
    page = client.get(f"/labour/phone/{kept.pk}/").content.decode()
    assert 'name="team"' in page and 'name="task"' not in page
    assert sent(client, shown(firm, kept, place="三楼")).status_code == 200
    assert Sheet.objects.get(pk=kept.pk).task_id == task.pk, "what one does not see stays"


def test_a_task_one_may_not_see_is_not_there(firm: Firm) -> None:
    task, kept = firm.task("保密任务", code="T-1"), sheet_of(firm)
    client = writer(firm, "directory.team.view")
    answers = [client.patch(f"/api/v1/labour.sheet/{kept.pk}", {"task": pk}, content_type="application/json") for pk in (task.pk, 10**6)]
    assert [each.status_code for each in answers] == [422, 422]
    assert answers[0].json()["errors"][0]["message"].replace(str(task.pk), "#") == answers[1].json()["errors"][0]["message"].replace(str(10**6), "#")
    assert sent(client, shown(firm, kept, task=task.pk)).status_code == 422
    assert Sheet.objects.get(pk=kept.pk).task_id is None


def test_the_task_of_a_sheet_stays_when_it_is_done(firm: Firm) -> None:
    """A done task is offered for no new sheet; the sheet that names it keeps it."""
    task = firm.task("做完了", code="T-1")
    kept = sheet_of(firm, task=task)
    Task.objects.filter(pk=task.pk).update(percent=100)
    assert f'<option value="{task.pk}" selected>' in firm.client("crew").get(f"/labour/phone/{kept.pk}/").content.decode()


def test_nothing_is_confirmed_that_was_not_shown(firm: Firm) -> None:
    """Given a page opened with 360.00, when the sheet was sent back, made dearer and submitted again, then its button confirms nothing."""
    kept = firm_submitted(firm)
    page = firm.client("manager").get(f"/labour/phone/{kept.pk}/").content.decode()
    seen = Sheet.objects.get(pk=kept.pk).version
    assert f'name="version" value="{seen}"' in page
    with firm.acting("finance"):
        firm.taken(kept, "dispute", dispute="再看")
    with firm.acting("crew"):
        firm.changed(SheetLine.objects.get(), rate=Decimal(5000))
        firm.taken(Sheet.objects.get(pk=kept.pk), "submit")
    for verb in ("confirm", "dispute"):
        answer = firm.client("manager").post(f"/labour/phone/{kept.pk}/decide/", {"verb": verb, "version": seen, "dispute": "理由在此"})
        html = answer.content.decode()
        assert answer.status_code == 409 and "40,000.00" in html and Sheet.objects.get(pk=kept.pk).status == "submitted"
        assert verb == "confirm" or "理由在此" in html
    now = Sheet.objects.get(pk=kept.pk).version
    assert f'name="version" value="{now}"' in html
    assert firm.client("manager").post(f"/labour/phone/{kept.pk}/decide/", {"verb": "confirm", "version": now}).status_code == 302


def firm_submitted(firm: Firm) -> Sheet:
    """A sheet that its crew has submitted."""
    kept = sheet_of(firm)
    with firm.acting("crew"):
        submitted: Sheet = firm.taken(kept, "submit")
    with scope.within(scope.Scope(firm.tenant.pk)):
        return submitted


def test_a_key_that_nobody_typed_is_not_told_as_taken(firm: Firm) -> None:
    """What the phone calls its draft, or which of two is the present one, no person has typed: then somebody did the same at the same moment."""
    kept, other = sheet_of(firm), sheet_of(firm)
    Sheet.objects.filter(pk=kept.pk).update(client_key="a")
    said = []
    for name, value in (("client_key", "a"), ("number", kept.number)):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Sheet.objects.filter(pk=other.pk).update(**{name: value})
        found = said_of(caught.value)
        assert found is not None
        said.append((found.status, found.code))
    assert said == [(409, "at_once"), (422, "taken")]


def test_a_second_sheet_of_the_same_people_that_day_is_asked_about_first(firm: Firm) -> None:
    """Given a sheet of a day, crew and task, when the same people come once more, then nothing is written until whoever sends it says that he means it."""
    client = firm.client("crew")
    assert sent(client, fresh(firm)).status_code == 200
    number = Sheet.objects.get().number
    answer = sent(client, fresh(firm, key="phone-2"))
    told = answer.json()
    assert answer.status_code == 409 and told["is_doubtful"] and number in told["errors"][0]["message"] and Sheet.objects.count() == 1
    page = client.post(address, fresh(firm, key="phone-2"))
    assert page.status_code == 409 and number in page.text and 'value="phone-2"' in page.text and 'id="doubt" hidden' not in page.text
    assert Sheet.objects.count() == 1
    assert sent(client, fresh(firm, key="phone-3", **{"line-worker": "王"})).status_code == 200, "other people are another sheet"
    assert sent(client, fresh(firm, key="phone-2", sure="1")).status_code == 200 and Sheet.objects.count() == 3


def test_the_desktop_form_asks_too_and_shows_only_sheets_one_may_see(firm: Firm) -> None:
    client = firm.client("manager")
    lines = {"lines-rows": 1, "lines-0-worker": " 李 ", "lines-0-trade": "电工", "lines-0-hours": "8", "lines-0-rate": "45"}
    form = {"project": "P1", "work_date": "2026-11-20", "team": "C1", "description": "布线", "form_id": "a"} | lines
    sheet_of(firm)
    page = client.post("/w/labour.sheet/new/", form)
    assert page.status_code == 409 and Sheet.objects.get().number in page.text and 'name="sure"' in page.text and "布线" in page.text
    assert client.post("/w/labour.sheet/new/", form | {"sure": "1"}).status_code == 302 and Sheet.objects.count() == 2


def test_what_was_sent_is_said(firm: Firm) -> None:
    client = firm.client("crew")
    target = sent(client, fresh(firm, then="submit")).json()["url"]
    assert f"{Sheet.objects.get().number}" in client.get(target).text.partition('role="status">✓')[2][:80]
    assert 'role="status">✓' not in client.get("/labour/phone/?done=999999").text


@pytest.mark.parametrize(
    ("line", "is_written"), [({"rate": "99"}, True), ({"hours": "7"}, True), ({"hours": "8"}, False), ({"hours": "8.00"}, False), ({}, False)]
)
def test_a_line_with_nobody_in_it_is_not_dropped(firm: Firm, line: dict[str, str], is_written: bool) -> None:
    """Given hours or a rate beside no name, then the sheet is refused at its worker; the line that stands ready and was left alone is none."""
    blank = {"id": "", "worker": "", "trade": "", "hours": "", "rate": ""} | line
    form = fresh(firm)
    answer = sent(firm.client("crew"), form | {f"line-{name}": [form[f"line-{name}"], value] for name, value in blank.items()})
    assert answer.status_code == (422 if is_written else 200), answer.content
    if is_written:
        assert str(SheetLine._meta.get_field("worker").verbose_name) in answer.json()["errors"][0]["message"] and not Sheet.objects.exists()


def test_a_line_that_was_there_and_lost_its_name_is_not_dropped(firm: Firm) -> None:
    sheet = sheet_of(firm)
    answer = sent(firm.client("crew"), shown(firm, sheet, **{"line-worker": "", "line-trade": "", "line-rate": ""}))
    assert answer.status_code == 422 and sheet.lines.count() == 1
