"""Getting about: the palette, the keys, a record beside its list, columns, pages that say what is wrong, two-step log-in."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, choose_own, password, quietly_closed

pytestmark = [needs_chromium, pytest.mark.usefixtures("in_chinese")]


def test_the_palette_finds_records_pages_and_actions(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + "/")
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    page.fill("#palette-words", "接口")
    expect(palette.locator("[role=option]").first).to_be_visible()
    assert accessibility_faults(page) == []
    page.fill("#palette-words", "任务")
    first = palette.locator("[role=option][aria-selected=true]")
    expect(first).to_contain_text("任务")
    page.keyboard.press("ArrowDown")
    expect(palette.locator("[role=option]").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    address = first.get_attribute("data-url") or ""
    page.keyboard.press("Enter")
    page.wait_for_url(running.url + address + "**")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert accessibility_faults(page) == [] and faults == []


def test_a_record_opens_beside_its_list_and_the_address_keeps_it(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + "/w/work.task/?all=1")
    link = page.locator(".jw-list tbody a[data-panel]").first
    name = link.inner_text()
    link.click()
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#panel-body")).to_contain_text(name)
    assert accessibility_faults(page) == []
    page.reload()
    expect(page.locator("#panel-body")).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert "open=" not in page.url and faults == []
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#panel-body h2").first).to_be_visible()


def test_columns_are_chosen_and_stay_in_the_address(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    page.goto(running.url + "/w/work.task/?all=1")
    page.get_by_role("button", name="更多").click()
    page.locator("summary", has_text="列").click()
    page.locator("[data-columns] input[value=priority]").check()
    page.locator("[data-columns] input[value=deadline]").uncheck()
    page.locator("[data-columns] button[type=submit]").click()
    expect(page.locator(".jw-list thead")).to_contain_text("优先级")
    expect(page.locator(".jw-list thead")).not_to_contain_text("期限")
    assert "columns=" in page.url


def test_the_palette_does_what_the_page_can_do_and_remembers_what_was_opened(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + "/")
    chosen = page.locator("#palette [aria-selected=true]")

    def run(words: str) -> None:
        page.wait_for_load_state()
        page.keyboard.press("Control+k")
        page.fill("#palette-words", words)
        page.keyboard.press("Enter")  # at once: the answer to these words is waited for

    run("同步监控")
    page.wait_for_url("**/hub/monitor/")  # until it is loaded
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=group]").first).to_contain_text("最近打开")
    expect(chosen).to_have_text("同步监控")
    page.keyboard.press("Escape")

    run("dark")  # a word of the other language is understood as well
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    run("浅色或深色")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    run("切换语言")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    expect(chosen).to_have_text("Sync monitor")
    page.keyboard.press("Escape")
    run("switch language")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")

    run("进入项目 WMS")
    page.wait_for_url("**/projects/WMS-PDA/")
    expect(page.locator("#project-switch option:checked")).to_have_text("WMS-PDA")
    page.select_option("#project-switch", "")
    expect(page.locator("#project-switch option:checked")).not_to_have_text("WMS-PDA")
    assert faults == []


def test_an_enter_of_the_input_method_chooses_characters_and_not_a_line(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    page.goto(running.url + "/")
    page.keyboard.press("Control+k")
    page.fill("#palette-words", "任务")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("任务")
    pressed = "(composing) => document.getElementById('palette-words').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: composing}))"
    page.evaluate(pressed, True)
    page.wait_for_timeout(300)
    expect(page.locator("#palette")).to_be_visible()
    page.evaluate(pressed, False)
    expect(page.locator("#palette")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_page_that_is_not_there_says_what_to_do(language: str, context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    page.goto(running.url + "/")
    button = page.locator(".jw-top button[name=language]")
    if button.get_attribute("value") == language:
        choose_own(page, ".jw-top button[name=language]")
    answer = page.goto(running.url + "/w/work.task/999999999/")
    assert answer is not None and answer.status == 404
    expect(page.locator("h1")).to_have_text("未找到" if language == "zh-hans" else "Not found")
    assert accessibility_faults(page) == []
    if language == "en":
        choose_own(page, ".jw-top button[name=language]")


def code(secret: str) -> str:
    """What an authenticator shows now."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_two_step_log_in_is_switched_on_and_asked_for(browser: Browser, context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    page.goto(running.url + "/accounts/2fa/totp/activate/")
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", password)
        page.click("main button[type=submit]")
    expect(page.locator("#authenticator_secret")).to_be_visible()
    assert accessibility_faults(page) == []
    secret = page.locator("#authenticator_secret").input_value()
    page.fill("input[name=code]", code(secret))
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("恢复")
    fresh = browser.new_context(locale="zh-CN")
    other = fresh.new_page()
    other.goto(running.url + "/accounts/login/")
    other.fill("input[name=login]", "admin")
    other.fill("input[name=password]", password)
    other.click("main button[type=submit]")
    expect(other.locator("input[name=code]")).to_be_visible()
    assert accessibility_faults(other) == []
    quietly_closed(fresh)
    page.goto(running.url + "/accounts/2fa/totp/deactivate/")
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", password)
        page.click("main button[type=submit]")
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("已停用")
