"""What others ask of day labour."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jingwei.domains.labour.models import Sheet, SheetLine
from jingwei.domains.labour.services import same_name
from jingwei.frame.models import History
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access
from jingwei.frame.waiting import Waiting, most_of_a_kind, waits_for_me

sheets = "labour.sheet"  # as steps of their lives name them
agreed = (Sheet.Status.CONFIRMED, Sheet.Status.SETTLED)  # by both sides: what stands on them is owed


def sheets_in(project_ids: list[int] | None) -> QuerySet[Sheet]:
    """Sheets of these projects (None = all), the newest first."""
    rows = Sheet.objects.select_related("team", "project", "task", "submitted_by", "confirmed_by").order_by("-work_date", "-id")
    return rows if project_ids is None else rows.filter(project_id__in=project_ids)


def to_confirm(project_ids: list[int] | None, user_id: int) -> QuerySet[Sheet]:
    """Submitted sheets that this person may confirm, because somebody else submitted them; the oldest first."""
    return sheets_in(project_ids).filter(status=Sheet.Status.SUBMITTED).exclude(submitted_by_id=user_id).order_by("work_date", "id")


@waits_for_me("labour.confirm", _("Day-labour sheets to confirm"), order=20)
def sheets_waiting(access: Access) -> Iterator[Waiting]:
    """Submitted sheets that this person may confirm."""
    places = access.projects("labour.sheet.confirm")
    for sheet in to_confirm(None if places is None else list(places), access.user_id or 0)[:most_of_a_kind] if places is None or places else ():
        yield Waiting(str(sheet), f"/labour/phone/{sheet.pk}/", sheet.project.code, sheet.submitted_at, note=sheet.team.name if sheet.team else "")


def to_write(project_ids: list[int] | None) -> QuerySet[Sheet]:
    """Drafts, and what the other side disputed: the crew's to finish."""
    return sheets_in(project_ids).filter(status__in=(Sheet.Status.DRAFT, Sheet.Status.DISPUTED))


def last_sheet(project_id: int, team_id: int | None) -> Sheet | None:
    """The sheet to repeat: the crew's newest one in a project that names workers."""
    rows = Sheet.objects.filter(project_id=project_id, lines__isnull=False).order_by("-work_date", "-id")
    return (rows.filter(team_id=team_id).first() if team_id else None) or rows.first()


def is_touched_by_others(sheet: Sheet, user_id: int) -> bool:
    """Whether anybody else has written the sheet or one of its lines; the totals tell of lines that came or went."""
    rows = [(sheet._meta.label_lower, [sheet.pk]), (SheetLine._meta.label_lower, list(sheet.lines.values_list("pk", flat=True)))]
    written = History.unscoped.filter(tenant_id=sheet.tenant_id).exclude(actor_id=user_id)
    return any(written.filter(resource=key, object_id__in=ids).exists() for key, ids in rows)


def hours_already(access: Access, day: Any, team_id: int | None, names: Collection[str], but: int | None = None) -> list[dict[str, Any]]:
    """Who of these stands on another sheet of the crew's day already, as far as one may look at it: worker, hours, number of the sheet. What one may
    not look at counts when it is submitted."""
    seen = resource("labour.sheetline").seen(access).filter(sheet__in=resource(sheets).seen(access))
    rows = seen.filter(sheet__work_date=day, sheet__team_id=team_id, worker__in=[name for name in names if name]).exclude(sheet_id=but)
    return list(rows.order_by("worker", "pk").values("worker", "hours", "sheet__number"))


def same_again(access: Access, sheet: Sheet) -> str:
    """A doubt: another sheet says already that these people worked that day at that task for that crew, as far as one may look at it."""
    people = _people(sheet)
    if not people or not access.allows("labour.sheetline.view", sheet.project_id):
        return ""
    rows = resource(sheets).seen(access).filter(project_id=sheet.project_id, work_date=sheet.work_date, team_id=sheet.team_id, task_id=sheet.task_id)
    same = [each.number for each in rows.exclude(pk=sheet.pk).prefetch_related("lines") if _people(each) == people]
    if not same:
        return ""
    return gettext("Sheet %(numbers)s has the same day, crew, task and people already. Is this a second one?") % {"numbers": ", ".join(same)}


def _people(sheet: Sheet) -> frozenset[str]:
    return frozenset(same_name(line.worker) for line in sheet.lines.all())


def workers_of(project_id: int) -> dict[str, dict[str, str]]:
    """Workers known in a project, each with the trade and the rate of the last time."""
    rows = SheetLine.objects.filter(project_id=project_id).order_by("-sheet__work_date", "-id").values_list("worker", "trade", "rate")[:400]
    known: dict[str, dict[str, str]] = {}
    for worker, trade, rate in rows:
        known.setdefault(worker, {"trade": trade, "rate": str(rate)})
    return known
