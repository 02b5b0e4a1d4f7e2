"""REST for the traces of a row: its edges with what is suspect, joining, confirming, removing; and what it touches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from jingwei.frame.records.resource import Resource
from jingwei.frame.traces import edges, impact
from jingwei.frame.traces.trace import far_of, heading, on


class Edge(Schema):
    """An edge as it is told from one of its ends: `resource`, `row` and `name` are what lies at the other one. `seen` is what both ends are now."""

    id: int
    trace: str
    way: Literal["on", "back"]
    title: str
    resource: str
    row: int
    name: str
    label: str
    is_suspect: bool
    seen: str
    confirmed_by: int | None
    confirmed_at: datetime


class Edges(Schema):
    """The edges of a row; `is_cut` when a relation has more than are told."""

    edges: list[Edge]
    is_cut: bool


class Join(Schema):
    """What to join the row with: the name of a trace, and the id or code of the other row. `way` only matters where a trace leads from a resource to itself."""

    model_config = ConfigDict(extra="forbid")
    trace: str = Field(max_length=40)
    to: int | str
    way: Literal["", "on", "back"] = ""


class Seen(Schema):
    """What was looked at: an edge whose ends have changed since is not confirmed. Left empty, it is confirmed as it is."""

    model_config = ConfigDict(extra="forbid")
    seen: str = Field("", max_length=128)


class Touched(Schema):
    """A row that is reached, after how many steps, by which trace, from which row."""

    resource: str
    row: int
    name: str
    label: str
    depth: int
    trace: str
    way: str
    from_resource: str
    from_row: int
    is_suspect: bool


class Impact(Schema):
    """Everything that is touched, nearest first; `is_cut` when there was more."""

    rows: list[Touched]
    is_cut: bool


class Asked(Schema):
    """How far, and in which direction."""

    model_config = ConfigDict(extra="forbid")
    depth: int = Field(3, ge=1, le=impact.depth_at_most)
    way: Literal["both", "on", "back"] = "both"


def told(each: edges.Told) -> dict[str, Any]:
    """As it is written."""
    return {
        "id": each.edge.pk, "trace": each.trace.name, "way": each.way, "title": str(heading(each.trace, each.way)), "resource": each.far.key, "row": each.row.pk,
        "name": each.far.name_of(each.row), "label": str(each.row), "is_suspect": each.is_suspect, "seen": each.seen,
        "confirmed_by": each.edge.confirmed_by_id, "confirmed_at": each.edge.confirmed_at,
    }  # fmt: skip


def edges_of(resource: Resource, row: Any, access: Any) -> dict[str, Any]:
    """All edges of a row that are told to these rights."""
    out, is_cut = [], False
    for _trace, _way, found in edges.every(resource, row, access):
        is_cut |= len(found) > edges.edges_at_most
        out += [told(each) for each in found[: edges.edges_at_most]]
    return {"edges": out, "is_cut": is_cut}


def one_edge(resource: Resource, row: Any, edge: int, access: Any) -> Any:
    """The edge of that id at a row. Http404 when it is not told."""
    found = edges.find(resource, row, edge, access) if edge < 2**63 else None
    if found is None:
        raise Http404
    return found


def touched(row: impact.Impact) -> dict[str, Any]:
    """As it is written."""
    return {
        "rows": [
            {
                "resource": node.place[0], "row": node.place[1], "name": node.name, "label": str(node.row), "depth": node.depth, "trace": node.trace.name, "way": node.way,
                "from_resource": node.before[0], "from_row": node.before[1], "is_suspect": node.is_suspect,
            }
            for node in row.nodes.values() if node.trace is not None and node.before is not None
        ],
        "is_cut": row.is_cut,
    }  # fmt: skip


def add_to(router: Router, resource: Resource, one: Callable[[HttpRequest, Resource, str], Any]) -> None:
    """The operations of a resource whose rows can stand at the end of a trace. `one(request, resource, key)` finds a row."""
    name = resource.key.replace(".", "_")

    def list_edges(request: HttpRequest, key: str) -> Any:
        return edges_of(resource, one(request, resource, key), request.access)  # type: ignore[attr-defined]

    def join(request: HttpRequest, key: str, values: Join) -> Any:
        access, row = request.access, one(request, resource, key)  # type: ignore[attr-defined]
        trace, way = edges.relation(resource, values.trace, values.way)
        other = edges.named(far_of(trace, way), values.to, access)
        edges.join(trace, *((row, other) if way == on else (other, row)), access)
        return Status(201, edges_of(resource, row, access))

    def confirm(request: HttpRequest, key: str, edge: int, values: Seen) -> Any:
        access, row = request.access, one(request, resource, key)  # type: ignore[attr-defined]
        edges.confirm(one_edge(resource, row, edge, access), access, values.seen)
        return edges_of(resource, row, access)

    def part(request: HttpRequest, key: str, edge: int) -> Any:
        access, row = request.access, one(request, resource, key)  # type: ignore[attr-defined]
        edges.part(one_edge(resource, row, edge, access), access)
        return Status(204, None)

    def touches(request: HttpRequest, key: str, asked: Asked = Query(...)) -> Any:  # type: ignore[type-arg]
        return touched(impact.impact_of(resource, one(request, resource, key), request.access, depth=asked.depth, way=asked.way))  # type: ignore[attr-defined]

    router.get("/{key}/traces", response={200: Edges}, operation_id=f"{name}_traces")(list_edges)
    router.post("/{key}/traces", response={201: Edges}, operation_id=f"{name}_traces_join")(join)
    router.post("/{key}/traces/{edge}/confirm", response={200: Edges}, operation_id=f"{name}_traces_confirm")(confirm)
    router.delete("/{key}/traces/{edge}", response={204: None}, operation_id=f"{name}_traces_part")(part)
    router.get("/{key}/impact", response={200: Impact}, operation_id=f"{name}_impact")(touches)
