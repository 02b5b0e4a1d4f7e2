"""Comparing all keys with the links: records that nobody announced, and deletes that nobody told. What is found is looked up first."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.engine import cycle
from jingwei.hub.inbox import deliveries
from jingwei.hub.kit.rows import understood
from jingwei.hub.models import Checkpoint, Interface, Link, Quarantine, Run
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import session_for, stream_of
from jingwei.kernels.merge import SideName, sides

at_least_every = timedelta(minutes=2)
first_retry = timedelta(seconds=15)


def is_due(interface: Interface) -> bool:
    """Whether the keys should be looked at again: every two minutes, or as seldom as keeps it under a fiftieth of the time. A look that did not
    reach the end is repeated as soon as its cost allows, and never later than two minutes: one that was refused at once after 15 s."""
    last = Run.objects.filter(interface=interface, kind=Run.Kind.RECONCILE, finished_at__isnull=False).order_by("-id").first()
    took = last.finished_at - last.started_at if last is not None and last.finished_at is not None else timedelta(0)
    if last is not None and last.finished_at is not None and last.error:
        return last.finished_at + min(at_least_every, max(first_retry, 20 * took)) <= timezone.now()
    return interface.reconciled_at is None or interface.reconciled_at + max(at_least_every, 50 * took) <= timezone.now()


def reconcile(interface_id: int, *, only_silent: bool = False) -> dict[str, int]:
    """Ask after what is missing and what was missed; the answers go the ordinary way. A side that cannot be read is said so.

    `only_silent`: leave out a side that tells its deletes by itself.
    """
    found = {"gone": 0, "missed": 0}
    interface = cycle.load(interface_id)
    if interface is None or interface.published_id is None:
        return found
    run = Run(interface=interface, tenant_id=interface.tenant_id, used=interface.published, kind=Run.Kind.RECONCILE, started_at=timezone.now())
    run.save()
    problems = []
    for side in sides:
        try:
            if not (only_silent and stream_of(interface, side).tells_deletes):
                _one_side(interface, side, run, found)
        except contract.ConnectorError as problem:
            problems.append(f"{side}: {problem.message[:200]}")
    run.finished_at, run.counts, run.error = timezone.now(), found, "; ".join(problems)
    run.save()
    if not problems:
        Interface.objects.filter(pk=interface.pk).update(reconciled_at=run.finished_at)
    _keep_the_last(run)
    return found


def _keep_the_last(run: Run) -> None:
    """Of those that found nothing, and of those that failed alike, the last is enough."""
    if not any(run.counts.values()):
        alike = Run.objects.filter(interface=run.interface, kind=Run.Kind.RECONCILE, counts=run.counts, error=run.error, finished_at__isnull=False)
        alike.exclude(pk=run.pk).delete()


def unread(interface: Interface) -> str:
    """Why the last look did not reach the end of a side: then its counts say nothing of that side. Empty when it did."""
    last = Run.objects.filter(interface=interface, kind=Run.Kind.RECONCILE).order_by("-id").first()
    return last.error if last is not None else ""


def _one_side(interface: Interface, side: SideName, run: Run, found: dict[str, int]) -> None:
    if not Checkpoint.objects.filter(interface=interface, side=side, loaded_at__isnull=False).exists():
        return  # the first reading is not done: everything would be missing
    connector, stream = catalogue.connector(interface.system(side).connector), interface.stream(side)
    with understood():
        present = set(connector.keys(session_for(interface, side), stream))
    links = Link.objects.filter(interface=interface).exclude(**{f"key_{side}": None})
    linked = {key for key in links.filter(**{f"gone_{side}": False, f"left_{side}": False}).values_list(f"key_{side}", flat=True) if key}
    every = {key for key in links.values_list(f"key_{side}", flat=True) if key}
    gone = sorted(linked - present)
    reappeared = {key for key in links.filter(**{f"gone_{side}": True}).values_list(f"key_{side}", flat=True) if key} & present
    missed = sorted((present - every - _parked(interface, side) - _known_outside(interface, side, run)) | reappeared)
    found["gone"] += deliveries.ask(interface, side, gone, "not among the keys any more", run)
    found["missed"] += deliveries.ask(interface, side, missed, "nobody told of it", run)


def _parked(interface: Interface, side: str) -> set[str]:
    return set(Quarantine.objects.filter(interface=interface, side=side, released_at=None).values_list("record_key", flat=True))


def _known_outside(interface: Interface, side: str, run: Run) -> set[str]:
    """Keys that were looked up before for the same reason and are not meant for this interface; asked again once a month."""
    asked = interface.deliveries.filter(side=side, source=deliveries.to_look_up, outcome="filtered").exclude(run=run)
    return set(asked.values_list("record_key", flat=True))
