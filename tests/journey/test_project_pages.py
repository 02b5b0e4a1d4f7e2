"""Every page of a project, in both languages, wide and on a phone, light and dark: sound, accessible, its charts drawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, quietly_closed, speak

pytestmark = needs_chromium
pages = {
    "overview": "/projects/MES-ROLL/",
    "gantt": "/schedule/gantt/MES-ROLL/",
    "network": "/schedule/network/MES-ROLL/",
    "quality": "/schedule/quality/MES-ROLL/",
    "levelling": "/schedule/levelling/MES-ROLL/",
    "what-if": "/schedule/what-if/MES-ROLL/",
    "risk": "/projects/MES-ROLL/risk/",
    "reasons": "/schedule/reasons/MES-ROLL/",
    "changes": "/changes/MES-ROLL/",
    "risk-register": "/risks/MES-ROLL/",
    "earned-value": "/cost/earned-value/MES-ROLL/",
    "files": "/schedule/files/MES-ROLL/",
}
INK = """() => [...document.querySelectorAll('[data-chart] canvas')].map((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let k = 0; k < data.length; k += 64) colours.add((data[k] << 16) | (data[k + 1] << 8) | data[k + 2] | (data[k + 3] << 24));
  return colours.size;
})"""


def is_sound(page: Page, running: Running, address: str) -> None:
    answer = page.goto(running.url + address)
    assert answer is not None and answer.ok, address
    page.wait_for_load_state("networkidle")
    charts = page.locator("[data-chart]").count()
    expect(page.locator("[data-chart] canvas")).to_have_count(charts)
    assert accessibility_faults(page) == [], address
    drawn = page.evaluate(INK)
    assert all(colours > 3 for colours in drawn), f"{address}: a chart is blank {drawn}"


@pytest.mark.parametrize(("language", "width", "scheme"), [("zh-hans", 1440, "light"), ("en", 1440, "light"), ("en", 390, "dark")])
def test_every_page_of_a_project_is_sound(language: str, width: int, scheme: str, browser: Browser, administrator: dict[str, object], running: Running) -> None:
    context = browser.new_context(storage_state=administrator, viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    faults = watched(page, running.url)
    if width > 500:
        speak(page, running, language)
    for address in pages.values():
        is_sound(page, running, address)
        if width < 500:
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, address
    assert faults == []
    quietly_closed(context)


def test_levelling_is_watched_previewed_with_reasons_accepted_and_taken_back(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    speak(page, running, "zh-hans")
    page.goto(running.url + pages["levelling"])
    page.fill("#level-seconds", "2")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("#levelled")).to_be_visible(timeout=60_000)
    reasons = page.locator("#moves tr[data-kind=resource] td:last-child")
    expect(reasons.first).to_contain_text("正忙于")
    page.locator("form[action*=accept] button").click()
    expect(page.locator(".alert-success")).to_contain_text("被推后")
    page.locator(".alert-success button").click()  # undo
    expect(page.locator("form[action*=clear]")).to_have_count(0)
    assert faults == []


def test_a_what_if_shows_both_plans_and_the_money(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    speak(page, running, "en")
    page.goto(running.url + pages["what-if"])
    page.fill("#scenario-name", "Supplier two weeks late")
    page.locator("main form button.btn-primary").click()
    page.select_option("#what-task", index=1)
    page.fill("#what-days", "30")
    page.locator("form[action*=change] button.btn-primary").click()
    expect(page.locator("[data-difference=finish]")).to_contain_text("+")
    expect(page.locator("#scenario-cost")).to_contain_text("+")
    assert accessibility_faults(page) == []
    page.locator("form[action*=remove] button").click()
    expect(page.locator("main")).to_contain_text("None yet")
    assert faults == []


def test_a_plan_leaves_as_a_file_and_comes_into_another_project(context: BrowserContext, running: Running, tmp_path_factory: pytest.TempPathFactory) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    speak(page, running, "zh-hans")
    page.goto(running.url + pages["files"])
    with page.expect_download() as leaving:
        page.locator("a[href$='export.xml']").click()
    kept = tmp_path_factory.mktemp("plan") / "MES-ROLL.xml"
    leaving.value.save_as(kept)
    page.goto(running.url + "/schedule/files/WMS-PDA/")
    page.set_input_files("#plan-file", kept)
    page.locator("form[enctype] button").click()
    fresh = int(page.locator("[data-count=new]").inner_text())
    assert fresh > 100
    expect(page.locator("#left-out")).to_be_visible()
    assert accessibility_faults(page) == []
    page.locator("form[action*=import] button").click()
    expect(page.locator(".alert-success")).to_contain_text(str(fresh))
    assert faults == []


def test_a_period_is_frozen_once(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + pages["earned-value"])
    choice = page.locator("#freeze-period")
    period = choice.locator("option").first.inner_text()
    page.locator("form[action*=freeze] button").click()
    expect(page.locator("#frozen")).to_contain_text(period)
    expect(choice.locator("option").filter(has_text=period)).to_have_count(0)
    assert faults == []
