"""The plan on paper: a page of sheets to print, and the same sheets as PDF."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from jingwei.domains.schedule import queries
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.domains.schedule.paper.layout import Printed, Row, sheets, sizes
from jingwei.domains.schedule.paper.shapes import Sheet
from jingwei.domains.schedule.paper.svg import svg_of
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request

shown = 60  # sheets in the page; more are in the PDF
fields = (
    "pk", "wbs", "name", "start", "finish", "duration_minutes", "percent", "is_summary", "is_milestone", "is_critical", "late_finish", "total_float_minutes",
)  # fmt: skip


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone).replace(tzinfo=None) if moment else None


def printed_plan(project: Project) -> Printed:
    """A project's plan as it is printed, with its current baseline."""
    zone = ZoneInfo(project.zone)
    was = queries.baseline_dates(queries.current_baseline(project.pk))
    per_day = queries.minutes_per_day(project)
    rows = []
    for t in work.tasks_of(project.pk).values(*fields):
        before = was.get(t["pk"], (None, None))
        late = t["late_finish"] if (t["total_float_minutes"] or 0) > 0 and not t["is_summary"] else None
        rows.append(
            Row(
                t["pk"], t["wbs"], t["name"], t["wbs"].count("."), _local(t["start"], zone), _local(t["finish"], zone), round(t["duration_minutes"] / per_day, 1),
                t["percent"], t["is_summary"], t["is_milestone"], t["is_critical"], _local(late, zone), _local(before[0], zone), _local(before[1], zone),
            )
        )  # fmt: skip
    links = list(work.links_of(project.pk).filter(type="FS").values_list("predecessor_id", "successor_id"))
    now = _local(timezone.now(), zone)
    return Printed(f"{project.code} {project.name}", rows, links, now, now)


def _sheets(request: Request, project: Project) -> tuple[str, list[Sheet]]:
    size = request.GET.get("size", "A4")
    size = size if size in sizes else "A4"
    return size, sheets(printed_plan(project), size)


@require_GET
@heavy.rendering
def paper(request: Request, code: str) -> HttpResponse:
    """The sheets in a page of their own."""
    project = project_asked(request, code)
    size, made = _sheets(request, project)
    drawn = [
        mark_safe(svg_of(sheet, _("Page %(number)s of %(count)s") % {"number": number, "count": len(made)}))  # noqa: S308 every text in it is escaped
        for number, sheet in enumerate(made[:shown], 1)
    ]
    return render(request, "schedule/paper.html", {"project": project, "sheets": drawn, "size": size, "sizes": sizes, "left": max(0, len(made) - shown)})


@require_GET
@heavy.rendering
def paper_pdf(request: Request, code: str) -> HttpResponse:
    """The same as a file."""
    from jingwei.domains.schedule.paper.pdf import pdf_of

    project = project_asked(request, code)
    size, made = _sheets(request, project)
    answer = HttpResponse(pdf_of(made, f"{project.code} {project.name}"), content_type="application/pdf")
    name = quote(f"{project.code}-{_('plan')}-{size}.pdf")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return answer
