"""What-ifs and what was seen of them: nothing is carried out, proposed or left out that nobody looked at, nothing twice; what is gone is named and can be mended."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.cost.models import Line
from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import services
from jingwei.domains.schedule.models import Scenario
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


class Desk:
    """A what-if as somebody has it open."""

    def __init__(self, firm: Firm, name: str = "manager") -> None:
        self.client: Client = firm.client(name)
        type(firm.users[name]).objects.filter(pk=firm.users[name].pk).update(language="en")
        if not Scenario.objects.exists():
            services.scenario_make(project=firm.project, name="W")
        self.pk = Scenario.objects.get().pk
        self.address, self.money = f"/schedule/what-if/P1/{self.pk}/", f"/cost/what-if/P1/{self.pk}/"

    def page(self) -> str:
        return str(self.client.get(self.address).text)

    def card(self) -> str:
        return str(self.client.get(self.money).text)

    def offer(self, page: str) -> str:
        (address,) = re.findall(r'hx-get="(/changes/[^"]*)"', page)
        return str(self.client.get(address).text)

    def sent(self, address: str, **values: Any) -> str:
        return str(self.client.post(address, values, follow=True).text)

    def spend(self, text: str, amount: str = "100", **values: str) -> str:
        return self.sent(self.money + "spend/", account="other", amount=amount, description=text, **values)


def fields(part: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', part)


def form(page: str, action: str) -> str:
    (found,) = re.findall(rf'action="[^"]*{action}".*?</form>', page, re.S)
    return str(found)


@pytest.mark.parametrize("action", ["apply", "remove", "propose"])
def test_only_what_was_seen_is_carried_out_proposed_or_thrown_away(firm: Firm, action: str) -> None:
    """Given a what-if on somebody's screen, when another adds a million to it, then the button of the first is refused in words; looked at again it does it."""
    mine, theirs = Desk(firm), Desk(firm, "owner")
    mine.spend("seen")
    page = mine.page()
    theirs.spend("unseen", "1000000")
    offered = mine.offer(page)  # it comes after the page, and goes with it
    (version,) = fields(form(page + offered, f"{action}/"), "version")
    address = mine.address if action != "propose" else f"/changes/P1/what-if/{mine.pk}/"
    said = mine.sent(f"{address}{action}/", version=version)
    assert "was changed since you looked at it" in said
    assert not Line.objects.exists() and not ChangeRequest.objects.exists() and Scenario.objects.get().applied_at is None
    assert "was changed since" in mine.sent(f"{address}{action}/", version="x")
    again = mine.page()
    (version,) = fields(form(again + mine.offer(again), f"{action}/"), "version")
    assert "was changed since" not in mine.sent(f"{address}{action}/", version=version)
    assert {"apply": Line.objects.count() == 2, "propose": ChangeRequest.objects.exists(), "remove": not Scenario.objects.exists()}[action]


def test_one_that_was_carried_out_is_neither_proposed_nor_carried_out_again(firm: Firm) -> None:
    desk = Desk(firm)
    desk.spend("crane")
    desk.sent(desk.address + "apply/")
    assert "was carried out already" in desk.sent(f"/changes/P1/what-if/{desk.pk}/propose/")
    assert "was carried out already" in desk.sent(desk.address + "apply/")
    assert Line.objects.count() == 1 and not ChangeRequest.objects.exists()


def test_what_was_proposed_is_carried_out_by_one_way_only(firm: Firm, en: None) -> None:
    """Given a what-if and the request made of it, when one of the two was carried out, then the other is refused, naming it."""
    desk = Desk(firm)
    desk.spend("crane")
    desk.sent(f"/changes/P1/what-if/{desk.pk}/propose/")
    made = ChangeRequest.objects.get()
    desk.sent(desk.address + "apply/")
    ChangeRequest.objects.update(status="approved")
    with refuses(text="was carried out already. Defer this request"):
        firm.taken(ChangeRequest.objects.get(), "implement")
    Scenario.objects.update(applied_at=None, costs=made.costs)
    firm.taken(ChangeRequest.objects.get(), "implement")
    assert f"carried out already, as {made.code}" in desk.sent(desk.address + "apply/")
    assert Line.objects.count() == 2


def test_money_is_left_out_by_what_it_is_and_once(firm: Firm) -> None:
    """Given three costs and two people who both leave out the first, then the other two stay; of two that say the same a double click leaves out one."""
    mine, theirs = Desk(firm), Desk(firm, "owner")
    for text in ("crane", "travel", "licence", "licence"):
        mine.spend(text)
    first = fields(mine.card(), "leave_out")[0]
    mine.sent(mine.money + "spend/", leave_out=first)
    theirs.sent(mine.money + "spend/", leave_out=first)
    left = [each["description"] for each in Scenario.objects.get().costs]
    assert left == ["travel", "licence", "licence"]
    twin = fields(mine.card(), "leave_out")[1]
    for _click in range(2):
        mine.sent(mine.money + "spend/", leave_out=twin)
    assert [each["description"] for each in Scenario.objects.get().costs] == ["travel", "licence"]
    mine.sent(mine.money + "spend/", leave_out="0")
    assert len(Scenario.objects.get().costs) == 2


