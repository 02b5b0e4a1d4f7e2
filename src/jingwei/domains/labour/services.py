"""Verbs of day labour: write a sheet, submit it, confirm it by the other side, dispute it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.labour.facts import SheetChanged
from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.frame import eyes, facts, scope
from jingwei.frame.models import Project

Status = Sheet.Status
open_states = (Status.DRAFT, Status.DISPUTED)
photo_bytes_at_most = 12_000_000
hours_in_a_day = Decimal(24)


@transaction.atomic
def sheet_save(*, instance: Sheet | None = None, lines: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> Sheet:
    """Write a sheet and its lines; only while it is a draft or disputed. Lines left out of the list are removed."""
    sheet = instance or Sheet()
    if sheet.pk is not None and sheet.status not in open_states:
        raise ValidationError(_("A sheet that was submitted is not changed any more. Dispute it first."))
    photo = values.get("photo")
    if photo is not None and getattr(photo, "size", 0) > photo_bytes_at_most:
        raise ValidationError({"photo": _("The photo is larger than 12 MB.")})
    for name, value in values.items():
        setattr(sheet, name, value)
    if sheet.work_date and sheet.work_date > timezone.localdate() + timedelta(days=1):
        raise ValidationError({"work_date": _("The work date lies in the future.")})
    if not sheet.number:
        sheet.number = _next_number(sheet)
    sheet.save()
    if lines is not None:
        _save_lines(sheet, lines)
    _total(sheet)
    _state(sheet)
    return sheet


@transaction.atomic
def sheet_name_by_phone(*, instance: Sheet, client_key: str) -> Sheet:
    """Remember what the phone calls its draft, so that the same draft sent again is found and not written twice."""
    instance.client_key = client_key[:40]
    instance.save(update_fields=["client_key"])
    return instance


def _next_number(sheet: Sheet) -> str:
    """DL-20261121-02: the day and a count; writers of one project take their turn."""
    list(Project.objects.select_for_update(of=("self",), no_key=True).filter(pk=sheet.project_id).values_list("pk"))
    stem = f"DL-{sheet.work_date:%Y%m%d}-"
    given = Sheet.objects.filter(project_id=sheet.project_id, number__startswith=stem).values_list("number", flat=True)
    return f"{stem}{max((int(tail) for number in given if (tail := number.removeprefix(stem)).isdecimal()), default=0) + 1:02d}"


def _save_lines(sheet: Sheet, lines: Sequence[Mapping[str, Any]]) -> None:
    known = {line.pk: line for line in sheet.lines.all()}
    kept = set()
    for given in lines:
        line = known.get(int(given.get("id") or 0)) or SheetLine(sheet=sheet)
        for name, value in given.items():
            if name != "id":
                setattr(line, name, value)
        line.save()
        kept.add(line.pk)
    for pk, line in known.items():
        if pk not in kept:
            line.delete()


def _total(sheet: Sheet) -> None:
    rows = list(sheet.lines.all())
    sheet.total_hours = sum((row.hours for row in rows), Decimal(0))
    sheet.total_amount = sum((row.amount for row in rows), Decimal(0))
    sheet.save(update_fields=["total_hours", "total_amount"])


@transaction.atomic
def line_save(*, instance: SheetLine | None = None, **values: Any) -> SheetLine:
    """Write one line; the sheet's totals follow."""
    line = instance or SheetLine()
    before = line.sheet_id
    for name, value in values.items():
        setattr(line, name, value)
    sheets = _open_sheets({pk for pk in (before, line.sheet_id) if pk is not None})
    line.sheet = sheets[line.sheet_id]
    line.save()
    for sheet in sheets.values():
        _total(sheet)
    return line


