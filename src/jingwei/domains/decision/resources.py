"""Decisions, declared: from a proposal by a vote of two to what holds, until another takes its place."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.decision.models import Decision
from jingwei.frame.lives.approval import Approval, Stage
from jingwei.frame.lives.eyes import Authors
from jingwei.frame.lives.lifecycle import Everything, Lifecycle, Step
from jingwei.frame.records.resource import Resource
from jingwei.frame.traces import Trace
from jingwei.frame.views import Board, Month

State = Decision.Status
voted_on = ("title", "situation", "choice", "alternatives", "consequences")


def check_successor(decision: Decision) -> None:
    """What takes its place holds itself, in the same project."""
    successor = decision.successor
    if successor is None or successor.pk == decision.pk or successor.project_id != decision.project_id or successor.status != State.ACCEPTED:
        raise ValidationError({"successor": _("Name another decision of this project that is accepted.")})


life = Lifecycle(
    "status",
    start=State.PROPOSED,
    steps=(
        Step("submit", gettext_lazy("Put to the vote"), (State.PROPOSED, State.RETURNED), State.VOTING, icon="send"),
        Step("withdraw", gettext_lazy("Take back"), (State.VOTING, State.REJECTED), State.RETURNED, clears=("decided",), icon="refresh"),
        Step("accept", gettext_lazy("Accept"), (State.VOTING,), State.ACCEPTED, stamps="decided", never_by=Authors(voted_on)),
        Step("reject", gettext_lazy("Reject"), (State.VOTING,), State.REJECTED, asks=("refusal",), stamps="decided", never_by=Authors(voted_on), icon="x"),
        Step("supersede", gettext_lazy("Supersede"), (State.ACCEPTED,), State.SUPERSEDED, asks=("successor",), needs=(check_successor,), icon="git-branch"),
    ),
    tones={State.VOTING: "busy", State.ACCEPTED: "good", State.REJECTED: "bad", State.SUPERSEDED: "plain"},
    locked={State.ACCEPTED: (*voted_on, "code", "project"), State.REJECTED: (*voted_on, "code", "project"), State.SUPERSEDED: Everything},
    removable=(State.PROPOSED, State.RETURNED),
    stays_after=(State.ACCEPTED, State.REJECTED),
    mend=gettext_lazy("Write a new one that supersedes it."),
)
decisions = Resource(
    Decision,
    life=life,
    approval=Approval(
        on="submit", yes="accept", no="reject", stages=(Stage("vote", gettext_lazy("Vote"), quorum=2),), days=5, late="escalate", voids_on=voted_on
    ),
    columns=("code", "title", "status", "owner", "review_on", "decided_at", "successor"),
    fields=("project", "code", *voted_on, "owner", "review_on"),
    natural_key=("project__code", "code"),
    filters=("project", "status", "owner"),
    search=("code", *voted_on),
    inline=("title", "owner", "review_on"),
    order=("project__code", "-id"),
    roles={"manager": "*", "pmo": "*", "engineer": "view add change submit withdraw accept reject"},
    views=(Board("status", title_from="title", owner="owner", due="review_on"), Month("review_on")),
    carries=("files", "talk", "tags", "watch"),
    icon="scale",
    menu="scope",
    example=lambda: {"code": "D-1", "title": "主数据以 ERP 为准", "choice": "物料与供应商以 ERP 为唯一来源。", "review_on": dt.date(2027, 1, 15)},
)
Trace(
    "decides",
    gettext_lazy("decides on"),
    gettext_lazy("is decided by"),
    source="decision.decision",
    target="work.task",
    suspect_on=("name",),
    source_suspect_on=("choice",),
)
