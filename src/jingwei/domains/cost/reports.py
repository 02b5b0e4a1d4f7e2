"""Reports on money: every index and forecast now and by period, packages with their tasks; money as exact text."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import queries
from jingwei.frame.declare import Report, plain
from jingwei.frame.models import Project

figures, of_task = ("code", "name", "method", "bac", "pv", "ev", "ac", "sv", "cv", "spi", "cpi"), ("task", "name", "pv", "ev", "ac")


def earned_value_told(project: Project, _asked: Any) -> dict[str, Any]:
    """Earned value as programs read it."""
    found = queries.earned_value_of(project)
    packages = [plain(each, *figures) | {"tasks": plain(each.tasks, *of_task)} for each in found.packages]
    told = {"now": plain(found.now), "periods": plain(found.indices), "packages": packages, "frozen": sorted(found.frozen)}
    planned = [{"period": each.name, "pv": str(each.pv)} for each in found.periods]
    return {"project": project.code, "currency": project.currency, "bac": str(found.bac), "planned": planned, **told}


Report("cost.earned_value", _("Earned value"), "cost.line.view", earned_value_told)
