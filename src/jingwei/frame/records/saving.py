"""Services that write a row after filling in what follows from the values given: one for a row, one for many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from jingwei.frame.records import bulk


def saves(model: type[Any], fill: Callable[[Any, Mapping[str, Any]], None], *also: str) -> tuple[Callable[..., Any], Callable[..., list[Any]]]:
    """For `write` and `write_many`: `fill(row, values)` takes the values on and fills in the fields `also`."""

    @transaction.atomic
    def one(*, instance: Any | None = None, **values: Any) -> Any:
        row = instance or model()
        fill(row, values)
        row.save()
        return row

    @transaction.atomic
    def many(*, rows: Sequence[tuple[Any | None, Mapping[str, Any]]]) -> list[Any]:
        written = [instance or model() for instance, _values in rows]
        for row, (_instance, values) in zip(written, rows, strict=True):
            fill(row, values)
        bulk.save(written, {*(name for _instance, values in rows for name in values), *also})
        return written

    return one, many
