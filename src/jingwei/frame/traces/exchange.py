"""Edges out and in as CSV: a line an edge, both ends by their codes. A file is taken as a whole or not at all."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import Edge, Project
from jingwei.frame.records import meant
from jingwei.frame.records.exchange import Sheet, guarded
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access
from jingwei.frame.traces import edges
from jingwei.frame.traces.coverage import Reach
from jingwei.frame.traces.trace import Trace, is_suspect

lines_at_most = 300  # of a file that comes in: it is written in one transaction
written_at_most = 20_000
headers = ("source", "target")
further = ("source_label", "target_label", "state")  # go out for people, and are passed over on the way in


def written(trace: Trace, access: Access, project: Project) -> bytes:
    """The edges of a project, with a byte-order mark. PermissionDenied without the right to take both ends out."""
    for end in trace.ends:
        access.require(end.permission("export"), project.pk)
    reach = Reach(trace, access, project)
    told = list(reach.edges.filter(source_id__in=reach.sources.order_by().values("pk")).order_by("source_id", "target_id")[:written_at_most])
    rows = [end.seen(access).in_bulk({getattr(each, name) for each in told}) for end, name in zip(trace.ends, ("source_id", "target_id"), strict=True)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*headers, *further))
    for each in told:
        pair = rows[0].get(each.source_id), rows[1].get(each.target_id)
        if None not in pair:
            codes = [end.name_of(row) for end, row in zip(trace.ends, pair, strict=True)]
            writer.writerow([guarded(text) for text in (*codes, *map(str, pair), "suspect" if is_suspect(each) else "")])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


@in_turn
def taken(trace: Trace, sheet: Sheet, access: Access, project: Project) -> int:
    """Join what a sheet names in a project; edges that are there already stay as they are. Gives how many are new. ValidationError names every line that cannot be."""
    named = {header.lower(): header for header in sheet.headers}
    if missing := [name for name in headers if name not in named]:
        raise ValidationError(_("The file lacks the columns: %(names)s.") % {"names": ", ".join(missing)})
    if unknown := sorted(set(named) - {*headers, *further} - {""}):
        raise ValidationError(_("Columns that mean nothing here: %(names)s.") % {"names": ", ".join(unknown)[:200]})
    if len(sheet.rows) > lines_at_most:
        raise ValidationError(_("At most %(most)s lines at once. Divide the file.") % {"most": lines_at_most})
    made, problems = 0, []
    for number, line in enumerate(sheet.rows, 2):
        try:
            made += _joined(trace, [line.get(named[name], "") for name in headers], access, project)
        except ValidationError as problem:
            problems.append(_("Line %(number)s: %(text)s") % {"number": number, "text": " ".join(problem.messages)})
        except PermissionDenied as problem:
            problems.append(_("Line %(number)s: %(text)s") % {"number": number, "text": str(problem)})
    if problems:
        raise ValidationError(problems[:50])
    return made


def _joined(trace: Trace, texts: list[str], access: Access, project: Project) -> bool:
    ends: list[Any] = []
    for end, text in zip(trace.ends, texts, strict=True):
        rows = end.seen(access)
        is_near = end.place_path and not trace.crosses_projects
        with scope.because(origin=meant.by_file):
            ends.append(edges.by_code(end, text, rows.filter(**{end.place_path: project.pk}) if is_near else rows))
    source, target = ends
    if Edge.objects.filter(trace=trace.name, source=trace.source, source_id=source.pk, target=trace.target, target_id=target.pk).exists():
        return False
    edges.join(trace, source, target, access, via="import")
    return True
