"""Decisions, declared: from a proposal by a vote of two to what holds, until another takes its place."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.domains.decision.models import Decision
from jingwei.frame import declare as d

State, voted_on = Decision.Status, ("title", "situation", "choice", "alternatives", "consequences")
covered = (*voted_on, "extra")  # declared fields are voted on too
fixed, others = (*covered, "code", "project"), d.Authors(covered)


def check_successor(decision: Decision) -> None:
    """What takes its place holds itself, in the same project."""
    successor = decision.successor
    if successor is None or successor.pk == decision.pk or successor.project_id != decision.project_id or successor.status != State.ACCEPTED:
        raise ValidationError({"successor": str(_("Name another decision of this project that is accepted."))})


life = d.Lifecycle("status", start=State.PROPOSED, steps=(
    d.Step("submit", _("Put to the vote"), (State.PROPOSED, State.RETURNED), State.VOTING, icon="send"),
    d.Step("withdraw", _("Take the proposal back"), (State.VOTING, State.REJECTED), State.RETURNED, clears=("decided",), icon="refresh"),
    d.Step("accept", _("Accept"), (State.VOTING,), State.ACCEPTED, stamps="decided", never_by=others),
    d.Step("reject", _("Reject"), (State.VOTING,), State.REJECTED, asks=("refusal",), stamps="decided", never_by=others, icon="x"),
    d.Step("supersede", _("Supersede"), (State.ACCEPTED,), State.SUPERSEDED, asks=("successor",), needs=(check_successor,), icon="git-branch"),
), tones={State.VOTING: "busy", State.ACCEPTED: "good", State.REJECTED: "bad", State.SUPERSEDED: "plain"},
    locked={State.ACCEPTED: fixed, State.REJECTED: fixed, State.SUPERSEDED: d.Everything},
    removable=(State.PROPOSED, State.RETURNED), stays_after=(State.ACCEPTED, State.REJECTED), mend=_("Write a new one that supersedes it."),
)  # fmt: skip
approval = d.Approval("submit", "accept", "reject", (d.Stage("vote", _("Vote"), quorum=2),), days=5, late="escalate", voids_on=covered, back="withdraw")
decisions = d.Resource(
    Decision, life=life, approval=approval, roles={"manager": "*", "pmo": "*", "engineer": "view add change submit withdraw accept reject"},
    columns=("code", "title", "status", "owner", "review_on", "decided_at", "successor"), fields=("project", "code", *voted_on, "owner", "review_on"),
    natural_key=("project__code", "code"), filters=("project", "status", "owner"), search=("code", *voted_on), inline=("title", "owner", "review_on"),
    order=("project__code", "-id"), views=(d.Board("status", title_from="title", owner="owner", due="review_on"), d.Month("review_on")),
    carries=d.carried_kinds, icon="scale", menu="scope", templated=("code", *voted_on, "owner", "review_on"),
    example=lambda: {"code": "D-1", "title": "主数据以 ERP 为准", "choice": "物料与供应商以 ERP 为唯一来源。", "review_on": dt.date(2027, 1, 15)},
)  # fmt: skip
d.Trace("decides", _("decides on"), _("is decided by"), "decision.decision", "work.task", suspect_on=("name",), source_suspect_on=("choice",))
d.overdue(
    "decision.review", _("Decisions to review"), "decision.decision", "review_on",
    _("Decision %(row)s was to be reviewed on %(day)s: does it still hold?"), only=Q(status=State.ACCEPTED), homes={"pmo": 50},
)  # fmt: skip
columns = {"code": 0.7, "title": 1.5, "choice": 3, "status": 0.9, "decided_at": 1.1, "review_on": 1}
log = d.rows_of("decisions", _("Decisions"), "decision.decision", columns, order=("-id",))
paper = (
    "code",
    "title",
    "situation",
    "alternatives",
    "choice",
    "consequences",
    "status",
    "decided_by",
    "decided_at",
    "refusal",
    "successor",
    "owner",
    "review_on",
)
d.paper("decision.paper", _("Decision paper"), "decision.decision", paper, d.Authored("remarks", _("Remarks")), icon="scale")
d.register("decision.log", _("Decision log"), "decision.decision", d.Authored("remarks", _("Remarks")), log, icon="scale")
