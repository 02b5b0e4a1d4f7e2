"""REST for project templates: GET /api/v1/projects/{code}/template writes a project to a file, POST /api/v1/templates brings one in as a new project or into one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from jingwei.frame.models.values import whole
from jingwei.frame.project_templates import bringing, file, kept, ready, taking
from jingwei.frame.project_templates.bringing import Wanted
from jingwei.frame.walls import heavy
from jingwei.frame.web import project_named

kinds = {"json": "application/json", "zip": "application/zip"}
_asked: dict[str, Any] = {
    "file": {"type": "string", "format": "binary", "description": "the template; or name a ready one"},
    "ready": {"type": "string", "description": "key of a template of the product"},
    "project": {"type": "string", "description": "code of the project it is brought into; left out, a new project is made"},
    "code": {"type": "string", "description": "of the new project"},
    "name": {"type": "string", "description": "of the new project; left out, that of the template"},
    "start_on": {"type": "string", "format": "date", "description": "of the new project: every date of the template moves by working days"},
    "people": {"type": "string", "description": "JSON: id of a person by the number of a placeholder; null or left out is nobody"},
}
_described = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {"type": "object", "properties": _asked}}}}}


class ReadyTold(Schema):
    """A template of the product."""

    key: str
    title: str
    summary: str


class BroughtTold(Schema):
    """What was made: rows by resource; `missing` are things that are not there and were left empty, `roles` those that people had, to be given here; undo takes `trace`."""

    project: str
    counts: dict[str, int]
    missing: list[str]
    roles: list[str]
    trace: str


class WorkTold(Schema):
    """A large template is brought in as long work."""

    work: int


def answered(name: str, taken: taking.Taken) -> HttpResponse:
    """The file as a download; what was left out is told in a heading for programs, and on the page for people."""
    content, ending = file.packed(taken.data, taken.files)
    response = HttpResponse(content, content_type=kinds[ending])
    response["Content-Disposition"] = f'attachment; filename="{name}-template.{ending}"'
    response["X-Left-Out"] = str(len(taken.left_out))
    return response


def routers() -> tuple[Router, Router]:
    """The operations below /projects and those below /templates."""
    projects, templates = Router(tags=["templates"]), Router(tags=["templates"])

    @projects.get("/{project}/template", response={200: bytes}, operation_id="project_template", summary="A project as a template")
    def take(request: HttpRequest, project: str, tasks: str = "", files: bool = True) -> Any:
        place = project_named(request, project, "frame.project.view")  # type: ignore[arg-type]
        with heavy.turn(request):
            return answered(place.code, taking.take(place, request.access, tasks=chosen(tasks), with_files=files))  # type: ignore[attr-defined]

    @templates.get("", response={200: list[ReadyTold]}, operation_id="templates_list", summary="The templates of the product")
    def listing(request: HttpRequest) -> Any:
        request.access.require_anywhere("frame.project.view")  # type: ignore[attr-defined]
        return [{"key": each.key, "title": str(each.title), "summary": str(each.summary)} for each in ready.templates()]

    @templates.post("", response={201: BroughtTold, 202: WorkTold}, operation_id="template_bring", openapi_extra=_described)
    def bring(request: HttpRequest) -> Any:
        access: Any = request.access  # type: ignore[attr-defined]
        place = project_named(request, code, "frame.project.view") if (code := request.POST.get("project", "")) else None  # type: ignore[arg-type]
        kept.require(access, place)
        with heavy.turn(request):
            content = _content(request)
            data, files = file.unpacked(content)
            wanted = Wanted(
                request.POST.get("name", ""),
                request.POST.get("code", ""),
                _day(request.POST.get("start_on", "")),
                place,
                _people(request.POST.get("people", "")),
            )
            if kept.is_large(data):
                return Status(202, {"work": kept.begin_work(access, request.user, content, wanted).pk})  # type: ignore[arg-type]
            done = bringing.bring(data, files, wanted, access)
        told = {"project": done.project.code, "counts": done.counts, "missing": done.missing, "roles": done.roles, "trace": done.trace}
        return Status(201, told)

    return projects, templates


def chosen(text: str) -> list[int] | None:
    """Ids of tasks, separated by commas; None for all. ValidationError for what is none."""
    numbers = [whole(each) for each in text.split(",")] if text.strip() else []
    if any(number is None for number in numbers) or len(numbers) > file.rows_at_most:
        raise ValidationError({"tasks": _("Give the ids of tasks, separated by commas.")})
    return [number for number in numbers if number is not None] or None


def _content(request: HttpRequest) -> bytes:
    upload, key = request.FILES.get("file"), request.POST.get("ready", "")
    if key:
        return ready.content_of(key)
    if upload is None or isinstance(upload, list) or upload.size is None or upload.size > file.bytes_at_most:
        raise ValidationError({"file": _("Choose a template of at most %(most)s MB.") % {"most": file.bytes_at_most // 1_000_000}})
    content: bytes = upload.read()
    return content


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValidationError({"start_on": _("Write the date as 2026-11-02.")}) from None


def _people(text: str) -> dict[int, int | None]:
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or any(whole(str(key)) is None or not (value is None or type(value) is int) for key, value in told.items()):
        raise ValidationError({"people": _("Give a JSON object: number of the placeholder → id of a person, or null.")})
    return {int(key): value for key, value in told.items()}
