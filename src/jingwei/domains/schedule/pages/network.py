"""The network page: the plan as boxes and lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from jingwei.domains.schedule import diagram, queries
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.domains.schedule.paper.shapes import fitted
from jingwei.domains.work import queries as work
from jingwei.frame.models.values import whole
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request

most_boxes = 500  # more than that are closed by their summaries at first
fields = (
    "pk", "parent_id", "wbs", "name", "start", "finish", "late_start", "late_finish", "total_float_minutes", "duration_minutes", "percent", "is_summary",
    "is_milestone", "is_critical",
)  # fmt: skip


@require_GET
@heavy.rendering
def network(request: Request, code: str) -> HttpResponse:
    """Boxes with early and late dates; `closed` names the summaries drawn as one box."""
    project = project_asked(request, code)
    rows: dict[int, Mapping[str, Any]] = {row["pk"]: row for row in work.tasks_of(project.pk).values(*fields)}
    summaries = [row for row in rows.values() if row["is_summary"]]
    asked = request.GET.get("closed")
    if asked is None:
        closed = {row["pk"] for row in summaries} if len(rows) - len(summaries) > most_boxes else set()
    else:
        closed = {pk for each in asked.split(",") if (pk := whole(each)) is not None} & {row["pk"] for row in summaries}
    links = work.links_of(project.pk).values_list("predecessor_id", "successor_id", "type")
    drawn = diagram.draw(rows, links, closed)
    zone, per_day = ZoneInfo(project.zone), queries.minutes_per_day(project)
    return render(
        request,
        "schedule/network.html",
        {
            "project": project, "diagram": drawn, "boxes": [_box(node, zone, per_day) for node in drawn.nodes],
            "summaries": [{**row, "is_closed": row["pk"] in closed, "url": _toggled(closed, row["pk"])} for row in summaries],
            "all_closed": ",".join(str(row["pk"]) for row in summaries), "width": diagram.box_width, "height": diagram.box_height,
        },
    )  # fmt: skip


def _toggled(closed: set[int], pk: int) -> str:
    return ",".join(str(each) for each in sorted(closed ^ {pk}))


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%m-%d") if moment else "–"


def _box(node: diagram.Node, zone: ZoneInfo, per_day: int) -> dict[str, Any]:
    row = node.row
    days = _("%(days)s d") % {"days": f"{row['duration_minutes'] / per_day:g}"}
    slack = f"{(row['total_float_minutes'] or 0) / per_day:.1f}".removesuffix(".0")
    dates = [_day(row[name], zone) for name in ("start", "finish", "late_start", "late_finish")]
    words = _("%(name)s: early %(es)s to %(ef)s, late %(ls)s to %(lf)s, float %(tf)s days") % {
        "name": f"{row['wbs']} {row['name']}", "es": dates[0], "ef": dates[1], "ls": dates[2], "lf": dates[3], "tf": slack,
    }  # fmt: skip
    return {
        "key": node.key, "x": node.x, "y": node.y, "title": fitted(f"{row['wbs']} {row['name']}", 12, diagram.box_width - 18), "words": words,
        "es": dates[0], "ef": dates[1], "ls": dates[2], "lf": dates[3], "tf": slack, "days": "" if row["is_summary"] or row["is_milestone"] else days,
        "is_critical": row["is_critical"], "is_summary": row["is_summary"], "is_done": row["percent"] >= 100,
        "before": " ".join(map(str, node.before)), "after": " ".join(map(str, node.after)),
    }  # fmt: skip
