"""Lists in and out, CSV and Excel, for any resource. An import is tried whole first, and applied whole, or the good rows of it, or not at all."""

from jingwei.frame.records.columns import Plan, columns_of
from jingwei.frame.records.exporting import export_csv, export_xlsx, fields_of, fields_told, guarded, template, written
from jingwei.frame.records.importing import Report, RowReport, apply, dry_run, report_of, rows_in_request, told_of
from jingwei.frame.records.reading import Sheet, read_sheet, unguarded

__all__ = [
    "Plan", "Report", "RowReport", "Sheet", "apply", "columns_of", "dry_run", "export_csv", "export_xlsx", "fields_of", "fields_told", "guarded", "read_sheet",
    "report_of", "rows_in_request", "template", "told_of", "unguarded", "written",
]  # fmt: skip
