"""The change requests of a project as a document: what was asked for, what it would do, who decided and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.change import queries
from jingwei.domains.change.models import ChangeRequest
from jingwei.frame.documents import Asked, Authored, Column, Document, Facts, TableOf

sees_money = "cost.line.view"
minutes_an_hour = 60


def counts(asked: Asked) -> Iterator[tuple[Any, Any]]:
    """How many there are, by state."""
    states = Counter(queries.requests_of(asked.project.pk).order_by().values_list("status", flat=True))
    yield _("Change requests"), sum(states.values())
    yield from ((name, states[state]) for state, name in ChangeRequest.Status.choices)


def log_columns(asked: Asked) -> tuple[Column, ...]:
    """What a change would cost stands in it for those who may see costs."""
    columns = (
        Column(gettext_lazy("code"), 0.8), Column(gettext_lazy("title"), 2.2), Column(gettext_lazy("kind"), 0.8), Column(gettext_lazy("status"), 1),
        Column(gettext_lazy("finish moves by (working hours)"), 1, is_number=True),
    )  # fmt: skip
    return (*columns, *([Column(gettext_lazy("cost changes by"), 1.1, is_number=True)] if asked.may(sees_money) else []))


def log(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Every request with its effect as it was assessed, the newest first."""
    sees = asked.may(sees_money)
    for each in queries.requests_of(asked.project.pk):
        effect = each.effect
        hours = f"{effect['delta_minutes'] / minutes_an_hour:+.1f}" if "delta_minutes" in effect else None
        more = Decimal(effect["cost_then"]) - Decimal(effect["cost_now"]) if "cost_then" in effect else None
        yield (each.code, each.title, each.get_kind_display(), each.get_status_display(), hours, *([more] if sees else []))


def decisions(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Who asked, why, who decided and why."""
    for each in queries.requests_of(asked.project.pk):
        yield each.code, each.requested_by, each.reason, each.decided_by, each.decided_at, each.decision


log_document = Document(
    "change.log",
    gettext_lazy("Change log"),
    permission="change.changerequest.export",
    edits="change.changerequest.change",
    follows=("change.changerequest",),
    icon="git-merge",
    sections=(
        Facts("counts", gettext_lazy("At a glance"), counts),
        Authored("remarks", gettext_lazy("Remarks"), gettext_lazy("What a reader of the log should know that no row says.")),
        TableOf("requests", gettext_lazy("Requests and their effect"), log_columns, log),
        TableOf(
            "decisions",
            gettext_lazy("Reasons and decisions"),
            (
                Column(gettext_lazy("code"), 0.7), Column(gettext_lazy("requested by"), 1), Column(gettext_lazy("reason"), 2), Column(gettext_lazy("decided by"), 1),
                Column(gettext_lazy("decided at"), 1.2), Column(gettext_lazy("reason of the decision"), 2),
            ),
            decisions,
        ),
    ),
)  # fmt: skip
