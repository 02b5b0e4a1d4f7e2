"""Values that no check kept out in time (other programs, older versions, SQL) are read as the nearest one we can work with.

A moment of the year 9999 cannot be told in any zone east of Greenwich, `infinity` cannot be told at all: one such row would make every page fail that shows it.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg import DataError
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import DateLoader, TimestamptzLoader
from psycopg.types.numeric import NumericLoader

from jingwei.kernels import bounds


def _is_early(data: Any) -> bool:
    text = bytes(data)
    return text.startswith(b"-") or text.endswith(b"BC")


class Day(DateLoader):
    """A date, within the days we plan in."""

    def load(self, data: Any) -> date:
        try:
            return bounds.within_days(super().load(data))
        except DataError:
            return bounds.first_day if _is_early(data) else bounds.last_day


class Amount(NumericLoader):
    """A number; what is none counts nothing."""

    def load(self, data: Any) -> Decimal:
        found = super().load(data)
        return found if found.is_finite() else Decimal(0)


def _moment_in(zone: tzinfo | None) -> type[TimestamptzLoader]:
    class Moment(TimestamptzLoader):
        """A moment, within those we plan in; `timezone` is how Django knows it."""

        timezone = zone

        def load(self, data: Any) -> datetime:
            try:
                found = bounds.within_moments(super().load(data))
            except DataError:
                found = bounds.first_moment if _is_early(data) else bounds.last_moment
            return found.replace(tzinfo=self.timezone)

    return Moment


@lru_cache
def adapters(uses_zones: bool, zone: tzinfo | None) -> AdaptersMap:
    """Django's adapters with these readers."""
    made = AdaptersMap(get_adapters_template(uses_zones, zone))
    made.register_loader("date", Day)
    made.register_loader("numeric", Amount)
    made.register_loader("timestamptz", _moment_in(zone))
    return made
