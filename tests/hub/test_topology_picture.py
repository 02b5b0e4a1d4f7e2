"""The topology picture in a browser: every system and interface drawn, told in words, clickable, renewed, quiet when asked to be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import accessibility_faults, launched, needs_chromium, watched
from tests.domains.schedule.gantt.page_server import Handler
from tests.serving import in_background

pytestmark = needs_chromium

PAGE = """<!doctype html><html lang="{lang}" data-bs-theme="{theme}"><head><meta charset="utf-8"><title>Topology</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/tabler/tabler.min.css"></head>
<body class="p-3"><main class="card"><div class="card-body"><h1 class="h2">Topology</h1><div id="topology" data-url="/topology.json"></div></div></main>
<script type="module" src="/static/hub/topology.js"></script></body></html>"""


def picture() -> dict[str, Any]:
    """Seven systems round our own, one of them behind another, one alone."""
    systems = [
        (1, "经纬", "local", "ok"), (2, "金蝶云星空 ERP", "kingdee", "ok"), (3, "MES 生产执行", "mes", "degraded"), (4, "Jira", "jira", "ok"),
        (5, "数据仓库", "postgres", "ok"), (6, "企业微信", "wecom", "unknown"), (7, "设备网关", "opcua", "down"), (8, "备用 SFTP", "sftp", "unknown"),
    ]  # fmt: skip
    interfaces = [
        (11, "物料主数据", 2, 1, "ok", False, 42.5), (12, "生产订单下发", 1, 3, "degraded", False, 3.1), (13, "完工回传", 3, 1, "ok", False, 8),
        (14, "任务双向同步", 4, 1, "ok", True, 1.2), (15, "进度与成本入仓", 1, 5, "ok", False, 0), (16, "审批消息", 1, 6, "off", False, 0),
        (17, "设备状态采集", 7, 3, "down", False, 5), (18, "停机事项", 3, 5, "ok", False, 0.4), (19, "物料下发", 2, 3, "unknown", False, 0),
    ]  # fmt: skip
    return {
        "systems": [{"id": i, "name": name, "kind": kind, "state": state, "url": f"/hub/systems/{i}/"} for i, name, kind, state in systems],
        "interfaces": [
            {"id": i, "name": name, "from": a, "to": b, "state": state, "two_way": both, "per_minute": rate, "url": f"/hub/interfaces/{i}/"}
            for i, name, a, b, state, both, rate in interfaces
        ],
    }


class PictureHandler(Handler):
    """Serves the page, the picture and static files."""

    server: PictureServer  # type: ignore[assignment]

    def do_GET(self) -> None:
        if self.path.startswith("/topology.json"):
            return self.send_bytes(200, "application/json", json.dumps(self.server.picture).encode())
        return super().do_GET()

    def send_page(self, query: dict[str, str]) -> None:
        from tests.domains.schedule.gantt.page_server import CSP

        page = PAGE.format(lang=query.get("lang", "zh-hans"), theme=query.get("theme", "light"))
        self.send_bytes(200, "text/html; charset=utf-8", page.encode(), {"Content-Security-Policy": CSP})


class PictureServer(ThreadingHTTPServer):
    """One picture, which a test may change."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PictureHandler)
        self.picture = picture()
        self.url = f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as started:
        yield started


@pytest.fixture
def server() -> Iterator[PictureServer]:
    served = PictureServer()
    in_background(served)
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture
def page(browser: Browser, server: PictureServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults = watched(opened, server.url)
    yield opened
    context.close()
    assert faults == []


def open_picture(page: Page, server: PictureServer, query: str = "") -> None:
    page.goto(server.url + query)
    expect(page.locator("#topology")).to_have_attribute("data-state", "ready")


def test_every_system_and_interface_is_a_named_link(page: Page, server: PictureServer) -> None:
    open_picture(page, server)
    for system in server.picture["systems"]:
        expect(page.locator(f"#topology-system-{system['id']}")).to_have_attribute("href", system["url"])
    link = page.get_by_role("link", name="任务双向同步 1.2 条/分钟：Jira ↔ 经纬，正常").first
    expect(link).to_have_attribute("href", "/hub/interfaces/14/")
    page.locator("#topology-interface-12").click()
    expect(page).to_have_url(re.compile("/hub/interfaces/12/$"))


def test_cards_do_not_overlap_and_labels_keep_apart(page: Page, server: PictureServer) -> None:
    open_picture(page, server)
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.topology-body, .topology-label rect')].map(e => { const b = e.getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height]; })"
    )
    assert len(boxes) == 17
    overlapping = [
        (one, other)
        for n, one in enumerate(boxes)
        for other in boxes[n + 1 :]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert overlapping == []


def test_only_what_flows_moves_and_only_where_motion_is_welcome(page: Page, server: PictureServer) -> None:
    open_picture(page, server)
    moving = "() => [...document.querySelectorAll('.topology-flow')].filter(e => getComputedStyle(e).animationName !== 'none').map(e => +e.parentElement.dataset.edge)"
    assert sorted(page.evaluate(moving)) == [11, 12, 13, 14, 18]
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == []


def test_a_change_of_health_is_drawn(page: Page, server: PictureServer) -> None:
    open_picture(page, server)
    page.locator("#topology-interface-11").focus()
    server.picture["interfaces"][0]["state"] = "down"
    page.evaluate("() => document.dispatchEvent(new CustomEvent('jingwei:health-changed'))")
    expect(page.locator("#topology-interface-11")).to_have_class(re.compile("is-down"))
    expect(page.locator("#topology-interface-11")).to_be_focused()


def test_an_address_of_another_site_is_no_link(page: Page, server: PictureServer) -> None:
    server.picture["systems"][0]["url"] = "javascript:alert(1)"
    server.picture["systems"][1]["url"] = "//elsewhere.example/"
    open_picture(page, server)
    assert page.locator("a[href^='javascript'], a[href^='//']").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "系统与接口拓扑图"), ("en", "Topology of systems and interfaces")])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_in_both_languages_and_themes(page: Page, server: PictureServer, theme: str, language: str, words: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_picture(page, server, f"?theme={theme}&lang={language}")
    expect(page.get_by_role("group", name=words)).to_be_visible()
    if width > 560:
        page.locator(".topology-list summary").click()
    expect(page.get_by_role("link", name=re.compile("Jira ↔ 经纬")).last).to_be_visible()
    assert accessibility_faults(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
