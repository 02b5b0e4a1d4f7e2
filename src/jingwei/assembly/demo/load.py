"""Loads the demo organisation: people, plan, money, day labour, the systems and their interfaces, what is decided and asked for."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from jingwei.assembly.demo import changes, decisions, money, people, plan, risks, systems
from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant
from jingwei.frame.rights.access import roles_of

projects = (
    ("MES-ROLL", "MES 全厂推广", "精工制造 一分厂", -170, "把制造执行系统推广到四条产线，与 ERP 和跟踪系统打通。"),
    ("ERP-JOIN", "ERP 集成", "精工制造 财务部", -120, "成本凭证与采购订单自动进入项目成本，月结对账零差异。"),
    ("WMS-PDA", "WMS 与 PDA 上线", "精工制造 物流部", -75, "收货、上架、拣货全部扫码，库存与 ERP 实时一致。"),
)


def load(today: date | None = None) -> Tenant:
    """Make the demo organisation around `today`; the database must not have one yet."""
    today = today or timezone.localdate()
    with transaction.atomic():
        tenant = Tenant.objects.create(code="demo", name="精工制造（演示）")
        roles_of(tenant)
        with scope.within(scope.Scope(tenant.pk, origin="demo", reason="演示数据")):
            staff = people.load()
            made = {}
            for code, name, customer, start, text in projects:
                project = Project(code=code, name=name, customer=customer, start_on=today + timedelta(days=start), description=text)
                project.save()
                made[code] = project
            interfaces = systems.load(made)
            tasks = plan.load(made, staff, interfaces, today)
            money.load(made, tasks, staff, today)
            risks.load(made, tasks, staff, today)
            decisions.load(made, staff, today)
    with scope.within(scope.Scope(tenant.pk, origin="demo", reason="首次计算")):
        plan.calculate(made)
        changes.load(made)
    return tenant
