"""What a phone sends: a draft is written once however often it comes, and over nothing that its page had not shown."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.domains.labour import queries
from jingwei.domains.labour.models import Sheet
from jingwei.domains.labour.pages.sheets import form, line_fields, sees_lines, told, versions
from jingwei.domains.labour.services import sheet_name_by_phone
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.postgres import locks
from jingwei.frame.records import commands, doubts
from jingwei.frame.records.resource import resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.ui.errors import asks_json
from jingwei.frame.ui.typed import as_typed, plain_breaks
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request
from jingwei.kernels import bounds

usual_hours = "8"  # that stand in a line in which nothing was written
plain_fields = ("work_date", "team", "task", "place", "description")


class Away(Exception):
    """The sheet is in this project no more; `sheet` where it may be seen now, None when that is nowhere."""

    def __init__(self, sheet: Sheet | None) -> None:
        super().__init__()
        self.sheet = sheet


@require_POST
def save(request: Request) -> HttpResponse:
    """Write a sheet and, when asked, submit it; the same draft sent twice, also at once, is written once."""
    project = next((p for p in Project.objects.all() if str(p.pk) == request.POST.get("project")), None)
    if project is None:
        raise Http404
    request.access.require("labour.sheet.view", project.pk)
    given, lines = _given(request)
    try:
        with heavy.for_files(request):
            kept = _kept(request, project, given, lines)
    except ValidationError as problem:
        if _wants_json(request):
            return JsonResponse({"errors": told(problem)}, status=422)
        seen = {name: request.POST.get(name, "") for name in ("key", "version")}
        context = form(request, project, given | seen, lines, _known(request, project)) | {"errors": told(problem)}
        return render(request, "labour/phone_form.html", context, status=422)
    except doubts.Doubtful as problem:
        return _asked(request, project, given, lines, problem)
    except commands.Stale as problem:
        return _refused(request, project, given, lines, problem.row)
    except Away as problem:
        return _away(request, project, given, lines, problem.sheet)
    target = reverse("phone-sheets") + f"?done={kept.pk}"
    return JsonResponse({"url": target, "number": kept.number, "status": kept.status}) if _wants_json(request) else redirect(target)


def _wants_json(request: Request) -> bool:
    return bool(request.headers.get("X-Draft")) or asks_json(request)


def _away(request: Request, project: Project, given: dict[str, Any], lines: list[dict[str, Any]], found: Sheet | None) -> HttpResponse:
    """409: where it is now; a sheet that is nowhere any more is written as a new one by whoever sends it again."""
    if found is not None:
        text = _("This sheet is in project “%(project)s” now: somebody moved it. Nothing was written; what you typed is kept. Look at it there.")
        return _told_again(request, project, given, lines, [_error(text % {"project": found.project})], found, None)
    text = _(
        "Somebody deleted this sheet, or moved it to where you may not look. Nothing was written; what you typed is kept. To write it as a new sheet, send it again."
    )
    return _told_again(request, project, given, lines, [_error(text)], None, None)


def _asked(request: Request, project: Project, given: dict[str, Any], lines: list[dict[str, Any]], problem: doubts.Doubtful) -> HttpResponse:
    """409: nothing was written; whoever means it ticks that and sends it again."""
    errors = [_error(text) for text in problem.texts]
    if _wants_json(request):
        return JsonResponse({"errors": errors, "is_doubtful": True}, status=409)
    context = form(request, project, given | {"key": request.POST.get("key", "")}, lines) | {"errors": errors, "is_doubtful": True}
    return render(request, "labour/phone_form.html", context, status=409)


def _error(text: str) -> dict[str, str]:
    return {"field": "", "label": "", "message": text}


def _told_again(
    request: Request,
    project: Project,
    given: dict[str, Any],
    lines: list[dict[str, Any]],
    errors: list[dict[str, str]],
    found: Sheet | None,
    version: int | None,
) -> HttpResponse:
    """409 with what was typed; `found` and its version are what is sent with it the next time."""
    if _wants_json(request):
        look = {"look": reverse("phone-sheet", args=[found.pk])} if found is not None else {}
        return JsonResponse({"errors": errors, "sheet": found.pk if found is not None else None, "version": version, **look}, status=409)
    seen = {"key": request.POST.get("key", ""), "version": version}
    return render(request, "labour/phone_form.html", form(request, project, given | seen, lines, found) | {"errors": errors}, status=409)


def _refused(request: Request, project: Project, given: dict[str, Any], lines: list[dict[str, Any]], found: Sheet) -> HttpResponse:
    """409: what is there now, beside what was typed; who sends it again has seen that."""
    is_open = found.status in Sheet.written_in
    if is_open:
        text = _(
            "Somebody changed this sheet since you opened it. Nothing was written; what you typed is kept. Look at what is there now; if yours is right, send it again."
        )
    else:
        text = _("This sheet is “%(state)s” meanwhile. Nothing was written; what you typed is kept.") % {"state": found.get_status_display()}
    errors = [_error(text), *_differences(request, found, given, lines)]
    return _told_again(request, project, given, lines, errors, found, found.version if is_open else None)


def _given(request: Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The posted fields, and the lines in which anything was written: a new one of the usual hours and nothing else is none."""
    given = {name: request.POST.get(name, "") for name in plain_fields if name in request.POST}
    given |= {name: f"#{given[name]}" for name in ("team", "task") if whole(given.get(name, "")) is not None}  # chosen from our own lists
    columns = [request.POST.getlist(f"line-{name}") for name in line_fields]
    ids = request.POST.getlist("line-id")
    lines: list[dict[str, Any]] = []
    for number, cells in enumerate(zip(*columns, strict=False)):
        line = {name: cell.strip() for name, cell in zip(line_fields, cells, strict=True)}
        known = ids[number] if number < len(ids) else ""
        if known or line["worker"] or line["trade"] or line["rate"] or _figure(line["hours"] or usual_hours) != _figure(usual_hours):
            lines.append(line | ({"id": known} if known else {}))
    return given, lines


