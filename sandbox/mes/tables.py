"""What a work order, an operation and a downtime event are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.columns import Column, Table, Values
from sandbox.system import projects

lines = (
    ("L1", ("机加工一线", "Machining line 1")),
    ("L2", ("机加工二线", "Machining line 2")),
    ("L3", ("热处理线", "Heat treatment")),
    ("L4", ("装配线", "Assembly line")),
)
order_states = (
    ("planned", ("已计划", "Planned")),
    ("released", ("已下达", "Released")),
    ("running", ("生产中", "Running")),
    ("done", ("已完工", "Done")),
    ("blocked", ("受阻", "Blocked")),
)
operation_states = (("waiting", ("待开工", "Waiting")), ("running", ("加工中", "Running")), ("done", ("已完成", "Done")))
reasons = (
    ("breakdown", ("设备故障", "Breakdown")),
    ("changeover", ("换型调试", "Changeover")),
    ("material", ("待料", "Waiting for material")),
    ("quality", ("质量停线", "Quality stop")),
    ("system", ("系统或网络", "System or network")),
    ("power", ("停电停气", "Power or air")),
)


def _check_work_order(before: Values, after: Values) -> Mapping[str, str]:
    errors = {}
    if after["planned_start"] and after["planned_finish"] and after["planned_finish"] < after["planned_start"]:
        errors["planned_finish"] = "before planned_start"
    if (after["quantity_done"] or 0) > (after["quantity_planned"] or 0):
        errors["quantity_done"] = "above quantity_planned"
    return errors


def _check_downtime(before: Values, after: Values) -> Mapping[str, str]:
    return {"ended_at": "before started_at"} if after["ended_at"] and after["ended_at"] < after["started_at"] else {}


def _work_order_number(count_up: Callable[[str], int], values: Values) -> str:
    year = values["planned_start"][:4]
    return f"WO-{year}-{count_up('work order ' + year):04d}"


def _operation_number(count_up: Callable[[str], int], values: Values) -> str:
    return f"{values['work_order']}-{10 * count_up('operation ' + values['work_order'])}"


def _downtime_number(count_up: Callable[[str], int], values: Values) -> str:
    year = values["started_at"][:4]
    return f"DT-{year}-{count_up('downtime ' + year):04d}"


_external_ref = Column("external_ref", "text", ("外部引用", "External reference"), max_length=100, listed=False)

work_orders = Table(
    name="work_orders",
    title=("工单", "Work orders"),
    singular="work_order",
    number_column="number",
    label="product",
    number=_work_order_number,
    on_write=_check_work_order,
    columns=(
        Column("number", "text", ("工单号", "Number"), read_only=True),
        Column("product", "text", ("产品", "Product"), required=True, max_length=100),
        Column("line", "choice", ("产线", "Line"), required=True, choices=lines),
        Column("planned_start", "moment", ("计划开工", "Planned start"), required=True),
        Column("planned_finish", "moment", ("计划完工", "Planned finish"), required=True),
        Column("quantity_planned", "integer", ("计划数量", "Planned quantity"), required=True, low=1, high=10_000_000),
        Column("quantity_done", "integer", ("完成数量", "Done quantity"), default=0, low=0, high=10_000_000),
        Column("percent", "integer", ("进度 %", "Percent"), default=0, low=0, high=100),
        Column("status", "choice", ("状态", "Status"), required=True, default="planned", choices=order_states),
        Column("project_code", "choice", ("项目", "Project"), choices=projects),
        _external_ref,
    ),
)

operations = Table(
    name="operations",
    title=("工序", "Operations"),
    singular="operation",
    number_column="number",
    label="name",
    number=_operation_number,
    columns=(
        Column("number", "text", ("工序号", "Number"), read_only=True),
        Column("work_order", "text", ("工单号", "Work order"), required=True, max_length=40),
        Column("name", "text", ("名称", "Name"), required=True, max_length=100),
        Column("work_centre", "text", ("工作中心", "Work centre"), required=True, max_length=60),
        Column("standard_minutes", "integer", ("标准工时（分）", "Standard minutes"), required=True, low=1, high=100_000),
        Column("quantity_done", "integer", ("完成数量", "Done quantity"), default=0, low=0, high=10_000_000),
        Column("status", "choice", ("状态", "Status"), required=True, default="waiting", choices=operation_states),
        _external_ref,
    ),
)

downtime_events = Table(
    name="downtime_events",
    title=("停机", "Downtime"),
    singular="downtime_event",
    number_column="number",
    label="note",
    number=_downtime_number,
    on_write=_check_downtime,
    columns=(
        Column("number", "text", ("编号", "Number"), read_only=True),
        Column("line", "choice", ("产线", "Line"), required=True, choices=lines),
        Column("reason", "choice", ("原因", "Reason"), required=True, choices=reasons),
        Column("started_at", "moment", ("开始", "Started"), required=True),
        Column("ended_at", "moment", ("结束", "Ended")),
        Column("work_order", "text", ("影响工单", "Work order"), max_length=40),
        Column("note", "text", ("说明", "Note")),
        _external_ref,
    ),
)
