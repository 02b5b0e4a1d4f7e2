"""The first issues of the tracker: three projects under way on the chosen day."""

from __future__ import annotations

import random
import tomllib
from datetime import date, timedelta
from pathlib import Path

from sandbox.clockwork import day, moment_ms, start_of_ms
from sandbox.columns import Values
from sandbox.store import Store
from sandbox.tracker.tables import people

owners = {
    "MES-ROLL": ("wang.lei", "zhang.wei", "chen.jing", "sun.hao", "wu.gang"),
    "ERP-JOIN": ("li.na", "zhao.min", "xu.lin", "zhang.wei"),
    "WMS-PDA": ("liu.yang", "zhou.ting", "wu.gang", "sun.hao"),
}
_detail = {
    "需求": "与业务部门逐条确认，形成签字版记录；未决项列入问题清单。",
    "调研": "收集现状资料与样例数据，输出差异分析；涉及的系统负责人需确认。",
    "设计": "输出规格与示例报文，组织评审；评审意见闭环后方可进入开发。",
    "开发": "按评审通过的规格实现，补充单元测试与接口日志；代码评审后提测。",
    "测试": "按用例执行并留存证据；缺陷须注明复现步骤、影响范围与期望结果。",
    "上线": "按切换清单逐项确认，提前一天通知相关班组；保留回退方案。",
}


def seed(store: Store, anchor: date) -> None:
    """Some 120 issues; the same for the same day. Changes are dated in the past, some of them in the same millisecond."""
    dice = random.Random(20_260_401)
    latest = start_of_ms(anchor)
    rows: list[tuple[int, Values]] = []
    for phase in tomllib.loads((Path(__file__).parent / "plan.toml").read_text(encoding="utf-8"))["phase"]:
        step = (phase["last"] - phase["first"]) / len(phase["subjects"])
        for index, subject in enumerate(phase["subjects"]):
            starts = day(anchor, round(phase["first"] + index * step))
            rows.append(_issue(phase["project"], phase["name"], subject, starts, dice, anchor, latest))
    bulk = start_of_ms(day(anchor, -14)) + 3_600_000  # labels were set on many issues at once: one moment for all
    for number, (at_ms, values) in enumerate(rows):
        moved = bulk if number % 6 == 0 and at_ms < bulk else at_ms
        store.insert("issues", values, by=values["assignee"] or "wang.lei", at_ms=moved)


def _issue(project: str, phase: str, subject: str, starts: date, dice: random.Random, anchor: date, latest: int) -> tuple[int, Values]:
    length = dice.choice((3, 5, 5, 8, 10, 12))
    due = day(starts, length)
    status, done, touched = _progress(starts, due, anchor, dice)
    labels = [phase] + (["接口"] if "接口" in subject else []) + (["缺陷"] if subject.startswith(("修复", "缺陷")) else [])
    values = {
        "project": project,
        "subject": subject,
        "description": f"{subject}。\n{_detail[phase]}",
        "status": status,
        "priority": "high" if "缺陷" in labels else dice.choices(("low", "normal", "high", "urgent"), (15, 60, 20, 5))[0],
        "assignee": dice.choice(owners[project]) if status != "open" or dice.random() < 0.8 else None,
        "start_date": starts.isoformat(),
        "due_date": due.isoformat(),
        "estimated_hours": f"{dice.choice((8, 16, 16, 24, 32, 40, 56))}",
        "done_ratio": done,
        "labels": labels,
    }
    return moment_ms(min(touched, anchor - timedelta(days=1)), dice, latest), values


def _progress(starts: date, due: date, anchor: date, dice: random.Random) -> tuple[str, int, date]:
    """Status, percent and the day of the last change, as they would stand on the anchor day."""
    if due < anchor - timedelta(days=21):
        return "closed", 100, due + timedelta(days=dice.randrange(0, 9))
    if due < anchor:
        if dice.random() < 0.72:
            return (dice.choice(("resolved", "closed")), 100, due - timedelta(days=dice.randrange(0, 3)))
        return ("in_progress", dice.choice((50, 60, 70, 80, 90)), anchor - timedelta(days=dice.randrange(1, 6)))
    if starts <= anchor:
        share = (anchor - starts).days / max(1, (due - starts).days)
        percent = max(0, min(90, round(10 * (share + dice.uniform(-0.3, 0.1))) * 10))
        return (("in_progress" if percent else "open"), percent, anchor - timedelta(days=dice.randrange(1, 5)))
    return "open", 0, anchor - timedelta(days=dice.randrange(10, 60))


assert {login for logins in owners.values() for login in logins} <= {login for login, _ in people}
