"""The change requests of a project as a document: what was asked for, what it would do, who decided and how."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jingwei.domains.change.models import ChangeRequest
from jingwei.frame import declare as d

of, minutes_an_hour = "change.changerequest", 60


def hours(request: ChangeRequest) -> str | None:
    """By how much the finish would move."""
    return f"{request.effect['delta_minutes'] / minutes_an_hour:+.1f}" if "delta_minutes" in request.effect else None


def money(request: ChangeRequest) -> Decimal | None:
    """By how much the planned cost would change."""
    return Decimal(request.effect["cost_then"]) - Decimal(request.effect["cost_now"]) if "cost_then" in request.effect else None


effects = {
    "hours": d.Told(_("finish moves by (working hours)"), hours, 1, is_number=True),
    "money": d.Told(_("cost changes by"), money, 1.1, needs="cost.line.view", is_number=True),
}
reasons = {"code": 0.7, "requested_by": 1, "reason": 2, "decided_by": 1, "decided_at": 1.2, "decision": 2}
d.register(
    "change.log", _("Change log"), of,
    d.Facts("counts", _("At a glance"), d.by_state(of, _("Change requests"))),
    d.Authored("remarks", _("Remarks"), _("What a reader of the log should know that no row says.")),
    d.rows_of("requests", _("Requests and their effect"), of, {"code": 0.8, "title": 2.2, "kind": 0.8, "status": 1, **effects}, order=("-id",)),
    d.rows_of("decisions", _("Reasons and decisions"), of, reasons, order=("-id",)), icon="git-merge",
)  # fmt: skip
