"""What is told of a row's history: what happened where somebody may look. What a row lived through in another project stays with that project.

A line of history names the project in which the row lay after it; for rows whose place is found by a reference it is followed from line to line.
A line by which a row came from elsewhere tells what it is now, and nothing of what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from jingwei.frame.models import History
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access

lines_at_most = 200
_origins: dict[str, str] = {}
gone = -1  # the project of what led there is not known any more: nobody's but his who may look everywhere


@dataclass(frozen=True, slots=True)
class Past:
    """Lines, the newest first; `is_cut` when earlier (or other) ones lie in a project that may not be read."""

    lines: list[History]
    is_cut: bool = False


def of_row(access: Access, resource: Resource, row: Any, most: int = lines_at_most) -> Past:
    """The history of a row, as far as these rights reach."""
    places = access.projects(resource.permission("view"))
    lines = History.unscoped.filter(tenant_id=access.tenant_id, resource=resource.key, object_id=row.pk).order_by("-id")
    if places is None:
        return Past(_tellable(access, resource, row, list(lines[:most])))
    readable = Q(project_id__in=places) | Q(project_id__isnull=True)
    known = list(lines.filter(readable)[:most])
    shown = [line for line, place in _placed(resource, row, known) if place is None or place in places]
    is_cut = len(shown) < len(known) or lines.exclude(readable).exists()
    arrivals = [line for line in shown if is_arrival(resource, line, places)]
    for line in arrivals:
        line.before = None
    return Past(_tellable(access, resource, row, shown), is_cut or bool(arrivals))


def nameable(access: Access, resource: Resource, ids: Iterable[int], place: int | None) -> dict[int, Any]:
    """By id, those rows that something which lies in the project `place` may name to these eyes: of that project, of none, or of one in which they see such rows.
    A row that went elsewhere may be called something else there, which is for those who see it there."""
    found = resource.model.objects.select_related(*resource.references).in_bulk(set(ids))
    view = resource.permission("view")
    return {pk: row for pk, row in found.items() if (where := resource.project_of(row)) is None or where == place or access.allows(view, where)}


def last_here(resource: Resource, ids: Iterable[int], project_id: int) -> dict[int, dict[str, Any]]:
    """By id, what the history of a project knows of rows that are not in it any more: their values as they were when they were deleted there or left it."""
    lines = History.objects.filter(resource=resource.key, object_id__in=set(ids), project_id=project_id).order_by("id")
    known: dict[int, dict[str, Any]] = {}
    for pk, before, after in lines.values_list("object_id", "before", "after"):
        known.setdefault(pk, {}).update({**(before or {}), **(after or {})})
    return known


def origin_names(kind: str, permission: str) -> None:
    """Declare that origins of this kind (`kind:name`) name something, and the reasons with them, that only those with this right may know of."""
    _origins[kind] = permission


def without_names(access: Access, line: History, place: int | None) -> History:
    """The line without the name and reason of an origin that may not be known."""
    kind, colon, _name = line.origin.partition(":")
    if colon and kind in _origins and not access.allows(_origins[kind], place):
        line.origin, line.reason = kind, ""
    return line


def _tellable(access: Access, resource: Resource, row: Any, lines: list[History]) -> list[History]:
    """Without what the resource does not tell by itself, or only to those with a further right."""
    for line in lines:
        place = line.project_id if line.project_id is not None else resource.project_of(row)
        needed = resource.reasons_need.get(line.origin)
        if needed and not access.allows(needed, place):
            line.reason = ""
        without_names(access, line, place)
        for side in filter(None, (line.before, line.after)):
            for name in resource.untold:
                side.pop(name, None)
    return lines


def is_readable(access: Access, resource: Resource, line: History) -> bool:
    """Whether one line lies, with what it says of before, where these rights reach."""
    places = access.projects(resource.permission("view"))
    return places is None or ((line.project_id is None or line.project_id in places) and not is_arrival(resource, line, places))


def is_arrival(resource: Resource, line: History, places: Iterable[int]) -> bool:
    """Whether the row came by this line from a project that is none of these."""
    column = _column(resource)
    if line.action != History.Action.UPDATE or column not in (line.before or {}):
        return False
    (place,) = _projects_of(resource, [(line.before or {})[column]])
    return place is not None and place not in places


def _column(resource: Resource) -> str:
    """The column by which a row tells its place: its project, or what leads there."""
    step, deeper, _rest = resource.place_path.partition("__")
    return f"{step}_id" if deeper else step


def _projects_of(resource: Resource, values: Iterable[Any]) -> list[int | None]:
    """The projects that values of that column mean."""
    step, deeper, rest = resource.place_path.partition("__")
    if not deeper:
        return list(values)
    wanted = list(values)
    field = resource.model_field(step)
    assert isinstance(field, models.ForeignKey) and not isinstance(field.related_model, str)
    known = dict(field.related_model._base_manager.filter(pk__in=[v for v in wanted if v is not None]).values_list("pk", rest))
    return [None if value is None else known.get(value, gone) for value in wanted]


def _placed(resource: Resource, row: Any, lines: list[History]) -> Iterator[tuple[History, int | None]]:
    """Each line with the project in which the row lay after it; where lines do not say it, it is followed back from where the row is now."""
    column, now = _column(resource), resource.project_of(row)
    moves = [(line.before or {})[column] for line in lines if line.project_id is None and column and column in (line.before or {})]
    known = dict(zip(moves, _projects_of(resource, moves), strict=True)) if moves else {}
    for line in lines:
        yield line, line.project_id if line.project_id is not None else now
        if line.project_id is None and column and column in (line.before or {}):
            now = known[(line.before or {})[column]]
