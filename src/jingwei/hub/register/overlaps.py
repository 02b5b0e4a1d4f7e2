"""Two interfaces over one pair of streams would each make the other's records anew: refused, unless their filters keep them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jingwei.hub.models import Interface
from jingwei.hub.peers.places import place_of

Filters = Mapping[str, Mapping[str, Any]]


def refuse(interface: Interface) -> None:
    """ValidationError naming the live (or paused) interface that joins the same records."""
    for each in _neighbours(interface):
        flipped = place_of(each, "a") != place_of(interface, "a")
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
    mine = {place_of(interface, "a"), place_of(interface, "b")}
    return [each for each in rows if {place_of(each, "a"), place_of(each, "b")} == mine]


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
