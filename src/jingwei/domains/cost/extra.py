"""Money that a what-if would spend beyond the plan: kept with it by the schedule, which asks nothing about it; what it must be and how it is told is said here,
and `services.extra_plan` makes it planned cost. Each is {"account", "amount" (in the project's currency), "description"}."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.cost.models import Line
from jingwei.frame.models import values
from jingwei.frame.records.fields import form_field
from jingwei.frame.records.resource import resource

Extra = Mapping[str, Any]


def checked(account: str, amount: str, description: str) -> dict[str, Any]:
    """One extra cost as it is kept: each value as a cost line would take it. Raises ValidationError by field."""
    given = {"account": account, "amount": amount, "description": description}
    kept, wrong = dict[str, Any](), dict[str, list[str]]()
    for name, text in given.items():
        field = resource("cost.line").model_field(name)
        asked = form_field(field) if field is not None else None
        assert asked is not None
        try:
            if problem := values.problem_with(field, text):
                raise problem
            kept[name] = asked.clean(text)
        except ValidationError as problem:
            wrong[name] = [_("%(field)s: %(text)s") % {"field": asked.label, "text": each} for each in problem.messages]
    if not wrong and not kept["amount"]:
        wrong["amount"] = [_("Write the amount as a number, such as 12000 or 350.50; less money stands below zero.")]
    if wrong:
        raise ValidationError(wrong)
    return {**kept, "amount": f"{kept['amount']:.2f}"}


def told(costs: Sequence[Extra]) -> list[dict[str, Any]]:
    """As pages show them: accounts in words, amounts as money, each with its `mark`."""
    names = dict(Line.Account.choices)
    return [{**each, "account": names.get(each["account"], each["account"]), "amount": Decimal(each["amount"]), "mark": mark(each, costs)} for each in costs]


def mark(cost: Extra, costs: Sequence[Extra]) -> str:
    """Which of these costs it is: what it says, and how many of them say the same. With one of those left out, the mark is none of those that stay."""
    return f"{hashlib.sha256(repr(sorted(cost.items())).encode()).hexdigest()[:32]}.{costs.count(cost)}"


def place_of(wanted: str, costs: Sequence[Extra]) -> int | None:
    """Where the cost of that mark stands; None when it was left out meanwhile."""
    return next((place for place, each in enumerate(costs) if mark(each, costs) == wanted), None)
