"""Find rows of every kind by words, within somebody's rights: one question to the database, whatever there is (records/searchable.py says how it is kept)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from jingwei.frame import narrowing, scope
from jingwei.frame.models import SearchFill
from jingwei.frame.records.listing import readable, searched
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.rights.access import Access

words_at_most = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found, and the project in which it is (None: of the organisation). `rank`: 0 its code is what was asked for, 1 its code or title begins so, 2 its title holds it, 3 its text; then the newest first."""

    resource: Resource
    pk: int
    title: str
    rank: int
    at: datetime | None
    project_id: int | None


def find(words: str, access: Access, among: Iterable[Resource], *, most: int) -> list[Hit]:
    """The best hits of each kind, at most so many, the best first. Every word must occur somewhere in the row."""
    asked = readable(words).split()[:words_at_most]
    kinds = {each.key: each for each in among if each.search and access.anywhere(each.permission("view"))}
    if not asked or not kinds:
        return []
    waiting = [kinds[key] for key in SearchFill.objects.filter(is_full=False, resource__in=kinds).values_list("resource", flat=True)]
    places = [place for each in kinds.values() if each not in waiting and (place := _place(each, access)) is not None]
    with connection.cursor() as cursor:
        cursor.execute("SELECT resource, row_id, label, rank, at, project_id FROM jingwei_search(%s, %s, %s)", (asked, json.dumps(places), most))
        hits = [Hit(registry[key], *told) for key, *told in cursor.fetchall()]
    hits += [hit for each in waiting for hit in _looked_through(each, " ".join(asked), access, most)]
    return sorted(hits, key=lambda hit: (hit.rank, -hit.at.timestamp() if hit.at else 0))


def _place(resource: Resource, access: Access) -> dict[str, Any] | None:
    """Where rows of a kind may be seen, as `Resource.seen` has it; None for nowhere."""
    held = access.projects(resource.permission("view"))
    is_of_projects, only_rows = bool(resource.model.project_path), None
    has_place = bool(resource.model.project_path or resource.model.place_path)
    projects = narrowing.among(held, scope.current().project_ids) if has_place else held
    if is_of_projects and projects is not None and not projects:
        return None
    if held is not None and resource.seen_from is not None and not is_of_projects:
        only_rows = list(resource.seen(access).order_by().values_list("pk", flat=True))
    return {"key": resource.key, "projects": None if projects is None else sorted(projects), "with_own": not is_of_projects, "only_rows": only_rows}


def _looked_through(resource: Resource, words: str, access: Access, most: int) -> Iterator[Hit]:
    """The same for a kind whose rows of before are not all taken over yet: slower, and as complete."""
    for row in resource.rows(access).filter(searched(resource, words))[:most]:
        yield Hit(resource, row.pk, str(row), 3, None, resource.project_of(row))
