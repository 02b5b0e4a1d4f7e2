"""What earned value asks of a project: its tasks and baseline, packages, planned and posted lines, frozen periods. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.cost import money
from jingwei.domains.cost.models import Line, Package, Snapshot
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.kernels.calendar.compiled import compile_calendar
from jingwei.kernels.calendar.stated import wall_minute
from jingwei.kernels.value.earned import Period
from jingwei.kernels.value.earning import Given, Parcel

zero = Decimal(0)


def given_of(project: Project) -> Given:
    """All of it."""
    rows = money.valued(Line.objects.filter(project=project).exclude(status=Line.Status.REVERSED)).values_list("kind", "status", "task_id", "period")
    lines: list[Any] = list(rows.annotate(total=Coalesce(Sum("value"), zero)).order_by())
    posted = (Line.Kind.ACTUAL, Line.Status.POSTED)
    return Given(
        project.zone, project.data_date or timezone.now(), {row["pk"]: row for row in work.earning_facts(project.pk)},
        schedule.baseline_dates(schedule.current_baseline(project.pk)),
        [_parcel(each) for each in Package.objects.filter(project=project).prefetch_related("milestones").order_by("code")],
        planned=[(task, total) for kind, _status, task, _period, total in lines if kind == Line.Kind.PLANNED],
        spent=[(task, period, total) for kind, status, task, period, total in lines if (kind, status) == posted],
        frozen={kept.period: Period(kept.period, kept.pv, kept.ev, kept.ac) for kept in Snapshot.objects.filter(project=project)},
        axis=lambda first, last: _axis(project, first, last), others=_("Everything else"), physical=str(Package.Method.PHYSICAL.label),
    )  # fmt: skip


def _parcel(each: Package) -> Parcel:
    milestones = tuple((row.weight, row.milestone_id) for row in each.milestones.all())
    method: Any = each.method
    return Parcel(
        each.pk,
        each.code,
        each.name,
        each.task_id,
        method,
        str(each.get_method_display()),
        each.budget,
        each.units_done,
        each.units_planned or zero,
        milestones,
    )


def _axis(project: Project, first: date, last: date) -> Callable[[datetime], int]:
    compiled = compile_calendar(worktime.calendar_of(project), first, last)
    return lambda moment: int(compiled.work_at(wall_minute(moment, project.zone)))
