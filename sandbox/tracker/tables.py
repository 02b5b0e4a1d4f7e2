"""What an issue is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.columns import Column, Table, Values
from sandbox.system import projects

people = (
    ("wang.lei", ("王磊", "Wang Lei")),
    ("li.na", ("李娜", "Li Na")),
    ("zhang.wei", ("张伟", "Zhang Wei")),
    ("chen.jing", ("陈静", "Chen Jing")),
    ("liu.yang", ("刘洋", "Liu Yang")),
    ("zhao.min", ("赵敏", "Zhao Min")),
    ("sun.hao", ("孙浩", "Sun Hao")),
    ("zhou.ting", ("周婷", "Zhou Ting")),
    ("wu.gang", ("吴刚", "Wu Gang")),
    ("xu.lin", ("徐琳", "Xu Lin")),
)
statuses = (
    ("open", ("待处理", "Open")),
    ("in_progress", ("进行中", "In progress")),
    ("resolved", ("已解决", "Resolved")),
    ("closed", ("已关闭", "Closed")),
)
priorities = (("low", ("低", "Low")), ("normal", ("普通", "Normal")), ("high", ("高", "High")), ("urgent", ("紧急", "Urgent")))


def _number(count_up: Callable[[str], int], values: Values) -> str:
    prefix = values["project"].split("-")[0]
    return f"{prefix}-{count_up('issue ' + prefix)}"


def _check(before: Values, after: Values) -> Mapping[str, str]:
    if after["start_date"] and after["due_date"] and after["due_date"] < after["start_date"]:
        return {"due_date": "before start_date"}
    return {}


issues = Table(
    name="issues",
    title=("事项", "Issues"),
    singular="issue",
    number_column="key",
    label="subject",
    number=_number,
    on_write=_check,
    columns=(
        Column("key", "text", ("编号", "Key"), read_only=True),
        Column("project", "choice", ("项目", "Project"), required=True, choices=projects),
        Column("subject", "text", ("主题", "Subject"), required=True),
        Column("description", "long", ("描述", "Description"), listed=False),
        Column("status", "choice", ("状态", "Status"), required=True, default="open", choices=statuses),
        Column("priority", "choice", ("优先级", "Priority"), required=True, default="normal", choices=priorities),
        Column("assignee", "choice", ("负责人", "Assignee"), choices=people),
        Column("start_date", "date", ("开始日期", "Start date")),
        Column("due_date", "date", ("截止日期", "Due date")),
        Column("estimated_hours", "decimal", ("预计工时", "Estimated hours"), low=0, high=100_000),
        Column("done_ratio", "integer", ("完成率 %", "Done %"), default=0, low=0, high=100),
        Column("labels", "labels", ("标签", "Labels"), default=[]),
        Column("external_ref", "text", ("外部引用", "External reference"), max_length=100, listed=False),
    ),
)
