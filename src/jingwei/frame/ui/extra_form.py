"""Declared fields in the form of a row: those of where the row is, or would be, below the others."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.records import extra
from jingwei.frame.records.extra import Extra, Kind, SeveralField
from jingwei.frame.records.extra_taken import form_field_of
from jingwei.frame.records.forms import place_meant
from jingwei.frame.records.resource import Resource
from jingwei.frame.ui.cells import Cell, cells_of
from jingwei.frame.ui.typed import as_typed, without_untouched
from jingwei.frame.web import Request


def entries_of(request: Request, resource: Resource, row: Any | None, errors: dict[str, list[str]], initial: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields with widget, value and errors, as the template of all fields takes them."""
    found = _fields_here(request, resource, row, initial)
    made = {each.name: form_field_of(each, extra.raw(row, each.name) if row is not None else None) for each in found}
    for each in found:  # a row that was there before the field is not hindered by it
        made[each.name].required &= row is None or extra.raw(row, each.name) is not None
    held = {each.name: _held(each, row) for each in found} if row is not None else {name: initial[name] for name in made if name in initial}
    form = type("Extras", (forms.Form,), dict(made))(request.POST or None, initial=held, auto_id="id_%s")
    return [_entry(form[name], errors.get(name, [])) for name in made]


def _entry(field: BoundField, errors: list[str]) -> dict[str, Any]:
    return {"field": field, "errors": errors, "kind": type(field.field.widget).__name__}


def _fields_here(request: Request, resource: Resource, row: Any | None, initial: dict[str, Any]) -> tuple[Extra, ...]:
    if not resource.is_extended:
        return ()
    asked = initial.get("project")  # an address names it by its number or its code
    value = request.POST.get("project") or whole(str(asked)) or asked
    given = {"project": value} if value else {}
    place = place_meant(resource, given, row) if "project" in resource.fields else None
    if not isinstance(place, int) or (row is None and not request.access.allows(resource.permission("add"), place)):
        place = None
    found = extra.fields_of(resource, place, archived=False)
    if row is None or resource.model is Project:
        return found
    left = (each for each in extra.fields_of(resource, resource.project_of(row), archived=False) if extra.raw(row, each.name) is not None)
    return (
        *found,
        *(each for each in left if each not in found and each.definition.project_id is not None),
    )  # to be emptied when the row goes to another project


def _held(each: Extra, row: Any) -> Any:
    value = extra.raw(row, each.name)
    if value is not None and not extra.is_of(each, value):
        return [] if isinstance(each.field, SeveralField) else extra.plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if each.definition.kind == Kind.PERSON and value is not None and isinstance(extra.typed(each, value), int):
        return f"#{value}"
    return (value or []) if isinstance(each.field, SeveralField) else value


def posted(request: Request, resource: Resource) -> dict[str, Any]:
    """What the form says of declared fields."""
    if not resource.is_extended:
        return {}
    shown = {name.removesuffix(":shown") for name in request.POST if extra.is_name(name)}
    several = {name for name in shown if f"{name}:shown" in request.POST}  # who chooses none sends nothing but this
    return {name: request.POST.getlist(name) if name in several else request.POST.get(name) for name in shown}


def touched(resource: Resource, row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Of what a form says of declared fields, what somebody has changed in it."""
    asked = [each for name in values if (each := extra.named(resource, name)) is not None]
    form = type("Extras", (forms.Form,), {each.name: form_field_of(each, extra.raw(row, each.name)) for each in asked})
    shown = form(initial={each.name: _held(each, row) for each in asked})
    return {name: as_typed(value, extra.raw(row, name)) for name, value in without_untouched(values, shown).items()}


def archived_of(request: Request, resource: Resource, row: Any | None) -> list[Cell]:
    """What archived fields of the row hold, to be read only."""
    if row is None or not resource.is_extended:
        return []
    names = [name for name in extra.names_shown(resource, row) if (found := extra.named(resource, name)) is not None and found.definition.is_archived]
    return cells_of(request.access, resource, row, names, link=False)
