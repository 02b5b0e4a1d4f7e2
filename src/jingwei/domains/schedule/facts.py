"""What happened to the dates."""

from __future__ import annotations

from dataclasses import dataclass

from jingwei.frame.telling.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecalculated(Fact):
    """Dates were computed anew."""

    project_id: int
    moved: int
    endangered: tuple[int, ...]
    saved: tuple[int, ...]
