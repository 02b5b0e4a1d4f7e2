"""The first vouchers and purchase orders of the ERP."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from sandbox.clockwork import day, moment_ms, start_of_ms
from sandbox.columns import Values
from sandbox.erp.tables import suppliers
from sandbox.store import Store

codes = {"MES-ROLL": "MES 推广", "ERP-JOIN": "ERP 集成", "WMS-PDA": "WMS 与 PDA"}
_weights = (5, 3, 2)

# Account, supplier number, text, lowest and highest amount in yuan, weight.
kinds: tuple[tuple[str, int, str, int, int, int], ...] = (
    ("5101.01", 0, "{project}软件许可费", 18_000, 96_000, 8),
    ("5101.02", 5, "{project}工控机与采集网关", 12_000, 68_000, 9),
    ("5101.02", 3, "{project}扫码终端与打印机", 6_000, 45_000, 8),
    ("5101.03", 1, "{project}实施服务费（按里程碑）", 20_000, 88_000, 14),
    ("5101.04", 6, "{project}外包开发人工 {month} 月", 9_600, 38_400, 22),
    ("5101.05", 7, "{project}项目组差旅 {month} 月", 860, 9_800, 20),
    ("5101.06", 0, "{project}关键用户培训", 2_400, 15_000, 8),
    ("5101.07", 2, "{project}车间网络布线与补点", 4_800, 32_000, 6),
    ("5101.08", 4, "{project}云主机与对象存储 {month} 月", 1_280, 6_900, 12),
)
items: tuple[tuple[str, int, int, int], ...] = (
    ("工业平板终端 10.1 寸", 5, 3_480, 24),
    ("OPC UA 采集网关", 5, 6_200, 12),
    ("手持 PDA（扫码）", 3, 2_860, 40),
    ("工业标签打印机", 3, 4_150, 6),
    ("车间看板大屏 65 寸", 5, 5_900, 8),
    ("六类屏蔽网线（箱）", 2, 780, 30),
    ("工业交换机 24 口", 2, 3_260, 10),
    ("MES 用户许可（并发）", 0, 1_950, 60),
    ("接口开发服务（人天）", 1, 1_600, 45),
    ("边缘服务器", 5, 28_600, 2),
)


def seed(store: Store, anchor: date) -> None:
    """150 vouchers over seven months and 30 orders; the same for the same day. A posting run stamps many with one second."""
    dice = random.Random(20_260_402)
    latest = start_of_ms(anchor)
    written = [_voucher(dice, anchor, latest) for _ in range(150)]
    written.sort(key=lambda pair: (pair[1]["period"], pair[0]))
    for at_ms, values in written:
        store.insert("cost_vouchers", values, by="zhao.min", at_ms=at_ms)
    for _ in range(30):
        at_ms, values = _order(dice, anchor, latest)
        store.insert("purchase_orders", values, by="xu.lin", at_ms=at_ms)
    at_ms, values = _of_a_new_account(dice, anchor, latest)
    store.insert("cost_vouchers", values, by="zhao.min", at_ms=at_ms)


def _of_a_new_account(dice: random.Random, anchor: date, latest: int) -> tuple[int, Values]:
    """The accountants have opened an account that nobody has told the interfaces of: its first voucher does not pass until somebody does."""
    on = anchor - timedelta(days=1)
    return moment_ms(on, dice, latest), {
        "project_code": "ERP-JOIN", "account": "5101.09", "description": f"{codes['ERP-JOIN']} 设备运输与安装险", "amount": "3200.00", "currency": "CNY",
        "period": on.isoformat()[:7], "posted_on": on.isoformat(), "supplier": suppliers[0], "status": "posted",
    }  # fmt: skip


def _voucher(dice: random.Random, anchor: date, latest: int) -> tuple[int, Values]:
    on = anchor - timedelta(days=dice.randrange(1, 210))
    account, supplier, pattern, low, high, _ = dice.choices(kinds, [kind[-1] for kind in kinds])[0]
    project = dice.choices(list(codes), _weights)[0]
    amount = Decimal(dice.randrange(low * 100, high * 100)) / 100
    amount = amount.quantize(Decimal("0.01")) if account == "5101.05" else round(amount, -1)
    old = (on.year, on.month) != (anchor.year, anchor.month)
    status = dice.choices(("posted", "reversed"), (96, 4))[0] if old else dice.choices(("draft", "posted"), (60, 40))[0]
    text = pattern.format(project=codes[project] + " ", month=on.month)
    values = {
        "project_code": project,
        "account": account,
        "description": text + ("（重复入账，已冲销）" if status == "reversed" else ""),
        "amount": f"{amount:.2f}",
        "currency": "CNY",
        "period": on.isoformat()[:7],
        "posted_on": on.isoformat() if status != "draft" else None,
        "supplier": suppliers[supplier],
        "status": status,
    }
    return _posting_run(on, dice, latest) if old else moment_ms(on, dice, latest), values


def _posting_run(on: date, dice: random.Random, latest: int) -> int:
    """Old periods were posted by two month-end runs, each within one second."""
    closing = date(on.year + on.month // 12, on.month % 12 + 1, 3)
    return min(start_of_ms(closing) + dice.choice((0, 7_200_000)) + dice.randrange(1000), latest - latest % 1000)


def _order(dice: random.Random, anchor: date, latest: int) -> tuple[int, Values]:
    item, supplier, price, most = dice.choice(items)
    quantity = dice.randrange(1, most + 1)
    promised = day(anchor, dice.randrange(-120, 60))
    if promised < anchor - timedelta(days=10):
        status = dice.choices(("received", "partly", "cancelled"), (85, 10, 5))[0]
    else:
        status = dice.choices(("draft", "approved", "partly"), (20, 65, 15))[0]
    values = {
        "project_code": dice.choices(list(codes), _weights)[0],
        "supplier": suppliers[supplier],
        "item": item,
        "quantity": str(quantity),
        "amount": f"{price * quantity}.00",
        "promised_date": promised.isoformat(),
        "status": status,
    }
    return moment_ms(min(promised, anchor) - timedelta(days=dice.randrange(1, 20)), dice, latest), values
