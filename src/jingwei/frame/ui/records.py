"""Detail, form, history, delete, verbs, inline and bulk edits of any resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jingwei.frame import narrowing, scope
from jingwei.frame.approvals.shown import approval_of
from jingwei.frame.lives.lifecycle import Everything
from jingwei.frame.models import Project
from jingwei.frame.models.values import unreadable, whole
from jingwei.frame.records import along, commands, doubts, extra, forms, meant, parts, people, standing, turns
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.records.verbs import Children, Verb
from jingwei.frame.ui import extra_form, once, refusals, timeline
from jingwei.frame.ui.cells import Cell, cells_of
from jingwei.frame.ui.documents import papers_of
from jingwei.frame.ui.joined import section_of
from jingwei.frame.ui.lives import life_of
from jingwei.frame.ui.menu import plan_address
from jingwei.frame.ui.navigation import whole_of
from jingwei.frame.ui.record_form import child_rows, save, touched, unfolded
from jingwei.frame.ui.timeline import carried_of
from jingwei.frame.ui.typed import as_typed
from jingwei.frame.ui.undoing import offer_undo, offer_undo_of_edit, with_undo
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request, stands_in


def found(request: Request, key: str, verb: str = "view") -> Resource:
    """The resource, when this person may do `verb` to some of its rows."""
    resource = registry.get(key)
    if resource is None:
        raise Http404
    request.access.require_anywhere(resource.permission(verb))
    return resource


def place(request: Request, resource: Resource, project_id: int | None) -> None:
    """Say where a page of this resource stands: in the workspace of the project, below its list or that of what it is a part of."""
    listed = whole_of(resource)
    stands_in(request, project_id, reverse("records", args=[listed.key]), listed.menu)


def project_asked(parameters: Mapping[str, str]) -> int | None:
    """The project an address asks for, by its number or its code."""
    text = parameters.get("project", "")
    return whole(text) or (Project.objects.filter(code=text).values_list("pk", flat=True).first() if text.strip("-") else None)


def row_of(request: Request, resource: Resource, pk: int, verb: str = "view") -> Any:
    """The row, when it may be seen; 403 when it may be seen but not `verb`."""
    row = resource.rows(request.access).filter(pk=pk).first()
    if row is None:
        raise Http404
    place(request, resource, row.pk if resource.model is Project else resource.project_of(row))
    if verb != "view":
        commands.authorise(request.access, resource, verb, row)
    return row


def may(request: Request, resource: Resource, row: Any | None = None) -> dict[str, bool]:
    """What this person may do, for templates: to a row, or (for a list) to any at all."""
    verbs, access = ("add", "change", "delete", "export", "import"), request.access
    if row is None:
        return {verb: access.anywhere(resource.permission(verb)) for verb in verbs}
    places, life = resource.places_of(row), resource.life
    allowed = {verb: access.allows(resource.permission(verb), *places) for verb in verbs}
    if life is not None:  # a button that could only refuse is none
        allowed["change"] &= life.fixed(row) != Everything
        allowed["delete"] &= life.may_remove(row)
    return allowed


@require_GET
def detail(request: Request, key: str, pk: int) -> HttpResponse:
    """One row with its parts, what can be done to it, and what happened to it."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    lists = [*_told(request, resource, row, resource.children), *_told(request, resource, row, resource.shows)]
    places = resource.places_of(row)
    verbs = [v for v in resource.verbs if request.access.allows(resource.permission(v.name), *places) and _may_take(resource, row, v)]
    names = list(dict.fromkeys((*resource.columns, *resource.fields)))
    more = extra.names_shown(resource, row) if resource.is_extended else []
    cells = cells_of(request.access, resource, row, [*names, *more], link=False)
    silent = [cell for cell in cells if cell.name not in resource.columns and (cell.kind == "empty" or cell.name in resource.folded)]
    context = {
        "resource": resource, "row": row, "cells": [cell for cell in cells if cell not in silent], "folded": silent, "parts": lists, "verbs": verbs, "may": may(request, resource, row),
        "life": life_of(resource, row), "place": row.pk if resource.model is Project else resource.project_of(row), "approval": approval_of(resource, row, request.access), "name": resource.name_of(row),
        "relations": section_of(request.access, resource, row), "carried": carried_of(request.access, resource, row), "timeline": timeline.of_row(request.access, resource, row), "beside": beside_of(request, resource, row), "papers": papers_of(request.access, resource, row),
    }  # fmt: skip
    return render(request, "frame/records/panel.html" if request.headers.get("HX-Request") else "frame/records/detail.html", context)


def beside_of(request: Request, resource: Resource, row: Any) -> str:
    """What its domain tells of a row beside its fields, as markup."""
    told = resource.beside(request.access, row) if resource.beside is not None else None
    return render_to_string(told[0], told[1], request=request) if told is not None else ""


