"""Cost lines and work packages, declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import services
from jingwei.domains.cost.models import Line, Package, PackageMilestone, Rate
from jingwei.frame.declare import Chart, Children, Lifecycle, Resource, Step, carried_kinds, part

money = ("number", "amount", "currency", "account", "period", "posted_on", "kind", "project")
life = Lifecycle(
    "status",
    start=Line.Status.DRAFT,
    stands=services.line_stands,
    is_carried=True,
    steps=(
        Step("post", _("Post"), (Line.Status.DRAFT,), Line.Status.POSTED, does=services.line_dated, bulk=True),
        Step("reverse", _("Reverse"), (Line.Status.POSTED,), Line.Status.REVERSED, icon="refresh", confirm=True, unless=services.line_stands),
    ),
    locked=dict.fromkeys((Line.Status.POSTED, Line.Status.REVERSED), money),
    removable=(Line.Status.DRAFT,),
    mend={Line.Status.POSTED: _("Reverse it and write a new one."), Line.Status.REVERSED: _("Write a new one.")},
)
lines = Resource(
    Line, life=life, write=services.line_save, write_many=services.lines_save, roles={"finance": "*", "manager": "add change import"},
    columns=("number", "kind", "account", "description", "amount", "currency", "period", "supplier", "status", "task", "sheet"),
    fields=("project", "number", "kind", "account", "description", "amount", "currency", "period", "posted_on", "supplier", "task"),
    natural_key=("project__code", "number"), order=("-period", "number"),
    filters=("project", "kind", "account", "period", "status"), search=("number", "description", "supplier"), inline=("description", "amount"),
    views=(Chart("account", sum_of="amount"), Chart("period", sum_of="amount", name="by-period", title=_("By period"))),
    carries=carried_kinds, icon="coin", menu="cost", veiled=("sheet",),
    example=lambda: {"number": "C-1", "account": "labour", "description": "实施人工", "amount": Decimal("1200.50"), "period": "2026-11", "posted_on": date(2026, 11, 20)},
)  # fmt: skip
of_rate = ("currency", "base", "on")
rates = Resource(
    Rate, columns=(*of_rate, "rate"), fields=(*of_rate, "rate"), natural_key=of_rate, order=("currency", "base", "-on"),
    filters=("currency", "base"), search=("currency", "base"), inline=("rate",), roles={"finance": "*", "manager": "view", "pmo": "view"},
    icon="arrows-exchange", menu="business", example=lambda: {"currency": "USD", "base": "CNY", "on": date(2026, 11, 1), "rate": Decimal("7.12")},
)  # fmt: skip
packages = Resource(
    Package, rules=(services.check_package,), roles={"finance": "*", "manager": "*", "pmo": "*", "engineer": "view"},
    columns=("code", "name", "task", "method", "budget", "units_done", "units_planned"),
    fields=("project", "code", "name", "task", "method", "budget", "units_planned", "units_done"),
    natural_key=("project__code", "code"), order=("project__code", "code"), children=(Children("milestones", ("milestone", "weight")),),
    filters=("project", "method"), search=("code", "name"), inline=("name", "method", "budget", "units_done"), icon="package", menu="cost",
    example=lambda: {"code": "WP-1", "name": "接口开发", "method": "physical", "budget": Decimal("50000.00")},
)  # fmt: skip
package_milestones = part(
    PackageMilestone, "milestone__code", "milestone", "weight", search=("package__code", "milestone__name"), icon="flag",
    roles={"finance": "*", "manager": "*", "pmo": "*", "engineer": "view"}, example=lambda: {"weight": Decimal(1)},
)  # fmt: skip
