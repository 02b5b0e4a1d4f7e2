"""Shapes that parts of a manifest may have; each says what is wrong in both languages, and where. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jingwei.hub.contract import Title
from jingwei.hub.kit.rest.places import Place

Report = Callable[[Place, Title], None]


class Shape(Protocol):
    """What a value may be."""

    def check(self, value: Any, place: Place, report: Report) -> None: ...


@dataclass(frozen=True)
class Text:
    """A text; of these words only, or of this form, of which `said` gives the words."""

    words: Sequence[str] = ()
    form: re.Pattern[str] | None = None
    said: Title = Title("格式不对", "it has another form")
    may_be_empty: bool = False

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, str) or not (value or self.may_be_empty):
            report(place, Title("应为文字", "give a text"))
        elif self.words and value not in self.words:
            report(place, Title(f"应为其中之一：{'、'.join(self.words)}", f"give one of {', '.join(self.words)}"))
        elif self.form is not None and not self.form.fullmatch(value):
            report(place, self.said)


@dataclass(frozen=True)
class Whole:
    """A whole number between two."""

    low: int = 0
    high: int = 1_000_000

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            report(place, Title(f"应为 {self.low} 到 {self.high} 的整数", f"give a whole number from {self.low} to {self.high}"))


@dataclass(frozen=True)
class Seconds:
    """A number of seconds between two."""

    low: float
    high: float

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not self.low <= value <= self.high:
            report(place, Title(f"应为 {self.low} 到 {self.high} 的秒数", f"give a number of seconds from {self.low} to {self.high}"))


@dataclass(frozen=True)
class YesNo:
    """True or false."""

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, bool):
            report(place, Title("应为 true 或 false", "give true or false"))


@dataclass(frozen=True)
class Scalar:
    """A text, a whole number, or yes and no: what goes into an address or is compared with an answer."""

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, str | int):
            report(place, Title("应为文字、整数或 true/false", "give a text, a whole number, true or false"))


@dataclass(frozen=True)
class Anything:
    """What is checked elsewhere."""

    def check(self, value: Any, place: Place, report: Report) -> None:
        return None


@dataclass(frozen=True)
class Many:
    """A list of things of one shape."""

    each: Shape
    least: int = 1

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, list) or len(value) < self.least:
            report(place, Title("应为列表，写在 [ ] 中，不能为空", "give a list in [ ], not an empty one"))
            return
        for number, one in enumerate(value):
            self.each.check(one, (*place, number), report)


@dataclass(frozen=True)
class Named:
    """A table of things of one shape, under names of the author's choice."""

    each: Shape
    name: re.Pattern[str] | None = None
    said: Title = Title("名称不对", "the name has another form")
    least: int = 1

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, Mapping) or len(value) < self.least:
            report(place, Title("应为表，且不能为空", "give a table, not an empty one"))
            return
        for name, one in value.items():
            if self.name is not None and not self.name.fullmatch(name):
                report((*place, name), self.said)
            self.each.check(one, (*place, name), report)


@dataclass(frozen=True)
class Table:
    """A table of known names; `needed` must be there."""

    parts: Mapping[str, Shape]
    needed: Sequence[str] = field(default=())

    def check(self, value: Any, place: Place, report: Report) -> None:
        if not isinstance(value, Mapping):
            report(place, Title("应为表", "give a table"))
            return
        for name, one in value.items():
            if name in self.parts:
                self.parts[name].check(one, (*place, name), report)
            else:
                report((*place, name), _unknown(name, self.parts))
        for name in self.needed:
            if name not in value:
                report((*place, name), Title("缺少这一项", "this is needed"))


def _unknown(name: str, known: Mapping[str, Shape]) -> Title:
    names = ", ".join(sorted(known))
    return Title(f"没有这样的名称；可用的有：{names}", f"there is no such name; known are {names}")
