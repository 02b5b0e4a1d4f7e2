"""The access log: who came in, was refused, was locked out. Lines are written by a database function and never changed."""

from __future__ import annotations

import structlog
from django.db import connection
from django.http import HttpRequest

from jingwei.frame.models import AccessEvent, Tenant, User
from jingwei.frame.rights.lockout import address_of

log = structlog.get_logger("jingwei.access")


def note(
    kind: AccessEvent.Kind, request: HttpRequest | None, *, user: User | None = None, name: str = "", detail: str = "", tenant: Tenant | None = None
) -> None:
    """Write a line, and say it in the process log as well. `tenant` is where it happened: needed for what happens in an organisation."""
    if (tenant is not None) != (kind in AccessEvent.in_organisation):
        raise ValueError(f"“{kind}” happens {'in an organisation: say in which' if tenant is None else 'to the account, in no organisation'}")
    address = address_of(request) if request is not None else ""
    shown = (name or (user.get_username() if user is not None else "")).replace("\0", "␀").encode("utf-8", "replace").decode()
    with connection.cursor() as cursor:
        given = (kind.value, user.pk if user is not None else None, shown, address, detail, tenant.pk if tenant is not None else None)
        cursor.execute("SELECT jingwei_note_access(%s, %s, %s, %s, %s, %s)", given)
    log.info(f"access.{kind.value}", user_id=user.pk if user is not None else None, address=address, detail=detail)
