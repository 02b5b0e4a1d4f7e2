"""Jobs of the hub that failed: logged, counted for good, and told to Prometheus by whichever process it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.db.models import Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, Metric

from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.frame.walls import metrics
from jingwei.frame.work import jobs
from jingwei.hub.models import JobTally

log = structlog.get_logger(__name__)


def note(job: str, ids: Mapping[str, Any], problem: Exception) -> None:
    """Count one failure of a job of the hub. Never raises: what failed the job may be the database itself."""
    if not job.startswith("hub."):
        return
    key = str(ids.get("interface_id") or ids.get("connection_id") or "")
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO hub_jobtally (tenant_id, version, created_at, updated_at, job, key, failures, last_error, last_at)"
                " VALUES (%s, 1, now(), now(), %s, %s, 1, %s, %s) ON CONFLICT (tenant_id, job, key) DO UPDATE SET"
                " failures = hub_jobtally.failures + 1, last_error = EXCLUDED.last_error, last_at = EXCLUDED.last_at, updated_at = now()",
                (scope.current().tenant_id, job, key, f"{type(problem).__name__}: {problem}"[:1000].replace("\0", "�"), timezone.now()),
            )
    except DatabaseError as trouble:
        log.warning("hub.failure_not_counted", job=job, key=key, problem=str(trouble)[:200])


def gauge() -> Iterable[Metric]:
    """jingwei_hub_job_failures_total by job, over all organisations."""
    failures: Counter[str] = Counter()
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        with scope.within(scope.Scope(tenant_id)):
            failures.update(dict(JobTally.objects.values_list("job").annotate(n=Sum("failures")).order_by()))
    family = CounterMetricFamily("jingwei_hub_job_failures", "Failures of the hub's jobs, retries included", labels=["job"])
    for job, count in sorted(failures.items()):
        family.add_metric([job], count)
    yield family


jobs.on_failure(note)
metrics.gauges.append(gauge)
