"""Verbs of the costs: write, post, reverse; packages that earn; freeze a period."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.cost import queries
from jingwei.domains.cost.models import Line, Package, Snapshot
from jingwei.domains.labour import queries as labour
from jingwei.domains.schedule.facts import PlanCarriedOut
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.records import commands, turns
from jingwei.frame.records.resource import resource
from jingwei.frame.records.saving import saves
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import system_access
from jingwei.kernels import bounds


def _fill(line: Line, values: Mapping[str, Any]) -> None:
    """Take the values on; a posting date tells the period unless that is told as well. A line that comes in posted is dated as by posting."""
    is_open = line.status == Line.Status.DRAFT
    for name, value in values.items():
        setattr(line, name, value)
    if is_open and line.status != Line.Status.DRAFT:
        line_dated(line, by=bounds.last_day_of(line.period))
    elif is_open and "posted_on" in values and "period" not in values and line.posted_on and line.period:
        line.period = line.posted_on.strftime("%Y-%m")


line_save, lines_save = saves(Line, _fill, "period", "posted_on")


def line_dated(line: Line, by: date | None = None) -> None:
    """A line that is posted has a date, and that tells its period: its own, else today, `by` its last day at the latest for what comes in posted into an earlier month."""
    line.posted_on = line.posted_on or min(filter(None, (timezone.localdate(), by)))
    line.period = line.posted_on.strftime("%Y-%m")


def line_stands(line: Line) -> str:
    """Why a line is neither changed nor reversed: what both sides agree on is owed as long as they do, and its line says what the sheet says."""
    if line.sheet is None or line.status == Line.Status.REVERSED or line.sheet.status not in labour.agreed:
        return ""
    return _(
        "It is the cost of a day-labour sheet that both sides have confirmed. Dispute the sheet, and it is reversed; for what is to be corrected beside it write a line of its own."
    )


@in_turn
def sheet_book(*, sheet: Any) -> Line:
    """The cost of a day-labour sheet that both sides have confirmed, posted as of its day: one line, however often it is asked for."""
    kept: Line | None = queries.line_of_sheet(sheet.pk)
    if kept is not None:
        return kept
    day = sheet.work_date
    line = line_save(
        project=sheet.project, sheet=sheet, number=_number_for(sheet), kind=Line.Kind.ACTUAL, account=Line.Account.LABOUR, description=sheet.description[:300], amount=sheet.total_amount,
        currency=sheet.currency, period=day.strftime("%Y-%m"), posted_on=day, supplier=sheet.team.name, task=sheet.task,
    )  # fmt: skip
    done: Line = commands.act(resource("cost.line"), "post", line, {}, system_access(sheet.tenant_id))
    return done


@in_turn
def sheet_unbook(*, sheet_id: int) -> None:
    """A sheet that is disputed after all costs nothing until both sides agree again: its line is reversed and stays on record."""
    line = queries.line_of_sheet(sheet_id)
    if line is not None:
        commands.act(resource("cost.line"), "reverse", line, {}, system_access(line.tenant_id))


@in_turn
def extra_plan(fact: PlanCarriedOut) -> None:
    """The money of a what-if that is carried out becomes planned cost of this month, numbered after it, by the right to write such lines."""
    fact.access.require(resource("cost.line").permission("add"), fact.project_id)
    project = Project.objects.get(pk=fact.project_id)
    period = timezone.now().astimezone(ZoneInfo(project.zone)).strftime("%Y-%m")
    stem = fact.label[:50]
    free = _free_numbers(project.pk, stem, (f"{stem}/{count}" for count in itertools.count(1)))
    for each in fact.costs:
        line_save(
            project=project, number=next(free), kind=Line.Kind.PLANNED, account=each["account"], description=each["description"], amount=Decimal(each["amount"]),
            period=period,
        )  # fmt: skip


def _number_for(sheet: Any) -> str:
    """The sheet's number; with a count behind it where that is taken, as by the line of an earlier agreement."""
    stem = sheet.number[:54]  # with room for the count
    return next(_free_numbers(sheet.project_id, stem, itertools.chain([sheet.number], (f"{stem}/{count}" for count in itertools.count(2)))))


def _free_numbers(project_id: int, stem: str, names: Iterable[str]) -> Iterator[str]:
    """Those of these names, which all begin with the stem, that no line of the project has in any case."""
    taken = {number.lower() for number in Line.objects.filter(project_id=project_id, number__istartswith=stem).values_list("number", flat=True)}
    return (name for name in names if name.lower() not in taken)


def check_package(package: Package) -> None:
    """Who earns by units says how many, and never more than are planned."""
    if package.method == Package.Method.UNITS and not package.units_planned:
        raise ValidationError({"units_planned": _("To earn by units, say how many are planned.")})
    if package.units_planned is not None and package.units_done > package.units_planned:
        raise ValidationError({"units_done": _("More units are done than planned.")})


@in_turn
def period_freeze(*, project: Project, period: str, seen: str = "") -> Snapshot:
    """Keep a period's figures as they stand now; refused when they are not those that were `seen` (`queries.figures_seen`). A period is frozen once, and only
    after it has ended."""
    turns.take([project.pk])
    if Snapshot.objects.filter(project=project, period=period).exists():
        raise ValidationError({"period": _("This period is frozen already.")})
    found = queries.earned_value_of(project)
    if period not in found.open_periods:
        raise ValidationError({"period": _("Only a period that has figures and has ended can be frozen.")})
    if seen not in ("", queries.figures_seen(found)):
        raise ValidationError({"period": _("The figures have changed since you looked at them. Look at them as they are now, then freeze the period.")})
    figures = next(each for each in found.periods if each.name == period)
    assert figures.ev is not None and figures.ac is not None, "an open period has both"
    snapshot = Snapshot(
        project=project, period=period, taken_by_id=scope.current().user_id, bac=found.bac, pv=figures.pv, ev=figures.ev, ac=figures.ac,
        packages=[package.in_period(period) for package in found.packages],
    )  # fmt: skip
    snapshot.save()
    return snapshot
