"""The plan in a person's hands: baselines compared, tasks made, linked and removed by keys, constraint, paper, network, load."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, choose_own, quietly_closed

pytestmark = [needs_chromium, pytest.mark.usefixtures("in_chinese")]
plan = "/schedule/gantt/ERP-JOIN/"


def opened(context: BrowserContext, running: Running) -> tuple[Page, list[str]]:
    """The Gantt, ready, with the list of what goes wrong."""
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + plan)
    expect(page.locator("#gantt")).to_have_attribute("data-state", "ready")
    return page, faults


def grid(page: Page) -> Locator:
    return page.get_by_role("treegrid")


def chosen(page: Page) -> Locator:
    return page.locator(".gantt-row[aria-selected=true]")


def row(page: Page, name: str) -> Locator:
    return page.locator(".gantt-row:not([hidden])").filter(has=page.locator(".gantt-name", has_text=name))


def toast(page: Page) -> Locator:
    return page.locator(".gantt-toast")


def test_a_task_is_made_named_linked_and_removed_by_keys_and_all_is_undone(context: BrowserContext, running: Running) -> None:
    page, faults = opened(context, running)
    row(page, "设计月结对账规则").locator(".gantt-cell-wbs").click()
    page.keyboard.press("n")
    page.locator(".gantt-input").fill("评审对账规则")
    page.keyboard.press("Enter")
    expect(row(page, "评审对账规则").locator(".gantt-cell-wbs")).to_have_text("2.5")
    expect(toast(page)).to_contain_text("已新建任务", timeout=20_000)
    grid(page).focus()
    page.keyboard.press("Control+]")
    expect(row(page, "评审对账规则")).to_have_attribute("aria-level", "3")
    expect(toast(page)).to_contain_text("已改期", timeout=20_000)
    page.keyboard.press("Control+z")
    expect(row(page, "评审对账规则")).to_have_attribute("aria-level", "2")
    expect(toast(page)).to_contain_text("已撤销")
    grid(page).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("m")
    expect(toast(page)).to_contain_text("已标记")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name="添加").or_(page.locator(".gantt-link-form [type=submit]")).first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    row(page, "评审对账规则").locator(".gantt-cell-wbs").click()
    page.keyboard.press("Control+]")  # below what it waits for
    expect(page.locator(".gantt-toast.is-error")).to_contain_text("请先删除该依赖")
    expect(row(page, "评审对账规则")).to_have_attribute("aria-level", "2")
    while page.locator(".gantt-toast-close").count():
        page.locator(".gantt-toast-close").first.click()
    grid(page).focus()
    page.keyboard.press("Delete")
    expect(row(page, "评审对账规则")).to_have_count(0)
    for _ in range(3):  # removed, linked, made by its name
        page.keyboard.press("Control+z")
        expect(toast(page)).to_contain_text("已撤销")
        page.locator(".gantt-toast-close").first.click()
        expect(toast(page)).to_have_count(0)
    expect(row(page, "评审对账规则")).to_have_count(0)
    expect(row(page, "设计失败重试与死信处理").locator(".gantt-cell-wbs")).to_have_text("2.5")
    assert [fault for fault in faults if "422" not in fault] == []  # what was refused stands in the browser's log


def test_a_constraint_without_a_date_is_refused_beside_its_field(context: BrowserContext, running: Running) -> None:
    page, _faults = opened(context, running)
    row(page, "设计月结对账规则").locator(".gantt-cell-wbs").click()
    page.keyboard.press("d")
    panel = page.locator(".gantt-details")
    panel.locator("[name=constraint]").select_option("ASAP")
    expect(toast(page)).to_be_visible()
    panel.locator("[name=constraint]").select_option("FNLT")
    expect(page.locator("#gantt-details-constraint_at-error")).to_have_text("该约束需要日期。")
    panel.locator("[name=constraint_at]").fill("2027-03-01T18:00")
    panel.locator("[name=constraint_at]").blur()
    expect(page.locator("#gantt-details-constraint_at-error")).to_have_text("")
    assert accessibility_faults(page) == []
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#gantt")).to_have_attribute("data-state", "ready")
    row(page, "设计月结对账规则").locator(".gantt-cell-wbs").click()
    page.keyboard.press("d")
    expect(panel.locator("[name=constraint]")).to_have_value("FNLT")


def test_two_states_of_the_plan_are_compared(context: BrowserContext, running: Running) -> None:
    page, faults = opened(context, running)
    page.get_by_role("button", name="对比").click()
    expect(page.locator(".gantt-compare-figures")).to_contain_text("工作日")
    expect(page.get_by_role("columnheader", name="Δ完成")).to_have_count(1)
    page.get_by_label("显示的状态").select_option(label="批准基线")
    expect(page.locator(".gantt-compare-figures")).to_contain_text(re.compile("推迟 0 项，提前 0 项"))
    expect(page.locator(".gantt-row .gantt-cell-finish_slip").first).to_have_text("0")
    assert accessibility_faults(page) == [] and faults == []


def test_load_paper_and_network_in_both_languages(context: BrowserContext, running: Running) -> None:
    page, faults = opened(context, running)
    page.get_by_role("button", name="负荷", exact=True).click()
    expect(page.locator(".gantt-load-words")).to_contain_text("超负荷")
    page.goto(running.url + plan + "print/")
    expect(page.locator("svg.paper-sheet")).not_to_have_count(0)
    assert accessibility_faults(page) == []
    pdf = page.request.get(running.url + plan + "print.pdf")
    assert pdf.ok and pdf.body().startswith(b"%PDF-")
    page.goto(running.url + "/schedule/network/ERP-JOIN/")
    page.keyboard.press("ArrowDown")
    before = page.locator(".network-box:focus").get_attribute("data-after")
    assert before
    page.keyboard.press("ArrowRight")
    expect(page.locator(".network-box:focus")).to_have_attribute("data-key", before.split()[0])
    assert accessibility_faults(page) == []
    choose_own(page, ".jw-top button[name=language]")
    expect(page.locator(".network-key")).to_contain_text("Red is critical")
    choose_own(page, ".jw-top button[name=language]")
    assert faults == []


@pytest.mark.parametrize("where", [plan, plan + "print/", "/schedule/network/ERP-JOIN/"])
def test_a_phone_in_the_dark_has_room(browser: Browser, administrator: dict[str, object], running: Running, where: str) -> None:
    phone = browser.new_context(storage_state=administrator, viewport={"width": 390, "height": 800}, color_scheme="dark")  # type: ignore[arg-type]
    page = phone.new_page()
    page.goto(running.url + where)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert accessibility_faults(page) == []
    quietly_closed(phone)
