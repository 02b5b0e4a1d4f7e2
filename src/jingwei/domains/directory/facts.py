"""What happened to projects."""

from __future__ import annotations

from dataclasses import dataclass

from jingwei.frame.telling.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlanningChanged(Fact):
    """Something of a project that its dates depend on: start, required finish, data date, zone, how it is scheduled."""

    project_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTurned(ProjectPlanningChanged):
    """A project that was scheduled from its start now is from its finish, or the other way round."""

    is_from_finish: bool
