"""A REST peer from memory: Chinese issues in the demo tracker's protocol, so that loaders are measured and not the source.

Run: python issue_server.py PORT RECORDS. Answers GET /api/issues (updated_since, offset, limit), /api/deleted, /api/me, /api/projects, /api/users.
"""

from __future__ import annotations

import bisect
import json
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

start = datetime(2026, 1, 1, tzinfo=UTC)
words = ("接口联调", "数据迁移", "字段映射", "现场布线", "验收测试", "需求评审", "权限配置", "报表开发")


def issue(number: int) -> dict[str, Any]:
    """The nth issue."""
    at = start + timedelta(seconds=number // 3)
    return {
        "id": number, "key": f"WMS-{number}", "project": "WMS-PDA", "subject": f"{words[number % 8]}：第 {number} 项，工厂 {number % 17}",
        "description": "按接口规范核对字段、单位与编码表；异常数据进入隔离区并通知责任人。" * 3, "status": ("open", "in_progress", "resolved")[number % 3],
        "priority": ("low", "normal", "high")[number % 3], "assignee": None, "start_date": (at + timedelta(days=number % 200)).date().isoformat(),
        "due_date": (at + timedelta(days=number % 200 + 9)).date().isoformat(), "estimated_hours": f"{number % 40}.5", "done_ratio": number % 3 * 30,
        "labels": [words[number % 8][:2], words[(number + 3) % 8][:2]], "external_ref": None,
        "created_at": at.isoformat().replace("+00:00", "Z"), "updated_at": at.isoformat().replace("+00:00", "Z"), "updated_by": "li.na", "version": 1,
    }  # fmt: skip


class Answers(BaseHTTPRequestHandler):
    """GET only."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rows: list[bytes]
    times: list[str]

    def do_GET(self) -> None:
        """Answer from memory."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/issues":
            body = self._issues(asked)
        else:
            body = json.dumps(
                {
                    "/api/me": {"user": {"name": "bench", "login": "bench"}, "version": "1"},
                    "/api/projects": {"projects": [{"code": "WMS-PDA", "name": "WMS"}]},
                    "/api/users": {"users": []},
                    "/api/deleted": {"deleted": [], "next": 0},
                }.get(parts.path, {})
            ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _issues(self, asked: dict[str, str]) -> bytes:
        since = asked.get("updated_since", "").replace("+00:00", "Z")
        first = bisect.bisect_left(self.times, since) + int(asked.get("offset", 0))
        chosen = self.rows[first : first + int(asked.get("limit", 100))]
        return b'{"issues":[' + b",".join(chosen) + b'],"total":%d}' % len(self.rows)

    def log_message(self, *_: Any) -> None:
        """Silent."""


if __name__ == "__main__":
    made = [issue(number) for number in range(1, int(sys.argv[2]) + 1)]
    Answers.rows = [json.dumps(each, ensure_ascii=False).encode() for each in made]
    Answers.times = [each["updated_at"] for each in made]
    print("ready", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
