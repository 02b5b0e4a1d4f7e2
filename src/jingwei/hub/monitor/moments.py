"""Moments that cannot be: a clock put back leaves polls, pauses and stamps in a future that nobody meant. They are brought back to now."""

from __future__ import annotations

import structlog
from django.db import connection

from jingwei.frame import scope

log = structlog.get_logger(__name__)

# Each names what the longest honest wait is; beyond it the clock, and not we, made it. Marks of what has happened lie never ahead.
_statements = (
    """UPDATE hub_interface SET next_poll_at = clock_timestamp()
       WHERE tenant_id = %s AND stage = 'live' AND next_poll_at > clock_timestamp() + make_interval(secs => poll_seconds + 120)""",
    """UPDATE hub_interface SET last_success_at = LEAST(last_success_at, clock_timestamp()), last_arrival_at = LEAST(last_arrival_at, clock_timestamp()),
         reconciled_at = LEAST(reconciled_at, clock_timestamp()), compared_at = LEAST(compared_at, clock_timestamp()),
         judged_at = LEAST(judged_at, clock_timestamp()), deletes_allowed_at = LEAST(deletes_allowed_at, clock_timestamp())
       WHERE tenant_id = %s
         AND GREATEST(last_success_at, last_arrival_at, reconciled_at, compared_at, judged_at, deletes_allowed_at) > clock_timestamp() + interval '2 minutes'""",
    """UPDATE hub_checkpoint SET read_at = LEAST(read_at, clock_timestamp()), failing_since = LEAST(failing_since, clock_timestamp())
       WHERE tenant_id = %s AND GREATEST(read_at, failing_since) > clock_timestamp() + interval '2 minutes'""",
    """UPDATE hub_outboxentry SET not_before = clock_timestamp()
       WHERE tenant_id = %s AND state IN ('waiting', 'unknown') AND not_before > clock_timestamp() + interval '15 minutes'""",
    """UPDATE hub_delivery SET not_before = clock_timestamp()
       WHERE tenant_id = %s AND state = 'waiting' AND not_before > clock_timestamp() + interval '15 minutes'""",
    """UPDATE hub_connection SET open_until = LEAST(open_until, clock_timestamp() + interval '5 minutes'), tokens_at = LEAST(tokens_at, clock_timestamp()),
         held_since = LEAST(held_since, clock_timestamp()), last_error_at = LEAST(last_error_at, clock_timestamp())
       WHERE tenant_id = %s AND (open_until > clock_timestamp() + interval '10 minutes'
         OR GREATEST(tokens_at, held_since, last_error_at) > clock_timestamp() + interval '2 minutes')""",
)


def pull_back() -> int:
    """Bring moments that the clock has left behind back to now (scheduler, in a tenant's scope); how many rows."""
    count = 0
    with connection.cursor() as cursor:
        for statement in _statements:
            cursor.execute(statement, (scope.current().tenant_id,))
            count += cursor.rowcount
    if count:
        log.warning("hub.moments_pulled_back", rows=count)
    return count
