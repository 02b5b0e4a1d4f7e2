"""What happened to a row, as its page tells it: history, steps, talk and files in one line of time, the newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from jingwei.frame.carried import files, rendering, rights, tags, talk, watch
from jingwei.frame.models import History, User
from jingwei.frame.records import extra, origins, past
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.ui.cells import told_label, values_told

page_entries = 20
kinds = ("talk", "files", "steps", "history")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: `talk` (of = the comment, html), `files` (of = the attachment), `steps` or `history` (of = a line in words)."""

    at: datetime
    kind: str
    of: Any
    html: str = ""
    is_own: bool = False

    @property
    def place(self) -> tuple[datetime, str, int]:
        """Where it stands in time; no two stand at the same place."""
        return (self.at, self.kind, self.of["line"].pk if isinstance(self.of, dict) else self.of.pk)


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of it. `older` names where the next one begins, empty at the end; `is_cut`: earlier history lies in another project."""

    entries: list[Entry]
    kinds: tuple[str, ...]
    kind: str = ""
    older: str = ""
    is_cut: bool = False


def of_row(access: Access, resource: Resource, row: Any, kind: str = "", before: str = "") -> Timeline:
    """The page of a row's timeline that begins before a place, of one kind or of all: a fixed number of queries."""
    known = [each for each in kinds if each in ("history", *resource.carries) or (each == "steps" and resource.life is not None)]
    wanted = [kind] if kind in known else known
    until = _place_of(before)
    entries, is_cut = [], False
    if "talk" in wanted:
        entries += _talk(access, resource, row, until)
    if "files" in wanted:
        found = files.of_row(resource, row) if until is None else files.of_row(resource, row).filter(created_at__lte=until[0])
        entries += [Entry(each.created_at, "files", each) for each in found[: page_entries + 1 + bool(until)]]
    if {"steps", "history"} & set(wanted):
        told = past.of_row(access, resource, row, page_entries + 1 if until is None and wanted == known else past.lines_at_most)
        is_cut, lines = told.is_cut, [line for line in told.lines if until is None or line.at <= until[0]]
        entries += _changes(access, resource, row, lines[: len(lines) if wanted != known else page_entries + 2])
    shown = sorted((e for e in entries if e.kind in wanted and (until is None or e.place < until)), key=lambda e: e.place, reverse=True)
    older = "|".join(map(str, (shown[page_entries - 1].at.isoformat(), *shown[page_entries - 1].place[1:]))) if len(shown) > page_entries else ""
    return Timeline(shown[:page_entries], tuple(known), kind if kind in known else "", older, is_cut and not older)


def _place_of(text: str) -> tuple[datetime, str, int] | None:
    """Where a page ended, as its address says it; None for what is no place."""
    moment, _bar, rest = text.partition("|")
    kind, _bar, number = rest.partition("|")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    return (at, kind, int(number)) if at is not None and at.tzinfo is not None and number.isascii() and number.isdigit() and len(number) < 19 else None


def _talk(access: Access, resource: Resource, row: Any, until: tuple[datetime, str, int] | None) -> list[Entry]:
    found = talk.of_row(resource, row)
    comments = list((found if until is None else found.filter(created_at__lte=until[0]))[: page_entries + 1 + bool(until)])
    named = User.objects.in_bulk({pk for each in comments for pk in each.mentioned}) if any(each.mentioned for each in comments) else {}
    return [
        Entry(each.created_at, "talk", each, rendering.as_html(each.text, [named[pk] for pk in each.mentioned if pk in named]), talk.is_own(each, access))
        for each in comments
    ]


def _changes(access: Access, resource: Resource, row: Any, lines: list[History]) -> list[Entry]:
    life = resource.life
    is_step = [life is not None and line.action == "U" and life.is_step(line.before or {}, line.after or {}) for line in lines]
    return [
        Entry(told["line"].at, "steps" if step else "history", told) for told, step in zip(history_lines(access, resource, row, lines), is_step, strict=True)
    ]


def carried_of(access: Access, resource: Resource, row: Any) -> dict[str, Any] | None:
    """What a row carries and what this person may add, for its page; None when it carries nothing."""
    if not resource.carries:
        return None
    return {
        "may": rights.may(access, resource, row),
        "files": [{"of": each, "is_shown": files.is_shown(each)} for each in files.of_row(resource, row)] if "files" in resource.carries else [],
        "tags": tags.of_row(resource, row) if "tags" in resource.carries else [],
        "follows": "watch" in resource.carries and watch.follows(resource, row, access),
    }


def history_lines(access: Access, resource: Resource, row: Any, lines: list[History]) -> list[dict[str, Any]]:
    """History of a row in words, for these eyes: who, when, why, and each field before and after."""
    names = {u.pk: str(u) for u in User.objects.filter(pk__in={line.actor_id for line in lines if line.actor_id})}
    origins_told = origins.told(line.origin for line in lines if line.actor_id not in names)
    told = values_told(access, resource, row, [side for line in lines for side in (line.before, line.after) if side])
    out = []
    for line in lines:
        before, after = line.before or {}, line.after or {}
        fields = [
            {
                "label": told_label(field.verbose_name) if field.name.endswith("_minutes") else field.verbose_name,
                "before": told(field, before.get(field.attname)),
                "after": told(field, after.get(field.attname)),
            }
            for field in resource.model._meta.concrete_fields
            if field.attname in {**before, **after}
            and field.name not in ("tenant", "id", *((extra.column,) if resource.is_extended else ()))
            and (line.action == "U" or (after or before).get(field.attname) not in (None, "", []))
        ]
        out.append(
            {
                "line": line,
                "who": names.get(line.actor_id or 0) or origins_told.get(line.origin, ""),
                "why": origins.reason_of(line),
                "fields": [*fields, *extra.changes(resource, before, after)],
            }
        )
    return out
