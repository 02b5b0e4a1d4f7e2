"""A day-labour sheet from the crew leader's phone, through a dead network, to the other side's dispute and confirmation."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import accessibility_faults, needs_chromium, watched
from tests.journey.conftest import Running, employ, enter, quietly_closed

pytestmark = needs_chromium
phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]):not([type=file]), select, textarea, summary')]
  .filter(each => each.offsetParent && (each.getBoundingClientRect().height < 48 || each.getBoundingClientRect().width < 48))
  .map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def pages(browser: Browser, running: Running) -> Iterator[tuple[Page, Page]]:
    """The crew leader's phone and the project manager's."""
    employ(running, "leader", "crew", "MES-ROLL", "wu.gang")
    employ(running, "boss", "manager", "", "wang.lei")
    contexts = [browser.new_context(**phone) for _ in range(2)]
    made = [context.new_page() for context in contexts]
    for page, name in zip(made, ("leader", "boss"), strict=True):
        enter(page, running, name)
    yield made[0], made[1]
    for context in contexts:
        quietly_closed(context)


def photo() -> bytes:
    """A picture larger than the phone's page keeps."""
    kept = io.BytesIO()
    Image.new("RGB", (2400, 1800), "#446688").save(kept, "JPEG")
    return kept.getvalue()


def is_sound(page: Page) -> None:
    """Fits the phone, every target is large, axe finds nothing."""
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert page.evaluate(SMALL) == []
    assert accessibility_faults(page) == []


