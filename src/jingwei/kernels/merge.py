"""The three-way planner: what side A, side B and the last agreed base together ask to be written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

Value = Any
Policy = Literal["a", "b", "newest", "union", "ask"]
Direction = Literal["both", "a_to_b", "b_to_a"]
State = Literal["present", "absent", "deleted"]
OnDelete = Literal["propagate", "keep", "ask"]
policies: tuple[str, ...] = ("a", "b", "newest", "union", "ask")
directions: tuple[str, ...] = ("both", "a_to_b", "b_to_a")


@dataclass(frozen=True, slots=True)
class Side:
    """One side as last seen: values in the canonical field space, None unless present. A field left out is not known."""

    values: Mapping[str, Value] | None
    state: State = "present"
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """Both sides moved away from the base to different values. `field` is empty for an edit against a delete."""

    field: str
    a: Value
    b: Value
    base: Value


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What to write where. `agreed` may enter the base at once: both sides hold those values already.

    `to_a` and `to_b` enter the base only when the write is acknowledged (`acknowledge`).
    """

    create_a: bool = False
    create_b: bool = False
    to_a: dict[str, Value] = field(default_factory=dict)
    to_b: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, Value] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    delete_a: bool = False
    delete_b: bool = False
    unlink: bool = False

    @property
    def settled(self) -> bool:
        """Nothing to write and nothing to ask."""
        return not (self.create_a or self.create_b or self.to_a or self.to_b or self.clashes or self.delete_a or self.delete_b)


def plan_merge(
    *,
    a: Side,
    b: Side,
    base: Mapping[str, Value] | None,
    policies: Mapping[str, str],
    directions: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    on_delete: str = "ask",
) -> MergePlan:
    """Plan one pair of records.

    `policies` names every field that takes part. One side changed: take it. Both changed to the same: agreed. Both changed
    apart: the field's policy. A one-way field belongs to its source, whatever happened to the target.
    """
    directions, types = directions or {}, types or {}
    if a.state != "present" or b.state != "present":
        return _plan_missing(a, b, base, policies, directions, on_delete)
    plan = MergePlan()
    clashes: list[Clash] = []
    assert a.values is not None and b.values is not None
    for name in policies:
        if name in a.values and name in b.values:
            _plan_field(name, a, b, base, policies[name], directions.get(name, "both"), types.get(name, "string"), plan, clashes)
    return MergePlan(to_a=plan.to_a, to_b=plan.to_b, agreed=plan.agreed, clashes=tuple(clashes))


def _plan_field(
    name: str, a: Side, b: Side, base: Mapping[str, Value] | None, policy: str, direction: str, kind: str, plan: MergePlan, clashes: list[Clash]
) -> None:
    assert a.values is not None and b.values is not None
    mine, theirs = a.values[name], b.values[name]
    if mine == theirs:
        if base is None or name not in base or base[name] != mine:
            plan.agreed[name] = mine
        return
    if direction != "both":
        target, value = (plan.to_b, mine) if direction == "a_to_b" else (plan.to_a, theirs)
        target[name] = value
        return
    if base is not None and name in base:
        if theirs == base[name]:
            plan.to_b[name] = mine
            return
        if mine == base[name]:
            plan.to_a[name] = theirs
            return
    elif mine in (None, []) or theirs in (None, []):
        # never agreed yet, and one side has nothing to say: the other's value is nobody's loss
        target, value = (plan.to_a, theirs) if mine in (None, []) else (plan.to_b, mine)
        target[name] = value
        return
    before = base.get(name) if base is not None else None
    _apply_policy(name, mine, theirs, before, policy, a.changed_at, b.changed_at, plan, clashes)


def _apply_policy(
    name: str, mine: Value, theirs: Value, before: Value, policy: str, a_at: datetime | None, b_at: datetime | None, plan: MergePlan, clashes: list[Clash]
) -> None:
    if policy == "newest" and a_at is not None and b_at is not None and a_at != b_at:
        policy = "a" if a_at > b_at else "b"
    if policy == "a":
        plan.to_b[name] = mine
    elif policy == "b":
        plan.to_a[name] = theirs
    elif policy == "union" and isinstance(mine, list) and isinstance(theirs, list):
        merged = union(mine, theirs, before if isinstance(before, list) else [])
        if merged != mine:
            plan.to_a[name] = merged
        if merged != theirs:
            plan.to_b[name] = merged
    else:
        clashes.append(Clash(name, mine, theirs, before))


