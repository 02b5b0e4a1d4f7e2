"""The three ways to read a stream: by time of change, by a number of change, or whole. Nothing is ever passed over; things may come twice. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from jingwei.hub.contract import BrokenAnswer, Page, Record, ServerFault, Title, Values
from jingwei.hub.kit.reading import Now, our_clock, read_by_time
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.lists import Lister, mend_place, tries
from jingwei.hub.kit.rest.moments import cut
from jingwei.hub.kit.rest.pagers import Ask
from jingwei.hub.kit.rest.spec import StreamSpec

Make = Callable[[Sequence[Any]], list[Record]]
keys_kept = 1000  # of what was brought last: enough to prove that a list has not shifted
mend_order = Title("在 read.params 中让列表按修改时间升序排列", "Have the list sorted by time of change, ascending: read.params")
mend_since = Title("检查 read 的 param、format 与 zone：对方没有按该时间筛选", "Check param, format and zone of read: the peer does not filter by that time")


class Reader(Protocol):
    """A way to read a stream."""

    def read(self, cursor: Values, limit: int) -> Page:
        """One page; see contract.Connector."""
        ...


@dataclass(frozen=True)
class TimeReader:
    """A list that can be asked for what changed since a moment. How deep it is read is the length of its longest tie, as the next page
    begins at the last time read."""

    spec: StreamSpec
    lister: Lister
    make: Make
    ours: Now = our_clock

    def read(self, cursor: Values, limit: int) -> Page:
        """One page, as `read_by_time` reads it; moments that the peer's question cannot tell apart are a tie."""
        take = self.lister.reached(int(cursor.get("offset", 0)), limit)
        rows: list[Any] = []
        told: list[Record] = []

        def read_since(since: datetime | None, offset: int) -> Sequence[Record]:
            rows[:] = self._rows(since, offset, take)
            if offset and self.lister.pager.reaches:
                self.lister.require_moved(self._ask(since), offset, rows, cursor.get("print"), take)
            told[:] = self.make(rows)
            return self._in_order(told, since)

        now = self.lister.caller.session.now
        page = read_by_time(cursor, take, self.spec.safe_lag, self.spec.step, now, read_since, self.ours)
        if not page.records:
            return page
        return Page(tuple(told), page.cursor | ({"print": self.lister.print_of(rows)} if page.more else {}), page.more)

    def _ask(self, since: datetime | None) -> Ask:
        if since is None:
            return self.lister.ask()
        read = self.spec.told["read"]
        written = self.spec.since.write(self._floor(since))
        return self.lister.ask(**{read["param"]: f"{read.get('prefix', '')}{written}"})

    def _floor(self, since: datetime) -> datetime:
        """What is asked with, so that nothing of that very moment is left out."""
        return self._cut(since) - (self.spec.step if self.spec.told["read"].get("exclusive") else timedelta())

    def _cut(self, moment: datetime) -> datetime:
        return cut(moment, self.spec.step, self.spec.since.offset)

    def _rows(self, since: datetime | None, offset: int, take: int) -> list[Any]:
        if self.lister.pager.reaches:
            return self.lister.spot(self._ask(since), offset, take)[0]
        return self.lister.window(self._ask(since), offset, take)

    def _in_order(self, records: Sequence[Record], since: datetime | None) -> list[Record]:
        """The records at moments cut as the question is. Raises BrokenAnswer for a list that is not sorted, or not of what was asked for:
        the first would lose records, the second would read everything for ever."""
        out = [each if each.modified_at is None else replace(each, modified_at=self._cut(each.modified_at)) for each in records]
        stamps = [each.modified_at for each in out if each.modified_at is not None]
        if stamps != sorted(stamps):
            raise BrokenAnswer("the list is not sorted by time of change", mend=mend_order)
        if since is not None and stamps and stamps[0] < self._floor(since):
            raise BrokenAnswer(f"asked for what changed since {since.isoformat()}, given what changed at {stamps[0].isoformat()}", mend=mend_since)
        return out


