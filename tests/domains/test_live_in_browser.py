"""Pages of rows that others change: they show what the row is now, never under a hand that types; keys before a field has come are held for it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from jingwei.domains.work.models import Task
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.telling import events
from tests.browser import needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]

tell = "told => document.dispatchEvent(new CustomEvent(`jingwei:${told.topic}`, { detail: told }))"


@pytest.fixture
def shown(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> tuple[Page, Task, list[str]]:  # noqa: F811
    """A task's page."""
    settings.ALLOWED_HOSTS = ["*"]
    task = firm.task("接口联调", duration_minutes=480)
    page, faults = opened(chromium, live_server, firm)
    page.goto(f"{live_server.url}/w/work.task/{task.pk}/")
    return page, task, faults


def test_what_others_change_is_shown_with_its_history(firm: Firm, shown: tuple[Page, Task, list[str]]) -> None:
    page, task, faults = shown
    page.locator("dd .jw-inline").first.focus()
    firm.changed(task, name="接口联调（二）", percent=40)
    page.evaluate(tell, {"topic": "row-changed", "project": firm.project.pk, "resource": "work.task", "rows": [task.pk]})
    expect(page.get_by_role("heading", level=1)).to_contain_text("接口联调（二）")
    expect(page.locator(".jw-facts").first).to_contain_text("40")
    expect(page.locator("#timeline")).to_contain_text("接口联调（二）")
    assert page.evaluate("() => document.activeElement.matches('.jw-inline')"), "the place in the page is kept"
    assert faults == []


def test_what_the_machine_moves_is_shown_and_the_forecast_is_said(firm: Firm, shown: tuple[Page, Task, list[str]]) -> None:
    page, task, faults = shown
    Task.objects.filter(pk=task.pk).update(percent=70)
    page.evaluate(tell, {"topic": "plan-changed", "project": firm.second.pk, "moved": 1, "finish": ["2027-01-01", "2027-02-02"]})
    page.evaluate(tell, {"topic": "plan-changed", "project": firm.project.pk, "moved": 1, "finish": ["2026-12-30", "2027-01-08"]})
    expect(page.locator(".jw-toast")).to_have_text("预计完成由 2026-12-30 变为 2027-01-08。")
    expect(page.locator(".jw-facts").first).to_contain_text("70")
    assert faults == []


def test_nothing_changes_under_a_hand_that_types(firm: Firm, shown: tuple[Page, Task, list[str]]) -> None:
    page, task, faults = shown
    area = page.locator("#carried textarea").first
    area.fill("等一下")
    firm.changed(task, name="改了")
    page.evaluate(tell, {"topic": "row-changed", "project": firm.project.pk, "resource": "work.task", "rows": []})
    page.wait_for_timeout(900)
    expect(page.get_by_role("heading", level=1)).to_contain_text("接口联调")
    expect(area).to_have_value("等一下")
    area.fill("")
    area.blur()
    expect(page.get_by_role("heading", level=1)).to_contain_text("改了")
    assert faults == []


def test_keys_typed_before_the_field_has_come_are_held_for_it(firm: Firm, shown: tuple[Page, Task, list[str]], live_server: Any) -> None:
    page, _task, faults = shown

    def late(route: Route) -> None:
        time.sleep(0.4)
        route.continue_()

    page.goto(f"{live_server.url}/w/work.task/")
    page.route("**/cell/**", late)
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.type("now", delay=30)  # n makes a new one, o opens the panel
    expect(page.locator(".jw-inline-edit input:not([type=hidden])")).to_have_value("now")
    expect(page.locator("#panel")).to_be_hidden()
    assert page.url.endswith("/w/work.task/")
    assert faults == []


def test_pages_are_told_which_rows_were_written(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(events, "publish", lambda topic, **facts: told.append(facts) if topic == "row-changed" else None)
    task = firm.task("甲")
    declared, rights = resource("work.task"), firm.rights("owner")
    with firm.acting("owner"):
        commands.change(declared, task, {"name": "乙"}, rights)
        commands.save_many(declared, [(None, {"project": firm.project.pk, "name": f"第 {n} 项"}) for n in range(30)], rights)
    assert told[0] == {"project_id": firm.project.pk, "needs": "work.task.view", "resource": "work.task", "rows": [task.pk]}
    assert told[-1]["rows"] == [], "of many none is named"
