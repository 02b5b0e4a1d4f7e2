"""What the hub tells the floors above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jingwei.frame.telling.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceHealthChanged(Fact):
    """An interface went down, became degraded or recovered."""

    interface_id: int
    project_id: int
    state: str
    before: str
    reason: str
    since: datetime
    restore_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfacePublished(Fact):
    """A version was published."""

    interface_id: int
    version_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceStageChanged(Fact):
    """An interface was switched on, paused or retired."""

    interface_id: int
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictOpened(Fact):
    """Both sides changed the same fields and a person must decide."""

    interface_id: int
    link_id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordParked(Fact):
    """A record was quarantined or became a dead letter."""

    interface_id: int
    code: str
    record_key: str
