"""Plans for the Gantt's tests: a real-looking integration project in Chinese or English, and big ones of any size."""

from __future__ import annotations

import random
from typing import Any

from tests.domains.schedule.gantt.fake_plan import FakePlan, Json

PROJECT: Json = {
    "id": 1,
    "code": "ERP-26",
    "name": "ERP–MES 集成",
    "start": "2026-09-07",
    "finish": None,
    "data_date": None,
    "today": "2026-10-28T10:00",
    "baseline": {"id": 1, "name": "B0"},
    "provisional_years": [2027],
}
DAYS_OFF: dict[str, list[list[int]]] = {
    **{f"2026-10-{day:02d}": [] for day in range(1, 8)},
    "2026-09-25": [],
    "2026-09-20": [[540, 720], [780, 1080]],
    "2026-10-10": [[540, 720], [780, 1080]],
    "2027-01-01": [],
}
# phase zh, phase en, [(zh, en, days, assignee)]; days 0 = milestone
Work = tuple[str, str, float, str]
PHASES: list[tuple[str, str, list[Work]]] = [
    (
        "启动与蓝图",
        "Start and blueprint",
        [
            ("项目启动会", "Kick-off meeting", 1, "王磊"),
            ("现状系统调研", "Survey of the present systems", 8, "李娜"),
            ("接口清单确认", "Agree the list of interfaces", 5, "陈晨"),
            ("主数据标准", "Master data standard", 6, "李娜"),
            ("集成蓝图评审", "Blueprint review", 2, "王磊"),
            ("蓝图冻结", "Blueprint frozen", 0, ""),
        ],
    ),
    (
        "平台与环境",
        "Platform and environments",
        [
            ("服务器与网络就绪", "Servers and network ready", 7, "赵强"),
            ("测试环境部署", "Test environment", 5, "赵强"),
            ("等保二级整改", "Security baseline", 10, "孙悦"),
            ("监控告警接入", "Monitoring and alerts", 4, "赵强"),
        ],
    ),
    (
        "接口开发",
        "Interface development",
        [
            ("物料主数据同步", "Material master sync", 9, "陈晨"),
            ("生产订单下发", "Production orders to MES", 12, "周婷"),
            ("完工回传", "Completion feedback", 8, "周婷"),
            ("质检结果回写", "Quality results", 7, "吴昊"),
            ("库存过账", "Stock postings", 9, "陈晨"),
            ("设备采集适配", "Machine data adapter", 11, "吴昊"),
            ("异常重试与对账", "Retries and reconciliation", 6, "周婷"),
            ("接口开发完成", "Interfaces complete", 0, ""),
        ],
    ),
    (
        "集成测试",
        "Integration test",
        [
            ("测试方案与用例", "Test plan and cases", 6, "郑敏"),
            ("单接口联调", "Interface tests", 8, "郑敏"),
            ("端到端流程测试", "End-to-end tests", 10, "郑敏"),
            ("性能压测", "Load test", 5, "孙悦"),
            ("用户验收测试", "User acceptance test", 8, "李娜"),
            ("UAT 签字", "UAT signed", 0, ""),
        ],
    ),
    (
        "上线与切换",
        "Cutover and go-live",
        [
            ("数据迁移演练", "Data migration rehearsal", 6, "陈晨"),
            ("用户培训", "Training", 5, "李娜"),
            ("切换演练", "Cutover rehearsal", 3, "王磊"),
            ("正式切换", "Cutover", 2, "王磊"),
            ("上线", "Go-live", 0, ""),
            ("上线支持", "Hypercare", 15, "周婷"),
        ],
    ),
]
# (from, to, type, lag in days) by position "phase.task", counted from 1
LINKS = [
    ("1.1", "1.2", "FS", 0), ("1.2", "1.3", "FS", 0), ("1.2", "1.4", "SS", 4), ("1.3", "1.5", "FS", 0), ("1.4", "1.5", "FS", 0), ("1.5", "1.6", "FS", 0),
    ("1.1", "2.1", "FS", 2), ("2.1", "2.2", "FS", 0), ("2.1", "2.3", "FS", 0), ("2.2", "2.4", "FS", 1),
    ("1.6", "3.1", "FS", 0), ("1.6", "3.2", "FS", 0), ("3.1", "3.5", "FS", 0), ("3.2", "3.3", "SS", 6), ("3.2", "3.3", "FF", 3), ("3.3", "3.4", "FS", 0),
    ("2.2", "3.6", "FS", 3), ("3.5", "3.7", "FS", 0), ("3.3", "3.7", "FS", 0), ("3.7", "3.8", "FS", 0), ("3.4", "3.8", "FS", 0), ("3.6", "3.8", "FS", 0),
    ("3.1", "4.1", "SS", 2), ("4.1", "4.2", "FS", 0), ("3.4", "4.2", "FS", -2), ("3.8", "4.3", "FS", 0), ("4.2", "4.3", "FS", 0), ("4.3", "4.4", "SS", 5),
    ("4.3", "4.5", "FS", 0), ("4.4", "4.5", "FS", 0), ("4.5", "4.6", "FS", 0),
    ("4.3", "5.1", "FS", -3), ("4.5", "5.2", "SS", 2), ("5.1", "5.3", "FS", 0), ("4.6", "5.3", "FS", 0), ("5.3", "5.4", "FS", 1), ("5.4", "5.5", "FS", 0),
    ("5.2", "5.5", "FS", 0), ("5.5", "5.6", "FS", 0), ("4.2", "2.4", "SF", 1),
]  # fmt: skip
LATE = {"1.3": 3, "3.2": 4, "3.6": 6}  # days longer than the baseline foresaw
PERCENT = {"1": 100, "2.1": 100, "2.2": 100, "2.3": 70, "3.1": 100, "3.2": 60, "3.3": 20, "3.6": 40, "4.1": 50}


