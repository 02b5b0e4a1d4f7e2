"""The list of any resource: as a table, or in one of the views that are declared beside it. Filters, search and view stand in the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from jingwei.frame.models import Project
from jingwei.frame.records import declaring, extra, savedviews
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource
from jingwei.frame.ui import menu
from jingwei.frame.ui.cells import Cell, cells_of, kind_of, told_label
from jingwei.frame.ui.menu import new_address
from jingwei.frame.ui.record_form import fields_together
from jingwei.frame.ui.records import found, may, place, project_asked
from jingwei.frame.views import Board, Unanswerable, View
from jingwei.frame.web import Request

passing = ("page", "column", "skip", "count")  # where one is in a list, and no part of what it shows


@require_GET
def listing(request: Request, key: str) -> HttpResponse:
    """The list; htmx asks for what is below its filters only."""
    resource = found(request, key)
    if not request.GET and not request.headers.get("HX-Request"):
        start = savedviews.start(request.access, resource)
        if start is not None and (named := parse_qsl(start.query.lstrip("?").partition("#")[0])):
            return redirect(f"{request.path}?{urlencode(named)}")
    return page(request, resource)


@require_GET
def declared_fields(request: Request) -> HttpResponse:
    """The fields that people have declared: a list like any other."""
    found(request, declaring.fields.key)
    return redirect("records", key=declaring.fields.key)


def page(request: Request, resource: Resource, **said: Any) -> HttpResponse:
    """The page of a list with what is said about the last move: `problem`, `told`, `ask`. What the address asks wrongly is told in words, and left out."""
    parameters = request.GET.dict()
    place(request, resource, project_asked(parameters) if "project" in resource.filters else None)
    view, problem = _chosen(resource, parameters)
    shown = _listing(request, resource, parameters)
    try:
        answer = _answered(shown, view)
    except Unanswerable as wrong:
        problem = str(wrong)
        parameters = {name: value for name, value in parameters.items() if name not in (*(view.asks if view is not None else ()), "page")}
        answer = _answered(shown := _listing(request, resource, parameters), view)
    is_fragment = bool(request.headers.get("HX-Request"))
    context = _around(request, resource, shown, view, parameters, is_fragment=is_fragment) | answer | said | ({"wrong": problem} if problem else {})
    template = context["template"] if is_fragment else "frame/records/list.html"
    if is_fragment and "column" in answer:
        template = "frame/views/_cards.html"
    return render(request, template, context, status=422 if problem else 200)


def _listing(request: Request, resource: Resource, parameters: dict[str, str]) -> Listing:
    return Listing(resource, request.access, parameters, counts_all=parameters.get("count") == "all")


def _chosen(resource: Resource, parameters: dict[str, str]) -> tuple[View | None, str]:
    """The view that the address names (None: the table); a name that is none is taken out of the parameters and told."""
    name = parameters.get("view", "")
    view = resource.view(name)
    if view is not None or name in ("", "list"):
        return view, _no_place(resource, parameters)
    parameters.pop("view")
    known = ", ".join(("list", *(each.key for each in resource.views)))
    return None, _("There is no view “%(view)s” of this list. Choose one of: %(known)s.") % {"view": name[:40], "known": known}


def _no_place(resource: Resource, parameters: dict[str, str]) -> str:
    at = parameters.get("at", "")
    name, _colon, place = at.partition(":")
    view = resource.view(name)
    if not at or (view is not None and view.inside(resource, place) is not None):
        return ""
    return _("The address narrows the list to “%(place)s”, which there is not. Clear it to see all rows.") % {"place": at[:40]}


def _answered(shown: Listing, view: View | None) -> dict[str, Any]:
    if view is None:
        return _table(shown)
    answer = view.answer(shown)
    if isinstance(view, Board):
        for column in answer.get("columns", [answer.get("column")]):
            for card in column["cards"]:
                card["facts"] = list(_facts(shown, view, card["row"], str(card["title"])))
    return answer


def _facts(shown: Listing, view: Board, row: Any, title: str) -> Iterator[dict[str, Any]]:
    """What a card tells below its title, as these eyes may see it: its key, who has it, when it is due, tags."""
    resource = shown.resource
    if (key := resource.name_of(row).rpartition("/")[2]) not in title:
        yield {"kind": "text", "text": key}
    names = [name for name in (view.owner, view.due, *view.tags) if name]
    for cell in cells_of(shown.access, resource, row, names, link=False):
        if cell.kind == "empty" or cell.value is False:
            continue
        if cell.value is True:
            yield {"kind": "tag", "text": cell.label, "value": cell.name.removeprefix("is_")}
        elif cell.kind == "status":
            yield {"kind": "tag", "text": cell.text, "value": cell.value}
        else:
            yield {"kind": "date" if cell.kind in ("date", "moment") else "text", "text": cell.text, "value": cell.value}


def _table(shown: Listing) -> dict[str, Any]:
    resource, parameters = shown.resource, shown.parameters
    known = (*resource.columns, *resource.fields, *(each.name for each in shown.extras))
    chosen = [c for c in dict.fromkeys(parameters.get("columns", "").split(",")) if c in known] or _usual_columns(resource, parameters)  # each once
    extra.prime(resource, shown.rows, chosen)
    return {
        "columns": [_column(resource, name, parameters) for name in chosen], "rows": [(row, list(_cells(shown, row, chosen))) for row in shown.rows],
        "verbs": [v for v in resource.verbs if v.bulk and not resource.is_voted(v.name)], "together": fields_together(resource, shown.access),
        "all_columns": [{"name": n, "label": resource.label(n), "chosen": n in chosen} for n in dict.fromkeys((*chosen, *known))],
    }  # fmt: skip


def _usual_columns(resource: Resource, parameters: Mapping[str, str]) -> list[str]:
    """Those declared, with the project before them where rows of several stand together."""
    is_mixed = "project" in resource.fields and not parameters.get("project") and "project" not in resource.columns
    return [*(["project"] if is_mixed else []), *resource.columns]


def _cells(shown: Listing, row: Any, names: Sequence[str]) -> Iterator[Cell]:
    """The cells of a row; a project by its code, as there is no room for more."""
    for cell in cells_of(shown.access, shown.resource, row, names):
        is_project = cell.name == "project" and isinstance(cell.value, Project)
        yield replace(cell, text=cell.value.code) if is_project else cell


def _around(request: Request, resource: Resource, shown: Listing, view: View | None, parameters: Mapping[str, str], *, is_fragment: bool) -> dict[str, Any]:
    """What stands around the rows of any view: rights, filters, saved views, the switch to another view."""
    views = [] if is_fragment else list(savedviews.seen(request.access, resource)[: savedviews.shown_at_most])
    at_view, _colon, spot = parameters.get("at", "").partition(":")
    within = resource.view(at_view)
    is_there = within is not None and within.inside(resource, spot) is not None
    within_project = {name: value for name, value in parameters.items() if name == "project" and name in resource.filters and value}
    beside = Listing(resource, request.access, {name: value for name, value in parameters.items() if name not in within_project})
    new = new_address(resource)
    return {
        "within": within_project, "is_narrowed": beside.is_narrowed, "filters": shown.filters if not is_fragment else (), "new_url": f"{new}?{urlencode(within_project)}" if within_project else new,
        "resource": resource, "listing": shown, "may": may(request, resource), "views": views, "parameters": parameters, "view": view,
        "is_fragment": is_fragment, "shapes": _shapes(resource, view, parameters), "query": urlencode({k: v for k, v in parameters.items() if k not in passing}),
        "template": f"frame/views/{view.kind}.html" if view is not None else "frame/records/_table.html",
        "kept": {name: parameters[name] for name in ("view", "at", "columns", "sort", "month", "span", "since") if parameters.get(name)},
        "at": f"{within.heading}: {within.words(resource, spot)}" if within is not None and is_there else parameters.get("at", "")[:40],
        "refreshes": view.refreshes if isinstance(view, Board) else "",
        "share_projects": savedviews.projects_to_share(request.access, resource, menu.projects_at_hand(request)), "may_share_with_all": savedviews.may_share_with_all(request.access, resource),
    }  # fmt: skip


def _shapes(resource: Resource, view: View | None, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """The table and every view, each with an address that keeps filters, search and order."""
    views: tuple[Any, ...] = resource.views
    own = {name for each in views for name in each.asks}
    kept = {name: value for name, value in parameters.items() if name not in (*passing, *own, "view")}
    every: list[tuple[str, Any, str]] = [("list", gettext_lazy("List"), "list"), *((each.key, each.heading, each.icon) for each in views)]
    now = view.key if view is not None else "list"
    return [{"title": title, "icon": icon, "address": "?" + urlencode(kept | {"view": key}), "is_now": key == now} for key, title, icon in every]


def _column(resource: Resource, name: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    field, now = resource.model_field(name), parameters.get("sort", "")
    return {
        "name": name,
        "label": told_label(resource.label(name)) if name.endswith("_minutes") else resource.label(name),
        "sortable": field is not None,
        "is_number": kind_of(resource, name) in ("money", "decimal", "duration"),
        "sort": f"-{name}" if now == name else name,
        "direction": "up" if now == name else "down" if now == f"-{name}" else "",
    }
