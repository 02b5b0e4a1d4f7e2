"""A clock that jumps: noticed against the monotonic one, told, and mended by whoever keeps moments of the future."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

log = structlog.get_logger(__name__)
tolerated_seconds = 60.0
remembered = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Jump:
    """The clock was put forward (positive) or back by so many seconds, noticed at a moment of the new clock."""

    seconds: float
    at: datetime


@dataclass(slots=True)
class Watch:
    """Compares the wall clock with the monotonic one since the last look. A machine that slept has not jumped: both clocks stood."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    last: Jump | None = None
    _ahead: float = field(init=False)

    def __post_init__(self) -> None:
        self._ahead = self.wall() - self.steady()

    def look(self) -> Jump | None:
        """The jump since the last look, if there was one; it is logged."""
        ahead = self.wall() - self.steady()
        seconds, self._ahead = ahead - self._ahead, ahead
        if abs(seconds) <= tolerated_seconds:
            return None
        self.last = Jump(seconds, datetime.fromtimestamp(self.wall(), UTC))
        log.error("clock.jumped", seconds=round(seconds, 1))
        return self.last

    def recent(self) -> Jump | None:
        """The last jump while people should know of it."""
        if self.last is None or abs(datetime.fromtimestamp(self.wall(), UTC) - self.last.at) > remembered:
            return None
        return self.last


watch = Watch()
