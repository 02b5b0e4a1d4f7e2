"""A peer that exists in memory: coarse stamps, late commits, a clock that may be set, and what is truly there as an oracle."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jingwei.hub.contract import Record

start = datetime(2026, 11, 2, 8, tzinfo=UTC)


@dataclass
class SimulatedPeer:
    """Records by key as (stamp, version). `true` is the time that passes, in seconds; both clocks may be off by some seconds."""

    true: float = 0.0
    their_clock_off: float = 0.0
    our_clock_off: float = 0.0
    request_seconds: float = 0.05
    resolution: float = 1.0
    shown: dict[int, tuple[float, int]] = field(default_factory=dict)
    committed_at: dict[int, float] = field(default_factory=dict)
    requests: int = 0
    _ahead: float = 0.0  # the peer's clock less ours, by its last Date header
    _waiting: list[tuple[float, int, int, float]] = field(default_factory=list)
    _versions: int = 0

    def pass_time(self, seconds: float) -> None:
        """Let time go by; what was stamped earlier becomes visible when it commits."""
        self.true += seconds
        while self._waiting and self._waiting[0][0] <= self.true:
            at, version, key, stamp = heapq.heappop(self._waiting)
            self.shown[key] = (stamp, version)
            self.committed_at[key] = at

    def change(self, keys: Sequence[int], commit_after: float = 0.0) -> None:
        """Change or create records in one stroke: one stamp for all, shown when it commits."""
        stamp = (self.true + self.their_clock_off) // self.resolution * self.resolution
        for key in keys:
            self._versions += 1
            heapq.heappush(self._waiting, (self.true + commit_after, self._versions, key, stamp))
        self.pass_time(0)

    def delete(self, keys: Sequence[int]) -> None:
        """Delete for good."""
        self._waiting = [each for each in self._waiting if each[2] not in keys]
        heapq.heapify(self._waiting)
        for key in keys:
            self.shown.pop(key, None)

    def settle(self) -> None:
        """Let everything commit."""
        self.pass_time(max([0.0, *(each[0] - self.true for each in self._waiting)]))

    def ours(self) -> datetime:
        """Our own clock."""
        return start + timedelta(seconds=self.true + self.our_clock_off)

    def now(self) -> datetime:
        """As the hub's session tells it: the earlier of both clocks, theirs by the last Date header."""
        return self.ours() + timedelta(seconds=min(0.0, self._ahead))

    def list_since(self, since: datetime | None, offset: int, limit: int) -> list[Record]:
        """One request: half of its time on the way there, half on the way back."""
        self.requests += 1
        self.pass_time(self.request_seconds / 2)
        floor = float("-inf") if since is None else (since - start).total_seconds() // 1  # addresses carry whole seconds
        found = sorted((stamp, key) for key, (stamp, _version) in self.shown.items() if stamp >= floor)[offset : offset + limit]
        records = [Record("things", str(key), {"version": self.shown[key][1]}, modified_at=start + timedelta(seconds=stamp)) for stamp, key in found]
        date = (self.true + self.their_clock_off) // 1
        self.pass_time(self.request_seconds / 2)
        self._ahead = date - (self.true + self.our_clock_off)
        return records
