"""What others ask of day labour."""

from __future__ import annotations

from django.db.models import QuerySet

from jingwei.domains.labour.models import Sheet


def waiting_sheets(project_ids: list[int]) -> QuerySet[Sheet]:
    """Sheets that wait for somebody: submitted ones for our side, drafts and disputes for the crew."""
    rows = Sheet.objects.filter(project_id__in=project_ids, status__in=(Sheet.Status.SUBMITTED, Sheet.Status.DISPUTED, Sheet.Status.DRAFT))
    return rows.select_related("team", "project").order_by("-work_date")
