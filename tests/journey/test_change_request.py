"""A what-if in Chinese: an engineer proposes it, the manager approves it and carries it out, and the plan has moved."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Browser, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, employ, enter, quietly_closed, speak

pytestmark = needs_chromium


def fill(page: Page, address: str, **values: str) -> None:
    """Fill a form and send it."""
    page.goto(address)
    for name, value in values.items():
        page.fill(f"main [name={name}]", value)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("h1")).to_contain_text(values["name"])


def begin_project(browser: Browser, administrator: dict[str, object], running: Running) -> None:
    """A project of its own: other journeys count on the plans of the demo."""
    context = browser.new_context(storage_state=administrator)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{running.url}/w/frame.project/new/")
    for name, value in {"code": "CR-1ST", "name": "变更演练", "start_on": date.today().isoformat()}.items():
        page.fill(f"main [name={name}]", value)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/schedule/gantt/CR-1ST/")  # a new project begins with its plan
    fill(page, running.url + str(page.locator("#gantt").get_attribute("data-create-url")), name="到货验收", duration_minutes="10天")
    quietly_closed(context)


def test_propose_approve_as_a_second_person_and_the_plan_moves(browser: Browser, administrator: dict[str, object], running: Running) -> None:
    employ(running, "cr-engineer", "engineer")
    employ(running, "cr-manager", "manager")
    asking, deciding = (browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}) for _ in range(2))
    page, other = asking.new_page(), deciding.new_page()
    faults = [watched(page, running.url), watched(other, running.url)]
    for each, name in ((page, "cr-engineer"), (other, "cr-manager")):
        enter(each, running, name)
        speak(each, running, "zh-hans")
    begin_project(browser, administrator, running)
    page.goto(f"{running.url}/schedule/what-if/CR-1ST/")
    page.fill("#scenario-name", "供应商晚交付")
    page.locator("main form button.btn-primary").click()
    page.select_option("#what-task", index=1)
    page.fill("#what-days", "60")
    page.locator("form[action*=change] button.btn-primary").click()
    expect(page.locator("form[action$='/apply/']")).to_have_count(0)  # who may not decide does not carry out
    task = page.locator("#changes tbody a").first.get_attribute("href")
    page.get_by_role("button", name="作为变更申请提出").click()
    expect(page.locator("#effect [data-difference=finish]")).to_have_text(re.compile(r"^\+\d+ 天"))
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="提交决定").click()
    expect(page.locator("#other")).to_contain_text("由其他人决定")
    expect(page.get_by_role("button", name="批准")).to_have_count(0)
    address = page.url
    other.goto(f"{running.url}/waiting/")
    expect(other.locator(".jw-top-actions .jw-count").first).to_contain_text(re.compile(r"\d"))
    assert accessibility_faults(other) == []
    other.locator("#waits-approval a", has_text="供应商晚交付").click()
    expect(other.get_by_role("button", name="反对")).to_be_visible()
    assert accessibility_faults(other) == []
    other.goto(address)
    other.get_by_role("button", name="批准").click()
    expect(other.locator(".alert-success")).to_contain_text("已批准")
    other.get_by_role("button", name="执行").click()
    expect(other.locator(".alert-success")).to_contain_text("已执行")
    assert accessibility_faults(other) == []
    other.goto(running.url + str(task))
    expect(other.locator("#content")).to_contain_text("60 天")
    other.goto(f"{running.url}/changes/CR-1ST/")
    expect(other.locator("#requests")).to_contain_text("供应商晚交付")
    assert accessibility_faults(other) == []
    assert faults == [[], []]
    for each in (asking, deciding):
        quietly_closed(each)
