"""Import in two steps (try, then apply) and export, for any resource."""

from __future__ import annotations

import base64

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from jingwei.frame import exchange
from jingwei.frame.listing import Listing
from jingwei.frame.models import LongWork
from jingwei.frame.ui.records import found
from jingwei.frame.web import Request

excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
bytes_at_most = 20_000_000


@require_GET
def export(request: Request, key: str, kind: str) -> HttpResponseBase:
    """The list as it is filtered, as a file."""
    resource = found(request, key, "export")
    rows = Listing(resource, request.access, request.GET.dict(), verb="export").all_rows
    if kind == "xlsx":
        response: HttpResponseBase = HttpResponse(exchange.export_xlsx(resource, rows), content_type=excel)
    else:
        parts = list(exchange.export_csv(resource, rows))  # read inside this request's scope
        response = StreamingHttpResponse(iter(parts), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.{"xlsx" if kind == "xlsx" else "csv"}"'
    return response


@require_GET
def template(request: Request, key: str) -> HttpResponse:
    """An empty sheet to fill in."""
    resource = found(request, key, "import")
    response = HttpResponse(exchange.template(resource), content_type=excel)
    response["Content-Disposition"] = f'attachment; filename="{key}-template.xlsx"'
    return response


@require_http_methods(["GET", "POST"])
def load(request: Request, key: str) -> HttpResponse:
    """Upload and try; the file waits for the word to apply it."""
    resource = found(request, key, "import")
    context: dict[str, object] = {"resource": resource, "columns": [(n, resource.label(n)) for n in exchange.fields_of(resource)]}
    if request.method == "POST":
        try:
            if request.POST.get("apply"):
                return _apply(request, key)
            file = request.FILES.get("file")
            if file is None or file.size is None or file.size > bytes_at_most:
                raise ValidationError(_("Choose a file of at most 20 MB."))
            content = file.read()
            sheet = exchange.read_sheet(content, file.name or "")
            report = exchange.dry_run(resource, sheet, request.access)
            kept = LongWork(
                user=request.user, title=file.name or "", tenant_id=request.tenant.pk, payload={"resource": key, "file": base64.b64encode(content).decode()}
            )
            kept.save()
            context |= {"report": report, "kept": kept}
        except ValidationError as problem:
            context["errors"] = problem.messages
    return render(request, "frame/records/import.html", context, status=422 if context.get("errors") else 200)


def _apply(request: Request, key: str) -> HttpResponse:
    resource = found(request, key, "import")
    kept = LongWork.objects.filter(pk=request.POST.get("apply") or 0, user=request.user, payload__resource=key).first()
    if kept is None:
        raise ValidationError(_("The file is no longer here. Upload it again."))
    sheet = exchange.read_sheet(base64.b64decode(kept.payload["file"]), kept.title)
    report = exchange.apply(resource, sheet, request.access)
    if not report.is_clean:
        return render(
            request, "frame/records/import.html", {"resource": resource, "report": report, "kept": kept, "errors": [_("Nothing was imported.")]}, status=422
        )
    kept.delete()
    counts = report.counts
    messages.success(request, _("Imported: %(create)s new, %(update)s changed, %(unchanged)s unchanged.") % counts)
    return redirect("records", key=key)
