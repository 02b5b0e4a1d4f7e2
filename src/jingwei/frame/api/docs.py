"""A plain page that lists every operation of the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jingwei.frame.records.resource import resources


def page(request: HttpRequest) -> HttpResponse:
    """Resources with their addresses, fields and verbs."""
    shown = [r for r in resources() if request.access and request.access.anywhere(r.permission("view"))]  # type: ignore[attr-defined]
    return render(request, "frame/api_docs.html", {"resources": [(r, [(n, r.label(n)) for n in r.plain_fields]) for r in shown]})
