"""Parked records in a list: each by what people call it, what is wrong by the field's title, and not by keys alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from jingwei.frame.rights.access import Access
from jingwei.hub.engine import worklist
from jingwei.hub.models import DeadLetter, Interface, Quarantine
from jingwei.hub.pages.values_shown import Fields, Named
from jingwei.hub.rights import may_see_values


def listed(rows: Iterable[Quarantine], access: Access) -> list[dict[str, Any]]:
    """Each as plain values, with when it was, the interface's name, what the record is called, and the titles of the fields that are complained of."""
    found = list(rows)
    named, known = names_of(found, access), dict[int, Fields]()
    out = []
    for row in found:
        plain = worklist.parked_as_plain(row, access)
        if any(problem.get("field") for problem in plain["problems"]):
            if row.interface_id not in known:
                known[row.interface_id] = Fields(row.interface)
            plain["problems"] = titled(plain["problems"], known[row.interface_id], row.side or "a")
        out.append(plain | {"at": row.created_at, "name": row.interface.name, "record": named[row.pk]})
    return out


def names_of(rows: Iterable[Quarantine], access: Access) -> dict[int, dict[str, str]]:
    """What each parked record is called: ours by its name, theirs by the label that came with it, where its values may be seen; one query a side of ours."""
    groups: dict[tuple[Interface, str], list[Quarantine]] = defaultdict(list)
    for row in rows:
        groups[row.interface, row.side or "a"].append(row)
    out = {}
    for (interface, side), group in groups.items():
        named, shown = Named(interface, side, (row.record_key for row in group), access), may_see_values(access, interface)
        for row in group:
            out[row.pk] = named.of(row.record_key, (row.delivery.record or {}).get("values") if shown else None)
    return out


def letters(rows: Iterable[DeadLetter], access: Access) -> list[dict[str, Any]]:
    """Dead letters as plain values, with when it was, the interface's name and what the record is called."""
    out = []
    for row in rows:
        link = row.entry.link if row.entry is not None else None
        name = worklist.label(link) if may_see_values(access, row.interface) else ""
        out.append(worklist.letter_as_plain(row, access) | {"at": row.created_at, "name": row.interface.name, "record": name})
    return out


def titled(problems: Iterable[dict[str, Any]], fields: Fields, side: str) -> list[dict[str, Any]]:
    """Problems of the mapping with the title of the field that each concerns, and what people call the value; the mapping speaks in B's names, the value in
    those of the side that it came from."""
    out = []
    for problem in problems:
        name, value = problem.get("field") or "", problem.get("value")
        told = fields.told(side, fields.own(side, name), value) if name and value not in (None, "", []) else ""
        out.append({**problem, "title": fields.title("b", name) if name else "", "told": told if told != str(value) else ""})
    return out
