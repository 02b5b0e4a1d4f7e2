"""A what-if that is carried out is one step: by the rights of all that it writes, and taken back as a whole, after which it is open again."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from jingwei.domains.cost.models import Line
from jingwei.domains.schedule import services
from jingwei.domains.schedule.models import Scenario
from jingwei.domains.work.models import Task
from jingwei.frame.records import undo
from jingwei.frame.rights.access import Lacking
from tests.domains.conftest import Firm, refuses, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def tried(firm: Firm, en: None) -> Firm:
    """A task, and a what-if that makes it longer, adds another behind it and spends money."""
    first = firm.task("A", duration_minutes=480)
    services.project_recalculate(project_id=firm.project.pk)
    made = services.scenario_make(project=firm.project, name="W")
    services.scenario_change(instance=made, task_id=first.pk, duration_minutes=960)
    services.scenario_add(instance=made, name="N", duration_minutes=480, after=[first.pk])
    services.scenario_spend(instance=made, cost={"account": "other", "amount": "100.00", "description": "d"})
    for user in firm.users.values():
        user.language = "en"
        user.save()
    return firm


def written() -> tuple[Any, ...]:
    """What it writes, and whether it says that it did."""
    tasks = list(Task.objects.order_by("pk").values_list("name", "duration_minutes"))
    return tasks, list(Line.objects.values_list("number", "amount")), Scenario.objects.get().applied_at is not None


before: tuple[Any, ...] = ([("A", 480)], [], False)
after: tuple[Any, ...] = ([("A", 960), ("N", 480)], [("W/1", Decimal(100))], True)


@pytest.mark.parametrize("who", ["manager", "owner"])
def test_who_carried_it_out_takes_it_back_as_a_whole_and_may_do_it_again(tried: Firm, who: str) -> None:
    client, address = tried.client(who), f"/schedule/what-if/P1/{Scenario.objects.get().pk}/"
    for _time in range(2):
        client.post(address + "apply/")
        assert written() == after
        assert "Undone." in client.post("/undo/", {"next": address}, follow=True).text
        assert written() == before, "and the what-if is open again"


def test_what_cannot_be_taken_back_as_a_whole_stays_as_a_whole_and_is_offered_still(tried: Firm) -> None:
    client, address = tried.client("manager"), f"/schedule/what-if/P1/{Scenario.objects.get().pk}/"
    client.post(address + "apply/")
    line = Line.objects.get()
    with tried.acting("finance"):
        line.refresh_from_db()
        tried.changed(line, description="theirs")
    page = client.post("/undo/", {"next": address}, follow=True).text
    assert "nothing was taken back" in page and "was changed by somebody else since" in page and 'action="/undo/"' in page
    assert written() == after
    tried.changed(Line.objects.get(), amount=5)
    assert "nothing was taken back" in client.post("/undo/", {"next": address}, follow=True).text, "it may be tried again"


@pytest.mark.parametrize("who", ["pmo", "engineer"])
def test_carrying_it_out_needs_the_rights_of_what_it_writes(tried: Firm, who: str) -> None:
    if who not in tried.users:
        staff(tried, who, who)
    with tried.acting(who), pytest.raises(Lacking, match="cost.line.add"):
        services.scenario_apply(instance=Scenario.objects.get(), access=tried.rights(who))
    assert tried.client(who).post(f"/schedule/what-if/P1/{Scenario.objects.get().pk}/apply/").status_code == 403
    assert written() == before, "nothing was written"


def test_without_money_it_needs_none_of_the_costs(tried: Firm) -> None:
    staff(tried, "pmo", "pmo")
    Scenario.objects.update(costs=[])
    with tried.acting("pmo") as acting:
        services.scenario_apply(instance=Scenario.objects.get(), access=tried.rights("pmo"))
        assert undo.undo(acting.trace, tried.rights("pmo")) == []
    assert written() == before


def test_a_request_that_was_approved_is_carried_out_by_who_may_take_that_step(tried: Firm) -> None:
    """What was voted on is written by the house: the step's own right is asked for, and no other."""
    kept = Scenario.objects.get()
    with tried.acting("engineer"):
        services.changes_apply(project=tried.project, changes=kept.changes, costs=kept.costs, label="W")
    assert written()[:2] == after[:2]


def test_another_step_of_it_is_taken_back_too(tried: Firm) -> None:
    made = Scenario.objects.get()
    with tried.acting("manager") as acting:
        services.scenario_remove(instance=made)
    with tried.acting("viewer"):
        assert "work.task.change" in undo.undo(acting.trace, tried.rights("viewer"))[0] and not Scenario.objects.exists()
    with tried.acting("manager"):
        assert undo.undo(acting.trace, tried.rights("manager")) == []
    back = Scenario.objects.get()
    assert (back.pk, back.costs, back.made_at) == (made.pk or back.pk, made.costs, made.made_at)
    with refuses("name"):
        services.scenario_make(project=tried.project, name="W")


def cell(client: Any, task: Task, name: str) -> str:
    """One edit in the list; the trace that its message offers to take back."""
    task.refresh_from_db()
    answer = client.post(f"/w/work.task/{task.pk}/cell/name/", {"name": name, "version": task.version}, headers={"HX-Request": "true"})
    found = re.search(r'"trace": "(\w+)"', answer.headers["HX-Trigger"])
    assert found is not None
    return found[1]


def test_a_button_takes_back_what_it_was_offered_for(firm: Firm, en: None) -> None:
    client, one, two = firm.client("manager"), firm.task("A"), firm.task("B")
    first, second = cell(client, one, "A2"), cell(client, two, "B2")
    client.post("/undo/", {"next": "/", "trace": first})
    assert list(Task.objects.order_by("pk").values_list("name", flat=True)) == ["A", "B2"]
    client.post("/undo/", {"next": "/", "trace": first})
    assert list(Task.objects.order_by("pk").values_list("name", flat=True)) == ["A", "B2"], "that is over"
    client.post("/undo/", {"next": "/", "trace": second})
    assert list(Task.objects.order_by("pk").values_list("name", flat=True)) == ["A", "B"]
    theirs = cell(firm.client("owner"), one, "theirs")
    client.post("/undo/", {"next": "/", "trace": theirs})
    assert Task.objects.get(pk=one.pk).name == "theirs", "only what was offered here"


def test_every_button_names_what_it_takes_back(firm: Firm, en: None) -> None:
    client, task = firm.client("manager"), firm.task("A")
    page = client.post(f"/w/work.task/{task.pk}/delete/", follow=True).text
    form = re.search(r'<form[^>]*action="/undo/".*?</form>', page, re.S)
    assert form is not None and re.search(r'name="trace" value="\w{32}"', form[0])
    moved = firm.task("B")
    answer = client.post(
        f"/w/work.task/{moved.pk}/move/?view=board", {"view": "board", "to": "done", "version": moved.version}, headers={"HX-Request": "true"}
    ).text
    assert re.search(r'name="trace" value="\w{32}"', answer)


def test_a_task_that_comes_back_under_another_code_says_so(firm: Firm, en: None) -> None:
    firm.users["manager"].language = "en"
    firm.users["manager"].save()
    client, task = firm.client("manager"), firm.task("A", code="K-1")
    client.post(f"/w/work.task/{task.pk}/delete/")
    firm.task("B", code="k-1")
    page = client.post("/undo/", {"next": "/w/work.task/"}, follow=True).text
    back = Task.objects.get(pk=task.pk)
    assert back.code != "K-1" and f"Task “A” is back as {back.code}: its code K-1 belongs to another task now." in page
