"""The rules of the risk register: costs and delays in order, impacts on pieces of work, a response that somebody carries."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.risk.models import Risk, RiskImpact


def check_costs(risk: Risk) -> None:
    """At least ≤ likely ≤ at most."""
    if not 0 <= risk.cost_low <= risk.cost_likely <= risk.cost_high:
        raise ValidationError({"cost_likely": _("The costs must be in order: at least ≤ likely ≤ at most.")})


def check_impact(row: RiskImpact) -> None:
    """A piece of work, and no summary of others; delays in order."""
    if row.task.is_summary:
        raise ValidationError({"task": _("This is a summary. Name the piece of work below it that takes longer.")})
    if not 0 <= row.delay_low_minutes <= row.delay_likely_minutes <= row.delay_high_minutes:
        raise ValidationError({"delay_likely_minutes": _("The delays must be in order: at least ≤ likely ≤ at most.")})


def check_response(risk: Risk) -> None:
    """Who accepts a risk need not say more, and somebody must own it."""
    if not risk.response.strip() and risk.strategy != Risk.Strategy.ACCEPT:
        raise ValidationError({"response": _("Say what will be done.")})
    if risk.owner_id is None:
        raise ValidationError(_("Name an owner first: somebody must carry the response out."))
