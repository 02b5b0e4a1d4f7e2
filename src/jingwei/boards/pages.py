"""Home, portfolio and the project dashboard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from jingwei.boards import curves, queries, widgets
from jingwei.boards.forms import RiskForm, kinds, registers
from jingwei.boards.reports import risk as risk_report
from jingwei.boards.risk import RiskAsked
from jingwei.domains.cost import queries as cost
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.ui.errors import homeless
from jingwei.frame.ui.home import cards_of
from jingwei.frame.ui.menu import MenuItem, ProjectPage, register, register_project_page
from jingwei.frame.walls import heavy
from jingwei.frame.web import ProjectMissing, Request, project_named, stands_in
from jingwei.frame.widgets import Desk

register(MenuItem("home", _("Home"), "/", "home", "", 1))
register(MenuItem("projects", _("Portfolio"), "/portfolio/", "chart", "work.task.view", 10))
register_project_page(ProjectPage(_("Overview"), "dashboard", "home", "work.task.view", 1))
register_project_page(ProjectPage(_("Simulation"), "project-risk", "activity", "work.task.view", 98, "plan"))
spans = {"1": _("since yesterday"), "7": _("in the last week"), "30": _("in the last month")}


@require_GET
def home(request: Request) -> HttpResponse:
    """What needs me now, by role."""
    if request.access is None:
        return homeless(request)
    desk = Desk(request.access)
    standings = widgets.standings(desk)
    context: dict[str, Any] = {"standings": standings, "cards": cards_of(desk), "tasks": queries.soon([s.project.pk for s in standings])}
    return render(request, "boards/_home.html" if request.headers.get("HX-Request") else "boards/home.html", context)


@require_GET
def portfolio(request: Request) -> HttpResponse:
    """Every visible project and why it is green or not."""
    request.access.require_anywhere("work.task.view")
    standings = queries.standings_of(request.access)
    priced = [standing.project.pk for standing in standings if standing.sees_money]
    return render(
        request,
        "boards/portfolio.html",
        {"standings": standings, "sees_money": bool(priced), "costs": queries.cost_series(priced, request.tenant.currency), "left_out": cost.left_out(priced)},
    )


@require_GET
def dashboard(request: Request, code: str) -> HttpResponse:
    """One project: health, critical path, endangered milestones with their chain, what changed and why, interfaces."""
    project = next((p for p in queries.visible_projects(request.access) if p.code == code), None)
    if project is None:
        raise ProjectMissing(code)
    stands_in(request, project.pk)
    span = request.GET.get("since", "1")
    since: datetime = timezone.now() - timedelta(days=int(span) if span in spans else 1)
    standing = queries.standings([project], request.access)[0]
    context = {
        "project": project, "standing": standing, "endangered": [(m, queries.why_late(standing, m)) for m in standing.endangered], "critical": work.next_critical(project.pk)[:8],
        "happenings": queries.happenings(project, since, request.access), "milestones": work.milestones_of(project.pk), "costs": queries.cost_series([project.pk] if standing.sees_money else [], project.currency), "left_out": cost.left_out([project.pk]) if standing.sees_money else [], "curve": curves.progress_curve(project), "tasks": queries.soon([project.pk]),
        "baseline": schedule.current_baseline(project.pk), "spans": spans, "span": span if span in spans else "1",
    }  # fmt: skip
    return render(request, "boards/_dashboard.html" if request.headers.get("HX-Request") else "boards/dashboard.html", context)


@require_GET
@heavy.rendering
def risk(request: Request, code: str) -> HttpResponse:
    """The project simulated: percentiles, histogram, what drives the finish, what buffer it needs."""
    project = project_named(request, code, "work.task.view")
    form = RiskForm(request.GET)
    sees_register = request.access.allows("risk.risk.view", project.pk)
    context: dict[str, Any] = {"project": project, "kinds": kinds, "registers": registers if sees_register else {}, "asked": RiskAsked()}
    if not form.is_valid():
        context["problems"] = [f"{form.fields[name].label}: {text}" for name, texts in form.errors.items() for text in texts]
        return render(request, "boards/risk.html", context, status=422)
    context["asked"] = form.asked()
    try:
        context["found"] = risk_report.told(request.access, project, form.asked())
    except ValidationError as problem:
        context["problems"] = problem.messages
        return render(request, "boards/risk.html", context, status=422 if request.GET else 200)  # who only opens it asked nothing wrong
    return render(request, "boards/risk.html", context)


@require_GET
def scenario_cost(request: Request, code: str, pk: int) -> HttpResponse:
    """The line of a what-if that speaks of money: planned cost, paid work as long as it takes. Empty without the right to costs."""
    project = project_named(request, code, "work.task.view")
    scenario = schedule.scenarios(project.pk).filter(pk=pk).first()
    if scenario is None or not request.access.allows("cost.line.view", project.pk):
        return HttpResponse("")
    longer = {int(key): values["duration_minutes"] for key, values in scenario.changes.items() if values.get("duration_minutes") is not None}
    now, then = cost.cost_with(project, longer)
    return render(request, "boards/_scenario_cost.html", {"project": project, "now": now, "then": then, "more": then - now})


urlpatterns = [
    path("", home, name="home"),
    path("portfolio/", portfolio, name="portfolio"),
    path("projects/<str:code>/", dashboard, name="dashboard"),
    path("projects/<str:code>/risk/", risk, name="project-risk"),
    path("projects/<str:code>/what-if/<int:pk>/cost/", scenario_cost, name="scenario-cost"),
]
