"""Parked records in a list: what is wrong by the field's title, as people call it, and not by its key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jingwei.frame.rights.access import Access
from jingwei.hub.engine import worklist
from jingwei.hub.models import Quarantine
from jingwei.hub.pages.values_shown import Fields


def listed(rows: Iterable[Quarantine], access: Access) -> list[dict[str, Any]]:
    """Each as plain values, with when it was, the interface's name, and the titles of the fields that are complained of."""
    known: dict[int, Fields] = {}
    out = []
    for row in rows:
        plain = worklist.parked_as_plain(row, access)
        if any(problem.get("field") for problem in plain["problems"]):
            if row.interface_id not in known:
                known[row.interface_id] = Fields(row.interface)
            plain["problems"] = titled(plain["problems"], known[row.interface_id])
        out.append(plain | {"at": row.created_at, "name": row.interface.name})
    return out


def titled(problems: Iterable[dict[str, Any]], fields: Fields) -> list[dict[str, Any]]:
    """Problems of the mapping with the title of the field that each concerns; the mapping speaks in B's names."""
    return [{**problem, "title": fields.title("b", problem["field"]) if problem.get("field") else ""} for problem in problems]
