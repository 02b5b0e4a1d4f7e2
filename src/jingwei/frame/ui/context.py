"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Organisation, rights and menu of the person who asks."""
    return {"tenant": getattr(request, "tenant", None), "access": getattr(request, "access", None)}
