"""A list of a peer, page by page or from any place on, and never a page that is believed without reason. Pure: calls go through the session."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jingwei.hub.contract import BrokenAnswer, ServerFault, Title
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.calls import Caller
from jingwei.hub.kit.rest.pagers import Ask, Pager

tries = 5  # how often a list that moves under the reader is read anew before we wait for a calmer moment
pages_at_most = 100_000
mend_size = Title("把 page_limit 改为对方允许的最大值", "Set page_limit to the most that the peer allows")
mend_place = Title("检查 pager 的参数名：对方没有理会它", "Check the names of the pager's parameters: the peer takes no notice of them")


@dataclass(frozen=True, slots=True)
class Got:
    """One page as it came."""

    ask: Ask
    rows: list[Any]
    following: Ask | None
    total: int | None = None


@dataclass(frozen=True)
class Lister:
    """One list of a stream: where it is, where the rows are in its answers, and how it is cut into pages."""

    caller: Caller
    pager: Pager
    path: str
    params: Mapping[str, Any]
    rows_at: str
    key: str
    page_limit: int

    def ask(self, **more: Any) -> Ask:
        """What all its pages have in common."""
        return Ask(self.path, {**self.params, **more})

    def get(self, ask: Ask) -> Got:
        """One page. Raises BrokenAnswer."""
        answer, body = self.caller.opened("GET", ask.path, params=ask.params)
        rows = paths.needed(body, self.rows_at, list)
        base = str(self.caller.session.config.get("base_url", ""))
        total = paths.needed(body, self.pager.total, int) if self.pager.total else None
        return Got(ask, rows, self.pager.behind(ask, answer, body, rows, base), total)

    def keys_of(self, rows: Sequence[Any]) -> list[str]:
        """The keys of rows, to compare pages by."""
        return [str(paths.at(row, self.key)) for row in rows]

    def whole(self, ask: Ask, size: int) -> Iterator[Got]:
        """Page behind page to the end. Raises BrokenAnswer when they go round in circles."""
        seen, before, same = set[str](), "", 0
        following: Ask | None = self.pager.start(ask, size)
        while following is not None:
            if following.mark in seen or len(seen) > pages_at_most:
                raise BrokenAnswer("the pages of the list go round in circles", mend=mend_place)
            seen.add(following.mark)
            got = self.get(following)
            same = same + 1 if got.rows and self.print_of(got.rows) == before else 0
            self.require_new(same)
            yield got
            before, following = self.print_of(got.rows), got.following

    def require_new(self, same: int) -> None:
        """Raises BrokenAnswer when a page came again so many times: once may be because the list moved by just a page."""
        if same >= 2:
            raise BrokenAnswer("the list gives the same page twice", mend=mend_place)

    def window(self, ask: Ask, place: int, limit: int) -> list[Any]:
        """Rows from a place of the list on, of a pager that only goes on. What was put together from several pages holds when they are
        still the same afterwards: had anything left them in between, something would have slipped through behind it."""
        for _ in range(tries):
            gone_by, parts = 0, list[Got]()
            for got in self.whole(ask, min(limit, self.page_limit)):
                if gone_by + len(got.rows) > place:  # also an empty one behind: what stood there may have slipped forward
                    parts.append(got)
                gone_by += len(got.rows)
                if gone_by >= place + limit:
                    break
            rows = [row for got in parts for row in got.rows]
            if len(parts) < 2 or self.pager.is_stable or all(self.is_same(each.ask, each.rows) for each in parts[:-1]):
                first = gone_by - len(rows)
                return rows[max(0, place - first) :][:limit]
        raise ServerFault("the list changes faster than it can be read")

    def is_same(self, ask: Ask, rows: Sequence[Any] | None = None, keys: Sequence[str] = ()) -> bool:
        """Whether a page still has the rows that it had."""
        return self.keys_of(self.get(ask).rows) == (self.keys_of(rows) if rows is not None else list(keys))

    def spot(self, ask: Ask, place: int, limit: int) -> tuple[list[Any], bool]:
        """Rows from a place of the list on, and whether they are the last. A short page is the last one only if nothing stands behind it:
        a peer may give fewer rows than it is asked for."""
        for _ in range(tries):
            spot = self.pager.spot(ask, place, limit, self.page_limit)
            got = self.get(spot.ask)
            asked = spot.ask.params.get(self.pager.size, 0) if self.pager.size else 0
            if self.pager.kind == "page" and len(got.rows) > asked:
                raise BrokenAnswer(f"{len(got.rows)} rows where {asked} were asked for", mend=mend_place)
            rows = got.rows[spot.skip :][: spot.take]
            if len(rows) == spot.take:
                return rows, False
            if not self._is_more(got, spot.skip, place):
                return rows, True
            if self.is_same(spot.ask, got.rows):
                raise BrokenAnswer(f"{len(got.rows)} rows a page where {asked} were asked for", mend=mend_size)
        raise ServerFault("the list changes faster than it can be read")

    def _is_more(self, got: Got, skip: int, place: int) -> bool:
        """Whether rows stand behind a short page. What was once seen in a longer page needs no asking."""
        count, widest = len(got.rows), f"rest {self.caller.stream} widest page"
        if self.pager.kind == "none" or not count or got.following is None:
            return False
        if got.total is not None:
            return got.total > place - skip + count
        if count < self.caller.session.cache.get(widest, 0):
            return False
        self.caller.session.cache[widest] = count
        return bool(self.get(got.following).rows)

    def reached(self, place: int, limit: int) -> int:
        """How many rows from a place on one answer can hold."""
        return self.pager.spot(self.ask(), place, limit, self.page_limit).take if self.pager.reaches else limit

    def print_of(self, rows: Sequence[Any]) -> str:
        """What tells this page from another."""
        return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def require_moved(self, ask: Ask, place: int, rows: Sequence[Any], before: str | None, limit: int) -> None:
        """Raises BrokenAnswer when the page from another place is the one before it, and the first one too, however often we look: a list
        may move once, but then places are not heeded."""
        if len(rows) < 2 or self.print_of(rows) != before:
            return
        if all(self.print_of(self.spot(ask, each, limit)[0]) == before for each in (0, place) * tries):
            raise BrokenAnswer("the list gives the same page twice", mend=mend_place)
