"""Export and the template to fill in, for any resource; the wizard of imports is beside it."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from jingwei.frame.records import exchange
from jingwei.frame.records.listing import Listing
from jingwei.frame.ui.records import found
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request

excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@heavy.rendering
def export(request: Request, key: str, kind: str) -> HttpResponseBase:
    """The list as it is filtered, as a file."""
    resource = found(request, key, "export")
    listing = Listing(resource, request.access, request.GET.dict(), verb="export")
    rows, names = listing.all_rows, exchange.fields_told(resource, request.access, listing.place)
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
