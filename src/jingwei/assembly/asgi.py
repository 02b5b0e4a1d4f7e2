"""The web application: webhooks go straight to the intake, everything else to Django."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")
django_application = get_asgi_application()

from jingwei.frame.limits import Bounded  # noqa: E402  (Django must be ready first)
from jingwei.hub.inbox.intake import Intake, prefix  # noqa: E402

intake, pages = Bounded(Intake()), Bounded(django_application)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI entry point."""
    if scope["type"] == "http" and scope["path"].startswith(prefix):
        await intake(scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, receive, send)
