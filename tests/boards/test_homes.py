"""Homes by role: each sees its own first cards, with its own rows, and nothing it has no right to."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from jingwei.domains.cost import services as cost
from jingwei.domains.directory.models import Person
from jingwei.domains.labour import services as labour
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from tests.domains.conftest import Firm, staff

pytestmark = pytest.mark.django_db


def cards(page: str) -> list[str]:
    return re.findall(r'data-card="(\w+)"', page)


@pytest.fixture
def busy(firm: Firm) -> Firm:
    """A sheet of the crew, a draft cost line, a task of the engineer, an endangered milestone."""
    staff(firm, "pmo", "pmo")
    engineer = Person(number="E-2", name="张伟", user=firm.users["engineer"])
    engineer.save()
    task = firm.task("张伟的任务", assignee=engineer, duration_minutes=960)
    milestone = firm.task("里程碑：验收", is_milestone=True, deadline=timezone.now() - timedelta(days=30))
    work.dependency_save(predecessor=task, successor=milestone)
    schedule.project_recalculate(project_id=firm.project.pk)
    cost.line_save(project=firm.project, number="C-1", account="travel", description="差旅报销", amount=Decimal(300), period="2026-11")
    line = [{"worker": "李师傅", "trade": "电工", "hours": Decimal(8), "rate": Decimal(45)}]
    with firm.acting("crew"):
        sheet = labour.sheet_save(project=firm.project, work_date=date(2026, 11, 20), team=firm.crew, description="布线", lines=line)
        labour.sheet_submit(instance=sheet)
        labour.sheet_save(project=firm.project, work_date=date(2026, 11, 20), team=firm.crew, description="未完", number="DRAFT-1")
    return firm


@pytest.mark.parametrize(
    ("name", "wanted", "shown", "hidden"),
    [
        ("crew", ["write", "mine"], ["DRAFT-1"], ["差旅报销", "data-card=\"confirm\"", "DL-20261120-01"]),
        ("manager", ["danger", "confirm", "mine", "spent"], ["里程碑：验收", "DL-20261120-01", "差旅报销"], ["DRAFT-1"]),
        ("engineer", ["mine", "integration", "danger"], ["张伟的任务", "里程碑：验收"], ["差旅报销", "DRAFT-1"]),
        ("finance", ["post", "confirm", "overspent", "danger"], ["差旅报销", "DL-20261120-01"], ["DRAFT-1"]),
        ("pmo", ["danger", "slipping", "overspent", "integration"], ["里程碑：验收"], ["差旅报销", "DRAFT-1"]),
    ],
)  # fmt: skip
def test_each_role_has_its_own_first_cards(busy: Firm, name: str, wanted: list[str], shown: list[str], hidden: list[str]) -> None:
    page = busy.client(name).get("/").content.decode()
    assert cards(page) == wanted
    assert [text for text in shown if text not in page] == []
    assert [text for text in hidden if text in page] == []


def test_the_stranger_sees_nothing_of_it_and_two_roles_see_both(busy: Firm) -> None:
    page = busy.client("stranger").get("/").content.decode()
    assert not any(text in page for text in ("里程碑：验收", "差旅报销", "DL-20261120-01", "张伟的任务"))
    staff(busy, "crew", "finance")
    assert cards(busy.client("crew").get("/").content.decode()) == ["write", "mine", "post", "confirm", "overspent", "danger"]
    assert "DL-20261120-01" not in re.findall(r'data-card="confirm".*?</section>', busy.client("crew").get("/").content.decode(), re.S)[0], "never one's own"


@pytest.mark.parametrize("name", ["manager", "pmo", "finance"])
def test_a_home_keeps_its_query_budget(busy: Firm, name: str, django_assert_max_num_queries: Any) -> None:
    client = busy.client(name)
    client.get("/")
    with django_assert_max_num_queries(40):
        client.get("/")
