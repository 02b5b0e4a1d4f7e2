"""Dates and reasons as a page: the chain that leads to the finish, what is critical, everything; each with floats and drivers."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jingwei.domains.schedule import queries
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.frame.models.values import whole
from jingwei.frame.web import Request

shown_at_most = 300


@require_GET
def page(request: Request, code: str) -> HttpResponse:
    """`which` = chain (also when it is none of them), critical or work; `q` looks for names in all work, `task` follows the drivers of one."""
    project = project_asked(request, code)
    words = request.GET.get("q", "").strip()
    which = request.GET.get("which", "")
    which = which if which in ("critical", "work") else "chain"
    try:
        found = queries.reasons_of(project)
    except ValidationError as problem:
        return render(request, "schedule/reasons.html", {"project": project, "trouble": queries.trouble_of(problem)}, status=422)
    task = whole(request.GET.get("task", ""))
    leading = found.leading_to(task) if task is not None else ()
    tasks = {"chain": found.chain, "critical": found.critical, "work": found.work}
    chosen = [pk for pk in found.work if words.lower() in str(found.rows[pk]["name"]).lower()] if words else leading or tasks[which]
    context = {
        "project": project, "which": "" if words or leading else which, "words": words, "led_to": found.rows[leading[-1]]["name"] if leading else "", "finish": found.dates.finish, "counts": {name: len(each) for name, each in tasks.items()},
        "rows": found.told(chosen[:shown_at_most]), "more": max(0, len(chosen) - shown_at_most),
    }  # fmt: skip
    return render(request, "schedule/reasons.html", context)
