"""Reports on a plan, declared."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.schedule import queries
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


quality = Report("schedule.quality", _("Schedule quality"), "work.task.view", quality_told)
