"""My work: everything that waits for a person, kind by kind. Each room says of its own what waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from jingwei.frame.rights.access import Access

most_of_a_kind = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for somebody: what, in which project (its code), since when, until when, and where it is done."""

    title: str
    url: str
    project: str = ""
    since: datetime | None = None
    due: datetime | None = None
    note: str = ""


Answer = Callable[[Access], Iterable[Waiting]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What waits is answered by `rows(access)`: what these rights allow, in a number of queries that does not grow with it."""

    name: str
    title: Any
    rows: Answer
    order: int


kinds: dict[str, Kind] = {}


def waits_for_me(name: str, title: Any, *, order: int = 50) -> Callable[[Answer], Answer]:
    """Declare a kind of work that waits; the lower `order` stands higher."""

    def register(rows: Answer) -> Answer:
        kinds[name] = Kind(name, title, rows, order)
        return rows

    return register


def waiting_for(access: Access, *only: str) -> list[tuple[Kind, list[Waiting]]]:
    """Every kind (or only some) of which something waits for this person: what is due first comes first, at most a hundred of a kind."""
    found = [
        (kind, list(islice(kind.rows(access), most_of_a_kind))) for kind in sorted(kinds.values(), key=lambda kind: kind.order) if not only or kind.name in only
    ]
    return [(kind, rows) for kind, rows in found if rows]
