"""A peer of the model: records that persons and the hub change, with all the manners real systems have. Knows its whole true history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

Values = dict[str, Any]
person, peer_itself = "person", "peer"
refused_named, refused_unnamed, refused_after, unreadable, coerced, unsayable = 3, 4, 5, 6, 7, 8
_epoch = datetime(2026, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=100_000)
def moment(second: int) -> datetime:
    """A second of the model as a time."""
    return _epoch + timedelta(seconds=second)


def digit(value: Any) -> int:
    """The last digit of a person's value says how the peers treat it; lists and empty values are plain."""
    return int(value) % 10 if isinstance(value, int | float) else 0


def coerce(value: Any) -> Any:
    """What a peer makes of a value that it will not keep as it is; twice is as once."""
    return value + 0.5 if digit(value) == coerced and value == int(value) else value


class Failed(Exception):
    """A call that went wrong; `names` are the fields a refusal complains of."""

    def __init__(self, kind: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(kind)
        self.kind, self.names = kind, names


class Change:
    """One state a record was in: `index` counts its changes, `names` are what this change changed, `by` who did it."""

    __slots__ = ("by", "gone", "index", "inside", "names", "stamp", "values")

    def __init__(self, index: int, values: Values, names: frozenset[str], by: str, stamp: int, gone: bool, inside: bool) -> None:
        self.index, self.values, self.names, self.by, self.stamp, self.gone, self.inside = index, values, names, by, stamp, gone, inside


class Record:
    """A record and every state it ever had; keys are never used again."""

    __slots__ = ("changes", "external", "key", "origin")

    def __init__(self, key: str, external: str = "", origin: Any = None) -> None:
        self.key, self.external, self.origin = key, external, origin
        self.changes: list[Change] = []

    @property
    def now(self) -> Change:
        """As it stands."""
        return self.changes[-1]

    def author(self, name: str, index: int | None = None) -> Change:
        """The change that gave a field the value it has (or had at `index`)."""
        for change in reversed(self.changes if index is None else self.changes[: index + 1]):
            if name in change.names:
                return change
        return self.changes[0]


class Snapshot:
    """What a call tells of a record. `index` is for the oracle only: the hub must not look at it."""

    __slots__ = ("external", "gone", "index", "inside", "key", "replaced", "sequence", "stamp", "values", "version")

    def __init__(self, record: Record, change: Change, has_versions: bool, has_sequence: bool) -> None:
        self.key, self.external, self.index, self.gone, self.inside = record.key, record.external, change.index, change.gone, change.inside
        self.values = change.values
        self.version = str(change.index) if has_versions else ""
        self.sequence = change.index if has_sequence else None
        self.stamp = change.stamp
        self.replaced: Values = {}


class Peer:
    """One system. Its manners: versions (If-Match), a sequence, a coarse and jumping clock, coercion, refusals, told deletes, webhooks."""

    def __init__(self, name: str, clock: Callable[[], int], *, manners: int) -> None:
        self.name, self.clock = name, clock
        self.has_versions = bool(manners & 1)
        self.has_sequence = bool(manners & 2)
        self.tells_deletes = bool(manners & 4)
        self.has_webhooks = bool(manners & 8)
        self.coerces = bool(manners & 16)
        self.refuses = bool(manners & 32)
        self.tick = (1, 4)[manners >> 6 & 1]
        self.offset = 0
        self.records: dict[str, Record] = {}
        self.log: list[str] = []
        self.hooks: list[Snapshot] = []
        self.throttled_until = 0
        self.is_locked = False  # answers 401
        self.is_lossy = ""  # the next write's answer is lost "before" or "after" its effect
        self.is_cut = False  # the next list is cut short
        self.hidden: set[str] = set()
        self.watch: Callable[..., None] = lambda *a: None
        self.writes = 0

    # what persons do -------------------------------------------------------------------------------------------------

    def put(self, key: str, values: Values, by: str = person, *, gone: bool = False, inside: bool | None = None) -> Change:
        """Bring a record into a new state."""
        record = self.records[key]
        last = record.changes[-1] if record.changes else None
        whole = {**last.values, **values} if last else dict(values)
        is_back = last is not None and last.gone and not gone  # who restores a record stands for all its values
        names = frozenset(n for n in whole if is_back or last is None or last.values.get(n) != whole[n])
        where = inside if inside is not None else last.inside if last else True
        stamp = (self.clock() + self.offset) // self.tick * self.tick
        change = Change(len(record.changes), whole, names, by, stamp, gone, where)
        record.changes.append(change)
        if not gone or self.tells_deletes:
            self.log.append(key)
            if self.has_webhooks:
                self.hooks.append(self.snapshot(record))
        return change

    def make(self, values: Values, *, external: str = "", origin: Any = None, by: str = person) -> Record:
        """A new record."""
        key = f"{self.name}{len(self.records) + 1}"
        record = self.records[key] = Record(key, external, origin)
        self.put(key, {"k": None, "x": None, "y": None, "n": None, "u": [], "o": None, **values}, by)
        return record

    def snapshot(self, record: Record) -> Snapshot:
        """The record as a call would tell it now."""
        return Snapshot(record, record.now, self.has_versions, self.has_sequence)

    # what the hub may call -------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self.is_locked:
            raise Failed("unauthorised")
        if self.clock() < self.throttled_until:
            raise Failed("throttled")

    def changes(self, cursor: int, limit: int = 5) -> tuple[list[Snapshot], int]:
        """What changed since the cursor, each as it is now (a tombstone where deletes are told)."""
        self._open()
        keys = self.log[cursor : cursor + (1 if self.is_cut else limit)]
        self.is_cut = False
        found = [self.snapshot(self.records[key]) for key in dict.fromkeys(keys) if key not in self.hidden]
        hidden = next((i for i, key in enumerate(keys) if key in self.hidden), None)
        if hidden is not None:  # a feed stops before what it may not show
            found = [self.snapshot(self.records[key]) for key in dict.fromkeys(keys[:hidden])]
            keys = keys[:hidden]
        return [s for s in found if not s.gone or self.tells_deletes], cursor + len(keys)

    def keys(self) -> set[str]:
        """Every key there is to see; a list cut short lacks some."""
        self._open()
        if self.is_cut:
            self.is_cut = False
            return set()
        return {key for key, record in self.records.items() if not record.now.gone and key not in self.hidden}

    def lookup(self, key: str) -> Snapshot | str:
        """The record now, or why it is not there."""
        self._open()
        if key in self.hidden:
            return "not_visible"
        return self.snapshot(self.records[key]) if not self.records[key].now.gone else "missing"

    def find(self, external: str) -> list[Snapshot]:
        """Records that carry our reference."""
        self._open()
        return [self.snapshot(r) for r in self.records.values() if r.external == external and not r.now.gone]

    def write(self, key: str | None, values: Values | None, *, version: str = "", external: str = "", by: str, what: Any) -> Snapshot | None:
        """Create (no key), update, or delete (no values)."""
        self._open()
        lossy, self.is_lossy = self.is_lossy, ""
        if lossy == "before":
            raise Failed("lost")
        record = self.records[key] if key is not None else None
        if record is not None and record.now.gone:
            raise Failed("gone")
        if record is not None and self.has_versions and version != str(record.now.index):
            raise Failed("stale")
        answer = self._effect(record, values, external, by, what)
        if lossy == "after":
            raise Failed("lost")
        return answer

    def _effect(self, record: Record | None, values: Values | None, external: str, by: str, what: Any) -> Snapshot | None:
        kinds = {n: digit(v) for n, v in (values or {}).items()} if self.refuses else {}
        if named := tuple(n for n, kind in kinds.items() if kind == refused_named):
            raise Failed("refused", named)
        if any(kind == refused_unnamed for kind in kinds.values()):
            raise Failed("refused")
        self.writes += 1
        before = record.now if record is not None else None
        self.watch(what, record, values)
        if values is None:
            assert record is not None
            self.put(record.key, {}, by, gone=True)
            return None
        made = {n: coerce(v) for n, v in values.items()} if self.coerces else values
        if record is None:
            record = self.make(dict(values), external=external, origin=what, by=by)
        else:
            self.put(record.key, values, by)
        changed = {n: v for n, v in made.items() if v != values[n]}
        if changed:
            self.put(record.key, changed, peer_itself)
        if any(kind == refused_after for kind in kinds.values()):
            raise Failed("refused")
        answer = self.snapshot(record)
        if before is not None and not self.has_versions:
            answer.replaced = {n: before.values.get(n) for n in values}
        return answer
