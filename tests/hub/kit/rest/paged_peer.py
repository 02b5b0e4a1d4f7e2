"""The simulated peer behind an address: it cuts its list into pages in every way that a manifest can tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jingwei.hub.contract import Response
from tests.hub.kit.simulated_peer import SimulatedPeer, start

ways: dict[str, dict[str, Any]] = {
    "none": {"kind": "none"},
    "offset": {"kind": "offset", "offset": "offset", "size": "limit"},
    "offset, a total told": {"kind": "offset", "offset": "offset", "size": "limit", "total": "total"},
    "page": {"kind": "page", "page": "page", "size": "limit"},
    "page from zero, a total told": {"kind": "page", "page": "page", "size": "limit", "first": 0, "total": "total"},
    "page of their size": {"kind": "page", "page": "page"},
    "token of a place": {"kind": "cursor", "param": "token", "token": "next", "size": "limit"},
    "token behind a row": {"kind": "cursor", "param": "after", "token": "behind", "size": "limit", "stable": True},
    "link": {"kind": "link", "size": "limit"},
    "keyset": {"kind": "keyset", "after": {"after_time": "changed", "after_id": "id"}, "size": "limit"},
}


def manifest_of(way: str, by: str, **more: Any) -> dict[str, Any]:
    """A manifest of the one stream `things`, cut into pages in that way."""
    reads = {"time": {"by": "time", "param": "since", "safe_lag": 3, "params": {"sort": "changed"}}, "all": {"by": "all", "params": {"sort": "id"}}}
    after = {"after": {"after_id": "id"}} if way == "keyset" and by == "all" else {}
    stream = {
        "title": {"zh": "物", "en": "Things"},
        "path": "/things",
        "records": "items",
        "key": "id",
        "modified": "changed",
        "page_limit": 100,
        "params": {"sort": "id"},
        "pager": {**ways[way], **after},
        "read": reads[by],
        "fields": {
            "id": {"type": "string", "zh": "号", "en": "Id"},
            "version": {"type": "integer", "zh": "版", "en": "Version"},
            "changed": {"type": "datetime", "zh": "改", "en": "Changed"},
        },
        **more,
    }
    for told in reads.values():
        told["params"] = {**told["params"], **({"all": "yes"} if way == "none" else {"first": ways[way].get("first", 1)})}
    stream["params"] = reads["all"]["params"]
    return {"key": "things", "title": {"zh": "物", "en": "Things"}, "check": {"path": "/me", "account": ["name"]}, "streams": {"things": stream}}


@dataclass
class PagedPeer(SimulatedPeer):
    """Implements contract.Session, for reading. `between` happens before each request; `short` cuts pages below what was asked for."""

    between: Callable[[], None] = lambda: None
    their_size: int = 7
    most: int = 1000
    short: Callable[[int], int] = lambda size: size
    deaf_to: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=lambda: {"base_url": "https://things.example/api"})
    cache: dict[str, Any] = field(default_factory=dict)

    @property
    def local(self) -> Any:
        raise LookupError

    def request(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None, headers: Any = None) -> Response:
        """One page of the list."""
        assert (method, path) == ("GET", "/things")
        self.between()
        self.requests += 1
        self.pass_time(self.request_seconds / 2)
        body, link = self._page({name: str(value) for name, value in (params or {}).items() if name not in self.deaf_to})
        date = (self.true + self.their_clock_off) // 1
        self.pass_time(self.request_seconds / 2)
        self._ahead = date - (self.true + self.our_clock_off)
        return Response(200, {"link": link}, _json(body), _parsed)

    def _page(self, asked: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        floor = (_seconds(asked["since"]) // 1) if "since" in asked else float("-inf")
        is_after = asked.get("exclusive") == "yes" and "since" in asked
        order = (lambda row: (row[1], row[0])) if asked.get("sort") == "changed" else (lambda row: (row[0], 0))
        rows = sorted(((key, stamp) for key, (stamp, _version) in self.shown.items() if stamp >= floor + 1e-6 * is_after), key=order)
        whole = len(rows)
        if "after" in asked or "after_id" in asked:
            rows = [row for row in rows if order(row) > _behind(asked)]
        size = min(int(asked.get("limit", self.their_size)), self.most)
        first = int(asked.get("offset") or asked.get("token") or 0)
        if "page" in asked:
            first = (int(asked["page"]) - int(asked.get("first", 1))) * size
        shown = rows if asked.get("all") == "yes" else rows[first : first + self.short(size)]
        following = first + len(shown)
        is_more = following < len(rows) and bool(shown)
        mark = "|".join(map(str, order(shown[-1]))) if shown else ""
        body = {"items": [self._row(key) for key, _ in shown], "total": whole, "next": str(following) if is_more else None, "behind": mark if is_more else None}
        question = "&".join(f"{name}={value}" for name, value in {**asked, "token": str(following)}.items()).replace("+", "%2B")
        return body, f'<http://inner:8080/api/things?{question}>; rel="next", </api/me>; rel="self"' if is_more else ""

    def _row(self, key: int) -> dict[str, Any]:
        stamp, version = self.shown[key]
        return {"id": str(key), "version": version, "changed": (start + timedelta(seconds=stamp)).isoformat()}


def _behind(asked: Mapping[str, str]) -> tuple[float, float]:
    if "after" in asked:
        first, _, second = asked["after"].partition("|")
        return float(first), float(second)
    return (_seconds(asked["after_time"]), float(asked["after_id"])) if asked.get("sort") == "changed" else (float(asked["after_id"]), 0)


def _seconds(text: str) -> float:
    return (datetime.fromisoformat(text) - start).total_seconds()


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _parsed(body: bytes) -> Any:
    return json.loads(body)
