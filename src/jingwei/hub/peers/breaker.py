"""A peer that fails five times in a row is left alone; then one request at a time, over all workers, tries whether it is back."""

from __future__ import annotations

import random
from datetime import datetime

from jingwei.hub import contract
from jingwei.hub.models import Connection
from jingwei.hub.peers import standing

failures_to_open = 5
open_seconds = 20.0
open_seconds_at_most = 300.0


class BreakerOpen(contract.Unreachable):
    """The peer failed too often; it is left alone until `until`. Nothing was sent."""

    code = "connector.breaker_open"

    def __init__(self, until: datetime) -> None:
        super().__init__("too many failures in a row; waiting before the next try")
        self.until = until


# What was on its way when the breaker opened says nothing new: neither its failure nor its success counts.
_failed = """
UPDATE hub_connection SET last_error = %(text)s, last_error_at = clock_timestamp(),
  failures = CASE WHEN open_until > clock_timestamp() AND NOT %(probe)s THEN failures ELSE LEAST(failures, 1000) + 1 END,
  open_until = CASE
    WHEN open_until > clock_timestamp() AND NOT %(probe)s THEN open_until
    WHEN failures + 1 >= %(limit)s OR %(probe)s
      THEN clock_timestamp() + make_interval(secs => LEAST(%(most)s, %(first)s * 2 ^ GREATEST(0, LEAST(failures + 1 - %(limit)s, 10)) * %(jitter)s))
    ELSE open_until END
WHERE id = %(id)s RETURNING failures
"""
_succeeded = """
UPDATE hub_connection SET last_ok_at = clock_timestamp(),
  failures = CASE WHEN open_until IS NULL OR %(probe)s THEN 0 ELSE failures END,
  open_until = CASE WHEN %(probe)s THEN NULL ELSE open_until END
WHERE id = %(id)s RETURNING 1
"""
_returned = "UPDATE hub_connection SET open_until = clock_timestamp() WHERE id = %(id)s AND open_until IS NOT NULL RETURNING 1"


def failed(connection: Connection, text: str, *, is_probe: bool) -> None:
    """No answer, or a 5xx. The fifth in a row opens for about 20 s; each failed probe doubles that, up to five minutes."""
    standing.note(
        connection, _failed,
        {
            "id": connection.pk, "text": text[:2000].replace("\0", ""), "probe": is_probe, "limit": failures_to_open,
            "first": open_seconds, "most": open_seconds_at_most, "jitter": random.uniform(0.75, 1.25),
        },
    )  # fmt: skip


def succeeded(connection: Connection, *, is_probe: bool) -> None:
    """The peer answered like somebody who is at home (4xx included)."""
    standing.note(connection, _succeeded, {"id": connection.pk, "probe": is_probe})


def returned(connection: Connection) -> None:
    """A probe that was never sent gives its place to the next one."""
    standing.note(connection, _returned, {"id": connection.pk})
