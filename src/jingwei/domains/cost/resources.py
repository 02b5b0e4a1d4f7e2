"""Cost lines, declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import services
from jingwei.domains.cost.models import Line
from jingwei.frame.resource import Resource, Verb

lines = Resource(
    Line,
    columns=("number", "kind", "account", "description", "amount", "currency", "period", "supplier", "status", "task"),
    fields=(
        "project", "number", "kind", "account", "description", "amount", "currency", "period", "posted_on", "supplier", "task", "status",
    ),
    natural_key=("project__code", "number"),
    filters=("project", "kind", "account", "period", "status"),
    search=("number", "description", "supplier"),
    inline=("description", "amount", "status"),
    order=("-period", "number"),
    roles={"finance": "*", "manager": "add change import"},
    write=services.line_save,
    write_many=services.lines_save,
    verbs=(
        Verb("post", _("Post"), services.line_post, icon="check", bulk=True, when=lambda line: line.status == "draft"),
        Verb("reverse", _("Reverse"), services.line_reverse, icon="refresh", confirm=True, when=lambda line: line.status == "posted"),
    ),
    icon="coin",
    menu="cost",
    example=lambda: {
        "number": "C-1", "account": "labour", "description": "实施人工", "amount": Decimal("1200.50"), "period": "2026-11",
        "posted_on": date(2026, 11, 20),
    },
)  # fmt: skip
