"""Held connections are tried again: a check that passes lets everything that waits go on by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.contract import Check
from jingwei.hub.models import Connection
from jingwei.hub.peers import budget, catalogue, credentials
from jingwei.hub.peers.session import HubSession

first_try = timedelta(seconds=30)
rarest_try = timedelta(minutes=5)


def due_holds() -> Sequence[Connection]:
    """Held connections to try now: 30 s after the refusal, then twice as late each time, at least every five minutes."""
    now = timezone.now()
    held = Connection.objects.filter(held_since__isnull=False).select_related("system", "credential")
    return [each for each in held if _due_at(each) <= now]


def _due_at(connection: Connection) -> datetime:
    since = connection.held_since
    assert since is not None
    last = max(since, connection.last_error_at or since)
    return last + min(max(last - since, first_try), rarest_try)


def release_if_mended(connection: Connection) -> bool:
    """Try the credentials; the hold is cleared when they are good again."""
    return try_credentials(connection).ok


def try_credentials(connection: Connection) -> Check:
    """The connector's check as we log in now, never raising. It passes: a hold ends. Our credentials are refused: one begins.

    What says nothing of the credentials (unreachable, paused, breaker open) changes neither.
    """
    connection = Connection.objects.select_related("system", "credential").get(pk=connection.pk)
    system = connection.system
    try:
        check = catalogue.connector(system.connector).check(HubSession(system, connection, None, is_check=True))
    except contract.ConnectorError as problem:
        mend = problem.mend
        check = Check(ok=False, message=problem.message + (f" — {mend.zh} / {mend.en}" if mend else ""))
        is_refused = not problem.retry or isinstance(problem, contract.Unauthorised)
    else:
        is_refused = not check.ok
    if check.ok and not credentials.is_somebody(connection, check):
        check, is_refused = Check(ok=False, message="the peer answers, but does not know us: its check passed as anonymous"), True
    if check.ok:
        credentials.release(connection, check.account)
    elif is_refused or connection.held_since is not None:
        # a hold that was tried in vain is tried again later; `hold` keeps when it began
        credentials.hold(connection, check.message)
    budget.forget(connection.pk)
    return check
