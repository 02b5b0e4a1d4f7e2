"""Hands that are faster than the server: what is typed after a key goes where the key leads, whatever is still under way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import needs_chromium
from tests.domains.schedule.gantt.conftest import GanttPage, OpenGantt
from tests.domains.schedule.gantt.made_plans import integration_plan

pytestmark = needs_chromium
FAST = 60  # ms between keys
SLOW = 0.7  # s until the server answers


@pytest.fixture(params=["zh", "en"])
def slow(open_gantt: OpenGantt, request: pytest.FixtureRequest) -> Iterator[tuple[GanttPage, str]]:
    """A plan whose server takes its time, and the name of a task in it."""
    with open_gantt(integration_plan(request.param), f"?lang={request.param}") as gantt:
        name = {"zh": "用户培训", "en": "Training"}[request.param]
        gantt.choose(name)
        gantt.server.pause = SLOW
        yield gantt, name


def commits(gantt: GanttPage) -> int:
    return sum(kind == "commit" for kind, _body in gantt.plan.requests)


@pytest.mark.parametrize("word", ["dasheng", "Trial", "nlm0 +d"])
def test_a_name_typed_right_after_n_is_the_name(slow: tuple[GanttPage, str], word: str) -> None:
    gantt, above = slow
    gantt.press("n")
    gantt.page.keyboard.type(word, delay=FAST)
    expect(gantt.page.locator(".gantt-input")).to_have_value(word, timeout=100)
    expect(gantt.page.locator(".gantt-input")).to_be_focused()
    expect(gantt.page.get_by_role("dialog")).to_have_count(0)
    expect(gantt.page.locator(".gantt-details")).to_be_hidden()
    gantt.press("Enter")
    expect(gantt.row(word)).to_have_attribute("aria-selected", "true", timeout=100)
    expect(gantt.row(word)).to_have_class("gantt-row is-draft", timeout=100)
    expect(gantt.row(word).locator(".gantt-cell-wbs")).not_to_have_text("")
    rows = gantt.page.locator(".gantt-row:not([hidden]) .gantt-name").all_inner_texts()
    assert rows.index(word) == rows.index(above) + 1
    assert gantt.task(word)["id"]
    expect(gantt.toast).to_contain_text({"用户培训": "已新建任务", "Training": "Task added"}[above])


def test_several_tasks_are_typed_one_after_another_before_the_first_answer(slow: tuple[GanttPage, str]) -> None:
    gantt, above = slow
    for name in ("one", "two", "three"):
        gantt.press("n")
        gantt.page.keyboard.type(name, delay=FAST)
        gantt.press("Enter")
    gantt.press("F2")
    gantt.page.keyboard.type("drei", delay=FAST)
    gantt.press("Enter")
    expect(gantt.row("drei").locator(".gantt-cell-wbs")).not_to_have_text("")
    expect(gantt.page.locator("#gantt")).to_have_attribute("aria-busy", "false")
    names = [task["name"] for task in gantt.plan.tasks]
    assert names[names.index(above) :][1:4] == ["one", "two", "drei"]
    expect(gantt.page.locator(".gantt-row.is-draft")).to_have_count(0)


def test_a_new_task_that_is_not_named_was_never_there(slow: tuple[GanttPage, str]) -> None:
    gantt, above = slow
    before = len(gantt.plan.tasks)
    gantt.press("n")
    gantt.press("Escape")
    expect(gantt.row(above)).to_have_attribute("aria-selected", "true")
    expect(gantt.grid).to_be_focused()
    expect(gantt.page.locator(".gantt-row.is-draft")).to_have_count(0)
    assert (commits(gantt), len(gantt.plan.tasks)) == (0, before)


def test_a_new_task_that_the_server_refuses_goes_again(slow: tuple[GanttPage, str]) -> None:
    gantt, above = slow
    gantt.press("n", "!", "Enter")
    expect(gantt.page.get_by_role("alert")).to_contain_text("This name is refused.")
    expect(gantt.page.locator(".gantt-row.is-draft")).to_have_count(0)
    expect(gantt.row(above)).to_be_visible()
    gantt.faults.clear()  # the browser logs the 422 itself


def test_what_is_typed_while_another_change_comes_back_stays(slow: tuple[GanttPage, str]) -> None:
    gantt, _above = slow
    gantt.press("d")
    gantt.page.locator("#gantt-details-name").fill("renamed")
    gantt.press("Tab")  # the name goes, the duration is chosen
    expect(gantt.toast.first).to_be_visible()
    gantt.page.keyboard.type("7", delay=FAST)
    expect(gantt.page.locator("#gantt-details-duration")).to_have_value("7")


def test_removing_does_not_take_the_choice_from_where_it_went(slow: tuple[GanttPage, str]) -> None:
    gantt, name = slow
    gantt.press("Delete", "ArrowUp", "ArrowUp")
    chosen = gantt.page.evaluate("() => { const g = document.getElementById('gantt').gantt; return g.plan.tasks.get(g.selectedId).name; }")
    expect(gantt.row(name)).to_have_count(0)
    expect(gantt.row(chosen)).to_have_attribute("aria-selected", "true")
