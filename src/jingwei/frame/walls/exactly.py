"""JSON as it comes in and goes out: a number with a point is a decimal to its last digit, and is told as people write it, never as 1E-8."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from jingwei.kernels import bounds


def read(text: str | bytes) -> Any:
    """What a body says. NaN and Infinity are decimals too, as is whatever is larger or smaller than could be written out, which whoever checks the values refuses
    at their fields. ValueError when it is no JSON."""
    return json.loads(text, parse_float=bounds.decimal, parse_constant=Decimal)


def integral(value: Any) -> Any:
    """The same with whole numbers for decimals without a fraction, such as 10.0: for readers who know them only so."""
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else value
    if isinstance(value, dict):
        return {name: integral(each) for name, each in value.items()}
    return [integral(each) for each in value] if isinstance(value, list) else value


def loose(value: Any) -> Any:
    """The same for a column of JSON, which holds numbers as JSON has them; what no binary float holds to its last digit stays text, as decimals travel."""
    if isinstance(value, Decimal):
        return bounds.exact(str(value))
    if isinstance(value, dict):
        return {name: loose(each) for name, each in value.items()}
    return [loose(each) for each in value] if isinstance(value, list) else value


def plain(value: Decimal) -> str:
    """A decimal without an exponent."""
    return format(value, "f")


class Encoder(DjangoJSONEncoder):
    """Writes decimals so."""

    def default(self, o: Any) -> Any:
        return plain(o) if isinstance(o, Decimal) else super().default(o)
