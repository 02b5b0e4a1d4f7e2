"""Day-labour sheets and their lines, declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jingwei.domains.labour import services
from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.frame.resource import Children, Resource, Verb

sheets = Resource(
    Sheet,
    columns=("number", "work_date", "team", "task", "status", "total_hours", "total_amount"),
    fields=("project", "number", "work_date", "team", "task", "place", "description", "photo"),
    natural_key=("project__code", "number"),
    filters=("project", "team", "status"),
    search=("number", "description", "place"),
    inline=("place",),
    order=("-work_date", "number"),
    write=services.sheet_save,
    remove=services.sheet_remove,
    verbs=(
        Verb("submit", _("Submit"), services.sheet_submit, icon="upload", bulk=True, when=lambda sheet: sheet.status in services.open_states),
        Verb("confirm", _("Confirm"), services.sheet_confirm, icon="check", bulk=True, when=lambda sheet: sheet.status == "submitted"),
        Verb("dispute", _("Dispute"), services.sheet_dispute, fields=("dispute",), icon="alert", when=lambda sheet: sheet.status in ("submitted", "confirmed")),
    ),
    children=(Children("lines", ("worker", "trade", "hours", "rate")),),
    roles={"manager": "*", "crew": "view add change submit", "finance": "*"},
    icon="file",
    menu="labour",
    example=lambda: {"number": "D-1", "work_date": date(2026, 11, 20), "description": "桥架安装"},
)
sheet_lines = Resource(
    SheetLine,
    columns=("sheet", "worker", "trade", "hours", "rate", "amount"),
    fields=("sheet", "worker", "trade", "hours", "rate"),
    natural_key=("sheet__project__code", "sheet__number", "worker"),
    filters=("trade",),
    search=("worker", "trade"),
    inline=("hours", "rate"),
    write=services.line_save,
    remove=services.line_remove,
    returned=services.line_returned,
    roles={"manager": "*", "crew": "view add change delete", "finance": "*"},
    icon="users",
    example=lambda: {"worker": "李师傅", "trade": "电工", "hours": Decimal(8), "rate": Decimal("45.00")},
)
