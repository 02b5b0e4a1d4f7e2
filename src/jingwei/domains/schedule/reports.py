"""Reports on a plan, declared."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from jingwei.domains.schedule import levelling, queries
from jingwei.domains.schedule.quality import as_told
from jingwei.frame.models import Project
from jingwei.frame.report import Asked, Report


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


class LevellingAsked(Asked):
    """How long to search, and whether the project may end later."""

    seconds: float = Field(2, ge=0.1, le=20)
    within_slack: bool = False


def levelling_told(project: Project, asked: LevellingAsked) -> dict[str, Any]:
    """A preview: nothing is changed."""
    return {"project": project.code} | levelling.level([project], within_slack=asked.within_slack, seconds=asked.seconds)


quality = Report("schedule.quality", _("Schedule quality"), "work.task.view", quality_told)
reasons = Report("schedule.reasons", _("Dates and reasons"), "work.task.view", reasons_told)
levelled = Report("schedule.levelling", _("Levelling"), "work.task.change", levelling_told, LevellingAsked)
