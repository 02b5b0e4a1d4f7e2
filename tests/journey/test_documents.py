"""The risk register as a document: written, made by the worker, read, and told to be stale when a risk has changed; in Chinese and English, wide and narrow."""

from __future__ import annotations

import io
from pathlib import Path

from docx import Document as ReadFile
from playwright.sync_api import Browser, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, employ, enter, speak

pytestmark = needs_chromium


def look(page: Page, name: str) -> None:
    """Nothing is wrong with the page, and nothing scrolls it sideways."""
    assert accessibility_faults(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_a_register_is_written_made_and_told_to_be_stale(browser: Browser, administrator: dict[str, object], running: Running) -> None:
    employ(running, "register-manager", "manager")
    page = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}).new_page()
    faults = watched(page, running.url)
    enter(page, running, "register-manager")
    speak(page, running, "zh-hans")
    page.goto(f"{running.url}/risks/MES-ROLL/")
    risk = str(page.locator("main a[href^='/w/risk.risk/']:not([href*=new]):not([href*='?'])").first.get_attribute("href"))
    page.goto(f"{running.url}/documents/MES-ROLL/")
    look(page, "list")
    page.get_by_role("link", name="风险登记册", exact=True).last.click()
    page.locator("#part-assessment").locator("xpath=ancestor::section").locator("summary").click()
    page.locator("#text-assessment").fill("**总体可控**，关键是接口联调。\n\n- 硬件到货\n- 现场网络")
    page.locator("#part-assessment").locator("xpath=ancestor::section").get_by_role("button", name="保存").click()
    expect(page.locator("#says li").first).to_have_text("硬件到货")
    page.get_by_role("button", name="生成 DOCX 和 PDF").click()
    expect(page.locator("#versions [data-version='1']")).to_contain_text("与当前内容一致", timeout=60_000)
    look(page, "made")
    with page.expect_download() as waiting:
        page.locator("#versions a", has_text="DOCX").click()
    words = "\n".join(each.text for each in ReadFile(io.BytesIO(Path(waiting.value.path()).read_bytes())).paragraphs)
    assert "总体可控" in words and "风险登记册" in waiting.value.suggested_filename
    here = page.url
    page.goto(f"{running.url}{risk}edit/")
    page.locator("[name=title]").fill("供应商再次推迟交付")
    page.get_by_role("button", name="保存").first.click()
    page.goto(here)
    expect(page.locator("#versions [data-stale]")).to_contain_text("内容已变化")
    look(page, "stale")
    page.set_viewport_size({"width": 390, "height": 800})
    speak(page, running, "en")
    page.goto(here)
    look(page, "narrow")
    expect(page.locator("#versions [data-stale]")).to_contain_text("It says something else since")
    assert not faults
