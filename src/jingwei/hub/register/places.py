"""Places of a mapping named as people know them: a pair by its two fields, never by its number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jingwei.frame.words import InBoth, in_words
from jingwei.hub.contract import Title
from jingwei.kernels.mapping import SpecProblem

_numbered = re.compile(r"(pairs|constants)\[(\d+)\](?:\.steps\[(\d+)\])?")
_known = {"pairs": Title("字段映射", "pairs of fields"), "key": Title("匹配键", "matching key")}
_step, _constant = Title("第 {} 步", "step {}"), Title("固定值 {}", "fixed value {}")
arrows = {"both": "⇄", "a_to_b": "→", "b_to_a": "←"}


def pair_name(pair: Mapping[str, Any], arrow: str = "→") -> str:
    """`subject → name`; several sources are joined by +."""
    source = pair.get("a")
    left = "+".join(map(str, source)) if isinstance(source, list) else str(source or "?")
    return f"{left} {arrow} {pair.get('b') or '?'}"


def place_name(place: str, mapping: Mapping[str, Any]) -> Title:
    """What a place such as `pairs[3].steps[1]` is called in this mapping."""
    found = _numbered.fullmatch(place)
    if found is None:
        return _known.get(place, Title(place, place))
    rows = mapping.get(found[1])
    number = int(found[2])
    row = rows[number] if isinstance(rows, list) and number < len(rows) and isinstance(rows[number], Mapping) else {}
    if found[1] == "constants":
        name = str(row.get("field") or number + 1)
        return Title(_constant.zh.format(name), _constant.en.format(name))
    name = pair_name(row)
    if found[3] is None:
        return Title(name, name)
    order = int(found[3]) + 1
    return Title(f"{name} · {_step.zh.format(order)}", f"{name} · {_step.en.format(order)}")


def problems_said(problems: Iterable[SpecProblem], mapping: Mapping[str, Any]) -> list[InPlace]:
    """Every problem with the name of its place; told in the reader's language when it is shown."""
    return [InPlace(place_name(each.place, mapping), each.message) for each in problems]


class InPlace:
    """A sentence and where it holds; it finds its language when it is turned into text."""

    def __init__(self, place: InBoth, message: InBoth | None = None) -> None:
        self.place, self.message = place, message

    def __str__(self) -> str:
        return in_words(self.place) if self.message is None else f"{in_words(self.place)}: {in_words(self.message)}"
