"""What the database knows of interfaces' troubles: counted for all of them at once, in a number of queries that does not grow with theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from jingwei.frame import scope
from jingwei.hub.models import Checkpoint, Connection, Interface, InterfaceVersion, JobTally

stuck_minutes = 10
watched_jobs = ("hub.cycle", "hub.reconcile", "hub.compare", "hub.deliver")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, since when, how many of them for longer than promised, and what was said last."""

    count: int = 0
    since: datetime | None = None
    late: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class FailingJob:
    """Jobs of one kind that failed for good (`is_dead`) or fail again and again."""

    job: str
    count: int
    at: datetime | None
    is_dead: bool
    said: str = ""


@dataclass(slots=True)
class Evidence:
    """Everything known of one interface. `counts` by kind; `connections` by side (none for our own side)."""

    interface: Interface
    published_at: datetime | None = None
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    counts: dict[str, Tally] = field(default_factory=dict)
    jobs: list[FailingJob] = field(default_factory=list)
    heartbeat_at: datetime | None = None

    def tally(self, kind: str) -> Tally:
        """The count of that kind, zero when there is none."""
        return self.counts.get(kind, Tally())


_flow = """
SELECT d.interface_id, CASE WHEN d.source = 'lookup' THEN 'lookups' ELSE 'inbox' END, count(*), min(d.received_at),
       count(*) FILTER (WHERE d.received_at < %(now)s - make_interval(secs => i.freshness_seconds)), ''
FROM hub_delivery d JOIN hub_interface i ON i.id = d.interface_id
WHERE d.state = 'waiting' AND d.interface_id = ANY(%(ids)s) GROUP BY 1, 2
UNION ALL
SELECT o.interface_id, CASE WHEN o.state = 'held' THEN 'held' ELSE 'outbox' END, count(*), min(o.created_at),
       count(*) FILTER (WHERE o.created_at < %(now)s - make_interval(secs => i.freshness_seconds)),
       coalesce((array_agg(o.error ORDER BY o.id DESC) FILTER (WHERE o.error <> ''))[1], '')
FROM hub_outboxentry o JOIN hub_interface i ON i.id = o.interface_id
WHERE o.state IN ('waiting', 'held', 'sending', 'unknown') AND o.interface_id = ANY(%(ids)s) GROUP BY 1, 2
"""
_open = """
SELECT interface_id, CASE WHEN field <> '' AND reason = 'refused' THEN 'refusals' WHEN field <> '' THEN 'conflicts' WHEN reason IN ('ambiguous', 'circle') THEN 'pairing' ELSE 'deletes' END, count(*), min(created_at), 0, '' FROM hub_conflict
WHERE resolved_at IS NULL AND interface_id = ANY(%(ids)s) GROUP BY 1, 2
UNION ALL
SELECT interface_id, 'quarantine', count(*), min(created_at), 0, '' FROM hub_quarantine
WHERE released_at IS NULL AND interface_id = ANY(%(ids)s) GROUP BY 1
UNION ALL
SELECT interface_id, 'dead', count(*), min(created_at), 0, (array_agg(message_zh ORDER BY id DESC))[1] FROM hub_deadletter
WHERE settled_at IS NULL AND interface_id = ANY(%(ids)s) GROUP BY 1
UNION ALL
SELECT interface_id, 'revoked', 1, max(revoked_at), 0, '' FROM hub_grant
WHERE interface_id = ANY(%(ids)s) GROUP BY 1 HAVING NOT bool_or(revoked_at IS NULL)
"""
_links = """
SELECT l.interface_id, 'parked', count(*), min(l.updated_at), 0, '' FROM hub_link l
WHERE (l.parked_a OR l.parked_b) AND l.interface_id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT 1 FROM hub_quarantine q WHERE q.link_id = l.id AND q.released_at IS NULL) GROUP BY 1
UNION ALL
SELECT interface_id, 'left', count(*), min(updated_at), 0, '' FROM hub_link WHERE (left_a OR left_b) AND interface_id = ANY(%(ids)s) GROUP BY 1
UNION ALL
SELECT l.interface_id, 'apart', count(*), min(l.updated_at), 0, '' FROM hub_link l
WHERE NOT (l.apart = '{}'::jsonb) AND l.interface_id = ANY(%(ids)s)
  AND jsonb_path_exists(l.apart, '$.* ? (@.why != "accepted" && @.why != "told" && @.why != "answered" && @.why != "sent")')
  AND NOT EXISTS (SELECT 1 FROM hub_conflict c WHERE c.link_id = l.id AND c.resolved_at IS NULL) GROUP BY 1
UNION ALL
SELECT r.interface_id, 'stuck', count(*), min(r.started_at), 0, '' FROM hub_run r
WHERE r.finished_at IS NULL AND r.started_at < %(now)s - make_interval(mins => %(stuck)s) AND r.interface_id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT 1 FROM hub_run later WHERE later.interface_id = r.interface_id AND later.started_at > r.started_at
                  AND later.finished_at IS NOT NULL) GROUP BY 1
"""
# the last look at all keys did not reach its end, or is long due: an hour, or three times as seldom as it may be (engine.reconcile)
_keys = """
SELECT i.id, 'keys_unread', 1, i.reconciled_at, 0, coalesce(last.error, '') FROM hub_interface i
LEFT JOIN LATERAL (SELECT r.error, r.finished_at - r.started_at AS took FROM hub_run r
                   WHERE r.interface_id = i.id AND r.kind = 'reconcile' AND r.finished_at IS NOT NULL ORDER BY r.started_at DESC LIMIT 1) last ON true
WHERE i.id = ANY(%(ids)s) AND (last.error <> '' OR i.reconciled_at < %(now)s - GREATEST(interval '1 hour', 150 * last.took))
"""
_events = """
SELECT connection_id, 'events_late', count(*), min(received_at), 0, '' FROM hub_delivery
WHERE state = 'waiting' AND interface_id IS NULL AND connection_id = ANY(%(connections)s) GROUP BY 1
UNION ALL
SELECT connection_id, 'events', count(*), min(received_at), 0, '' FROM hub_delivery
WHERE state IN ('quarantined', 'dead') AND interface_id IS NULL AND connection_id = ANY(%(connections)s) GROUP BY 1
"""
_jobs = """
SELECT task_name, args->>'interface_id', args->>'connection_id', count(*), bool_or(status = 'failed'),
       max((SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id))
FROM procrastinate_jobs j
WHERE task_name = ANY(%(jobs)s) AND (status = 'failed' OR (status IN ('todo', 'doing') AND attempts > 2)) AND args->>'tenant_id' = %(tenant)s
GROUP BY 1, 2, 3
"""


