"""Risks and their impacts, declared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.domains.risk import services
from jingwei.domains.risk.models import Risk, RiskImpact
from jingwei.frame import declare as d
from jingwei.kernels.risk import scoring as risk_scoring

State, delays = Risk.Status, ("delay_low_minutes", "delay_likely_minutes", "delay_high_minutes")
life = d.Lifecycle(
    "status",
    start=State.IDENTIFIED,
    steps=(
        d.Step("assess", _("Mark as assessed"), (State.IDENTIFIED,), State.ASSESSED, bulk=True),
        d.Step("plan", _("Plan the response"), (State.ASSESSED,), State.PLANNED, asks=("strategy",), may_ask=("response",), needs=(services.check_response,), icon="pencil"),
        d.Step("monitor", _("Response in place"), (State.PLANNED,), State.MONITORING, icon="eye", bulk=True),
        d.Step("occur", _("Mark as occurred"), Risk.open_states, State.OCCURRED, icon="alert", confirm=True),
        d.Step("close", _("Close"), (*Risk.open_states, State.OCCURRED), State.CLOSED, bulk=True, confirm=True),
        d.Step("reopen", _("Take up again"), (State.OCCURRED, State.CLOSED), State.ASSESSED, icon="refresh"),
    ),
    tones={State.MONITORING: "busy", State.OCCURRED: "bad", State.CLOSED: "good"},
    locked={State.CLOSED: d.Everything},
    removable=Risk.open_states,
    stays_after=(State.OCCURRED,),
    mend=_("Take it up again first."),
)  # fmt: skip
likelihoods = {5: _("Very likely"), 4: _("Likely"), 3: _("Possible"), 2: _("Unlikely"), 1: _("Rare")}
severities = {"high": ("bad", _("high")), "medium": ("warn", _("medium")), "low": ("good", _("low"))}


def severity(level: int, impact: int) -> d.Grade:
    """The colour of a cell, its score and how grave it is."""
    tone, words = severities[risk_scoring.severity_of(level * impact)]
    return d.Grade(tone, str(level * impact), words)


def matrix(*before: str, **named: Any) -> d.Matrix:
    """Probability × impact of open risks; of those that are named with a prefix first, where they are given."""
    probability, impact = ((*(f"{each}_{name}" for each in before), name) for name in ("probability", "impact"))
    down = d.Axis(probability, risk_scoring.band_tops, likelihoods, title=_("probability"))
    return d.Matrix(down, d.Axis(impact, title=_("Impact")), severity, only=Q(status__in=Risk.open_states), **named)


inherent, residual = matrix(), matrix("residual", name="residual", title=_("After the response"))
everything = {"manager": "*", "pmo": "*", "engineer": "view add change assess plan monitor occur"}
risks = d.Resource(
    Risk, life=life, roles=everything, children=(d.Children("impacts", ("task", *delays)),), order=("project__code", "code"),
    columns=("code", "title", "category", "status", "probability", "impact", "score", "residual_score", "emv_amount", "emv_now_amount", "owner", "review_on"),
    fields=(
        "project", "code", "title", "cause", "category", "probability", "impact", "residual_probability", "residual_impact", "cost_low", "cost_likely", "cost_high",
        "trigger", "strategy", "response", "owner", "review_on",
    ),
    natural_key=("project__code", "code"), filters=("project", "category", "status", "strategy", "owner"), search=("code", "title", "cause"),
    inline=("title", "probability", "impact", "review_on"),
    views=(d.Board("status", title_from="title", owner="owner", due="review_on", tags=("category",)), inherent, residual, d.Month("review_on")),
    rules=(d.in_order("cost_low", "cost_likely", "cost_high", _("The costs must be in order: at least ≤ likely ≤ at most.")),),
    templated=(
        "code", "title", "cause", "category", "probability", "impact", "residual_probability", "residual_impact", "cost_low", "cost_likely", "cost_high", "trigger", "strategy", "response",
        "owner", "review_on",
    ),
    carries=d.carried_kinds, icon="alert", menu="risks", example=lambda: {
        "code": "R-1", "title": "供应商接口文档延期", "category": "supplier", "probability": 40, "impact": 4, "cost_low": Decimal("5000.00"),
        "cost_likely": Decimal("12000.00"), "cost_high": Decimal("30000.00"),
    },
)  # fmt: skip
impacts = d.part(
    RiskImpact, "task__code", "task", *delays, templated=("risk", "task", *delays), search=("risk__code", "task__name"), icon="flag",
    roles={"manager": "*", "pmo": "*", "engineer": "view add change delete"},
    rules=(services.check_impact, d.in_order(*delays, _("The delays must be in order: at least ≤ likely ≤ at most."))),
    example=lambda: {"delay_low_minutes": 480, "delay_likely_minutes": 960, "delay_high_minutes": 2400},
)  # fmt: skip
threatens = d.Trace("threatens", _("threatens"), _("is threatened by"), source="risk.risk", target="work.task", suspect_on=("name", "description"))
d.overdue(
    "risk.review", _("Risks to review"), "risk.risk", "review_on", _("Risk %(row)s was to be reviewed on %(day)s: does the assessment still hold?"),
    only=Q(status__in=Risk.open_states), homes={"pmo": 60},
)  # fmt: skip
