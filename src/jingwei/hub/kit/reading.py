"""Reading a peer that only knows "modified since": no tie, no late commit and no wrong clock may lose a record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jingwei.hub.contract import BrokenAnswer, Page, Record, Values

ReadSince = Callable[[datetime | None, int], Sequence[Record]]
Now = Callable[[], datetime]


@dataclass(slots=True)
class _Place:
    """Where a reading stands, as its cursor keeps it.

    `since`, `offset`: what is asked next. `tie`: keys already brought of those stamped exactly `since`. `begun`: the peer's time
    when this reading began. `high`: the newest stamp seen, `high_at`: the `begun` of the reading that saw it first.
    `clock`: `begun` of the reading before.
    """

    since: datetime | None = None
    offset: int = 0
    tie: list[str] = field(default_factory=list)
    begun: datetime | None = None
    high: datetime | None = None
    high_at: datetime | None = None
    clock: datetime | None = None

    @classmethod
    def of(cls, cursor: Values) -> _Place:
        times = {name: datetime.fromisoformat(cursor[name]) for name in ("since", "begun", "high", "high_at", "clock") if cursor.get(name)}
        return cls(offset=int(cursor.get("offset", 0)), tie=list(cursor.get("tie", ())), **times)

    def cursor(self) -> Values:
        out: dict[str, Any] = {"offset": self.offset, "tie": self.tie} if self.offset or self.tie else {}
        for name in ("since", "begun", "high", "high_at", "clock"):
            moment: datetime | None = getattr(self, name)
            if moment is not None:
                out[name] = moment.astimezone(UTC).isoformat()
        return out


def read_by_time(cursor: Values, limit: int, safe_lag: timedelta, resolution: timedelta, now: Now, read_since: ReadSince) -> Page:
    """One page of an incremental read.

    `read_since(since, offset)` gives at most `limit` (two or more) records with modified_at >= since (None = all), ascending by time. `now()` is
    the earlier of our clock and the peer's. `safe_lag`: how long a peer may take from stamping a change to showing it.

    Paging moves by time, so an edit between two pages, which jumps to the end, shifts nothing past us. Inside a tie longer than a
    page an offset is used, and a page is believed only if it begins with a record already seen: otherwise the list has shifted,
    and the tie is read from its beginning. A finished reading is settled up to `begun - safe_lag` and no further, whatever stamps
    it saw: a clock that ran ahead moves no cursor, and an old tie is not read for ever. A clock that went back takes the cursor with it.
    """
    if limit < 2:
        raise ValueError("a page of one record cannot prove that nothing shifted")
    place = _Place.of(cursor)
    if place.begun is None:
        place.begun = now()
        if place.clock is not None and place.begun < place.clock and place.since is not None:
            place.since = min(place.since, place.begun - safe_lag)
    records = tuple(read_since(place.since, place.offset))
    place.begun = min(place.begun, now())  # the first answer may have told us that the peer's clock is behind
    stamps = [record.modified_at for record in records if record.modified_at is not None]
    if len(stamps) != len(records):
        raise BrokenAnswer("a record without its time of change")
    if place.offset and (not records or records[0].key not in place.tie):
        place.offset = 0  # what stood before the offset has moved away: begin the tie anew, keeping nothing as seen
        place.tie = []
        return Page((), place.cursor(), more=True)
    newest = max(stamps, default=None)
    if newest is not None and (place.high is None or newest > place.high):
        place.high, place.high_at = newest, place.begun
    if len(records) < limit:
        return Page(records, _finished(place, safe_lag, resolution).cursor(), more=False)
    assert newest is not None
    tied = [record.key for record in records if record.modified_at == newest]
    if place.since is None or newest > place.since:
        place.since, place.offset, place.tie = newest, 0, tied
        if len(tied) == len(records):  # a whole page of one moment: the next begins at its last, which proves that nothing shifted
            place.offset = len(tied) - 1
    else:
        place.tie = list(dict.fromkeys([*place.tie, *tied]))
        place.offset += max(1, len(records) - 1)
    return Page(records, place.cursor(), more=True)


def _finished(place: _Place, safe_lag: timedelta, resolution: timedelta) -> _Place:
    """Where the next reading begins."""
    assert place.begun is not None
    settled = place.begun - safe_lag
    if place.high is None:
        return _Place(since=place.since, clock=place.begun)
    is_quiet = place.high_at is not None and place.begun - place.high_at > safe_lag
    since = min(settled, place.high + resolution if is_quiet else place.high - safe_lag)
    return _Place(since=since, high=place.high, high_at=place.high_at, clock=place.begun)
