"""A card of a board or a month is put elsewhere; a step that asks for something is asked first, a refused move goes back with the reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.frame import scope
from jingwei.frame.models.values import whole
from jingwei.frame.records import commands, forms
from jingwei.frame.records.resource import Resource
from jingwei.frame.ui import refusals
from jingwei.frame.ui.lists import page
from jingwei.frame.ui.records import form_fields, found, row_of
from jingwei.frame.ui.undoing import offered
from jingwei.frame.views import Board, Month
from jingwei.frame.views.dragging import Move, meant, moved
from jingwei.frame.web import Request

versions = 2**31 - 1


@require_POST
def move(request: Request, key: str, pk: int) -> HttpResponse:
    """Put a row where `to` says; the list answers as its address asks. 403 without the right, whatever is sent."""
    resource = found(request, key)
    view = resource.view(request.POST.get("view", ""))
    if not isinstance(view, Board | Month):
        raise Http404
    row = row_of(request, resource, pk)
    try:
        plan = meant(view, resource, row, request.POST.get("to", ""))
    except ValidationError as problem:
        return _back(request, resource, problem=" ".join(problem.messages))
    if plan.must_ask and not request.POST.get("asked"):
        commands.authorise(request.access, resource, plan.step.name if plan.step is not None else "change", row)
        return _ask(request, resource, row, plan, {})
    return _done(request, resource, row, plan)


def _done(request: Request, resource: Resource, row: Any, plan: Move) -> HttpResponse:
    try:
        with scope.because(reason=_("moved in a view")) as current:
            moved(resource, row, plan, request.POST, request.access, whole(request.POST.get("version", ""), versions))
    except commands.Stale as problem:
        return _back(request, resource, problem=str(problem))
    except ValidationError as problem:
        if plan.must_ask and request.headers.get("HX-Request"):
            return _ask(request, resource, row, plan, refusals.by_field(problem))
        return _back(request, resource, problem=" ".join(problem.messages))
    trace = offered(request, current.trace) if plan.step is None else ""  # no step is taken back
    row = resource.rows(request.access).filter(pk=row.pk).first() or row
    return _back(request, resource, told=_("“%(row)s” is moved.") % {"row": row}, undo_trace=trace, moved=row)


def _ask(request: Request, resource: Resource, row: Any, plan: Move, errors: dict[str, list[str]]) -> HttpResponse:
    """What the step asks, in a dialog above the list; without htmx on the step's own page."""
    step = plan.step
    assert step is not None
    if not request.headers.get("HX-Request"):
        return redirect("record-act", key=resource.key, pk=row.pk, verb=step.name)
    fields = form_fields(request, resource, row, errors, step.asked) if errors else _fresh(request, resource, row, step.asked)
    general = refusals.told_above(resource, errors, fields)
    ask = {"row": row, "step": step, "fields": fields, "errors": general, "to": request.POST.get("to"), "version": request.POST.get("version", "")}
    return page(request, resource, ask=ask, moved=row)


def _fresh(request: Request, resource: Resource, row: Any, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The fields as the row has them: nothing has been typed yet."""
    form = forms.form_class(resource, list(names))(instance=row)
    return [{"field": form[name], "errors": [], "kind": type(form.fields[name].widget).__name__} for name in names if name in form.fields]


def _back(request: Request, resource: Resource, *, problem: str = "", told: str = "", **more: Any) -> HttpResponse:
    """To the list: its fragment for htmx, else the page with a message."""
    if request.headers.get("HX-Request"):
        return page(request, resource, problem=problem, told=told, **more)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, told)
    return redirect(f"{reverse('records', args=[resource.key])}?{request.GET.urlencode()}")