def _known(request: Request, project: Project) -> Sheet | None:
    """The sheet that this draft is already: by its id, or by what the phone calls it."""
    rows = resource("labour.sheet").rows(request.access).filter(project=project)
    pk, key = request.POST.get("sheet", ""), request.POST.get("key", "")
    found: Sheet | None = rows.filter(pk=number).first() if (number := whole(pk)) is not None else None
    return found or (rows.filter(client_key=key[:40]).first() if key else None)


@in_turn
def _kept(request: Request, project: Project, given: dict[str, Any], lines: list[dict[str, Any]]) -> Sheet:
    """The sheet with what was sent in it. Stale when it holds something else that the page had not shown, Away when it has left the project."""
    locks.hold(f"draft {project.pk} {request.POST.get('key', '')[:40]}")  # sent again while the first is on its way: it waits, and is found
    found = _known(request, project)
    if found is None and (pk := whole(request.POST.get("sheet", ""))) is not None:
        raise Away(resource("labour.sheet").rows(request.access).filter(pk=pk).first())
    if found is None:
        return _write(request, project, None, given, lines)
    seen, is_open = whole(request.POST.get("version", ""), versions), found.status in Sheet.written_in
    # a draft whose first answer was lost knows no version: while nobody else wrote into it, it is its own
    is_seen = seen == found.version if seen is not None else not queries.is_touched_by_others(found, request.user.pk)
    differs = bool(_differences(request, found, given, lines))
    if is_open and is_seen and (differs or request.FILES.get("photo")):
        return _write(request, project, found, given, lines)
    if differs:
        raise commands.Stale(found)
    if request.POST.get("then") == "submit" and is_open and (is_seen or found.status == Sheet.Status.DRAFT):
        return _submitted(request, found)
    return found


def _write(request: Request, project: Project, found: Sheet | None, given: dict[str, Any], lines: list[dict[str, Any]]) -> Sheet:
    sheets = resource("labour.sheet")
    files = {"photo": request.FILES["photo"]} if request.FILES.get("photo") else None
    with scope.because(reason=_("Sheets on the phone")):
        if found is None:
            typed = {name: as_typed(value) for name, value in given.items()}
            own = [{name: line[name] for name in line_fields} for line in lines]
            found = commands.create(sheets, {**typed, "project": project.pk, "lines": own}, request.access, files=files)
            if key := request.POST.get("key", ""):
                found = sheet_name_by_phone(instance=found, client_key=key)
            if not request.POST.get(doubts.field):
                doubts.ask(sheets, found, request.access)
        else:
            typed = {name: as_typed(value, getattr(found, name)) for name, value in given.items()}
            there = {str(pk) for pk in found.lines.values_list("pk", flat=True)}  # a line that is gone, as was told, is written anew
            own = [line if line.get("id") in there else {name: line[name] for name in line_fields} for line in lines]
            found = commands.change(sheets, found, {**typed, "lines": own}, request.access, files=files, version=found.version)
    return _submitted(request, found) if request.POST.get("then") == "submit" else found


def _submitted(request: Request, found: Sheet) -> Sheet:
    with scope.because(reason=_("Sheets on the phone")):
        done: Sheet = commands.act(resource("labour.sheet"), "submit", found, {}, request.access, version=found.version)
    return done


def _differences(request: Request, found: Sheet, given: dict[str, Any], lines: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What stands in the sheet where something else was sent, in words; of its lines only as far as they may be seen."""
    named = {"team": found.team_id, "task": found.task_id}
    stored = {name: f"#{named[name] or ''}".rstrip("#") if name in named else _plain(getattr(found, name)) for name in given}
    sheets = resource("labour.sheet")
    out = [
        {"field": name, "label": str(sheets.label(name)), "message": _("Now there: “%(value)s”.") % {"value": getattr(found, name) or "–"}}
        for name, value in given.items() if _plain(value) != stored[name]
    ]  # fmt: skip
    rows = list(found.lines.order_by("pk"))
    if sorted(map(_line, lines)) != sorted(_line({name: getattr(row, name) for name in line_fields}) for row in rows):
        shown = "; ".join(f"{row.worker} · {row.trade} · {row.hours.normalize():f} {_('h')} × {row.rate}" for row in rows) or "–"
        text = _("Now there: “%(value)s”.") % {"value": shown} if sees_lines(request, found.project) else _("Somebody changed them.")
        out.append({"field": "lines", "label": str(_("Workers")), "message": text})
    return out


def _plain(value: Any) -> str:
    return plain_breaks(str(value or "")).strip()


def _line(values: dict[str, Any]) -> tuple[str, ...]:
    """A line as it is compared: 8 h are 8.00 h."""
    return tuple(_figure(values[name]) if name in ("hours", "rate") else _plain(values[name]) for name in line_fields)


def _figure(value: Any) -> str:
    number = bounds.number_of(value)
    return str(value) if number is None or not bounds.is_written_out(number) else f"{number.normalize():f}"
