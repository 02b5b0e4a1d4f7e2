"""Day-labour sheets become cost when both sides agree, once and to the cent, and stop being it when one of them disputes."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from jingwei.domains.cost.models import Line
from jingwei.domains.labour.models import Sheet
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
leads = {
    ("draft", "submit"): "submitted", ("disputed", "submit"): "submitted", ("submitted", "confirm"): "confirmed", ("submitted", "dispute"): "disputed",
    ("confirmed", "dispute"): "disputed", ("confirmed", "settle"): "settled",
}  # fmt: skip


def sheet_of(firm: Firm, *lines: tuple[str, str], day: date = date(2026, 11, 20)) -> Any:
    """A draft: (hours, rate) of each worker."""
    workers = [{"worker": f"工{n}", "trade": "电工", "hours": Decimal(hours), "rate": Decimal(rate)} for n, (hours, rate) in enumerate(lines)]
    return firm.made("labour.sheet", work_date=day, team=firm.crew, task=firm.task("布线"), description="桥架安装", lines=workers)


def step(firm: Firm, sheet: Any, name: str) -> Any:
    """The sheet after a step by the side whose it is."""
    with firm.acting("crew" if name == "submit" else "manager"):
        return firm.taken(sheet, name, **({"dispute": "工时不符"} if name == "dispute" else {}))


def agreed(firm: Firm, *lines: tuple[str, str], **values: Any) -> Any:
    """A sheet that both sides have confirmed."""
    return step(firm, step(firm, sheet_of(firm, *lines, **values), "submit"), "confirm")


def test_an_agreed_sheet_is_a_posted_line_of_its_project(firm: Firm) -> None:
    sheet = agreed(firm, ("8", "45.00"), ("3.5", "33.33"))
    line = Line.objects.get()
    assert (line.amount, line.account, line.kind, line.status) == (Decimal("476.66"), "labour", "actual", "posted")  # 360.00 + 116.655 to the cent
    assert (line.project_id, line.sheet_id, line.number, line.task_id, line.supplier) == (sheet.project_id, sheet.pk, sheet.number, sheet.task_id, "安装队")
    assert (line.period, line.posted_on, line.currency) == ("2026-11", date(2026, 11, 20), firm.project.currency)


def test_what_was_submitted_in_one_currency_is_cost_in_it(firm: Firm) -> None:
    """Given a sheet that the crew has submitted, when the project's currency changes before it is confirmed, then its cost is in what the crew wrote."""
    firm.project.refresh_from_db()
    sheet = step(firm, sheet_of(firm, ("8", "45.00")), "submit")
    assert sheet.currency == "CNY"
    commands.change(resource("frame.project"), firm.project, {"currency": "EUR"}, system_access(firm.tenant.pk))
    step(firm, Sheet.objects.get(pk=sheet.pk), "confirm")
    assert (Line.objects.get().currency, Line.objects.get().amount) == ("CNY", Decimal("360.00"))
    step(firm, Sheet.objects.get(pk=sheet.pk), "dispute")
    step(firm, step(firm, Sheet.objects.get(pk=sheet.pk), "submit"), "confirm")
    line = Line.objects.exclude(status="reversed").get()
    assert (line.currency, line.amount) == ("CNY", Decimal("360.00")), "what was disputed stays in what it was written in"


@pytest.mark.parametrize("state", ["draft", "disputed"])
def test_a_project_keeps_its_currency_while_a_sheet_is_written_in_it(firm: Firm, en: None, state: str) -> None:
    """Given a draft with workers, or a sheet that was disputed after both had agreed, when its project goes over to dollars, then that is refused with the mend."""
    sheet = sheet_of(firm, ("8", "45.00")) if state == "draft" else step(firm, agreed(firm, ("8", "45.00")), "dispute")
    firm.project.refresh_from_db()
    with refuses("currency", "amounts in CNY, which would be read as USD"):
        firm.changed(firm.project, currency="USD")
    firm.second.currency = "USD"
    firm.second.save()
    with refuses("project", "is in CNY and would be read as USD there"):
        firm.changed(Sheet.objects.get(pk=sheet.pk), project=firm.second.pk, task=None)


def test_nothing_is_cost_before_both_agree(firm: Firm) -> None:
    sheet = sheet_of(firm, ("8", "45.00"))
    step(firm, sheet, "submit")
    assert not Line.objects.exists()


def test_the_sheet_and_its_line_lead_to_each_other(firm: Firm) -> None:
    sheet = agreed(firm, ("8", "45.00"))
    line, client = Line.objects.get(), firm.client("manager")
    assert f'href="/w/cost.line/{line.pk}/"' in client.get(f"/w/labour.sheet/{sheet.pk}/").content.decode()
    assert f'href="/w/labour.sheet/{sheet.pk}/"' in client.get(f"/w/cost.line/{line.pk}/").content.decode()


