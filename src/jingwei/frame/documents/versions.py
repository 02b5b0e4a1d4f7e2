"""Versions of documents: begun as long work, kept with the fingerprint of what they said, compared with what would be said now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models import Q
from django.http import FileResponse, Http404
from django.utils import timezone, translation
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from jingwei.frame import environment, scope
from jingwei.frame.carried import room
from jingwei.frame.documents import saying
from jingwei.frame.documents.cover import Cover, cover_of
from jingwei.frame.documents.declaration import Asked, Document, registry, require_edit, require_make
from jingwei.frame.models import DocumentText, DocumentVersion, History, LongWork, Project, User
from jingwei.frame.postgres import locks
from jingwei.frame.records import undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.work import longwork
from jingwei.frame.work.longwork import Watch

kind = "frame.document"
kinds = {"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf"}
listed_at_most = 100
tries = 3


def _take_text_back(line: History, access: Access) -> str:
    """A text that was written for the first time, and not since, goes again; any other stays, with what it said before on its page."""
    row = DocumentText.objects.filter(pk=line.object_id).first()
    if line.action == History.Action.INSERT and row is None:
        return ""
    document = registry.get(row.document) if row is not None else None
    if line.action != History.Action.INSERT or row is None or row.version > 1 or document is None:
        return _("A text of a document is not taken back here: what it said before stands on the document's page.")
    access.require(document.edits, row.project_id)
    row.delete()
    return ""


undo.takers["frame.documenttext"] = _take_text_back
undo.takers["frame.documentversion"] = undo.never(lambda: _("A version of a document stays. Make a new one."))


def kept(document: Document, asked: Asked) -> models.QuerySet[DocumentVersion]:
    """Its versions, the newest first."""
    row_id = asked.row.pk if asked.row is not None else 0
    rows: models.QuerySet[DocumentVersion] = DocumentVersion.objects.filter(project=asked.project, document=document.key, row_id=row_id)
    return rows.select_related("by").order_by("-number")


def begin(document: Document, asked: Asked, *, language: str, status: str, user: User, url: str = "") -> LongWork:
    """Begin to make a version. ValidationError names what is wrong; PermissionDenied when it, or a final one, is not his to make."""
    require_make(document, asked.access, asked.project.pk)
    if language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": _("Choose one of the languages: %(known)s.") % {"known": ", ".join(dict(settings.LANGUAGES))}})
    if status not in DocumentVersion.Status.values:
        raise ValidationError({"status": _("A version is a draft or final: %(known)s.") % {"known": ", ".join(DocumentVersion.Status.values)}})
    if status == DocumentVersion.Status.FINAL:
        require_edit(document, asked)
    _require_room(0)
    of, _dot, verb = document.permission.rpartition(".")
    about = longwork.About(of, verb, {asked.project.pk})
    asked_for = {
        "document": document.key,
        "project": asked.project.pk,
        "row": asked.row.pk if asked.row is not None else 0,
        "in_language": language,
        "status": status,
        "through": scope.current().origin if scope.current().is_of_token else "",
    }
    with translation.override(language):
        title = f"{document.title} · {asked.project.code}"
    return longwork.begin(kind, title=title, payload=asked_for, user=user, about=about, url=url)


@longwork.kind(kind)
def make(payload: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Make it, with the rights that whoever began it has when it runs."""
    work = LongWork.objects.select_related("user", "tenant").get(pk=watch.pk)
    document = registry.get(payload["document"])
    if work.user is None or document is None:
        raise ValidationError(_("This document is no longer made."))
    access, origin = access_of(work.user, work.tenant), payload.get("through") or "document"
    with scope.within(scope.Scope(work.tenant_id, work.user_id, access.project_ids, origin=origin, limits=access.limits)):
        try:
            project = Project.objects.get(pk=payload["project"])
            require_make(document, access, project.pk)
            asked = document.asked(access, project, payload["row"])
            if payload["status"] == DocumentVersion.Status.FINAL:
                require_edit(document, asked)
            made = _made(document, asked, payload, work.user, watch)
        except PermissionDenied as problem:
            raise ValidationError(str(problem)) from problem
        except (LookupError, Project.DoesNotExist) as problem:
            raise ValidationError(_("What the document is about is not there any more.")) from problem
    return {"version": made.number}


def _made(document: Document, asked: Asked, payload: dict[str, Any], user: User, watch: Watch) -> DocumentVersion:
    begun, language, status = timezone.now(), payload["in_language"], payload["status"]
    with translation.override(language):
        told = saying.said(document, asked)
    row_id = asked.row.pk if asked.row is not None else 0
    for _try in range(tries):
        last = kept(document, asked).first()
        _require_news(last, told, language, status)
        number = last.number + 1 if last is not None else 1
        with translation.override(language):
            cover = cover_of(document, asked, told, number=number, status=status, made_at=begun, by=user)
            docx, pdf = _files(cover, told, watch)
        made = DocumentVersion(
            project=asked.project, document=document.key, row_id=row_id, number=number, by=user, said_at=begun, language=language, status=status,
            print=told.print, shown=sorted(told.shown), withheld=sorted(told.withheld), docx_size=len(docx), pdf_size=len(pdf),
        )  # fmt: skip
        if _kept(made, docx, pdf):
            return made
    raise ValidationError(_("Others made versions of it in the same moments. Begin it again."))