def test_a_form_sent_twice_adds_once_and_another_one_adds_the_same_again(firm: Firm) -> None:
    desk = Desk(firm)
    for _page in range(2):
        (form_id,) = fields(desk.card(), "form_id")
        for _click in range(2):
            desk.spend("crane", form_id=form_id)
    assert len(Scenario.objects.get().costs) == 2
    (form_id,) = fields(desk.page(), "form_id")
    for _click in range(2):
        desk.sent(desk.address + "add/", name="retest", length="1d", form_id=form_id)
    assert list(Scenario.objects.get().changes) == ["new-1"]


def test_a_new_task_is_left_out_only_as_the_one_it_was(firm: Firm) -> None:
    """Given the last new task left out and another one under its key, when the first is left out once more, then the other stays."""
    desk = Desk(firm)
    desk.sent(desk.address + "add/", name="retest", length="1d")
    old = form(desk.page(), "leave-out/")
    values = {name: fields(old, name)[0] for name in ("key", "name")}
    desk.sent(desk.address + "leave-out/", **values)
    desk.sent(desk.address + "add/", name="training", length="1d")
    desk.sent(desk.address + "leave-out/", **values)
    assert [each["name"] for each in Scenario.objects.get().changes.values()] == ["training"]


def leave(firm: Firm, task: Task, how: str) -> None:
    if how == "deleted":
        work.task_remove(instance=task)
    elif how == "moved":
        firm.changed(task, project=firm.second.pk)
        firm.changed(Task.objects.get(pk=task.pk), name="SECRET")
    else:
        firm.task("part", parent=task, duration_minutes=480)


@pytest.mark.parametrize("how", ["deleted", "moved", "summary"])
def test_a_task_that_is_gone_is_named_as_it_was_and_can_be_left_out(firm: Firm, how: str) -> None:
    desk, task, other = Desk(firm), firm.task("integration", code="K-7", duration_minutes=480), firm.task("tests", duration_minutes=480)
    for each in (task, other):
        desk.sent(desk.address + "change/", task=each.pk, days="5d")
    leave(firm, task, how)
    page = desk.page()
    assert "K-7 integration" in page and "not in this plan any more" in page and "SECRET" not in page
    said = desk.sent(desk.address + "apply/")
    assert "K-7 integration" in said and "Leave out" in said and "SECRET" not in said and Scenario.objects.get().applied_at is None
    desk.sent(desk.address + "change/", task=task.pk, as_now="1")
    assert list(Scenario.objects.get().changes) == [str(other.pk)]
    desk.sent(desk.address + "apply/")
    assert Task.objects.get(pk=other.pk).duration_minutes == 2400


def test_whoever_is_gone_is_told_by_the_task_that_would_be_theirs(firm: Firm, en: None) -> None:
    desk, person = Desk(firm), Person(number="E-9", name="Gone")
    person.save()
    desk.sent(desk.address + "add/", name="retest", length="1d", assignee="E-9")
    person.delete()
    assert "not known here any more" in desk.page()
    with refuses("assignee", "“retest”"):
        services.scenario_apply(instance=Scenario.objects.get())
    assert not Task.objects.exists()


def test_a_what_if_that_cannot_be_calculated_shows_what_it_says_to_be_mended(firm: Firm) -> None:
    """Given one from before there were bounds, then its page tells the trouble and still offers to take it back."""
    desk, task = Desk(firm), firm.task("far", duration_minutes=480)
    Scenario.objects.update(changes={str(task.pk): {"not_before": "9999-12-31T23:59:59+00:00"}})
    page = desk.page()
    assert "leave the years" in page and 'name="as_now"' in page
    desk.sent(desk.address + "change/", task=task.pk, as_now="1")
    assert Scenario.objects.get().changes == {}


def test_money_that_was_carried_out_keeps_its_currency_and_holds_the_project_in_none(firm: Firm) -> None:
    """Given a what-if that was carried out and whose cost line is gone, when the project counts in dollars, then its page tells its money in yuan still."""
    desk = Desk(firm)
    desk.spend("crane", "4321.00")
    services.scenario_apply(instance=Scenario.objects.get())
    Line.objects.all().delete()
    assert firm.changed(firm.project, currency="USD").currency == "USD"
    assert "¥4,321.00" in desk.card() and "$4,321.00" not in desk.card()


def test_what_a_request_would_spend_holds_the_currency_until_it_is_decided(firm: Firm, en: None) -> None:
    from jingwei.domains.change import services as change

    made = change.request_propose(project=firm.project, title="t", changes={}, costs=[{"account": "other", "amount": "5.00", "description": "d"}])
    with refuses("currency", "reject or delete them first"):
        firm.changed(firm.project, currency="USD")
    firm.second.currency = "USD"
    firm.second.save()
    with refuses("project", "Choose a project in CNY, or write a new one there"):
        firm.changed(made, project=firm.second.pk)
    ChangeRequest.objects.update(status="rejected")
    assert firm.changed(firm.project, currency="USD").currency == "USD"
    assert Decimal(made.effect["cost_then"]) == 5
