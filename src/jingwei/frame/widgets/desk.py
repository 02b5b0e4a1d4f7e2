"""What a widget is asked with, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from jingwei.frame.rights.access import Access

shown_at_most = 7
counted_to = 100
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: where it leads, what it says, and its state with the word for it."""

    url: str
    text: str
    note: str = ""
    state: str = ""
    word: str = ""
    at: datetime | None = None
    amount: Decimal | None = None
    currency: str = "CNY"
    endangered: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a trend or a chart, with its name."""

    label: str
    value: float


@dataclass(slots=True)
class Answer:
    """What a widget shows: rows of a list, a number, or points. `total` may be more than the rows that are shown; `is_alarm` draws the eye."""

    rows: Sequence[Row] = ()
    total: int = 0
    points: Sequence[Point] = ()
    unit: str = ""
    empty: str = ""
    url: str = ""
    link: str = ""
    actions: Sequence[tuple[str, str]] = field(default_factory=tuple)
    is_alarm: bool = False


@dataclass(slots=True)
class Desk:
    """Who asks. `kept` holds what several widgets need, gathered once."""

    access: Access
    _gathered: dict[str, Any] = field(default_factory=dict)

    def projects(self, permission: str) -> list[int] | None:
        """Where the person may do that; None = everywhere."""
        found = self.access.projects(permission)
        return None if found is None else sorted(found)

    def kept(self, name: str, gather: Callable[[], Kept]) -> Kept:
        """What `gather` gives, asked for once a page."""
        if name not in self._gathered:
            self._gathered[name] = gather()
        found: Kept = self._gathered[name]
        return found


def cut(rows: Any, make: Callable[[Any], Row]) -> tuple[list[Row], int]:
    """The first rows of a query, and how many there are (counted up to a hundred): one statement."""
    found = list(rows[:counted_to])
    return [make(each) for each in found[:shown_at_most]], len(found)