def _files(cover: Cover, told: saying.Said, watch: Watch) -> tuple[bytes, bytes]:
    """Both files. Raises Stopped."""
    from jingwei.frame.documents.paper import pdf_of  # the libraries take their time to load, and most processes never print
    from jingwei.frame.documents.word import docx_of

    files = []
    for done, make_file in enumerate((docx_of, pdf_of), 1):
        watch.tell(done, 3)
        if watch.should_stop():
            raise longwork.Stopped
        files.append(make_file(cover, told))
    return files[0], files[1]


@transaction.atomic
def _kept(made: DocumentVersion, docx: bytes, pdf: bytes) -> bool:
    """Keep it; False when somebody else was given its number while it was made."""
    locks.hold(f"document {made.project_id} {made.document} {made.row_id}")
    if DocumentVersion.objects.filter(project_id=made.project_id, document=made.document, row_id=made.row_id, number__gte=made.number).exists():
        return False
    _require_room(len(docx) + len(pdf))
    stored = get_random_string(32)
    made.docx, made.pdf = ContentFile(docx, f"{stored}.docx"), ContentFile(pdf, f"{stored}.pdf")
    made.save()
    return True


def _require_news(last: DocumentVersion | None, told: saying.Said, language: str, status: str) -> None:
    """What would say the same as the newest version of its manner is not made once more."""
    if last is None:
        return
    of_it = DocumentVersion.objects.filter(project_id=last.project_id, document=last.document, row_id=last.row_id, language=language, status=status)
    same = of_it.filter(withheld=sorted(told.withheld)).order_by("-number").first()
    if same is not None and same.print == told.print:
        last = same
        raise ValidationError(_("Nothing has changed: version %(number)s says the same.") % {"number": last.number})


def _require_room(more: int) -> None:
    one = environment.number("JINGWEI_FILE_MB")
    if more > one * 1_000_000:
        raise ValidationError(_("The document would be larger than %(most)s MB. Shorten the longest texts in it.") % {"most": one})
    room.require(more)


@dataclass(frozen=True, slots=True)
class Standing:
    """A version as somebody sees it: whether he may read it, whether it says something else than now (None: nobody looked), and since when."""

    version: DocumentVersion
    may_read: bool
    is_stale: bool | None = None
    since: datetime | None = None


def may_read(asked: Asked, version: DocumentVersion) -> bool:
    """Whether somebody has every right that the version was made with."""
    return all(asked.access.allows(permission, asked.project.pk) for permission in version.shown)


def standing(document: Document, asked: Asked, versions: Sequence[DocumentVersion]) -> list[Standing]:
    """The versions as they stand. The newest one and the newest final one are compared with now: the others were followed by these."""
    newest = {version.pk for version in (*versions[:1], *[each for each in versions if each.status == DocumentVersion.Status.FINAL][:1])}
    return [_standing(document, asked, version, is_compared=version.pk in newest) for version in versions]


def _standing(document: Document, asked: Asked, version: DocumentVersion, *, is_compared: bool) -> Standing:
    if not may_read(asked, version):
        return Standing(version, False)
    if not is_compared:
        return Standing(version, True)
    try:
        with translation.override(version.language):
            now = saying.said(document, replace(asked, without=frozenset(version.withheld), shown=set(), withheld=set()))
    except ValidationError:  # what it says now is too much for a document: it is not what it was
        return Standing(version, True, True, _first_change(document, asked, version))
    if now.print == version.print:
        return Standing(version, True, False)
    return Standing(version, True, True, _first_change(document, asked, version))


def _first_change(document: Document, asked: Asked, version: DocumentVersion) -> datetime | None:
    """When something that it tells of was first changed after it was made."""
    texts = DocumentText.objects.filter(project=asked.project, document=document.key, row_id=version.row_id).values("pk")
    followed = [resource(key).model._meta.label_lower for key in document.follows]
    rows = History.objects.filter(Q(resource__in=followed, project_id=asked.project.pk) | Q(resource="frame.documenttext", object_id__in=texts))
    found: datetime | None = rows.filter(at__gt=version.said_at).order_by("id").values_list("at", flat=True).first()
    return found


def answer(asked: Asked, version: DocumentVersion, file_kind: str, name: str) -> FileResponse:
    """The file, handed out and never shown as a page of ours. Raises PermissionDenied when it holds what these eyes may not see."""
    if not may_read(asked, version):
        raise PermissionDenied(_("This version was made with rights that you do not have here. Make one of your own."))
    try:
        stored = getattr(version, file_kind).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    told = FileResponse(stored, as_attachment=True, filename=f"{name}.{file_kind}", content_type=kinds[file_kind])
    told["X-Content-Type-Options"] = "nosniff"
    told["Cache-Control"] = "private, no-cache"
    return told


def file_name(document: Document, asked: Asked, version: DocumentVersion) -> str:
    """What the file is called, without its ending."""
    with translation.override(version.language):
        words = f"{asked.project.code} {document.title} V{version.number}"
    return "".join("-" if letter in '\\/:*?"<>|' else letter for letter in saying.printable(words))