def blank_task(task_id: int, name: str, parent: int | None, days: float, **more: Any) -> Json:
    """A task with every field of the contract."""
    return {
        "id": task_id, "wbs": "", "parent": parent, "name": name, "start": None, "finish": None, "duration_minutes": round(days * 480), "percent": 0,
        "is_milestone": days == 0, "is_summary": False, "is_critical": False, "total_float_minutes": None, "baseline_start": None,
        "baseline_finish": None, "deadline": None, "is_endangered": False, "constraint": "ASAP", "status": "todo", "assignee": "", "interface": None,
        "version": 1, **more,
    }  # fmt: skip


def integration_plan(language: str = "zh") -> FakePlan:
    """The project used for pictures and most tests: 5 phases, 30 tasks, every link type, baseline, deadlines, an outage."""
    tasks, ids, number = [], {}, 0
    for phase, (zh, en, works) in enumerate(PHASES, 1):
        number += 1
        summary = blank_task(number, zh if language == "zh" else en, None, 1, is_summary=True)
        tasks.append(summary)
        for place, (task_zh, task_en, days, assignee) in enumerate(works, 1):
            number += 1
            ids[f"{phase}.{place}"] = number
            tasks.append(blank_task(number, task_zh if language == "zh" else task_en, summary["id"], days, assignee=assignee))
    links = [{"id": 100 + n, "from": ids[a], "to": ids[b], "type": kind, "lag_minutes": lag * 480} for n, (a, b, kind, lag) in enumerate(LINKS)]
    plan = FakePlan(dict(PROJECT, name=PROJECT["name"] if language == "zh" else "ERP–MES integration"), tasks, links, DAYS_OFF)
    by_place = {place: plan.by_id[task_id] for place, task_id in ids.items()}
    for task in tasks:
        task["baseline_start"], task["baseline_finish"] = task["start"], task["finish"]
    for place, days in LATE.items():
        by_place[place]["duration_minutes"] += days * 480
    plan.schedule()
    for place, task in by_place.items():
        task["percent"] = PERCENT.get(place, PERCENT.get(place.split(".")[0], 0))
        if task["is_milestone"] and task["percent"] < 100:
            task["percent"] = 0
    by_place["4.6"]["deadline"] = "2026-12-18T18:00"
    by_place["5.5"]["deadline"] = "2026-12-31T18:00"
    by_place["2.4"]["deadline"] = "2026-11-06T18:00"
    by_place["3.6"]["interface"] = {"key": "MES-07", "state": "down"}
    by_place["3.3"]["interface"] = {"key": "MES-03", "state": "degraded"}
    by_place["3.1"]["interface"] = {"key": "ERP-01", "state": "ok"}
    plan.project["data_date"] = "2026-10-26T18:00"
    plan.schedule()
    return plan


def big_plan(task_count: int, seed: int = 7) -> FakePlan:
    """`task_count` rows: phases of 20, random durations, about 1.2 links a task, all types."""
    chance = random.Random(seed)
    tasks: list[Json] = []
    links: list[Json] = []
    leaves: list[int] = []
    summary = 0
    for number in range(1, task_count + 1):
        if number % 20 == 1:
            summary = number
            tasks.append(blank_task(number, f"阶段 {number // 20 + 1}", None, 1, is_summary=True))
            continue
        days = chance.choice([0, 1, 2, 3, 5, 8])
        percent = 0
        tasks.append(blank_task(number, f"任务 {number} 接口联调与验证", summary, days, percent=percent, assignee=chance.choice(["王磊", "李娜", ""])))
        for _ in range(chance.choice([0, 1, 1, 2])):
            if leaves:
                before = chance.choice(leaves[-60:])
                kind = chance.choices(["FS", "SS", "FF", "SF"], [80, 10, 8, 2])[0]
                links.append({"id": len(links) + 1, "from": before, "to": number, "type": kind, "lag_minutes": chance.choice([0, 0, 480, -240])})
        leaves.append(number)
    plan = FakePlan(dict(PROJECT, name=f"{task_count}"), tasks, links, DAYS_OFF)
    for task in tasks:
        task["baseline_start"], task["baseline_finish"] = task["start"], task["finish"]
    return plan


def empty_plan() -> FakePlan:
    """A project without tasks."""
    return FakePlan(dict(PROJECT, baseline=None, provisional_years=[]), [], [], {})
