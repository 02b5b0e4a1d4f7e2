"""A template on its way in: kept sealed for its owner until he has said what is asked, carried out at once or as long work, forgotten after a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import ImportFile, LongWork, Project, User
from jingwei.frame.project_templates import bringing, declared, file
from jingwei.frame.project_templates.bringing import Brought, Wanted
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.work import imports, longwork
from jingwei.frame.work.longwork import Watch

kind = "frame.template"
verb = "template"  # what the file is kept for: no import of projects finds it
rows_at_once = 300  # more are brought in as long work


def require(access: Access, project: Project | None, *, is_written: bool = True) -> None:
    """The right comes before the file: a new project is added, rows of an existing one are. Raises PermissionDenied."""
    if project is None and not is_written:
        access.require_anywhere(declared.project().permission("add"))
    elif project is None:
        access.require(declared.project().permission("add"), None)
    elif not any(access.allows(each.permission("add"), project.pk) for each in declared.templated()):
        access.require(declared.templated()[0].permission("add"), project.pk)


def is_large(data: Mapping[str, Any]) -> bool:
    """Whether it is brought in as long work."""
    return sum(map(len, data["rows"].values())) > rows_at_once or bool(data.get("files"))


def _about(access: Access) -> longwork.About:
    return longwork.About(declared.project().key, "view", access.projects(declared.project().permission("view")))


def keep(access: Access, user: User, content: bytes, name: str = "") -> ImportFile:
    """Keep a file that was looked through; ValidationError when it is none of ours."""
    data, _files = file.unpacked(content)
    return imports.sealed(user, name or str(data["project"].get("name", "")), content, {**_about(access).noted(), "verb": verb})


def found(access: Access, pk: int) -> ImportFile | None:
    """The file of that id, when it is one's own and still here."""
    kept: ImportFile | None = ImportFile.objects.filter(pk=pk, user_id=access.user_id, verb=verb, created_at__gt=timezone.now() - imports.kept_for).first()
    return kept if kept is not None and longwork.is_seen_by(access, kept) else None


def carry_out(kept: ImportFile, wanted: Wanted, access: Access, progress: bringing.Progress | None = None) -> Brought:
    """Do it, once."""
    with transaction.atomic():
        held = ImportFile.objects.select_for_update().filter(pk=kept.pk).first()
        if held is None:
            raise imports.gone()
        if held.outcome.get("applied"):  # pressed twice, or in two tabs
            raise ValidationError(_("This template was brought in already. Undo that first, or choose it again."))
        data, files = file.unpacked(imports.content_of(kept))
        done = bringing.bring(data, files, wanted, access, *([progress] if progress else []))
        outcome = {"applied": True, "project": done.project.pk, "counts": done.counts, "missing": done.missing[:50], "roles": done.roles, "trace": done.trace}
        ImportFile.objects.filter(pk=kept.pk).update(outcome=outcome)
        return done


def begin_work(access: Access, user: User, content: bytes, wanted: Wanted, kept: ImportFile | None = None, url: str = "/running/") -> LongWork:
    """Queue it. ValidationError when its owner has too much running."""
    kept = kept or keep(access, user, content)
    payload = {
        "name": wanted.name, "code": wanted.code, "start_on": wanted.start_on.isoformat() if wanted.start_on else "",
        "project": wanted.project.pk if wanted.project else None, "file": kept.pk,
        "people": {str(number): pk for number, pk in wanted.people.items()},
    }  # fmt: skip
    work = longwork.begin(kind, title=_("Template %(name)s") % {"name": kept.name}, payload=payload, user=user, about=_about(access), url=url)
    ImportFile.objects.filter(pk=kept.pk).update(work_id=work.pk)
    return work


@longwork.kind(kind)
def bring_template(payload: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Bring one in, with the rights that the person has when it runs."""
    work = LongWork.objects.select_related("user", "tenant").get(pk=watch.pk)
    if work.user is None:
        raise imports.gone()
    access = access_of(work.user, work.tenant)

    def progress(done: int, total: int) -> None:
        watch.tell(done, total)
        if watch.should_stop():
            raise longwork.Stopped

    with scope.within(scope.Scope(work.tenant_id, work.user_id, access.project_ids, origin="import", limits=access.limits)):
        if (kept := found(access, payload["file"])) is None:
            raise imports.gone()
        project = Project.objects.filter(pk=payload["project"]).first() if payload["project"] else None
        people = {int(number): pk for number, pk in payload["people"].items()}
        start = date.fromisoformat(payload["start_on"]) if payload["start_on"] else None
        try:
            require(access, project)
            done = carry_out(kept, Wanted(payload["name"], payload["code"], start, project, people), access, progress)
        except PermissionDenied as problem:
            raise ValidationError(str(problem)) from problem
    return {"project": done.project.code, "counts": done.counts}
