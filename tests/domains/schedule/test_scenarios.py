"""What-ifs: both plans side by side, nothing written until it is carried out, and then as one step that can be undone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jingwei.domains.cost import services as cost
from jingwei.domains.cost.models import Line
from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.models import Scenario
from jingwei.domains.schedule.reports import WhatIfAsked, what_ifs_told
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.records import undo
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(firm: Firm) -> Firm:
    """Development, then tests, then a milestone with a deadline; a side task has room."""
    first, second, side = firm.task("开发", duration_minutes=2400), firm.task("测试", duration_minutes=960), firm.task("文档", duration_minutes=480)
    work.dependency_save(predecessor=first, successor=second)
    milestone = firm.task("验收", is_milestone=True)
    for before in (second, side):
        work.dependency_save(predecessor=before, successor=milestone)
    services.project_recalculate(project_id=firm.project.pk)
    found = Task.objects.get(pk=milestone.pk)
    work.task_save(instance=found, deadline=found.finish)
    return firm


def test_both_plans_side_by_side_and_nothing_is_written(chain: Firm) -> None:
    tasks = {t.name: t for t in Task.objects.all()}
    made = services.scenario_make(project=chain.project, name="供应商晚两天")
    services.scenario_change(instance=made, task_id=tasks["开发"].pk, duration_minutes=2400 + 960)
    found = queries.compared(chain.project, made)
    assert found.then.finish > found.now.finish == tasks["验收"].finish
    assert {found.rows[pk]["name"] for pk in found.moved} == {"开发", "测试", "验收"}
    assert (found.now.endangered, found.then.endangered) == (frozenset(), frozenset({tasks["验收"].pk}))
    assert found.then.least_float_minutes == -960
    assert Task.objects.get(name="开发").duration_minutes == 2400, "nothing is written"
    services.scenario_change(instance=made, task_id=tasks["开发"].pk)
    assert made.changes == {} and not queries.compared(chain.project, made).moved


def test_carried_out_it_is_one_step(chain: Firm) -> None:
    tasks = {t.name: t for t in Task.objects.all()}
    made = services.scenario_make(project=chain.project, name="后移")
    later = datetime(2027, 3, 1, 1, tzinfo=UTC)
    services.scenario_change(instance=made, task_id=tasks["文档"].pk, not_before=later)
    expected = queries.compared(chain.project, made).then.finish
    services.scenario_apply(instance=made)
    assert Task.objects.get(name="验收").finish == expected and Task.objects.get(name="文档").start == later
    with refuses(text="已执行"):
        services.scenario_apply(instance=made)


def test_carried_out_an_estimate_keeps_its_proportions(chain: Firm) -> None:
    first = Task.objects.get(name="开发")
    work.task_save(instance=first, optimistic_minutes=1200, pessimistic_minutes=3600)
    made = services.scenario_make(project=chain.project, name="加倍")
    services.scenario_change(instance=made, task_id=first.pk, duration_minutes=4800)
    services.scenario_apply(instance=made)
    first.refresh_from_db()
    assert (first.optimistic_minutes, first.duration_minutes, first.pessimistic_minutes) == (2400, 4800, 7200)


def test_what_cannot_be_is_refused(chain: Firm) -> None:
    with refuses("name"):
        services.scenario_make(project=chain.project, name="  ")
    made = services.scenario_make(project=chain.project, name="A")
    with refuses("name"):
        services.scenario_make(project=chain.project, name="A")
    with refuses("task"):
        services.scenario_change(instance=made, task_id=10**9, duration_minutes=1)
    with refuses():
        services.scenario_apply(instance=made)


def test_the_page_for_those_who_may(chain: Firm) -> None:
    assert chain.client("stranger").get("/schedule/what-if/P1/").status_code == 404
    assert chain.client("viewer").post("/schedule/what-if/P1/make/", {"name": "X"}).status_code == 403
    manager = chain.client("manager")
    address = manager.post("/schedule/what-if/P1/make/", {"name": "X"})["Location"]
    first = Task.objects.get(name="开发")
    cost.line_save(project=chain.project, number="P", account="labour", kind="planned", description="人工", amount=Decimal(1000), period="2026-11", task=first)
    manager.post(address + "change/", {"task": first.pk, "days": "10", "not_before": ""})
    assert Scenario.objects.get().changes == {str(first.pk): {"duration_minutes": 4800}}
    page = manager.get(address).content.decode()
    assert 'data-difference="finish">+' in page
    money = manager.get(f"/projects/P1/what-if/{Scenario.objects.get().pk}/cost/").content.decode()
    assert "¥1,000.00" in money and "¥2,000.00" in money, "twice as long costs twice as much"
    assert chain.client("crew").get(f"/projects/P1/what-if/{Scenario.objects.get().pk}/cost/").content == b""
    manager.post(address + "change/", {"task": first.pk, "days": "2周"})
    assert Scenario.objects.get().changes == {str(first.pk): {"duration_minutes": 4800}}
    kept = manager.post(address + "change/", {"task": first.pk, "days": "三周", "not_before": "2026-12-01"}, follow=True).content.decode()
    assert "3天" in kept and 'value="三周"' in kept and 'value="2026-12-01"' in kept and f'<option value="{first.pk}" selected>' in kept
    for wrong in ({"task": "x"}, {"task": first.pk, "days": "many"}, {"task": first.pk, "not_before": "tomorrow"}, {"task": first.pk, "days": "-3"}):
        manager.post(address + "change/", wrong)
        assert Scenario.objects.get().changes == {str(first.pk): {"duration_minutes": 4800}}
    assert manager.post(address + "remove/").status_code == 302 and not Scenario.objects.exists()


def test_programs_compare_by_name(chain: Firm) -> None:
    made = services.scenario_make(project=chain.project, name="供应商晚两天")
    services.scenario_change(instance=made, task_id=Task.objects.get(name="开发").pk, duration_minutes=2400 + 960)
    assert [each["name"] for each in what_ifs_told(chain.project, WhatIfAsked())["what_ifs"]] == ["供应商晚两天"]
    told = what_ifs_told(chain.project, WhatIfAsked(name="供应商晚两天"))
    assert told["then"]["finish"] > told["now"]["finish"] and len(told["moved"]) == 3
    with refuses("name"):
        what_ifs_told(chain.project, WhatIfAsked(name="没有"))


def test_a_new_task_is_tried_before_it_is_there(chain: Firm) -> None:
    tasks, before = {t.name: t for t in Task.objects.all()}, Task.objects.count()
    made = services.scenario_make(project=chain.project, name="加一轮复测")
    services.scenario_add(
        instance=made, name="复测", duration_minutes=960, after=[tasks["测试"].pk], before=[tasks["验收"].pk], assignee=Person.objects.get(number="E-1").pk
    )
    found = queries.compared(chain.project, made)
    (new,) = found.added
    assert found.then.finish > found.now.finish and found.then.endangered == {tasks["验收"].pk}
    assert new.start is not None and new.start >= tasks["测试"].finish and new.finish == found.then.finish and new.is_critical
    assert Task.objects.count() == before, "nothing is written"
    with refuses():  # a loop is refused when it is said, and the what-if stays as it was
        services.scenario_add(instance=made, name="环", duration_minutes=1, after=[tasks["验收"].pk], before=[tasks["开发"].pk])
    assert list(made.changes) == ["new-1"]
    services.scenario_add(instance=made, name="归档", duration_minutes=480)
    services.scenario_leave_out(instance=made, key="new-1")
    assert list(made.changes) == ["new-2"]


def test_a_new_task_is_carried_out_with_its_links_and_taken_back(chain: Firm) -> None:
    tasks = {t.name: t for t in Task.objects.all()}
    made = services.scenario_make(project=chain.project, name="加一轮复测")
    person = Person.objects.get(number="E-1")
    services.scenario_add(instance=made, name="复测", duration_minutes=960, after=[tasks["测试"].pk], before=[tasks["验收"].pk], assignee=person.pk)
    expected = queries.compared(chain.project, made).then.finish
    with chain.acting("manager") as acting:
        services.scenario_apply(instance=made)
    new = Task.objects.get(name="复测")
    assert (new.duration_minutes, new.assignee_id, new.parent_id) == (960, person.pk, tasks["测试"].parent_id)
    assert Task.objects.get(name="验收").finish == expected == new.finish
    links = (
        set(Dependency.objects.filter(predecessor=new).values_list("successor__name", flat=True)),
        set(Dependency.objects.filter(successor=new).values_list("predecessor__name", flat=True)),
    )
    assert links == ({"验收"}, {"测试"})
    assert undo.undo(acting.trace, chain.rights("manager")) == []
    assert not Task.objects.filter(name="复测").exists()


def test_a_new_task_comes_from_the_page(chain: Firm) -> None:
    manager, tasks = chain.client("manager"), {t.name: t for t in Task.objects.all()}
    address = manager.post("/schedule/what-if/P1/make/", {"name": "X"})["Location"]
    person = Person.objects.get(number="E-1")
    manager.post(address + "add/", {"name": "复测", "length": "2天", "after": [tasks["测试"].pk], "before": [tasks["验收"].pk], "assignee": person.name})
    assert Scenario.objects.get().changes == {
        "new-1": {"name": "复测", "duration_minutes": 960, "after": [tasks["测试"].pk], "before": [tasks["验收"].pk], "assignee": person.pk}
    }
    page = manager.get(address).content.decode()
    assert 'id="added"' in page and "复测" in page and person.name in page and 'data-difference="finish">+2 天' in page
    kept = manager.post(address + "add/", {"name": "归档", "length": "三天"}, follow=True).content.decode()
    assert 'value="归档"' in kept and 'value="三天"' in kept
    for wrong in (
        {"name": "", "length": "1d"},
        {"name": "Y", "length": ""},
        {"name": "Y", "length": "1d", "after": [10**9]},
        {"name": "Y", "length": "1d", "assignee": "谁也不是"},
        {"name": "Y\0", "length": "1d"},
    ):
        manager.post(address + "add/", wrong)
        assert list(Scenario.objects.get().changes) == ["new-1"]
    assert chain.client("viewer").post(address + "add/", {"name": "Z", "length": "1d"}).status_code == 403
    manager.post(address + "leave-out/", {"key": "new-1"})
    assert Scenario.objects.get().changes == {}


def marks(card: str) -> list[str]:
    """By what each extra cost is left out."""
    return re.findall(r'name="leave_out" value="([^"]*)"', card)


odd_money: tuple[dict[str, str], ...] = (
    {"amount": "1_000"},
    {"amount": "1e400"},
    {"amount": "1.005"},
    {"amount": "9" * 17},
    {"description": "x\0"},
    {"description": "x" * 301},
)


def test_extra_money_is_tried_carried_out_as_planned_cost_and_taken_back(chain: Firm) -> None:
    manager = chain.client("manager")
    manager.post("/schedule/what-if/P1/make/", {"name": "租设备"})
    made = Scenario.objects.get()
    card = f"/cost/what-if/P1/{made.pk}/"
    assert 'id="money-amount"' in manager.get(card).content.decode()
    assert chain.client("crew").get(card).content == b"", "money is for those who may see costs"
    for wrong in ({"amount": "many"}, {"amount": "0"}, {"amount": "NaN"}, {"account": "nothing"}, {"description": " "}, *odd_money):
        manager.post(card + "spend/", {"account": "equipment", "amount": "1", "description": "x"} | wrong)
        assert Scenario.objects.get().costs == []
    manager.post(card + "spend/", {"account": "equipment", "amount": "12,000", "description": "吊车"})
    manager.post(card + "spend/", {"account": "travel", "amount": "300", "description": "差旅"})
    manager.post(card + "spend/", {"leave_out": marks(manager.get(card).text)[1]})
    assert Scenario.objects.get().costs == [{"account": "equipment", "amount": "12000.00", "description": "吊车"}]
    page = manager.get(f"/projects/P1/what-if/{made.pk}/cost/").content.decode()
    assert "+¥12,000.00" in page and not Line.objects.exists(), "nothing is written"
    assert "吊车" in manager.get(card).content.decode()
    with chain.acting("manager") as acting:
        services.scenario_apply(instance=Scenario.objects.get())
    line = Line.objects.get()
    assert (line.kind, line.account, line.amount, line.currency, line.number, line.description) == (
        "planned",
        "equipment",
        Decimal(12000),
        "CNY",
        "租设备/1",
        "吊车",
    )
    assert undo.undo(acting.trace, chain.rights("owner")) == []
    assert not Line.objects.exists()


def test_extra_money_is_numbered_past_what_stands_there_in_another_case(chain: Firm) -> None:
    """Given a line whose number begins as the what-if is called but for its case, when that is carried out, then its money has the next number."""
    chain.made("cost.line", number="RENT/1", account="other", description="x", amount=1, period="2026-11")
    made = services.scenario_make(project=chain.project, name="rent")
    services.scenario_spend(instance=made, cost={"account": "other", "amount": "5.00", "description": "y"})
    with chain.acting("manager"):
        services.scenario_apply(instance=made)
    assert set(Line.objects.values_list("number", flat=True)) == {"RENT/1", "rent/2"}


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("12,000", "12000.00"), ("1,234.50", "1234.50"), ("１２，０００", "12000.00"), (" 5 ", "5.00"), ("1e3", "1000.00"), ("-5", "-5.00"), ("12,5", ""), ("0,75", ""), ("1,2,3", ""),
        ("1.234,56", ""), (",5", ""), ("0,500", ""), ("1_000", ""), ("٣", ""),
    ],
)  # fmt: skip
def test_money_is_read_by_one_rule_in_every_form(firm: Firm, typed: str, amount: str) -> None:
    """A comma stands between thousands only, in a what-if as in a cost line; in a file, where nobody sees each number, in none."""
    manager = firm.client("manager")
    manager.post("/schedule/what-if/P1/make/", {"name": "W"})
    manager.post(f"/cost/what-if/P1/{Scenario.objects.get().pk}/spend/", {"account": "other", "amount": typed, "description": "d"})
    assert [each["amount"] for each in Scenario.objects.get().costs] == ([amount] if amount else [])
    values = {"project": "P1", "number": "N", "kind": "planned", "account": "other", "description": "d", "amount": typed, "period": "2026-11", "currency": ""}
    manager.post("/w/cost.line/new/", values)
    assert [str(line.amount) for line in Line.objects.all()] == ([amount] if amount else [])
    Line.objects.all().delete()
    table = '"' + '","'.join(values) + '"\n"' + '","'.join(values.values()) + '"\n'
    manager.post("/api/v1/imports/cost.line", {"file": SimpleUploadedFile("a.csv", table.encode(), "text/csv")})
    assert [str(line.amount) for line in Line.objects.all()] == ([amount] if amount and not {*typed} & {*",，"} else [])
