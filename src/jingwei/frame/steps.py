"""Rows that go from state to state: a step is refused in words when it does not start where the row is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def require_state(row: Any, allowed: Sequence[Any]) -> None:
    """Raise ValidationError naming the states a step is possible from, unless `row.status` is one of them (members of its TextChoices)."""
    if row.status not in allowed:
        words = {"row": row, "present": row.get_status_display(), "allowed": ", ".join(str(state.label) for state in allowed)}
        raise ValidationError(_("“%(row)s” is “%(present)s”; this step is possible from: %(allowed)s.") % words)
