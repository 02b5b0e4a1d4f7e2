"""Long work of the frame itself: big sheets tried and imported."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import ImportFile, LongWork
from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.work import imports, longwork
from jingwei.frame.work.longwork import Watch

import_kind = "frame.import"


def begin_import(access: Access, found: Resource, kept: ImportFile, *, apply: bool) -> LongWork:
    """Queue the trial of a file, or its import; its page shows the progress. ValidationError when its owner has too much running."""
    if found.is_reserved and scope.current().is_of_token:  # the work outlives the request, and would be the person's own
        raise PermissionDenied(_("A token does not import this. Log in and do it yourself."))
    work = longwork.begin(
        import_kind, title=kept.name, payload={"resource": found.key, "file": kept.pk, "apply": apply}, user=kept.user, about=imports.about(access, found),
        url=reverse("import-trial", args=[found.key, kept.pk]),
    )  # fmt: skip
    ImportFile.objects.filter(pk=kept.pk).update(work_id=work.pk, trial=None)
    return work


@longwork.kind(import_kind)
def import_sheet(payload: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Try a sheet, or import it; the report is kept with the file. The rights are those the person has when it runs."""
    work = LongWork.objects.select_related("user", "tenant").get(pk=watch.pk)
    if work.user is None:
        raise imports.gone()
    access, found = access_of(work.user, work.tenant), resource(payload["resource"])

    def progress(done: int, total: int) -> None:
        watch.tell(done, total)
        if watch.should_stop():
            raise longwork.Stopped

    with scope.within(scope.Scope(work.tenant_id, work.user_id, access.project_ids, origin="import", limits=access.limits)):
        try:
            access.require_anywhere(found.permission("import"))
            if (kept := imports.found(access, payload["file"], found)) is None:
                raise imports.gone()
            report = (imports.carry_out if payload.get("apply") else imports.try_out)(kept, found, access, progress)
        except PermissionDenied as problem:
            raise ValidationError(str(problem)) from problem
    return {"counts": report.counts, "applied": bool(kept.outcome.get("applied"))}
