"""Prometheus metrics: requests, jobs by state, and what rooms add; for loopback or with a token."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterable

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

requests_total = Counter("jingwei_requests_total", "Requests answered", ["method", "status"])
request_seconds = Histogram("jingwei_request_seconds", "Time to answer")
gauges: list[Callable[[], Iterable[Metric]]] = []


class _Gathered:
    """Asks the database when Prometheus asks us."""

    def collect(self) -> Iterable[Metric]:
        """Jobs by state, and every registered gauge."""
        if not connection.settings_dict.get("ENGINE"):
            return
        jobs = GaugeMetricFamily("jingwei_jobs", "Jobs by state", labels=["status"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
            for status, count in cursor.fetchall():
                jobs.add_metric([status], count)
        yield jobs
        for gauge in gauges:
            yield from gauge()

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked at registration."""
        return []


REGISTRY.register(_Gathered())


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """The metrics; with JINGWEI_METRICS_TOKEN a bearer token is needed, otherwise the request must come from this machine."""
    token = os.environ.get("JINGWEI_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    allowed = (
        hmac.compare_digest(given.encode(), token.encode())
        if token
        else request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "") and not request.headers.get("X-Forwarded-For")
    )
    if not allowed:
        return HttpResponse(status=403)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
