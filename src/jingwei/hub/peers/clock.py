"""How far a peer's clock is ahead of ours, as the Date of its answers tells."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

from jingwei.hub.models import Connection
from jingwei.hub.peers import standing

equal_seconds = 1.5  # clocks that differ by no more are taken for equal
cut_off_seconds = 1.0  # a Date has whole seconds: what it says may be this much older than what its clock showed
believable = timedelta(days=366)
_ahead = "UPDATE hub_connection SET clock_ahead = %(ahead)s WHERE id = %(id)s RETURNING 1"
_stored: dict[int, tuple[float, float]] = {}  # connection → what was stored and when (monotonic)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """When the peer says it answered; None when it does not say, or nothing that can be meant."""
    try:
        said = parsedate_to_datetime(headers["date"])
        said = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
        if (age := headers.get("age", "")).isascii() and age.isdigit():  # a cache in between answers with an old Date
            said += timedelta(seconds=int(age))
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return None
    return said if abs(said - timezone.now()) < believable else None


def ahead_of(headers: Mapping[str, str], sent: datetime, received: datetime) -> float | None:
    """Seconds the peer is ahead (behind: negative). Zero when its clock may be equal to ours, by what was cut off its Date and the time of the call."""
    said = date_of(headers)
    if said is None:
        return None
    if sent - timedelta(seconds=cut_off_seconds + equal_seconds) <= said <= received:
        return 0.0
    return (said - received).total_seconds()


def noted(connection: Connection, ahead: float) -> None:
    """Keep it for every worker when it changed by more than a second, or once a minute."""
    before, at = _stored.get(connection.pk, (None, 0.0))
    connection.clock_ahead = ahead
    now = time.monotonic()
    if before is None or abs(ahead - before) > 1 or now - at > 60:
        _stored[connection.pk] = (ahead, now)
        standing.note(connection, _ahead, {"id": connection.pk, "ahead": round(ahead, 1)})


def earlier(ahead: float | None) -> datetime:
    """Now, by whichever clock is behind."""
    if ahead is None or ahead > -equal_seconds:
        return timezone.now()
    return timezone.now() + timedelta(seconds=ahead)
