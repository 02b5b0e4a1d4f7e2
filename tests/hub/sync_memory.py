"""A peer that lives in memory: records by stream and key, read page by page like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jingwei.hub.contract import Absence, Check, Field, Found, Page, Record, Stream, Title, Values
from jingwei.hub.peers import catalogue

fields = {
    "issues": (("subject", "string"), ("done_ratio", "integer"), ("notes", "text"), ("project", "string")),
    "things": (("name", "string"), ("percent", "integer"), ("notes", "text")),
}


@dataclass
class Memory:
    """Implements contract.Connector as far as reading goes. `after_read` is called with the stream once it was read to its end."""

    rows: dict[str, dict[str, Values]] = field(default_factory=lambda: {"issues": {}, "things": {}})
    page: int = 1000
    can_create: bool = True
    after_read: Callable[[str], None] = lambda stream: None
    looked_up: list[str] = field(default_factory=list)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def factory(self) -> Memory:
        """catalogue.Entry."""
        return self

    def check(self, session: Any) -> Check:
        return Check(ok=True)

    def streams(self, session: Any) -> Sequence[Stream]:
        return [
            Stream(name, Title(name, name), tuple(Field(n, t, Title(n, n)) for n, t in wanted), can_create=self.can_create)  # type: ignore[arg-type]
            for name, wanted in fields.items()
        ]

    def read(self, session: Any, stream: str, cursor: Values, limit: int) -> Page:
        keys, start = list(self.rows[stream]), int(cursor.get("at", 0))
        size = min(limit, self.page)
        records = tuple(Record(stream, key, self.rows[stream][key]) for key in keys[start : start + size])
        more = start + size < len(keys)
        if not more:
            self.after_read(stream)
        return Page(records, {"at": start + len(records)}, more)

    def lookup(self, session: Any, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        self.looked_up += keys
        return {key: Record(stream, key, self.rows[stream][key]) if key in self.rows[stream] else Absence.MISSING for key in keys}

    def keys(self, session: Any, stream: str) -> Iterator[str]:
        return iter(self.rows[stream])


def installed() -> Memory:
    """A fresh memory, known to the catalogue as `memory`."""
    memory = Memory()
    catalogue.install({"memory": memory})  # type: ignore[dict-item]
    return memory
