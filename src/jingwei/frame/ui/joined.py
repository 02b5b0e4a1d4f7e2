"""The traces of a row as its page shows them: each relation with its edges, as far as they are told."""

from __future__ import annotations

from typing import Any

from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import far_of, heading, on


def section_of(access: Access, resource: Resource, row: Any) -> list[dict[str, Any]]:
    """Each relation of a row with its edges, as far as they are told, and whether one may be added here."""
    out = []
    for trace, way, told in edges.every(resource, row, access):
        far = far_of(trace, way)
        if not access.anywhere(far.permission("view")):
            continue
        may_add = (
            not edges.is_fixed(resource, row) and access.allows(resource.permission("change"), *resource.places_of(row))
            if way == on
            else access.anywhere(far.permission("change"))
        )
        place = resource.project_of(row) if far.place_path and not trace.crosses_projects else None
        out.append({
            "trace": trace, "way": way, "title": heading(trace, way), "far": far, "edges": told[: edges.edges_at_most], "is_cut": len(told) > edges.edges_at_most,
            "may_add": may_add, "place": place, "count": len(told), "suspect": sum(each.is_suspect for each in told),
            "may_see_matrix": all(access.anywhere(end.permission("view")) for end in trace.ends),
        })  # fmt: skip
    return out
