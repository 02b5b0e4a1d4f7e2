"""The mapping editor on a slow line: a preview that comes back late does not wipe what was typed meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser import needs_chromium, watched
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
