"""Schedule files: bring one, see what it would do, carry it out; take the project along as one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.schedule import files, queries, services
from jingwei.domains.schedule.models import PlanImport
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.frame.models import Project
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.walls import confined, heavy
from jingwei.frame.web import Request

written = ("work.task.add", "work.task.change", "work.dependency.add", "work.dependency.change")


@require_GET
def desk(request: Request, code: str) -> HttpResponse:
    """What came so far, and the form for one more."""
    project = project_asked(request, code)
    if request.access.allows("work.task.import", project.pk):
        confined.warm(plans=True)
    return _desk(request, project)


def _desk(request: Request, project: Project, problems: list[str] | None = None) -> HttpResponse:
    may_import = request.access.allows("work.task.import", project.pk)
    context = {"project": project, "files": queries.files_of(project.pk)[:30], "may_import": may_import, "problems": problems or []}
    return render(request, "schedule/files.html", context, status=422 if problems else 200)


@require_POST
@heavy.rendering
def bring(request: Request, code: str) -> HttpResponse:
    """Keep a file and show what it would do."""
    project = project_asked(request, code, "import")
    given = request.FILES.get("file")
    if given is None:
        return _desk(request, project, [_("Choose a file first.")])
    if given.size is not None and given.size > files.largest_bytes:
        return _desk(request, project, [_("The file is larger than 50 MB.")])
    try:
        kept = services.file_keep(project=project, name=given.name or "", content=given.read())
    except ValidationError as problem:
        return _desk(request, project, problem.messages)
    return redirect("schedule-file", code=code, pk=kept.pk)


def _kept(project: Project, pk: int) -> PlanImport:
    kept = queries.files_of(project.pk).filter(pk=pk).first()
    if kept is None:
        raise Http404
    return kept


@require_GET
@heavy.rendering
def shown(request: Request, code: str, pk: int) -> HttpResponse:
    """The preview, or what the import did."""
    project = project_asked(request, code, "import")
    kept = _kept(project, pk)
    preview = (
        files.preview(project, files.plan_of(bytes(kept.content), kept.name), makes_calendars=request.access.allows("worktime.calendar.add"))
        if kept.done_at is None
        else None
    )
    return render(request, "schedule/file.html", {"project": project, "kept": kept, "preview": preview})


@require_POST
@heavy.rendering
def carry_out(request: Request, code: str, pk: int) -> HttpResponse:
    """Import it."""
    project = project_asked(request, code, "import")
    for permission in written:  # whoever brings many writes them too
        request.access.require(permission, project.pk)
    kept = _kept(project, pk)
    try:
        done = services.file_import(
            instance=kept,
            sets_project=request.access.allows("frame.project.change", project.pk),
            makes_calendars=request.access.allows("worktime.calendar.add"),
        )
        offer_undo(request, _("%(new)s tasks are new, %(changed)s changed, %(links)s links written.") % (done.counts or {}))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("schedule-file", code=code, pk=pk)


@require_GET
@heavy.rendering
def export(request: Request, code: str) -> HttpResponse:
    """The project as Microsoft Project XML."""
    project = project_asked(request, code, "export")
    try:
        content = queries.project_file(project)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("schedule-files", code=code)
    answer = HttpResponse(content, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{project.code}.xml"'
    return answer
