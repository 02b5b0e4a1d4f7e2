"""The register of a project: the 5 × 5 matrix, the risks of a cell, the dearest by EMV, overdue reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from jingwei.domains.risk import queries
from jingwei.domains.risk.models import Risk
from jingwei.frame.ui.menu import ProjectPage, register_project_page
from jingwei.frame.web import Request, project_named
from jingwei.kernels import risk_scoring

register_project_page(ProjectPage(gettext_lazy("Risk register"), "risk-register", "alert", "risk.risk.view", 39))
dearest_at_most = 8
likelihoods = {5: gettext_lazy("Very likely"), 4: gettext_lazy("Likely"), 3: gettext_lazy("Possible"), 2: gettext_lazy("Unlikely"), 1: gettext_lazy("Rare")}
severities = {"high": gettext_lazy("high"), "medium": gettext_lazy("medium"), "low": gettext_lazy("low")}


@dataclass
class Cell:
    """One field of the matrix and the risks in it."""

    level: int
    impact: int
    risks: list[Risk] = field(default_factory=list)

    @property
    def key(self) -> str:
        """How the address names it."""
        return f"{self.level}-{self.impact}"

    @property
    def score(self) -> int:
        """Level times impact."""
        return self.level * self.impact

    @property
    def severity(self) -> str:
        """Low, medium or high."""
        return risk_scoring.severity_of(self.score)

    @property
    def severity_name(self) -> Any:
        """The same in words."""
        return severities[self.severity]


def matrix_of(risks: Sequence[Risk], *, is_residual: bool) -> dict[tuple[int, int], Cell]:
    """All 25 cells by (level, impact), each risk in its own: before the response, or after it."""
    cells = {(level, impact): Cell(level, impact) for level in range(5, 0, -1) for impact in range(1, 6)}
    for risk in risks:
        percent, impact = risk.residual_position if is_residual else (risk.probability, risk.impact)
        cells[risk_scoring.probability_level(percent), impact].risks.append(risk)
    return cells


@require_GET
def register(request: Request, code: str) -> HttpResponse:
    """The page; a click on a cell shows its risks only."""
    project = project_named(request, code, "risk.risk.view")
    sees_impacts = request.access.allows("risk.riskimpact.view", project.pk)
    risks = list(queries.open_risks(project.pk).prefetch_related(*(["impacts__task"] if sees_impacts else [])))
    is_residual = request.GET.get("view") == "residual"
    cells = matrix_of(risks, is_residual=is_residual)
    chosen = cells.get(_chosen(request.GET.get("cell", "")))
    today: date = timezone.localtime(timezone.now(), ZoneInfo(project.zone)).date()
    shown = chosen.risks if chosen else risks
    context = {
        "project": project, "risks": sorted(shown, key=lambda risk: (-risk.score, risk.code)), "count": len(risks), "chosen": chosen, "is_residual": is_residual, "today": today,
        "rows": [(level, likelihoods[level], [cells[level, impact] for impact in range(1, 6)]) for level in range(5, 0, -1)],
        "dearest": sorted((risk for risk in risks if risk.emv_now_amount), key=lambda risk: (-risk.emv_now_amount, risk.code))[:dearest_at_most],
        "total": sum(risk.emv_now_amount for risk in risks), "overdue": list(queries.overdue_reviews(project.pk, today)),
        "over": queries.risks_of(project.pk).filter(status__in=queries.over).count(), "new_address": f"/w/risk.risk/new/?project={project.code}",
        "may_add": request.access.allows("risk.risk.add", project.pk), "sees_impacts": sees_impacts,
    }  # fmt: skip
    return render(request, "risk/register.html", context)


def _chosen(text: str) -> tuple[int, int]:
    """From “5-4” to (5, 4); anything else is no cell."""
    level, _dash, impact = text.partition("-")
    return (int(level), int(impact)) if text.isascii() and level.isdigit() and impact.isdigit() and len(text) == 3 else (0, 0)


urlpatterns = [path("<str:code>/", register, name="risk-register")]
