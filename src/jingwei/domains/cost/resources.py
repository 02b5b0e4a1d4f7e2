"""Cost lines and work packages, declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import services
from jingwei.domains.cost.models import Line, Package, PackageMilestone, Rate
from jingwei.frame.lives.lifecycle import Lifecycle, Step
from jingwei.frame.records.resource import Children, Resource
from jingwei.frame.views import Chart

money = ("number", "amount", "currency", "account", "period", "kind", "project")
life = Lifecycle(
    "status",
    start=Line.Status.DRAFT,
    is_carried=True,
    steps=(
        Step("post", _("Post"), (Line.Status.DRAFT,), Line.Status.POSTED, does=services.line_dated, bulk=True),
        Step("reverse", _("Reverse"), (Line.Status.POSTED,), Line.Status.REVERSED, icon="refresh", confirm=True),
    ),
    locked=dict.fromkeys((Line.Status.POSTED, Line.Status.REVERSED), money),
    removable=(Line.Status.DRAFT,),
    mend={Line.Status.POSTED: _("Reverse it and write a new one."), Line.Status.REVERSED: _("Write a new one.")},
)
lines = Resource(
    Line,
    life=life,
    columns=("number", "kind", "account", "description", "amount", "currency", "period", "supplier", "status", "task"),
    fields=(
        "project", "number", "kind", "account", "description", "amount", "currency", "period", "posted_on", "supplier", "task",
    ),
    natural_key=("project__code", "number"),
    filters=("project", "kind", "account", "period", "status"),
    search=("number", "description", "supplier"),
    inline=("description", "amount"),
    order=("-period", "number"),
    views=(Chart("account", sum_of="amount"), Chart("period", sum_of="amount", name="by-period", title=_("By period"))),
    roles={"finance": "*", "manager": "add change import"},
    write=services.line_save,
    write_many=services.lines_save,
    carries=("files", "talk", "tags", "watch"),
    icon="coin",
    menu="cost",
    example=lambda: {
        "number": "C-1", "account": "labour", "description": "实施人工", "amount": Decimal("1200.50"), "period": "2026-11",
        "posted_on": date(2026, 11, 20),
    },
)  # fmt: skip
rates = Resource(
    Rate,
    columns=("currency", "base", "on", "rate"),
    fields=("currency", "base", "on", "rate"),
    natural_key=("currency", "base", "on"),
    filters=("currency", "base"),
    search=("currency", "base"),
    inline=("rate",),
    order=("currency", "base", "-on"),
    roles={"finance": "*", "manager": "view", "pmo": "view"},
    icon="arrows-exchange",
    menu="business",
    example=lambda: {"currency": "USD", "base": "CNY", "on": date(2026, 11, 1), "rate": Decimal("7.12")},
)
packages = Resource(
    Package,
    columns=("code", "name", "task", "method", "budget", "units_done", "units_planned"),
    fields=("project", "code", "name", "task", "method", "budget", "units_planned", "units_done"),
    natural_key=("project__code", "code"),
    filters=("project", "method"),
    search=("code", "name"),
    inline=("name", "method", "budget", "units_done"),
    order=("project__code", "code"),
    children=(Children("milestones", ("milestone", "weight")),),
    roles={"finance": "*", "manager": "*", "pmo": "*", "engineer": "view"},
    rules=(services.check_package,),
    icon="package",
    menu="cost",
    example=lambda: {"code": "WP-1", "name": "接口开发", "method": "physical", "budget": Decimal("50000.00")},
)  # fmt: skip
package_milestones = Resource(
    PackageMilestone,
    columns=("package", "milestone", "weight"),
    fields=("package", "milestone", "weight"),
    natural_key=("package__project__code", "package__code", "milestone__code"),
    search=("package__code", "milestone__name"),
    inline=("weight",),
    roles={"finance": "*", "manager": "*", "pmo": "*", "engineer": "view"},
    icon="flag",
    example=lambda: {"weight": Decimal(1)},
)
