"""Takes the pictures of the guide anew: starts an installation of its own with the demo, walks it in both languages, writes docs/pictures.

Run: `make pictures`, or `python -m tools.pictures [name ...]` for some of them. Needs Chromium (JINGWEI_CHROMIUM names it).
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import launched
from tests.sandbox.program import free_port

root = Path(__file__).resolve().parents[1]
folder = root / "docs" / "pictures"
languages = {"zh": "zh-hans", "en": "en"}


@dataclass(frozen=True)
class Picture:
    """One page as it is to be seen: its path, what is done there first (told the language), and how wide the screen is."""

    path: str
    prepare: Callable[[Page, str], None] = lambda page, language: None
    width: int = 1440
    height: int = 960


def level(page: Page, language: str) -> None:
    """Ask for a preview and wait for it."""
    page.fill("#level-seconds", "2")
    page.click("main form button.btn-primary")
    page.wait_for_selector("#levelled", timeout=60_000)


def suppose(page: Page, language: str, names: tuple[str, str] = ("供应商晚两周", "Supplier two weeks late")) -> None:
    """Begin a what-if and let one task take a fortnight."""
    page.fill("#scenario-name", names[0] if language == "zh" else names[1])
    page.click("main form button.btn-primary")
    page.wait_for_timeout(600)
    page.select_option("#what-task", index=1)
    page.fill("#what-days", "14")
    page.click("form[action*=change] button.btn-primary")


def propose(page: Page, language: str) -> None:
    """Propose the what-if as a change request."""
    suppose(page, language, ("测试环境晚两周", "Test environment two weeks late"))
    page.wait_for_timeout(1500)
    page.locator("button:has-text('作为变更申请提出'), button:has-text('Propose')").first.click()
    page.wait_for_load_state()


def fit(page: Page, language: str) -> None:
    """Show the whole plan."""
    page.get_by_role("button", name="适应窗口" if language == "zh" else "Fit", exact=True).click()


def open_mapping(page: Page, language: str) -> None:
    """Go on to the mapping of the first interface."""
    address = page.locator("main a[href*='/hub/interfaces/']").first.get_attribute("href") or ""
    page.goto(page.url.split("/hub/")[0] + address + "mapping/")


pictures = {
    "home": Picture("/"),
    "project": Picture("/projects/MES-ROLL/"),
    "systems": Picture("/hub/"),
    "wizard": Picture("/hub/wizard/"),
    "mapping": Picture("/hub/monitor/", open_mapping),
    "monitor": Picture("/hub/monitor/"),
    "calendar": Picture("/worktime/"),
    "sheets-phone": Picture("/labour/phone/", width=390, height=780),
    "gantt": Picture("/schedule/gantt/MES-ROLL/", fit),
    "network": Picture("/schedule/network/MES-ROLL/"),
    "reasons": Picture("/schedule/reasons/MES-ROLL/?which=work"),
    "quality": Picture("/schedule/quality/MES-ROLL/"),
    "levelling": Picture("/schedule/levelling/MES-ROLL/", level),
    "what-if": Picture("/schedule/what-if/MES-ROLL/", suppose),
    "change": Picture("/schedule/what-if/MES-ROLL/", propose),
    "risk-register": Picture("/risks/MES-ROLL/"),
    "risk": Picture("/projects/MES-ROLL/risk/", height=1400),
    "earned-value": Picture("/cost/earned-value/MES-ROLL/"),
    "files": Picture("/schedule/files/MES-ROLL/"),
}


@contextmanager
def running() -> Iterator[tuple[str, str]]:
    """A fresh installation; answers its address and the path of its one-time link."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        environment = {**os.environ, "JINGWEI_HOME": home, "JINGWEI_PORT": str(port), "JINGWEI_SANDBOX_PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}
        log = Path(home) / "up.log"
        with log.open("wb") as output:
            process = subprocess.Popen([sys.executable, "-m", "jingwei.assembly", "up"], cwd=root, env=environment, stdout=output, stderr=output)
        try:
            while not ((found := re.search(r"/setup/\S+/", log.read_text(errors="replace"))) and "Ctrl-C" in log.read_text(errors="replace")):
                if process.poll() is not None:
                    raise SystemExit(log.read_text(errors="replace"))
                time.sleep(0.5)
            yield f"http://localhost:{port}", found.group(0)
        finally:
            process.terminate()
            process.wait(60)


def enter(browser: Browser, address: str, link: str) -> str:
    """Become the administrator; answers the path of the kept session."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(address + link)
    for field, value in (("username", "admin"), ("full_name", "王工 Wang"), ("password", "correct-horse-battery"), ("again", "correct-horse-battery")):
        page.fill(f"#id_{field}", value)
    page.click("main button[type=submit]")
    page.wait_for_selector("h1")
    kept = Path(tempfile.mkdtemp()) / "session.json"
    context.storage_state(path=kept)
    context.close()
    return str(kept)


def take(browser: Browser, session: str, address: str, name: str) -> None:
    """One picture in both languages."""
    wanted = pictures[name]
    context = browser.new_context(storage_state=session, viewport={"width": wanted.width, "height": wanted.height})
    page = context.new_page()
    for short, language in languages.items():
        page.goto(address + "/")
        button = page.locator("button[name=language]").first
        if button.get_attribute("value") == language:
            with page.expect_navigation():
                button.evaluate("button => button.form.requestSubmit(button)")
        page.goto(address + wanted.path)
        page.wait_for_timeout(900)
        wanted.prepare(page, short)
        page.wait_for_timeout(1200)
        save(page.screenshot(), folder / short / f"{name}.png", min(wanted.width, 1200))
    context.close()


def save(shot: bytes, path: Path, width: int) -> None:
    """Smaller, and with few colours: a repository is no photo album."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS).quantize(96)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, optimize=True)
    print(path.relative_to(root), path.stat().st_size)


def main(names: list[str]) -> None:
    """All pictures, or the named ones."""
    with running() as (address, link), launched() as browser:
        time.sleep(20)  # the demo systems bring their first records
        session = enter(browser, address, link)
        for name in names or pictures:
            take(browser, session, address, name)


if __name__ == "__main__":
    main(sys.argv[1:])
