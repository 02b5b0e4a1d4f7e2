"""Money of several currencies in one: each line by the rate of its day. What has no rate is added to nothing, and told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DateField, DecimalField, ExpressionWrapper, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Round

from jingwei.domains.cost.models import Line, Rate
from jingwei.kernels.bounds import month_pattern

money = DecimalField(max_digits=18, decimal_places=2)
exact = DecimalField(max_digits=30, decimal_places=12)


class LastDay(Func):
    """The last day of a period such as 2026-11; none of a text that is no month we plan in, which may stand there from before."""

    output_field = DateField()
    template = f"(to_date(substring(%(expressions)s from '^{month_pattern.replace('(', '(?:')}$') || '-01', 'YYYY-MM-DD') + interval '1 month' - interval '1 day')::date"


def valued(rows: QuerySet[Line], currency: str = "") -> QuerySet[Line]:
    """The lines with their `value` in one currency, that of each project unless one is given: by the rate of the posting date, else of the last day of
    the period, the newest of either way by then; None where none is known."""
    into: Any = Value(currency) if currency else F("project__currency")
    dated = rows.annotate(into=into, day=Coalesce("posted_on", LastDay("period")))
    there, back = Q(currency=OuterRef("currency"), base=OuterRef("into")), Q(currency=OuterRef("into"), base=OuterRef("currency"))
    known = Rate.objects.filter(there | back, on__lte=OuterRef("day")).annotate(is_there=Case(When(there, then=Value(1)), default=Value(0)))
    turned = ExpressionWrapper(Value(Decimal(1)) / F("rate"), output_field=exact)
    newest = known.order_by("-on", "-is_there").annotate(way=Case(When(there, then=F("rate")), default=turned, output_field=exact))
    rate = Subquery(newest.values("way")[:1], output_field=exact)
    return dated.annotate(value=Case(When(currency=F("into"), then=F("amount")), default=Round(F("amount") * rate, 2), output_field=money))


def without_rate(rows: QuerySet[Line]) -> QuerySet[Line]:
    """Those lines that cannot be told in their project's currency."""
    foreign: Any = valued(rows.exclude(currency=F("project__currency")))
    found: QuerySet[Line] = foreign.filter(value=None)
    return found


def left_out(project_ids: list[int]) -> list[tuple[str, int]]:
    """(currency, how many lines) that are in no total of these projects, because no rate is known."""
    rows = without_rate(Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED))
    return list(rows.values_list("currency").annotate(lines=Count("pk")).order_by("currency"))


@dataclass(frozen=True, slots=True)
class Unvalued:
    """A project with lines for which no rate is known, and their currencies."""

    pk: int
    code: str
    currencies: str

    @property
    def project_id(self) -> int:
        """The project itself."""
        return self.pk

    @classmethod
    def of(cls, rows: QuerySet[Line]) -> list[Unvalued]:
        """One for each project, in one statement, however many lines there are."""
        found: dict[tuple[int, str], set[str]] = defaultdict(set)
        for pk, code, currency in without_rate(rows).values_list("project_id", "project__code", "currency").distinct().order_by():
            found[pk, code].add(currency)
        return [cls(pk, code, ", ".join(sorted(currencies))) for (pk, code), currencies in sorted(found.items())]
