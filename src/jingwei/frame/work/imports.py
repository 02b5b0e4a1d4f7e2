"""A file on its way in: kept sealed for its owner, read as chosen, tried, carried out, and forgotten after a day."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import scope, secrets
from jingwei.frame.models import ImportColumns, ImportFile, User
from jingwei.frame.records import columns, exporting, importing, reading, turns
from jingwei.frame.records.exporting import guarded, workbook
from jingwei.frame.records.importing import Report
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.work import longwork
from jingwei.kernels.sheets.table import Choice, Reading

bytes_at_most = 20_000_000
of_person = 5  # files that are remembered
kept_for = timedelta(days=1)
choice_names = ("encoding", "delimiter", "sheet", "header", "header_rows")


def about(access: Access, resource: Resource) -> longwork.About:
    """A sheet may name rows wherever this person may import."""
    return longwork.About(resource.key, "import", access.projects(resource.permission("import")))


@transaction.atomic
def begin(access: Access, user: User, resource: Resource, name: str, content: bytes) -> ImportFile:
    """Keep a file; ValidationError when it is none we read. The oldest of its owner's go when there are many."""
    if not content or len(content) > bytes_at_most:
        raise ValidationError(_("Choose a file of at most 20 MB."))
    reading.look(content, name, Choice(known=reading.words_known(resource)))
    return sealed(user, name, content, about(access, resource).noted())


@transaction.atomic
def sealed(user: User, name: str, content: bytes, noted: Mapping[str, Any]) -> ImportFile:
    """Keep a file that was looked at; `noted` is what it is about."""
    kept = ImportFile(user=user, name=name[-200:], size=len(content), sealed=b"", **noted)
    kept.save()
    kept.sealed = secrets.seal_bytes(_purpose(kept), content)
    kept.save(update_fields=["sealed"])
    older = ImportFile.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)[of_person:]
    ImportFile.objects.filter(pk__in=list(older)).delete()
    return kept


def _purpose(kept: ImportFile) -> str:
    return f"import:{kept.tenant_id}:{kept.user_id}:{kept.pk}"


def remembered(access: Access, resource: Resource) -> list[ImportFile]:
    """The files of whoever asks that are still here."""
    rows = ImportFile.objects.filter(user_id=access.user_id, resource=resource.key, verb="import", created_at__gt=timezone.now() - kept_for)
    return [kept for kept in rows.defer("sealed", "trial").order_by("-pk") if longwork.is_seen_by(access, kept)]


def found(access: Access, pk: int | None, resource: Resource) -> ImportFile | None:
    """The file of that id, when it is one's own and still here."""
    if pk is None:
        return None
    kept: ImportFile | None = ImportFile.objects.filter(
        pk=pk, user_id=access.user_id, resource=resource.key, verb="import", created_at__gt=timezone.now() - kept_for
    ).first()
    return kept if kept is not None and longwork.is_seen_by(access, kept) else None


def content_of(kept: ImportFile) -> bytes:
    """The file itself; ValidationError when it does not open any more."""
    try:
        return secrets.open_bytes(_purpose(kept), bytes(kept.sealed))
    except secrets.CannotOpen as problem:
        raise gone() from problem


def gone() -> ValidationError:
    """What is said of a file that is kept no more."""
    return ValidationError(_("The file is no longer here. Upload it again."))


def choice_of(kept: ImportFile, resource: Resource) -> Choice:
    """How to read it, as far as somebody said so."""
    return Choice(**{name: kept.chosen[name] for name in choice_names if name in kept.chosen}, known=reading.words_known(resource))


def read(kept: ImportFile, resource: Resource) -> Reading:
    """The file as chosen."""
    return reading.look(content_of(kept), kept.name, choice_of(kept, resource))


def choose(kept: ImportFile, **chosen: Any) -> None:
    """Keep what was chosen. What was tried before counts no more when it changes how the file is read or taken."""
    said = kept.chosen | chosen
    if said == kept.chosen:
        return
    if {name for name in chosen if kept.chosen.get(name) != chosen[name]} - {"mode"}:
        kept.trial = kept.work_id = None
    if any(kept.chosen.get(name) != said.get(name) for name in choice_names):
        said = {name: value for name, value in said.items() if name not in ("columns", "fixed") or name in chosen}
    kept.chosen = said
    kept.save(update_fields=["chosen", "trial", "work_id"])


def plan_of(kept: ImportFile, resource: Resource, headers: tuple[str, ...]) -> columns.Plan:
    """Which column is which field: as chosen, as the last time with the same headings, or as guessed."""
    known = {*exporting.fields_of(resource)}
    if "columns" in kept.chosen:
        taken, fixed = kept.chosen["columns"], kept.chosen.get("fixed", {})
    else:
        last = ImportColumns.objects.filter(user_id=kept.user_id, resource=resource.key, print=columns.print_of(headers)).first()
        taken, fixed = (last.columns, last.fixed) if last is not None else (columns.guessed(resource, headers), {})
        if kept.chosen.get("project"):  # whose list it was brought from
            fixed = {**fixed, "project": kept.chosen["project"]}
    taken = {header: name for header, name in taken.items() if header in headers and name in known}
    return columns.Plan(taken, {name: text for name, text in fixed.items() if name in known and name not in taken.values() and text})


