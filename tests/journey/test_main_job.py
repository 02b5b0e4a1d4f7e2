"""From the wizard to a moved milestone, in Chinese and in English, and the switch that breaks the MES."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, quietly_closed, speak

pytestmark = needs_chromium


def join(page: Page, running: Running, key: str) -> None:
    """The wizard up to the mapping editor."""
    page.goto(running.url + "/hub/wizard/")
    page.click("[data-system=tracker]")
    page.click("[data-system=jingwei]")
    page.select_option("#f-stream-a", "issues")
    page.select_option("#f-stream-b", "work.task")
    page.select_option("#f-project", label="WMS-PDA WMS 与 PDA 上线")
    page.fill("#f-name", key)
    page.fill("#f-key", key)
    page.fill("#f-poll", "1")
    page.click("main form button[type=submit]")
    expect(page.locator("#editor")).to_be_visible()


def swapped(page: Page) -> None:
    """Wait until the editor has come back from the server."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)


def test_join_map_switch_on_and_see_the_milestone_move(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    speak(page, running, "zh-hans")
    join(page, running, "journey")
    expect(page.locator("h1")).to_contain_text("映射")

    page.select_option("[name=extra-side-0]", "a")
    page.fill("[name=extra-field-0]", "project")
    page.fill("[name=extra-value-0]", "WMS-PDA")
    page.locator("[name=extra-value-0]").blur()
    swapped(page)
    page.select_option("[name=extra-kind-1]", "constant")
    page.select_option("[name=extra-side-1]", "a")
    page.fill("[name=extra-field-1]", "project")
    page.fill("[name=extra-value-1]", "WMS-PDA")
    page.locator("[name=extra-value-1]").blur()
    swapped(page)
    for unwanted in ("priority", "assignee", "deadline"):
        row = page.locator(f"tr[data-pair={unwanted}]")
        if row.count():
            row.locator("button[value^=remove-row]").click()
            swapped(page)
    page.locator("tr[data-pair=name] input[name=key]").check()
    swapped(page)
    for number in range(page.locator("tr[data-pair]").count()):
        page.select_option(f"#policy-{number}", "a")
        swapped(page)
    expect(page.locator("#editor .alert-success")).to_have_count(0)  # our tasks know states that the tracker does not
    page.locator("[data-gap=status] button[value*=leave-all]").click()
    swapped(page)
    expect(page.locator("#editor .alert-success")).to_be_visible()
    expect(page.locator("tr[data-pair=name] .jw-samples div").first).not_to_be_empty()
    page.click("#publish")

    expect(page.locator("h1")).to_contain_text("试运行")
    expect(page.locator("p.lead")).to_contain_text("没有写入任何内容")
    page.click("main button[value=live]")
    expect(page.locator("h1")).to_contain_text("journey")
    for _ in range(30):
        page.reload()
        if int(page.locator("#links-linked").inner_text()) > 40:
            break
        page.wait_for_timeout(1000)
    assert int(page.locator("#links-linked").inner_text()) > 40

    page.goto(running.url + "/projects/WMS-PDA/")
    expect(page.locator("#endangered")).to_have_count(0)
    late = (date.today() + timedelta(days=200)).isoformat()
    issues = running.peer(0, "GET", "/api/issues?limit=100&offset=0")["issues"] + running.peer(0, "GET", "/api/issues?limit=100&offset=100")["issues"]
    waiting = [i for i in issues if i["project"] == "WMS-PDA" and i["done_ratio"] == 0 and i["start_date"] and i["start_date"] > date.today().isoformat()]
    for issue in waiting[:3]:
        running.peer(0, "PUT", f"/api/issues/{issue['id']}", {"start_date": late, "due_date": late})
    expect(page.locator("#endangered")).to_be_visible(timeout=40_000)
    expect(page.locator("#endangered")).to_contain_text("将延误")
    assert [f for f in faults if "404" not in f] == []


def test_breaking_the_mes_endangers_a_milestone_and_mending_it_saves_it(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    speak(page, running, "en")
    page.goto(running.url + "/projects/MES-ROLL/")
    expect(page.locator("#endangered")).to_have_count(0)
    running.peer(2, "POST", "/faults", {"outage": True})
    expect(page.locator("#endangered")).to_be_visible(timeout=30_000)
    expect(page.locator("#endangered")).to_contain_text("has been down since")
    expect(page.locator("#health")).to_contain_text("Interfaces down")
    running.peer(2, "POST", "/faults", {"outage": False})
    expect(page.locator("#endangered")).to_have_count(0, timeout=60_000)
    assert faults == []


def test_the_wizard_speaks_english_and_shows_real_rows(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    speak(page, running, "en")
    join(page, running, "english")
    expect(page.locator("h1")).to_contain_text("Mapping")
    expect(page.locator("tr[data-pair=name] .jw-samples div").first).not_to_be_empty()
    assert not re.search(r"[\u4e00-\u9fff]", page.locator("thead").first.inner_text().replace("研发跟踪系统", "").replace("经纬", ""))
    assert faults == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/portfolio/",
        "/projects/MES-ROLL/",
        "/w/work.task/",
        "/w/labour.sheet/new/",
        "/hub/",
        "/hub/monitor/",
        "/hub/interfaces/tracker-mes/",
        "/work/board/",
        "/search/?q=接口",
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit_a_phone(path: str, scheme: str, browser: Browser, administrator: dict[str, object], running: Running) -> None:
    context = browser.new_context(storage_state=administrator, viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + path)
    page.wait_for_timeout(500)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    found = accessibility_faults(page)
    quietly_closed(context)
    assert found == []
    assert width <= 391, f"{width} px wide"
    assert faults == []
