"""What is watched of day labour: sheets that nobody confirms."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jingwei.domains.labour.models import Sheet
from jingwei.frame.telling import watches
from jingwei.frame.telling.watches import Watch
from jingwei.frame.telling.wording import Said

patience = timedelta(days=2)


def unconfirmed() -> QuerySet[Sheet]:
    """Sheets submitted longer ago than one waits."""
    return Sheet.objects.filter(status=Sheet.Status.SUBMITTED, submitted_at__lt=timezone.now() - patience).select_related("project__manager", "team")


Watch(
    "sheet.unconfirmed",
    gettext_lazy("Sheet not confirmed"),
    "labour.sheet",
    says=lambda sheet: Said(gettext_lazy("Day-labour sheet %(sheet)s waits for its confirmation since %(day)s"), sheet=sheet, day=sheet.submitted_at),
    tell=lambda sheet: watches.managers_of(sheet.project),
    rows=unconfirmed,
)
