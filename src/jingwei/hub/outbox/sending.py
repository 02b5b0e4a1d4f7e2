"""How entries go out: in lanes, one at a time for a link, marked before and acknowledged after, so a crash leaves a question and never a doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from jingwei.hub.models import Interface, OutboxEntry, Run
from jingwei.hub.outbox import lanes
from jingwei.hub.outbox.answers import Outcome, acknowledge, is_closing
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.planning import held, plan_isolated

State = OutboxEntry.State
claim_at_once = 96


def send(interface: Interface, run: Run | None, problems: dict[str, str]) -> Counts | None:
    """Send what waits, oldest first; None when nothing was due or no side can be reached. What a side said is put into `problems`."""
    due = list(waiting(interface).filter(state=State.WAITING).exclude(side__in=list(problems)).order_by("id")[:claim_at_once])
    if not due:
        return None
    own = [entry for entry in due if interface.system(entry.side).connector == "local"]
    if own:  # our own side is written where it is planned
        return plan_isolated(interface, run, [entry.link_id for entry in own])
    claimed = _claim(due)
    counts = Counts()
    left = {entry.pk: entry for entry in claimed}
    batch = Batch(interface, run)
    for outcomes in lanes.carry(batch, claimed):
        for entry, outcome in outcomes:
            left.pop(entry.pk, None)
            if is_closing(outcome):
                problems[entry.side] = str(outcome)[:200]
        counts.add(acknowledge(interface, run, outcomes))
    _give_back(list(left))
    return counts


def waiting(interface: Interface) -> QuerySet[OutboxEntry]:
    """Open entries whose time has come."""
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    return OutboxEntry.objects.filter(due, interface=interface).select_related("link")


def _claim(entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Mark them as being sent, durably, before anything is."""
    ids = [entry.pk for entry in entries]
    with transaction.atomic():
        mine = set(OutboxEntry.objects.select_for_update(skip_locked=True).filter(pk__in=ids, state=State.WAITING).values_list("pk", flat=True))
        OutboxEntry.objects.filter(pk__in=mine).update(state=State.SENDING, attempts=F("attempts") + 1, sent_at=timezone.now())
    claimed = [entry for entry in entries if entry.pk in mine]
    for entry in claimed:
        entry.attempts += 1
    return claimed


def _give_back(ids: Sequence[int]) -> None:
    """What was marked and never sent (its side closed meanwhile) waits again, uncounted."""
    OutboxEntry.objects.filter(pk__in=ids, state=State.SENDING).update(state=State.WAITING, attempts=F("attempts") - 1)


def take_up(interface: Interface, run: Run | None, problems: dict[str, str]) -> Counts:
    """Find out what became of entries that were sent without an answer, or were being sent when the process died."""
    counts = Counts()
    by_side: dict[str, list[OutboxEntry]] = defaultdict(list)
    for entry in waiting(interface).filter(state__in=(State.SENDING, State.UNKNOWN)).order_by("id"):
        by_side[entry.side].append(entry)
    for entries in by_side.values():
        outcomes: list[tuple[OutboxEntry, Outcome]] = []
        for entry, outcome in lanes.find_out(Batch(interface, run), entries):
            outcomes.append((entry, outcome))
            if is_closing(outcome):
                problems[entry.side] = str(outcome)[:200]
                break
        counts.add(acknowledge(interface, run, outcomes))
    return counts


def release_held(interface: Interface, at: datetime) -> int:
    """Let held deletes pass: a person has looked at them."""
    stopped = OutboxEntry.objects.filter(interface=interface, state=State.HELD)
    list(held(stopped.values("link_id")))
    count = stopped.update(state=State.WAITING, not_before=None)
    Interface.objects.filter(pk=interface.pk).update(deletes_allowed_at=at)
    return count
