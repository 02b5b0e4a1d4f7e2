"""The form of a row as it comes back: what was typed is written, what only came along is not; parts as lines; what stands folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jingwei.frame.models.values import whole
from jingwei.frame.records import commands, doubts, forms
from jingwei.frame.records.resource import Resource, parts_at_most
from jingwei.frame.rights.access import Access
from jingwei.frame.ui import extra_form
from jingwei.frame.ui.typed import as_typed, without_untouched
from jingwei.frame.web import Request


def save(request: Request, resource: Resource, row: Any | None) -> Any:
    """Write what a form says: a new row, or of a row what somebody has changed in it."""
    names = [name for name in resource.plain_fields if name in request.POST or f"{name}-shown" in request.POST]
    values: dict[str, Any] = {name: request.POST.get(name) for name in names if name not in request.FILES}
    for name in names:
        field = resource.model_field(name)
        if field is not None and field.get_internal_type() in ("ImageField", "FileField") and name not in request.FILES:
            values.pop(name, None)
    extras = extra_form.posted(request, resource)
    if row is None:
        values, extras = ({name: as_typed(value) for name, value in each.items()} for each in (values, extras))
    else:
        values, extras = touched(resource, row, values), extra_form.touched(resource, row, extras)
    values |= extras
    for each in resource.children:
        if f"{each.name}-rows" in request.POST:
            values[each.name] = _posted_children(request, each.name, each.fields)
    files = {name: file for name, file in request.FILES.items() if name in resource.plain_fields}
    if row is None:
        made = commands.create(resource, {n: v for n, v in values.items() if v not in ("", None) or n in names}, request.access, files=files)
        if not request.POST.get(doubts.field):
            doubts.ask(resource, made, request.access)
        return made
    version = request.POST.get("version", "")
    return commands.change(resource, row, values, request.access, files=files, version=whole(version, 2**31 - 1))


def touched(resource: Resource, row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Of what a form says of a row, what somebody has changed in it."""
    form = forms.form_class(resource, [name for name in resource.plain_fields if name in values])(instance=row)
    return {name: as_typed(value, getattr(row, name)) for name, value in without_untouched(values, form).items()}


def _posted_children(request: Request, name: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = []
    for number in range(min(whole(request.POST.get(f"{name}-rows", "")) or 0, 2 * parts_at_most)):  # more than may be: that is refused, and not cut off
        values = {field: request.POST.get(f"{name}-{number}-{field}", "").strip() for field in fields}
        if any(values.values()) and not request.POST.get(f"{name}-{number}-remove"):
            pk = whole(request.POST.get(f"{name}-{number}-id", ""))
            rows.append(values | ({"id": pk} if pk is not None else {}))
    return rows


def unfolded(resource: Resource, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields everybody fills in, and those that stand behind “More fields”: open when something is wrong with one of them."""
    folded = [entry for entry in entries if entry["field"].name in resource.folded]
    return {"fields": [entry for entry in entries if entry not in folded], "folded": folded, "is_open": any(entry["errors"] for entry in folded)}


Cells = Mapping[tuple[str, int], Mapping[str, list[str]]]


def child_rows(request: Request, resource: Resource, row: Any | None, wrong: Cells) -> list[dict[str, Any]]:
    """Child lists as editable rows, each fault at its cell: those there are, and three to write into. A list that may not be seen is left out, so that
    saving leaves it alone."""
    out, shown = [], {each.name: rows for each, _target, rows in resource.parts(request.access, row)} if row is not None else {}
    for each in resource.children:
        if row is not None and each.name not in shown:
            continue
        target = resource.child(each)
        rows: list[dict[str, Any]] = []
        if f"{each.name}-rows" in request.POST:
            rows = _posted_children(request, each.name, each.fields)
        elif row is not None:
            rows = [{"id": c.pk} | {f: _typed(target, c, f) for f in each.fields} for c in shown[each.name]]
        labels = {f: target.label(f) for f in each.fields}
        lines = [_line(values, labels, wrong.get((each.name, number), {})) for number, values in enumerate([*rows, {}, {}, {}])]
        out.append({"name": each.name, "title": target.title_plural, "labels": labels.values(), "rows": lines})
    return out


def _line(values: Mapping[str, Any], labels: Mapping[str, Any], wrong: Mapping[str, list[str]]) -> dict[str, Any]:
    cells = [{"name": name, "label": label, "value": values.get(name, ""), "errors": wrong.get(name, [])} for name, label in labels.items()]
    return {"id": values.get("id", ""), "cells": cells, "errors": [text for name, texts in wrong.items() if name not in labels for text in texts]}


def _typed(target: Resource, row: Any, name: str) -> Any:
    """A child's value as it is typed: references by their natural key."""
    value = getattr(row, name)
    named = target.target(name)
    return named.name_of(value) if named is not None and value is not None else value


def fields_together(resource: Resource, access: Access) -> list[dict[str, Any]]:
    """What chosen rows can be given together: the fields that are edited in the list, each named `value-…` and none of them required."""
    form = forms.form_class(resource, resource.inline)(prefix="value", use_required_attribute=False)
    forms.confine(form, access)
    for field in form.fields.values():
        field.required = False
    return [{"name": name, "field": form[name], "errors": [], "kind": type(form.fields[name].widget).__name__} for name in resource.inline if name in form.fields]