def _open_sheets(ids: set[int]) -> dict[int, Sheet]:
    """The sheets that a line leaves and comes to, locked; each must still be open."""
    sheets = {sheet.pk: sheet for sheet in Sheet.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    if any(sheet.status not in open_states for sheet in sheets.values()):
        raise ValidationError(_("A sheet that was submitted is not changed any more. Dispute it first."))
    return sheets


@transaction.atomic
def line_remove(*, instance: SheetLine) -> None:
    """Remove one line; the sheet's totals follow."""
    (sheet,) = _open_sheets({instance.sheet_id}).values()
    instance.delete()
    _total(sheet)


@transaction.atomic
def line_returned(*, instance: SheetLine) -> None:
    """Undo has brought a line back: its sheet must still be open, and counts it again."""
    (sheet,) = _open_sheets({instance.sheet_id}).values()
    _total(sheet)


@transaction.atomic
def sheet_remove(*, instance: Sheet) -> None:
    """Remove a sheet that nobody stands for yet."""
    (sheet,) = _open_sheets({instance.pk}).values()
    sheet.delete()


@transaction.atomic
def sheet_submit(*, instance: Sheet) -> Sheet:
    """The crew leader stands for it."""
    if instance.status not in open_states:
        raise ValidationError(_("This sheet was submitted already."))
    _check_lines(instance)
    instance.status, instance.submitted_at, instance.submitted_by_id = Status.SUBMITTED, timezone.now(), scope.current().user_id
    instance.confirmed_at, instance.confirmed_by = None, None
    instance.save()
    _state(instance)
    return instance


def _check_lines(sheet: Sheet) -> None:
    """Somebody worked, nobody twice on one sheet, and nobody more hours than a day has over all sheets of the day."""
    rows = list(sheet.lines.all())
    if not rows:
        raise ValidationError(_("Write at least one worker before submitting."))
    names = [row.worker.strip() for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValidationError(_("Written twice on this sheet: %(names)s. Put the hours into one line each.") % {"names": ", ".join(twice)})
    others = SheetLine.objects.filter(sheet__work_date=sheet.work_date, sheet__team_id=sheet.team_id, worker__in=names).exclude(sheet=sheet)
    elsewhere = dict(others.exclude(sheet__status__in=open_states).values_list("worker").annotate(hours=Sum("hours")))
    for row in rows:
        if row.hours + elsewhere.get(row.worker, Decimal(0)) > hours_in_a_day:
            already = {"name": row.worker, "hours": f"{elsewhere[row.worker]:g}"}
            raise ValidationError(_("%(name)s has %(hours)s h on another sheet of this day already; together that is more than 24 h.") % already)


@transaction.atomic
def sheet_confirm(*, instance: Sheet) -> Sheet:
    """Our side agrees; never the person who submitted it."""
    me = scope.current().user_id
    if instance.status != Status.SUBMITTED:
        raise ValidationError(_("Only a submitted sheet can be confirmed."))
    if me is not None and (instance.submitted_by_id == me or _wrote(instance, me)):
        raise ValidationError(_("Another person must confirm it than those who wrote or submitted it."))
    instance.status, instance.confirmed_at, instance.confirmed_by_id = Status.CONFIRMED, timezone.now(), me
    instance.save()
    _state(instance)
    return instance


def _wrote(sheet: Sheet, user_id: int) -> bool:
    """Whether this person wrote what is on it, or a line of it."""
    lines = sheet.lines.values_list("pk", flat=True)
    of_line = ("worker", "trade", "hours", "rate")
    return eyes.wrote("labour.sheet", [sheet.pk], ("work_date", "description", "team_id"), user_id) or eyes.wrote("labour.sheetline", lines, of_line, user_id)


@transaction.atomic
def sheet_dispute(*, instance: Sheet, dispute: str) -> Sheet:
    """Send it back with the reason."""
    if instance.status not in (Status.SUBMITTED, Status.CONFIRMED):
        raise ValidationError(_("Only a submitted or confirmed sheet can be disputed."))
    if not dispute.strip():
        raise ValidationError({"dispute": _("Say what is wrong.")})
    instance.status, instance.dispute = Status.DISPUTED, dispute
    instance.save()
    _state(instance)
    return instance


def _state(sheet: Sheet) -> None:
    facts.state(SheetChanged(sheet_id=sheet.pk, project_id=sheet.project_id, status=sheet.status))
