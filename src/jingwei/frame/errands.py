"""Long work of the frame itself: big sheets tried and imported."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from jingwei.frame import exchange, longwork, scope
from jingwei.frame.access import access_of
from jingwei.frame.longwork import Watch
from jingwei.frame.models import LongWork
from jingwei.frame.resource import resource

import_kind = "frame.import"


@longwork.kind(import_kind)
def import_sheet(payload: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Try a sheet, or import it; the outcome is its report. The rights are those the person has when it runs."""
    work = LongWork.objects.select_related("user", "tenant").get(pk=watch.pk)
    if work.user is None or work.file is None:
        raise ValidationError(_("The file is no longer here. Upload it again."))
    access, found = access_of(work.user, work.tenant), resource(payload["resource"])
    sheet = exchange.read_sheet(bytes(work.file), work.title)

    def progress(done: int, total: int) -> None:
        watch.tell(done, total)
        if watch.should_stop():
            raise longwork.Stopped

    with scope.within(scope.Scope(work.tenant_id, work.user_id, access.project_ids, origin="import", limits=access.limits)):
        try:
            access.require_anywhere(found.permission("import"))
            carry_out = exchange.apply if payload.get("apply") else exchange.dry_run
            report = carry_out(found, sheet, access, progress)
        except PermissionDenied as problem:
            raise ValidationError(str(problem)) from problem
    return exchange.told_of(report) | {"applied": bool(payload.get("apply")) and report.is_clean}
