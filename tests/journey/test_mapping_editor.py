"""The mapping editor: what is typed survives a late preview, a reload and another writer; two windows do not overwrite each other."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running

pytestmark = [needs_chromium, pytest.mark.usefixtures("in_chinese")]


def test_what_is_typed_while_the_preview_is_on_its_way_stays(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    faults = watched(page, running.url)
    page.goto(running.url + "/hub/interfaces/tracker-mes/mapping/")

    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1})
    last = page.locator("[name^=extra-field-]").last
    number = (last.get_attribute("name") or "").rsplit("-", 1)[1]
    with page.expect_response("**/preview/") as first:
        last.fill("project")
        last.blur()
        page.wait_for_timeout(300)
        page.locator(f"[name=extra-value-{number}]").type("WMS-PDA", delay=20)
    assert first.value.ok
    page.wait_for_timeout(300)
    expect(page.locator(f"[name=extra-value-{number}]")).to_have_value("WMS-PDA")
    assert faults == []


def test_a_draft_survives_a_reload_and_tells_the_second_writer(context: BrowserContext, running: Running) -> None:
    """What no request alone shows: the saving by itself, what stands on the page then, the choice between two, and the undo."""
    one, two = context.new_page(), context.new_page()
    faults = watched(one, running.url)
    for page in (one, two):
        page.goto(running.url + "/hub/interfaces/tracker-mes/mapping/")
    state = one.locator("#draft-state")
    one.locator("#policy-0").select_option("newest")
    expect(state).to_contain_text("已保存")
    one.locator("#f-note").type("为什么")
    expect(state).to_contain_text("已保存")
    settled(one)
    one.reload()
    expect(one.locator("#policy-0")).to_have_value("newest")
    expect(one.locator("#f-note")).to_have_value("为什么")
    assert accessibility_faults(one) == []

    two.locator("#policy-0").select_option("a")
    expect(two.locator("#clash")).to_contain_text("管理员")
    assert accessibility_faults(two) == []
    two.locator("[data-keep-mine]").click()
    expect(two.locator("#draft-state")).to_contain_text("已保存")
    two.reload()
    expect(two.locator("#policy-0")).to_have_value("a")
    two.locator("#discard").click()
    expect(two.locator("#draft-of")).to_have_count(0)
    two.get_by_role("button", name="撤销").click()
    expect(two.locator("#policy-0")).to_have_value("a")
    two.locator("#discard").click()
    assert faults == []


def settled(page: Page) -> None:
    """Nothing that was typed is still on its way."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
