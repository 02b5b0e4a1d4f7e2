"""What a row touches: everything that any chain of traces leads to, to a depth, as far as one may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.rights.access import Access
from jingwei.frame.traces.trace import Trace, back, on, traces

depth_at_most = 6
nodes_at_most = 200
edges_at_most = 4 * nodes_at_most  # of one trace at one depth
both = "both"
Place = tuple[str, int]  # the key of a resource and the id of one of its rows


@dataclass(slots=True)
class Node:
    """A row that is reached: after how many steps, from which row, by which trace, and whether that edge is suspect."""

    place: Place
    depth: int
    before: Place | None = None
    trace: Trace | None = None
    way: str = on
    is_suspect: bool = False
    row: Any = None

    @property
    def resource(self) -> Resource:
        """Of which it is a row."""
        return resource(self.place[0])

    @property
    def name(self) -> str:
        """By which people know it."""
        return self.resource.name_of(self.row)


@dataclass(slots=True)
class Impact:
    """Nodes by their places, nearest first; `links` = every edge among them (source, target, trace, is suspect). `is_cut` when there was more than is shown, within the depth."""

    nodes: dict[Place, Node]
    links: dict[tuple[Place, Place, str], bool] = field(default_factory=dict)
    is_cut: bool = False


def impact_of(found: Resource, row: Any, access: Access, *, depth: int = 3, way: str = both) -> Impact:
    """Walk from a row, breadth first, `on` along the arrows, `back` against them, or both; a row is reached once, so cycles end. At each depth one statement a trace, and in the end one a resource."""
    start = (found.key, row.pk)
    out = Impact({start: Node(start, 0)})
    edge_of_it = [start]
    for step in range(1, min(depth, depth_at_most) + 1):
        reached: list[Place] = []
        for trace in traces():
            edges, is_more = _edges_at(trace, edge_of_it, access, way)
            out.is_cut |= is_more
            for near, far, along, is_suspect in edges:
                if far not in out.nodes:
                    if len(out.nodes) >= nodes_at_most:
                        out.is_cut = True
                        continue
                    out.nodes[far] = Node(far, step, near, trace, along, is_suspect)
                    reached.append(far)
                link = (near, far, trace.name) if along == on else (far, near, trace.name)
                out.links[link] = is_suspect
        if not (edge_of_it := reached):
            break
    _name(out, access)
    return out


def _edges_at(trace: Trace, places: list[Place], access: Access, way: str) -> tuple[list[tuple[Place, Place, str, bool]], bool]:
    """The edges of a trace that lead away from these places: (here, there, way, is suspect), and whether there are more. One statement, none where nothing can stand at its ends."""
    here = {key: {pk for each, pk in places if each == key} for key in (trace.source, trace.target)}
    wanted = Q(pk__in=[])
    if way != back and here[trace.source]:
        wanted |= Q(source_id__in=here[trace.source])
    if way != on and here[trace.target]:
        wanted |= Q(target_id__in=here[trace.target])
    if wanted == Q(pk__in=[]):
        return [], False
    out: list[tuple[Place, Place, str, bool]] = []
    asked: QuerySet[Any] = trace.told(access).filter(wanted).order_by("pk")
    found = list(asked.values_list("source_id", "target_id", "source_now", "source_print", "target_now", "target_print")[: edges_at_most + 1])
    for source_id, target_id, *prints in found[:edges_at_most]:
        is_suspect = prints[0] != prints[1] or prints[2] != prints[3]
        source, target = (trace.source, source_id), (trace.target, target_id)
        if way != back and source_id in here[trace.source]:
            out.append((source, target, on, is_suspect))
        if way != on and target_id in here[trace.target]:
            out.append((target, source, back, is_suspect))
    return out, len(found) > edges_at_most


def _name(out: Impact, access: Access) -> None:
    """Read the rows themselves, one statement a resource."""
    for key in dict.fromkeys(place[0] for place in out.nodes):
        rows = resource(key).seen(access).in_bulk([pk for each, pk in out.nodes if each == key])
        for pk, row in rows.items():
            out.nodes[key, pk].row = row
    gone = {place for place, node in out.nodes.items() if node.row is None}  # removed in this very moment
    out.nodes = {place: node for place, node in out.nodes.items() if place not in gone}
    out.links = {link: told for link, told in out.links.items() if not {link[0], link[1]} & gone}