def gather(interfaces: Iterable[Interface], now: datetime | None = None) -> dict[int, Evidence]:
    """Evidence of these interfaces by id: about ten queries, however many they are."""
    now = now or timezone.now()
    found = {each.pk: Evidence(each) for each in interfaces}
    if not found:
        return found
    ids = list(found)
    connections = _attach_rows(found, ids)
    given = {"ids": ids, "now": now, "stuck": stuck_minutes}
    for statement in (_flow, _open, _links, _keys):
        for pk, kind, count, since, late, said in _rows(statement, given):
            found[pk].counts[kind] = Tally(count, since, late, said or "")
    _attach_events(found, connections)
    _attach_jobs(found)
    ((heartbeat_at,),) = _rows("SELECT max(last_heartbeat) FROM procrastinate_workers", {})
    for evidence in found.values():
        evidence.heartbeat_at = heartbeat_at
    return found


def _rows(statement: str, given: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        found: Sequence[Any] = cursor.fetchall()
    return found


def _attach_rows(found: dict[int, Evidence], ids: list[int]) -> dict[int, Connection]:
    """Checkpoints, versions' dates and connections; returns the connections by id."""
    for checkpoint in Checkpoint.objects.filter(interface_id__in=ids):
        found[checkpoint.interface_id].checkpoints[checkpoint.side] = checkpoint
    published = {each.interface.published_id for each in found.values()} - {None}
    dates = dict(InterfaceVersion.objects.filter(pk__in=published).values_list("pk", "published_at"))
    systems = {pk for each in found.values() for pk in (each.interface.system_a_id, each.interface.system_b_id)}
    by_system = {c.system_id: c for c in Connection.objects.filter(system_id__in=systems).exclude(system__connector="local").select_related("system")}
    for evidence in found.values():
        interface = evidence.interface
        evidence.published_at = dates.get(interface.published_id)
        for side, system_id in (("a", interface.system_a_id), ("b", interface.system_b_id)):
            if system_id in by_system:
                evidence.connections[side] = by_system[system_id]
    return {each.pk: each for each in by_system.values()}


def _attach_events(found: dict[int, Evidence], connections: dict[int, Connection]) -> None:
    """Webhooks that no interface could take yet, or at all, concern every interface of their connection."""
    if not connections:
        return
    tallies: dict[tuple[int, str], Tally] = {}
    for pk, kind, count, since, late, said in _rows(_events, {"connections": list(connections)}):
        tallies[pk, kind] = Tally(count, since, late, said)
    for evidence in found.values():
        for each in evidence.connections.values():
            for kind in ("events", "events_late"):
                if (each.pk, kind) in tallies:
                    evidence.counts[kind] = tallies[each.pk, kind]


def _attach_jobs(found: dict[int, Evidence]) -> None:
    rows = _rows(_jobs, {"jobs": list(watched_jobs), "tenant": str(scope.current().tenant_id)})
    if not rows:
        return
    said = {(t.job, t.key): t.last_error for t in JobTally.objects.filter(job__in=watched_jobs)}
    for job, interface_id, connection_id, count, is_dead, at in rows:
        failing = FailingJob(job, count, at, is_dead, said.get((job, interface_id or connection_id or ""), ""))
        for evidence in found.values():
            mine = {str(c.pk) for c in evidence.connections.values()}
            if (interface_id is not None and interface_id == str(evidence.interface.pk)) or (connection_id is not None and connection_id in mine):
                evidence.jobs.append(failing)


def overdue(since: datetime | None, seconds: float, now: datetime) -> bool:
    """Whether a moment lies further back than promised; an unknown one does."""
    return since is None or now - since > timedelta(seconds=seconds)
