"""Fields of a record: out of a peer's row in the contract's forms, and back into a body as the peer wants them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jingwei.hub.contract import BrokenAnswer, Field, Refused, Values
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.moments import Format
from jingwei.kernels import bounds


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how a peer keeps a field: `path` in what it shows, `write_path` in what it is sent; `number` when texts of ours are numbers there."""

    field: Field
    path: str
    write_path: str
    format: Format
    number: bool = False
    choices_from: str = ""

    def read(self, row: Mapping[str, Any]) -> Any:
        """The value, `absent` when the row has none; raises BrokenAnswer for one that does not fit its type."""
        value = paths.at(row, self.path)
        if value is None or value is paths.absent:
            return value
        return _readers[self.field.type](self, value)

    def write(self, value: Any) -> Any:
        """As the peer wants it; raises Refused for what it could not hold."""
        if value is None:
            return None
        try:
            if self.field.type == "datetime" and self.format != Format():
                return self.format.write(datetime.fromisoformat(value))
            if self.field.type == "date" and self.format.kind != "iso":
                return date.fromisoformat(value).strftime(self.format.kind)
            return _number(value) if self.number and isinstance(value, str) else value
        except (TypeError, ValueError, ArithmeticError) as problem:
            raise Refused(f"{self.field.name}: {problem}", fields={self.field.name: str(problem)}) from problem


def values_of(places: Sequence[Place], row: Mapping[str, Any]) -> Values:
    """The fields that the row has."""
    found = {each.field.name: each.read(row) for each in places}
    return {name: value for name, value in found.items() if value is not paths.absent}


def body_of(places: Mapping[str, Place], values: Values, allowed: Sequence[str]) -> dict[str, Any]:
    """The given fields as a body; raises Refused for those that cannot be written."""
    barred = [name for name in values if name not in allowed]
    if barred:
        raise Refused(f"not written by this connector: {', '.join(barred)}", fields=dict.fromkeys(barred, "it is only read"))
    body: dict[str, Any] = {}
    for name, value in values.items():
        paths.put(body, places[name].write_path, places[name].write(value))
    return body


def _number(text: str) -> int | float:
    """Exactly that number; raises ValueError when JSON's numbers cannot tell it."""
    if (number := bounds.number_of(text)) is None:
        raise ValueError(f"{text[:40]} is no number that can be written out")
    if number == int(number):
        return int(number)
    if Decimal(repr(float(number))) != number:
        raise ValueError(f"{text} has more digits than a number of the peer's can hold")
    return float(number)


def _text(place: Place, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise BrokenAnswer(f"{place.field.name} is no text: {value!r}"[:200])
    return str(value)


def _integer(place: Place, value: Any) -> int:
    number = bounds.number_of(value)
    if number is None or number != number.to_integral_value():
        raise BrokenAnswer(f"{place.field.name} is no whole number: {value!r}"[:200])
    return int(number)


def _decimal(place: Place, value: Any) -> str:
    if (number := bounds.number_of(value)) is None:
        raise BrokenAnswer(f"{place.field.name} is no number: {value!r}"[:200])
    return f"{number:f}"


def _boolean(place: Place, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BrokenAnswer(f"{place.field.name} is neither true nor false: {value!r}"[:200])
    return value


def _date(place: Place, value: Any) -> str:
    if place.format.kind == "iso":
        return date.fromisoformat(value).isoformat()
    return datetime.strptime(value, place.format.kind).date().isoformat()


def _list(place: Place, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BrokenAnswer(f"{place.field.name} is no list: {value!r}"[:200])
    return value


_readers: dict[str, Any] = {
    "string": _text,
    "text": _text,
    "enum": _text,
    "reference": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": lambda place, value: place.format.read(value).isoformat(),
    "list": _list,
}
