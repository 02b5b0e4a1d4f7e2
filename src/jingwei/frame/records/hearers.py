"""Rows were written or removed, by whatever way: rooms above that hold something against a row hear of it inside the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jingwei.frame.records.resource import Resource
from jingwei.frame.telling import events

# called with rows that were written, and with the ids of rows that are gone
of_written: list[Callable[[Resource, Sequence[Any]], object]] = []
of_removed: list[Callable[[Resource, Sequence[int]], object]] = []
of_acted: list[Callable[[Resource, Any, str], object]] = []  # with the verb that was done to a row


named_at_most = 20  # of the rows that were written at once; of more, open pages look at theirs anew


def written(resource: Resource, rows: Sequence[Any]) -> None:
    """These rows were written."""
    for hear in of_written:
        hear(resource, rows)
    _tell_pages(resource, rows)


def _tell_pages(resource: Resource, rows: Sequence[Any]) -> None:
    """Open pages of these rows show what they are now."""
    by_project: dict[int | None, list[int]] = {}
    for row in rows:
        for place in resource.places_of(row):
            by_project.setdefault(place, []).append(row.pk)
    for project_id, ids in by_project.items():
        named = sorted(ids) if len(ids) <= named_at_most else []
        events.publish("row-changed", project_id=project_id, needs=resource.permission("view"), resource=resource.key, rows=named)


def removed(resource: Resource, ids: Sequence[int]) -> None:
    """Rows of these ids are gone."""
    for hear in of_removed:
        hear(resource, ids)


def acted(resource: Resource, row: Any, verb: str) -> None:
    """This verb was done to a row."""
    for hear in of_acted:
        hear(resource, row, verb)
    _tell_pages(resource, [row])
