"""Traces in a real browser: joined by the picker, suspect, confirmed, removed and taken back; matrix and drawing in both languages, on a phone and in the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from jingwei.domains.work.models import Task
from jingwei.frame.models import Edge
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import registry
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]


def test_an_edge_is_made_by_the_picker_and_lives_its_life(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:  # noqa: F811
    settings.ALLOWED_HOSTS = ["*"]
    risk, task = firm.made("risk.risk", title="供应商接口文档延期"), firm.task("MES 工单接口联调")
    firm.task("割接演练")
    page, faults = opened(chromium, live_server, firm)
    page.goto(f"{live_server.url}/w/risk.risk/{risk.pk}/")
    section = page.locator("#traces")
    picker = section.locator("input[name=to]").first
    picker.fill("联调")
    expect(section.locator("datalist option")).to_have_count(1)
    assert section.locator("datalist option").get_attribute("value") == resource("work.task").name_of(task)
    picker.press("Enter")  # by words that only it has
    expect(section.get_by_role("link", name="MES 工单接口联调")).to_be_visible()
    expect(section.locator(".jw-status")).to_have_count(0)
    Task.objects.filter(pk=task.pk).update(name="MES 工单接口联调（含异常）")
    page.reload()
    expect(section.locator(".jw-status.jw-warn").first).to_be_visible()
    section.get_by_role("button", name="再次确认").click()
    expect(section.locator(".jw-status")).to_have_count(0)
    section.get_by_role("button", name="移除").click()
    expect(section.get_by_role("link", name="MES 工单接口联调（含异常）")).to_have_count(0)
    assert not Edge.objects.exists()
    page.wait_for_load_state("networkidle")  # what was swapped in is ready to be pressed
    page.get_by_role("button", name="撤销").first.click()
    expect(page.locator("#traces").get_by_role("link", name="MES 工单接口联调（含异常）")).to_be_visible()
    section.get_by_role("link", name="影响范围").click()
    expect(page.locator("svg .jw-impact-box")).to_have_count(2)
    assert Edge.objects.count() == 1 and faults == []


def lived_in(firm: Firm) -> tuple[Any, Any]:
    """Risks, requests and tasks that are joined, some of them suspect."""
    access = system_access(firm.tenant.pk)
    risks = [firm.made("risk.risk", title=title) for title in ("供应商接口文档延期", "测试环境不足", "Key supplier goes out of business before the cutover")]
    tasks = [
        firm.task(name) for name in ("接口规格评审", "MES 与 ERP 工单接口联调，含异常与重发场景的验证", "数据迁移演练", "Cutover rehearsal", "割接", "验收")
    ]
    request = firm.made("change.changerequest", title="供应商晚两周交付", kind="schedule")
    for risk, numbers in zip(risks, ((0, 1), (1, 2, 3), (4,)), strict=True):
        for number in numbers:
            edges.join(registry["threatens"], risk, tasks[number], access)
    for number in (1, 4):
        edges.join(registry["touches"], request, tasks[number], access)
    Task.objects.filter(pk=tasks[1].pk).update(description="范围已变化")
    return risks[1], tasks[1]


def test_every_page_of_traces_is_clean_in_both_languages_on_a_phone_and_in_the_dark(
    firm: Firm,
    chromium: Browser,  # noqa: F811
    live_server: Any,
    settings: Any,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    risk, task = lived_in(firm)
    kept = os.environ.get("JINGWEI_PICTURES")
    addresses = {
        "risk": f"/w/risk.risk/{risk.pk}/", "task": f"/w/work.task/{task.pk}/", "matrix": "/traces/threatens/?project=P1", "everything": "/traces/threatens/?project=P1&shown=all",
        "impact": f"/w/risk.risk/{risk.pk}/impact/?depth=4", "builds": "/traces/builds/?project=P1",
    }  # fmt: skip
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
