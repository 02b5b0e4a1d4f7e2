"""Where is my record? One line from arrival to write, by any id somebody may hold, for eyes that may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from jingwei.frame.models import History, kept
from jingwei.frame.records import past
from jingwei.frame.rights.access import Access
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Link, OutboxEntry, Quarantine
from jingwei.hub.monitor.search import Found, cleaned, local_resource, may_see_values, search, visible

hidden = {"zh": "（原因含有您无权查看的值）", "en": "(the reason quotes values that you may not see)"}
_related = ("interface", "interface__system_a", "interface__system_b", "interface__published")


def trace(external_id: object, *, limit: int = 200, access: Access | None = None) -> dict[str, Any]:
    """Everything known of a record: its links, what came in, what went out, what is open, and what our history says.

    `external_id` is either side's key, our reference, an id of a link, delivery or entry, a webhook's id, a natural key or a label. With
    `access`, only interfaces the reader may look at are told of, and values only of records he may view.
    """
    known = gather(external_id, limit=limit, access=access)
    links, readable = known.links, known.readable
    return {
        "id": known.text,
        "links": [_link(link, known.found.links[link.pk], readable[link.interface_id]) for link in links],
        "steps": sorted(
            [
                *(_delivery(d, readable.get(d.interface_id or 0, False)) for d in known.deliveries),
                *(_entry(e, readable[e.interface_id]) for e in known.entries),
                *(_line(*each) for each in known.lines),
            ],
            key=lambda step: step["at"] or "",
        ),
        "open": open_of(known),
    }


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a record, as rows. `lines`: our history of it, with the link and its side; `readable`: whose values pass, by interface."""

    text: str
    found: Found
    links: list[Link]
    deliveries: list[Delivery]
    entries: list[OutboxEntry]
    lines: list[tuple[Link, str, History]]
    readable: dict[int, bool]


def gather(external_id: object, *, limit: int = 200, access: Access | None = None) -> Known:
    """The rows behind `trace`, for eyes that may see them."""
    text = cleaned(external_id)
    interfaces = list(visible(access))
    found = search(text, interfaces, access)
    links = list(Link.objects.filter(pk__in=found.links).select_related(*_related))
    links.sort(key=lambda link: list(found.links).index(link.pk))
    readable = {each.pk: may_see_values(access, each) for each in interfaces}
    entries = list(OutboxEntry.objects.filter(link__in=links).order_by("-id")[:limit])
    lines = list(_written([link for link in links if readable[link.interface_id]], limit))
    return Known(text, found, links, _deliveries(links, found, limit), entries, lines, readable)


def _deliveries(links: list[Link], found: Found, limit: int) -> list[Delivery]:
    """What came in for these links, whether it got as far as them or not, and what was found without one."""
    wanted = Q(pk__in=found.deliveries) | Q(link__in=links)
    for link in links:
        for side in ("a", "b"):
            if key := getattr(link, f"key_{side}"):
                wanted |= Q(interface_id=link.interface_id, side=side, record_key=key)
    return list(Delivery.objects.filter(wanted).order_by("-id")[:limit])


def open_of(known: Known) -> list[dict[str, Any]]:
    """What is open of it."""
    return [told for _interface, told in opens(known)]


def opens(known: Known) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """What is open of it, each with the id of the interface that it is open in."""
    links, deliveries, readable = known.links, known.deliveries, known.readable
    for c in Conflict.objects.filter(link__in=links, resolved_at=None):
        shown = readable[c.interface_id]
        yield c.interface_id, {"kind": "conflict", "field": c.field, "a": c.value_a if shown else None, "b": c.value_b if shown else None, "reason": c.reason}
    for q in Quarantine.objects.filter(Q(delivery__in=deliveries) | Q(link__in=links), interface__in=readable, released_at=None):
        problems = q.problems if readable.get(q.interface_id) else [{"field": p.get("field"), "code": p.get("code"), **hidden} for p in q.problems]
        yield q.interface_id, {"kind": "quarantine", "problems": problems}
    for d in DeadLetter.objects.filter(Q(entry__link__in=links) | Q(delivery__in=deliveries), interface__in=readable, settled_at=None):
        said = {"zh": d.message_zh, "en": d.message_en} if readable.get(d.interface_id) else hidden
        yield d.interface_id, {"kind": "dead_letter", "code": d.code, **said}


def _link(link: Link, how: str, shown: bool) -> dict[str, Any]:
    values = {name: getattr(link, name) if shown else None for name in ("base", "seen_a", "seen_b")}
    return {
        "id": link.pk, "interface": link.interface.key, "system_a": link.interface.system_a.key, "key_a": link.key_a, "system_b": link.interface.system_b.key,
        "key_b": link.key_b, "our_reference": str(link.external_key), "state": link.state, **values, "found_by": how, "values_hidden": not shown,
    }  # fmt: skip


def _delivery(row: Delivery, shown: bool) -> dict[str, Any]:
    return {
        "kind": "arrived", "at": row.received_at.isoformat(), "side": row.side, "source": row.source, "key": row.record_key, "state": row.state,
        "outcome": row.outcome, "record": (row.record or {}).get("values") if shown else None, "id": row.pk,
    }  # fmt: skip


def _entry(row: OutboxEntry, shown: bool) -> dict[str, Any]:
    at = row.done_at or row.sent_at or row.created_at
    return {
        "kind": "written" if row.state == "done" else "to be written", "at": at.isoformat(), "side": row.side, "action": row.action,
        "values": row.values if shown else None, "before": row.before if shown else None, "state": row.state, "attempts": row.attempts, "error": row.error if shown else "", "id": row.pk,
    }  # fmt: skip


def _written(links: list[Link], limit: int) -> Iterator[tuple[Link, str, History]]:
    """Our own history of the local side."""
    for link in links:
        for side in ("a", "b"):
            key = getattr(link, f"key_{side}")
            local = local_resource(link.interface, side)
            if local is not None and key and key.isascii() and key.isdigit() and len(key) < 19:
                lines = History.objects.filter(resource=link.interface.stream(side), object_id=int(key))
                if local.model.project_path:  # what happened to it in another project is not told here
                    lines = lines.filter(project_id=link.interface.project_id)
                for line in lines.order_by("-id")[:limit]:
                    if local.model.project_path and past.is_arrival(local, line, (link.interface.project_id,)):
                        line.before = None
                    yield link, side, line


def _line(_link: Link, side: str, line: History) -> dict[str, Any]:
    return {
        "kind": "history", "at": line.at.isoformat(), "side": side, "action": line.action, "before": kept.told(line.before), "values": kept.told(line.after),
        "origin": line.origin, "reason": line.reason, "actor": line.actor_id, "id": line.pk,
    }  # fmt: skip
