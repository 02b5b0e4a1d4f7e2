"""`jingwei up` as a person starts it: every process, the demo, its systems, a log-in by the one-time link."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import launched
from tests.sandbox.program import free_port

root = Path(__file__).resolve().parents[2]
# a busy machine is slow, not wrong
expect.set_options(timeout=15_000)
password = "correct-horse-battery"


@dataclass
class Running:
    """A running installation."""

    url: str
    link: str
    sandbox_port: int
    home: Path

    def peer(self, offset: int, method: str, path: str, body: Any = None) -> Any:
        """Call a demo system as somebody else would: 0 tracker, 1 ERP, 2 MES."""
        key = (self.home / "sandbox" / "key").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.sandbox_port + offset}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": key, "Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything up; stopped by the signal that Ctrl-C sends."""
    home = tmp_path_factory.mktemp("up")
    port, sandbox = free_port(), free_port()
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    environment = {**kept, "JINGWEI_HOME": str(home), "JINGWEI_PORT": str(port), "JINGWEI_SANDBOX_PORT": str(sandbox), "PYTHONUNBUFFERED": "1"}
    with (home / "up.log").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "jingwei.assembly", "up"], cwd=root, env=environment, stdout=output, stderr=output)
    try:
        link = _link(process, home / "up.log")
        yield Running(f"http://localhost:{port}", link, sandbox, home)
    finally:
        process.terminate()
        process.wait(40)


def _link(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8", errors="replace")
        if (found := re.search(r"/setup/\S+/", text)) and "Ctrl-C" in text:
            return found.group(0)
        assert process.poll() is None, text
        time.sleep(0.3)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launched() as started:
        yield started


@pytest.fixture(scope="package")
def administrator(browser: Browser, running: Running) -> dict[str, object]:
    """The first person comes by the one-time link; it works once."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(running.url + running.link)
    page.fill("#id_username", "admin")
    page.fill("#id_full_name", "管理员")
    page.fill("#id_password", password)
    page.fill("#id_again", password)
    page.click("main button[type=submit]")
    expect(page.locator("h1")).to_contain_text("管理员")
    assert page.goto(running.url + running.link).status == 404  # type: ignore[union-attr]
    state: dict[str, object] = dict(context.storage_state())
    quietly_closed(context)
    return state


@pytest.fixture
def context(browser: Browser, administrator: dict[str, object]) -> Iterator[BrowserContext]:
    made = browser.new_context(storage_state=administrator, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    yield made
    quietly_closed(made)


def quietly_closed(context: BrowserContext) -> None:
    """Close it when none of its pages is on its way to another: Chromium may never answer otherwise."""
    for page in context.pages:
        page.goto("about:blank")
    context.close()


def choose_own(page: Page, selector: str) -> None:
    """Press something in the account's menu."""
    page.locator("[data-account]").click()
    page.locator(selector).click()


def speak(page: Page, running: Running, language: str) -> None:
    """Switch the page's language as a person does."""
    page.goto(running.url + "/")
    button = page.locator(".jw-top button[name=language]")
    if button.get_attribute("value") == language:
        choose_own(page, ".jw-top button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", language)


_people = """
import sys
from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, Tenant, User
from jingwei.domains.directory.models import Person
name, role, project, staff = {given!r}
tenant = Tenant.objects.first()
with scope.within(scope.Scope(tenant.pk)):
    user, _ = User.objects.get_or_create(username=name)
    user.set_password({password!r})
    user.save()
    place = Project.objects.filter(code=project).first()
    Membership.objects.get_or_create(tenant=tenant, user=user, role=Role.objects.get(tenant=tenant, key=role), project=place)
    Person.objects.filter(number=staff).update(user=user)
"""


def employ(running: Running, name: str, role: str, project: str = "", staff: str = "") -> None:
    """Give a person a log-in and a role, as an administrator does on the command line."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    script = _people.format(given=(name, role, project, staff), password=password)
    command = [sys.executable, "-m", "jingwei.assembly", "django", "shell", "-v", "0", "-c", script]
    done = subprocess.run(command, cwd=root, env={**kept, "JINGWEI_HOME": str(running.home)}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def enter(page: Any, running: Running, name: str) -> None:
    """Log in as a person does."""
    page.goto(running.url + "/accounts/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(running.url + "/")


@pytest.fixture
def in_chinese(context: BrowserContext, running: Running) -> None:
    """Whatever another test left behind."""
    page = context.new_page()
    speak(page, running, "zh-hans")
    page.close()