def test_a_number_that_is_taken_hinders_nobody(firm: Firm) -> None:
    sheet = sheet_of(firm, ("8", "45.00"))
    firm.made("cost.line", number=sheet.number.lower(), account="labour", description="手工", amount=Decimal(1), period="2026-11")
    step(firm, step(firm, sheet, "submit"), "confirm")
    assert sorted(Line.objects.values_list("number", flat=True)) == [f"{sheet.number}/2", sheet.number.lower()]


def test_what_is_paid_is_disputed_no_more(firm: Firm) -> None:
    sheet = step(firm, agreed(firm, ("8", "45.00")), "settle")
    with refuses():
        step(firm, sheet, "dispute")
    assert Line.objects.get().status == "posted"
    assert (
        f"/w/labour.sheet/{agreed(firm, ('1', '1')).pk}/do/settle/"
        in firm.client("finance").get(f"/w/labour.sheet/{Sheet.objects.latest('pk').pk}/").content.decode()
    )


def test_the_line_of_an_agreed_sheet_is_reversed_by_nobody_by_hand(firm: Firm, en: None) -> None:
    sheet = agreed(firm, ("8", "45.00"))
    line, lines, access = Line.objects.get(), resource("cost.line"), system_access(firm.tenant.pk)
    with refuses(text="Dispute the sheet"):
        commands.act(lines, "reverse", line, {}, access)
    with refuses(field="status", text="Dispute the sheet"):  # as an import or an interface would bring it
        commands.change(lines, line, {"status": "reversed"}, access, via="import")
    (told,) = commands.save_many(lines, [(line, {"status": "reversed"})], access, carries_state=True)
    assert isinstance(told, ValidationError) and "Dispute the sheet" in " ".join(told.messages)
    assert "/do/reverse/" not in firm.client("finance").get(f"/w/cost.line/{line.pk}/").content.decode()
    step(firm, step(firm, step(firm, sheet, "dispute"), "submit"), "confirm")
    assert sorted(Line.objects.values_list("amount", "status")) == [(Decimal("360.00"), "posted"), (Decimal("360.00"), "reversed")]


def test_a_line_of_no_sheet_is_reversed_by_hand_and_by_an_import(firm: Firm) -> None:
    lines, access = resource("cost.line"), system_access(firm.tenant.pk)
    rows = [firm.made("cost.line", number=f"M-{n}", account="labour", description="手工", amount=Decimal(1), period="2026-11") for n in range(2)]
    by_hand, by_import = (firm.taken(row, "post") for row in rows)
    firm.taken(by_hand, "reverse")
    commands.change(lines, by_import, {"status": "reversed"}, access, via="import")
    assert set(Line.objects.values_list("status", flat=True)) == {"reversed"}


def test_long_numbers_are_counted_on_without_a_clash(firm: Firm) -> None:
    sheet = sheet_of(firm, ("8", "45.00"))
    Sheet.objects.filter(pk=sheet.pk).update(number="N" * 60)
    sheet.refresh_from_db()
    for _ in range(3):
        sheet = step(firm, step(firm, step(firm, sheet, "submit"), "confirm"), "dispute")
    assert sorted(Line.objects.values_list("number", flat=True)) == [f"{'N' * 54}/2", f"{'N' * 54}/3", "N" * 60]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_the_cost_is_what_stands_on_agreed_sheets(firm: Firm, seed: int) -> None:
    dice = random.Random(seed)
    states: dict[int, str] = {}
    cents: dict[int, int] = {}
    sheets = []
    for number in range(3):
        lines = [(f"{dice.randrange(1, 96) / 4:.2f}", f"{dice.randrange(0, 9000)}.{dice.randrange(100):02d}") for _ in range(dice.randrange(1, 4))]
        sheet = sheet_of(firm, *lines, day=date(2026, 11, 20 + number))
        # in whole numbers: quarter hours times cents, four of them a cent; half a cent is a whole one, as accounts round
        quarters = [round(float(hours) * 4) * int(rate.replace(".", "")) for hours, rate in lines]
        cents[sheet.pk] = sum(each // 4 + (each % 4 >= 2) for each in quarters)
        states[sheet.pk], sheets = "draft", [*sheets, sheet]
    for _ in range(24):
        sheet = dice.choice(sheets)
        ways = [(name, to) for (at, name), to in leads.items() if at == states[sheet.pk] and (name != "settle" or dice.random() < 0.3)]
        if not ways:
            continue
        name, states[sheet.pk] = dice.choice(ways)
        step(firm, sheet, name)
        owed = sum(cents[pk] for pk, state in states.items() if state in ("confirmed", "settled"))
        rows = Line.objects.filter(kind="actual", status="posted")
        assert (rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)) * 100 == owed
        assert rows.count() == sum(state in ("confirmed", "settled") for state in states.values())
