"""Which values that either side can hold go nowhere: every one is sent through its pair, in the directions that are used."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jingwei.kernels.mapping.compiler import compile_pair
from jingwei.kernels.mapping.converting import values_of
from jingwei.kernels.mapping.model import FieldLike, Mapping, Pair

Values = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """The values of a pair (by its number in the spec) that have no counterpart, as (value, label). `left_*` were left so by a person."""

    number: int
    target: str
    a: Values
    b: Values
    left_a: Values
    left_b: Values

    @property
    def is_open(self) -> bool:
        """Whether anybody has still to say what becomes of a value."""
        return bool(self.a or self.b)


def gaps(spec: AbstractMapping[str, Any], fields_a: Sequence[FieldLike], fields_b: Sequence[FieldLike], tables: AbstractMapping[str, Any]) -> list[Gap]:
    """Every pair with values that go nowhere. A pair that cannot be compiled is no gap but a problem, told elsewhere."""
    a, b = {f.name: f for f in fields_a}, {f.name: f for f in fields_b}
    out = []
    for number, each in enumerate(spec.get("pairs") or ()):
        pair = compile_pair(each, fields_a, fields_b, tables)
        if pair is None or len(pair.a) != 1:
            continue
        lost_a, lost_b = _lost(pair, a[pair.a[0]], b[pair.b])
        if not lost_a and not lost_b:
            continue
        left = (spec.get("left") or {}).get(pair.b) or {}
        of_a, of_b = ({str(value) for value in left.get(side) or ()} for side in ("a", "b"))
        parts = [tuple(v for v in lost if (v[0] in known) is is_left) for is_left in (False, True) for lost, known in ((lost_a, of_a), (lost_b, of_b))]
        out.append(Gap(number, pair.b, *parts))
    return out


def _lost(pair: Pair, a: FieldLike, b: FieldLike) -> tuple[Values, Values]:
    alone, there, back = Mapping((pair,)), values_of(a), values_of(b)
    lost_a = tuple(each for each in there if pair.direction != "b_to_a" and not _arrives(alone.forward({a.name: each[0]}).values.get(b.name), back))
    lost_b = tuple(each for each in back if pair.direction != "a_to_b" and not _arrives(alone.backward({b.name: each[0]}).values.get(a.name), there))
    return lost_a, lost_b


def _arrives(value: Any, known: Values) -> bool:
    """Whether something came out, and something that the other side knows, where it says what it knows."""
    return value is not None and (not known or str(value) in {each for each, _ in known})
