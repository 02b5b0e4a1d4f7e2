"""Traces on pages: joining, confirming and removing, the matrix with its coverage, and what a row touches."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.records.exchange import read_sheet
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.traces import edges, exchange, impact
from jingwei.frame.traces.coverage import Reach
from jingwei.frame.traces.trace import Trace, far_of, heading, is_suspect, on, registry, relations_of
from jingwei.frame.ui.records import found, row_of
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request

bytes_at_most = 2_000_000
down_at_once, across_at_once, orphans_at_once = 25, 12, 50
column, line, wide, tall = 250, 62, 200, 46  # of the drawing, in its own units
ways = {impact.both: gettext_lazy("Both ways"), "on": gettext_lazy("Along the arrows"), "back": gettext_lazy("Against the arrows")}


@require_POST
def add(request: Request, key: str, pk: int) -> HttpResponse:
    """Join the row with another one, named by its code."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    if not relations_of(resource):
        raise Http404
    try:
        trace, way = edges.relation(resource, request.POST.get("trace", ""), request.POST.get("way", ""))
        other = edges.named(far_of(trace, way), request.POST.get("to", ""), request.access)
        with scope.because(reason=_("joined")) as current:
            edges.join(trace, *((row, other) if way == on else (other, row)), request.access)
        offer_undo(request, _("“%(value)s” is joined.") % {"value": other}, current.trace)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect(_section(resource, row))


def _section(resource: Resource, row: Any) -> str:
    return reverse("record", args=[resource.key, row.pk]) + "#traces"


@require_POST
def drop(request: Request, key: str, pk: int, edge: int) -> HttpResponse:
    """Remove an edge; it can be undone."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    with scope.because(reason=_("no longer joined")) as current:
        try:
            edges.part(_edge(request, resource, row, edge), request.access)
            offer_undo(request, _("Removed."), current.trace)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
    return redirect(_section(resource, row))


@require_POST
def confirm(request: Request, key: str, pk: int, edge: int) -> HttpResponse:
    """Confirm an edge again, as its ends were when the page was made."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    with scope.because(reason=_("confirmed again")) as current:
        try:
            edges.confirm(_edge(request, resource, row, edge), request.access, request.POST.get("seen", ""))
            offer_undo(request, _("Confirmed again."), current.trace)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
    return redirect(_section(resource, row))


def _edge(request: Request, resource: Resource, row: Any, pk: int) -> Any:
    edge = edges.find(resource, row, pk, request.access)
    if edge is None:
        raise Http404
    return edge


@require_GET
def matrix(request: Request, name: str) -> HttpResponse:
    """Sources down and targets across, a page of each, in one project; with what has no source."""
    trace = _found(request, name)
    projects = _projects(request.access, trace)
    project = _chosen(request, projects)
    context: dict[str, Any] = {"trace": trace, "projects": projects, "project": project, "source": trace.ends[0], "target": trace.ends[1]}
    if project is not None:
        access, source = request.access, trace.ends[0]
        context |= _matrix(request, Reach(trace, access, project)) | {
            "may_export": all(access.allows(end.permission("export"), project.pk) for end in trace.ends),
            "may_import": all(access.allows(source.permission(verb), project.pk) for verb in ("change", "import")),
        }  # fmt: skip
    return render(request, "frame/traces/matrix.html", context)


def _found(request: Request, name: str) -> Trace:
    """The trace of that name, when both its ends may be looked at somewhere."""
    trace = registry.get(name)
    if trace is None:
        raise Http404
    for end in trace.ends:
        request.access.require_anywhere(end.permission("view"))
    return trace


