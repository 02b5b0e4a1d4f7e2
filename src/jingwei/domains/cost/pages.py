"""Earned value of a project: indices with their meaning, S-curve, control chart, packages down to the tasks that cause it, frozen periods."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.cost import extra, queries, services
from jingwei.domains.cost.models import Line
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.schedule import services as planning
from jingwei.frame.models import Project
from jingwei.frame.ui import once
from jingwei.frame.ui.menu import ProjectPage, register_project_page
from jingwei.frame.web import Request, project_named
from jingwei.kernels.value.earned import Indices
from jingwei.kernels.value.earning import EarnedValue, PackageValue

register_project_page(ProjectPage(gettext_lazy("Earned value"), "earned-value", "coin", "cost.line.view", 70, "cost"))
warn_below, alarm_below = Decimal("0.95"), Decimal("0.85")
tasks_at_most = 12


@require_GET
def earned_value(request: Request, code: str) -> HttpResponse:
    """The page."""
    project = project_named(request, code, "cost.line.view")
    found = queries.earned_value_of(project)
    context = {
        "project": project, "found": found, "tiles": tiles(found.now) if found.now else [], "forecasts": forecasts(found.now) if found.now else [],
        "packages": [(package, light(package.spi), light(package.cpi), package.tasks[:tasks_at_most]) for package in sorted(found.packages, key=_worst)],
        "series": chart_series(found), "snapshots": queries.snapshots(project.pk), "open_periods": found.open_periods, "seen": queries.figures_seen(found),
        "may_freeze": request.access.allows("cost.package.change", project.pk),
    }  # fmt: skip
    return render(request, "cost/earned_value.html", context)


def _worst(package: PackageValue) -> Decimal:
    return min(package.spi if package.spi is not None else Decimal(9), package.cpi if package.cpi is not None else Decimal(9))


def light(index: Decimal | None) -> str:
    """The state behind an index: on plan, to watch, alarm."""
    if index is None:
        return ""
    return "alarm" if index < alarm_below else "degraded" if index < warn_below else "ok"


def tiles(now: Indices) -> list[dict[str, Any]]:
    """The four indices and what each says in words."""
    behind = _("%(percent)s %% of the planned work is done.")
    worth = _("Every unit of money spent earned %(value)s.")
    return [
        {"key": "spi", "title": "SPI", "value": now.spi, "state": light(now.spi), "text": behind % {"percent": _percent(now.spi)} if now.spi is not None else _("Nothing was due yet.")},
        {"key": "cpi", "title": "CPI", "value": now.cpi, "state": light(now.cpi), "text": worth % {"value": _rounded(now.cpi)} if now.cpi is not None else _("Nothing has been spent yet.")},
        {"key": "spi_t", "title": "SPI(t)", "value": now.spi_t, "state": light(now.spi_t), "text": _("What is earned was to be earned %(months)s months ago.") % {"months": _rounded(-now.sv_t)} if now.sv_t < 0 else _("What is earned is not late.")},
        _to_complete(now),
    ]  # fmt: skip


def _to_complete(now: Indices) -> dict[str, Any]:
    """TCPI; a budget that is spent while work is left can be kept by no index at all (the quotient would be negative or none)."""
    is_spent = now.ac >= now.bac and now.ev < now.bac
    state = "alarm" if is_spent else "" if now.tcpi_bac is None else "alarm" if now.tcpi_bac > Decimal("1.1") else "ok"
    text = (
        _("The budget is spent and work is left: ask for more, or leave something out.")
        if is_spent
        else _("What every unit of money must earn from now on to keep the budget.")
    )
    return {"key": "tcpi", "title": "TCPI", "value": None if is_spent else now.tcpi_bac, "state": state, "text": text}


def forecasts(now: Indices) -> list[tuple[str, str, Decimal | None]]:
    """Forecasts of the cost at completion, each with what it supposes."""
    return [
        ("EAC", _("the rest costs as planned"), now.eac_remaining_as_planned), ("EAC", _("costs go on as so far (BAC ÷ CPI)"), now.eac_cpi),
        ("EAC", _("costs and delay go on as so far (CPI × SPI)"), now.eac_cpi_spi), ("VAC", _("budget minus forecast"), now.vac_cpi),
    ]  # fmt: skip


def _rounded(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: Decimal | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"


def chart_series(found: EarnedValue) -> dict[str, Any]:
    """Curves and indices for the pictures."""

    def number(value: Decimal | None) -> float | None:
        return None if value is None else round(float(value), 4)

    by_name = {each.name: each for each in found.indices}
    return {
        "periods": [p.name for p in found.periods], "pv": [number(p.pv) for p in found.periods], "ev": [number(p.ev) for p in found.periods], "ac": [number(p.ac) for p in found.periods],
        "cpi": [number(by_name[p.name].cpi) if p.name in by_name else None for p in found.periods],
        "spi": [number(by_name[p.name].spi) if p.name in by_name else None for p in found.periods],
        "bac": number(found.bac), "eac": number(found.now.eac_cpi) if found.now else None, "limits": [float(alarm_below), float(warn_below), 1.1],
    }  # fmt: skip


@require_POST
def freeze(request: Request, code: str) -> HttpResponse:
    """Keep one period as it stands."""
    project = project_named(request, code, "cost.package.change")
    try:
        snapshot = services.period_freeze(project=project, period=request.POST.get("period", ""), seen=request.POST.get("seen", ""))
        messages.success(request, _("%(period)s is frozen: later edits do not change it.") % {"period": snapshot.period})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("earned-value", code=project.code)


def _scenario(project: Project, pk: int) -> Any:
    return get_object_or_404(schedule.scenarios(project.pk), pk=pk)


@require_GET
def scenario_money(request: Request, code: str, pk: int) -> HttpResponse:
    """What a what-if would spend beyond the plan, on its page; empty without the right to costs."""
    project = project_named(request, code, "work.task.view")
    kept = _scenario(project, pk)
    if not request.access.allows("cost.line.view", project.pk):
        return HttpResponse("")
    may_edit = kept.applied_at is None and request.access.allows("work.task.change", project.pk)
    context = {
        "project": project,
        "scenario": kept,
        "costs": extra.told(kept.costs),
        "accounts": Line.Account.choices,
        "may_edit": may_edit,
        "form_id": once.id_of(request),
    }
    return render(request, "cost/_scenario_money.html", context)


asked_of_money = ("account", "amount", "description")


@require_POST
def scenario_spend(request: Request, code: str, pk: int) -> HttpResponse:
    """One more extra cost, or (`leave_out`, its mark) one less."""
    project = project_named(request, code, "cost.line.view")
    request.access.require("work.task.change", project.pk)
    kept = _scenario(project, pk)
    try:
        if mark := request.POST.get("leave_out", ""):
            planning.scenario_spare(instance=kept, is_meant=partial(extra.place_of, mark))
        else:
            cost = extra.checked(*(request.POST.get(name, "") for name in asked_of_money))
            once.change(request, kept, lambda: planning.scenario_spend(instance=kept, cost=cost))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("scenario", code=code, pk=pk)


urlpatterns = [
    path("earned-value/<str:code>/", earned_value, name="earned-value"),
    path("earned-value/<str:code>/freeze/", freeze, name="earned-value-freeze"),
    path("what-if/<str:code>/<int:pk>/", scenario_money, name="scenario-money"),
    path("what-if/<str:code>/<int:pk>/spend/", scenario_spend, name="scenario-spend"),
]
