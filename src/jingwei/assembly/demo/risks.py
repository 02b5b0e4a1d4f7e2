"""The demo's risk registers: some eight risks a project, on work that is still to be done."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from jingwei.domains.directory.models import Person
from jingwei.domains.risk.models import Risk, RiskImpact
from jingwei.frame.models import Project

# title, cause, category, state, probability %, impact, what stays of both, likely cost, likely delay in days, trigger, strategy, response
register: tuple[tuple[str, str, str, str, int, int, tuple[int, int] | None, int, int, str, str, str], ...] = (
    ("接口厂商联调资源不足", "厂商同时承接三个项目，联调工程师排期冲突。", "interface", "monitoring", 75, 4, (40, 3), 30_000, 6,
     "厂商连续两天未响应联调问题", "mitigate", "合同约定联调窗口，提前两周锁定人员，准备模拟接口先行测试。"),
    ("主数据质量不达标", "物料与供应商编码重复、缺失，历史系统口径不一。", "masterdata", "planned", 60, 4, (25, 3), 42_000, 8,
     "首轮清洗错误率高于 3 %", "mitigate", "先跑数据质量规则，业务部门逐批签字确认。"),
    ("产线停机窗口被压缩", "旺季订单增加，停线时间可能减半。", "site", "assessed", 55, 5, None, 65_000, 5, "生产计划周会取消停机窗口", "", ""),
    ("关键用户参与不足", "班组长兼任关键用户，培训与验收时间得不到保证。", "people", "monitoring", 40, 3, (20, 2), 12_000, 4,
     "培训签到率低于八成", "mitigate", "由分厂厂长确认名单，验收计入班组考核。"),
    ("需求变更频繁", "业务在试运行阶段提出新增报表与看板。", "requirement", "planned", 65, 3, (45, 2), 38_000, 7, "单周新增需求超过五项", "mitigate", "启用变更申请，影响评估后再批准。"),
    ("网络与取电条件不具备", "部分工位无网口，车间配电改造依赖外部施工队。", "technical", "assessed", 35, 3, None, 22_000, 3, "现场勘察发现缺口", "", ""),
    ("ERP 年终结账冻结", "十二月下旬至一月初 ERP 禁止变更。", "external", "monitoring", 90, 2, (90, 1), 0, 4, "财务发布冻结通知", "accept", ""),
    ("硬件到货延期", "工业终端交期受芯片供应影响。", "supplier", "identified", 25, 4, None, 48_000, 10, "供应商发货通知晚于约定日", "", ""),
    ("旧系统切换后回退", "若切换当日失败，需回退并重新安排窗口。", "technical", "closed", 10, 5, None, 80_000, 5, "切换检查单出现红项", "avoid", "改为分线切换，单线失败不影响其他产线。"),
)  # fmt: skip


def load(projects: Mapping[str, Project], tasks: Mapping[str, list[Any]], staff: Mapping[str, Person], today: date) -> None:
    """Make them for every project."""
    dice = random.Random(20_261_122)
    owners = [staff[name] for name in ("wang.lei", "zhang.wei", "chen.jing", "li.na")]
    for code, project in projects.items():
        parents = {t.parent_id for t in tasks[code]}
        to_do = [t for t in tasks[code] if t.percent < 100 and not t.is_milestone and t.pk not in parents]
        for number, row in enumerate(register, 1):
            _risk(project, number, row, owners[number % len(owners)], to_do, today, dice)


def _risk(project: Project, number: int, row: tuple[Any, ...], owner: Person, to_do: list[Any], today: date, dice: random.Random) -> None:
    title, cause, category, state, percent, impact, residual, cost, days, trigger, strategy, response = row
    percent = min(95, max(5, percent + dice.randrange(-8, 9)))
    risk = Risk(
        project=project, code=f"R-{number:02d}", title=title, cause=cause, category=category, status=state, probability=percent, impact=impact,
        residual_probability=residual[0] if residual else None, residual_impact=residual[1] if residual else None,
        cost_low=Decimal(cost) * Decimal("0.5"), cost_likely=Decimal(cost), cost_high=Decimal(cost) * 2, trigger=trigger, strategy=strategy, response=response,
        owner=owner if state != "identified" else None, review_on=None if state == "closed" else today + timedelta(days=-4 if number in (2, 6) else dice.choice((3, 7, 12, 20))),
    )  # fmt: skip
    risk.save()
    for task in dice.sample(to_do, min(len(to_do), dice.choice((1, 1, 2)))):
        RiskImpact(risk=risk, task=task, delay_low_minutes=days * 240, delay_likely_minutes=days * 480, delay_high_minutes=days * 960).save()
