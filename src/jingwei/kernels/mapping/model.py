"""A compiled mapping and what it tells: pairs, mapped values, problems, traces."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jingwei.kernels import merge
from jingwei.kernels.mapping.operations import CannotMap, Lookups, Step, Value
from jingwei.kernels.mapping.parameters import shown, written
from jingwei.kernels.mapping.rules import Rule, breaks, number_of
from jingwei.kernels.text import Text

Spec = AbstractMapping[str, Any]


class FieldLike(Protocol):
    """What a mapping needs to know of a stream's field."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> Any: ...

    @property
    def required(self) -> bool: ...

    @property
    def read_only(self) -> bool: ...

    @property
    def choices(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """One thing wrong with a spec: where, and how to mend it. `at` is the part of the place that is wrong: a, b, direction, policy or steps;
    `parameter` the one of a step (or rules) that is not of its kind."""

    place: str
    message: Text
    at: str = ""
    parameter: str = ""


class MappingError(ValueError):
    """A spec that cannot be compiled; `problems` lists everything that is wrong, not only the first."""

    def __init__(self, problems: Sequence[SpecProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.place}: {p.message.en}" for p in problems))


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """One value that does not pass; severity warn lets the record through."""

    field: str
    code: str
    message: Text
    value: Value
    severity: str = "quarantine"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Values in the other side's names, and what is wrong with them."""

    values: dict[str, Value]
    problems: tuple[ValueProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One pair's value after each step, for the preview."""

    a: str
    b: str
    steps: tuple[Value, ...]
    problem: ValueProblem | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One compiled pair of fields; the last step each way brings the value into the field's own form. `must_return`: the way back divides."""

    a: tuple[str, ...]
    b: str
    direction: str
    policy: str
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    joiner: str
    type_a: str
    type_b: str
    rules: tuple[Rule, ...]
    must_return: bool = False

    def returns(self, value: Value, lookups: Lookups | None) -> Value:
        """A value of B in the form of A. CannotMap when it was divided and would come back as another one, and so be written for ever."""
        found = _through(self.backward, value, lookups)
        if self.must_return and merge.normalise(_through(self.forward, found, lookups), "decimal") != merge.normalise(value, "decimal"):
            told, back = shown(value), shown(found)
            zh = f"{told} 除不尽：换算为 {back} 后再乘回来就不是原值。请在“乘以”后添加“四舍五入”，或改正该值"
            raise CannotMap(
                "mapping.no_way_back",
                zh,
                f"{told} cannot be divided exactly: {back} would come back as another value. Add “Round” behind “Multiply”, or correct it",
            )
        return found


@dataclass(frozen=True)
class Mapping:
    """A compiled mapping; make it with `compile_mapping`."""

    pairs: tuple[Pair, ...]
    constants_a: AbstractMapping[str, Value] = field(default_factory=dict)
    constants_b: AbstractMapping[str, Value] = field(default_factory=dict)
    keys: tuple[str, ...] = ()

    def constants(self, side: str) -> dict[str, Value]:
        """Values that every record created on that side gets."""
        return dict(self.constants_a if side == "a" else self.constants_b)

    def forward(self, values: AbstractMapping[str, Value], lookups: Lookups | None = None) -> Mapped:
        """A record of A in B's names. Pairs whose source field is not present are left out."""
        out: dict[str, Value] = {}
        problems: list[ValueProblem] = []
        for pair in self.pairs:
            if pair.direction == "b_to_a" or not all(name in values for name in pair.a):
                if pair.direction == "b_to_a" and len(pair.a) == 1 and pair.a[0] in values:
                    self._shadow(pair, values, lookups, out)
                continue
            try:
                value = _through(pair.forward, _source(pair, values), lookups)
            except CannotMap as problem:
                problems.append(ValueProblem(pair.b, problem.code, problem.text, values[pair.a[0]], problem.severity))
                continue
            problems.extend(_broken_rules(pair, value))
            out[pair.b] = value
        return Mapped(out, tuple(problems))

    def _shadow(self, pair: Pair, values: AbstractMapping[str, Value], lookups: Lookups | None, out: dict[str, Value]) -> None:
        """The target's present value of a pair that flows the other way, so that the planner sees whether it must be written."""
        try:
            out[pair.b] = _through(pair.forward, values[pair.a[0]], lookups)
        except CannotMap:
            out[pair.b] = {"unreadable": written(values[pair.a[0]]) or "…"}  # equal to nothing: it will be written

    def backward(self, values: AbstractMapping[str, Value], lookups: Lookups | None = None) -> Mapped:
        """Some of B's values in A's names; only what flows that way."""
        out: dict[str, Value] = {}
        problems: list[ValueProblem] = []
        for pair in self.pairs:
            if pair.direction == "a_to_b" or pair.b not in values:
                continue
            try:
                out[pair.a[0]] = pair.returns(values[pair.b], lookups)
            except CannotMap as problem:
                problems.append(ValueProblem(pair.a[0], problem.code, problem.text, values[pair.b], problem.severity))
        return Mapped(out, tuple(problems))

    def trace(self, values: AbstractMapping[str, Value], lookups: Lookups | None = None) -> tuple[Trace, ...]:
        """Every pair step by step on one record of A."""
        return tuple(_trace(pair, values, lookups or {}) for pair in self.pairs)


def _through(steps: Sequence[Step], value: Value, lookups: Lookups | None) -> Value:
    for step in steps:
        value = step(value, lookups or {})
    return value


def _source(pair: Pair, values: AbstractMapping[str, Value]) -> Value:
    if len(pair.a) == 1:
        return values[pair.a[0]]
    return pair.joiner.join(str(values[name]) for name in pair.a if values[name] not in (None, ""))


def _trace(pair: Pair, values: AbstractMapping[str, Value], lookups: Lookups) -> Trace:
    if not all(name in values for name in pair.a):
        return Trace("+".join(pair.a), pair.b, (), None)
    value = _source(pair, values)
    seen = [value]
    try:
        for step in pair.forward:
            value = step(value, lookups)
            seen.append(value)
    except CannotMap as problem:
        return Trace("+".join(pair.a), pair.b, tuple(seen), ValueProblem(pair.b, problem.code, problem.text, seen[-1], problem.severity))
    broken = _broken_rules(pair, value)
    return Trace("+".join(pair.a), pair.b, tuple(seen), broken[0] if broken else None)


def _broken_rules(pair: Pair, value: Value) -> list[ValueProblem]:
    out = []
    if pair.type_b in ("integer", "decimal") and value is not None and number_of(value) is None:
        out.append(ValueProblem(pair.b, "mapping.not_a_number", Text(f"不是数字：{shown(value)}", f"not a number: {shown(value)}"), value))
    for name, limit, severity in pair.rules:
        text = breaks(name, limit, value)
        if text is not None:
            out.append(ValueProblem(pair.b, f"mapping.rule.{name}", text, value, severity))
    return out
