"""What happened to the dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jingwei.frame.rights.access import Access
from jingwei.frame.telling.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecalculated(Fact):
    """Dates were computed anew."""

    project_id: int
    moved: int
    endangered: tuple[int, ...]
    saved: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCarriedOut(Fact):
    """A what-if is carried out, by itself or through a request: `costs` is the money that it would spend, `label` what it is called. Stated before anything
    is written, so that whoever writes something of his for it may refuse by these rights."""

    project_id: int
    label: str
    costs: tuple[Mapping[str, Any], ...]
    access: Access
