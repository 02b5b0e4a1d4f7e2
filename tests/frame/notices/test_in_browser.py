"""What one hears of, chosen in a real browser; both languages, a phone's width, dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from jingwei.frame.models import NoticeChoices, User
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm, firm  # noqa: F401  (fixture)
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 1440, True), ("zh-CN", 390, True), ("en", 390, False)])
def test_a_person_chooses(chromium: Browser, live_server: Any, firm: Firm, language: str, width: int, dark: bool, settings: Any) -> None:  # noqa: F811
    User.objects.filter(username="manager").update(email="manager@example.com")
    if width < 1000:
        settings.EMAIL_BACKEND = "jingwei.frame.telling.mail.Unsent"
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    page.goto(f"{live_server.url}/notices/")
    page.click("main a[href='/settings/notices/']")
    page.uncheck("[name='app-row.talk']")
    if width > 1000:
        page.select_option("[name='mail-row.talk']", "never")
    page.fill("[name=zone]", "Europe/Berlin")
    page.fill("[name=quiet_from]", "22:00")
    page.fill("[name=quiet_until]", "06:30")
    page.click("main form .card-footer button")
    expect(page.locator("[name=zone]")).to_have_value("Europe/Berlin")
    expect(page.locator("[name='app-row.talk']")).not_to_be_checked()
    row = NoticeChoices.unscoped.get()
    assert row.kinds == {"row.talk": {"app": False, **({"mail": "never"} if width > 1000 else {})}} and f"{row.quiet_until:%H:%M}" == "06:30"
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("JINGWEI_SHOTS"):
        page.screenshot(path=Path(folder) / f"notices-{language}-{width}{'-dark' if dark else ''}.png", full_page=True)
    assert not faults
