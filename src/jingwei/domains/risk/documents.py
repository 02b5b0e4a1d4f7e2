"""The risk register of a project as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.risk import queries
from jingwei.frame import declare as d

of = "risk.risk"


def counts(asked: d.Asked) -> Iterator[tuple[Any, Any]]:
    """How many there are, by state and by how grave they are, and what the open ones are expected to cost."""
    risks = list(queries.risks_of(asked.project.pk))
    grave = Counter(risk.severity for risk in risks if risk.is_open)
    yield from d.by_state(of, _("Risks in the register"), lambda _asked: risks)(asked)
    yield from ((name, grave[key]) for key, name in (("high", _("Open, high")), ("medium", _("Open, medium")), ("low", _("Open, low"))))
    yield _("EMV now"), f"{sum(risk.emv_now_amount for risk in risks):,.2f} {asked.project.currency}"


d.register(
    "risk.register", _("Risk register"), of,
    d.Facts("counts", _("At a glance"), counts),
    d.Authored("assessment", _("Assessment"), _("How the project stands with its risks, and what the steering committee should know.")),
    d.rows_of(
        "register", _("Register"), of,
        {"code": 1.1, "title": 2.6, "category": 1.2, "status": 1.2, "score": 0.8, "emv_now_amount": 1.5, "owner": 1.2, "review_on": 1.3},
        rows=lambda asked: sorted(queries.risks_of(asked.project.pk), key=lambda risk: (not risk.is_open, -risk.score, risk.code)), numbers=("score", "emv_now_amount"),
    ),
    d.rows_of(
        "responses", _("Causes and responses"), of, {"code": 0.7, "cause": 2, "trigger": 1.2, "strategy": 0.8, "response": 2},
        rows=lambda asked: queries.open_risks(asked.project.pk),
    ), icon="alert",
)  # fmt: skip
