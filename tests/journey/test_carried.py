"""A risk is talked about: two people, a mention by its chooser, a file that is dropped, a tag, following; in both languages, wide and narrow, light and dark."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.house.carried import picture
from tests.journey.conftest import Running, choose_own, employ, enter, quietly_closed, speak

pytestmark = needs_chromium
drop = """(area) => {
  const files = new DataTransfer();
  files.items.add(new File(["site plan"], "现场图.txt", {type: "text/plain"}));
  for (const type of ["dragover", "drop"]) area.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: files}));
}"""


def look(page: Page, name: str) -> None:
    """Nothing is wrong with the page, and nothing scrolls it sideways."""
    assert accessibility_faults(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_a_risk_is_talked_about(browser: Browser, administrator: dict[str, object], running: Running) -> None:
    employ(running, "risk-manager", "manager")
    employ(running, "risk-engineer", "engineer")
    asking, answering = (browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}) for _ in range(2))
    page, other = asking.new_page(), answering.new_page()
    faults = [watched(page, running.url), watched(other, running.url)]
    for each, name in ((page, "risk-manager"), (other, "risk-engineer")):
        enter(each, running, name)
        speak(each, running, "zh-hans")
    page.goto(f"{running.url}/w/risk.risk/")
    address = running.url + str(page.locator("tr[data-url]").first.get_attribute("data-url"))
    page.goto(address)
    page.locator("#say").press_sequentially("请看 @risk-e")
    expect(page.locator(".jw-people li")).to_have_count(1)
    look(page, "chooser")
    page.locator("#say").press("Enter")
    expect(page.locator("#say")).to_have_value("请看 @risk-engineer ")
    page.locator("#say").press_sequentially("<script>alert(1)</script> **尽快** https://a.example/x")
    page.locator("#say").press("Control+Enter")
    expect(page.locator(".jw-said strong")).to_have_text("尽快")
    expect(page.locator(".jw-said .jw-mention")).to_have_text("@risk-engineer")
    expect(page.locator(".jw-said")).to_contain_text("<script>alert(1)</script>")
    page.locator("[data-drop]").evaluate(drop)
    expect(page.locator(".jw-files")).to_contain_text("现场图.txt")
    page.set_input_files("#attach-file", {"name": "机柜.png", "mimeType": "image/png", "buffer": picture()})
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator(".jw-files img")).to_have_count(1)
    for word in ("供应商", "heikel"):
        page.locator("[name=word]").fill(word)
        page.locator("[name=word]").press("Enter")
        expect(page.locator(".jw-tag", has_text=word)).to_be_visible()
    expect(page.get_by_role("button", name="取消关注")).to_be_visible()
    look(page, "wide-zh")
    choose_own(page, "[data-theme-switch]")
    page.set_viewport_size({"width": 390, "height": 844})
    look(page, "narrow-dark-zh")
    page.locator("#timeline button", has_text="附件").click()
    expect(page.locator("#timeline .jw-said")).to_have_count(0)
    page.locator("#timeline button", has_text="全部").click()
    page.get_by_role("button", name="移除 现场图.txt").click()
    expect(page.locator(".jw-files")).not_to_contain_text("现场图.txt")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".jw-files")).to_contain_text("现场图.txt")

    other.goto(f"{running.url}/notices/")
    other.get_by_text("risk-manager 提到了您").click()
    speak(other, running, "en")
    other.goto(address)
    other.locator("#say").fill("Seen.\n\n- one\n- two")
    other.get_by_role("button", name="Comment").click()
    expect(other.locator(".jw-said li")).to_have_count(2)
    other.get_by_text("Change or delete").click()
    look(other, "wide-en")
    other.locator(".jw-history textarea").fill("Seen and done.")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".jw-said").first).to_have_text("Seen and done.")
    other.locator(".jw-tag a", has_text="heikel").click()
    expect(other.locator("tr[data-url]")).to_have_count(1)
    expect(other.locator("select[name=tag]")).to_have_value("heikel")
    page.goto(f"{running.url}/notices/")
    expect(page.get_by_text("risk-engineer 评论了")).to_be_visible()
    for context in (asking, answering):
        quietly_closed(context)
    assert faults == [[], []]
