"""The risk register of a project as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.risk import queries
from jingwei.domains.risk.models import Risk
from jingwei.frame.documents import Asked, Authored, Column, Document, Facts, TableOf

sees_people = "directory.person.view"


def counts(asked: Asked) -> Iterator[tuple[Any, Any]]:
    """How many there are, by state and by how grave they are, and what the open ones are expected to cost."""
    risks = list(queries.risks_of(asked.project.pk))
    states = Counter(risk.status for risk in risks)
    grave = Counter(risk.severity for risk in risks if risk.is_open)
    yield _("Risks in the register"), len(risks)
    yield from ((name, states[state]) for state, name in Risk.Status.choices)
    yield from ((name, grave[key]) for key, name in (("high", _("Open, high")), ("medium", _("Open, medium")), ("low", _("Open, low"))))
    yield _("EMV now"), f"{sum(risk.emv_now_amount for risk in risks):,.2f} {asked.project.currency}"


def register_columns(asked: Asked) -> tuple[Column, ...]:
    """Owners stand in it for those who may see people."""
    columns = (
        Column(gettext_lazy("code"), 1.1), Column(gettext_lazy("title"), 2.6), Column(gettext_lazy("category"), 1.2), Column(gettext_lazy("status"), 1.2),
        Column(gettext_lazy("score"), 0.8, is_number=True), Column(gettext_lazy("EMV now"), 1.5, is_number=True),
    )  # fmt: skip
    return (*columns, *([Column(gettext_lazy("owner"), 1.2)] if asked.may(sees_people) else []), Column(gettext_lazy("next review"), 1.3))


def register(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Every risk, the gravest open ones first."""
    risks = sorted(queries.risks_of(asked.project.pk), key=lambda risk: (not risk.is_open, -risk.score, risk.code))
    sees = asked.may(sees_people)
    for risk in risks:
        told = (risk.code, risk.title, risk.get_category_display(), risk.get_status_display(), risk.score, risk.emv_now_amount)
        yield (*told, *([risk.owner] if sees else []), risk.review_on)


def responses(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """What is done about the open ones."""
    for risk in queries.open_risks(asked.project.pk):
        yield risk.code, risk.cause, risk.trigger, risk.get_strategy_display(), risk.response


register_document = Document(
    "risk.register",
    gettext_lazy("Risk register"),
    permission="risk.risk.export",
    edits="risk.risk.change",
    follows=("risk.risk",),
    icon="alert",
    sections=(
        Facts("counts", gettext_lazy("At a glance"), counts),
        Authored("assessment", gettext_lazy("Assessment"), gettext_lazy("How the project stands with its risks, and what the steering committee should know.")),
        TableOf("register", gettext_lazy("Register"), register_columns, register),
        TableOf(
            "responses",
            gettext_lazy("Causes and responses"),
            (
                Column(gettext_lazy("code"), 0.7), Column(gettext_lazy("cause and description"), 2), Column(gettext_lazy("trigger"), 1.2),
                Column(gettext_lazy("response strategy"), 0.8), Column(gettext_lazy("response"), 2),
            ),
            responses,
        ),
    ),
)  # fmt: skip
