"""The access log: who came in, was refused, was locked out. Lines are written by a database function and never changed."""

from __future__ import annotations

import structlog
from django.db import connection
from django.http import HttpRequest

from jingwei.frame.lockout import address_of
from jingwei.frame.models import AccessEvent, User

log = structlog.get_logger("jingwei.access")


def note(kind: AccessEvent.Kind, request: HttpRequest | None, *, user: User | None = None, name: str = "", detail: str = "") -> None:
    """Write a line, and say it in the process log as well."""
    address = address_of(request) if request is not None else ""
    shown = (name or (user.get_username() if user is not None else "")).replace("\0", "␀").encode("utf-8", "replace").decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT jingwei_note_access(%s, %s, %s, %s, %s)", (kind.value, user.pk if user is not None else None, shown, address, detail))
    log.info(f"access.{kind.value}", user_id=user.pk if user is not None else None, address=address, detail=detail)
