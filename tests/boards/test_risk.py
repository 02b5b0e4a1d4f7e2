"""The risk page: the stranger first; the same seed the same figures; an estimate of one's own moves the finish; bad input says where."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from jingwei.boards.risk import RiskAsked, open_events, risk_of, simulated
from jingwei.domains.cost import services as cost
from jingwei.domains.risk.models import Risk
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame.models import ApiToken
from jingwei.kernels.uncertainty import DefaultSpread
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(firm: Firm) -> Firm:
    """Two tasks after each other; the first carries paid work."""
    first = firm.task("接口开发", duration_minutes=4800)
    second = firm.task("联调", duration_minutes=2400)
    work.dependency_save(predecessor=first, successor=second)
    cost.line_save(
        project=firm.project, number="P-1", account="labour", kind="planned", description="人工", amount=Decimal(48000), period="2026-11", task=first
    )
    cost.line_save(project=firm.project, number="P-2", account="software", kind="planned", description="许可", amount=Decimal(10000), period="2026-11")
    return firm


def test_the_stranger_sees_nothing(chain: Firm) -> None:
    assert chain.client("stranger").get("/projects/P1/risk/").status_code == 404


def test_the_figures_are_those_of_the_plan(chain: Firm) -> None:
    found = risk_of(chain.project, RiskAsked(runs=4000))
    assert found == risk_of(chain.project, RiskAsked(runs=4000)), "the same seed gives the same figures"
    by_percent = {each["percent"]: each for each in found["percentiles"]}
    assert by_percent[10]["finish"] < by_percent[50]["finish"] < by_percent[90]["finish"]
    # the licence stays, the work costs as much more as it takes longer: between 90 and 130 % of 48,000
    assert 10_000 + 43_200 <= by_percent[10]["cost"] < by_percent[90]["cost"] <= 10_000 + 62_400
    assert [each["name"] for each in found["tornado"]] == ["接口开发", "联调"]
    assert {each["criticality"] for each in found["critical"]} == {100.0}
    assert sum(found["histogram"]["counts"]) == 4000
    # (4320 + 4 × 4800 + 6240) / 6 and half of that, of days of 480 minutes; a third of a day and a sixth, squared, summed
    assert found["chain"] | {"buffer_days": None} == {"mean_days": 15.5, "deviation_days": 0.7, "buffer_days": None}
    assert 0.5 < found["chain"]["buffer_days"] < 2


def test_an_estimate_of_ones_own_counts(chain: Firm) -> None:
    before = risk_of(chain.project, RiskAsked(runs=2000))
    first = Task.objects.get(name="接口开发")
    work.task_save(instance=first, pessimistic_minutes=48_000)
    after = risk_of(chain.project, RiskAsked(runs=2000))
    assert after["estimated"] == 1 and after["percentiles"][2]["finish"] > before["percentiles"][2]["finish"]
    with refuses("pessimistic_minutes"):
        work.task_save(instance=first, pessimistic_minutes=60)
    with refuses("optimistic_minutes"):
        work.task_save(instance=first, optimistic_minutes=4801)


def test_an_empty_project_says_so(firm: Firm) -> None:
    with pytest.raises(ValidationError):
        risk_of(firm.project, RiskAsked())
    client = firm.client("manager")
    opened = client.get("/projects/P1/risk/")  # a line of the menu leads here: who only opens it asked nothing wrong
    assert opened.status_code == 200 and opened.context["problems"] and "found" not in opened.context
    assert client.get("/projects/P1/risk/?runs=500").status_code == 422


@pytest.mark.parametrize("query", ["runs=5", "low=100&high=100", "kind=guess", "correlation=2", "high=x"])
def test_bad_input_names_the_field_and_keeps_the_page(chain: Firm, query: str) -> None:
    answer = chain.client("manager").get(f"/projects/P1/risk/?{query}")
    assert answer.status_code == 422
    assert re.search(r'role="alert"><div>[^<]+: ', answer.content.decode())


def test_both_pages_keep_their_budget(chain: Firm, django_assert_max_num_queries: Any) -> None:
    client = chain.client("manager")
    for address in ("/projects/P1/risk/", "/schedule/quality/P1/"):
        assert client.get(address).status_code == 200
        with django_assert_max_num_queries(40):
            client.get(address)


def test_the_quality_page_names_who_offends(chain: Firm) -> None:
    chain.task("孤立任务", duration_minutes=480)
    page = chain.client("manager").get("/schedule/quality/P1/").content.decode()
    logic = re.search(r'data-check="logic".*?</section>', page, re.S)
    assert logic and "孤立任务" in logic[0]
    assert chain.client("stranger").get("/schedule/quality/P1/").status_code == 404


def certain_risk(firm: Firm, task: Task, probability: int, minutes: int, **values: Any) -> Risk:
    """A risk that delays one task by a fixed length."""
    made = firm.made("risk.risk", code="R-1", title="厂商延期", probability=probability, **values)
    firm.made("risk.riskimpact", risk=made, task=task, delay_low_minutes=minutes, delay_likely_minutes=minutes, delay_high_minutes=minutes)
    return made


def runs_of(firm: Firm) -> tuple[Any, Any]:
    """Every run with the register and the same run without it."""
    plan, asked = schedule.uncertain_plan(firm.project, DefaultSpread()), RiskAsked(runs=512)
    events, _left_out = open_events(firm.project, plan)
    return simulated(plan, asked, events), simulated(plan, asked, [replace(event, probability=0.0) for event in events])


def test_a_certain_risk_finishes_every_run_exactly_that_much_later(chain: Firm) -> None:
    before = risk_of(chain.project, RiskAsked(runs=1000))
    made = certain_risk(chain, Task.objects.get(name="联调"), 100, 1440)
    with_it, without = runs_of(chain)
    assert ((with_it.finish - without.finish) == 1440).all()
    chain.changed(made, probability=0)
    with_it, without = runs_of(chain)
    assert (with_it.finish == without.finish).all() and (with_it.cost == without.cost).all()
    assert risk_of(chain.project, RiskAsked(runs=1000)) == before, "what cannot happen changes no figure"


def test_the_register_has_its_price(chain: Firm) -> None:
    assert risk_of(chain.project, RiskAsked(runs=1000))["register"]["events"] == 0
    made = certain_risk(chain, Task.objects.get(name="联调"), 100, 1440, cost_low=Decimal(700), cost_likely=Decimal(700), cost_high=Decimal(700))
    found = risk_of(chain.project, RiskAsked(runs=1000))
    assert (found["register"]["events"], found["register"]["codes"], found["register"]["left_out"]) == (1, ["R-1"], 0)
    assert (found["register"]["later_days"], found["register"]["dearer"]) == (3.0, 700.0)
    alone = risk_of(chain.project, RiskAsked(runs=1000, risks="without"))
    assert alone["register"]["events"] == 0 and alone["percentiles"] == found["register"]["without"]
    client = chain.client("manager")
    page = client.get("/projects/P1/risk/").content.decode()
    assert re.search(r"data-later>\+3.0 ", page) and re.search(r"data-dearer>\+¥700.00<", page)
    assert 'id="register"' not in client.get("/projects/P1/risk/?risks=without").content.decode()
    assert client.get("/api/v1/reports/boards.risk/P1?runs=500").json()["register"]["events"] == 1
    chain.taken(made, "occur")
    assert risk_of(chain.project, RiskAsked(runs=1000))["register"]["events"] == 0, "what has occurred is no risk any more"


def test_who_may_not_see_the_register_gets_nothing_by_asking_twice(chain: Firm) -> None:
    """Given a risk that moves the finish, when a token without the register asks with it and without, by report and by page, then nothing differs."""
    certain_risk(chain, Task.objects.get(name="接口开发"), 100, 4800)

    def answers(*grants: str) -> list[Any]:
        _token, text = ApiToken.issue(tenant=chain.tenant, user=chain.users["owner"], name="t", limit={"grants": list(grants), "projects": None})
        client, asked = Client(headers={"Authorization": f"Bearer {text}"}), [f"?runs=500&risks={way}" for way in ("with", "without")]
        pages = [client.get(f"/projects/P1/risk/{each}").text for each in asked]
        assert [('id="risk-risks"' in page) for page in pages] == ["risk.risk.view" in grants] * 2
        return [client.get(f"/api/v1/reports/boards.risk/P1{each}").json() for each in asked]

    one, two = answers("work.*", "cost.*")
    assert one == two and one["register"]["events"] == 0
    one, two = answers("work.*", "cost.*", "risk.risk.view")
    assert one["percentiles"] != two["percentiles"] and one["register"]["events"] == 1


def test_an_impact_on_finished_work_is_left_out(chain: Firm) -> None:
    first = Task.objects.get(name="接口开发")
    certain_risk(chain, first, 100, 1440, cost_likely=Decimal(1), cost_high=Decimal(1))
    work.task_save(instance=first, percent=100, actual_start=datetime(2026, 11, 2, 1, tzinfo=UTC), actual_finish=datetime(2026, 11, 13, 10, tzinfo=UTC))
    found = risk_of(chain.project, RiskAsked(runs=500))["register"]
    assert (found["events"], found["left_out"], found["later_days"]) == (1, 1, 0.0)


def test_runs_that_end_where_no_calendar_reaches_are_told_in_a_sentence(firm: Firm) -> None:
    before = firm.task("平台", duration_minutes=480 * 500)
    work.dependency_save(predecessor=before, successor=firm.task("推广", duration_minutes=480 * 500))
    answer = firm.client("manager").get("/projects/P1/risk/?kind=uniform&high=1000&runs=500")
    assert answer.status_code == 422 and "最悲观" in answer.content.decode()
