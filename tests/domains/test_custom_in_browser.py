"""Declared fields in a real browser: declared by a manager, filled in, shown in the list; both languages, a phone's width, dark; nothing a screen reader misses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from jingwei.domains.work.models import Task
from jingwei.frame.models import CustomField
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]
expect.set_options(timeout=30_000)


def kept(page: Any, name: str) -> None:
    """A picture for whoever looks."""
    if folder := os.environ.get("JINGWEI_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/custom-{name}.png", full_page=True)


def declared(firm: Firm, **values: Any) -> None:
    """One more field of tasks."""
    commands.create(resource("frame.customfield"), {"resource": "work.task", **values}, firm.rights("owner"))


def dressed(firm: Firm) -> Task:
    """Fields of many types, and a task that has them."""
    choices = "wet | 湿法 | Wet\ndry | 干法 | Dry"
    for number, (key, zh, en, kind, more) in enumerate(
        (
            ("cost_centre", "成本中心", "Cost centre", "text", {"help": "如 CC-1001"}),
            ("batch", "批次", "Batch", "whole", {}),
            ("rate", "不良率", "Defect rate", "decimal", {}),
            ("accepted_on", "验收日期", "Accepted on", "date", {}),
            ("on_site", "现场实施", "On site", "yes_no", {}),
            ("process", "工艺", "Process", "choice", {"choices": choices, "is_required": True}),
            ("lines", "产线", "Lines", "several", {"choices": "A\nB\nC"}),
            ("tester", "测试人", "Tester", "person", {}),
            ("remark", "备注说明", "Remark", "long", {}),
        )
    ):
        declared(firm, key=key, label_zh=zh, label_en=en, kind=kind, position=number, **more)
    task = firm.task("接口联调", extra={"process": "wet"})
    declared(firm, key="old", label_zh="旧编号", kind="text")
    Task.objects.filter(pk=task.pk).update(extra={"process": "wet", "old": "X-17"})
    CustomField.objects.filter(key="old").update(is_archived=True)
    return task


def test_a_task_is_given_more_than_it_was_delivered_with(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    task = dressed(firm)
    page, faults = opened(chromium, live_server, firm)
    page.goto(f"{live_server.url}/w/work.task/{task.pk}/edit/")
    page.get_by_label("批次").fill("12")
    page.get_by_label("不良率").fill("0.250")
    page.get_by_label("验收日期").fill("2026-12-01")
    page.get_by_label("现场实施").select_option("true")
    page.get_by_label("产线").select_option(["A", "C"])
    page.get_by_label("成本中心").fill("CC-1001")
    kept(page, "form-zh")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(f"**/w/work.task/{task.pk}/")
    expect(page.locator("dl.jw-facts").first).to_contain_text("湿法")
    kept(page, "detail-zh")
    assert accessibility_faults(page) == []
    held = Task.objects.get(pk=task.pk).extra
    assert held == {
        "process": "wet", "old": "X-17", "batch": 12, "rate": "0.250", "accepted_on": "2026-12-01", "on_site": True, "lines": ["A", "C"], "cost_centre": "CC-1001",
    }  # fmt: skip
    assert faults == []


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 1440, True), ("en", 390, False), ("zh-CN", 390, True)])
def test_lists_and_forms_fit_and_are_read_aloud(language: str, width: int, dark: bool, firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    task = dressed(firm)
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    look = f"{language}-{width}{'-dark' if dark else ''}"
    for name, path in (
        ("list", f"/w/work.task/?project={firm.project.pk}&columns=name,extra.process,extra.batch,extra.rate,extra.accepted_on,extra.tester"),
        ("form", f"/w/work.task/{task.pk}/edit/"),
        ("fields", "/settings/fields/"),
        ("declare", "/w/frame.customfield/new/"),
    ):
        page.goto(live_server.url + path)
        expect(page.locator("main")).to_be_visible()
        kept(page, f"{name}-{look}")
        assert accessibility_faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, name
    assert faults == []
