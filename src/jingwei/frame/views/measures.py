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


def currency_of(resource: Resource, name: str) -> Any:
    """The currency of an amount, for a query; None for what is no money."""
    money = resource.model.money
    return money.currency if money is not None and name in money.fields else None


def measured(rows: QuerySet[Any], by: str = "", sum_of: str = "", currency: Any = None) -> dict[Any, Measure]:
    """The measure of every value of `by` (all rows under None without one): one statement."""
    group = F(by) if by else Value(None)
    told = rows.order_by().values(of_group=group, in_currency=Value("") if currency is None else currency)
    told = told.annotate(rows_there=Count("pk"), **({"sum_there": Sum(sum_of)} if sum_of else {}))
    out: dict[Any, Measure] = {}
    for each in told:
        out.setdefault(each["of_group"], Measure()).add(each["rows_there"], each["in_currency"] or "", each.get("sum_there"))
    return out
