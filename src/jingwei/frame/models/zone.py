"""The time zone of a project or an organisation: only what exists comes in; what does not, and stands there already, is read as UTC."""

from __future__ import annotations

from typing import Any

from django.db import models

from jingwei.frame.models.values import known_zone
from jingwei.kernels import bounds


class UnknownZone(str):
    """Reads as UTC everywhere; `stored` is what stands in the database, and stays there until somebody chooses another."""

    __slots__ = ("stored",)
    stored: str

    def __new__(cls, stored: str) -> UnknownZone:
        made = super().__new__(cls, "UTC")
        made.stored = stored
        return made


class ZoneField(models.CharField):  # type: ignore[type-arg]
    """An IANA time zone by name."""

    default_validators = [known_zone]

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """A name that no time zone has becomes an UnknownZone, so that no reader stumbles over it."""
        return UnknownZone(value) if value is not None and not bounds.is_zone(value) else value

    def get_prep_value(self, value: Any) -> Any:
        return value.stored if isinstance(value, UnknownZone) else super().get_prep_value(value)
