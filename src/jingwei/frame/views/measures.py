"""How many rows a group has, and what they come to: sums of money by currency, as two currencies are never added."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Value

from jingwei.frame.records.resource import Resource


@dataclass
class Measure:
    """One group: its rows, and the sum of a field by currency ("" for what is no money)."""

    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, count: int, currency: str, total: Any) -> None:
        """Some more rows of one currency."""
        self.count += count
        if total is not None:
            self.sums[currency] = self.sums.get(currency, Decimal(0)) + Decimal(total)


def currency_of(resource: Resource, name: str, declared: str = "") -> str:
    """The lookup that leads to the currency of an amount: its own, else the project's; empty for what is no money."""
    if declared or "amount" not in name:
        return declared
    if resource.model_field("currency") is not None:
        return "currency"
    return "project__currency" if resource.model.project_path else ""


def measured(rows: QuerySet[Any], by: str = "", sum_of: str = "", currency: str = "") -> dict[Any, Measure]:
    """The measure of every value of `by` (all rows under None without one): one statement."""
    group = F(by) if by else Value(None)
    told = rows.order_by().values(of_group=group, in_currency=F(currency) if currency else Value(""))
    told = told.annotate(rows_there=Count("pk"), **({"sum_there": Sum(sum_of)} if sum_of else {}))
    out: dict[Any, Measure] = {}
    for each in told:
        out.setdefault(each["of_group"], Measure()).add(each["rows_there"], each["in_currency"] or "", each.get("sum_there"))
    return out
