"""What the hub must not do by itself: delete many at once, write in circles, or carry on what an unanswered write may have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from jingwei.kernels.merge.pair import SideName, Write, other

circle_minutes = 10
circle_writes = 6
deletes_at_least = 5
delete_window = timedelta(days=7)


def deletes_pass(*, linked: int, lately: int, wanted: int, held: int, limit_percent: int) -> bool:
    """Whether `wanted` more deletes may be carried out: all of a batch or none. `lately` were deleted within the window, `held` wait for
    a person already (while any does, none passes)."""
    return held == 0 and lately + wanted <= max(deletes_at_least, linked * limit_percent // 100)


def note_write(flips: Sequence[Any], side: str, print_: str, at: datetime) -> tuple[list[Any], bool]:
    """Remember that this was written to that side; True when the same was written there so often lately that it goes in a circle.

    Only a repetition counts: a person may edit as often as he likes, but the same values written again and again to one side are an echo.
    """
    since = at - timedelta(minutes=circle_minutes)
    recent = [each for each in flips if datetime.fromisoformat(each[2]) >= since]
    recent.append([side, print_, at.isoformat()])
    is_circle = sum(1 for each in recent if each[:2] == [side, print_]) >= circle_writes
    return recent[-40:], is_circle


def keep_clear(writes: Mapping[SideName, Write], under_way: Mapping[SideName, Write]) -> dict[SideName, Write]:
    """What may be written now. `under_way`: writes without an answer yet; nobody knows what stands where they went, so the fields they speak of (all, for
    a create or delete) are no source for the other side. They are planned again when the answer is known."""
    kept: dict[SideName, Write] = {}
    for side, write in writes.items():
        across = under_way.get(other(side))
        if across is None:
            kept[side] = write
        elif write.action == across.action == "update" and (values := {n: v for n, v in write.values.items() if n not in across.values}):
            kept[side] = Write("update", values)
    return kept
