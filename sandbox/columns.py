"""Tables as data: one declaration gives the SQLite schema, the checks on what is written, the form and the list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

Kind = Literal["text", "long", "choice", "integer", "amount", "decimal", "date", "month", "moment", "labels"]
Pair = tuple[str, str]  # Chinese, English
Values = dict[str, Any]

_stored_as = {"integer": "INTEGER"}
_month = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Column:
    """One column. `choices` are (value, (zh, en)). `read_only` columns are written by the system itself."""

    name: str
    kind: Kind
    title: Pair
    required: bool = False
    read_only: bool = False
    default: Any = None
    choices: tuple[tuple[str, Pair], ...] = ()
    low: float | None = None
    high: float | None = None
    max_length: int = 255
    listed: bool = True

    @property
    def stored_as(self) -> str:
        """The SQLite type."""
        return _stored_as.get(self.kind, "TEXT")


@dataclass(frozen=True)
class Table:
    """One kind of record. `number` makes the business number of a new row from (counter, values)."""

    name: str
    title: Pair
    singular: str
    number_column: str
    columns: tuple[Column, ...]
    number: Callable[[Callable[[str], int], Values], str]
    label: str
    on_write: Callable[[Values, Values], Mapping[str, str]] = lambda before, after: {}
    removable: Callable[[Values], str] = lambda row: ""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for each in self.columns:
            if each.name == name:
                return each
        raise KeyError(name)


class Wrong(ValueError):
    """One value that its column cannot hold; the text says why."""


class Invalid(Exception):
    """What was given cannot be written: `errors` maps a column to what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = dict(errors)


def clean_values(table: Table, given: Mapping[str, Any], *, partial: bool) -> Values:
    """The given values as they will be stored; raises Invalid. Unknown and read-only columns are refused, never dropped."""
    values: Values = {}
    errors: dict[str, str] = {}
    writable = {each.name: each for each in table.columns if not each.read_only}
    for name in given:
        if name not in writable:
            errors[name] = "unknown or read-only field"
    for column in writable.values():
        if column.name not in given:
            if not partial:
                values[column.name] = column.default
                if column.required and column.default is None:
                    errors[column.name] = "required"
            continue
        try:
            values[column.name] = clean_value(column, given[column.name])
        except (ValueError, InvalidOperation) as problem:
            errors[column.name] = str(problem) if isinstance(problem, ValueError) else "not a number"
    if errors:
        raise Invalid(errors)
    return values


def clean_value(column: Column, value: Any) -> Any:
    """One value as stored; raises Wrong (or a ValueError of Python's own). White space around a text is dropped."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        if column.required:
            raise Wrong("required")
        return [] if column.kind == "labels" else column.default if column.kind == "integer" else None
    cleaned = _cleaners[column.kind](column, value)
    if column.kind in ("integer", "amount", "decimal"):
        if column.low is not None and Decimal(cleaned) < Decimal(str(column.low)):
            raise Wrong(f"below {column.low:g}")
        if column.high is not None and Decimal(cleaned) > Decimal(str(column.high)):
            raise Wrong(f"above {column.high:g}")
    return cleaned


def _text(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("not a text")
    if len(value) > column.max_length:
        raise Wrong(f"longer than {column.max_length} characters")
    return value


def _long(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("not a text")
    if len(value) > 20_000:
        raise Wrong("longer than 20000 characters")
    return value


def _choice(column: Column, value: Any) -> str:
    known = [key for key, _ in column.choices]
    if value not in known:
        raise Wrong(f"not one of {', '.join(known)}")
    return str(value)


def _integer(column: Column, value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise Wrong("not a whole number")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Wrong("not a whole number") from None


def _exact(value: Any, places: int) -> str:
    if isinstance(value, bool | list | dict):
        raise Wrong("not a number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise Wrong("not a number")
    if number != round(number, places):
        raise Wrong(f"more than {places} decimals")
    return f"{number:.{places}f}"


def _amount(column: Column, value: Any) -> str:
    return _exact(value, 2)


def _decimal(column: Column, value: Any) -> str:
    return _exact(value, 2)


def _date(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("not a date")
    return date.fromisoformat(value).isoformat()


def _month_of(column: Column, value: Any) -> str:
    if not isinstance(value, str) or not _month.fullmatch(value):
        raise Wrong("not a month YYYY-MM")
    return value


def _moment(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("not a time")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise Wrong("a time without its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _labels(column: Column, value: Any) -> list[str]:
    given = value.replace("，", ",").split(",") if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise Wrong("not a list of texts")
    return list(dict.fromkeys(each.strip() for each in given if each.strip()))


_cleaners: dict[str, Callable[[Column, Any], Any]] = {
    "text": _text,
    "long": _long,
    "choice": _choice,
    "integer": _integer,
    "amount": _amount,
    "decimal": _decimal,
    "date": _date,
    "month": _month_of,
    "moment": _moment,
    "labels": _labels,
}


def stored(column: Column, value: Any) -> Any:
    """A value as SQLite keeps it."""
    return json.dumps(value or [], ensure_ascii=False) if column.kind == "labels" else value


def loaded(column: Column, value: Any) -> Any:
    """A value as SQLite gives it back."""
    return json.loads(value or "[]") if column.kind == "labels" else value