chosen_at_most = 1_000  # rows that are changed together
rows_beside = 50  # of one list, on the page of a row
versions = 2**31 - 1


def _told(request: Request, resource: Resource, row: Any, which: tuple[Children, ...]) -> Iterator[dict[str, Any]]:
    """Lists of rows that live in this one, or that name it, as its page tells them."""
    for each, target, children in resource.parts(request.access, row, which):
        is_part = each in resource.children
        names = [n for n in target.columns if target.target(n) is not resource] if is_part else list(each.fields)
        rows = [cells_of(request.access, target, c, names, link=not is_part) for c in (children if is_part else children[:rows_beside])]
        if rows or is_part:
            yield {"title": each.title or target.title_plural, "columns": [target.label(n) for n in names], "rows": rows}


def _may_take(resource: Resource, row: Any, verb: Verb) -> bool:
    is_step = resource.life is not None and verb.name in resource.life.names
    return resource.life.may_take(row, verb.name) if is_step and resource.life is not None else verb.applies(row)


@require_http_methods(["GET", "POST"])
def edit(request: Request, key: str, pk: int | None = None) -> HttpResponse:
    """Create or change; what was typed stays when something is wrong."""
    resource = found(request, key, "change" if pk else "add")
    row = row_of(request, resource, pk, "change") if pk else None
    if row is None:
        place(request, resource, project_asked(request.GET) if "project" in resource.plain_fields else None)
    errors: dict[str, list[str]] = {}
    stale, doubtful, cells = None, list[str](), {}
    if request.method == "POST":
        try:
            with heavy.for_files(request):
                saved = save(request, resource, row) if row is not None else once.write(request, resource, lambda: save(request, resource, None))
            told = " ".join([_("Saved."), *meant.told(resource, saved, request.POST.dict()), *getattr(saved, "told", ())])
            messages.success(request, told) if row is None else offer_undo_of_edit(request, told)
            if row is None and resource.model is Project:  # there is nothing to see on its page yet, and a plan to begin
                return redirect(plan_address(saved, request.access))
            return redirect("record", key=key, pk=saved.pk)
        except once.MadeAlready as problem:
            return _led_to(request, resource, problem.pk)
        except ValidationError as problem:
            errors, cells = refusals.but_cells(problem), parts.at_cells(problem)
        except commands.Stale as problem:
            stale = problem.row
            errors = {NON_FIELD_ERRORS: [str(problem)]}
        except doubts.Doubtful as problem:
            doubtful = problem.texts
    fields, extras = form_fields(request, resource, row, errors), extra_form.entries_of(request, resource, row, errors, request.GET.dict())
    context = {
        "resource": resource,
        "row": stale or row,
        **unfolded(resource, fields),
        "extras": extras,
        "archived": extra_form.archived_of(request, resource, row),
        "children": child_rows(request, resource, row, cells),
        "errors": refusals.told_above(resource, errors, [*fields, *extras]),
        "form_id": once.id_of(request) if row is None else "",
        "doubts": doubtful,
    }
    return render(request, "frame/records/form.html", context, status=409 if stale or doubtful else 422 if errors or cells else 200)


def _led_to(request: Request, resource: Resource, pk: int) -> HttpResponse:
    """To what a form has made that came once more: nothing was written."""
    made = resource.rows(request.access).filter(pk=pk).first()
    if made is None:
        messages.info(request, _("This form was saved before, and what it made is not there any more. Open the form anew."))
        return redirect("records", key=resource.key)
    messages.info(request, _("This form came twice; it was saved once."))
    return redirect(plan_address(made, request.access)) if resource.model is Project else redirect("record", key=resource.key, pk=pk)


def form_fields(
    request: Request, resource: Resource, row: Any | None, errors: dict[str, list[str]], wanted: tuple[str, ...] | None = None
) -> list[dict[str, Any]]:
    """The form's fields with widget, value and errors: the plain ones, or those that a verb asks for."""
    names = list(resource.plain_fields if wanted is None else wanted)
    initial: dict[str, Any] = request.GET.dict() if row is None else {}
    for name in names:  # links of our own pages name rows by their number, projects also by their code; it only fills the form in
        if name in initial and (target := resource.target(name)) is not None:
            initial[name] = (project_asked(initial) if target.model is Project and name == "project" else whole(str(initial[name]))) or initial[name]
    form = forms.form_class(resource, names)(request.POST or None, instance=row, initial=initial)  # a browser shows no file again: none is read again
    forms.confine(form, request.access)
    return [{"field": form[name], "errors": errors.get(name, []), "kind": type(form.fields[name].widget).__name__} for name in names if name in form.fields]


