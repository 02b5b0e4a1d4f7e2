"""Where is my record? One line from arrival to write, by any id somebody may hold."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from jingwei.frame.models import History
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Link, OutboxEntry, Quarantine


def trace(external_id: str, *, limit: int = 200) -> dict[str, Any]:
    """Everything known of a record: its links, what came in, what went out, what is open, and what our history says.

    `external_id` is either side's key, our reference, or a record's label as it arrived.
    """
    wanted = Q(key_a=external_id) | Q(key_b=external_id)
    if len(external_id) == 36 and external_id.count("-") == 4:
        wanted |= Q(external_key=external_id)
    links = list(Link.objects.filter(wanted).select_related("interface", "interface__system_a", "interface__system_b")[:20])
    if not links:
        links = list(Link.objects.filter(seen_b__contains={"code": external_id}).select_related("interface", "interface__system_a", "interface__system_b")[:20])
    ids = [link.pk for link in links]
    known = Q(link_id__in=ids)
    deliveries = Delivery.objects.filter(known | Q(record_key=external_id)).order_by("-id")[:limit]
    return {
        "id": external_id,
        "links": [_link(link) for link in links],
        "steps": sorted(
            [_delivery(d) for d in deliveries] + [_entry(e) for e in OutboxEntry.objects.filter(known).order_by("-id")[:limit]] + _written(links, limit),
            key=lambda step: step["at"] or "",
        ),
        "open": [
            *({"kind": "conflict", "field": c.field, "a": c.value_a, "b": c.value_b} for c in Conflict.objects.filter(known, resolved_at=None)),
            *({"kind": "quarantine", "problems": q.problems} for q in Quarantine.objects.filter(delivery__record_key=external_id, released_at=None)),
            *(
                {"kind": "dead_letter", "code": d.code, "zh": d.message_zh, "en": d.message_en}
                for d in DeadLetter.objects.filter(entry__link_id__in=ids, settled_at=None)
            ),
        ],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "interface": link.interface.key, "system_a": link.interface.system_a.key, "key_a": link.key_a, "system_b": link.interface.system_b.key,
        "key_b": link.key_b, "our_reference": str(link.external_key), "state": link.state, "base": link.base, "seen_a": link.seen_a, "seen_b": link.seen_b,
    }  # fmt: skip


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "kind": "arrived", "at": row.received_at.isoformat(), "side": row.side, "source": row.source, "key": row.record_key, "state": row.state,
        "outcome": row.outcome, "record": (row.record or {}).get("values"), "id": row.pk,
    }  # fmt: skip


def _entry(row: OutboxEntry) -> dict[str, Any]:
    at = row.done_at or row.sent_at or row.created_at
    return {
        "kind": "written" if row.state == "done" else "to be written", "at": at.isoformat(), "side": row.side, "action": row.action, "values": row.values,
        "before": row.before, "state": row.state, "attempts": row.attempts, "error": row.error, "id": row.pk,
    }  # fmt: skip


def _written(links: list[Link], limit: int) -> list[dict[str, Any]]:
    """Our own history of the local side."""
    steps = []
    for link in links:
        for side in ("a", "b"):
            key = getattr(link, f"key_{side}")
            if link.interface.system(side).connector == "local" and key and key.isdigit():
                for line in History.objects.filter(resource=link.interface.stream(side), object_id=int(key)).order_by("-id")[:limit]:
                    steps.append({
                        "kind": "history", "at": line.at.isoformat(), "side": side, "action": line.action, "before": line.before, "values": line.after,
                        "origin": line.origin, "reason": line.reason, "actor": line.actor_id, "id": line.pk,
                    })  # fmt: skip
    return steps
