"""What happens when a stage is late: those who are asked are reminded, and whom the declaration names is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, transaction
from django.utils import timezone

from jingwei.frame.approvals import cases, telling
from jingwei.frame.models import Case
from jingwei.frame.work import scheduler

log = structlog.get_logger(__name__)
at_most_a_turn = 200


@scheduler.every(300, "frame.approvals")
def remind() -> int:
    """Remind those who are asked on the last day; when it is over remind once more, and tell whom the declaration names. Returns how many cases were told of."""
    now, told = timezone.now(), 0
    late = Case.objects.filter(state=Case.State.OPEN, due_at__lte=now, escalated_at=None)
    soon = Case.objects.filter(state=Case.State.OPEN, due_at__lte=now + timedelta(days=1), due_at__gt=now, reminded_at=None)
    for rows in (late, soon):
        for pk in list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:at_most_a_turn]):
            try:
                with transaction.atomic():
                    told += _tell(pk, now)
            except InterfaceError:
                raise  # the connection is gone
            except Exception:
                log.exception("approvals.reminder_failed", case=pk)
    return told


def _tell(pk: int, now: datetime) -> bool:
    case = Case.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, state=Case.State.OPEN).first()
    found = cases.of_case(case) if case is not None else None
    if case is None or case.due_at is None:
        return False
    if found is None:  # its row is gone, or its stage is declared no more: nobody can vote on it
        Case.objects.filter(pk=pk).update(state=Case.State.WITHDRAWN, ended_at=now)
        return False
    is_late = case.due_at <= now
    if (case.escalated_at if is_late else case.reminded_at) is not None:
        return False
    case.reminded_at = case.reminded_at or now
    case.escalated_at = now if is_late else None
    case.save(update_fields=["reminded_at", "escalated_at"])
    (telling.late if is_late else telling.soon)(case, *found)
    return True
