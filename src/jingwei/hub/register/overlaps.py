"""Two interfaces over one pair of streams would each make the other's records anew: refused, unless their filters keep them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jingwei.hub.models import Interface

Filters = Mapping[str, Mapping[str, Any]]


def refuse(interface: Interface) -> None:
    """ValidationError naming the live (or paused) interface that joins the same records."""
    for each in _neighbours(interface):
        flipped = each.system_a_id != interface.system_a_id or each.stream_a != interface.stream_a
        if _is_apart(interface, each, flipped=flipped):
            continue
        raise ValidationError(
            _(
                "“%(name)s” (%(key)s) joins the same streams. Both would make each other's records anew. Give one of them a filter that keeps them apart, or retire one."
            ),
            params={"name": each.name, "key": each.key},
        )


def _neighbours(interface: Interface) -> list[Interface]:
    rows = (
        Interface.objects.filter(stage__in=("live", "paused"), published__isnull=False)
        .exclude(pk=interface.pk)
        .select_related("published", "system_a", "system_b")
    )
    mine = {_place(interface, "a"), _place(interface, "b")}
    return [each for each in rows if {_place(each, "a"), _place(each, "b")} == mine]


def _place(interface: Interface, side: str) -> tuple[int, str, int]:
    """A stream as a place; our own is one of its project."""
    is_ours = interface.system(side).connector == "local"
    return getattr(interface, f"system_{side}_id"), interface.stream(side), interface.project_id if is_ours else 0


def _is_apart(one: Interface, two: Interface, *, flipped: bool) -> bool:
    """Whether some field's filter on either side lets no record into both."""
    for side in ("a", "b"):
        mine, theirs = _filters(one, side), _filters(two, {"a": "b", "b": "a"}[side] if flipped else side)
        if any(name in theirs and not (mine[name] & theirs[name]) for name in mine):
            return True
    return False


def _filters(interface: Interface, side: str) -> dict[str, set[str]]:
    assert interface.published is not None
    rules: Filters = interface.published.spec["mapping"].get("filters", {})
    return {name: {str(v) for v in (wanted if isinstance(wanted, list) else [wanted])} for name, wanted in rules.get(side, {}).items()}
