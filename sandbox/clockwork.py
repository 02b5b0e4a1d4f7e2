"""Times for demo records: working hours in Beijing around a chosen day."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from sandbox.system import beijing


def day(anchor: date, days: int) -> date:
    """A date that many calendar days after the anchor, moved off a weekend."""
    moved = anchor + timedelta(days=days)
    return moved + timedelta(days=max(0, 7 - moved.weekday()) if moved.weekday() > 4 else 0)


def moment_ms(on: date, dice: random.Random, latest_ms: int) -> int:
    """A moment within the working hours of that day, as milliseconds since 1970, not after `latest_ms`."""
    at = datetime(on.year, on.month, on.day, 8, tzinfo=beijing) + timedelta(milliseconds=dice.randrange(10 * 3_600_000))
    return min(round(at.timestamp() * 1000), latest_ms)


def start_of_ms(on: date) -> int:
    """08:00 in Beijing that day, as milliseconds since 1970."""
    return round(datetime(on.year, on.month, on.day, 8, tzinfo=beijing).timestamp() * 1000)


def moment_at(on: date, minutes: int) -> str:
    """That many minutes after midnight in Beijing, in UTC."""
    at = datetime(on.year, on.month, on.day, tzinfo=beijing) + timedelta(minutes=minutes)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
