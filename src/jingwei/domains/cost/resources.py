"""Cost lines and work packages, declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import services
from jingwei.domains.cost.models import Line, Package, PackageMilestone
from jingwei.frame.resource import Children, Resource, Verb

lines = Resource(
    Line,
    columns=("number", "kind", "account", "description", "amount", "currency", "period", "supplier", "status", "task"),
    fields=(
        "project", "number", "kind", "account", "description", "amount", "currency", "period", "posted_on", "supplier", "task", "status",
    ),
    natural_key=("project__code", "number"),
    filters=("project", "kind", "account", "period", "status"),
    search=("number", "description", "supplier"),
    inline=("description", "amount"),
    order=("-period", "number"),
    roles={"finance": "*", "manager": "add change import"},
    write=services.line_save,
    write_many=services.lines_save,
    verbs=(
        Verb("post", _("Post"), services.line_post, icon="check", bulk=True, leads={"status": "posted"}, when=lambda line: line.status == "draft"),
        Verb("reverse", _("Reverse"), services.line_reverse, icon="refresh", confirm=True, leads={"status": "reversed"}, when=lambda line: line.status == "posted"),
    ),
    icon="coin",
    menu="cost",
    example=lambda: {
        "number": "C-1", "account": "labour", "description": "实施人工", "amount": Decimal("1200.50"), "period": "2026-11",
        "posted_on": date(2026, 11, 20),
    },
)  # fmt: skip
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
    write=services.package_save,
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
    write=services.milestone_save,
    icon="flag",
    example=lambda: {"weight": Decimal(1)},
)
