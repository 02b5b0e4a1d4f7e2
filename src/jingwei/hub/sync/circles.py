"""Records that would breed: what another interface made of a record must not be made into a second one of its kind."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from jingwei.hub.models import Interface, Link
from jingwei.hub.peers.places import in_use, place_of, places_of
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.rows import Row
from jingwei.kernels import merge
from jingwei.kernels.merge import Apart, SideName, Why, whole

steps_at_most = 4
copies_minutes = 10
copies_at_most = 3


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
    _hold_copies(batch, rows)


def _has_neighbours(interface: Interface) -> bool:
    """Whether any other interface touches one of our places, under whatever name. Only places that are known count: a peer of others that is
    away keeps nobody waiting here, and its own cycle makes its place known before it creates anything."""
    mine = set(places_of(interface).values())
    return any(mine & {each.place_a, each.place_b} for each in in_use(interface))


def _hold_copies(batch: Batch, rows: Sequence[tuple[Row, SideName]]) -> None:
    """The last brake: what came in with the same values again and again lately is not made on the other side once more unasked."""
    travelling = [name for name, way in batch.terms.directions.items() if way == "both"] or list(batch.terms.policies)
    for side in merge.sides:
        mine = [row for row, came_from in rows if came_from == side]
        values = [{name: value for name, value in (row.pair.half(side).seen or {}).items() if name in travelling} for row in mine]
        for place in _repeated(batch, side, values, travelling):
            zh = f"相同内容的记录在 {copies_minutes} 分钟内已出现多次，可能在循环繁殖；是否仍要创建？"
            en = f"records of the same content came several times within {copies_minutes} minutes and may be breeding: make this one all the same?"
            pair = mine[place].pair
            if whole not in pair.apart:
                pair.apart[whole] = Apart(merge.shape(pair.a), merge.shape(pair.b), Why.CIRCLE, [], zh, en)


def _repeated(batch: Batch, side: SideName, values: list[dict[str, Any]], names: list[str]) -> list[int]:
    """Places in `values` of what links begun lately hold at least `copies_at_most` times on that side."""
    if not values:
        return []
    kept = "(SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(l.seen) e WHERE e.key = ANY(%(names)s))"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH recent AS (
                SELECT md5({kept}::text) AS print FROM (SELECT seen_{side} AS seen FROM hub_link WHERE interface_id = %(interface)s
                    AND created_at > clock_timestamp() - make_interval(mins => %(minutes)s) AND key_{side} IS NOT NULL AND seen_{side} IS NOT NULL) l
                GROUP BY 1 HAVING count(*) >= %(most)s)
            SELECT v.place - 1 FROM jsonb_array_elements(%(values)s::jsonb) WITH ORDINALITY AS v(value, place) JOIN recent ON recent.print = md5(v.value::text)""",  # noqa: S608  (the side is a or b)
            {
                "names": names, "interface": batch.interface.pk, "minutes": copies_minutes, "most": copies_at_most, "values": json.dumps(values, ensure_ascii=False),
            },
        )  # fmt: skip
        return [int(row[0]) for row in cursor.fetchall()]


def _ancestors(interface: Interface, side: SideName, keys: list[str]) -> dict[str, str]:
    """By key, the relative it has in the stream across, found by walking the links of other interfaces."""
    wanted, start = place_of(interface, merge.other(side)), place_of(interface, side)
    edge: dict[str, dict[str, set[str]]] = {start: {key: {key} for key in keys}}  # place → record there → our keys it is kin to
    seen = {(start, key) for key in keys}
    found: dict[str, str] = {}
    for _step in range(steps_at_most):
        following: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
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


def _neighbours(interface: Interface, place: str, keys: list[str]) -> Iterator[tuple[str, str, str]]:
    """(place, key here, key there) of every link of another interface that touches these records."""
    for near, far in (("a", "b"), ("b", "a")):
        links = Link.objects.filter(**{f"interface__place_{near}": place, f"key_{near}__in": keys}).exclude(**{f"interface__place_{far}": ""})
        links = links.exclude(interface=interface).exclude(state=Link.State.UNLINKED).exclude(**{f"key_{far}": None})
        yield from links.values_list(f"interface__place_{far}", f"key_{near}", f"key_{far}")
