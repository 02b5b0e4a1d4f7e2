"""Money that a what-if would spend beyond the plan: kept with it by the schedule, which asks nothing about it; what it must be, what it comes to, and how
it becomes planned cost is said here. Each is {"account", "amount" (in the project's currency), "description"}."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.cost.models import Line
from jingwei.domains.cost.services import line_save
from jingwei.domains.schedule.facts import PlanCarriedOut
from jingwei.frame.models import Project

Extra = Mapping[str, Any]
most = Decimal(10) ** 15


def checked(account: str, amount: str, description: str) -> dict[str, Any]:
    """One extra cost as it is kept. Raises ValidationError by field."""
    try:
        value = Decimal(amount.replace(",", "").strip()).quantize(Decimal("0.01"))
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not -most < value < most or value == 0:
        raise ValidationError({"amount": _("Write the amount as a number, such as 12000 or 350.50; less money stands below zero.")})
    if account not in Line.Account.values:
        raise ValidationError({"account": _("Choose an account.")})
    if not (words := description.strip()):
        raise ValidationError({"description": _("Say what the money is for.")})
    return {"account": account, "amount": f"{value:.2f}", "description": words[:300]}


def total(costs: Sequence[Extra]) -> Decimal:
    """What they come to."""
    return sum((Decimal(each["amount"]) for each in costs), Decimal(0))


def told(costs: Sequence[Extra]) -> list[dict[str, Any]]:
    """As pages show them: accounts in words, amounts as money."""
    names = dict(Line.Account.choices)
    return [{**each, "account": names.get(each["account"], each["account"]), "amount": Decimal(each["amount"])} for each in costs]


def planned(fact: PlanCarriedOut) -> None:
    """They become planned cost of this month, numbered after what was carried out."""
    project = Project.objects.get(pk=fact.project_id)
    period = timezone.now().astimezone(ZoneInfo(project.zone)).strftime("%Y-%m")
    stem = fact.label[:50]
    taken = set(Line.objects.filter(project=project, number__startswith=stem).values_list("number", flat=True))
    free = (number for count in itertools.count(1) if (number := f"{stem}/{count}") not in taken)
    for each in fact.costs:
        line_save(
            project=project, number=next(free), kind=Line.Kind.PLANNED, account=each["account"], description=each["description"], amount=Decimal(each["amount"]),
            period=period,
        )  # fmt: skip
