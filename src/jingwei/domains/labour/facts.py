"""What happened to day-labour sheets."""

from __future__ import annotations

from dataclasses import dataclass

from jingwei.frame.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetChanged(Fact):
    """A sheet was saved or its state moved on."""

    sheet_id: int
    project_id: int
    status: str
