"""A project that must be done by a day: made in its form, planned backwards in the Gantt, turned round again."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running

pytestmark = [needs_chromium, pytest.mark.usefixtures("in_chinese")]


def make_task(page: Page, running: Running, name: str) -> None:
    """A task through its form, as the Gantt offers it."""
    page.goto(running.url + str(page.locator("#gantt").get_attribute("data-create-url")))
    expect(page.locator("[name=constraint]")).to_have_value("ALAP")
    page.fill("[name=name]", name)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("h1")).to_contain_text(name)


def test_a_project_is_planned_backwards_from_the_day_it_must_be_done(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + "/w/frame.project/new/")
    page.fill("[name=code]", "BY-JUNE")
    page.fill("[name=name]", "六月前上线")
    page.fill("[name=start_on]", "2027-01-04")
    page.locator("details.jw-more > summary").click()
    page.locator("[name=scheduled_from]").select_option("finish")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("须给出要求完成日期")
    faults.clear()  # the browser tells of every refused form
    page.fill("[name=finish_on]", "2027-06-18")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/schedule/gantt/BY-JUNE/")
    gantt = running.url + "/schedule/gantt/BY-JUNE/"
    for name in ("系统联调", "用户培训"):
        page.goto(gantt)
        make_task(page, running, name)
    page.goto(gantt)
    expect(page.locator("#gantt")).to_have_attribute("data-state", "ready")
    expect(page.locator("[data-way=finish]")).to_contain_text("从完成日期 2027-06-18 排程")
    expect(page.locator(".gantt-cell-finish", has_text="06-18").or_(page.locator(".gantt-cell-finish", has_text="6/18"))).to_have_count(2, timeout=30_000)
    assert accessibility_faults(page) == []
    page.goto(running.url + "/schedule/levelling/BY-JUNE/")
    expect(page.get_by_role("status").filter(has_text="从完成日期排程")).to_be_visible()
    page.goto(gantt)
    page.locator("[data-way=finish]").click()
    page.wait_for_load_state("networkidle")
    assert faults == []
