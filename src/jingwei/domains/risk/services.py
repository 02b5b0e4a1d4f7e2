"""The rules of the risk register: impacts on pieces of work, a response that somebody carries."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.risk.models import Risk, RiskImpact
from jingwei.kernels.bounds import is_seen


def check_impact(row: RiskImpact) -> None:
    """A piece of work, and no summary of others."""
    if row.task.is_summary:
        raise ValidationError({"task": _("This is a summary. Name the piece of work below it that takes longer.")})


def check_response(risk: Risk) -> None:
    """Who accepts a risk need not say more, and somebody must own it."""
    if not is_seen(risk.response) and risk.strategy != Risk.Strategy.ACCEPT:
        raise ValidationError({"response": _("Say what will be done.")})
    if risk.owner_id is None:
        raise ValidationError(_("Name an owner first: somebody must carry the response out."))
