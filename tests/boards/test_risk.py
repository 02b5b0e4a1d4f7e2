"""The risk page: the stranger first; the same seed the same figures; an estimate of one's own moves the finish; bad input says where."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jingwei.boards.risk import RiskAsked, risk_of
from jingwei.domains.cost import services as cost
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
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
    assert firm.client("manager").get("/projects/P1/risk/").status_code == 422


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
