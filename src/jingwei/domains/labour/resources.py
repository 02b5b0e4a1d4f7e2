"""Day-labour sheets and their lines, declared."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.domains.labour import queries, services
from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.frame.declare import Authors, Board, Children, Everything, Lifecycle, Month, Resource, Step, carried_kinds, overdue, part, totals

State = Sheet.Status
life = Lifecycle(
    "status",
    start=State.DRAFT,
    steps=(
        Step("submit", _("Submit"), Sheet.written_in, State.SUBMITTED, needs=(services.check_lines,), does=services.keep_currency, stamps="submitted", clears=("confirmed",), icon="upload", bulk=True),
        Step("confirm", _("Confirm"), (State.SUBMITTED,), State.CONFIRMED, stamps="confirmed", bulk=True, never_by=Authors(
            ("work_date", "description", "team"), parts={"lines": ("worker", "trade", "hours", "rate")}, named=("submitted_by",))),
        Step("dispute", _("Dispute"), (State.SUBMITTED, State.CONFIRMED), State.DISPUTED, asks=("dispute",), then=services.tell_returned, icon="alert"),
        Step("settle", _("Mark as paid"), (State.CONFIRMED,), State.SETTLED, icon="coin", bulk=True, confirm=True),
    ),
    locked=dict.fromkeys((State.SUBMITTED, State.CONFIRMED, State.SETTLED), Everything),
    removable=Sheet.written_in,
    stays_after=(State.CONFIRMED,),
    mend={State.SUBMITTED: _("Dispute it first."), State.CONFIRMED: _("Dispute it first."), State.SETTLED: _("It is paid: write a new sheet for what is different.")},
)  # fmt: skip
sheets = Resource(
    Sheet, life=life, children=(Children("lines", ("worker", "trade", "hours", "rate")),), shows=(Children("cost_lines", ("number", "amount", "period", "status"), _("Cost of it")),), roles={"manager": "*", "crew": "view add change submit", "finance": "*"},
    columns=("number", "work_date", "team", "task", "status", "total_hours", "total_amount", "currency"),
    fields=("project", "number", "work_date", "team", "task", "place", "description", "photo"), natural_key=("project__code", "number"),
    filters=("project", "team", "status"), search=("number", "description", "place"), inline=("place",), order=("-work_date", "number"),
    rules=(services.check_day, services.check_photo), doubts=(queries.same_again,), after=totals("lines", total_hours="hours", total_amount="amount"),
    views=(Board("status", title_from="description", owner="team", due="work_date", sum_of="total_amount"), Month("work_date")),
    carries=carried_kinds, icon="file", menu="cost", example=lambda: {"number": "D-1", "work_date": date(2026, 11, 20), "description": "桥架安装"},
)  # fmt: skip
sheet_lines = part(
    SheetLine, "worker", "worker", "trade", "hours", "rate", also=("amount",), inline=("hours", "rate"), filters=("trade",), search=("worker", "trade"), icon="users",
    rules=(services.check_line,), roles={"manager": "*", "crew": "view add change delete", "finance": "*"},
    example=lambda: {"worker": "李师傅", "trade": "电工", "hours": Decimal(8), "rate": Decimal("45.00")},
)  # fmt: skip
overdue(
    "sheet.unconfirmed", _("Sheet not confirmed"), "labour.sheet", "submitted_at", _("Day-labour sheet %(row)s waits for its confirmation since %(day)s"),
    only=Q(status=State.SUBMITTED), patience=timedelta(days=2), joined=("team",),
)  # fmt: skip
