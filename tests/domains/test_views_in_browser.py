"""Boards and months in a real browser: by drag, by keyboard and by menu; both languages, a phone's width, dark; nothing a screen reader misses."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from jingwei.domains.directory.models import Person
from jingwei.domains.labour.models import Sheet
from jingwei.domains.risk.models import Risk
from jingwei.domains.work.models import Task
from tests.browser import accessibility_faults, needs_chromium, watched
from tests.domains.conftest import Firm

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]
expect.set_options(timeout=30_000)
monday = date(2026, 11, 2)


def opened(
    chromium: Browser, server: Any, firm: Firm, language: str = "zh-CN", width: int = 1440, *, dark: bool = False, name: str = "manager"
) -> tuple[Page, list[str]]:
    """A page as the manager (or somebody else) sees it, and what goes wrong in it."""
    context = chromium.new_context(locale=language, viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    context.add_cookies([{"name": "sessionid", "value": firm.client(name).cookies["sessionid"].value, "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(90_000)  # the first page of a process loads the whole house
    if dark:
        page.add_init_script("localStorage.setItem('jingwei-theme', 'dark')")
    faults = watched(page, server.url)
    # the test's server cannot stream
    page.route("**/events/**", lambda route: route.fulfill(status=200, content_type="text/event-stream", body="retry: 600000\n\n"))
    return page, faults


def lived_in(firm: Firm) -> None:
    """Some of everything that has views."""
    person = Person.objects.get()
    for number, (name, status) in enumerate(
        [("接口规格评审", "doing"), ("联调环境准备", "todo"), ("MES 与 ERP 工单接口联调，含异常与重发场景的验证", "todo"), ("数据迁移演练", "blocked")]
    ):
        begin = timezone.make_aware(datetime(2026, 11, 3 + number, 9))
        task = firm.task(name, status=status, assignee=person if number % 2 else None, deadline=begin + timedelta(days=9))
        Task.objects.filter(pk=task.pk).update(
            start=begin, finish=begin + timedelta(days=3 * number + 1), percent=30 if status == "doing" else 0, is_critical=number == 2
        )
    for number in range(1, 8):
        firm.made(
            "risk.risk",
            title=f"供应商接口文档延期 {number}",
            probability=13 * number,
            impact=1 + number % 5,
            review_on=monday + timedelta(days=2 if number < 6 else 9),
        )
        firm.made("change.changerequest", title=f"供应商晚 {number} 周交付", kind="schedule")
        firm.made(
            "cost.line",
            number=f"C-{number}",
            account=("labour", "material", "travel")[number % 3],
            description="实施",
            amount=Decimal(1000 * number),
            currency="EUR" if number == 5 else "CNY",
            period="2026-11",
        )
        firm.made("labour.sheet", work_date=monday + timedelta(days=number), team=firm.crew, description=f"桥架安装 {number}")


def test_a_card_moves_by_drag_by_keyboard_and_by_menu_and_goes_back_when_refused(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    tasks = [firm.task(name) for name in ("接口联调", "性能压测", "割接演练")]
    page, faults = opened(chromium, live_server, firm)
    page.goto(f"{live_server.url}/w/work.task/?view=board&project={firm.project.pk}")
    column = {each: page.locator(f".jw-cards[data-place={each}]") for each in ("todo", "doing", "done")}
    card = page.locator(f"[data-card='{tasks[0].pk}']")
    expect(column["todo"]).to_have_attribute("data-armed", "1")
    # by drag
    start, end = card.bounding_box(), column["doing"].bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 30, start["y"] + start["height"] - 6)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 20, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + 20, steps=8)
    expect(column["doing"].locator("[data-card]")).to_have_count(1)  # it lies there already
    page.mouse.up()
    expect(column["doing"].locator("[data-card]")).to_have_count(1)
    expect(page.locator(".alert-success")).to_contain_text("接口联调")
    assert Task.objects.get(pk=tasks[0].pk).status == "doing"
    # by keyboard: to the card below, then to the next column and on
    page.locator(f"[data-card='{tasks[1].pk}'] a").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"[data-card='{tasks[2].pk}'] a")).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    expect(column["doing"].locator("[data-card]")).to_have_count(2)
    expect(page.locator(f"[data-card='{tasks[2].pk}'] a")).to_be_focused()
    # by menu
    page.keyboard.press("m")
    page.locator(f"[data-card='{tasks[2].pk}'] .dropdown-menu").get_by_role("button", name="已完成").click()
    expect(column["done"].locator("[data-card]")).to_have_count(1)
    assert (Task.objects.get(pk=tasks[2].pk).status, Task.objects.get(pk=tasks[2].pk).percent) == ("done", 100)
    # somebody else was quicker
    Task.objects.filter(pk=tasks[1].pk).update(version=99)
    page.locator(f"[data-card='{tasks[1].pk}'] a").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".alert-danger")).to_be_visible()
    expect(column["todo"].locator("[data-card]")).to_have_count(1)
    assert faults == []


def test_columns_to_which_no_step_leads_are_closed_and_a_step_asks(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    sheet = firm.made("labour.sheet", work_date=monday, team=firm.crew, description="桥架安装")
    Sheet.objects.filter(pk=sheet.pk).update(status="submitted")
    page, faults = opened(chromium, live_server, firm, "en")
    page.goto(f"{live_server.url}/w/labour.sheet/?view=board")
    card = page.locator(f"[data-card='{sheet.pk}']")
    expect(page.locator("[data-place=submitted]")).to_have_attribute("data-armed", "1")
    box = card.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 30, steps=5)
    expect(page.locator("[data-place=draft]")).to_have_class("jw-cards is-closed")
    expect(page.locator("[data-place=disputed]")).to_have_class("jw-cards")
    page.mouse.up()
    expect(page.locator(".is-closed")).to_have_count(0)
    card.locator(".jw-card-menu").click()
    card.get_by_role("button", name="Dispute").click()
    dialog = page.locator("[data-ask]")
    expect(dialog).to_be_visible()
    assert not accessibility_faults(page)
    dialog.locator("[name=dispute]").fill("two people were missing")
    dialog.get_by_role("button", name="Dispute").click()
    expect(page.locator("[data-place=disputed] [data-card]")).to_have_count(1)
    assert (Sheet.objects.get().status, Sheet.objects.get().dispute) == ("disputed", "two people were missing")
    assert faults == []


def test_a_month_is_kept_by_keyboard_and_by_dialog(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    risk = firm.made("risk.risk", title="文档延期", review_on=date(2026, 11, 10))
    page, faults = opened(chromium, live_server, firm)
    page.goto(f"{live_server.url}/w/risk.risk/?view=month&month=2026-11")
    chip = page.locator(f"[data-card='{risk.pk}']")
    for key, day in (("Shift+ArrowRight", 11), ("Shift+ArrowDown", 18), ("Shift+ArrowLeft", 17)):
        chip.locator("a").focus()
        page.keyboard.press(key)
        expect(page.locator(f"[data-place='2026-11-{day}'] [data-card]")).to_have_count(1)
        expect(chip.locator("a")).to_be_focused()
    assert Risk.objects.get().review_on == date(2026, 11, 17)
    page.keyboard.press("m")
    page.locator("#day-value").fill("2026-11-25")
    page.locator("#day-dialog button[type=submit]").click()
    expect(page.locator("[data-place='2026-11-25'] [data-card]")).to_have_count(1)
    assert Risk.objects.get().review_on == date(2026, 11, 25) and faults == []


def test_every_view_is_clean_in_both_languages_on_a_phone_and_in_the_dark(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    lived_in(firm)
    kept = os.environ.get("JINGWEI_PICTURES")
    views = {
        "tasks": "work.task/?view=board", "timeline": "work.task/?view=timeline", "changes": "change.changerequest/?view=board", "matrix": "risk.risk/?view=matrix",
        "month": "risk.risk/?view=month&month=2026-11", "chart": "cost.line/?view=chart", "sheets": "labour.sheet/?view=board", "list": "work.task/?at=board:todo",
    }  # fmt: skip
    addresses = {name: f"/w/{address}" for name, address in views.items()} | {"register": "/risks/P1/"}
    found: list[str] = []
    for language, width, dark in (("zh-CN", 1440, False), ("en", 390, False), ("zh-CN", 390, True), ("en", 1440, True)):
        page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
        for name, address in addresses.items():
            faults.clear()
            page.goto(live_server.url + address)
            page.wait_for_load_state("load")
            if kept:
                page.screenshot(path=Path(kept) / f"{name}-{language}-{width}{'-dark' if dark else ''}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            where = f"{name} {language} {width}"
            found += [f"{where}: {wide} px too wide"] if wide > 0 else []
            found += [f"{where}: {fault}" for fault in [*faults, *accessibility_faults(page)] if "/events/" not in fault]
    assert not found, "\n".join(found)
