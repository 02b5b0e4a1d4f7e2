"""A Chromium for tests of pages: where it is, how it is started, when its tests are skipped, and what axe finds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# The same Chromium without the windows, menus and services of a desktop's, which nobody looks at here, takes a third less; where it is not there, the whole one.
CHROMIUM = os.environ.get("JINGWEI_CHROMIUM") or next((each for each in ("/usr/bin/chromium-headless-shell",) if Path(each).exists()), "/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
# Without a browser these tests cannot run; on continuous integration that is a failure, not a skip.
needs_chromium = pytest.mark.skipif(not shutil.which(CHROMIUM) and os.environ.get("CI") != "true", reason=f"no Chromium at {CHROMIUM}")


@contextmanager
def launched() -> Iterator[Browser]:
    """One Chromium, closed in the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def watched(page: Page, origin: str) -> list[str]:
    """A list that fills with page errors, console errors (among them CSP violations) and requests to other origins."""
    faults: list[str] = []

    def leave(url: str) -> None:
        if not url.startswith((origin, "data:", "blob:")):
            faults.append(f"outside: {url}")

    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("request", lambda request: leave(request.url))
    return faults


SETTLED = """() => Promise.all(document.getAnimations().filter(each => each.effect.getComputedTiming().iterations !== Infinity)
    .map(each => each.finished.catch(() => null))).then(() => null)"""  # a colour on its way to another is none of the page's


def accessibility_faults(page: Page) -> list[str]:
    """Violations of WCAG 2.0 to 2.2 A and AA in a page, each as "rule: target: why"."""
    page.evaluate(SETTLED)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']})")
    return [f"{rule['id']}: {node['target']}: {node['failureSummary']}" for rule in found["violations"] for node in rule["nodes"]]
