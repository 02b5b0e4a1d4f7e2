"""The recalculation job."""

from __future__ import annotations

from jingwei.domains.schedule import services
from jingwei.frame.work import jobs


@jobs.job("schedule.recalculate", queue="schedule")
def recalculate(key: str) -> None:
    """Satisfy every demand of a project with one calculation."""
    services.project_recalculate(project_id=int(key))
