"""What often follows from the parts of a row, and what often must hold of its figures."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError


def totals(parts: str, **sums: str) -> Callable[[Any], None]:
    """For `after`: fields of the row that hold what its parts come to, `totals("lines", total_hours="hours")`; the part's figure may be a property."""

    def follow(row: Any) -> None:
        rows = list(getattr(row, parts).all())
        for name, figure in sums.items():
            setattr(row, name, sum((getattr(part, figure) for part in rows), Decimal(0)))
        row.save(update_fields=list(sums))

    return follow


def in_order(low: str, likely: str, high: str, text: Any) -> Callable[[Any], None]:
    """For `rules`: three estimates, 0 ≤ at least ≤ likely ≤ at most; told at the likely one."""

    def check(row: Any) -> None:
        if not 0 <= getattr(row, low) <= getattr(row, likely) <= getattr(row, high):
            raise ValidationError({likely: str(text)})

    return check
