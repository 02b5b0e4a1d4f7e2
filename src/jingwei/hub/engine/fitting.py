"""Which answers can be carried out: a value goes over only where its field goes, and where the other side has words for it."""

from __future__ import annotations

from collections.abc import Mapping

from jingwei.hub.contract import Title
from jingwei.kernels.merge import SideName, Terms, Value, sides

_against = {"a": "a_to_b", "b": "b_to_a"}  # side → the direction in which nothing ever reaches it
_one_way = {
    "a": Title("该字段只从 A 到 B", "this field travels from A to B only"),
    "b": Title("该字段只从 B 到 A", "this field travels from B to A only"),
}
_unchanging = Title("对方不接受修改", "the other side takes no changes")


def obstacle(terms: Terms, name: str, now: Mapping[SideName, Value], chosen: Value) -> Title | None:
    """Why this value cannot become that of both sides, which hold `now`; None when whoever does not hold it can be written."""
    for side in sides:
        if now[side] == chosen:
            continue
        if terms.direction(name) == _against[side]:
            return _one_way[side]
        if (side, "update") in terms.cannot:
            return _unchanging
        if (said := terms.express(side, {name: chosen}).get(name)) is not None:
            return Title(*said)
    return None
