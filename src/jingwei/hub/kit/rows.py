"""Rows of an answer as records: one that cannot be read is told as such, and the others are read all the same. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from jingwei.hub.contract import BrokenAnswer, Record

Make = Callable[[Any], Record]
unreadable = (BrokenAnswer, LookupError, TypeError, ValueError, ArithmeticError)  # what reading values raises when they are not what they should be


def records_of(
    stream: str, rows: Iterable[Any], make: Make, *, key: str = "id", stamp: Callable[[Mapping[str, Any]], datetime | None] | None = None
) -> list[Record]:
    """Each row as a record. One that `make` cannot read becomes a record with its key, what it says raw, and the problem; a row without
    even a key raises BrokenAnswer, as nobody could be told which record it was."""
    out = []
    for row in rows:
        try:
            with understood():
                out.append(make(row))
        except BrokenAnswer as problem:
            if not isinstance(row, Mapping) or row.get(key) in (None, ""):
                raise
            out.append(Record(stream, str(row[key]), dict(row), _moment(row, stamp), problem=problem.message))
    return out


@contextmanager
def understood() -> Iterator[None]:
    """What an answer holds that nobody foresaw is the answer's trouble and no program's: raises BrokenAnswer."""
    try:
        yield
    except BrokenAnswer:
        raise
    except unreadable as problem:
        raise BrokenAnswer(f"an answer that cannot be read: {problem!r}"[:500]) from problem


def _moment(row: Mapping[str, Any], stamp: Callable[[Mapping[str, Any]], datetime | None] | None) -> datetime | None:
    try:
        return stamp(row) if stamp is not None else None
    except unreadable:
        return None
