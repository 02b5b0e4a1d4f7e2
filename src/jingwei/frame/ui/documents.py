"""The documents of a project: what there is, one with its texts and versions, making a version, and handing it out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.carried.rendering import as_html
from jingwei.frame.documents import saying, texts, versions
from jingwei.frame.documents.declaration import Asked, Document, documents, documents_of, registry
from jingwei.frame.models import DocumentVersion, LongWork, Project
from jingwei.frame.models.values import unreadable, whole
from jingwei.frame.records.commands import Stale
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.ui.menu import ProjectPage, register_project_page
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request, project_named
from jingwei.frame.work import longwork

register_project_page(ProjectPage(gettext_lazy("Documents"), "documents", "file-text", "frame.project.view", 90))
rows_shown = 10


@require_GET
def listing(request: Request, code: str) -> HttpResponse:
    """The project's own documents that this person may make, with the newest version of each."""
    project = project_named(request, code, "frame.project.view")
    found = documents_of(request.access, project)
    newest = DocumentVersion.objects.filter(project=project, row_id=0, document__in=[each.key for each in found])
    by_key = {each.document: each for each in newest.select_related("by").order_by("document", "-number").distinct("document")}
    return render(request, "frame/documents/list.html", {"project": project, "documents": [(each, by_key.get(each.key)) for each in found]})


def papers_of(access: Access, declared: Resource, row: Any) -> list[tuple[Document, str]]:
    """The documents that tell of a row, with their pages: its own, and those of its project that follow such rows. No statement but that for its project."""
    places = declared.places_of(row)
    place = next(iter(places))
    if len(places) != 1 or place is None:
        return []
    found = [each for each in documents() if declared.key in ((each.resource,) if each.resource else each.follows) and access.allows(each.permission, place)]
    if not found:
        return []
    project = row.project if getattr(row, "project_id", None) == place else Project.objects.get(pk=place)
    own = f"?row={row.pk}"
    return [(each, reverse("document", args=[project.code, each.key]) + (own if each.resource else "")) for each in found]


def _found(request: Request, code: str, key: str) -> tuple[Document, Asked]:
    """The document and the question about it. 404 when there is none, 403 when this person may not make it."""
    document = registry.get(key)
    if document is None:
        raise Http404
    project = project_named(request, code, document.permission)
    row = (request.POST if request.method == "POST" else request.GET).get("row", "0")
    try:
        return document, document.asked(request.access, project, whole(row) or 0)
    except LookupError:
        raise Http404 from None


def address(document: Document, asked: Asked) -> str:
    """The page of a document."""
    query = f"?row={asked.row.pk}" if asked.row is not None else ""
    return reverse("document", args=[asked.project.code, document.key]) + query


@require_GET
@heavy.rendering
def page(request: Request, code: str, document: str) -> HttpResponse:
    """What it says now, what people write in it, and its versions."""
    declared, asked = _found(request, code, document)
    return _page(request, declared, asked)


def _page(request: Request, document: Document, asked: Asked, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = saying.texts_of(document, asked)
    problem = ""
    parts: list[Any] = []
    try:
        told = saying.said(document, asked)
        parts = [_shown(part, document, rows) for part in told.parts]
    except ValidationError as refused:
        problem = " ".join(refused.messages)
    kept = list(versions.kept(document, asked)[: versions.listed_at_most])
    context = {
        "project": asked.project, "document": document, "asked": asked, "parts": parts, "problem": problem, "withheld": bool(asked.withheld), "work": _work(request),
        "versions": versions.standing(document, asked, kept), "kinds": versions.kinds, "may_edit": document.may_edit(request.access, asked.project),
        "languages": settings.LANGUAGES, "language": get_language(), "past": texts.past({key: row for key, row in rows.items() if key in {each["part"].key for each in parts}}), "titles": {each.key: each.title for each in document.authored},
        "row": asked.row.pk if asked.row is not None else 0,
        **more,
    }  # fmt: skip
    return render(request, "frame/documents/page.html", context, status=status)


def _shown(part: saying.Part, document: Document, rows: dict[str, Any]) -> dict[str, Any]:
    """A section for the page: the first rows of a table, a text as HTML with what its form needs."""
    shown: dict[str, Any] = {"part": part, "rows": part.rows[:rows_shown], "more": max(0, len(part.rows) - rows_shown)}
    if part.kind == "text":
        section = next(each for each in document.authored if each.key == part.key)
        shown |= {"html": as_html(part.text, ()), "hint": section.hint, "kept": texts.as_plain(rows.get(part.key))}
    return shown


def _work(request: Request) -> LongWork | None:
    """The making that this page was sent to, while it runs or when it has failed."""
    work = longwork.found(request.access, whole(request.GET.get("work", "")), payload__kind=versions.kind)
    return work if work is not None and work.status != LongWork.Status.DONE else None


@require_POST
@heavy.rendering
def write(request: Request, code: str, document: str, section: str) -> HttpResponse:
    """Write a section; what was typed stays when something is wrong, or when somebody else was faster."""
    declared, asked = _found(request, code, document)
    text = str(request.POST.get("text", ""))
    try:
        texts.write(declared, asked, section, text, whole(request.POST.get("version", "")) or 0)
    except LookupError:
        raise Http404 from None
    except Stale as problem:
        return _page(request, declared, asked, status=409, typed=text, typed_in=section, errors=[str(problem)])
    except ValidationError as problem:
        typed = "" if unreadable(text) else text
        return _page(request, declared, asked, status=422, typed=typed, typed_in=section, errors=problem.messages)
    messages.success(request, _("Saved."))
    return redirect(address(declared, asked))


@require_POST
@heavy.rendering
def make(request: Request, code: str, document: str) -> HttpResponse:
    """Begin to make a version; the page shows how far it is."""
    declared, asked = _found(request, code, document)
    back = address(declared, asked)
    try:
        work = versions.begin(
            declared, asked, language=str(request.POST.get("language", "")), status=str(request.POST.get("status", "")), user=request.user,
            url=f"{back}{'&' if '?' in back else '?'}work={{id}}",
        )  # fmt: skip
    except ValidationError as problem:
        return _page(request, declared, asked, status=422, errors=problem.messages)
    return redirect(work.url)


@require_GET
def download(request: Request, code: str, document: str, version: int, ending: str) -> FileResponse:
    """A version as a file."""
    declared, asked = _found(request, code, document)
    kept = versions.kept(declared, asked).filter(number=version).first() if version < 2**31 else None
    if kept is None or ending not in versions.kinds:
        raise Http404
    return versions.answer(asked, kept, ending, versions.file_name(declared, asked, kept))
