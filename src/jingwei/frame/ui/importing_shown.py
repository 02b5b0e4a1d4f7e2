"""What the pages of the import wizard show: the first rows, the columns with their fields, and the rows of a trial."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator

from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.records import columns, exporting
from jingwei.frame.records.fields import ReferenceField, form_field
from jingwei.frame.records.importing import Report, RowReport
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.web import Request
from jingwei.frame.work import imports
from jingwei.kernels.sheets.table import Reading

rows_previewed, rows_a_page, samples, letters = 20, 100, 3, 60
kinds = ("error", "create", "update", "unchanged")


def previewed(seen: Reading) -> dict[str, Any]:
    """The first rows, what stands above the headings, and how many rows there are."""
    first = range(min(rows_previewed, len(seen.rows)))
    rows = [(seen.numbers[place], [(text, seen.problems.get((place, column), "")) for column, text in enumerate(seen.rows[place])]) for place in first]
    above = [(number, line) for number, line in enumerate(seen.top[: seen.header - 1], 1) if any(cell.strip() for cell in line)]
    return {"rows": rows, "above": above, "count": len(seen.rows), "last_header": seen.header + seen.header_rows - 1}


def entries_of(resource: Resource, seen: Reading, plan: columns.Plan) -> list[dict[str, Any]]:
    """Each column of the file: its heading, what stands in it, the fields it may be, and which it is."""
    choices = [(name, exporting.heading(resource, name)) for name in exporting.fields_of(resource)]
    out = []
    for place, header in enumerate(seen.headers):
        if not header or header in columns.reason_headers:
            continue
        texts = list(dict.fromkeys(text[:letters] for line in seen.rows[:50] if (text := line[place].strip())))[:samples]
        out.append({"place": place, "header": header, "samples": texts, "field": plan.columns.get(header, ""), "choices": choices})
    return out


def fixed_form(resource: Resource, plan: columns.Plan, access: Access) -> list[dict[str, Any]]:
    """The fields without a column, to be given the same text for every row; those that a new row needs come first."""
    needed = columns.needed(resource)
    names = [name for name in exporting.fields_of(resource) if name not in plan.columns.values() and (resource.life is None or name != resource.life.field)]
    made = {f"fixed-{name}": field for name in names if (field := _field(resource, name, access)) is not None}
    form = type("Fixed", (forms.Form,), made)(initial={f"fixed-{name}": plan.fixed.get(name, "") for name in names}, auto_id="f-%s")
    entries = [{"field": form[f"fixed-{name}"], "kind": form[f"fixed-{name}"].field.widget.__class__.__name__, "is_needed": name in needed} for name in names]
    return sorted(entries, key=lambda entry: not entry["is_needed"])


def _field(resource: Resource, name: str, access: Access) -> forms.Field | None:
    """As text, as a cell would hold it; choices and projects are picked."""
    model_field = resource.model_field(name)
    if model_field is None:
        return None
    label, target = model_field.verbose_name, resource.target(name)
    if model_field.flatchoices:
        return forms.ChoiceField(required=False, label=label, choices=[("", ""), *model_field.flatchoices])
    if target is not None and target.model is Project:
        rows, where = target.rows(access).order_by("code"), access.projects(resource.permission("import"))
        projects = [(target.name_of(row), str(row)) for row in (rows if where is None else rows.filter(pk__in=where))[:500]]
        return forms.ChoiceField(required=False, label=label, choices=[("", ""), *projects])
    made = form_field(model_field)
    widget: Any = made.widget if isinstance(made, ReferenceField) else forms.TextInput(attrs={"class": "form-control"})
    return forms.CharField(required=False, label=label, widget=widget)


def shown_rows(request: Request, resource: Resource, plan: columns.Plan, report: Report) -> dict[str, Any]:
    """A page of the rows of one kind; by default of those that need a look."""
    counts = report.counts
    asked = request.GET.get("show", "")
    kind = asked if asked in kinds else next((each for each in kinds if counts[each]), "create")
    page = Paginator([row for row in report.rows if row.action == kind], rows_a_page).get_page(whole(request.GET.get("page", "")) or 1)
    return {"kind": kind, "page": page, "rows": [_told(resource, plan, row) for row in page.object_list], "tabs": [(each, counts[each]) for each in kinds]}


def _told(resource: Resource, plan: columns.Plan, row: RowReport) -> dict[str, Any]:
    errors = [(imports.column_of(resource, plan, name) if name else "", row.given.get(name, ""), text) for name, text in row.errors.items()]
    changes = [(imports.column_of(resource, plan, name), before, after) for name, (before, after) in row.changes.items()]
    return {"number": row.number, "name": row.name, "errors": errors, "changes": changes}
