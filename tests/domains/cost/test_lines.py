"""Cost lines: what was posted is reversed, never edited and never deleted, one by one or many together."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from jingwei.domains.cost import services as cost
from jingwei.domains.cost.models import Line
from jingwei.frame.records import bulk, commands, exchange
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from tests.domains.conftest import Firm, refuses
from tests.domains.cost.test_agreed_sheets import agreed

pytestmark = pytest.mark.django_db


def line(firm: Firm, number: str, status: str) -> Line:
    """One line in a state."""
    made = cost.line_save(project=firm.project, number=number, account="labour", kind="actual", description="人工", amount=Decimal(100), period="2026-11")
    if status != "draft":
        made = firm.taken(made, "post")
    if status == "reversed":
        made = firm.taken(made, "reverse")
    return made


@pytest.mark.parametrize("status", ["posted", "reversed"])
def test_what_counted_once_is_not_deleted(firm: Firm, status: str) -> None:
    lines, kept, draft = resource("cost.line"), line(firm, "A", status), line(firm, "B", "draft")
    with firm.acting("finance"):
        with refuses(text="冲销"):
            commands.remove(lines, kept, firm.rights("finance"))
        refused, gone = commands.remove_many(lines, [kept, draft], firm.rights("finance"))
    assert refused is not None and "A" in str(refused) and gone is None
    assert [each.number for each in Line.objects.all()] == ["A"]


def test_the_page_and_programs_say_why(firm: Firm) -> None:
    kept = line(firm, "A", "posted")
    answer = firm.client("finance").post("/w/cost.line/bulk/", {"action": "delete", "pk": [kept.pk]}, follow=True)
    assert "已过账" in answer.content.decode()
    assert Line.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(("period", "said"), [("２０２６-11", "year and month"), ("٢٠٢٦-11", "year and month"), ("2026-13", "year and month"), ("0001-01", "1970"), ("1969-12", "1970"), ("2201-01", "2200"), ("9999-12", "2200")])  # fmt: skip
def test_a_period_is_a_month_that_is_planned_in(firm: Firm, en: None, period: str, said: str) -> None:
    """Given a period in other digits or of a year nobody plans in, when a line is written by form, program or file, then it is refused in words."""
    given = {"number": "A", "account": "labour", "description": "x", "amount": Decimal(1), "period": period}
    with refuses("period", said):
        firm.made("cost.line", **given)
    (refused,) = commands.save_many(resource("cost.line"), [(None, {"project": firm.project, **given})], system_access(firm.tenant.pk))
    assert said in refused.message_dict["period"][0]


def test_the_first_and_the_last_month_are_taken(firm: Firm) -> None:
    for number, period in enumerate(("1970-01", "2200-12")):
        firm.made("cost.line", number=f"A{number}", account="labour", description="x", amount=Decimal(1), period=period, currency="USD")
    assert firm.client("finance").get("/projects/P1/").status_code == 200


def test_what_is_refused_in_a_file_leaves_every_row_as_it_is_stored(firm: Firm) -> None:
    lines = resource("cost.line")
    made = [firm.made("cost.line", number=f"C{n}", account="labour", description="x", amount=Decimal(1), period="2026-11") for n in range(2)]
    rights = system_access(firm.tenant.pk)
    done = commands.save_many(lines, [(made[0], {"status": "posted"}), (made[1], {"status": "posted", "amount": "x"})], rights, carries_state=True)
    assert done[0].status == "posted" and isinstance(done[1], Exception)
    assert [row.status for row in made] == ["draft", "draft"], "the caller's rows are as he read them"
    assert list(type(made[0]).objects.order_by("number").values_list("status", flat=True)) == ["posted", "draft"]


@pytest.mark.parametrize(
    ("period", "posted_on", "expected"),
    [
        ("2026-03", "2026-05-02", ("2026-05", "2026-05-02")), ("2026-05", "2026-05-02", ("2026-05", "2026-05-02")), ("2026-03", "", ("2026-03", "2026-03-31")),
        ("2026-12", "", ("2026-12", "2026-12-15")), ("2027-01", "", ("2026-12", "2026-12-15")),
    ],
)  # fmt: skip
def test_what_comes_in_posted_has_a_date_that_tells_its_period(firm: Firm, period: str, posted_on: str, expected: tuple[str, str]) -> None:
    """Given a file with posted lines, when it is imported, new or onto a draft, then date and period agree, as if each had been posted by hand; brought again it changes nothing."""
    rows = f"project,number,account,description,amount,period,posted_on,status\nP1,A,other,x,1,{period},{posted_on},posted\n"
    sheet = exchange.read_sheet(rows.encode(), "x.csv")
    with firm.acting("finance"), time_machine.travel(datetime(2026, 12, 15, 4, tzinfo=UTC), tick=False):
        for is_there in (False, True):
            if is_there:
                firm.made("cost.line", number="A", account="other", description="x", amount=Decimal(1), period=period)
            report = exchange.apply(resource("cost.line"), sheet, firm.rights("finance"))
            kept = Line.objects.get()
            assert (kept.status, kept.period, str(kept.posted_on)) == ("posted", *expected), report.rows
            Line.objects.all().delete()


def test_the_line_of_an_agreed_sheet_says_what_the_sheet_says(firm: Firm, en: None) -> None:
    """Given the cost of a sheet that both sides have confirmed, when any of it is changed by any way, then it is refused with the mend, until the sheet is disputed."""
    sheet = agreed(firm, ("8", "45.00"))
    kept = Line.objects.get()
    for values in ({"description": "other"}, {"supplier": "other"}, {"task": None}):
        with refuses(text="Dispute the sheet"):
            firm.changed(kept, **values)
        (refused,) = commands.save_many(resource("cost.line"), [(kept, values)], system_access(firm.tenant.pk))
        assert "Dispute the sheet" in str(refused)
    client = firm.client("finance")
    assert client.patch(f"/api/v1/cost.line/{kept.pk}", {"supplier": "x"}, content_type="application/json").status_code == 422
    client.post(f"/w/cost.line/{kept.pk}/cell/description/", {"description": "y"})
    kept.refresh_from_db()
    assert (kept.description, kept.supplier, kept.task_id) == (sheet.description, "安装队", sheet.task_id)
    own = firm.taken(firm.made("cost.line", number="B", account="other", description="x", amount=Decimal(1), period="2026-11"), "post")
    assert firm.changed(own, supplier="another").supplier == "another"


def test_no_chosen_row_is_passed_over(firm: Firm) -> None:
    """More than are changed together are refused, and what was deleted meanwhile is told."""
    bulk.insert([Line(project=firm.project, number=f"N{n}", account="other", description="d", amount=1, period="2026-11") for n in range(1001)])
    client, pks = firm.client("owner"), list(Line.objects.order_by("pk").values_list("pk", flat=True))
    form = {"action": "set:description", "value-description": "new", "query": ""}
    page = client.post("/w/cost.line/bulk/", form | {"pk": pks}, follow=True).content.decode()
    assert "1000" in page and "1001" in page and not Line.objects.filter(description="new").exists()
    gone = pks.pop()
    Line.objects.filter(pk=gone).delete()
    page = client.post("/w/cost.line/bulk/", form | {"pk": [*pks[:3], gone]}, follow=True).content.decode()
    assert Line.objects.filter(description="new").count() == 3 and "1 行已不存在" in page
