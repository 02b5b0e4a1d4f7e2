"""What every page of the schedule begins with: the project asked for, and its local time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from jingwei.frame.models import Project
from jingwei.frame.web import ProjectMissing, Request, stands_in


def project_asked(request: Request, code: str, verb: str = "view") -> Project:
    """The project of a code, if the person may `view` or `change` its tasks; raises ProjectMissing or Denied."""
    project: Project | None = Project.objects.filter(code=code).first()
    if project is None:
        raise ProjectMissing(code)
    request.access.require(f"work.task.{verb}", project.pk)
    stands_in(request, project.pk)
    return project


def local_text(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """A moment as the pages write it: "2026-11-21T09:00" on the project's clock."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else None
