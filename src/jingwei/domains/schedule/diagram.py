"""The plan as a network: activities as boxes in layers from left to right, closed summaries as one box, and the links between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jingwei.kernels.plan.circles import line_of

box_width, box_height, gap_across, gap_down, border = 188, 70, 56, 22, 24
sweeps = 4


@dataclass(slots=True)
class Node:
    """One box: a task, or a closed summary with everything below it. Places in pixels."""

    key: int
    row: Mapping[str, Any]
    layer: int = 0
    place: float = 0
    x: int = 0
    y: int = 0
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between two boxes: its path as SVG writes it, the link's type ("" when several were gathered), and whether both ends are critical."""

    path: str
    kind: str
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes, lines and the room they take."""

    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int


def standing_for(rows: Mapping[int, Mapping[str, Any]], closed: Collection[int]) -> dict[int, int]:
    """Which box shows each task: itself, or the highest closed summary above it. Open summaries have no box."""
    out = {}
    parents = {pk: row["parent_id"] for pk, row in rows.items()}
    for pk, row in rows.items():
        shown = pk if not row["is_summary"] or pk in closed else 0
        for above in line_of(parents, pk):
            if above in closed and above in rows:
                shown = above
        if shown:
            out[pk] = shown
    return out


def draw(rows: Mapping[int, Mapping[str, Any]], links: Iterable[tuple[int, int, str]], closed: Collection[int] = ()) -> Diagram:
    """Lay a plan out. `rows` by id in the order of the tree, links as (predecessor, successor, type)."""
    shown = standing_for(rows, closed)
    nodes = {key: Node(key, rows[key]) for key in dict.fromkeys(shown.values())}
    kinds: dict[tuple[int, int], str] = {}
    for a, b, kind in links:
        ends = shown.get(a, 0), shown.get(b, 0)
        if all(ends) and ends[0] != ends[1]:
            kinds[ends] = "" if ends in kinds else kind
    for a, b in kinds:
        nodes[a].after.append(b)
        nodes[b].before.append(a)
    _layer(nodes)
    layers = _order(nodes)
    for across, layer in enumerate(layers):
        for down, node in enumerate(layer):
            node.x, node.y = border + across * (box_width + gap_across), border + down * (box_height + gap_down)
    edges = [_edge(nodes[a], nodes[b], kind) for (a, b), kind in kinds.items()]
    deepest = max((len(layer) for layer in layers), default=1)
    ordered = [node for layer in layers for node in layer]
    return Diagram(ordered, edges, 2 * border + len(layers) * (box_width + gap_across) - gap_across, 2 * border + deepest * (box_height + gap_down) - gap_down)


def _layer(nodes: Mapping[int, Node]) -> None:
    """The longest chain before a box is its layer. Closed summaries may wait for each other; what is in such a ring comes last."""
    waiting = {key: len(node.before) for key, node in nodes.items()}
    ready = [key for key, count in waiting.items() if not count]
    done = set(ready)
    while ready or len(done) < len(nodes):
        if not ready:
            ready = [min((key for key in nodes if key not in done), key=lambda key: waiting[key])]
            done.add(ready[0])
        node = nodes[ready.pop()]
        for key in node.after:
            waiting[key] -= 1
            if key in done:
                continue
            nodes[key].layer = max(nodes[key].layer, node.layer + 1)
            if not waiting[key]:
                done.add(key)
                ready.append(key)


def _order(nodes: Mapping[int, Node]) -> list[list[Node]]:
    """Boxes of each layer from above to below, each near the middle of its neighbours (Sugiyama's barycentres)."""
    layers: list[list[Node]] = [[] for _ in range(max((node.layer for node in nodes.values()), default=-1) + 1)]
    for node in nodes.values():
        node.place = len(layers[node.layer])
        layers[node.layer].append(node)
    for sweep in range(sweeps):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            for node in layer:
                near: Sequence[int] = node.before if sweep % 2 == 0 else node.after
                if near:
                    node.place = sum(nodes[key].place for key in near) / len(near)
            layer.sort(key=lambda node: node.place)
            for place, node in enumerate(layer):
                node.place = place
    return layers


def _edge(a: Node, b: Node, kind: str) -> Edge:
    leaves_left, enters_right = kind in ("SS", "SF"), kind in ("FF", "SF")
    x1, y1 = a.x + (0 if leaves_left else box_width), a.y + box_height // 2
    x2, y2 = b.x + (box_width if enters_right else 0), b.y + box_height // 2
    bend = gap_across * 0.8
    path = f"M{x1} {y1}C{x1 + (-bend if leaves_left else bend):.0f} {y1} {x2 + (bend if enters_right else -bend):.0f} {y2} {x2} {y2}"
    return Edge(path, kind, bool(a.row["is_critical"] and b.row["is_critical"]))