@dataclass(frozen=True)
class WholeReader:
    """A list that cannot be asked for what changed: every reading goes through all of it. Its order must stay."""

    lister: Lister
    make: Make

    def read(self, cursor: Values, limit: int) -> Page:
        """One page. What leaves the list in between shifts the rest towards us: that is noticed, and read again."""
        return self._any_place(cursor, limit) if self.lister.pager.reaches else self._onward(cursor, limit)

    def _any_place(self, cursor: Values, limit: int) -> Page:
        """Pages overlap by a row; one that does not begin with a row brought before is not believed, and we step back."""
        place = int(cursor.get("offset", 0))
        take = self.lister.reached(place, limit)
        brought: list[str] = cursor.get("brought", [])
        rows, is_last = self.lister.spot(self.lister.ask(), place, take)
        keys = self.lister.keys_of(rows)
        if place and (not keys or keys[0] not in brought):
            back = max(limit // 2, 2 * int(cursor.get("back", 0)))
            return Page((), {**cursor, "offset": max(0, place - back), "back": back, "print": ""}, more=True)
        if place:
            self.lister.require_moved(self.lister.ask(), place, rows, cursor.get("print"), take)
        if is_last:
            return Page(tuple(self.make(rows)), {}, more=False)
        after = {"offset": place + len(rows) - 1, "brought": list(dict.fromkeys([*brought, *keys]))[-keys_kept:], "print": self.lister.print_of(rows)}
        return Page(tuple(self.make(rows)), after, more=True)

    def _onward(self, cursor: Values, limit: int) -> Page:
        """A page behind another. When the one before is not what it was, something may have slipped between them: all from the beginning."""
        start = self.lister.pager.start(self.lister.ask(), min(limit, self.lister.page_limit))
        got = self.lister.get(Ask(**cursor["ask"]) if "ask" in cursor else start)
        rounds, keys = int(cursor.get("rounds", 0)), self.lister.keys_of(got.rows)
        if "before" in cursor and not self.lister.pager.is_stable and not self.lister.is_same(Ask(**cursor["before"]), keys=cursor["keys"]):
            return Page((), {"rounds": rounds + 1}, more=rounds < tries)
        mark = self.lister.print_of(got.rows)
        same = int(cursor.get("same", 0)) + 1 if keys and mark == cursor.get("print") else 0
        self.lister.require_new(same)
        if got.following is None:
            return Page(tuple(self.make(got.rows)), {}, more=False)
        after = {"ask": got.following.kept(), "before": got.ask.kept(), "keys": keys, "print": mark, "same": same, "rounds": rounds}
        after["guard"] = _guarded(cursor, got.following)
        return Page(tuple(self.make(got.rows)), after, more=True)


def _guarded(cursor: Values, following: Ask) -> Values:
    """The place in a walk that a circle must come back to, moved on at every power of two. Raises BrokenAnswer when it was come back to."""
    guard = cursor.get("guard") or {"mark": "", "steps": 0, "power": 1}
    mark = hashlib.sha256(following.mark.encode()).hexdigest()[:16]
    if mark == guard["mark"]:
        raise BrokenAnswer("the pages of the list go round in circles", mend=mend_place)
    if guard["steps"] + 1 < guard["power"]:
        return {**guard, "steps": guard["steps"] + 1}
    return {"mark": mark, "steps": 0, "power": 2 * guard["power"]}


@dataclass(frozen=True)
class FeedReader:
    """A feed that is asked for what stands behind a number. The peer must give its numbers in the order in which changes become visible."""

    lister: Lister
    make: Make
    param: str
    next: str
    more: str
    size: str
    sequence: str

    def read(self, cursor: Values, limit: int) -> Page:
        """One page: all behind the number of the cursor."""
        after, size = int(cursor.get("after", 0)), min(limit, self.lister.page_limit)
        ask = self.lister.ask(**{self.param: after}, **({self.size: size} if self.size else {}))
        _, body = self.lister.caller.opened("GET", ask.path, params=ask.params)
        rows = paths.needed(body, self.lister.rows_at, list)
        if self.next:
            reached = paths.needed(body, self.next, int)
        else:
            reached = max([after, *(paths.needed(row, self.sequence, int) for row in rows)])
        is_more = paths.needed(body, self.more, bool) if self.more else len(rows) >= size
        if reached < after or (reached == after and (rows or is_more)):
            raise BrokenAnswer(f"the feed stays at {after}", mend=mend_place)
        return Page(tuple(self.make(rows)), {"after": reached}, is_more)


def every_record(reader: Reader, limit: int) -> Iterator[Record]:
    """All that a stream shows, each key once, from the beginning to the end. Raises ServerFault when the list would not stand still."""
    seen, cursor, more = set[str](), dict[str, Any](), True
    while more:
        page = reader.read(cursor, limit)
        for record in page.records:
            if record.key not in seen:
                seen.add(record.key)
                yield record
        cursor, more = page.cursor, page.more
    if cursor.get("rounds"):
        raise ServerFault("the list changes faster than it can be read")