@require_GET
@heavy.rendering
def export(request: Request, name: str) -> HttpResponse:
    """The edges of a project as CSV."""
    trace = _found(request, name)
    project = _chosen(request, _projects(request.access, trace))
    if project is None:
        raise Http404
    response = HttpResponse(exchange.written(trace, request.access, project), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@require_POST
def load(request: Request, name: str) -> HttpResponse:
    """Join what a file names in a project; it can be undone."""
    trace = _found(request, name)
    project = _chosen(request, _projects(request.access, trace))
    if project is None:
        raise Http404
    for verb in ("change", "import"):
        request.access.require(trace.ends[0].permission(verb), project.pk)
    try:
        with heavy.turn(request), scope.because(reason=_("imported")) as current:
            file = request.FILES.get("file")
            if file is None or file.size is None or file.size > bytes_at_most:
                raise ValidationError(_("Choose a file of at most 2 MB."))
            made = exchange.taken(trace, read_sheet(file.read(), file.name or ""), request.access, project)
        offer_undo(request, _("%(count)s joined.") % {"count": made}, current.trace)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect(f"{reverse('trace', args=[name])}?{urlencode({'project': project.code})}")


def _projects(access: Access, trace: Trace) -> list[Project]:
    """Where both ends may be looked at."""
    projects = Project.objects.order_by("code")
    for end in trace.ends:
        if (places := access.projects(end.permission("view"))) is not None:
            projects = projects.filter(pk__in=places)
    return list(projects[:500])


def _chosen(request: Request, projects: list[Project]) -> Project | None:
    """The project that the address names, else the one that is worked in, else the first."""
    if code := request.GET.get("project", ""):
        chosen = next((each for each in projects if each.code == code), None)
        if chosen is None:
            raise Http404
        return chosen
    worked_in = request.session.get("project_id")
    return next((each for each in projects if each.pk == worked_in), projects[0] if projects else None)


def _matrix(request: Request, reach: Reach) -> dict[str, Any]:
    shown = request.GET.get("shown", "") if request.GET.get("shown") in ("joined", "all") else "joined"
    sources, targets = (reach.sources, reach.targets) if shown == "all" else (reach.joined_sources, reach.joined_targets)
    down, across = _page(sources, request.GET.get("down"), down_at_once), _page(targets, request.GET.get("across"), across_at_once)
    source, target = reach.trace.ends
    inside = reach.edges.filter(source_id__in=[row.pk for row in down], target_id__in=[row.pk for row in across])
    marks = {(each.source_id, each.target_id): is_suspect(each) for each in inside}
    lines = [
        {"row": row, "name": short_name(source, row), "cells": [{"mark": _mark(marks.get((row.pk, other.pk))), "target": other} for other in across]} for row in down
    ]  # fmt: skip
    heads = [{"row": row, "name": short_name(target, row)} for row in across]
    orphans = _page(reach.orphans, request.GET.get("page"), orphans_at_once)
    pagers = [
        _pager(request, name, page, end.title_plural) for name, page, end in (("down", down, source), ("across", across, target), ("page", orphans, target))
    ]
    return {"shown": shown, "lines": lines, "heads": heads, "counts": reach.counts(), "orphans": orphans, "pagers": pagers[:2], "orphans_pager": pagers[2]}


def _page(rows: Any, number: str | None, size: int) -> Page[Any]:
    return Paginator(rows, size).get_page(number)


def _pager(request: Request, name: str, page: Page[Any], label: Any) -> dict[str, Any]:
    """Where one is on one side, and the addresses of the pages beside it; the other sides stay where they are."""

    def address(number: int) -> str:
        query = request.GET.copy()
        query[name] = str(number)
        return f"?{query.urlencode()}"

    before = address(page.number - 1) if page.has_previous() else ""
    return {
        "label": label,
        "number": page.number,
        "pages": page.paginator.num_pages,
        "before": before,
        "next": address(page.number + 1) if page.has_next() else "",
    }


def _mark(is_suspect: bool | None) -> str:
    return "" if is_suspect is None else "suspect" if is_suspect else "joined"


def short_name(resource: Resource, row: Any) -> str:
    """The code of a row within its project."""
    return resource.name_of(row).rpartition("/")[2] or str(row)


@require_GET
def touched(request: Request, key: str, pk: int) -> HttpResponse:
    """What a row touches, drawn and as a table."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    if not relations_of(resource):
        raise Http404
    way = way if (way := request.GET.get("way", "")) in ways else impact.both
    depth = whole(request.GET.get("depth", ""), impact.depth_at_most) or 3
    told = impact.impact_of(resource, row, request.access, depth=depth, way=way)
    context = {
        "resource": resource, "row": row, "told": told, "way": way, "depth": depth, "ways": ways.items(), "depths": range(1, impact.depth_at_most + 1),
        "drawing": drawn(told), "lines": [_line(told, node) for node in told.nodes.values() if node.depth],
    }  # fmt: skip
    return render(request, "frame/traces/impact.html", context)


def _line(told: impact.Impact, node: impact.Node) -> dict[str, Any]:
    assert node.trace is not None and node.before is not None
    return {"node": node, "title": heading(node.trace, node.way), "before": told.nodes.get(node.before)}


def drawn(told: impact.Impact) -> dict[str, Any]:
    """Boxes in columns by their depth, and lines between them, in units of the drawing."""
    columns: dict[int, list[impact.Node]] = {}
    for node in told.nodes.values():
        columns.setdefault(node.depth, []).append(node)
    tallest = max(len(each) for each in columns.values())
    places = {
        node.place: (depth * column + 4, int((tallest - len(nodes)) * line / 2) + number * line + 4)
        for depth, nodes in columns.items() for number, node in enumerate(nodes)
    }  # fmt: skip
    boxes = [{"node": node, "x": places[node.place][0], "y": places[node.place][1], "text": _fit(str(node.row))} for node in told.nodes.values()]
    lines = [
        {"path": _path(places[source], places[target]), "is_suspect": is_suspect, "title": registry[name].title}
        for (source, target, name), is_suspect in told.links.items()
    ]
    return {"boxes": boxes, "lines": lines, "width": (max(columns) + 1) * column, "height": tallest * line + 8, "wide": wide, "tall": tall}


def _path(source: tuple[int, int], target: tuple[int, int]) -> str:
    """A curve from one box to another: to the right, to the left, or around within a column."""
    (x, y), (far_x, far_y) = source, target
    y, far_y = y + tall // 2, far_y + tall // 2
    if far_x > x:
        return f"M{x + wide} {y}C{x + wide + 30} {y} {far_x - 30} {far_y} {far_x} {far_y}"
    if far_x < x:
        return f"M{x} {y}C{x - 30} {y} {far_x + wide + 30} {far_y} {far_x + wide} {far_y}"
    return f"M{x + wide} {y}C{x + wide + 36} {y} {x + wide + 36} {far_y} {x + wide} {far_y}"


def _fit(text: str, most: int = 25) -> str:
    """As much of a text as a box is wide; Chinese takes twice the room."""
    room = 0
    for number, letter in enumerate(text):
        room += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room > most:
            return text[: max(number - 1, 1)] + "…"
    return text
