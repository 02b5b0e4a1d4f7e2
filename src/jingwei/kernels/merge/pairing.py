"""Joining records that exist on both sides already: by equal natural key, and only where one stands against one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pairing:
    """`joined`: (id of A's half, id of B's). `ambiguous`: for each half its candidates on the other side; a person must say."""

    joined: tuple[tuple[Any, Any], ...] = ()
    ambiguous: dict[Any, tuple[Any, ...]] = field(default_factory=dict)


def natural_key(values: Mapping[str, Any] | None, names: Sequence[str]) -> tuple[Any, ...] | None:
    """The values a record is recognised by; None when one of them is empty."""
    parts = tuple(tuple(v) if isinstance(v := (values or {}).get(name), list) else v for name in names)
    return parts if parts and all(part not in (None, "", ()) for part in parts) else None


def pair_up(a: Mapping[Id, tuple[Any, ...] | None], b: Mapping[Id, tuple[Any, ...] | None]) -> Pairing:
    """Halves by their natural keys. Two of one key on a side are never joined by chance."""
    by_key: dict[str, dict[tuple[Any, ...], list[Any]]] = {"a": defaultdict(list), "b": defaultdict(list)}
    for side, halves in (("a", a), ("b", b)):
        for each, key in halves.items():
            if key is not None:
                by_key[side][key].append(each)
    joined, ambiguous = [], dict[Any, tuple[Any, ...]]()
    for key, left in by_key["a"].items():
        right = by_key["b"].get(key)
        if not right:
            continue
        if len(left) == len(right) == 1:
            joined.append((left[0], right[0]))
        else:
            ambiguous |= {each: tuple(right) for each in left} | {each: tuple(left) for each in right}
    return Pairing(tuple(joined), ambiguous)
