"""Verbs of the costs: write, post, reverse; packages that earn; freeze a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.cost import queries
from jingwei.domains.cost.models import Line, Package, PackageMilestone, Snapshot
from jingwei.frame import bulk, scope
from jingwei.frame.models import Project

Status = Line.Status
fixed_once_posted = ("amount", "currency", "account", "period", "kind", "project")


@transaction.atomic
def line_save(*, instance: Line | None = None, **values: Any) -> Line:
    """Write a line. A posted line keeps its money: it is reversed, never edited."""
    line = instance or Line()
    _shape(line, values)
    line.save()
    return line


@transaction.atomic
def lines_save(*, rows: Sequence[tuple[Line | None, Mapping[str, Any]]]) -> list[Line]:
    """`line_save` for many, with one statement for the new and one for the changed."""
    lines = [instance or Line() for instance, _values in rows]
    for line, (_instance, values) in zip(lines, rows, strict=True):
        _shape(line, values)
    bulk.save(lines, {*(name for _instance, values in rows for name in values), "period"})
    return lines


def _shape(line: Line, values: Mapping[str, Any]) -> None:
    """Take the values on and keep the line's rules."""
    if line.pk is not None and line.status == Status.POSTED:
        if values.get("status", Status.POSTED) == Status.DRAFT:
            raise ValidationError({"status": _("A posted line keeps this. Reverse it and write a new one.")})
        changed = [name for name in fixed_once_posted if name in values and values[name] != getattr(line, name)]
        if changed:
            raise ValidationError({name: _("A posted line keeps this. Reverse it and write a new one.") for name in changed})
    if line.pk is not None and line.status == Status.REVERSED and values.get("status", Status.REVERSED) != Status.REVERSED:
        raise ValidationError({"status": _("A reversed line stays reversed.")})
    for name, value in values.items():
        setattr(line, name, value)
    if line.posted_on and line.period and "period" not in values and line.posted_on.strftime("%Y-%m") != line.period and "posted_on" in values:
        line.period = line.posted_on.strftime("%Y-%m")


@transaction.atomic
def line_post(*, instance: Line) -> Line:
    """From now on it counts and keeps its money."""
    return line_save(instance=instance, status=Status.POSTED, posted_on=instance.posted_on or timezone.localdate())


@transaction.atomic
def line_reverse(*, instance: Line) -> Line:
    """It does not count any more; it stays readable."""
    return line_save(instance=instance, status=Status.REVERSED)


@transaction.atomic
def package_save(*, instance: Package | None = None, milestones: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> Package:
    """Write a package and its weighted milestones; milestones left out of the list are removed."""
    package = instance or Package()
    for name, value in values.items():
        setattr(package, name, value)
    if package.task.project_id != package.project_id:
        raise ValidationError({"task": _("The task belongs to another project.")})
    if package.method == Package.Method.UNITS and not package.units_planned:
        raise ValidationError({"units_planned": _("To earn by units, say how many are planned.")})
    if package.units_planned is not None and package.units_done > package.units_planned:
        raise ValidationError({"units_done": _("More units are done than planned.")})
    package.save()
    if milestones is not None:
        _save_milestones(package, milestones)
    return package


def _save_milestones(package: Package, rows: Sequence[Mapping[str, Any]]) -> None:
    known = {row.pk: row for row in package.milestones.all()}
    kept = set()
    for given in rows:
        row = known.get(int(given.get("id") or 0)) or PackageMilestone(package=package)
        kept.add(milestone_save(instance=row, **{name: value for name, value in given.items() if name != "id"}).pk)
    package.milestones.exclude(pk__in=kept).delete()


@transaction.atomic
def milestone_save(*, instance: PackageMilestone | None = None, **values: Any) -> PackageMilestone:
    """Write one weighted milestone of a package."""
    row = instance or PackageMilestone()
    for name, value in values.items():
        setattr(row, name, value)
    if row.milestone.project_id != row.package.project_id:
        raise ValidationError({"milestone": _("The milestone belongs to another project.")})
    row.save()
    return row


@transaction.atomic
def period_freeze(*, project: Project, period: str) -> Snapshot:
    """Keep a period's figures as they stand now. A period is frozen once, and only after it has ended."""
    list(Project.objects.select_for_update(of=("self",), no_key=True).filter(pk=project.pk).values_list("pk"))
    if Snapshot.objects.filter(project=project, period=period).exists():
        raise ValidationError({"period": _("This period is frozen already.")})
    found = queries.earned_value_of(project)
    if period not in found.open_periods:
        raise ValidationError({"period": _("Only a period that has figures and has ended can be frozen.")})
    figures = next(each for each in found.periods if each.name == period)
    snapshot = Snapshot(
        project=project, period=period, taken_by_id=scope.current().user_id, bac=found.bac, pv=figures.pv, ev=figures.ev, ac=figures.ac,
        packages=[package.in_period(period) for package in found.packages],
    )  # fmt: skip
    snapshot.save()
    return snapshot