@require_http_methods(["GET", "POST"])
def remove(request: Request, key: str, pk: int) -> HttpResponse:
    """Delete after asking; it can be undone."""
    resource = found(request, key, "delete")
    row = row_of(request, resource, pk, "delete")
    if request.method == "POST":
        with scope.because(reason=_("deleted")) as current:
            try:
                commands.remove(resource, row, request.access)
            except ValidationError as problem:
                messages.error(request, " ".join(problem.messages))
                return redirect("record", key=key, pk=pk)
        offer_undo(request, _("Deleted."), current.trace)
        project = vars(request).get("page_project") if "project" in resource.filters else None
        return redirect(f"{reverse('records', args=[key])}{f'?project={project}' if project else ''}")
    told = {"lost": ", ".join(along.lost_with(resource.model)), "held": standing.what_holds(resource, row)}
    return render(request, "frame/records/delete.html", {"resource": resource, "row": row, **told})


@require_http_methods(["GET", "POST"])
def act(request: Request, key: str, pk: int, verb: str) -> HttpResponse:
    """Do a declared verb to the row as it was shown; its fields are asked for first. What somebody changed meanwhile is shown before it is done."""
    resource = found(request, key, verb)
    row = row_of(request, resource, pk, verb)
    try:
        declared = resource.verb(verb)
    except LookupError:
        raise Http404 from None
    errors: dict[str, list[str]] = {}
    status, seen = 200, whole(request.POST.get("version", "") or request.GET.get("version", ""), versions)
    if request.method == "POST":
        try:
            values = {name: as_typed(request.POST.get(name), getattr(row, name, None)) for name in declared.fields if name not in request.FILES}
            with heavy.for_files(request):
                commands.act(resource, verb, row, values, request.access, files=dict(request.FILES.items()), version=seen)
            messages.success(request, _("“%(verb)s” is done.") % {"verb": declared.title})
            return redirect("record", key=key, pk=pk)
        except ValidationError as problem:
            errors, status = refusals.by_field(problem), 422
        except commands.Stale as problem:
            row, errors, status = problem.row, {NON_FIELD_ERRORS: [str(problem)]}, 409
    elif resource.is_voted(verb):
        return redirect("record-vote", key=key, pk=pk)
    elif not declared.applies(row):
        messages.error(request, _("“%(verb)s” is not possible in the present state.") % {"verb": declared.title})
        return redirect("record", key=key, pk=pk)
    elif seen not in (None, row.version):
        errors = {NON_FIELD_ERRORS: [str(commands.Stale(row))]}
    fields = form_fields(request, resource, row, errors, declared.fields)
    context = {"resource": resource, "row": row, "verb": declared, "fields": fields, "errors": refusals.told_above(resource, errors, fields)}
    context |= {
        "cells": cells_of(request.access, resource, row, resource.columns, link=False),
        "may": {"change": False},
    }  # as it is now; nothing is edited beside it
    return render(request, "frame/records/verb.html", context, status=status)


@require_http_methods(["GET", "POST"])
def cell(request: Request, key: str, pk: int, name: str) -> HttpResponse:
    """One cell: an input on GET, saved on POST, shown again; another's change in between is shown instead."""
    resource = found(request, key, "change")
    row = row_of(request, resource, pk, "change")
    if not extra.is_inline_here(resource, row, name):
        raise Http404
    error = ""
    if request.method == "POST":
        try:
            version = request.POST.get("version", "")
            with scope.because(reason=_("edited in the list")):
                given = {name: request.POST.get(name, "")}
                given = extra_form.touched(resource, row, given) if extra.is_name(name) else touched(resource, row, given)
                row = commands.change(resource, row, given, request.access, version=whole(version, versions))
            row = resource.rows(request.access).get(pk=row.pk)
            told = [_("“%(field)s” is saved.") % {"field": capfirst(resource.label(name))}, *meant.told(resource, row, given)]
            return with_undo(request, _drawn(request, resource, row, name), " ".join(told))
        except ValidationError as problem:
            error = " ".join(problem.messages)
        except commands.Stale as problem:
            row, error = problem.row, str(problem)
    field = form_fields(request, resource, row, {}) if not extra.is_name(name) else extra_form.entries_of(request, resource, row, {}, {})
    bound = next(f for f in field if f["field"].name == name)
    return render(
        request,
        "frame/records/_cell_input.html",
        {"resource": resource, "row": row, "entry": bound, "name": name, "error": error},
        status=422 if error else 200,
    )


