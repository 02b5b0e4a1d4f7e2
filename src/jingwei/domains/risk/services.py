"""Verbs of the risk register: write, assess, plan the response, monitor, say that it happened, close, take up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jingwei.domains.risk.models import Risk, RiskImpact
from jingwei.frame.steps import require_state

Status = Risk.Status
steps = {  # verb → the states it starts from, and where it leads
    "assess": ((Status.IDENTIFIED,), Status.ASSESSED),
    "plan": ((Status.ASSESSED,), Status.PLANNED),
    "monitor": ((Status.PLANNED,), Status.MONITORING),
    "occur": ((Status.IDENTIFIED, Status.ASSESSED, Status.PLANNED, Status.MONITORING), Status.OCCURRED),
    "close": ((Status.IDENTIFIED, Status.ASSESSED, Status.PLANNED, Status.MONITORING, Status.OCCURRED), Status.CLOSED),
    "reopen": ((Status.OCCURRED, Status.CLOSED), Status.ASSESSED),
}


@transaction.atomic
def risk_save(*, instance: Risk | None = None, impacts: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> Risk:
    """Write a risk and its impacts; impacts left out of the list are removed. A closed risk is taken up again first."""
    risk = instance or Risk()
    if risk.pk is not None and risk.status == Status.CLOSED:
        raise ValidationError(_("This risk is closed. Take it up again before changing it."))
    if risk.pk is not None and "project" in values and values["project"].pk != risk.project_id:
        raise ValidationError({"project": _("A risk stays in its project; its impacts name tasks of it.")})
    for name, value in values.items():
        setattr(risk, name, value)
    _check_costs(risk)
    risk.save()
    if impacts is not None:
        _save_impacts(risk, impacts)
    return risk


def _check_costs(risk: Risk) -> None:
    if not 0 <= risk.cost_low <= risk.cost_likely <= risk.cost_high:
        raise ValidationError({"cost_likely": _("The costs must be in order: at least ≤ likely ≤ at most.")})


def _save_impacts(risk: Risk, rows: Sequence[Mapping[str, Any]]) -> None:
    known = {row.pk: row for row in risk.impacts.all()}
    kept = {int(given["id"]) for given in rows if given.get("id")}
    risk.impacts.exclude(pk__in=kept).delete()  # first, so that a task may move from one line to another
    for given in rows:
        row = known.get(int(given.get("id") or 0)) or RiskImpact(risk=risk)
        impact_save(instance=row, **{name: value for name, value in given.items() if name != "id"})


@transaction.atomic
def impact_save(*, instance: RiskImpact | None = None, **values: Any) -> RiskImpact:
    """Write one impact: a piece of work of the same project, delays in order."""
    row = instance or RiskImpact()
    for name, value in values.items():
        setattr(row, name, value)
    if row.task.project_id != row.risk.project_id:
        raise ValidationError({"task": _("The task belongs to another project.")})
    if row.task.is_summary:
        raise ValidationError({"task": _("This is a summary. Name the piece of work below it that takes longer.")})
    if not 0 <= row.delay_low_minutes <= row.delay_likely_minutes <= row.delay_high_minutes:
        raise ValidationError({"delay_likely_minutes": _("The delays must be in order: at least ≤ likely ≤ at most.")})
    if RiskImpact.objects.filter(risk=row.risk, task=row.task).exclude(pk=row.pk).exists():
        raise ValidationError({"task": _("This risk names the task already.")})
    row.save()
    return row


def _step(risk: Risk, verb: str) -> Risk:
    before, after = steps[verb]
    require_state(risk, before)
    risk.status = after
    risk.save()
    return risk


@transaction.atomic
def risk_assess(*, instance: Risk) -> Risk:
    """Probability, impact and cost were looked at by people who know."""
    return _step(instance, "assess")


@transaction.atomic
def risk_plan(*, instance: Risk, strategy: str, response: str) -> Risk:
    """Say what is done about it; who accepts it need not say more, and somebody must own it."""
    if not strategy:
        raise ValidationError({"strategy": _("Choose a strategy.")})
    if not response.strip() and strategy != Risk.Strategy.ACCEPT:
        raise ValidationError({"response": _("Say what will be done.")})
    if instance.owner_id is None:
        raise ValidationError(_("Name an owner first: somebody must carry the response out."))
    instance.strategy, instance.response = strategy, response
    return _step(instance, "plan")


@transaction.atomic
def risk_monitor(*, instance: Risk) -> Risk:
    """The response is in place; from now on the residual probability counts."""
    return _step(instance, "monitor")


@transaction.atomic
def risk_occur(*, instance: Risk) -> Risk:
    """It happened: it is no risk any more, its effect belongs into the plan."""
    return _step(instance, "occur")


@transaction.atomic
def risk_close(*, instance: Risk) -> Risk:
    """It cannot happen any more, or its effect is dealt with."""
    return _step(instance, "close")


@transaction.atomic
def risk_reopen(*, instance: Risk) -> Risk:
    """Take it up again, to be planned anew."""
    return _step(instance, "reopen")
