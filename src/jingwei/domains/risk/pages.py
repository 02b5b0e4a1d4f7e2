"""The register of a project: the 5 × 5 matrix, the risks of a cell, the dearest by EMV, overdue reviews."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from jingwei.domains.risk import queries
from jingwei.frame.records.resource import resource
from jingwei.frame.ui.menu import ProjectPage, register_project_page
from jingwei.frame.views import Matrix
from jingwei.frame.views.matrix import between
from jingwei.frame.web import Request, project_named

register_project_page(ProjectPage(gettext_lazy("Risk register"), "risk-register", "alert", "risk.risk.view", 39, "risks"))
dearest_at_most = 8


@require_GET
def register(request: Request, code: str) -> HttpResponse:
    """The page; a click on a cell shows its risks only."""
    project = project_named(request, code, "risk.risk.view")
    sees_impacts = request.access.allows("risk.riskimpact.view", project.pk)
    risks = list(queries.open_risks(project.pk).prefetch_related(*(["impacts__task"] if sees_impacts else [])))
    is_residual = request.GET.get("view") == "residual"
    cell, rows = request.GET.get("cell", "").replace("-", between), resource("risk.risk")  # as it was written before
    view = rows.view("residual" if is_residual else "matrix")
    assert isinstance(view, Matrix)
    place = view.inside(rows, cell)
    inside = set(queries.open_risks(project.pk).filter(place).values_list("pk", flat=True)) if place is not None else None
    shown = risks if inside is None else [risk for risk in risks if risk.pk in inside]
    today: date = timezone.localtime(timezone.now(), ZoneInfo(project.zone)).date()
    context = {
        "project": project, "risks": sorted(shown, key=lambda risk: (-risk.score, risk.code)), "is_residual": is_residual, "today": today,
        **view.answered(rows, queries.open_risks(project.pk)), "view": view, "resource": rows, "chosen": cell if place is not None else "", "chosen_words": view.words(rows, cell) if place is not None else "",
        "dearest": sorted((risk for risk in risks if risk.emv_now_amount), key=lambda risk: (-risk.emv_now_amount, risk.code))[:dearest_at_most],
        "total": sum(risk.emv_now_amount for risk in risks), "overdue": list(queries.overdue_reviews(project.pk, today)),
        "over": queries.risks_of(project.pk).filter(status__in=queries.over).count(), "new_address": f"/w/risk.risk/new/?project={project.code}",
        "may_add": request.access.allows("risk.risk.add", project.pk), "sees_impacts": sees_impacts,
    }  # fmt: skip
    return render(request, "risk/register.html", context)


address = "risks/"
urlpatterns = [path("<str:code>/", register, name="risk-register")]
