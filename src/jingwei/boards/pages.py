"""Home, portfolio and the project dashboard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from jingwei.boards import curves, queries, widgets
from jingwei.boards.forms import LoadForm, RiskForm, kinds, orders, registers, steps
from jingwei.boards.load import Table, sheet_of, table_of, teams_and_positions
from jingwei.boards.reports import risk as risk_report
from jingwei.boards.risk import RiskAsked
from jingwei.domains.cost import queries as cost
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.records.exporting import csv_sheet, workbook
from jingwei.frame.ui.errors import homeless
from jingwei.frame.ui.exchange import excel
from jingwei.frame.ui.home import cards_of
from jingwei.frame.ui.menu import MenuItem, ProjectPage, register, register_project_page
from jingwei.frame.walls import heavy
from jingwei.frame.web import ProjectMissing, Request, project_named, stands_in
from jingwei.frame.widgets import Desk

register(MenuItem("home", _("Home"), "/", "home", "", 1))
register(MenuItem("projects", _("Portfolio"), "/portfolio/", "chart", "work.task.view", 10))
register(MenuItem("resources", _("People's load"), "load", "gauge", "work.task.view", 5))
register_project_page(ProjectPage(_("Overview"), "dashboard", "home", "work.task.view", 1))
register_project_page(ProjectPage(_("Simulation"), "project-risk", "activity", "work.task.view", 98, "plan"))
people_a_page = 50
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
    chains = queries.why_late(standing, standing.endangered)
    context = {
        "project": project, "standing": standing, "trouble": schedule.problem_of(project.pk), "endangered": [(m, chains[m.pk]) for m in standing.endangered], "critical": work.next_critical(project.pk)[:8],
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
    now, then = cost.cost_with(project, schedule.longer_of(scenario.changes), scenario.costs)
    return render(request, "boards/_scenario_cost.html", {"project": project, "now": now, "then": then, "more": then - now})


def _load_asked(request: Request) -> tuple[LoadForm, Table | None]:
    """The question and its answer; None when the form says what is wrong with the question."""
    form = LoadForm(request.GET)
    try:
        return form, table_of(request.access, form.asked()) if form.is_valid() else None
    except ValidationError as problem:
        form.add_error(None, problem)
        return form, None


def _load_refused(request: Request, form: LoadForm) -> HttpResponse:
    return render(request, "boards/load.html", {"form": form, "steps": steps, "orders": orders, "asked": request.GET}, status=422)


@require_GET
def load(request: Request) -> HttpResponse:
    """People by weeks: what all projects plan for them against their own working time; one may be opened to what makes it."""
    request.access.require_anywhere("work.task.view")
    form, table = _load_asked(request)
    if table is None:
        return _load_refused(request, form)
    page = Paginator(table.rows, people_a_page).get_page(request.GET.get("page"))
    wanted = request.GET.get("open", table.asked.person)
    opened = next((row for row in page if wanted and row.facts["number"] == wanted), None)
    teams, positions = teams_and_positions(table.everybody)
    exports = request.access.projects("work.task.export")
    context = {
        "form": form, "steps": steps, "orders": orders, "asked": table.asked, "window": table.load.window, "table": table, "page": page,
        "opened": opened, "parts": table.parts_of(opened) if opened is not None else [], "teams": teams, "positions": positions, "today": timezone.localdate(),
        "is_partial": request.access.projects("work.task.view") is not None, "may_export": exports is None or {project.pk for project in table.projects} <= exports,
        "sees_people": request.access.anywhere("directory.person.view"),
    }  # fmt: skip
    return render(request, "boards/load.html", context)


@require_GET
@heavy.rendering
def load_file(request: Request, kind: str) -> HttpResponse:
    """The same as a file, for who may take out the tasks of every project that counts in it."""
    request.access.require_anywhere("work.task.export")
    form, table = _load_asked(request)
    if table is None:
        return _load_refused(request, form)
    for project in table.projects:
        request.access.require("work.task.export", project.pk)
    headings, lines = sheet_of(table)
    if kind == "xlsx":
        response = HttpResponse(workbook(gettext("People's load"), headings, lines), content_type=excel)
    else:
        response = HttpResponse(csv_sheet(headings, lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="load.{"xlsx" if kind == "xlsx" else "csv"}"'
    return response


urlpatterns = [
    path("load/", load, name="load"),
    path("load/export.<str:kind>", load_file, name="load-file"),
    path("", home, name="home"),
    path("portfolio/", portfolio, name="portfolio"),
    path("projects/<str:code>/", dashboard, name="dashboard"),
    path("projects/<str:code>/risk/", risk, name="project-risk"),
    path("projects/<str:code>/what-if/<int:pk>/cost/", scenario_cost, name="scenario-cost"),
]
