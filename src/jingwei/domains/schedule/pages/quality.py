"""The fourteen-point check as a page: what passes, what does not, and which tasks to mend."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jingwei.domains.schedule import queries
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.domains.schedule.quality import as_told
from jingwei.frame.web import Request

shown_at_most = 200


@require_GET
def page(request: Request, code: str) -> HttpResponse:
    """All checks; each opens to the tasks that offend it."""
    project = project_asked(request, code)
    try:
        found = queries.quality_of(project)
    except ValidationError as problem:
        return render(request, "schedule/quality.html", {"project": project, "trouble": queries.trouble_of(problem)}, status=422)
    passed, asked = found.score
    checks = [as_told(check, found.names, check.offences[:shown_at_most]) | {"more": max(0, len(check.offences) - shown_at_most)} for check in found.checks]
    context = {"project": project, "checks": checks, "passed": passed, "asked": asked, "has_baseline": found.has_baseline}
    return render(request, "schedule/quality.html", context)
