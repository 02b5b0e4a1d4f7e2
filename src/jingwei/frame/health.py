"""Health endpoints: alive (the process answers) and ready (database, tables, worker, disk)."""

from __future__ import annotations

import shutil

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from jingwei.frame.postgres.address import home


@login_not_required
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """Everything a request needs is there; 503 names what is not."""
    checks = {"disk": shutil.disk_usage(home()).free > 200_000_000}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '60 seconds'")
            checks["worker"] = cursor.fetchone()[0] > 0
        checks["database"] = True
    except DatabaseError:
        checks["database"] = False
    fine = all(checks.values())
    return JsonResponse({"status": "ok" if fine else "failing", **checks}, status=200 if fine else 503)
