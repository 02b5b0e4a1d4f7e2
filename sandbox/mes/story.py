"""The first work orders, operations and downtime of the shop floor."""

from __future__ import annotations

import random
from datetime import date, timedelta

from sandbox.clockwork import day, moment_at, moment_ms, start_of_ms
from sandbox.columns import Values
from sandbox.mes.tables import lines, reasons
from sandbox.store import Store

# Product, its line, and its operations with work centre and standard minutes.
products: tuple[tuple[str, str, tuple[tuple[str, str, int], ...]], ...] = (
    (
        "精密轴承座 ZC-6205",
        "L1",
        (("下料", "锯床 J01", 6), ("粗车", "数控车 C03", 14), ("精镗", "加工中心 M02", 18), ("终检", "三坐标 Q01", 5)),
    ),
    (
        "减速机壳体 JK-80",
        "L1",
        (("铣基面", "加工中心 M01", 16), ("镗孔", "加工中心 M04", 28), ("攻丝", "钻攻中心 T02", 9), ("终检", "三坐标 Q01", 7)),
    ),
    (
        "伺服电机端盖 DG-130",
        "L2",
        (("车外圆", "数控车 C07", 11), ("钻孔", "钻攻中心 T01", 8), ("去毛刺", "钳工台 B02", 4), ("终检", "检测台 Q03", 4)),
    ),
    (
        "滚珠丝杠螺母 SM-25",
        "L2",
        (("粗车", "数控车 C05", 12), ("内螺纹磨", "螺纹磨 G01", 34), ("清洗", "清洗机 W01", 5), ("终检", "三坐标 Q02", 8)),
    ),
    (
        "传动轴 CZ-40（调质）",
        "L3",
        (("装炉", "井式炉 H01", 20), ("调质", "井式炉 H01", 240), ("校直", "校直机 H05", 9), ("硬度检验", "检测台 Q04", 3)),
    ),
    (
        "齿轮 CL-M3（渗碳）",
        "L3",
        (("清洗", "清洗机 W02", 6), ("渗碳淬火", "多用炉 H03", 420), ("回火", "回火炉 H04", 120), ("金相检验", "金相室 Q05", 15)),
    ),
    (
        "行星减速机 XJ-90",
        "L4",
        (("预装", "装配位 A01", 22), ("压装轴承", "压机 A03", 12), ("总装", "装配位 A05", 35), ("跑合测试", "测试台 A08", 40)),
    ),
    (
        "直线模组 ZM-1200",
        "L4",
        (("导轨安装", "装配位 A02", 26), ("丝杠安装", "装配位 A04", 24), ("总装", "装配位 A06", 30), ("精度检测", "激光仪 Q06", 25)),
    ),
)
notes = {
    "breakdown": ("主轴报警 AL-410，更换编码器线", "刀库卡刀，复位后恢复", "液压站压力不足，补油"),
    "changeover": ("换型：更换夹具与对刀", "换型：首件尺寸超差，重新调试"),
    "material": ("毛坯未到，等待仓库配送", "热处理外协件延误"),
    "quality": ("首件同轴度超差，停线评审", "巡检发现划伤，隔离返检"),
    "system": ("报工终端断网 20 分钟，离线补录", "ERP 工单下达延迟，等待工单"),
    "power": ("空压机跳闸，气压不足", "计划停电检修"),
}


def seed(store: Store, anchor: date) -> None:
    """60 work orders with four operations each and 24 downtimes; the same for the same day."""
    dice = random.Random(20_260_403)
    latest = start_of_ms(anchor)
    numbers: list[tuple[str, str]] = []
    for index in range(60):
        product, line, steps = products[index % len(products)]
        at_ms, values = _work_order(index, product, line, dice, anchor, latest)
        row = store.insert("work_orders", values, by="mes", at_ms=at_ms)
        numbers.append((row["number"], line))
        for values in _operations(row, steps):
            store.insert("operations", values, by="mes", at_ms=at_ms)
    for _ in range(24):
        at_ms, values = _downtime(numbers, dice, anchor, latest)
        store.insert("downtime_events", values, by="mes", at_ms=at_ms)


def _work_order(index: int, product: str, line: str, dice: random.Random, anchor: date, latest: int) -> tuple[int, Values]:
    starts = day(anchor, -62 + round(index * 1.5))
    ends = day(starts, dice.choice((2, 3, 4, 6)))
    planned = dice.choice((40, 60, 80, 120, 200, 240))
    if ends < anchor - timedelta(days=2):
        status, share = "done", 1.0
    elif starts < anchor:
        status, share = ("blocked", dice.uniform(0.1, 0.5)) if dice.random() < 0.15 else ("running", dice.uniform(0.15, 0.9))
    else:
        status, share = (("released" if starts < anchor + timedelta(days=7) else "planned"), 0.0)
    done = planned if share == 1 else int(planned * share)
    values = {
        "product": product,
        "line": line,
        "planned_start": moment_at(starts, 8 * 60),
        "planned_finish": moment_at(ends, 17 * 60 + 30),
        "quantity_planned": planned,
        "quantity_done": done,
        "percent": 100 * done // planned,
        "status": status,
        "project_code": "MES-ROLL" if line != "L3" else None,
    }
    touched = min(ends if status == "done" else anchor - timedelta(days=dice.randrange(1, 4)), anchor - timedelta(days=1))
    return moment_ms(touched, dice, latest), values


def _operations(order: Values, steps: tuple[tuple[str, str, int], ...]) -> list[Values]:
    """Operations run one after another: the work order's percent says how far they have come."""
    told = []
    for place, (name, centre, minutes) in enumerate(steps):
        share = min(1.0, max(0.0, order["percent"] / 100 * len(steps) - place))
        told.append(
            {
                "work_order": order["number"],
                "name": name,
                "work_centre": centre,
                "standard_minutes": minutes,
                "quantity_done": int(order["quantity_planned"] * share),
                "status": "done" if share == 1 else "running" if share > 0 else "waiting",
            }
        )
    return told


def _downtime(numbers: list[tuple[str, str]], dice: random.Random, anchor: date, latest: int) -> tuple[int, Values]:
    on = anchor - timedelta(days=dice.randrange(1, 45))
    reason = dice.choice([key for key, _ in reasons])
    line = dice.choice([key for key, _ in lines])
    begins = dice.randrange(8 * 60, 17 * 60)
    values = {
        "line": line,
        "reason": reason,
        "started_at": moment_at(on, begins),
        "ended_at": moment_at(on, begins + dice.randrange(8, 150)),
        "work_order": dice.choice([number for number, at in numbers if at == line]),
        "note": dice.choice(notes[reason]),
    }
    return moment_ms(on, dice, latest), values
