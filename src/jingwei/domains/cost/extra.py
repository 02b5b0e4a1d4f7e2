"""Money that a what-if would spend beyond the plan: kept with it by the schedule, which asks nothing about it; what it must be and how it is told is said here,
and `services.extra_plan` makes it planned cost. Each is {"account", "amount" (in the project's currency), "description"}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.cost.models import Line

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


def told(costs: Sequence[Extra]) -> list[dict[str, Any]]:
    """As pages show them: accounts in words, amounts as money."""
    names = dict(Line.Account.choices)
    return [{**each, "account": names.get(each["account"], each["account"]), "amount": Decimal(each["amount"])} for each in costs]
