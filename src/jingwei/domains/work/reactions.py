"""What the work does when a project is scheduled the other way round."""

from __future__ import annotations

from jingwei.domains.directory.facts import ProjectTurned
from jingwei.domains.work import services
from jingwei.frame.telling import facts


@facts.reacts_to(ProjectTurned)
def on_project_turned(fact: ProjectTurned) -> None:
    """Tasks without a date of their own follow."""
    services.tasks_turn(project_id=fact.project_id, is_from_finish=fact.is_from_finish)