def test_a_sheet_written_without_a_network_arrives_once_and_is_agreed(pages: tuple[Page, Page], running: Running) -> None:
    leader, boss = pages
    faults = watched(leader, running.url)
    leader.goto(running.url + "/labour/phone/")
    is_sound(leader)
    leader.get_by_role("link", name=re.compile("照上一张再填")).click()
    before = leader.locator("#lines .line").count()
    assert before >= 2, "the crew's last sheet is repeated"
    leader.locator("#lines .line .remove").first.click()
    leader.click("#add")
    added = leader.locator("#lines .line").last
    added.locator("[name=line-worker]").fill("马小六")
    added.locator("[name=line-trade]").fill("电工")
    added.locator("[name=line-rate]").fill("45")
    added.locator(".step").last.click()
    expect(leader.locator("#total")).to_contain_text(f"{before} 人")
    leader.fill("#f-description", "桥架收尾与清场")
    leader.set_input_files("#f-photo", {"name": "site.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(leader.locator("#shot img")).to_be_visible()
    expect(leader.locator("#pending")).to_contain_text("1")
    is_sound(leader)

    leader.context.set_offline(True)
    leader.get_by_role("button", name="提交").click()
    expect(leader.locator("#state")).to_contain_text("没有网络")
    expect(leader.locator("#pending")).to_be_visible()
    leader.context.set_offline(False)
    leader.goto(running.url + "/labour/phone/")
    expect(leader.locator("#pending")).to_be_hidden(timeout=15_000)
    card = leader.locator(".card", has_text="桥架收尾与清场")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("班组已提交")
    assert [f for f in faults if "ERR_INTERNET_DISCONNECTED" not in f] == []
    number = card.locator("b").inner_text()
    card.click()
    expect(leader.get_by_role("button", name="确认工时")).to_have_count(0)
    assert leader.locator("figure img").evaluate("img => img.complete && img.naturalWidth") == 1600

    boss.goto(running.url + "/labour/phone/")
    boss.locator(".card", has_text=number).first.click()
    boss.locator("summary").click()
    boss.get_by_role("button", name="退回").click()
    expect(boss.locator(".refusal")).to_be_visible()
    boss.fill("#f-dispute", "马小六 下午不在")
    is_sound(boss)
    boss.get_by_role("button", name="退回").click()

    leader.goto(running.url + "/labour/phone/")
    leader.locator(".card", has_text=number).click()
    expect(leader.locator("main")).to_contain_text("马小六 下午不在")
    leader.locator("#lines .line").last.locator("[name=line-hours]").fill("4")
    leader.get_by_role("button", name="提交").click()
    leader.wait_for_url("**/labour/phone/?done=*")

    boss.goto(running.url + "/labour/phone/")
    boss.locator(".card", has_text=number).first.click()
    boss.get_by_role("button", name="确认工时").click()
    boss.wait_for_url("**/labour/phone/?done=*")
    expect(boss.locator(".card", has_text=number)).to_contain_text("双方已确认")


def test_a_refused_sheet_says_what_to_mend_and_stays(pages: tuple[Page, Page], running: Running) -> None:
    leader, _boss = pages
    leader.goto(running.url + "/labour/phone/new/")
    leader.fill("#f-description", "无人")
    leader.get_by_role("button", name="提交").click()
    expect(leader.locator("#refusals")).to_contain_text("至少")
    leader.goto(running.url + "/labour/phone/")
    kept = leader.locator("#kept")
    expect(kept).to_contain_text("尚未被接受")
    is_sound(leader)
    kept.get_by_role("link", name="继续填写").click()
    expect(leader.locator("#f-description")).to_have_value("无人")
    leader.goto(running.url + "/labour/phone/")
    kept.get_by_role("button", name="丢弃").click()
    expect(leader.locator("#pending")).to_be_hidden()


def test_what_the_other_side_changed_meanwhile_is_shown_and_not_written_over(pages: tuple[Page, Page], running: Running) -> None:
    """Given a sheet that is written on without a network while the manager corrects it, when the network is back, then the phone keeps what was typed and
    shows both; once sent again it is written."""
    leader, boss = pages
    leader.goto(running.url + "/labour/phone/new/")
    leader.fill("#f-description", "先写的")
    leader.locator("#lines .line").first.locator("[name=line-worker]").fill("赵七")
    leader.locator("#lines .line").first.locator("[name=line-trade]").fill("电工")
    leader.locator("#lines .line").first.locator("[name=line-rate]").fill("45")
    leader.get_by_role("button", name="存草稿").click()
    leader.wait_for_url("**/labour/phone/?done=*")
    pk = leader.url.rpartition("=")[2]
    leader.locator(f"[data-sheet='{pk}']").first.click()
    leader.fill("#f-place", "三楼")
    leader.context.set_offline(True)
    leader.get_by_role("button", name="存草稿").click()
    expect(leader.locator("#state")).to_contain_text("没有网络")

    boss.goto(f"{running.url}/w/labour.sheet/{pk}/edit/")
    boss.fill("[name=description]", "经理改过")
    boss.get_by_role("button", name="保存", exact=True).click()
    boss.wait_for_url(f"**/w/labour.sheet/{pk}/")

    leader.context.set_offline(False)
    leader.goto(running.url + "/labour/phone/")
    kept = leader.locator("#kept")
    expect(kept).to_contain_text("经理改过", timeout=15_000)
    is_sound(leader)
    kept.get_by_role("link", name="继续填写").click()
    expect(leader.locator("#f-place")).to_have_value("三楼")
    expect(leader.locator("#refusals")).to_contain_text("经理改过")
    expect(leader.get_by_role("button", name="放弃我填写的内容")).to_be_visible()
    is_sound(leader)
    leader.fill("#f-description", "经理改过")
    leader.get_by_role("button", name="存草稿").click()
    leader.wait_for_url("**/labour/phone/?done=*")
    boss.goto(f"{running.url}/w/labour.sheet/{pk}/")
    expect(boss.locator("main")).to_contain_text("三楼")
    expect(boss.locator("main")).to_contain_text("经理改过")


def test_what_was_typed_is_taken_up_after_a_reload_and_gone_once_sent(pages: tuple[Page, Page], running: Running) -> None:
    """Given a form that was loaded anew while it was written, when it is sent, then one sheet is made and no draft is left; another page offers what is kept."""
    leader, _boss = pages
    leader.goto(running.url + "/labour/phone/new/?repeat=1")
    leader.fill("#f-description", "重载前写的")
    expect(leader.locator("#pending")).to_contain_text("1")
    leader.reload()
    expect(leader.locator("#f-description")).to_have_value("重载前写的")
    expect(leader.locator("#resumed")).to_be_visible()
    is_sound(leader)
    leader.goto(running.url + "/labour/phone/new/?repeat=1")
    expect(leader.locator("#kept")).to_contain_text("重载前写的")
    is_sound(leader)
    leader.locator("#kept").get_by_role("link", name="继续填写").click()
    expect(leader.locator("#f-description")).to_have_value("重载前写的")
    leader.locator("#lines .line").first.locator("[name=line-worker]").fill("孙九")
    leader.get_by_role("button", name="存草稿").click()
    leader.wait_for_url("**/labour/phone/?done=*")
    expect(leader.locator(".done")).to_be_visible()
    expect(leader.locator("#pending")).to_be_hidden()
    expect(leader.locator("#kept")).to_be_hidden()
    is_sound(leader)

    leader.goto(running.url + "/labour/phone/new/?repeat=1")  # the same people again on the same day
    leader.fill("#f-description", "第二张")
    leader.get_by_role("button", name="存草稿").click()
    expect(leader.locator("#refusals")).to_contain_text("这是另一张吗")
    is_sound(leader)
    leader.get_by_label("没有填重").check()
    leader.get_by_role("button", name="存草稿").click()
    leader.wait_for_url("**/labour/phone/?done=*")
    expect(leader.locator("#pending")).to_be_hidden()

    leader.goto(running.url + "/labour/phone/new/")
    leader.fill("#f-description", "不要了")
    leader.reload()
    leader.get_by_role("button", name="重新开始").click()
    expect(leader.locator("#f-description")).to_have_value("")
    expect(leader.locator("#pending")).to_be_hidden()
