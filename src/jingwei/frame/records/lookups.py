"""Following the path of a lookup from a row, and finding rows by what people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


def followed(row: Any, path: str) -> int | None:
    """What a lookup such as `calendar__project_id` leads to."""
    value = row
    for step in path.split("__") if path else ():
        value = getattr(value, step, None)
        if value is None:
            return None
    return value if path else None


def first_of(rows: models.QuerySet[Any], wanted: Mapping[str, str], count: int) -> list[Any]:
    """The first rows with these values; none when a text is no value of its field (a day, a number)."""
    try:
        return list(rows.filter(**wanted)[:count])
    except (ValidationError, ValueError):
        return []