def union(a: list[Value], b: list[Value], base: list[Value]) -> list[Value]:
    """Three-way set merge: what either side added stays, what either side removed goes; A's order first."""
    removed = [v for v in base if v not in a or v not in b]
    return [v for v in dict.fromkeys([*map(_hashable, a), *map(_hashable, b)]) if v not in [*map(_hashable, removed)]]


def _hashable(value: Value) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _plan_missing(a: Side, b: Side, base: Mapping[str, Value] | None, policies: Mapping[str, str], directions: Mapping[str, str], on_delete: str) -> MergePlan:
    if a.state == "present" and b.state == "absent":
        values = _sendable(a, policies, directions, "a_to_b")
        return MergePlan(create_b=True, to_b=values) if values else MergePlan()
    if b.state == "present" and a.state == "absent":
        values = _sendable(b, policies, directions, "b_to_a")
        return MergePlan(create_a=True, to_a=values) if values else MergePlan()
    if "present" not in (a.state, b.state):
        return MergePlan(unlink=True)
    left, side = (b, "b") if a.state == "deleted" else (a, "a")
    return _plan_deleted(left, side, base, policies, directions, on_delete)


def _sendable(source: Side, policies: Mapping[str, str], directions: Mapping[str, str], way: str) -> dict[str, Value]:
    assert source.values is not None
    return {n: v for n, v in source.values.items() if n in policies and directions.get(n, "both") in ("both", way)}


def _plan_deleted(
    left: Side, side: str, base: Mapping[str, Value] | None, policies: Mapping[str, str], directions: Mapping[str, str], on_delete: str
) -> MergePlan:
    """One side is deleted, `left` is the other. An edit since the agreement is never deleted without asking."""
    assert left.values is not None
    # a deleted target cannot take the source with it when nothing ever travels from the target
    if all(directions.get(n, "both") == ("a_to_b" if side == "a" else "b_to_a") for n in policies):
        return MergePlan(unlink=True)
    edited = base is not None and any(n in base and left.values.get(n, base[n]) != base[n] for n in policies)
    if on_delete == "keep":
        return MergePlan(unlink=True)
    if edited or on_delete == "ask":
        kept = dict(left.values)
        return MergePlan(clashes=(Clash("", None if side == "b" else kept, None if side == "a" else kept, dict(base or {})),))
    return MergePlan(delete_a=side == "a", delete_b=side == "b")


def acknowledge(base: Mapping[str, Value] | None, written: Mapping[str, Value]) -> dict[str, Value]:
    """The base after a write is known to have happened: only what was written moves."""
    return {**(base or {}), **written}


def is_echo(values: Mapping[str, Value], base: Mapping[str, Value] | None) -> bool:
    """Whether what came in is only what was agreed already."""
    return base is not None and all(name in base and base[name] == value for name, value in values.items())


def normalise(value: Value, kind: str) -> Value:
    """One form for equal values: 1, 1.0 and "1.00" are one decimal, CRLF is LF, None and "" are one text."""
    if value is None or value == "":
        return [] if kind == "list" else None
    match kind:
        case "decimal":
            return _decimal(value)
        case "integer":
            number = _decimal(value)
            return int(number) if isinstance(number, str) and number.lstrip("-").isdecimal() else value
        case "boolean":
            return value if isinstance(value, bool) else str(value).strip().lower() in ("1", "true", "yes", "是")
        case "date":
            return value.isoformat() if isinstance(value, date) else str(value)[:10]
        case "datetime":
            return _datetime(value)
        case "list":
            return list(value) if isinstance(value, list | tuple) else [value]
        case "text" | "string":
            return str(value).replace("\r\n", "\n").replace("\r", "\n").rstrip() or None
        case _:
            return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def _decimal(value: Value) -> Value:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return value
    if not number.is_finite():
        return value
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"


def _datetime(value: Value) -> Value:
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value))
        except ValueError:
            return value
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat()
