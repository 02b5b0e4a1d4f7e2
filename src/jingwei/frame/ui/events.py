"""Server-sent events: what open pages are told, for the person who is logged in and the projects they may see."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from jingwei.frame import events


async def stream(request: HttpRequest) -> HttpResponseBase:
    """`data: {"topic": …, "project": …}` lines; ids and counts only."""
    access = request.access  # type: ignore[attr-defined]
    if access is None:
        return StreamingHttpResponse(iter(()), status=403)

    async def lines() -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n"
        async for message in events.hub.subscribe(access.tenant_id, access.user_id, access.project_ids):
            yield b": still here\n\n" if message is None else f"data: {json.dumps(message)}\n\n".encode()

    response = StreamingHttpResponse(lines(), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response
