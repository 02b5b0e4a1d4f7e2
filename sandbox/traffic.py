"""Live traffic: people working in the three systems, edit by edit, through their public APIs."""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.erp.story import codes, kinds
from sandbox.erp.tables import suppliers
from sandbox.mes.story import notes
from sandbox.mes.tables import lines

Answer = dict[str, Any]


class Traffic:
    """Makes edits in the manner of the people who work with these systems. The seed decides what; the clock only when."""

    def __init__(self, tracker: str, erp: str, mes: str, api_key: str, *, seed: int) -> None:
        self._dice = random.Random(seed)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._tracker = (tracker.rstrip("/"), {"x-api-key": api_key})
        self._erp = (erp.rstrip("/"), {"x-erp-key": api_key})
        self._mes = (mes.rstrip("/"), {"authorization": f"Bearer {api_key}"})
        self._acts: tuple[tuple[Callable[[], str], int], ...] = (
            (self.report_progress, 30),
            (self.take_up_issue, 12),
            (self.reassign_issue, 6),
            (self.write_issue, 6),
            (self.add_voucher, 10),
            (self.post_voucher, 8),
            (self.produce, 22),
            (self.start_work_order, 4),
            (self.stop_line, 4),
        )

    def run(self, per_minute: float, count: int | None = None, say: Callable[[str], None] = lambda text: print(text, flush=True)) -> int:
        """Edit until stopped, or `count` times; returns how many edits went through. A peer that fails is left for the next edit."""
        done = made = 0
        while count is None or done < count:
            done += 1
            try:
                said = self.act()
                made += 1
            except (OSError, ValueError, LookupError) as problem:  # HTTP errors are OSError; broken JSON is ValueError
                said = f"failed: {problem}"
            say(f"{datetime.now(UTC):%H:%M:%S} {said}")
            if count is None or done < count:
                time.sleep(self._dice.expovariate(per_minute / 60))
        return made

    def act(self) -> str:
        """One edit; says what it was."""
        choose = self._dice.choices([act for act, _ in self._acts], [weight for _, weight in self._acts])[0]
        return choose()

    def _call(self, peer: tuple[str, dict[str, str]], method: str, path: str, given: Answer | None = None, by: str = "") -> Answer:
        base, headers = peer
        body = None if given is None else json.dumps(given, ensure_ascii=False).encode()
        more = {"content-type": "application/json"} | ({"x-actor": by} if by else {})
        call = urllib.request.Request(base + path, data=body, headers=headers | more, method=method)
        with self._opener.open(call, timeout=10) as answer:
            told = json.loads(answer.read() or b"{}")
        if told.get("success") is False:
            raise ValueError(told["errors"][0]["message"])
        return dict(told)

    def _pick_issue(self, **filters: str) -> Answer:
        sought = urlencode(filters | {"limit": 1})
        total = self._call(self._tracker, "GET", f"/api/issues?{sought}")["total_count"]
        if not total:
            raise LookupError(f"no issue {filters}")
        sought = urlencode(filters | {"limit": 1, "offset": self._dice.randrange(total), "sort": "id"})
        return dict(self._call(self._tracker, "GET", f"/api/issues?{sought}")["issues"][0])

    def _save_issue(self, issue: Answer, given: Answer, by: str) -> None:
        self._call(self._tracker, "PUT", f"/api/issues/{issue['id']}", given | {"version": issue["version"]}, by=by)

    def report_progress(self) -> str:
        """Somebody reports that an issue has come on; at 100 % it is resolved."""
        issue = self._pick_issue(status="in_progress")
        done = min(100, issue["done_ratio"] + self._dice.choice((5, 10, 10, 20)))
        given = {"done_ratio": done} | ({"status": "resolved"} if done == 100 else {})
        self._save_issue(issue, given, issue["assignee"] or "wang.lei")
        return f"{issue['key']} {issue['subject']} → {done}%"

    def take_up_issue(self) -> str:
        """Somebody begins an open issue."""
        issue = self._pick_issue(status="open")
        person = issue["assignee"] or self._dice.choice(("wang.lei", "li.na", "zhang.wei", "liu.yang"))
        self._save_issue(issue, {"status": "in_progress", "done_ratio": 5, "assignee": person}, person)
        return f"{issue['key']} {issue['subject']} → in_progress"

    def reassign_issue(self) -> str:
        """A leader gives an issue to somebody else or raises its priority."""
        issue = self._pick_issue(status="in_progress")
        given = self._dice.choice(({"assignee": self._dice.choice(("sun.hao", "zhou.ting", "xu.lin"))}, {"priority": "urgent"}))
        self._save_issue(issue, given, "wang.lei")
        return f"{issue['key']} {given}"

    def write_issue(self) -> str:
        """A tester reports a defect."""
        project = self._dice.choice(("MES-ROLL", "ERP-JOIN", "WMS-PDA"))
        places = ("报工页面", "工单同步", "凭证抽取", "扫码收货", "看板刷新", "库存同步")
        faults = ("偶发超时", "数量显示不一致", "重复提交", "权限提示不清", "导出缺少字段")
        subject = f"缺陷：{self._dice.choice(places)}{self._dice.choice(faults)}"
        given = {"project": project, "subject": subject, "priority": "high", "labels": ["缺陷"], "start_date": date.today().isoformat()}
        issue = self._call(self._tracker, "POST", "/api/issues", given, by="chen.jing")["issue"]
        return f"{issue['key']} {subject}"

    def add_voucher(self) -> str:
        """The accountant enters a voucher."""
        account, supplier, pattern, low, high, _ = self._dice.choices(kinds, [kind[-1] for kind in kinds])[0]
        project = self._dice.choice(list(codes))
        today = date.today()
        given = {
            "project_code": project,
            "account": account,
            "description": pattern.format(project=codes[project] + " ", month=today.month),
            "amount": f"{self._dice.randrange(low, high)}.{self._dice.randrange(100):02d}",
            "period": today.isoformat()[:7],
            "supplier": suppliers[supplier],
        }
        row = self._call(self._erp, "POST", "/api/cost_vouchers", given, by="zhao.min")["row"]
        return f"{row['number']} {row['description']} {row['amount']}"

    def post_voucher(self) -> str:
        """The accountant posts a draft."""
        rows = self._call(self._erp, "GET", "/api/cost_vouchers?status=draft&page_size=200&order_by=number")["rows"]
        row = self._dice.choice(rows)
        given = {"status": "posted", "posted_on": date.today().isoformat()}
        self._call(self._erp, "PUT", f"/api/cost_vouchers/{quote(row['number'])}", given, by="zhao.min")
        return f"{row['number']} → posted"

    def _pick_order(self, status: str) -> Answer:
        return dict(self._dice.choice(self._call(self._mes, "GET", f"/api/work_orders?status={status}&limit=100")["items"]))

    def produce(self) -> str:
        """A terminal reports pieces; a full order is done."""
        order = self._pick_order("running")
        planned = order["quantity_planned"]
        done = min(planned, order["quantity_done"] + max(1, planned * self._dice.choice((2, 4, 6, 10)) // 100))
        given = {"quantity_done": done, "percent": 100 * done // planned} | ({"status": "done"} if done == planned else {})
        self._call(self._mes, "PATCH", f"/api/work_orders/{order['number']}", given, by=f"terminal-{order['line']}")
        return f"{order['number']} {order['product']} {done}/{planned}"

    def start_work_order(self) -> str:
        """A released order starts."""
        order = self._pick_order("released")
        self._call(self._mes, "PATCH", f"/api/work_orders/{order['number']}", {"status": "running"}, by=f"terminal-{order['line']}")
        return f"{order['number']} {order['product']} → running"

    def stop_line(self) -> str:
        """A line stops for a while."""
        reason = self._dice.choice(list(notes))
        given = {
            "line": self._dice.choice([key for key, _ in lines]),
            "reason": reason,
            "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "note": self._dice.choice(notes[reason]),
        }
        row = self._call(self._mes, "POST", "/api/downtime_events", given, by="andon")["item"]
        return f"{row['number']} {row['line']} {row['note']}"
