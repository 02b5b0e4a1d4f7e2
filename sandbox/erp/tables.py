"""What a cost voucher and a purchase order are, and what may no longer be changed on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from sandbox.columns import Column, Table, Values
from sandbox.system import projects

accounts = (
    ("5101.01", ("软件许可费", "Software licences")),
    ("5101.02", ("硬件设备", "Hardware")),
    ("5101.03", ("实施服务费", "Implementation services")),
    ("5101.04", ("外包人工", "Contract labour")),
    ("5101.05", ("差旅费", "Travel")),
    ("5101.06", ("培训费", "Training")),
    ("5101.07", ("网络布线", "Network cabling")),
    ("5101.08", ("云资源费", "Cloud services")),
    ("5101.09", ("保险费", "Insurance")),
)
suppliers = (
    "苏州启航软件有限公司",
    "上海润达系统集成有限公司",
    "昆山恒通网络工程有限公司",
    "深圳铭扫智能科技有限公司",
    "杭州云栈信息服务有限公司",
    "无锡博工自动化有限公司",
    "南京众信人力资源有限公司",
    "苏州畅行商旅服务有限公司",
)
supplier_choices = tuple((each, (each, each)) for each in suppliers)
currencies = (("CNY", ("人民币", "CNY")), ("USD", ("美元", "USD")), ("EUR", ("欧元", "EUR")))
voucher_states = (("draft", ("暂存", "Draft")), ("posted", ("已过账", "Posted")), ("reversed", ("已冲销", "Reversed")))
order_states = (
    ("draft", ("暂存", "Draft")),
    ("approved", ("已审核", "Approved")),
    ("partly", ("部分到货", "Partly received")),
    ("received", ("已到货", "Received")),
    ("cancelled", ("已取消", "Cancelled")),
)
_voucher_steps = {"draft": {"draft", "posted"}, "posted": {"posted", "reversed"}, "reversed": {"reversed"}}
_kept_once_posted = ("project_code", "account", "amount", "currency", "period", "supplier")


def _voucher_number(count_up: Callable[[str], int], values: Values) -> str:
    month = values["period"].replace("-", "")
    return f"CV-{month}-{count_up('voucher ' + month):04d}"


def _check_voucher(before: Values, after: Values) -> Mapping[str, str]:
    errors = {}
    if before:
        if after["status"] not in _voucher_steps[before["status"]]:
            errors["status"] = f"a {before['status']} voucher cannot become {after['status']}"
        if before["status"] != "draft":
            errors |= {name: f"fixed once {before['status']}" for name in _kept_once_posted if after[name] != before[name]}
    if after["status"] == "posted" and not after["posted_on"]:
        errors["posted_on"] = "required when posted"
    return errors


def _voucher_stays(row: Values) -> str:
    return "" if row["status"] == "draft" else f"a {row['status']} voucher cannot be deleted"


def _order_number(count_up: Callable[[str], int], values: Values) -> str:
    year = (values["promised_date"] or date.today().isoformat())[:4]
    return f"PO-{year}-{count_up('order ' + year):04d}"


def _order_stays(row: Values) -> str:
    return "" if row["status"] in ("draft", "cancelled") else "only a draft or cancelled order can be deleted"


_client_ref = Column("client_ref", "text", ("外部单号", "Client reference"), max_length=100, listed=False)

cost_vouchers = Table(
    name="cost_vouchers",
    title=("成本凭证", "Cost vouchers"),
    singular="cost_voucher",
    number_column="number",
    label="description",
    number=_voucher_number,
    on_write=_check_voucher,
    removable=_voucher_stays,
    columns=(
        Column("number", "text", ("凭证号", "Number"), read_only=True),
        Column("project_code", "choice", ("项目", "Project"), required=True, choices=projects),
        Column("account", "choice", ("科目", "Account"), required=True, choices=accounts),
        Column("description", "text", ("摘要", "Description"), required=True, max_length=200),
        Column("amount", "amount", ("金额", "Amount"), required=True, low=-1e12, high=1e12),
        Column("currency", "choice", ("币种", "Currency"), required=True, default="CNY", choices=currencies),
        Column("period", "month", ("期间", "Period"), required=True),
        Column("posted_on", "date", ("过账日期", "Posted on")),
        Column("supplier", "choice", ("供应商", "Supplier"), choices=supplier_choices),
        Column("status", "choice", ("状态", "Status"), required=True, default="draft", choices=voucher_states),
        _client_ref,
    ),
)

purchase_orders = Table(
    name="purchase_orders",
    title=("采购订单", "Purchase orders"),
    singular="purchase_order",
    number_column="number",
    label="item",
    number=_order_number,
    removable=_order_stays,
    columns=(
        Column("number", "text", ("订单号", "Number"), read_only=True),
        Column("project_code", "choice", ("项目", "Project"), required=True, choices=projects),
        Column("supplier", "choice", ("供应商", "Supplier"), required=True, choices=supplier_choices),
        Column("item", "text", ("物料", "Item"), required=True, max_length=200),
        Column("quantity", "decimal", ("数量", "Quantity"), required=True, low=0, high=1e9),
        Column("amount", "amount", ("金额", "Amount"), required=True, low=0, high=1e12),
        Column("promised_date", "date", ("承诺交期", "Promised date")),
        Column("status", "choice", ("状态", "Status"), required=True, default="draft", choices=order_states),
        _client_ref,
    ),
)
