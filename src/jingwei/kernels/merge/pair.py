"""What the sync planner knows and says: a pair of records with its agreed base, what arrives, the terms, and the plan. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

Value = Any
Values = dict[str, Value]
SideName = Literal["a", "b"]
Action = Literal["create", "update", "delete"]
policies: tuple[str, ...] = ("a", "b", "newest", "union", "ask")
directions: tuple[str, ...] = ("both", "a_to_b", "b_to_a")
sides: tuple[SideName, SideName] = ("a", "b")
whole = ""  # the name under which something is said of the record itself and not of one field


def other(side: SideName) -> SideName:
    """The side across."""
    return "b" if side == "a" else "a"


@dataclass(slots=True)
class Half:
    """One side of a pair as we last knew it.

    `seen`: values in the canonical space (side B's names), None when never read. `parked`: its newest state cannot be read through
    the mapping, so `seen` is older than what is there. `left`: it no longer passes the filter. `gone`: deleted, and that was
    confirmed. `stamp`: the peer's time of the state we know; `changed_at`: of the last change that was not a write of ours, None when nobody can tell;
    `read_at`: when we read it.
    """

    key: str | None = None
    seen: Values | None = None
    gone: bool = False
    left: bool = False
    parked: bool = False
    version: str = ""
    sequence: int | None = None
    stamp: datetime | None = None
    changed_at: datetime | None = None
    read_at: datetime | None = None


def moment_of(stamp: datetime | None, read_at: datetime | None, terms: Terms) -> datetime | None:
    """When a change happened: by the peer's stamp, else not after it was read. None when the stamp lies behind the reading: that clock is wrong, and by how
    much nobody knows."""
    if stamp is None or read_at is None:
        return stamp or read_at
    return stamp if stamp <= read_at + terms.doubt else None


class Why(StrEnum):
    """Why a field (or the whole record) stands apart."""

    COERCED = "coerced"  # the peer took the write and made something else of it
    REFUSED = "refused"  # the peer will not take it
    UNTRANSLATABLE = "untranslatable"  # it cannot be said in the other side's words
    OVERWRITTEN = "overwritten"  # our write replaced a value that we had not seen
    ACCEPTED = "accepted"  # a person wants both sides to stay as they are
    TOLD = "told"  # a person chose `value`; whoever does not hold it is written
    ANSWERED = "answered"  # what follows a delete is decided: `value` is "delete" (the other too) or "make" (the deleted one anew)
    SENT = "sent"  # our write was not answered, and the field left the mapping: whoever holds `value` when it is back holds it of us
    CIRCLE = "circle"  # our own writes chase each other
    DIFFER = "differ"  # both sides changed
    DELETED = "deleted"  # one side is deleted, the other must not follow unasked


@dataclass(frozen=True, slots=True)
class Apart:
    """A known reason why a field is not simply merged, valid as long as both sides hold `a` and `b`.

    `value`: what a person chose (TOLD), what our write replaced over there (OVERWRITTEN), or what we may have written there (SENT). `zh`, `en`: the peer's or mapping's words.
    """

    a: Value
    b: Value
    why: str
    value: Value = None
    zh: str = ""
    en: str = ""


@dataclass(slots=True)
class Pair:
    """Two records that are one thing, and what both sides last agreed on."""

    a: Half = field(default_factory=Half)
    b: Half = field(default_factory=Half)
    base: Values | None = None
    apart: dict[str, Apart] = field(default_factory=dict)

    def half(self, side: SideName) -> Half:
        """One side."""
        return self.a if side == "a" else self.b


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record as it came in, already mapped. `values` None and `gone` for a tombstone; `problems` when the mapping cannot read it.

    `is_read`: we asked the peer and this is its answer; otherwise somebody told us (webhook, replay) and it may be old.
    `is_confirmed`: this very record was looked up just now: it is believed whatever its stamps say.
    """

    side: SideName
    key: str
    values: Values | None = None
    gone: bool = False
    outside: bool = False
    problems: Sequence[Any] = ()
    version: str = ""
    sequence: int | None = None
    stamp: datetime | None = None
    read_at: datetime | None = None
    is_read: bool = True
    is_confirmed: bool = False


class Taken(StrEnum):
    """What became of an arrival."""

    NEW = "new"  # it begins a pair
    CHANGED = "changed"  # its pair must be planned
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"  # something newer of this record is known
    FILTERED = "filtered"
    PARKED = "parked"
    LOOK_UP = "look_up"  # do not believe it yet: look the record up


Express = Callable[[SideName, Values], Mapping[str, tuple[str, str]]]


def everything_can_be_said(side: SideName, values: Values) -> Mapping[str, tuple[str, str]]:
    """The plainest Express."""
    return {}


@dataclass(frozen=True, slots=True)
class Terms:
    """What an interface version agreed on.

    `policies` names every field that takes part. `express(side, values)` gives, by field, why a value cannot be said to that side
    (Chinese, English). `cannot` lists (side, action) that a side does not offer. `own` is our own side, whose changes to what
    we write are ordinary. `doubt`: two clocks this close are equal.
    """

    policies: Mapping[str, str]
    directions: Mapping[str, str] = field(default_factory=dict)
    on_delete: str = "ask"
    on_leave: str = "unlink"
    is_paired: bool = True
    express: Express = everything_can_be_said
    cannot: frozenset[tuple[str, str]] = frozenset()
    own: frozenset[str] = frozenset()
    doubt: timedelta = timedelta(seconds=2)

    def direction(self, name: str) -> str:
        """both, a_to_b or b_to_a."""
        return self.directions.get(name, "both")


@dataclass(frozen=True, slots=True)
class Write:
    """What one side is to be told, in canonical values. Only an acknowledged write moves the base."""

    action: Action
    values: Values


@dataclass(frozen=True, slots=True)
class Clash:
    """Something a person must see: both values are kept. `field` is empty when it concerns the record itself."""

    field: str
    a: Value
    b: Value
    base: Value
    why: str = Why.DIFFER
    zh: str = ""
    en: str = ""


class Standing(StrEnum):
    """How a pair stands after planning."""

    LINKED = "linked"
    HALF = "half"  # the other side does not exist yet and may not be made yet
    WAITS = "waits"  # a side's newest state cannot be read
    UNLINKED = "unlinked"  # nothing is carried over any more


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from a pair as it stands. `base` and `apart` are what the pair holds from now on."""

    base: Values | None
    apart: dict[str, Apart]
    writes: dict[SideName, Write] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    standing: Standing = Standing.LINKED

    @property
    def is_settled(self) -> bool:
        """Nothing to write and nothing to ask."""
        return not self.writes and not self.clashes
