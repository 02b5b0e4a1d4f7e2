"""The life of a row as its page shows it: its states in order, where it is, and which steps lead where."""

from __future__ import annotations

from typing import Any

from jingwei.frame.records.resource import Resource


def life_of(resource: Resource, row: Any) -> dict[str, Any] | None:
    """`states` in order with their names, those beside the main way after it, the one of now marked; `ways` = (from, step, to) in words, those that are open now marked."""
    life = resource.life
    if life is None:
        return None
    now = life.state_of(row)
    names = {state: life.words(row, [state]) for state in (*life.states, now)}
    ways = [
        {"before": names[state], "step": step.title, "after": names[step.to if state in step.from_ else state], "is_open": state == now}
        for state in life.states for step in life.steps if state in step.begins
    ]  # fmt: skip
    return {"states": [{"name": names[state], "state": state, "is_now": state == now, "is_side": state not in life.main} for state in names], "ways": ways}
