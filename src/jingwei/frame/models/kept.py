"""Rows as the database has written them down: a number of a column is read as the decimal that stands there, never by way of a binary float."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models


class Columns(json.JSONDecoder):
    """Reads a row by its columns. What is JSON in a column stays what Python wrote there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_float=Decimal, **options)

    def decode(self, text: str, *more: Any) -> Any:
        """The row; its decimals exact, with the places that they were written with."""
        found = super().decode(text, *more)
        return {name: _as_written(value) if isinstance(value, dict | list) else value for name, value in found.items()} if isinstance(found, dict) else found


def _as_written(value: Any) -> Any:
    match value:
        case dict():
            return {name: _as_written(each) for name, each in value.items()}
        case list():
            return [_as_written(each) for each in value]
        case Decimal():
            return float(value)
    return value


class KeptField(models.JSONField):
    """A row written down by the machinery of the database; nothing but JSON to the database itself."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"decoder": Columns, **options})

    def deconstruct(self) -> Any:
        """As any JSON: how it is read is no matter of the tables."""
        name, _path, args, options = super().deconstruct()
        options.pop("decoder", None)
        return name, "django.db.models.JSONField", args, options


def told(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A row for programs: decimals as exact text in plain notation, as they are told of rows that are there."""
    return None if row is None else {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in row.items()}
