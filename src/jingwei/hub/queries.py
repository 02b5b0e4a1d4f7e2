"""What pages and higher floors ask of the hub."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncMinute
from django.utils import timezone

from jingwei.frame.models import Project
from jingwei.frame.rights.access import Access
from jingwei.hub.models import Conflict, DeadLetter, Delivery, HealthPeriod, Interface, Link, OutboxEntry, Quarantine, Run, System
from jingwei.hub.monitor import health
from jingwei.hub.monitor.health import sentence
from jingwei.hub.monitor.search import visible
from jingwei.hub.peers.titles import connector_title

open_states = ("waiting", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Outage:
    """An interface that is down now."""

    interface_id: int
    key: str
    name: str
    since: datetime
    reason: str
    restore_minutes: int


def interfaces_down(project_id: int) -> dict[int, Outage]:
    """The live interfaces of a project that are down, by id."""
    health.judge_if_stale()
    rows = Interface.objects.filter(project_id=project_id, stage=Interface.Stage.LIVE, state=Interface.State.DOWN)
    return {i.pk: Outage(i.pk, i.key, i.name, i.state_since or timezone.now(), i.state_reason, i.restore_minutes) for i in rows}


def interfaces_of(projects: QuerySet[Project] | None = None) -> QuerySet[Interface]:
    """Interfaces with everything a list needs."""
    health.judge_if_stale()
    rows = Interface.objects.select_related("system_a", "system_b", "published", "project")
    return rows if projects is None else rows.filter(project__in=projects)


def unwell(access: Access) -> list[Interface]:
    """Live interfaces that this person may see and that are not known to be healthy, the worst first."""
    health.judge_if_stale()
    rows = visible(access).filter(stage=Interface.Stage.LIVE).exclude(state=Interface.State.OK).select_related("project")
    order: list[str] = [Interface.State.DOWN, Interface.State.DEGRADED, Interface.State.UNKNOWN]
    return sorted(rows, key=lambda each: (order.index(each.state), each.state_since or each.created_at))


def open_counts(interface_ids: list[int] | None = None) -> dict[int, dict[str, int]]:
    """Open conflicts, quarantined records, dead letters, waiting deliveries and entries by interface: five queries."""
    out: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("conflicts", "quarantine", "dead", "inbox", "outbox"), 0))
    sources = (
        ("conflicts", Conflict.objects.filter(resolved_at=None)),
        ("quarantine", Quarantine.objects.filter(released_at=None)),
        ("dead", DeadLetter.objects.filter(settled_at=None)),
        ("inbox", Delivery.objects.filter(state="waiting", interface__isnull=False)),
        ("outbox", OutboxEntry.objects.filter(state__in=open_states)),
    )
    for name, rows in sources:
        if interface_ids is not None:
            rows = rows.filter(interface_id__in=interface_ids)
        for pk, count in rows.values_list("interface_id").annotate(n=Count("id")).order_by():
            out[pk][name] = count
    return out


def flow_per_minute(interface_ids: list[int], minutes: int = 60) -> list[dict[str, Any]]:
    """Records of these interfaces done a minute, oldest first: arrived, written and failed."""
    since = timezone.now() - timedelta(minutes=minutes)
    series: dict[datetime, dict[str, int]] = defaultdict(lambda: {"arrived": 0, "written": 0, "failed": 0})
    arrived = Delivery.objects.filter(received_at__gte=since)
    written = OutboxEntry.objects.filter(done_at__gte=since, state="done")
    failed = DeadLetter.objects.filter(created_at__gte=since)
    for name, rows, moment in (("arrived", arrived, "received_at"), ("written", written, "done_at"), ("failed", failed, "created_at")):
        rows = rows.filter(interface_id__in=interface_ids)
        for minute, count in rows.annotate(minute=TruncMinute(moment)).values_list("minute").annotate(n=Count("id")).order_by():
            series[minute][name] = count
    start = since.replace(second=0, microsecond=0)
    return [{"at": start + timedelta(minutes=n), **series[start + timedelta(minutes=n)]} for n in range(minutes + 1)]


def lag_seconds() -> dict[int, float]:
    """How long the oldest waiting record of each interface has waited."""
    now = timezone.now()
    oldest: dict[int, datetime] = {}
    waiting = Delivery.objects.filter(state="waiting", interface__isnull=False).values_list("interface_id").annotate(t=Min("received_at")).order_by()
    leaving = OutboxEntry.objects.filter(state__in=open_states).values_list("interface_id").annotate(t=Min("created_at")).order_by()
    for pk, at in [*waiting, *leaving]:
        oldest[pk] = min(at, oldest.get(pk, at))
    return {pk: (now - at).total_seconds() for pk, at in oldest.items()}


def topology(systems: QuerySet[System], interfaces: QuerySet[Interface]) -> dict[str, Any]:
    """These systems and the interfaces between them, with health and traffic of the last ten minutes."""
    since = timezone.now() - timedelta(minutes=10)
    per_minute = dict(Delivery.objects.filter(received_at__gte=since, interface__isnull=False).values_list("interface_id").annotate(n=Count("id")).order_by())
    shown = list(interfaces.exclude(stage=Interface.Stage.RETIRED))
    return {
        "systems": [
            {"id": s.pk, "key": s.key, "name": s.name, "kind": s.connector, "title": connector_title(s.connector), "state": "ok" if s.connector == "local" else s.state, "url": f"/hub/systems/{s.key}/"}
            for s in systems
        ],
        "interfaces": [
            {
                "id": i.pk, "key": i.key, "name": i.name, "from": i.system_a_id, "to": i.system_b_id, "state": i.state if i.stage == "live" else "off",
                "reason": sentence(i) if i.stage == "live" else "",
                "two_way": is_two_way(i), "per_minute": round(per_minute.get(i.pk, 0) / 10, 1), "url": f"/hub/interfaces/{i.key}/",
            }
            for i in shown
        ],
    }  # fmt: skip


def arrow(interface: Interface) -> str:
    """Which way its fields travel: ⇄, → from A to B, ← from B to A; – before anything is published."""
    if interface.published is None:
        return "–"
    ways = {pair.get("direction", "both") for pair in interface.published.spec["mapping"]["pairs"]}
    return {"a_to_b": "→", "b_to_a": "←"}.get(next(iter(ways), ""), "⇄") if len(ways) == 1 else "⇄"


def is_two_way(interface: Interface) -> bool:
    """Whether any field travels in both directions."""
    if interface.published is None:
        return False
    return any(pair.get("direction", "both") == "both" for pair in interface.published.spec["mapping"]["pairs"])


def availability(interface: Interface, days: int = 30) -> float | None:
    """Share of time the interface was not down, in percent; None before its first traffic."""
    since = timezone.now() - timedelta(days=days)
    periods = HealthPeriod.objects.filter(interface=interface).filter(Q(until=None) | Q(until__gte=since))
    total = down = 0.0
    for period in periods:
        seconds = ((period.until or timezone.now()) - max(period.since, since)).total_seconds()
        total += seconds
        down += seconds if period.state == Interface.State.DOWN else 0
    return round(100 * (1 - down / total), 3) if total else None


def last_runs(interface: Interface, limit: int = 20) -> QuerySet[Run]:
    """The latest runs."""
    return Run.objects.filter(interface=interface).order_by("-id")[:limit]


def links_of(interface: Interface) -> dict[str, int]:
    """Links by state."""
    return dict(Link.objects.filter(interface=interface).values_list("state").annotate(n=Count("id")).order_by())


def conflicts_open(interface: Interface | None = None) -> QuerySet[Conflict]:
    """Open conflicts, newest first."""
    rows = Conflict.objects.filter(resolved_at=None).select_related("interface", "link", "interface__system_a", "interface__system_b", "interface__published")
    return rows.filter(interface=interface).order_by("-id") if interface else rows.order_by("-id")


def newest_arrivals(interface_ids: list[int]) -> dict[int, datetime]:
    """When something last came in."""
    return dict(Delivery.objects.filter(interface_id__in=interface_ids).values_list("interface_id").annotate(t=Max("received_at")).order_by())
