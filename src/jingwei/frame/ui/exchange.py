"""Import in two steps (try, then apply) and export, for any resource."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from jingwei.frame import confined, errands, exchange, heavy, longwork
from jingwei.frame.listing import Listing
from jingwei.frame.models import LongWork
from jingwei.frame.ui.records import found
from jingwei.frame.values import whole
from jingwei.frame.web import Request

excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
bytes_at_most = 20_000_000


@require_GET
@heavy.rendering
def export(request: Request, key: str, kind: str) -> HttpResponseBase:
    """The list as it is filtered, as a file."""
    resource = found(request, key, "export")
    rows = Listing(resource, request.access, request.GET.dict(), verb="export").all_rows
    names = exchange.fields_told(resource, request.access)
    if kind == "xlsx":
        response: HttpResponseBase = HttpResponse(exchange.export_xlsx(resource, rows, names), content_type=excel)
    else:
        parts = list(exchange.export_csv(resource, rows, names))  # read inside this request's scope
        response = StreamingHttpResponse(iter(parts), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.{"xlsx" if kind == "xlsx" else "csv"}"'
    return response


@require_GET
@heavy.rendering
def template(request: Request, key: str) -> HttpResponse:
    """An empty sheet to fill in."""
    resource = found(request, key, "import")
    response = HttpResponse(exchange.template(resource), content_type=excel)
    response["Content-Disposition"] = f'attachment; filename="{key}-template.xlsx"'
    return response


@require_http_methods(["GET", "POST"])
def load(request: Request, key: str) -> HttpResponse:
    """Upload and try; the file waits for the word to apply it. Many rows are tried as long work, whose page this is then too."""
    resource = found(request, key, "import")
    context: dict[str, object] = {"resource": resource, "columns": [(n, resource.label(n)) for n in exchange.fields_of(resource)]}
    if request.method == "POST":
        try:
            with heavy.turn(request):
                return _apply(request, key) if request.POST.get("apply") else _try(request, key, context)
        except ValidationError as problem:
            context["errors"] = problem.messages
    elif (pk := whole(request.GET.get("work", ""))) is not None:
        context |= _state(request, key, pk)
    else:
        confined.warm()
    return render(request, "frame/records/import.html", context, status=422 if context.get("errors") else 200)


def _kept(request: Request, key: str, pk: int) -> LongWork | None:
    kept = longwork.found(request.access, pk, payload__resource=key)
    return kept if kept is not None and request.access.anywhere(f"{key}.import") else None


def _about(request: Request, key: str) -> longwork.About:
    """A sheet may name rows wherever this person may import."""
    return longwork.About(key, "import", request.access.projects(f"{key}.import"))


def _state(request: Request, key: str, pk: int) -> dict[str, object]:
    """Where the long work stands: its progress, its report, or why it ended."""
    kept = _kept(request, key, pk)
    if kept is None:
        raise Http404
    if kept.status != LongWork.Status.DONE:
        return {"work": kept}
    return {"report": exchange.report_of(kept.outcome), "kept": kept, "is_applied": kept.outcome.get("applied"), "is_refused": kept.payload.get("apply")}


def _try(request: Request, key: str, context: dict[str, object]) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or file.size is None or file.size > bytes_at_most:
        raise ValidationError(_("Choose a file of at most 20 MB."))
    content, name = file.read(), file.name or ""
    resource = found(request, key, "import")
    sheet = exchange.read_sheet(content, name)
    if len(sheet.rows) > exchange.rows_in_request:
        return redirect(_begin(request, key, name, content, apply=False).url)
    report = exchange.dry_run(resource, sheet, request.access)
    kept = LongWork(user=request.user, title=name[:200], tenant_id=request.tenant.pk, payload={"resource": key}, file=content, **_about(request, key).noted())
    kept.save()
    return render(request, "frame/records/import.html", context | {"report": report, "kept": kept})


def _begin(request: Request, key: str, name: str, content: bytes, *, apply: bool) -> LongWork:
    return longwork.begin(
        errands.import_kind, title=name, payload={"resource": key, "apply": apply}, user=request.user, about=_about(request, key), file=content,
        url=f"{reverse('import', args=[key])}?work={{id}}",
    )  # fmt: skip


def _apply(request: Request, key: str) -> HttpResponse:
    resource = found(request, key, "import")
    kept = _kept(request, key, whole(request.POST.get("apply", "")) or 0)
    if kept is None or kept.file is None:
        raise ValidationError(_("The file is no longer here. Upload it again."))
    content = bytes(kept.file)
    sheet = exchange.read_sheet(content, kept.title)
    if len(sheet.rows) > exchange.rows_in_request:
        return redirect(_begin(request, key, kept.title, content, apply=True).url)
    report = exchange.apply(resource, sheet, request.access)
    if not report.is_clean:
        return render(
            request, "frame/records/import.html", {"resource": resource, "report": report, "kept": kept, "errors": [_("Nothing was imported.")]}, status=422
        )
    kept.delete()
    counts = report.counts
    messages.success(request, _("Imported: %(create)s new, %(update)s changed, %(unchanged)s unchanged.") % counts)
    return redirect("records", key=key)
