"""Ways by which records would be made twice: two interfaces over one pair of places, a ring of interfaces, one place on both sides. Refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext_lazy as _

from jingwei.hub.models import Interface
from jingwei.hub.peers.places import in_use, places_of

Filters = Mapping[str, Mapping[str, Any]]
one_at_a_time = 7_262_021  # with the organisation: two people may not each close one half of a ring at the same moment


def refuse(interface: Interface) -> None:
    """ValidationError naming the live (or paused) interfaces that lead between the same places already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", (one_at_a_time, interface.tenant_id % 2**31))
    mine = places_of(interface)
    if mine["a"] == mine["b"] and not _splits_one_place(interface):
        raise ValidationError(
            _("Both sides are the same records, whatever the two systems are called. Join them with another system, or give each side a filter of its own.")
        )
    others = in_use(interface)
    for each in others:
        theirs = places_of(each)
        if set(theirs.values()) != set(mine.values()) or _is_apart(interface, each, flipped=theirs["a"] != mine["a"]):
            continue
        raise ValidationError(
            _(
                "“%(name)s” (%(key)s) joins the same streams. Both would make each other's records anew. Give one of them a filter that keeps them apart, or retire one."
            ),
            params={"name": each.name, "key": each.key},
        )
    if (way := _way(mine["a"], mine["b"], others)) and len(way) > 1:
        names = ", ".join(f"“{each.name}” ({each.key})" for each in way)
        raise ValidationError(
            _("Records go from one side to the other already, by way of %(names)s. A second way would make each of them twice. Retire one of these, or do without this one."),
            params={"names": names},
        )  # fmt: skip


def _way(start: str, end: str, others: Sequence[Interface]) -> list[Interface]:
    """The shortest chain of interfaces that leads from one place to another."""
    came: dict[str, list[Interface]] = {start: []}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == end:
            return came[here]
        for each in others:
            ends = places_of(each)
            for near, far in (("a", "b"), ("b", "a")):
                if ends[near] == here and ends[far] not in came:
                    came[ends[far]] = [*came[here], each]
                    waiting.append(ends[far])
    return []


def _splits_one_place(interface: Interface) -> bool:
    """Whether filters let no record into both sides."""
    a, b = _filters(interface, "a"), _filters(interface, "b")
    return any(name in b and not (a[name] & b[name]) for name in a)


def _is_apart(one: Interface, two: Interface, *, flipped: bool) -> bool:
    """Whether some field's filter on either side lets no record into both."""
    for side in ("a", "b"):
        mine, theirs = _filters(one, side), _filters(two, {"a": "b", "b": "a"}[side] if flipped else side)
        if any(name in theirs and not (mine[name] & theirs[name]) for name in mine):
            return True
    return False


def _filters(interface: Interface, side: str) -> dict[str, set[str]]:
    rules: Filters = interface.published.spec["mapping"].get("filters", {}) if interface.published is not None else {}
    return {name: {str(v) for v in (wanted if isinstance(wanted, list) else [wanted])} for name, wanted in rules.get(side, {}).items()}
