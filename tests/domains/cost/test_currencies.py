"""Money of several currencies: converted by the rate of its day, both ways; what has no rate is in no total, and told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.boards import queries as boards
from jingwei.domains.cost import money, queries
from jingwei.domains.cost.models import Line, Rate, Snapshot
from jingwei.frame.models import Notification, Project
from jingwei.frame.records import commands, exchange
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of, system_access
from jingwei.frame.work import watching
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


def line(firm: Firm, number: str, amount: str, currency: str = "CNY", **more: Any) -> Line:
    values: dict[str, Any] = {"number": number, "account": "software", "description": number, "kind": "actual", "period": "2026-11", **more}
    made: Line = firm.made("cost.line", amount=Decimal(amount), currency=currency, **values)
    return made


def rate(firm: Firm, currency: str, value: str, on: date = date(2026, 11, 1), base: str = "CNY") -> None:
    firm.made("cost.rate", currency=currency, base=base, on=on, rate=Decimal(value))


def total(firm: Firm) -> Decimal:
    return sum((row["total"] for row in queries.totals_by_project([firm.project.pk])), Decimal(0))


def test_two_currencies_are_not_added_as_if_they_were_one(firm: Firm) -> None:
    with firm.acting("owner"):
        line(firm, "C1", "100")
        line(firm, "C2", "100", "USD")
        assert total(firm) == Decimal(100) and queries.left_out([firm.project.pk]) == [("USD", 1)]
        rate(firm, "USD", "7.12")
        assert total(firm) == Decimal("812.00") and queries.left_out([firm.project.pk]) == []


def test_the_rate_is_that_of_the_posting_date_else_of_the_end_of_the_period(firm: Firm) -> None:
    with firm.acting("owner"):
        rate(firm, "USD", "7.00", date(2026, 10, 1))
        rate(firm, "USD", "8.00", date(2026, 11, 15))
        rate(firm, "USD", "9.00", date(2026, 12, 1))
        line(firm, "C1", "10", "USD", posted_on=date(2026, 11, 14), period="2026-11")
        line(firm, "C2", "10", "USD", posted_on=date(2026, 11, 15), period="2026-11")
        line(firm, "C3", "10", "USD", period="2026-11")
        line(firm, "C4", "10", "USD", period="2026-09")
        values = {each.number: each.value for each in money.valued(Line.objects.all())}
        assert values == {"C1": Decimal(70), "C2": Decimal(80), "C3": Decimal(80), "C4": None}


def test_a_rate_serves_both_ways(firm: Firm) -> None:
    with firm.acting("owner"):
        rate(firm, "CNY", "0.125", base="USD")
        line(firm, "C1", "10", "USD")
        assert total(firm) == Decimal(80)


def test_the_newest_rate_of_either_way_holds(firm: Firm) -> None:
    with firm.acting("owner"):
        rate(firm, "USD", "7.10", date(2024, 1, 1))
        rate(firm, "CNY", "0.125", date(2026, 1, 1), base="USD")
        line(firm, "C1", "10", "USD")
        assert total(firm) == Decimal(80)
        rate(firm, "USD", "7.50", date(2026, 1, 1))
        assert total(firm) == Decimal(75), "of one day, that which was given this way"


def test_rates_of_another_organisation_are_none_of_ours(firm: Firm) -> None:
    with firm.acting("stranger"):
        Rate(currency="USD", base="CNY", on=date(2026, 1, 1), rate=Decimal(7)).save()
    with firm.acting("owner"):
        line(firm, "C1", "10", "USD")
        assert total(firm) == 0 and queries.left_out([firm.project.pk]) == [("USD", 1)]


@given(
    st.lists(st.tuples(st.decimals("0.01", "99999.99", places=2), st.sampled_from(("CNY", "USD", "EUR"))), max_size=8), st.decimals("0.0001", "999", places=4)
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_total_is_the_sum_of_rounded_values(firm: Firm, lines: list[tuple[Decimal, str]], value: Decimal) -> None:
    with firm.acting("owner"):
        Line.objects.all().delete()
        Rate.objects.all().delete()
        rate(firm, "USD", str(value))
        for number, (amount, currency) in enumerate(lines):
            line(firm, f"C{number}", str(amount), currency)
        expected = sum((amount if currency == "CNY" else round(amount * value, 2) for amount, currency in lines if currency != "EUR"), Decimal(0))
        assert abs(total(firm) - expected) <= Decimal("0.01") * len(lines), "the database rounds halves away from zero"
        assert dict(queries.left_out([firm.project.pk])).get("EUR", 0) == sum(currency == "EUR" for _amount, currency in lines)


def test_pages_say_what_is_left_out_and_finance_is_told(firm: Firm) -> None:
    with firm.acting("owner"):
        firm.task("任务", duration_minutes=480)
        line(firm, "C1", "100")
        line(firm, "C2", "100", "USD")
        watching.look_at_all()
        assert Notification.objects.filter(user=firm.users["finance"], key__startswith="cost.no_rate").count() == 1
        assert boards.cost_series([firm.project.pk], "CNY")["actual"] == [100.0]
    for address in ("/portfolio/", "/projects/P1/"):
        assert "USD" in firm.client("finance").get(address).text, address
    assert "USD" not in firm.client("crew").get("/projects/P1/").text


@pytest.mark.parametrize(
    ("values", "field"),
    [({"rate": 0}, "rate"), ({"rate": -1}, "rate"), ({"currency": "usd"}, "currency"), ({"currency": "CNY"}, "currency"), ({"currency": "DOLLAR"}, "currency")],
    ids=str,
)
def test_a_rate_that_cannot_be_is_refused_at_its_field(values: dict[str, Any], field: str, firm: Firm) -> None:
    usual = {"currency": "USD", "base": "CNY", "on": "2026-11-01", "rate": "7"}
    answer = firm.client("finance").post("/api/v1/cost.rate/", usual | values, content_type="application/json")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field, answer.json()


def test_a_rate_is_found_again_however_its_day_is_written_and_what_is_no_day_says_so(firm: Firm) -> None:
    with firm.acting("owner"):
        rate(firm, "USD", "7.12", date(2026, 3, 9))
        rows = [("USD", "CNY", day, worth) for day, worth in (("2026/3/9", "7.20"), ("2026年3月10日", "7.30"), ("那天", "7.40"))]
        sheet = exchange.Sheet(("currency", "base", "on", "rate"), [dict(zip(("currency", "base", "on", "rate"), row, strict=True)) for row in rows])
        told = exchange.apply(resource("cost.rate"), sheet, access_of(firm.users["owner"], firm.tenant), good_only=True).rows
    assert [row.action for row in told] == ["update", "create", "error"] and set(told[2].errors) == {"on"}
    assert list(Rate.objects.order_by("on").values_list("on", "rate")) == [(date(2026, 3, 9), Decimal("7.20")), (date(2026, 3, 10), Decimal("7.30"))]
    client = firm.client("owner")
    assert client.get("/api/v1/cost.rate/USD/CNY/那天").status_code in (404, 405) and client.get("/api/v1/cost.rate/那天").status_code == 404


def snapshot(firm: Firm) -> None:
    Snapshot(project=firm.project, period="2026-10", bac=1, pv=1, ev=1, ac=1).save()


def budget(firm: Firm) -> None:
    firm.made("cost.package", code="WP", name="x", task=firm.task("任务").pk, budget=Decimal(100))


def risk(firm: Firm) -> None:
    firm.made("risk.risk", title="x", cost_high=Decimal(100))


@pytest.mark.parametrize(("keep", "said"), [(snapshot, "frozen in CNY"), (budget, "budgets in CNY"), (risk, "costs in CNY")])
def test_the_currency_stays_while_amounts_without_one_of_their_own_stand_in_it(firm: Firm, en: None, keep: Any, said: str) -> None:
    """Given a project with a frozen period, a budget or the cost of a risk, when its currency is changed by any way, then that is refused at `currency`."""
    with firm.acting("owner"):
        keep(firm)
    rights, projects = system_access(firm.tenant.pk), resource("frame.project")
    firm.project.refresh_from_db()
    with refuses("currency", said):
        firm.changed(firm.project, currency="EUR")
    (refused,) = commands.save_many(projects, [(firm.project, {"currency": "EUR"})], rights)
    assert said in refused.message_dict["currency"][0]
    answer = firm.client("owner").patch(f"/api/v1/frame.project/{firm.project.pk}", {"currency": "EUR"}, content_type="application/json")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "currency"
    firm.changed(firm.project, name="another name", currency="CNY")
    firm.changed(firm.second, currency="EUR")
    assert list(Project.objects.order_by("code").values_list("currency", flat=True)) == ["CNY", "EUR"]


def test_lines_keep_their_own_currency_when_the_projects_changes(firm: Firm) -> None:
    """Given lines, when the project goes over to another currency, then they are told in it by the rates of their days."""
    with firm.acting("owner"):
        line(firm, "C1", "80", "CNY")
        rate(firm, "USD", "8")
        firm.project.refresh_from_db()
        firm.changed(firm.project, currency="USD")
        assert total(firm) == Decimal(10)


def test_a_line_without_a_currency_takes_its_projects(firm: Firm) -> None:
    """Given a project in dollars, when a line is written without a currency by form, program, file and one by one, then it is in dollars."""
    firm.project.refresh_from_db()
    firm.changed(firm.project, currency="USD")
    usual = {"number": "C1", "account": "software", "description": "x", "kind": "actual", "period": "2026-11", "amount": "1"}
    client = firm.client("finance")
    made = client.post("/api/v1/cost.line/", usual | {"project": firm.project.pk}, content_type="application/json")
    assert made.status_code == 201 and made.json()["currency"] == "USD", made.content
    assert 'value="CNY"' not in client.get("/w/cost.line/new/").text
    client.post("/w/cost.line/new/", usual | {"project": "P1", "number": "C2", "currency": ""})
    sheet = exchange.read_sheet(b"project,number,account,description,kind,period,amount\nP1,C3,software,x,actual,2026-11,1\n", "x.csv")
    with firm.acting("finance"):
        exchange.apply(resource("cost.line"), sheet, firm.rights("finance"))
    assert dict(Line.objects.values_list("number", "currency")) == {"C1": "USD", "C2": "USD", "C3": "USD"}


@pytest.mark.parametrize("code", ["XXX", "cny", "￥", "人民币", "\u200bCN", "US"])
def test_only_currencies_that_there_are_come_in(firm: Firm, en: None, code: str) -> None:
    """Given what is no currency, when a project or a line is to be in it, then it is refused in words; what stands there from before is read and mended."""
    with refuses("currency", "There is no currency"):
        firm.changed(firm.project, currency=code)
    with refuses("currency", "There is no currency"):
        line(firm, "C1", "1", code)
    kept = line(firm, "C2", "1")
    Line.objects.filter(pk=kept.pk).update(currency=code)
    Project.objects.filter(pk=firm.project.pk).update(currency=code)
    risk(firm)
    client = firm.client("owner")
    for address in ("/", "/portfolio/", "/projects/P1/", "/w/cost.line/", f"/w/cost.line/{kept.pk}/", "/cost/earned-value/P1/", "/risks/P1/"):
        assert client.get(address).status_code == 200, address
    firm.project.refresh_from_db()
    firm.changed(firm.project, currency="CNY")
    firm.changed(Line.objects.get(pk=kept.pk), currency="CNY")
