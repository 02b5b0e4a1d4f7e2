"""The demo's planned costs and its day-labour sheets; actual costs come from the ERP by interface."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from jingwei.domains.cost import services as cost
from jingwei.domains.cost.models import Line, Package
from jingwei.domains.directory.models import Person, Team
from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.frame.models import Project
from jingwei.kernels.cents import to_cents

accounts = (
    ("software", "MES 与接口平台许可", 120_000), ("equipment", "终端与采集网关", 86_000), ("subcontract", "实施服务", 64_000),
    ("labour", "项目组人工", 52_000), ("travel", "差旅", 9_800), ("material", "布线与耗材", 18_500),
)  # fmt: skip
paid_by_erp = ("ERP-JOIN",)
trades = (("电工", "45.00"), ("弱电工", "42.00"), ("普工", "30.00"), ("焊工", "55.00"))
workers = ("李建国", "王志强", "刘海波", "陈大勇", "赵铁柱", "孙永福", "周小军", "吴长贵")
works = ("桥架安装与线缆敷设", "终端立柱固定与接线", "网络测试与标签张贴", "采集网关上电调试", "车间看板吊装", "旧线缆拆除")


def load(projects: Mapping[str, Project], tasks: Mapping[str, list[Any]], staff: Mapping[str, Person], today: date) -> None:
    """Make them for every project."""
    dice = random.Random(20_261_121)
    for code, project in projects.items():
        _packages(project, tasks[code])
        _planned(project, tasks[code], today, dice)
        if code not in paid_by_erp:
            _actual(project, tasks[code], today, dice)
        _estimates(tasks[code], dice)
        _sheets(code, project, tasks[code], today, dice)


def _month(today: date, offset: int) -> date:
    """The first day of a month, counted from this one."""
    number = today.year * 12 + today.month - 1 + offset
    return date(number // 12, number % 12 + 1, 1)


def _tops(tasks: list[Any]) -> list[Any]:
    """The branches right below the project."""
    parents = {t.parent_id for t in tasks}
    return [t for t in tasks if t.parent_id is None and t.pk in parents]


def _packages(project: Project, tasks: list[Any]) -> None:
    for number, task in enumerate(_tops(tasks)):
        method = Package.Method.FIFTY_FIFTY if task.name == "联调" else Package.Method.PHYSICAL
        Package(project=project, code=f"WP-{number + 1:02d}", name=task.name, task=task, method=method).save()


def _estimates(tasks: list[Any], dice: random.Random) -> None:
    """Every third open task has been estimated at its best and its worst."""
    from jingwei.domains.work.models import Task

    for task in [t for t in tasks if t.percent < 100 and t.duration_minutes][::3]:
        worst = round(task.duration_minutes * dice.choice((1.4, 1.8, 2.4)))
        Task.objects.filter(pk=task.pk).update(optimistic_minutes=round(task.duration_minutes * 0.85), pessimistic_minutes=worst)


def _actual(project: Project, tasks: list[Any], today: date, dice: random.Random) -> None:
    """What was spent so far; the present month is paid in part. Where an ERP is joined, its vouchers say it."""
    begun = [t for t in tasks if t.percent and t.duration_minutes]
    for month in range(-5, 1):
        first = _month(today, month)
        for number, (account, text, most) in enumerate(accounts):
            amount = to_cents(Decimal(dice.randrange(most // 3, most)) / (9 if month else 16))
            Line(
                project=project, number=f"AC-{first:%Y%m}-{number + 1}", kind=Line.Kind.ACTUAL, account=account, description=f"{text} {first.month} 月实际", amount=amount,
                period=f"{first:%Y-%m}", posted_on=first.replace(day=min(25, today.day if not month else 25)), task=dice.choice(begun), status=Line.Status.POSTED,
            ).save()  # fmt: skip


def _planned(project: Project, tasks: list[Any], today: date, dice: random.Random) -> None:
    tops = _tops(tasks)
    for month in range(-5, 4):
        first = _month(today, month)
        for number, (account, text, most) in enumerate(accounts):
            amount = to_cents(Decimal(dice.randrange(most // 3, most)) / 10)
            branch = tops[(month + 5 + number) % len(tops)] if account in ("labour", "subcontract") else None
            Line(
                project=project, number=f"PL-{first:%Y%m}-{number + 1}", kind=Line.Kind.PLANNED, account=account, description=f"{text} {first.month} 月计划", amount=amount,
                period=f"{first:%Y-%m}", task=branch, status=Line.Status.POSTED,
            ).save()  # fmt: skip


def _sheets(code: str, project: Project, tasks: list[Any], today: date, dice: random.Random) -> None:
    crews = list(Team.objects.filter(kind=Team.Kind.SUBCONTRACTOR))
    sites = [t for t in tasks if "：" in t.name and not t.is_milestone]
    for number in range(14):
        day = today - timedelta(days=number * 2 + 1)
        lines = []
        for name in dice.sample(workers, dice.randrange(2, 5)):
            trade, rate = dice.choice(trades)
            lines.append({"worker": name, "trade": trade, "hours": Decimal(dice.choice((4, 8, 8, 10))), "rate": Decimal(rate)})
        status = Sheet.Status.CONFIRMED if number > 5 else dice.choice((Sheet.Status.SUBMITTED, Sheet.Status.DRAFT, Sheet.Status.CONFIRMED))
        sheet = Sheet(
            project=project, number=f"DL-{code[:3]}-{day:%m%d}", work_date=day, team=dice.choice(crews), task=dice.choice(sites), place=dice.choice(("一车间", "二车间", "库房", "机房")),
            description=dice.choice(works), status=status, submitted_at=_at(day) if status != Sheet.Status.DRAFT else None, currency=project.currency if status != Sheet.Status.DRAFT else "",
            confirmed_at=_at(day + timedelta(days=1)) if status == Sheet.Status.CONFIRMED else None,
            total_hours=sum(line["hours"] for line in lines), total_amount=sum((to_cents(line["hours"] * line["rate"]) for line in lines), Decimal(0)),
        )  # fmt: skip
        sheet.save()
        for line in lines:
            SheetLine(sheet=sheet, **line).save()
        if status == Sheet.Status.CONFIRMED:
            cost.sheet_book(sheet=sheet)


def _at(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 18, 0))
