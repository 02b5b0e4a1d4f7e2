"""Risks and their impacts, declared."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.risk import services
from jingwei.domains.risk.models import Risk, RiskImpact
from jingwei.frame.resource import Children, Resource, Verb


def _from(verb: str) -> Callable[[Any], bool]:
    return lambda risk: risk.status in services.steps[verb][0]


everything = {"manager": "*", "pmo": "*", "engineer": "view add change assess plan monitor occur"}
risks = Resource(
    Risk,
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
    verbs=(
        Verb("assess", _("Mark as assessed"), services.risk_assess, icon="check", bulk=True, when=_from("assess")),
        Verb("plan", _("Plan the response"), services.risk_plan, fields=("strategy", "response"), icon="pencil", when=_from("plan")),
        Verb("monitor", _("Response in place"), services.risk_monitor, icon="eye", bulk=True, when=_from("monitor")),
        Verb("occur", _("Mark as occurred"), services.risk_occur, icon="alert", confirm=True, when=_from("occur")),
        Verb("close", _("Close"), services.risk_close, icon="check", bulk=True, confirm=True, when=_from("close")),
        Verb("reopen", _("Take up again"), services.risk_reopen, icon="refresh", when=_from("reopen")),
    ),
    roles=everything,
    write=services.risk_save,
    icon="alert",
    menu="plan",
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
    write=services.impact_save,
    icon="flag",
    example=lambda: {"delay_low_minutes": 480, "delay_likely_minutes": 960, "delay_high_minutes": 2400},
)
