"""What others ask of the costs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from jingwei.domains.cost import extra, money
from jingwei.domains.cost.earning import given_of
from jingwei.domains.cost.models import Line, Snapshot
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.kernels.cents import to_cents
from jingwei.kernels.value.earning import EarnedValue, earned_value
from jingwei.kernels.value.lengthening import Rates, dearer, spread

zero = Decimal(0)
timed_accounts = ("labour", "subcontract", "equipment")  # what costs more when work takes longer


def totals_by_project(project_ids: list[int]) -> Any:
    """Planned, committed and actual of each project in its currency; reversed lines do not count, nor those without a rate (`money.left_out` tells them)."""
    rows = money.valued(Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED))
    return rows.values("project_id", "kind").annotate(total=Coalesce(Sum("value"), zero)).order_by()


def totals_by_period(project_ids: list[int], currency: str) -> Any:
    """The same by month, of all of them together in one currency."""
    rows = money.valued(Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED), currency)
    return rows.values("period", "kind").annotate(total=Coalesce(Sum("value"), zero)).order_by("period")


def costs_by_task(project: Project) -> tuple[Rates, float]:
    """Planned money by task, (fixed, per working minute), and what stays whatever happens: paid work costs more as it takes longer. For simulations."""
    return spread(_tasks(project), _planned(project))


def _planned(project: Project) -> list[tuple[int | None, bool, Decimal]]:
    """Planned money by task, with whether it grows with time."""
    rows = money.valued(Line.objects.filter(project=project, kind=Line.Kind.PLANNED).exclude(status=Line.Status.REVERSED))
    planned = rows.values_list("task_id", "account").annotate(total=Coalesce(Sum("value"), zero)).order_by()
    return [(task, account in timed_accounts, total) for task, account, total in planned]


def _tasks(project: Project) -> dict[int, dict[str, Any]]:
    return {row["pk"]: row for row in work.earning_facts(project.pk)}


def cost_with(project: Project, longer: Mapping[int, int], costs: Sequence[Mapping[str, Any]] = ()) -> tuple[Decimal, Decimal]:
    """Planned cost as it is, and with these durations (working minutes by task) and extra costs: paid work costs as long as it takes."""
    planned = _planned(project)
    now, more = sum((total for _task, _grows, total in planned), Decimal(0)), sum((Decimal(each["amount"]) for each in costs), Decimal(0))
    return to_cents(now), to_cents(Fraction(now + more) + dearer(_tasks(project), planned, longer))


def extra_told(costs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Money that a what-if would spend beyond the plan, in words."""
    return extra.told(costs)


def earned_value_of(project: Project) -> EarnedValue:
    """Earned value of a project as it stands now, frozen periods as they were kept. A fixed number of queries."""
    return earned_value(given_of(project))


def figures_seen(found: EarnedValue) -> str:
    """What the figures of the periods that may be frozen amount to, for whoever freezes one of them as he saw it."""
    told = [(each.name, found.bac, each.pv, each.ev, each.ac) for each in found.periods if each.name in found.open_periods]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def line_of_sheet(sheet_id: int) -> Line | None:
    """The line in which the cost of a day-labour sheet stands; None when it has none, or none any more."""
    return Line.objects.filter(sheet_id=sheet_id).exclude(status=Line.Status.REVERSED).first()


def left_out(project_ids: list[int]) -> list[tuple[str, int]]:
    """(currency, how many lines) that are in no total of these projects, because no rate is known."""
    return money.left_out(project_ids)


def without_rate(project_ids: list[int]) -> dict[int, str]:
    """The currencies in which those of these projects have lines that are in no total, because no rate is known: one query."""
    rows = Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED)
    return {found.pk: found.currencies for found in money.Unvalued.of(rows)}


def snapshots(project_id: int) -> QuerySet[Snapshot]:
    """Frozen periods, the newest first."""
    return Snapshot.objects.filter(project_id=project_id).select_related("taken_by").order_by("-period")
