"""The web application: webhooks go straight to the intake, open pages listen outside of Django, everything else is Django's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import structlog
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")
django_application = get_asgi_application()

from jingwei.frame.telling.events import feed  # noqa: E402
from jingwei.frame.ui.events import Streams  # noqa: E402
from jingwei.frame.walls.limits import Bounded  # noqa: E402
from jingwei.frame.work import clock, memory, pulse  # noqa: E402  (Django must be ready first)
from jingwei.hub.inbox.intake import Intake, prefix  # noqa: E402

log = structlog.get_logger(__name__)
intake, pages = Bounded(Intake()), Bounded(django_application)
streams = Streams(django_application)


_busy = 0
_tasks: set[asyncio.Task[None]] = set()
look_every_seconds = 10.0


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI entry point."""
    if scope["type"] != "http":
        return
    if scope["path"].startswith(prefix):
        await intake(scope, receive, send)
        return
    feed.start()
    if scope["path"] == "/events/":
        await streams(scope, receive, send)
        return
    global _busy
    _busy += 1
    try:
        await pages(scope, receive, send)
    finally:
        _busy -= 1


def look_after(again: Callable[[], None]) -> None:
    """Look now and then at memory and clock; `again` is called when a fresh process should follow."""
    _tasks.update(asyncio.get_running_loop().create_task(each) for each in (_look(again), pulse.beat_forever()))


async def _look(again: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(look_every_seconds)
        clock.watch.look()
        if memory.keeper.look(is_idle=_busy == 0):
            log.warning("web.recycled", rss_mb=memory.rss() // 1_000_000)
            again()
            return
