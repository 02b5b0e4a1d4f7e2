"""Forms of records in a real browser: ready to be typed into, kept when the page is lost, every fault of a sheet's lines at its cell; what is edited where it is shown is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from jingwei.domains.directory.models import Person
from jingwei.domains.labour.models import Sheet
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Project
from tests.browser import needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_people_in_browser import is_in_order
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]
expect.set_options(timeout=30_000)
looks = pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 1440, True), ("zh-CN", 390, True), ("en", 390, False)])


def kept_keys(page: Page) -> int:
    return int(page.evaluate("() => Object.keys(sessionStorage).filter(each => each.startsWith('jingwei-form-')).length"))


@looks
def test_what_was_typed_is_kept_and_offered_after_a_reload(
    firm: Firm, chromium: Browser, live_server: Any, language: str, width: int, dark: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark, name="owner")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto(f"{live_server.url}/w/frame.project/new/")
    if width > 1000:
        expect(page.locator("[name=code]")).to_be_focused()  # the first field is ready
    else:
        assert page.evaluate("() => document.activeElement.tagName") == "BODY", "a phone keeps its keyboard shut"
    assert not page.locator("[data-kept-offer]").is_visible()
    page.reload()
    assert not asked, "nothing was typed, so nothing is asked"
    page.fill("[name=code]", "P9")
    page.fill("[name=name]", "九号")
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.locator("[data-kept-offer]")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("")
    is_in_order(page, faults, f"kept-{language}-{width}{'-dark' if dark else ''}")
    page.click("[data-take-up]")
    expect(page.locator("[name=name]")).to_have_value("九号")
    page.fill("[name=start_on]", "2026-11-02")
    page.locator("#record-form button[type=submit]").click()
    page.wait_for_url("**/gantt/**")
    assert len(asked) == 1 and kept_keys(page) == 0, "what is saved is asked about and kept no more"
    with scope.within(scope.Scope(firm.tenant.pk)):
        assert Project.objects.filter(code="P9", name="九号").exists()


def test_what_came_back_to_be_mended_is_kept_whole(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    """Given a form that was refused and went on being typed into, when the tab is loaded anew, then what was typed before the refusal is offered too."""
    settings.ALLOWED_HOSTS = ["*"]
    page, _faults = opened(chromium, live_server, firm, "zh-CN", 1440)
    page.goto(f"{live_server.url}/w/work.task/new/?project={firm.project.pk}")
    page.fill("[name=name]", "吊装")
    page.fill("[name=assignee]", "没有此人")
    page.locator("#record-form button[type=submit]").click()
    expect(page.locator("[data-wrong]")).to_have_count(1)
    expect(page.locator("[name=assignee]")).to_be_focused()  # the first wrong field
    page.fill("[name=assignee]", "")
    page.goto(f"{live_server.url}/w/work.task/new/?project={firm.project.pk}")
    page.click("[data-take-up]")
    expect(page.locator("[name=name]")).to_have_value("吊装")
    page.click("#record-form .card-footer a")
    page.goto(f"{live_server.url}/w/work.task/new/?project={firm.project.pk}")
    page.click("[data-discard]")
    page.reload()
    assert not page.locator("[data-kept-offer]").is_visible()


@looks
def test_every_fault_of_a_sheet_stands_at_its_cell_at_once(
    firm: Firm, chromium: Browser, live_server: Any, language: str, width: int, dark: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    page.goto(f"{live_server.url}/w/labour.sheet/new/?project={firm.project.pk}")
    page.fill("[name=work_date]", "2026-11-20")
    page.fill("[name=team]", "无此班组")
    page.fill("[name=description]", "布线")
    for number, hours, rate in ((0, "八", "45"), (1, "25", "四十"), (2, "8", "45")):
        for name, text in (("worker", f"工人{number}"), ("trade", "电工"), ("hours", hours), ("rate", rate)):
            page.fill(f"[name=lines-{number}-{name}]", text)
    page.click("[data-add-child=lines]")
    page.fill("[name=lines-3-worker]", "只有名字")
    page.locator("#record-form button[type=submit]").click()
    wrong = page.locator("[data-children=lines] [aria-invalid=true]")
    expect(page.locator("[data-wrong]")).to_have_count(1)
    assert wrong.evaluate_all("all => all.map(each => each.name)") == [
        "lines-0-hours",
        "lines-1-hours",
        "lines-1-rate",
        "lines-3-trade",
        "lines-3-hours",
        "lines-3-rate",
    ]
    assert wrong.first.get_attribute("aria-label") == ("工时 1" if language == "zh-CN" else "Hours 1")
    faults = [each for each in faults if "422" not in each]  # which it is
    is_in_order(page, faults, f"cells-{language}-{width}{'-dark' if dark else ''}")
    page.fill("[name=team]", "C1")
    for name, text in (("0-hours", "8"), ("1-rate", "40"), ("1-hours", "9"), ("3-trade", "焊工"), ("3-hours", "8"), ("3-rate", "50")):
        page.fill(f"[name=lines-{name}]", text)
    page.locator("#record-form button[type=submit]").click()
    page.wait_for_url("**/w/labour.sheet/*/")
    with scope.within(scope.Scope(firm.tenant.pk)):
        assert Sheet.objects.get().lines.count() == 4 and not Task.objects.exists()


@looks
def test_one_edit_in_a_list_is_taken_back_by_a_button_and_by_keys(
    firm: Firm, chromium: Browser, live_server: Any, language: str, width: int, dark: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    task = firm.task("吊装", code="T-1")
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)

    def name_now() -> str:
        with scope.within(scope.Scope(firm.tenant.pk)):
            return str(Task.objects.get(pk=task.pk).name)

    def edited(text: str) -> None:
        cell = page.locator(f"[hx-get='/w/work.task/{task.pk}/cell/name/']").first
        cell.dispatch_event("jw-edit")
        page.locator(".jw-inline-edit input:not([type=hidden])").fill(text)
        page.locator("[data-save]").click()
        expect(page.locator(".jw-toast [data-undo]")).to_be_visible()

    for where in ("/w/work.task/?all=1", f"/w/work.task/{task.pk}/"):
        page.goto(live_server.url + where)
        edited("起重")
        is_in_order(page, faults, f"undo-{language}-{width}{'-dark' if dark else ''}")
        assert name_now() == "起重"
        with page.expect_navigation():
            page.locator(".jw-toast [data-undo] button").click()
        expect(page.locator("main")).to_contain_text("吊装")
        assert name_now() == "吊装"
        edited("起重")
        page.locator("h1").click()
        with page.expect_navigation():
            page.keyboard.press("Control+z")
        assert name_now() == "吊装"


@looks
def test_a_field_of_chosen_rows_is_changed_together(
    firm: Firm, chromium: Browser, live_server: Any, language: str, width: int, dark: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Person(number="E-7", name="尉迟恭").save()
    for number in range(3):
        firm.task(f"任务{number}", code=f"T-{number}")
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    page.goto(live_server.url + "/w/work.task/?all=1")
    boxes = page.locator("#bulk-form input[name=pk]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator("[data-bulk-count]")).to_have_text("已选 2 行" if language == "zh-CN" else "2 chosen")
    assert page.locator("[data-bulk-save]").is_disabled()
    page.select_option("[data-bulk-field]", "assignee")
    page.fill("[name=value-assignee]", "尉迟恭")
    is_in_order(page, faults, f"bulk-{language}-{width}{'-dark' if dark else ''}")
    page.keyboard.press("Enter")
    expect(page.locator("main .alert-success")).to_be_visible()
    with scope.within(scope.Scope(firm.tenant.pk)):
        assert Task.objects.filter(assignee__number="E-7").count() == 2
    page.wait_for_load_state()  # the page is read before its scripts are
    page.locator("h1").click()
    with page.expect_navigation():
        page.keyboard.press("Control+z")
    with scope.within(scope.Scope(firm.tenant.pk)):
        assert not Task.objects.filter(assignee__number="E-7").exists()


@pytest.mark.parametrize("dark", [False, True])
def test_tabs_and_outlined_buttons_are_read_in_the_dark(firm: Firm, chromium: Browser, live_server: Any, dark: bool, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page, faults = opened(chromium, live_server, firm, "zh-CN", 1440, dark=dark)
    page.goto(f"{live_server.url}/alarms/")
    page.locator("main .nav-link").last.evaluate(
        "tab => tab.insertAdjacentHTML('afterend', '<button class=\"btn btn-sm btn-outline-primary\">→ name</button>')"
    )
    is_in_order(page, faults, f"alarms{'-dark' if dark else ''}")
