"""What others ask of the costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from jingwei.domains.cost import money
from jingwei.domains.cost.earning import EarnedValue, Earning
from jingwei.domains.cost.models import Line, Snapshot
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project

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


def drafts(project_ids: list[int] | None) -> QuerySet[Line]:
    """Actual lines that wait to be posted in these projects (None = all), the oldest period first."""
    rows = Line.objects.filter(status=Line.Status.DRAFT, kind=Line.Kind.ACTUAL).select_related("project").order_by("period", "number")
    return rows if project_ids is None else rows.filter(project_id__in=project_ids)


def newest(project_ids: list[int] | None) -> QuerySet[Line]:
    """Actual lines that came last, reversed ones left out."""
    rows = Line.objects.filter(kind=Line.Kind.ACTUAL).exclude(status=Line.Status.REVERSED).select_related("project").order_by("-period", "-id")
    return rows if project_ids is None else rows.filter(project_id__in=project_ids)


def planned_by_task(project_id: int) -> list[tuple[int | None, str, Any]]:
    """Planned money of a project by task (None = the project as a whole) and account."""
    rows = money.valued(Line.objects.filter(project_id=project_id, kind=Line.Kind.PLANNED).exclude(status=Line.Status.REVERSED))
    return [(task, account, total) for task, account, total in rows.values_list("task_id", "account").annotate(total=Coalesce(Sum("value"), zero)).order_by()]


def costs_by_task(project: Project) -> tuple[dict[int, tuple[float, float]], float]:
    """Planned money by task, (fixed, per working minute), and what stays whatever happens.

    Paid work costs more as it takes longer: what is planned for a branch or for the project is spread over the working time below it.
    """
    minutes, below = _working_time(project)
    rates: dict[int, tuple[float, float]] = {}
    constant = 0.0
    for task, account, total in planned_by_task(project.pk):
        leaves = below.get(task, []) if task is not None else list(minutes)
        length = sum(minutes[leaf] for leaf in leaves)
        if account not in timed_accounts or not length:
            constant += float(total)
            continue
        for leaf in leaves:
            fixed, rate = rates.get(leaf, (0.0, 0.0))
            rates[leaf] = (fixed, rate + float(total) / length)
    return rates, constant


def _working_time(project: Project) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Working minutes of every piece of work, and the pieces below every task, itself included."""
    tasks = {row["pk"]: row for row in work.earning_facts(project.pk)}
    minutes = {pk: row["duration_minutes"] for pk, row in tasks.items() if not row["is_summary"] and row["duration_minutes"]}
    below: dict[int, list[int]] = defaultdict(list)
    for pk in minutes:
        above: int | None = pk
        while above is not None and above in tasks:
            below[above].append(pk)
            above = tasks[above]["parent_id"]
    return minutes, below


def cost_with(project: Project, longer: Mapping[int, int]) -> tuple[float, float]:
    """Planned cost as it is, and with these durations (working minutes by task): paid work costs as long as it takes."""
    rates, constant = costs_by_task(project)
    minutes = {row["pk"]: row["duration_minutes"] for row in work.earning_facts(project.pk)}
    now = constant + sum(fixed + rate * minutes.get(task, 0) for task, (fixed, rate) in rates.items())
    return now, now + sum(rates[task][1] * (length - minutes.get(task, 0)) for task, length in longer.items() if task in rates)


def earned_value_of(project: Project) -> EarnedValue:
    """Earned value of a project as it stands now, frozen periods as they were kept. A fixed number of queries."""
    return Earning(project).result()


def left_out(project_ids: list[int]) -> list[tuple[str, int]]:
    """(currency, how many lines) that are in no total of these projects, because no rate is known."""
    return money.left_out(project_ids)


def snapshots(project_id: int) -> QuerySet[Snapshot]:
    """Frozen periods, the newest first."""
    return Snapshot.objects.filter(project_id=project_id).select_related("taken_by").order_by("-period")
