"""Health endpoints: alive (the process answers) and ready (database, tables, worker, jobs, clock, disk)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from jingwei.frame.work import clock, disk

told_too: list[Callable[[], dict[str, Any]]] = []  # what others have to tell that fails no request

# jobs that wait for a worker although they are due, and jobs that are at work for longer than anything honest takes
_jobs_sql = """
SELECT (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '60 seconds'),
  NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.status = 'doing' AND NOT EXISTS (
    SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started' AND e.at > now() - interval '2 hours'))
"""


@login_not_required
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """Everything a request needs is there; 503 names what is not. A clock that jumped within the last hour is told, and fails nothing; so is what others have to tell."""
    checks: dict[str, bool] = {"disk": not disk.is_low()}
    try:
        with connection.cursor() as cursor:
            cursor.execute(_jobs_sql)
            workers, are_moving = cursor.fetchone()
        checks |= {"worker": workers > 0, "jobs": are_moving, "database": True}
    except DatabaseError:
        checks["database"] = False
    fine = all(checks.values())
    jump = clock.watch.recent()
    told: dict[str, Any] = {"clock_jumped_seconds": round(jump.seconds)} if jump is not None else {}
    for each in told_too:
        told |= each()
    return JsonResponse({"status": "ok" if fine else "failing", **checks, **told}, status=200 if fine else 503)
