"""Reading a peer that only knows "modified since": no tie, no late commit and no wrong clock may lose a record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from jingwei.hub.contract import BrokenAnswer, Page, Record, Values

ReadSince = Callable[[datetime | None, int], Sequence[Record]]
Now = Callable[[], datetime]
clock_noise = timedelta(seconds=1)  # a peer's clock is known by Date headers, which end at the second
tie_window = 1000  # keys of a tie that a cursor remembers: the last ones brought
_times = ("since", "begun", "high", "high_at", "clock", "ours", "held_at", "held_until")


@dataclass(slots=True)
class _Place:
    """Where a reading stands, as its cursor keeps it.

    `since`, `offset`: what is asked next. `tie`: keys brought last of those stamped exactly `since`. `back`: how far to step back
    when the tie has shifted. `begun`: the peer's time when this reading began, None between readings. `high`: the newest stamp
    seen, `high_at`: the peer's time at which it was seen first. `clock`, `ours`: the peer's and our own time at the last call. `held_at`: nothing later is settled before our clock
    shows `held_until`: the peer's clock was set forward, and what it stamped before may still be on its way.
    """

    since: datetime | None = None
    offset: int = 0
    tie: list[str] = field(default_factory=list)
    back: int = 0
    begun: datetime | None = None
    high: datetime | None = None
    high_at: datetime | None = None
    clock: datetime | None = None
    ours: datetime | None = None
    held_at: datetime | None = None
    held_until: datetime | None = None

    @classmethod
    def of(cls, cursor: Values) -> _Place:
        times = {name: datetime.fromisoformat(cursor[name]) for name in _times if cursor.get(name)}
        return cls(offset=int(cursor.get("offset", 0)), tie=list(cursor.get("tie", ())), back=int(cursor.get("back", 0)), **times)

    def cursor(self) -> Values:
        out: dict[str, Any] = {name: value for name in ("offset", "tie", "back") if (value := getattr(self, name))}
        for name in _times:
            moment: datetime | None = getattr(self, name)
            if moment is not None:
                out[name] = moment.astimezone(UTC).isoformat()
        return out

    def look_at_clocks(self, at: datetime, ours: datetime, safe_lag: timedelta) -> datetime:
        """Note that the peer's clock shows `at` and our own `ours`. Gives the lowest time that the peer can have stamped since the
        last call. What our own clock ran further than the peer's is how far the peer's was set back, perhaps right after that call."""
        lowest = at
        if self.clock is not None and self.ours is not None:
            set_back = (ours - self.ours) - (at - self.clock)
            lowest = min(at, self.clock - set_back) if set_back > clock_noise else min(at, self.clock)
            if set_back < -clock_noise:
                self.held_at, self.held_until = min(self.held_at or at, at + set_back), ours + safe_lag + clock_noise
        if self.held_until is not None and ours >= self.held_until:
            self.held_at = self.held_until = None
        self.clock, self.ours = at, ours
        return lowest


def our_clock() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


def read_by_time(cursor: Values, limit: int, safe_lag: timedelta, resolution: timedelta, now: Now, read_since: ReadSince, ours: Now = our_clock) -> Page:
    """One page of an incremental read.

    `read_since(since, offset)` gives at most `limit` (two or more) records with modified_at >= since (None = all), ascending by
    time and within one time in an order that stays. `now()` is the earlier of our clock and the peer's, `ours()` our clock alone.
    `safe_lag`: how long a peer may take from stamping a change to showing it.

    Paging moves by time, so an edit between two pages, which jumps to the end, shifts nothing past us. Inside a tie longer than a
    page an offset is used, and a page is believed only if it begins with a record already seen: otherwise the list has shifted,
    and we step back, twice as far each time. A finished reading is settled up to `begun - safe_lag` and no further, whatever
    stamps it saw: a clock that ran ahead moves no cursor, and an old tie is not read for ever. A clock that is set back takes the
    cursor with it, also between two pages; set back and forward again between two calls it cannot be seen by anybody.
    """
    if limit < 2:
        raise ValueError("a page of one record cannot prove that nothing shifted")
    place = _Place.of(cursor)
    started, before = ours(), now()
    records = tuple(read_since(place.since, place.offset))
    at = min(before, now() - max(ours() - started, timedelta()))  # the answer may have told us that the peer's clock is behind
    lowest = place.look_at_clocks(at, started, safe_lag)
    if place.begun is None and place.since is not None and _settled(lowest, safe_lag, resolution) < place.since:
        place.since = _settled(lowest, safe_lag, resolution)  # the peer stamped changes with times that were thought over
        return Page((), place.cursor(), more=True)
    place.begun = min(at if place.begun is None else min(place.begun, lowest), place.held_at or at)
    stamps = [record.modified_at for record in records if record.modified_at is not None]
    if any(record.modified_at is None and not record.problem for record in records) or (not stamps and len(records) >= limit):
        raise BrokenAnswer("a record without its time of change")
    if place.offset and not _is_proven(place, records):
        place.back = max(limit // 2, 2 * place.back)
        place.offset = max(0, place.offset - place.back)
        return Page((), place.cursor(), more=True)
    newest = max(stamps, default=None)
    if newest is not None and (place.high is None or newest > place.high):
        place.high, place.high_at = newest, at + (ours() - started)
    if len(records) < limit:
        return Page(records, _finished(place, safe_lag, resolution).cursor(), more=False)
    assert newest is not None
    _step(place, records, newest)
    return Page(records, place.cursor(), more=True)


def _is_proven(place: _Place, records: Sequence[Record]) -> bool:
    """Whether the page begins inside the tie with a record brought before: all unseen ones of the tie then stand behind it.
    A record that was brought and has changed since stands further on and proves nothing."""
    if not records or place.since is None:
        return False
    stamp = records[0].modified_at
    return records[0].key in place.tie and stamp is not None and stamp <= place.since


def _step(place: _Place, records: Sequence[Record], newest: datetime) -> None:
    """Move the place behind a full page."""
    tied = [record.key for record in records if record.modified_at == newest]
    place.back = 0
    if place.since is None or newest > place.since:
        place.since, place.offset, place.tie = newest, 0, tied
        if len(tied) == len(records):  # a whole page of one moment: the next begins at its last, which proves that nothing shifted
            place.offset = len(tied) - 1
    else:
        place.tie = list(dict.fromkeys([*(place.tie if place.offset else ()), *tied]))[-tie_window:]
        place.offset += len(records) - 1


def _settled(moment: datetime, safe_lag: timedelta, resolution: timedelta) -> datetime:
    """Up to where everything is shown once the peer's clock shows `moment`: stamps are cut to the resolution."""
    return moment - safe_lag - resolution - clock_noise


def _finished(place: _Place, safe_lag: timedelta, resolution: timedelta) -> _Place:
    """Where the next reading begins: behind the newest stamp once nobody can still be writing under it."""
    assert place.begun is not None
    settled = _settled(place.begun, safe_lag, resolution)
    between = replace(place, begun=None, offset=0, tie=[], back=0)
    if place.high is None:
        return between
    is_quiet = place.high_at is not None and place.begun - place.high_at > safe_lag
    between.since = min(settled, place.high + resolution if is_quiet else place.high - safe_lag - resolution)
    return between
