"""What happened to working time."""

from __future__ import annotations

from dataclasses import dataclass

from jingwei.frame.telling.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged(Fact):
    """Working time of a project changed, or of the whole organisation (`project_id` None)."""

    calendar_id: int
    project_id: int | None
