"""A month as people write it, such as 2026-11: only those we plan in come in."""

from __future__ import annotations

from django.db import models

from jingwei.frame.models.values import known_month


class MonthField(models.CharField):  # type: ignore[type-arg]
    """A year and a month, sorted as text; what stood there before may be none, so who reads it as a day asks first."""

    default_validators = [known_month]