def remember(kept: ImportFile, resource: Resource, headers: tuple[str, ...], plan: columns.Plan) -> None:
    """Take the same headings for the same the next time."""
    ImportColumns.objects.update_or_create(
        user_id=kept.user_id, resource=resource.key, print=columns.print_of(headers), tenant_id=kept.tenant_id,
        defaults={"columns": dict(plan.columns), "fixed": dict(plan.fixed)},
    )  # fmt: skip


def try_out(kept: ImportFile, resource: Resource, access: Access, on_progress: importing.Progress | None = None) -> Report:
    """What it would do; told again later."""
    seen = read(kept, resource)
    report = importing.dry_run(resource, reading.sheet_of(seen), access, on_progress, plan=plan_of(kept, resource, seen.headers))
    _note(kept, report, {}, chosen=kept.chosen)
    return report


@turns.in_turn
def carry_out(kept: ImportFile, resource: Resource, access: Access, on_progress: importing.Progress | None = None) -> Report:
    """Do it: all rows, or those that are good, as chosen. What was done is undone by its trace."""
    seen, good_only = read(kept, resource), kept.chosen.get("mode") == "good"
    with scope.because(trace=uuid.uuid4().hex) as current:
        held = ImportFile.objects.select_for_update().filter(pk=kept.pk).first()
        if held is None:
            raise gone()
        if held.outcome.get("applied"):  # pressed twice, or in two tabs
            raise ValidationError(_("This file was imported already. Undo that first, or upload it again."))
        report = importing.apply(resource, reading.sheet_of(seen), access, on_progress, plan=plan_of(kept, resource, seen.headers), good_only=good_only)
        is_applied = (good_only or report.is_clean) and any(row.action != "error" for row in report.rows)
        _note(kept, report, {"applied": is_applied, "counts": report.counts, "trace": current.trace if is_applied and report.writes else ""})
    return report


def _note(kept: ImportFile, report: Report, outcome: Mapping[str, Any], **still: Any) -> None:
    """Keep what was found, as long as the file is still as it was then."""
    told = zlib.compress(json.dumps(importing.told_of(report)).encode())
    kept.trial, kept.outcome = secrets.seal_bytes(_purpose(kept) + ":trial", told), dict(outcome)
    ImportFile.objects.filter(pk=kept.pk, **still).update(trial=kept.trial, outcome=kept.outcome)


def report_of(kept: ImportFile) -> Report | None:
    """What it would do or did, when it was tried as it is chosen now."""
    if kept.trial is None:
        return None
    try:
        told = secrets.open_bytes(_purpose(kept) + ":trial", bytes(kept.trial))
    except secrets.CannotOpen:
        return None
    return importing.report_of(json.loads(zlib.decompress(told)))


def forget_trial(kept: ImportFile) -> None:
    """What was tried or done is not so any more."""
    ImportFile.objects.filter(pk=kept.pk).update(trial=None, outcome={}, work_id=None)


def refused_rows(kept: ImportFile, resource: Resource, report: Report) -> bytes:
    """The rows that were refused, as they stand in the file and with the reason, as a workbook to mend and bring again."""
    seen = read(kept, resource)
    plan = plan_of(kept, resource, seen.headers)
    reasons = {row.number: reasons_of(resource, plan, row.errors) for row in report.rows if row.action == "error"}
    headers = [h for h in seen.headers if h not in columns.reason_headers]
    lines = []
    for place, (number, line) in enumerate(zip(seen.numbers, seen.rows, strict=True)):
        if number not in reasons:
            continue
        cells = [_cell(text, seen.problems.get((place, column))) for column, text in enumerate(line) if seen.headers[column] not in columns.reason_headers]
        lines.append([*cells, guarded(reasons[number])])
    return workbook(str(resource.title_plural), [*map(guarded, headers), _("Why it was refused")], lines)


def _cell(text: str, problem: str | None) -> Any:
    """A cell as it was, also in what is wrong with it: what is brought again unmended is refused again."""
    if problem in ("error", "formula"):
        return "#N/A"
    try:
        return float(text) if problem == "digits" else guarded(text)
    except ValueError:  # shown with words around its digits
        return guarded(text)


def reasons_of(resource: Resource, plan: columns.Plan, errors: Mapping[str, str]) -> str:
    """Why a row was refused, in one text: each reason at its column, named as in the file."""
    return " ".join(f"{column_of(resource, plan, name)}: {text}" if name else text for name, text in errors.items())


def column_of(resource: Resource, plan: columns.Plan, name: str) -> str:
    """A field as the file calls it, else by its label."""
    return plan.header_of(name) or (str(resource.label(name)) if resource.model_field(name) is not None else name)
