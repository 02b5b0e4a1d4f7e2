"""A new project from a template in a real browser: chosen, said who is who, landed in the plan, taken back; both languages, a phone's width, dark; nothing a screen reader misses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from jingwei.domains.directory.models import Person
from jingwei.domains.work.models import Task
from jingwei.frame.models import Membership, Project, Role
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]


def leads(firm: Firm) -> None:
    """The manager may make projects: he is of the PMO too, and an administrator."""
    role, _made = Role.objects.get_or_create(tenant=firm.tenant, key="owner", defaults={"name": "owner", "is_standard": True})
    Membership.objects.get_or_create(tenant=firm.tenant, user=firm.users["manager"], role=role, project=None)


def test_a_project_begins_with_a_template_and_lands_in_its_plan(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    leads(firm)
    person = Person.objects.get()
    page, faults = opened(chromium, live_server, firm)
    page.goto(f"{live_server.url}/templates/")
    page.get_by_role("button", name="使用此模板 单工厂 MES 上线").click()
    page.locator("input[name=code]").fill("MES-9")
    page.locator("input[name=start_on]").fill("2027-03-01")
    page.get_by_label("MES 顾问").select_option(str(person.pk))
    page.get_by_role("button", name="建立项目").click()
    page.wait_for_url("**/MES-9/**")
    expect(page.locator(".alert-success").first).to_contain_text("已由模板建立")
    assert "gantt" in page.url or "schedule" in page.url, page.url
    with firm.acting("manager"):
        project = Project.objects.get(code="MES-9")
        assert Task.objects.filter(project=project, assignee=person).count() == 6 and Task.objects.filter(project=project).count() > 20
    page.locator(".alert-success").first.get_by_role("button").first.click()
    page.wait_for_load_state()
    with firm.acting("manager"):
        assert not Project.objects.filter(code="MES-9").exists()
    assert faults == []


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 390, False), ("en", 1440, True)])
def test_the_pages_of_templates_can_be_read_by_everybody(
    firm: Firm, chromium: Browser, live_server: Any, settings: Any, language: str, width: int, dark: bool
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    leads(firm)
    with firm.acting("manager"):
        firm.task("接口联调")
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)
    shots = os.environ.get("JINGWEI_SHOTS", "")
    for name, address in (("choose", "/templates/"), ("bring", ""), ("wrong", ""), ("of", f"/templates/of/{firm.project.code}/")):
        if name == "bring":
            page.locator("button[name=ready]").first.click()
            page.wait_for_url("**/templates/*/")
        elif name == "wrong":
            page.locator("input[name=code]").fill(firm.project.code)
            page.locator("main form button.btn-primary").click()
            page.wait_for_load_state()
            expect(page.locator(".invalid-feedback").first).to_be_visible()
        else:
            page.goto(f"{live_server.url}{address}")
        assert accessibility_faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name}: wider than the screen"
        if shots:
            page.screenshot(path=str(Path(shots) / f"templates-{name}-{language}-{width}{'-dark' if dark else ''}.png"), full_page=True)
    assert [each for each in faults if "422" not in each] == []
