"""REST for documents: which a project has, their versions, making one, and the files."""

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import get_language
from ninja import Router, Status

from jingwei.frame.api import schemas
from jingwei.frame.documents import versions
from jingwei.frame.documents.declaration import Asked, Document, documents_of, registry, require_make
from jingwei.frame.walls import heavy
from jingwei.frame.web import project_named


class DocumentTold(schemas.Strict):
    """A document that may be made."""

    key: str
    title: str


class VersionTold(schemas.Strict):
    """A version; `is_stale` tells whether it says something else than now (null: not compared), `readable` whether whoever asks has all rights it was made with."""

    number: int
    status: str
    language: str
    made_at: dt.datetime
    by_id: int | None
    print: str
    is_limited: bool
    readable: bool
    is_stale: bool | None
    stale_since: dt.datetime | None


class Wanted(schemas.Strict):
    """A version to make, in a language, as a draft or final."""

    language: str = ""
    status: str = "draft"
    row: int = 0


class WorkTold(schemas.Strict):
    """The work that makes it; its version is in the list when it has ended."""

    work: int


def found(request: HttpRequest, project: str, key: str, row: int) -> tuple[Document, Asked]:
    """The document and the question about it, when it may be made."""
    document = registry.get(key)
    if document is None:
        raise Http404
    place = project_named(request, project, document.permission)  # type: ignore[arg-type]
    try:
        return document, document.asked(request.access, place, row)  # type: ignore[attr-defined]
    except LookupError:
        raise Http404 from None


def require_first(request: HttpRequest, parts: list[str]) -> None:
    """The right comes before the body: raise what somebody without it hears of any body."""
    if len(parts) == 3:
        document = registry.get(parts[2])
        if document is None:
            raise Http404
        place = project_named(request, parts[1], document.permission)  # type: ignore[arg-type]
        if request.method == "POST":
            require_make(document, request.access, place.pk)  # type: ignore[attr-defined]


def router() -> Router:
    """All operations of documents."""
    made = Router(tags=["documents"])

    @made.get("/{project}", response={200: list[DocumentTold]}, operation_id="documents_list")
    def listing(request: HttpRequest, project: str) -> Any:
        place = project_named(request, project, "frame.project.view")  # type: ignore[arg-type]
        return [{"key": each.key, "title": str(each.title)} for each in documents_of(request.access, place)]  # type: ignore[attr-defined]

    @made.get("/{project}/{document}", response={200: list[VersionTold]}, operation_id="document_versions")
    def of_one(request: HttpRequest, project: str, document: str, row: int = 0) -> Any:
        with heavy.turn(request):
            declared, asked = found(request, project, document, row)
            kept = list(versions.kept(declared, asked)[: versions.listed_at_most])
            return [_told(each) for each in versions.standing(declared, asked, kept)]

    @made.post("/{project}/{document}", response={202: WorkTold}, operation_id="document_make")
    def make(request: HttpRequest, project: str, document: str, values: Wanted) -> Any:
        declared, asked = found(request, project, document, values.row)
        work = versions.begin(declared, asked, language=values.language or get_language(), status=values.status, user=request.user, url="/running/")  # type: ignore[arg-type]
        return Status(202, {"work": work.pk})

    @made.get("/{project}/{document}/{int:version}/{ending}", response={200: bytes}, operation_id="document_file")
    def read(request: HttpRequest, project: str, document: str, version: int, ending: str, row: int = 0) -> Any:
        declared, asked = found(request, project, document, row)
        kept = versions.kept(declared, asked).filter(number=version).first() if version < 2**31 else None
        if kept is None or ending not in versions.kinds:
            raise Http404
        return versions.answer(asked, kept, ending, versions.file_name(declared, asked, kept))

    return made


def _told(each: versions.Standing) -> dict[str, Any]:
    version = each.version
    return {
        "number": version.number, "status": version.status, "language": version.language, "made_at": version.said_at, "by_id": version.by_id, "print": version.print if each.may_read else "",
        "is_limited": bool(version.withheld), "readable": each.may_read, "is_stale": each.is_stale, "stale_since": each.since,
    }  # fmt: skip
