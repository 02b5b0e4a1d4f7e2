"""When the peer asks to be left alone for a while: what its headers say, kept for every worker of the connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils import timezone

from jingwei.hub.models import Connection
from jingwei.hub.peers import clock, standing

unsaid_seconds = 10.0  # a 429 that does not say how long
at_most_seconds = 3600.0
_pause = """
UPDATE hub_connection SET paused_until = GREATEST(paused_until, clock_timestamp() + make_interval(secs => %(seconds)s))
WHERE id = %(id)s RETURNING 1
"""
_remaining = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
_reset = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after", "x-ogw-ratelimit-reset")
# RateLimit: "default";r=0;t=30 and its elder limit=100, remaining=0, reset=30
_together = re.compile(r"\b(?:r|remaining)=(?P<left>\d+).*?\b(?:t|reset)=(?P<reset>\d+)")


def asked(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for, as a number or a date; None when it is missing or nonsense."""
    return _seconds(headers.get("retry-after", ""), headers)


def exhausted(headers: Mapping[str, str]) -> float | None:
    """Seconds until the peer's own budget is filled again, when its headers say that nothing is left of it."""
    for remaining, reset in zip(_remaining, _reset, strict=False):
        left = _number(headers.get(remaining, ""))
        if left is not None and left <= 0:
            named = next((seconds for name in (reset, *_reset) if (seconds := _seconds(headers.get(name, ""), headers)) is not None), None)
            if named is not None:
                return named
    if (found := _together.search(headers.get("ratelimit", ""))) and found["left"] == "0":
        return _seconds(found["reset"], headers)
    return None


def begin(connection: Connection, seconds: float) -> None:
    """Nobody sends anything for so long; a longer pause stays."""
    standing.note(connection, _pause, {"id": connection.pk, "seconds": seconds})


def _seconds(text: str, headers: Mapping[str, str]) -> float | None:
    """From now: a number of seconds, an epoch (in seconds or milliseconds), or a date; the peer's clock counts where it is told."""
    if not text.strip():
        return None
    number = _number(text)
    if number is None:
        moment = _date(text.strip())
        if moment is None:
            return None
        number = moment.timestamp()
    elif number < 1e9:
        return min(max(number, 0.0), at_most_seconds)
    elif number > 1e11:
        number /= 1000
    now = clock.date_of(headers) or timezone.now()
    return min(max(number - now.timestamp(), 0.0), at_most_seconds)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,17}(\.\d{1,9})?\s*", text) else None


def _date(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
