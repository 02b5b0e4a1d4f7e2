"""A person is chosen by pinyin, and a page's help is read, in a real browser; both languages, a phone's width, light and dark, by keyboard; nothing a screen reader misses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from jingwei.domains.directory.models import Person
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]
expect.set_options(timeout=30_000)
looks = pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 1440, True), ("zh-CN", 390, True), ("en", 390, False)])


def is_in_order(page: Page, faults: list[str], name: str) -> None:
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("JINGWEI_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")
    assert not faults


@looks
def test_a_task_is_given_to_somebody_by_the_beginnings_of_his_name(
    firm: Firm, chromium: Browser, live_server: Any, language: str, width: int, dark: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Person(number="E-7", name="尉迟恭").save()
    Person(number="E-8", name="单晓明").save()
    task = firm.task("接口联调")
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    page.goto(f"{live_server.url}/w/work.task/{task.pk}/edit/")
    box = page.locator("[name=assignee]")
    with page.expect_response(lambda answer: "/pick/directory.person/" in answer.url and "q=ycg" in answer.url):
        box.fill("ycg")
    offered = page.locator(f"#{box.get_attribute('list')} option")
    expect(offered).to_have_count(1)
    assert (offered.get_attribute("value"), offered.get_attribute("label")) == ("E-7", "尉迟恭 · ycg")
    box.fill("shan xiaoming")  # typed through, without choosing
    is_in_order(page, faults, f"picked-{language}-{width}{'-dark' if dark else ''}")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("单晓明")
    with scope.within(scope.Scope(firm.tenant.pk)):
        assert Task.objects.get(pk=task.pk).assignee.number == "E-8"


def test_what_was_asked_before_is_not_offered_after_what_was_typed_since(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    """Given an answer to the empty box that comes late, when somebody has typed meanwhile, then what he typed stays offered."""
    settings.ALLOWED_HOSTS = ["*"]
    Person(number="E-7", name="尉迟恭").save()
    Person(number="E-8", name="单晓明").save()
    task = firm.task("接口联调")
    page, faults = opened(chromium, live_server, firm, "zh-hans", 1440)
    page.goto(f"{live_server.url}/w/work.task/{task.pk}/edit/")
    held: list[Route] = []
    page.route(lambda url: "/pick/directory.person/" in url and url.endswith("q="), lambda route: held.append(route))
    box = page.locator("[name=assignee]")
    box.focus()
    with page.expect_response(lambda answer: "q=ycg" in answer.url):
        box.fill("ycg")
    offered = page.locator(f"#{box.get_attribute('list')} option")
    expect(offered).to_have_count(1)
    assert held
    with page.expect_response(lambda answer: answer.url.endswith("q=")) as late:
        held[0].continue_()
    late.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert offered.count() == 1
    assert not faults


@looks
def test_the_help_of_a_page_opens_at_its_section(firm: Firm, chromium: Browser, live_server: Any, language: str, width: int, dark: bool, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    page.goto(f"{live_server.url}/w/risk.risk/")
    if width > 1000:
        page.keyboard.press("?")
        page.locator("#keys a").focus()
        page.keyboard.press("Enter")
    else:
        page.locator("[data-account]").click()
        page.locator(".dropdown-menu.show a[href^='/help/']").click()
    page.wait_for_url("**/help/numbers/#risk-register")
    expect(page.locator("#risk-register")).to_be_in_viewport()
    expect(page.locator("h1")).to_contain_text("计划" if language == "zh-CN" else "Plan")
    page.locator(".jw-guide-contents a[href='#levelling']").click()
    expect(page.locator("#levelling")).to_be_in_viewport()
    is_in_order(page, faults, f"help-{language}-{width}{'-dark' if dark else ''}")


TOO_WIDE = (
    "() => [...document.querySelectorAll('.jw-guide-text *')].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 200))"
)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_of_the_guide_fits_a_phone(firm: Firm, chromium: Browser, live_server: Any, language: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page, faults = opened(chromium, live_server, firm, language, 390)
    page.goto(f"{live_server.url}/help/")
    addresses = page.locator(".jw-guide-page").evaluate_all("links => links.map(link => link.href)")
    assert len(addresses) > 2
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, page.evaluate(TOO_WIDE)[:3])
    assert not faults


def test_what_is_kept_before_its_suggestions_came_breaks_nothing(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    """Given a slow line, when Enter is pressed before the suggestions of an inline cell are there, then the value is kept and no script fails."""
    settings.ALLOWED_HOSTS = ["*"]
    Person(number="E-8", name="单晓明").save()
    task = firm.task("接口联调")
    page, faults = opened(chromium, live_server, firm, "zh-CN", 1440, dark=False)
    late: list[Any] = []
    page.route("**/pick/directory.person/**", lambda route: late.append(route))
    page.goto(f"{live_server.url}/w/work.task/{task.pk}/")
    page.locator(".jw-inline", has=page.locator("xpath=self::*[contains(@hx-get, '/cell/assignee/')]")).dispatch_event("jw-edit")
    box = page.locator(".jw-inline-edit input[name=assignee]")
    box.fill("单晓明")
    page.wait_for_timeout(400)
    box.press("Enter")
    expect(page.locator(".jw-inline-edit")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("单晓明")
    assert late, "suggestions were asked for"
    for route in late:
        route.continue_()
    page.wait_for_timeout(800)
    assert not faults
