"""How a peer cuts a list into pages: what is asked first, what is asked behind an answer, and where a place in the list is found. Pure.

A list moves while it is read. Kinds that reach any place (`spot`) are read with an overlap that proves that nothing shifted; those that
only go on (`behind`) are either stable, going on behind a row, or must be looked at twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jingwei.hub.contract import BrokenAnswer, Response, Title, Values
from jingwei.hub.kit.rest import paths

kinds = ("none", "page", "offset", "cursor", "link", "keyset")
_next = re.compile(r"<([^>]*)>([^<]*)")
_is_next = re.compile(r";\s*rel\s*=\s*\"?[^\";]*\bnext\b", re.IGNORECASE)
numbered_least = 20  # rows a numbered page can be asked for, at least
too_deep = Title(
    "对方不允许读到这么深，而同一时刻的记录更多：请提高 pager.depth，或让对方把这些记录改到不同的时刻",
    "The peer lets nobody read so deep, and more records than that share one moment: raise pager.depth, or have them touched at different moments",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a page of a list."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What tells it from any other."""
        return json.dumps([self.path, sorted(self.params.items())], ensure_ascii=False, default=str)

    def kept(self) -> Values:
        """For a cursor."""
        return {"path": self.path, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Spot:
    """The request that holds a place of a list, how many rows stand before it there, and how many from it on are relied on."""

    ask: Ask
    skip: int
    take: int


@dataclass(frozen=True, slots=True)
class Pager:
    """As the manifest's `pager` says; names of parameters, empty where there is none."""

    kind: str = "none"
    page: str = ""
    offset: str = ""
    size: str = ""
    param: str = ""
    token: str = ""
    more: str = ""
    total: str = ""
    first: int = 1
    depth: int = 0
    stable: bool = False
    after: Mapping[str, str] = field(default_factory=dict)

    @property
    def reaches(self) -> bool:
        """Whether any place of the list can be asked for."""
        return self.kind in ("none", "offset") or (self.kind == "page" and bool(self.size))

    @property
    def is_stable(self) -> bool:
        """Whether it goes on behind a row, so that nothing that leaves the list shifts what is still to come."""
        return self.stable or self.kind == "keyset"

    def start(self, ask: Ask, size: int) -> Ask:
        """The first page."""
        asked: Values = {self.size: size} if self.size else {}
        if self.kind == "page":
            asked[self.page] = self.first
        if self.kind == "offset":
            asked[self.offset] = 0
        return replace(ask, params={**ask.params, **asked})

    def spot(self, ask: Ask, place: int, limit: int, cap: int) -> Spot:
        """The request that holds `place` and up to `limit` rows from it on; `take` below two when no one page does."""
        if self.depth:
            limit = min(limit, self.depth - place)
            if limit < 2:
                raise BrokenAnswer(f"the list goes deeper than {self.depth}", mend=too_deep)
        start = self.start(ask, limit)
        if self.kind == "none":
            return Spot(start, place, limit)
        if self.kind == "offset":
            return Spot(replace(start, params={**start.params, self.offset: place}), 0, limit)
        size = _fitting(place, limit, cap)
        number, skip = divmod(place, size)
        return Spot(replace(start, params={**start.params, self.size: size, self.page: self.first + number}), skip, min(limit, size - skip))

    def behind(self, ask: Ask, answer: Response, body: Any, rows: Sequence[Any], base: str) -> Ask | None:
        """What is asked behind this answer; None when it was the last. A next page that is this one again raises BrokenAnswer."""
        if not rows and self.kind in ("none", "page", "offset", "keyset"):
            return None
        if self.more and not paths.needed(body, self.more, bool):
            return None
        following = self._following(ask, answer, body, rows, base)
        if following is not None and following.mark == ask.mark:
            raise BrokenAnswer("the list repeats its page")
        return following

    def _following(self, ask: Ask, answer: Response, body: Any, rows: Sequence[Any], base: str) -> Ask | None:
        match self.kind:
            case "page":
                return _with(ask, {self.page: int(ask.params[self.page]) + 1})
            case "offset":
                return _with(ask, {self.offset: int(ask.params[self.offset]) + len(rows)})
            case "cursor":
                token = paths.at(body, self.token)
                return None if token in (None, "", paths.absent) else _with(ask, {self.param: _token(token)})
            case "keyset":
                return _with(ask, {name: paths.needed(rows[-1], path, (str, int)) for name, path in self.after.items()})
            case "link":
                return _linked(answer.headers.get("link", ""), base)
            case _:
                return None


def _with(ask: Ask, params: Mapping[str, Any]) -> Ask:
    return replace(ask, params={**ask.params, **params})


def _token(told: Any) -> str | int:
    if not isinstance(told, str | int) or isinstance(told, bool):
        raise BrokenAnswer("the token of the next page is no text")
    return told


def _fitting(place: int, limit: int, cap: int) -> int:
    """The size at which one numbered page holds `place` and most behind it, as not every size cuts the list at a good place. From a cap of
    `numbered_least` on, some size holds two rows at least for every place below 232,792,559."""
    sizes: list[int] = [*range(min(limit, cap), cap + 1), *range(min(limit, cap) - 1, 1, -1)]
    best: int = sizes[0]
    for size in sizes:
        if size - place % size >= limit:
            return size
        if size - place % size > best - place % best:
            best = size
    return best


def _linked(header: str, base: str) -> Ask | None:
    """The address of rel="next". Only its way and question are used: calls go to the system's own address, whatever it names."""
    for address, told in _next.findall(header):
        if _is_next.search(told):
            parts, root = urlsplit(address), urlsplit(base).path.rstrip("/")
            if not parts.path.startswith(root + "/") or ".." in parts.path.split("/"):
                raise BrokenAnswer(f"the next page lies outside of the system's address: {address}"[:300])
            return Ask(parts.path[len(root) :], _gathered(parse_qsl(parts.query, keep_blank_values=True)))
    return None


def _gathered(pairs: Sequence[tuple[str, str]]) -> Values:
    """Parameters by name; one that comes several times has a list."""
    out: Values = {}
    for name, value in pairs:
        out[name] = value if name not in out else [*(out[name] if isinstance(out[name], list) else [out[name]]), value]
    return out
