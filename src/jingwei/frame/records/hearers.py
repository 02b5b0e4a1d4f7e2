"""Rows were written or removed, by whatever way: rooms above that hold something against a row hear of it inside the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jingwei.frame.records.resource import Resource

# called with rows that were written, and with the ids of rows that are gone
of_written: list[Callable[[Resource, Sequence[Any]], object]] = []
of_removed: list[Callable[[Resource, Sequence[int]], object]] = []
of_acted: list[Callable[[Resource, Any, str], object]] = []  # with the verb that was done to a row


def written(resource: Resource, rows: Sequence[Any]) -> None:
    """These rows were written."""
    for hear in of_written:
        hear(resource, rows)


def removed(resource: Resource, ids: Sequence[int]) -> None:
    """Rows of these ids are gone."""
    for hear in of_removed:
        hear(resource, ids)


def acted(resource: Resource, row: Any, verb: str) -> None:
    """This verb was done to a row."""
    for hear in of_acted:
        hear(resource, row, verb)