@require_GET
def show_cell(request: Request, key: str, pk: int, name: str) -> HttpResponse:
    """One cell as shown, after Esc."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    if not extra.is_inline_here(resource, row, name):
        raise Http404
    return _drawn(request, resource, row, name)


def _drawn(request: Request, resource: Resource, row: Any, name: str) -> HttpResponse:
    context = {"resource": resource, "row": row, "cell": cells_of(request.access, resource, row, [name])[0], "may": may(request, resource, row)}
    return render(request, "frame/records/_cell.html", context)


@require_POST
def bulk(request: Request, key: str) -> HttpResponse:
    """Set a field, do a verb, or delete, for all chosen rows or for none; it can be undone."""
    resource = found(request, key)
    action = str(request.POST.get("action", ""))
    chosen = {pk for each in request.POST.getlist("pk") if (pk := whole(each)) is not None}
    ids = list(resource.rows(request.access).filter(pk__in=chosen).values_list("pk", flat=True)[: chosen_at_most + 1])
    back = f"{reverse('records', args=[key])}?{request.POST.get('query', '')}"
    if not ids:
        messages.warning(request, _("Choose some rows first."))
        return redirect(back)
    if len(ids) > chosen_at_most:
        messages.error(
            request, _("Nothing was changed: at most %(most)s rows at once, and %(count)s are chosen.") % {"most": chosen_at_most, "count": len(chosen)}
        )
        return redirect(back)
    try:
        done, count, trace = _done_together(request, resource, ids, action)
    except ValidationError as problem:
        messages.error(request, _("Nothing was changed: %(problem)s") % {"problem": " ".join(problem.messages)})
        return redirect(back)
    told = _("%(count)s changed.") % {"count": done}
    if done < count:
        told += " " + _("%(count)s were left as they are: it is not possible in their state.") % {"count": count - done}
    if count < len(chosen):
        told += " " + _("%(count)s were there no more.") % {"count": len(chosen) - count}
    if resource.life is not None and action.partition(":")[2] in resource.life.names and action.startswith("verb:"):
        messages.success(request, told)  # no step is taken back
    else:
        offer_undo(request, told, trace)
    return redirect(back)


@turns.in_turn
def _done_together(request: Request, resource: Resource, ids: list[int], action: str) -> tuple[int, int, str]:
    """With how many of how many rows it was done, and the trace by which it is undone."""
    with scope.because(reason=_("changed together")) as current:
        rows = _as_shown(request, resource, ids)
        return sum(_bulk_one(request, resource, row, action) for row in rows), len(rows), current.trace


def _as_shown(request: Request, resource: Resource, ids: list[int]) -> list[Any]:
    """These rows, locked together before anything is done to one of them: what is done may change others of them. ValidationError names those that
    somebody changed since the list was shown."""
    turns.take_of(resource, ids)
    wholes = parts.Wholes()
    wholes.lock(resource, resource.model.objects.filter(pk__in=ids))
    list(resource.model.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    rows = list(resource.rows(request.access).filter(pk__in=ids))
    stale = [row for row in rows if whole(request.POST.get(f"seen-{row.pk}", ""), versions) not in (None, row.version)]
    if stale:
        raise ValidationError([f"“{row}”: {commands.Stale(row)}" for row in stale[:5]])
    return rows


def _bulk_one(request: Request, resource: Resource, row: Any, action: str) -> bool:
    """Do it to one; False when it is not possible where the row is."""
    kind, _colon, name = action.partition(":")
    if kind == "set" and name in resource.inline:
        commands.change(resource, row, {name: request.POST.get(f"value-{name}", "")}, request.access)
    elif kind == "verb" and any(v.name == name and v.bulk for v in resource.verbs):
        if not resource.verb(name).applies(row):
            return False
        commands.act(resource, name, row, {}, request.access)
    elif kind == "delete":
        commands.remove(resource, row, request.access)
    else:
        raise Http404
    return True


@require_GET
def pick(request: Request, key: str) -> HttpResponse:
    """Suggestions for a reference: natural keys with names; of one project when the address says so. People are found by name and by pinyin."""
    if key == "frame.user":
        return _pick_member(request)
    resource = found(request, key)
    rows = resource.rows(request.access)
    if resource.place_path and (place := whole(request.GET.get("project", ""), 2**63 - 1)) is not None:
        rows = rows.filter(Q(**{resource.place_path: place}) | Q(**{resource.place_path: None}))
    items = meant.offered(resource, request.GET.get("q", ""), rows)[:20]
    return JsonResponse({"items": [{"value": resource.name_of(row), "label": str(row)} for row in items]})


def _pick_member(request: Request) -> HttpResponse:
    """Members of the organisation, whom every person of it may name; no program with a limited token."""
    if request.access is None or not narrowing.shows_everything(request.access.limits):
        raise Http404
    words = request.GET.get("q", "").strip()[:60]
    users = people.offered("" if unreadable(words) else words, 20)
    return JsonResponse({"items": [{"value": user.username, "label": str(user)} for user in users]})


__all__ = ["Cell"]
