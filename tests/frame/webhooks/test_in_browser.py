"""The pages of a webhook in a real browser: made, its secret seen once, a test sent, the log read; both languages, a phone's width, dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from jingwei.frame.models import Sending, Webhook
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm, firm  # noqa: F401  (fixture)
from tests.domains.test_views_in_browser import opened as opened_by

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]


def log_of(hook: Webhook) -> None:
    """Some of everything that a log holds."""
    lines = (
        ("done", 200, "", 1, 38),
        ("waiting", 503, "upstream is busy, try again later; request id 4f1c9", 3, 15004),
        ("failed", None, "bi.example.com: ConnectTimeout", 10, 5002),
    )
    for number, (state, status, answer, attempts, took) in enumerate(lines):
        Sending(
            webhook=hook, message=f"msg_{number:032}", fact=("work.task.changed", "risk.risk.occur", "cost.line.removed")[number], resource="work.task", row_id=number + 7,
            at=timezone.now(), due_at=timezone.now(), state=state, status=status, answer=answer, attempts=attempts, took_ms=took,
        ).save()  # fmt: skip


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 1440, True), ("zh-CN", 390, True), ("en", 390, False)])
def test_a_webhook_is_made_and_followed(chromium: Browser, live_server: Any, firm: Firm, language: str, width: int, dark: bool) -> None:  # noqa: F811
    page, faults = opened_by(chromium, live_server, firm, language, width, dark=dark, name="owner")
    page.goto(f"{live_server.url}/w/frame.webhook/new/")
    page.fill("[name=name]", "BI")
    page.fill("[name=url]", "https://bi.example.com/hooks/jingwei")
    page.fill("[name=facts]", "work.task.* *.removed risk.risk.occur")
    page.click("main form button[type=submit]")
    hook = Webhook.objects.get()
    page.click(f"a[href='/settings/webhooks/{hook.pk}/']")
    page.click("form[action$='/secret/'] button:not([name])")
    expect(page.locator("main [role=status] code")).to_contain_text("whsec_")
    log_of(hook)
    page.click("form[action$='/test/'] button")
    expect(page.locator("main tbody tr")).to_have_count(4)
    assert "whsec_" not in page.content()
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("JINGWEI_SHOTS"):
        page.screenshot(path=Path(folder) / f"webhook-{language}-{width}{'-dark' if dark else ''}.png", full_page=True)
    assert not faults
