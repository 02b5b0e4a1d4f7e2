"""What the miniature hub keeps in its database beside the pairs: links, open writes, deliveries."""

from __future__ import annotations

from typing import Any

from jingwei.kernels.merge import Pair, Write
from tests.kernels.merge.peer import Snapshot


class Crash(Exception):
    """The process ended here: memory is lost, the database is kept."""


class Entry:
    """An open write: waiting, sending, unknown, or held for a person."""

    __slots__ = ("is_released", "state", "write")

    def __init__(self, write: Write, state: str = "waiting") -> None:
        self.write, self.state, self.is_released = write, state, False


class Link:
    """A pair with what the database keeps beside it."""

    __slots__ = (
        "accepted",
        "answered",
        "clashes",
        "delete_answers",
        "external",
        "flips",
        "history",
        "is_ambiguous",
        "is_remade",
        "open",
        "pair",
        "standing",
        "told",
        "tried",
    )

    def __init__(self, external: str) -> None:
        self.external, self.pair = external, Pair()
        self.open: dict[str, Entry] = {}
        self.clashes: dict[str, Any] = {}
        self.flips: list[Any] = []
        self.is_ambiguous = False
        self.standing = ""
        self.tried: set[str] = set()  # sides where a create was sent once: from then on one searches before one creates
        # for the oracle: everything a person was ever shown, and what he answered
        self.history: list[tuple[str, Any, Any]] = []
        self.told: list[tuple[str, Any]] = []
        self.answered: list[tuple[str, Any, list[Any]]] = []
        self.accepted: list[tuple[str, Any, Any]] = []
        self.delete_answers: list[str] = []
        self.is_remade = False


class Delivery:
    """Something that came in, kept before anything is done with it."""

    __slots__ = ("gone", "is_read", "key", "read_at", "side", "snapshot")

    def __init__(self, side: str, key: str, snapshot: Snapshot | None, read_at: int, is_read: bool, gone: bool = False) -> None:
        self.side, self.key, self.snapshot, self.read_at, self.is_read, self.gone = side, key, snapshot, read_at, is_read, gone
