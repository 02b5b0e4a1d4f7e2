"""Change requests for programs: every request with its effect as it was assessed, without money, as who may see a request need not see costs."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.change.models import ChangeRequest
from jingwei.frame.declare import rows_report


def effect(request: ChangeRequest) -> dict[str, Any]:
    """All but costs."""
    return {name: value for name, value in request.effect.items() if not name.startswith("cost_")}


columns = ("code", "title", "kind", "status", "changes", "assessed_at", "decided_at", "implemented_at")
requests_told = rows_report("change.requests", _("Change requests"), "change.changerequest", "requests", columns, effect=effect).answer
