"""How long the hub keeps what flowed through it: deliveries, outbox entries, runs, periods of health."""

from __future__ import annotations

from jingwei.frame.work.retention import Kept, keep

keep(
    Kept(
        "hub_delivery", 30, "t.received_at",
        """t.state IN ('done', 'dropped')
        AND NOT EXISTS (SELECT 1 FROM hub_quarantine q WHERE q.delivery_id = t.id AND q.released_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_deadletter d WHERE d.delivery_id = t.id AND d.settled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_deadletter d JOIN hub_outboxentry o ON o.id = d.entry_id WHERE o.delivery_id = t.id AND d.settled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_conflict c WHERE c.link_id = t.link_id AND c.resolved_at IS NULL)""",
        (
            "UPDATE hub_outboxentry SET delivery_id = NULL WHERE delivery_id = ANY(%(ids)s)",
            "DELETE FROM hub_quarantine WHERE delivery_id = ANY(%(ids)s)",
            "DELETE FROM hub_deadletter WHERE delivery_id = ANY(%(ids)s)",
        ),
    ),
    Kept(
        "hub_outboxentry", 180, "coalesce(t.done_at, t.created_at)",
        """t.state IN ('done', 'dropped')
        AND NOT EXISTS (SELECT 1 FROM hub_deadletter d WHERE d.entry_id = t.id AND d.settled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_conflict c WHERE c.link_id = t.link_id AND c.resolved_at IS NULL)""",
        ("DELETE FROM hub_deadletter WHERE entry_id = ANY(%(ids)s)",),
    ),
    Kept(
        "hub_run", 90, "t.started_at", "t.finished_at IS NOT NULL",
        ("UPDATE hub_delivery SET run_id = NULL WHERE run_id = ANY(%(ids)s)", "UPDATE hub_outboxentry SET run_id = NULL WHERE run_id = ANY(%(ids)s)"),
        batch=500,  # a run may be named by a thousand entries
    ),
    Kept("hub_conflict", 400, "t.resolved_at", "t.resolved_at IS NOT NULL"),
    Kept("hub_quarantine", 400, "t.released_at", "t.released_at IS NOT NULL"),
    Kept("hub_deadletter", 400, "t.settled_at", "t.settled_at IS NOT NULL"),
    Kept("hub_healthperiod", 400, "t.until", "t.until IS NOT NULL"),
)  # fmt: skip
