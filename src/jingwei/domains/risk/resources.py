"""Risks and their impacts, declared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.domains.risk import services
from jingwei.domains.risk.models import Risk, RiskImpact
from jingwei.frame.lives.lifecycle import Everything, Lifecycle, Step
from jingwei.frame.records.resource import Children, Resource
from jingwei.frame.traces import Trace
from jingwei.frame.views import Axis, Board, Grade, Matrix, Month
from jingwei.kernels.risk import scoring as risk_scoring

State = Risk.Status
life = Lifecycle(
    "status",
    start=State.IDENTIFIED,
    steps=(
        Step("assess", _("Mark as assessed"), (State.IDENTIFIED,), State.ASSESSED, bulk=True),
        Step("plan", _("Plan the response"), (State.ASSESSED,), State.PLANNED, asks=("strategy",), may_ask=("response",), needs=(services.check_response,), icon="pencil"),
        Step("monitor", _("Response in place"), (State.PLANNED,), State.MONITORING, icon="eye", bulk=True),
        Step("occur", _("Mark as occurred"), Risk.open_states, State.OCCURRED, icon="alert", confirm=True),
        Step("close", _("Close"), (*Risk.open_states, State.OCCURRED), State.CLOSED, bulk=True, confirm=True),
        Step("reopen", _("Take up again"), (State.OCCURRED, State.CLOSED), State.ASSESSED, icon="refresh"),
    ),
    tones={State.MONITORING: "busy", State.OCCURRED: "bad", State.CLOSED: "good"},
    locked={State.CLOSED: Everything},
    removable=Risk.open_states,
    stays_after=(State.OCCURRED,),
    mend=_("Take it up again first."),
)  # fmt: skip
likelihoods = {5: _("Very likely"), 4: _("Likely"), 3: _("Possible"), 2: _("Unlikely"), 1: _("Rare")}
severities = {"high": ("bad", _("high")), "medium": ("warn", _("medium")), "low": ("good", _("low"))}


def severity(level: int, impact: int) -> Grade:
    """The colour of a cell, its score and how grave it is."""
    tone, words = severities[risk_scoring.severity_of(level * impact)]
    return Grade(tone, str(level * impact), words)


def matrix(*before: str, **named: Any) -> Matrix:
    """Probability × impact of open risks; of those that are named with a prefix first, where they are given."""
    probability, impact = ((*(f"{each}_{name}" for each in before), name) for name in ("probability", "impact"))
    down = Axis(probability, risk_scoring.band_tops, likelihoods, title=_("probability"))
    return Matrix(down, Axis(impact, title=_("Impact")), severity, only=Q(status__in=Risk.open_states), **named)


inherent, residual = matrix(), matrix("residual", name="residual", title=_("After the response"))
everything = {"manager": "*", "pmo": "*", "engineer": "view add change assess plan monitor occur"}
risks = Resource(
    Risk,
    life=life,
    columns=("code", "title", "category", "status", "probability", "impact", "score", "residual_score", "emv_amount", "emv_now_amount", "owner", "review_on"),
    fields=(
        "project", "code", "title", "cause", "category", "probability", "impact", "residual_probability", "residual_impact", "cost_low", "cost_likely", "cost_high",
        "trigger", "strategy", "response", "owner", "review_on",
    ),
    natural_key=("project__code", "code"),
    filters=("project", "category", "status", "strategy", "owner"),
    search=("code", "title", "cause"),
    inline=("title", "probability", "impact", "review_on"),
    order=("project__code", "code"),
    children=(Children("impacts", ("task", "delay_low_minutes", "delay_likely_minutes", "delay_high_minutes")),),
    roles=everything,
    views=(Board("status", title_from="title", owner="owner", due="review_on", tags=("category",)), inherent, residual, Month("review_on")),
    rules=(services.check_costs,),
    carries=("files", "talk", "tags", "watch"),
    icon="alert",
    menu="risks",
    example=lambda: {
        "code": "R-1", "title": "供应商接口文档延期", "category": "supplier", "probability": 40, "impact": 4, "cost_low": Decimal("5000.00"),
        "cost_likely": Decimal("12000.00"), "cost_high": Decimal("30000.00"),
    },
)  # fmt: skip
impacts = Resource(
    RiskImpact,
    columns=("risk", "task", "delay_low_minutes", "delay_likely_minutes", "delay_high_minutes"),
    fields=("risk", "task", "delay_low_minutes", "delay_likely_minutes", "delay_high_minutes"),
    natural_key=("risk__project__code", "risk__code", "task__code"),
    search=("risk__code", "task__name"),
    inline=("delay_low_minutes", "delay_likely_minutes", "delay_high_minutes"),
    roles={"manager": "*", "pmo": "*", "engineer": "view add change delete"},
    rules=(services.check_impact,),
    icon="flag",
    example=lambda: {"delay_low_minutes": 480, "delay_likely_minutes": 960, "delay_high_minutes": 2400},
)
threatens = Trace("threatens", _("threatens"), _("is threatened by"), source="risk.risk", target="work.task", suspect_on=("name", "description"))
