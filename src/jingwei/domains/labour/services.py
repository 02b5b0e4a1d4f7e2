"""What day labour adds to a sheet's life: who can have worked how long."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.domains.labour.queries import same_name
from jingwei.frame import scope
from jingwei.frame.postgres import locks
from jingwei.frame.telling.notices import Notice

hours_in_a_day = Decimal(24)
returned = Notice(
    "sheet.returned",
    gettext_lazy("Day-labour sheet %(row)s came back: %(reason)s"),
    gettext_lazy("A day-labour sheet of mine comes back"),
    level="warning",
    mail="once",
)
photo_bytes_at_most = 12_000_000


@transaction.atomic
def sheet_name_by_phone(*, instance: Sheet, client_key: str) -> Sheet:
    """Remember what the phone calls its draft, so that the same draft sent again is found and not written twice."""
    instance.client_key = client_key[:40]
    instance.save(update_fields=["client_key"])
    return instance


def check_day(sheet: Sheet) -> None:
    """A rule: nobody has worked the day after tomorrow yet."""
    if sheet.work_date and sheet.work_date > timezone.localdate() + timedelta(days=1):
        raise ValidationError({"work_date": _("The work date lies in the future.")})


def check_line(line: SheetLine) -> None:
    """A rule: hours of one day, and no negative rate."""
    if not 0 < line.hours <= hours_in_a_day:
        raise ValidationError({"hours": _("Hours of one day: more than 0, at most 24.")})
    if line.rate < 0:
        raise ValidationError({"rate": _("The rate is 0 or more.")})


def check_photo(sheet: Sheet) -> None:
    """A rule: a photo that comes along has a size that phones on the site can load."""
    if sheet.photo and not getattr(sheet.photo, "_committed", True) and sheet.photo.size > photo_bytes_at_most:
        raise ValidationError({"photo": _("The photo is larger than 12 MB.")})


def check_lines(sheet: Sheet) -> None:
    """Somebody worked, nobody twice on one sheet, and nobody more hours than a day has over all sheets of the day."""
    rows = list(sheet.lines.all())
    if not rows:
        raise ValidationError(_("Write at least one worker before submitting."))
    names = Counter(same_name(row.worker) for row in rows)
    if twice := sorted({row.worker.strip() for row in rows if names[same_name(row.worker)] > 1}):
        raise ValidationError(_("Written twice on this sheet: %(names)s. Put the hours into one line each.") % {"names": ", ".join(twice)})
    locks.hold(f"hours {sheet.tenant_id}")  # who submits meanwhile is counted first
    elsewhere = hours_elsewhere(sheet)
    for row in rows:
        already = elsewhere[same_name(row.worker)]
        if row.hours + already > hours_in_a_day:
            told = {"name": row.worker, "hours": f"{already.normalize():f}"}
            raise ValidationError(_("%(name)s has %(hours)s h on another sheet of this day already; together that is more than 24 h.") % told)


def keep_currency(sheet: Sheet) -> None:
    """What is submitted is in the currency that the project has now; what was disputed stays in that in which it was written."""
    sheet.currency = sheet.currency or sheet.project.currency


def hours_elsewhere(sheet: Sheet) -> dict[str, Decimal]:
    """What each of the crew has on other sheets of that day, by name: on all of the organisation, whatever whoever asks may see of it."""
    rows = SheetLine.unscoped.filter(tenant_id=sheet.tenant_id, sheet__work_date=sheet.work_date, sheet__team_id=sheet.team_id).exclude(sheet=sheet)
    hours: dict[str, Decimal] = defaultdict(Decimal)
    for worker, worked in rows.exclude(sheet__status__in=Sheet.written_in).values_list("worker", "hours"):
        hours[same_name(worker)] += worked
    return hours


def tell_returned(sheet: Sheet) -> None:
    """Whoever submitted it hears that it came back, and why."""
    if sheet.submitted_by is not None and sheet.submitted_by_id != scope.current().user_id:
        returned.tell(
            [sheet.submitted_by], url=f"/labour/phone/{sheet.pk}/", key=f"sheet.returned:{sheet.pk}", project_id=sheet.project_id, needs="labour.sheet.view",
            row=str(sheet), reason=sheet.dispute[:200],
        )  # fmt: skip
