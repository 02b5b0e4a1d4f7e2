"""Records that would breed: what another interface made of a record must not be made into a second one of its kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import Q

from jingwei.hub.models import Interface, Link
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.rows import Row
from jingwei.kernels import merge
from jingwei.kernels.merge import Apart, SideName, Why, whole

steps_at_most = 4
Place = tuple[int, str, int]  # system, stream, project (our own streams only)


def hold_circles(batch: Batch, rows: Sequence[tuple[Row, SideName]]) -> None:
    """A new record that descends, over other interfaces' links, from a record of the very stream we would create in, is held and asked about."""
    if not rows or not _has_neighbours(batch.interface):
        return
    for side in merge.sides:
        mine = {str(row.pair.half(side).key): row for row, came_from in rows if came_from == side}
        for key, ancestor in _ancestors(batch.interface, side, list(mine)).items():
            zh = f"它由另一接口从 {ancestor} 产生；再建一条会循环繁殖"
            en = f"another interface made it from {ancestor}; creating one more would breed without end"
            pair = mine[key].pair
            candidates = [{"link": None, "key": ancestor, "values": None}]
            pair.apart[whole] = Apart(merge.shape(pair.a), merge.shape(pair.b), Why.CIRCLE, candidates, zh, en)


def _has_neighbours(interface: Interface) -> bool:
    """Whether any other interface touches one of our streams."""
    touches = Q()
    for side in merge.sides:
        for theirs in merge.sides:
            touches |= Q(**{f"system_{theirs}_id": getattr(interface, f"system_{side}_id"), f"stream_{theirs}": interface.stream(side)})
    return Interface.objects.filter(touches).exclude(pk=interface.pk).exclude(stage="draft").exists()


def _stream(interface: Interface, side: str) -> Place:
    """A stream as a place; our own is one of its project."""
    is_ours = interface.system(side).connector == "local"
    return getattr(interface, f"system_{side}_id"), interface.stream(side), interface.project_id if is_ours else 0


def _ancestors(interface: Interface, side: SideName, keys: list[str]) -> dict[str, str]:
    """By key, the relative it has in the stream across, found by walking the links of other interfaces."""
    wanted, start = _stream(interface, merge.other(side)), _stream(interface, side)
    edge: dict[Place, dict[str, set[str]]] = {start: {key: {key} for key in keys}}  # place → record there → our keys it is kin to
    seen = {(start, key) for key in keys}
    found: dict[str, str] = {}
    for _step in range(steps_at_most):
        following: dict[Place, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for place, records in edge.items():
            for there, near_key, far_key in _neighbours(interface, place, list(records)):
                if there == wanted:
                    found |= dict.fromkeys(records[near_key], far_key)
                elif (there, far_key) not in seen:
                    seen.add((there, far_key))
                    following[there][far_key] |= records[near_key]
        if not following:
            break
        edge = following
    return found


def _neighbours(interface: Interface, place: Place, keys: list[str]) -> Iterator[tuple[Place, str, str]]:
    """(place, key here, key there) of every link of another interface that touches these records."""
    system, stream, _project = place
    for near, far in (("a", "b"), ("b", "a")):
        links = Link.objects.filter(**{f"interface__system_{near}_id": system, f"interface__stream_{near}": stream, f"key_{near}__in": keys})
        links = links.exclude(interface=interface).exclude(state=Link.State.UNLINKED).exclude(**{f"key_{far}": None})
        for link in links.select_related("interface", "interface__system_a", "interface__system_b"):
            if _stream(link.interface, near) == place:
                yield _stream(link.interface, far), getattr(link, f"key_{near}"), getattr(link, f"key_{far}")
