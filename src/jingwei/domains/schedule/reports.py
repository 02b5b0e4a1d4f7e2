"""Reports on a plan, declared."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from jingwei.domains.schedule import levelling, queries
from jingwei.domains.schedule.quality import as_told
from jingwei.domains.schedule.scenario import Side
from jingwei.frame.models import Project
from jingwei.frame.records.report import Asked, Report


def quality_told(project: Project, _asked: Asked) -> dict[str, Any]:
    """The whole answer, every offender named."""
    found = queries.quality_of(project)
    passed, asked = found.score
    return {
        "project": project.code,
        "passed": passed,
        "asked": asked,
        "has_baseline": found.has_baseline,
        "checks": [as_told(c, found.names) for c in found.checks],
    }


def reasons_told(project: Project, _asked: Asked) -> dict[str, Any]:
    """Every task with its dates, floats and drivers; the chain that leads to the finish by its tasks."""
    found = queries.reasons_of(project)
    return {"project": project.code, "finish": found.dates.finish, "longest_path": list(found.chain), "tasks": found.told(found.work)}


class WhatIfAsked(Asked):
    """Which what-if to compare; without a name they are only listed."""

    name: str = Field("", max_length=120)


def what_ifs_told(project: Project, asked: WhatIfAsked) -> dict[str, Any]:
    """The what-ifs of a project; of the one asked for also both plans side by side."""
    kept = {each.name: each for each in queries.scenarios(project.pk)}
    told: dict[str, Any] = {
        "project": project.code,
        "what_ifs": [{"name": name, "changes": each.changes, "carried_out_at": each.applied_at} for name, each in kept.items()],
    }
    if not asked.name:
        return told
    if asked.name not in kept:
        raise ValidationError({"name": gettext("There is no what-if of this name.")})
    found = queries.compared(project, kept[asked.name])
    moved = [{"task": pk, "name": str(found.rows[pk]["name"]), "now": found.now.dates[pk].finish, "then": found.then.dates[pk].finish} for pk in found.moved]
    return told | {"name": asked.name, "now": _side(found.now), "then": _side(found.then), "moved": moved}


def _side(side: Side) -> dict[str, Any]:
    return {
        "finish": side.finish, "critical": side.critical, "least_float_minutes": side.least_float_minutes, "endangered": sorted(side.endangered),
    }  # fmt: skip


class LevellingAsked(Asked):
    """How long to search, and whether the project may end later."""

    seconds: float = Field(2, ge=0.1, le=20)
    within_slack: bool = False


def levelling_told(project: Project, asked: LevellingAsked) -> dict[str, Any]:
    """A preview: nothing is changed."""
    return {"project": project.code} | levelling.level([project], within_slack=asked.within_slack, seconds=asked.seconds)


quality = Report("schedule.quality", _("Schedule quality"), "work.task.view", quality_told)
reasons = Report("schedule.reasons", _("Dates and reasons"), "work.task.view", reasons_told)
what_ifs = Report("schedule.what_ifs", _("What if"), "work.task.view", what_ifs_told, WhatIfAsked)
levelled = Report("schedule.levelling", _("Levelling"), "work.task.change", levelling_told, LevellingAsked, is_costly=True)
