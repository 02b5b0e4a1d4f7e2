"""Change requests for programs, declared."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.change import queries
from jingwei.frame.models import Project
from jingwei.frame.records.report import Asked, Report


def requests_told(project: Project, _asked: Asked) -> dict[str, Any]:
    """Every request with its effect as it was assessed; money is left out, as who may see a request need not see costs."""
    return {
        "project": project.code,
        "requests": [
            {
                "code": each.code, "title": each.title, "kind": each.kind, "status": each.status, "changes": each.changes,
                "assessed_at": each.assessed_at, "decided_at": each.decided_at, "implemented_at": each.implemented_at,
                "effect": {name: value for name, value in each.effect.items() if not name.startswith("cost_")},
            }
            for each in queries.requests_of(project.pk)
        ],
    }  # fmt: skip


requests = Report("change.requests", _("Change requests"), "change.changerequest.view", requests_told)
