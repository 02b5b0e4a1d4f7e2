"""A page with the Gantt under strict CSP, served with static files and a plan in memory, by the standard library alone."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.domains.schedule.gantt.fake_plan import FakePlan, Refused

ROOT = Path(__file__).resolve().parents[4]
STATIC = [ROOT / "src/jingwei/domains/schedule/static", ROOT / "src/jingwei/frame/static", ROOT / "src/jingwei/hub/static"]
CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
STRINGS_ZH = ROOT / "src/jingwei/domains/schedule/gantt_words_zh.json"
PAGE = """<!doctype html>
<html lang="{lang}" data-bs-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Gantt</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/tabler/tabler.min.css"><link rel="stylesheet" href="/static/schedule/gantt/gantt.css"></head>
<body class="p-3"><main><h1 class="h2 mb-2">{title}</h1>
<div id="gantt" data-url="/plan" data-preview-url="/preview" data-commit-url="/commit" data-undo-url="/undo" data-load-url="/load" data-can-edit="{can_edit}"
 data-locale="{locale}" data-csrf="token" data-create-url="/new"></div></main>
<script type="application/json" id="gantt-strings">{strings}</script>
<script type="module" src="/static/schedule/gantt/main.js"></script></body></html>"""


class Handler(BaseHTTPRequestHandler):
    """One request; the plan hangs on the server."""

    server: PlanServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page, the plan, or a static file."""
        address = urlsplit(self.path)
        if address.path.startswith("/static/"):
            return self.send_static(address.path.removeprefix("/static/"))
        if address.path == "/plan":
            self.server.loads += 1
            return self.send_json(200, self.server.plan.contract())
        if address.path == "/load":
            return self.send_json(200, {"people": self.server.beside})
        return self.send_page({name: values[0] for name, values in parse_qs(address.query).items()})

    def do_POST(self) -> None:
        """Preview, commit and undo."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("X-CSRFToken") != "token":
            return self.send_json(403, {"errors": []})
        plan = self.server.plan
        answers = {"/preview": lambda: plan.preview(body), "/commit": lambda: plan.commit(body), "/undo": lambda: plan.undo(body["undo"])}
        time.sleep(self.server.pause)
        with self.server.lock:
            try:
                return self.send_json(200, answers[self.path]())
            except Refused as refusal:
                return self.send_json(refusal.status, {"errors": [{"field": "", "message": refusal.message}]})

    def send_page(self, query: dict[str, str]) -> None:
        is_chinese = query.get("lang", "zh") == "zh"
        page = PAGE.format(
            lang="zh-hans" if is_chinese else "en",
            locale="zh-hans" if is_chinese else "en",
            theme=query.get("theme", "light"),
            title="项目计划" if is_chinese else "Project plan",
            can_edit=query.get("edit", "true"),
            strings=STRINGS_ZH.read_text(encoding="utf-8") if is_chinese else "{}",
        )
        self.send_bytes(200, "text/html; charset=utf-8", page.encode(), {"Content-Security-Policy": CSP})

    def send_static(self, path: str) -> None:
        for folder in STATIC:
            found = (folder / path).resolve()
            if found.is_file() and found.is_relative_to(folder):
                return self.send_bytes(200, TYPES.get(found.suffix, "application/octet-stream"), found.read_bytes(), {"Cache-Control": "max-age=3600"})
        self.send_bytes(404, "text/plain", b"")

    def send_json(self, status: int, answer: Any) -> None:
        self.send_bytes(status, "application/json", json.dumps(answer, ensure_ascii=False).encode())

    def send_bytes(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class PlanServer(ThreadingHTTPServer):
    """Serves one plan, which a test may exchange; `loads` counts how often it was fetched."""

    daemon_threads = True

    def __init__(self, plan: FakePlan) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.exchange(plan)

    def exchange(self, plan: FakePlan) -> None:
        """Serve another plan from now on."""
        self.plan = plan
        self.loads = 0
        self.pause = 0.0  # seconds before anything posted is answered
        self.beside: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_port}/"
