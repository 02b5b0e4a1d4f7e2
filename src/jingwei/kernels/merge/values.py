"""Values and when two of them are one: a single form for equal values, and the three-way merge of lists."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jingwei.kernels import bounds

Value = Any


def union(a: list[Value], b: list[Value], base: list[Value]) -> list[Value]:
    """Three-way set merge: what either side added stays, what either side removed goes; A's order first."""
    removed = [v for v in base if v not in a or v not in b]
    return [v for v in dict.fromkeys([*map(_hashable, a), *map(_hashable, b)]) if v not in [*map(_hashable, removed)]]


def _hashable(value: Value) -> Value:
    return tuple(value) if isinstance(value, list) else value


longest_number = 1000  # digits: one that is longer stays as it was written


def normalise(value: Value, kind: str) -> Value:
    """One form for equal values: 1, 1.0 and "1.00" are one decimal, CRLF is LF, None and "" are one text."""
    if value is None or value == "":
        return [] if kind == "list" else None
    match kind:
        case "decimal":
            return _decimal(value)
        case "integer":
            number = _decimal(value)
            return int(number) if isinstance(number, str) and number.lstrip("-").isdecimal() else value
        case "boolean":
            return value if isinstance(value, bool) else str(value).strip().lower() in ("1", "true", "yes", "是")
        case "date":
            return value.isoformat() if isinstance(value, date) else str(value)[:10]
        case "datetime":
            return _datetime(value)
        case "list":
            return list(value) if isinstance(value, list | tuple) else [value]
        case "text" | "string":
            return str(value).replace("\r\n", "\n").replace("\r", "\n").rstrip() or None
        case _:
            return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def _decimal(value: Value) -> Value:
    if (number := bounds.number_of(value)) is None:
        return value
    if abs(number.adjusted()) > longest_number or len(number.as_tuple().digits) > longest_number:
        return value if number else "0"
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"


def _datetime(value: Value) -> Value:
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value))
        except ValueError:
            return value
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return value.astimezone(UTC).isoformat()
    except OverflowError:  # the first and the last day there are have no other beside them
        return value.isoformat()
