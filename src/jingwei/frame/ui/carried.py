"""Files, talk, tags and following on a record's page; htmx swaps the part that changed, other browsers come back to the page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame import scope
from jingwei.frame.carried import files, rights, tags, talk, watch
from jingwei.frame.carried.rights import carried_by
from jingwei.frame.models import Attachment, Comment
from jingwei.frame.models.values import unreadable
from jingwei.frame.records import tagged
from jingwei.frame.records.resource import Resource
from jingwei.frame.ui import timeline
from jingwei.frame.ui.records import found, row_of
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request


def _row(request: Request, key: str, pk: int, kind: str, *, adds: bool = False) -> tuple[Resource, Any]:
    """The resource and the row that may be seen; 404 when it carries no such thing, 403 when this person may not add to it."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    if kind not in resource.carries:
        raise Http404
    if adds:
        rights.require(request.access, resource, row, kind)
    return resource, row


def _one(rows: Any, pk: int) -> Any:
    """One of what the row carries."""
    one = rows.filter(pk=pk).first() if pk < 2**63 else None
    if one is None:
        raise Http404
    return one


def _answered(request: Request, resource: Resource, row: Any, problem: ValidationError | None = None, kept: str = "") -> HttpResponse:
    """The part of the page that shows it all; `kept` is what was typed when something is wrong."""
    told = " ".join(problem.messages) if problem is not None else ""
    if not request.headers.get("HX-Request"):
        if told:
            messages.error(request, told)
        return redirect("record", key=resource.key, pk=row.pk)
    context = {
        "resource": resource, "row": row, "carried": timeline.carried_of(request.access, resource, row), "problem": told, "kept": kept,
        "timeline": timeline.of_row(request.access, resource, row),
    }  # fmt: skip
    return render(request, "frame/carried/_carried.html", context, status=422 if told else 200)


@require_GET
def line(request: Request, key: str, pk: int) -> HttpResponse:
    """One more page of the timeline, or its first one of a kind."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    if not resource.carries:
        raise Http404
    before = request.GET.get("before", "")
    told = timeline.of_row(request.access, resource, row, request.GET.get("kind", ""), before)
    name = "frame/carried/_entries.html" if before else "frame/carried/_timeline.html"
    return render(request, name, {"resource": resource, "row": row, "timeline": told, "carried": {"may": rights.may(request.access, resource, row)}})


@require_POST
def say(request: Request, key: str, pk: int) -> HttpResponse:
    """Comment on the row."""
    resource, row = _row(request, key, pk, "talk", adds=True)
    text = str(request.POST.get("text", ""))
    try:
        talk.say(resource, row, text, request.access)
    except ValidationError as problem:
        return _answered(request, resource, row, problem, "" if unreadable(text) else text)
    return _answered(request, resource, row)


@require_POST
def amend(request: Request, key: str, pk: int, comment: int) -> HttpResponse:
    """Change what one has said, or take it back."""
    resource, row = _row(request, key, pk, "talk", adds=True)
    said = _one(carried_by(Comment, resource, row), comment)
    try:
        if request.POST.get("action") == "delete":
            talk.take_back(resource, row, said, request.access)
        else:
            talk.amend(resource, row, said, str(request.POST.get("text", "")), request.access)
    except ValidationError as problem:
        return _answered(request, resource, row, problem)
    return _answered(request, resource, row)


@require_POST
def attach(request: Request, key: str, pk: int) -> HttpResponse:
    """Attach files."""
    resource, row = _row(request, key, pk, "files", adds=True)
    try:
        with heavy.for_files(request):
            files.attach(resource, row, request.FILES.getlist("file"), request.access)
    except ValidationError as problem:
        return _answered(request, resource, row, problem)
    return _answered(request, resource, row)


@require_GET
def download(request: Request, key: str, pk: int, attachment: int) -> FileResponse:
    """A file, or its thumbnail (`?small=1`); `?save=1` never shows it."""
    resource, row = _row(request, key, pk, "files")
    return files.answer(_one(carried_by(Attachment, resource, row), attachment), is_small="small" in request.GET, is_saved="save" in request.GET)


@require_POST
def detach(request: Request, key: str, pk: int, attachment: int) -> HttpResponse:
    """Remove a file; it can be undone."""
    resource, row = _row(request, key, pk, "files", adds=True)
    gone = _one(carried_by(Attachment, resource, row), attachment)
    with scope.because(reason=_("deleted")) as current:
        try:
            files.remove(resource, row, gone, request.access)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            offer_undo(request, _("“%(name)s” was removed.") % {"name": gone.name}, current.trace)
    return redirect("record", key=key, pk=pk)


@require_POST
def tag(request: Request, key: str, pk: int) -> HttpResponse:
    """Tag the row, or take a tag from it (`remove` = its id)."""
    resource, row = _row(request, key, pk, "tags", adds=True)
    try:
        if (gone := str(request.POST.get("remove", ""))).isascii() and gone.isdigit() and len(gone) < 19:
            tags.remove(resource, row, int(gone), request.access)
        else:
            tags.add(resource, row, str(request.POST.get("word", "")), request.access)
    except ValidationError as problem:
        return _answered(request, resource, row, problem)
    return _answered(request, resource, row)


@require_POST
def follow(request: Request, key: str, pk: int) -> HttpResponse:
    """Follow the row, or no more (`on` empty)."""
    resource, row = _row(request, key, pk, "watch", adds=True)
    (watch.follow if request.POST.get("on") else watch.unfollow)(resource, row, request.access)
    return _answered(request, resource, row)


@require_GET
def words(request: Request, key: str, pk: int) -> JsonResponse:
    """Tags to choose from, as suggestions: those on rows of this kind that this person sees."""
    resource, _row_seen = _row(request, key, pk, "tags", adds=True)
    asked = request.GET.get("q", "").strip().lower()
    return JsonResponse({"items": [{"value": tag.word, "label": tag.word} for tag in tagged.seen(resource, request.access) if asked in tag.word.lower()][:20]})


@require_GET
def people(request: Request, key: str, pk: int) -> JsonResponse:
    """Whom one may mention: members who may see the row, by name or user name."""
    resource, row = _row(request, key, pk, "talk", adds=True)
    asked = request.GET.get("q", "")[:60]
    users = rights.people(resource, row, "" if unreadable(asked) else asked)
    return JsonResponse({"items": [{"value": user.username, "label": str(user)} for user in users]})
