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
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.frame.models import Membership
from jingwei.frame.widgets import Desk
from jingwei.frame.widgets.widget import registry
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
        sheet = firm.made("labour.sheet", work_date=date(2026, 11, 20), team=firm.crew, description="布线", lines=line)
        firm.taken(sheet, "submit")
        firm.made("labour.sheet", work_date=date(2026, 11, 20), team=firm.crew, description="未完", number="DRAFT-1")
    return firm


@pytest.mark.parametrize(
    ("name", "wanted", "shown", "hidden"),
    [
        ("crew", ["write", "mine"], ["DRAFT-1"], ["差旅报销", "data-card=\"confirm\"", "DL-20261120-01"]),
        ("manager", ["danger", "approvals", "confirm", "mine", "overloaded", "spent"], ["里程碑：验收", "DL-20261120-01", "差旅报销"], ["DRAFT-1"]),
        ("engineer", ["mine", "integration", "danger"], ["张伟的任务", "里程碑：验收"], ["差旅报销", "DRAFT-1"]),
        ("finance", ["post", "approvals", "confirm", "overspent", "danger"], ["差旅报销", "DL-20261120-01"], ["DRAFT-1"]),
        ("pmo", ["danger", "approvals", "slipping", "overloaded", "overspent", "integration"], ["里程碑：验收"], ["差旅报销", "DRAFT-1"]),
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
    assert cards(busy.client("crew").get("/").content.decode()) == ["write", "mine", "post", "approvals", "confirm", "overspent", "danger"]
    assert "DL-20261120-01" not in re.findall(r'data-card="confirm".*?</section>', busy.client("crew").get("/").content.decode(), re.S)[0], "never one's own"


@pytest.mark.parametrize("name", ["manager", "pmo", "finance"])
def test_a_home_keeps_its_query_budget(busy: Firm, name: str, django_assert_max_num_queries: Any) -> None:
    client = busy.client(name)
    client.get("/")
    with django_assert_max_num_queries(40):
        client.get("/")


def arranged(firm: Firm, name: str, action: str, *order: str) -> int:
    return int(firm.client(name).post("/home/widgets/", {"widget": order, "action": action}).status_code)


def test_a_home_is_laid_out_by_its_person_and_by_nobody_else(busy: Firm) -> None:
    """Given a manager, when he moves, drops and takes widgets, then his home follows, everybody else's stays, and the usual one comes back."""
    before = cards(busy.client("manager").get("/").text)
    assert arranged(busy, "manager", "up:confirm", *before) == 302
    assert cards(busy.client("manager").get("/").text)[:3] == ["danger", "confirm", "approvals"]
    arranged(busy, "manager", "drop:danger", "danger", "confirm", "mine")
    arranged(busy, "manager", "take:progress", "confirm", "mine")
    assert cards(busy.client("manager").get("/").text) == ["confirm", "mine", "progress"]
    assert cards(busy.client("finance").get("/").text)[0] == "post"
    arranged(busy, "manager", "usual")
    assert cards(busy.client("manager").get("/").text) == before


def test_nobody_takes_a_widget_that_is_not_for_him(busy: Firm) -> None:
    arranged(busy, "crew", "take:post", "write")
    assert "post" not in cards(busy.client("crew").get("/").text) and "post" not in re.findall(
        r'value="take:(\w+)"', busy.client("crew").get("/home/widgets/").text
    )
    arranged(busy, "finance", "take:spent", "post")
    Membership.objects.filter(user=busy.users["finance"]).delete()
    staff(busy, "finance", "crew")
    assert cards(busy.client("finance").get("/").text) == [], "what was taken with a right goes with it"


def test_every_widget_answers_a_person_without_anything(busy: Firm) -> None:
    """Over every widget: without rows it says so, and the number of its statements does not grow with them."""
    with busy.acting("stranger"):
        rights = busy.rights("stranger")
        for widget in registry.values():
            answer = widget.answer(Desk(rights)) if widget.is_for(rights) else None
            assert answer is None or (answer.total == 0 and not answer.rows), widget.key


@pytest.mark.parametrize("key", sorted(registry))
def test_a_widget_keeps_its_query_budget(key: str, busy: Firm, django_assert_max_num_queries: Any) -> None:
    widget = registry[key]
    with busy.acting("owner"):
        rights = busy.rights("owner")
        if not widget.is_for(rights):
            pytest.skip("not for the owner")
        with django_assert_max_num_queries(25):
            widget.answer(Desk(rights))
