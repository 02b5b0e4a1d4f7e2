"""Reports on money, declared."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import queries
from jingwei.domains.cost.earning import PackageValue
from jingwei.frame.models import Project
from jingwei.frame.records.report import Asked, Report
from jingwei.kernels.value.earned import Indices


def _plain(value: Any) -> Any:
    """Decimals as text, exact."""
    return str(value) if isinstance(value, Decimal) else value


def _indices(each: Indices) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(each).items()}


def _package(each: PackageValue) -> dict[str, Any]:
    figures = {name: _plain(getattr(each, name)) for name in ("code", "name", "method", "bac", "pv", "ev", "ac", "sv", "cv", "spi", "cpi")}
    return figures | {"tasks": [{"task": t.task, "name": t.name, "pv": str(t.pv), "ev": str(t.ev), "ac": str(t.ac)} for t in each.tasks]}


def earned_value_told(project: Project, _asked: Asked) -> dict[str, Any]:
    """Every index and forecast now and by period, packages with their tasks; money as exact text."""
    found = queries.earned_value_of(project)
    return {
        "project": project.code, "currency": project.currency, "bac": str(found.bac), "now": _indices(found.now) if found.now else None, "periods": [_indices(each) for each in found.indices],
        "planned": [{"period": p.name, "pv": str(p.pv)} for p in found.periods], "packages": [_package(each) for each in found.packages], "frozen": sorted(found.frozen),
    }  # fmt: skip


earned_value = Report("cost.earned_value", _("Earned value"), "cost.line.view", earned_value_told)
