"""How a connection stands for every worker: budget, pause, breaker and hold, kept in its row.

Each statement runs beside the caller's transaction (frame.postgres.beside): a rollback must not give spent requests back nor
forget a refusal, and a cycle that holds its transaction for half a minute must not keep the other workers from seeing it.
Another connection of ours cannot wait for the caller for ever, since it waits for no row longer than 0.3 s; a row that the
caller itself holds is changed inside the caller's transaction. Times are the database's: workers' clocks may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from jingwei.frame.postgres import beside
from jingwei.hub.models import Connection

log = structlog.get_logger(__name__)

lease_seconds = 0.25  # how much of the budget a process takes at once
reserve_seconds = 2.0  # how far ahead a request may be promised; who would wait longer is told when to come back
probe_seconds = 90.0  # longer than the longest request: a probe that never came back is followed by another one

_lock = "SELECT 1 FROM hub_connection WHERE id = %s FOR NO KEY UPDATE NOWAIT"

# In any 60 seconds no more than requests_per_minute are sent: what the bucket holds plus what flows in during 61 seconds (a
# lease lives for one) stays below one more than that. The row is locked before the clock is read, so the clock never goes back.
_draw = """
WITH row AS MATERIALIZED (
  SELECT id, tokens, tokens_at, open_until, paused_until, held_since, GREATEST(requests_per_minute, 1)::float AS budget
  FROM hub_connection WHERE id = %(id)s FOR NO KEY UPDATE
), moment AS MATERIALIZED (
  SELECT row.*, GREATEST(clock_timestamp(), tokens_at) AS at, GREATEST(1, budget / 20) AS room,
         (budget + 0.9 - GREATEST(1, budget / 20)) / 61 AS rate
  FROM row
), stand AS MATERIALIZED (
  SELECT *, LEAST(room, COALESCE(tokens, room) + rate * COALESCE(EXTRACT(EPOCH FROM at - tokens_at)::float, 0)) AS level,
         (held_since IS NOT NULL AND NOT %(checking)s) OR COALESCE(paused_until > at, false) AS shut,
         COALESCE(open_until > at, false) AS open
  FROM moment
), asked AS MATERIALIZED (
  SELECT *, NOT shut AND NOT open AND open_until IS NOT NULL AS probe FROM stand
), told AS MATERIALIZED (
  SELECT *, CASE WHEN shut OR open THEN 0
                 WHEN probe THEN 1
                 WHEN level >= 1 THEN LEAST(FLOOR(level), GREATEST(1, FLOOR(rate * %(lease)s)))
                 WHEN level > 1 - rate * %(reserve)s THEN 1
                 ELSE 0 END AS taken
  FROM asked
)
UPDATE hub_connection c
SET tokens = told.level - told.taken, tokens_at = told.at,
    open_until = CASE WHEN told.probe THEN told.at + make_interval(secs => %(probe)s) ELSE c.open_until END
FROM told WHERE c.id = told.id
RETURNING told.taken::int, GREATEST(0, (1 - told.level) / told.rate), told.probe, c.failures,
  COALESCE(EXTRACT(EPOCH FROM c.paused_until - told.at)::float, 0), COALESCE(EXTRACT(EPOCH FROM c.open_until - told.at)::float, 0),
  c.held_since IS NOT NULL, c.held_reason, c.version
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw gave: `taken` requests, the first after `wait` seconds, and how the connection stands.

    `is_probe`: the breaker lets this one through to see whether the peer is back.
    """

    taken: int
    wait: float
    is_probe: bool
    failures: int
    paused_seconds: float
    open_seconds: float
    is_held: bool
    held_reason: str
    version: int


def draw(connection: Connection, *, checking: bool) -> Drawn | None:
    """Take of the budget; None while somebody's transaction holds the row. A check is let through a hold, and through nothing else."""
    values = {
        "id": connection.pk, "checking": checking, "lease": 0.0 if checking else lease_seconds, "reserve": reserve_seconds, "probe": probe_seconds,
    }  # fmt: skip
    try:
        row = beside.change_row(connection.tenant_id, _lock, connection.pk, _draw, values)
    except beside.RowHeld:
        return None
    return Drawn(*row) if row is not None else Drawn(0, 0.0, False, 0, 0.0, 0.0, True, "the connection was deleted", 0)


def note(connection: Connection, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Write how a request went, for every worker; `statement` updates the row and returns something. Tried thrice, then left."""
    for _ in range(3):
        try:
            return beside.change_row(connection.tenant_id, _lock, connection.pk, statement, values)
        except beside.RowHeld:
            continue
    log.warning("hub.connection_not_noted", connection=connection.pk)
    return None
