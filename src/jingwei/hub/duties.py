"""Jobs and duties of the hub."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from jingwei.frame.work import jobs, scheduler
from jingwei.hub import contract
from jingwei.hub.engine import cycle as engine
from jingwei.hub.engine import reconcile as reconciling
from jingwei.hub.inbox.unpack import unpack
from jingwei.hub.models import Connection, Delivery, Interface, OutboxEntry, Run
from jingwei.hub.monitor import failures, health, moments  # noqa: F401  (failures registers itself)
from jingwei.hub.peers import mending
from jingwei.hub.register import services
from jingwei.hub.sync import compare

log = structlog.get_logger(__name__)


@jobs.job("hub.cycle", queue="hub", retry=jobs.prompt)
def cycle(interface_id: int) -> None:
    """Poll, plan and send one interface; goes on by itself while there is work."""
    engine.cycle(interface_id)
    if engine.has_work(interface_id):
        jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id, delay_seconds=0.5)


@jobs.job("hub.deliver", queue="hub", retry=jobs.prompt)
def deliver(connection_id: int) -> None:
    """Webhook deliveries of a connection have come in: unpack them and work on the interfaces they concern."""
    connection = Connection.objects.select_related("system").filter(pk=connection_id).first()
    if connection is None:
        return
    for interface_id in unpack(connection, one_by_one=jobs.attempt() > 0):
        if not Interface.objects.filter(pk=interface_id, stage=Interface.Stage.LIVE).exists():
            continue  # what is told in a pause waits
        try:
            is_done = engine.cycle(interface_id, kind=Run.Kind.WEBHOOK, sides=()) is not None and not engine.has_work(interface_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # noted by the cycle; one interface's trouble keeps no delivery from the others
            is_done = False
        if not is_done:
            jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id, delay_seconds=0.2)


@jobs.job("hub.reconcile", queue="hub", retry=jobs.prompt)
def reconcile(interface_id: int) -> None:
    """Compare the keys of the sides that tell no deletes with the links."""
    found = reconciling.reconcile(interface_id, only_silent=True)
    if any(found.values()):
        jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id)


@jobs.job("hub.compare", queue="hub", retry=jobs.prompt)
def compare_values(interface_id: int) -> None:
    """Compare the values of both sides; what nothing explains is looked up and planned."""
    interface = engine.load(interface_id)
    if interface is not None and interface.published_id is not None and interface.stage == Interface.Stage.LIVE:
        try:
            compare.compare(interface)
            health.judge(interface)
        except contract.ConnectorError as problem:  # health says that the last comparison grows old
            log.warning("hub.not_compared", interface=interface.key, problem=problem.message[:200])
            return
        jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id)


@jobs.job("hub.mend", queue="hub", retry=jobs.prompt)
def mend(connection_id: int) -> None:
    """See whether refused credentials are good again; what was held goes on then."""
    connection = Connection.objects.select_related("system", "credential").filter(pk=connection_id).first()
    if connection is not None and mending.release_if_mended(connection):
        services.wake_system(connection.system)


def due() -> int:
    """Queue a cycle for every live interface whose time has come, or whose outbox or inbox has something due (scheduler, each second)."""
    now, count = timezone.now(), 0
    live = Interface.objects.filter(stage=Interface.Stage.LIVE)
    wanted = set(live.filter(next_poll_at__lte=now).values_list("pk", flat=True)) | set(live.filter(next_poll_at=None).values_list("pk", flat=True))
    wanted |= set(
        OutboxEntry.objects.filter(state__in=("waiting", "unknown"), not_before__lte=now, interface__stage="live").values_list("interface_id", flat=True)
    )
    late = Q(not_before__lte=now) | Q(not_before=None, received_at__lte=now - timedelta(seconds=2))
    wanted |= set(Delivery.objects.filter(late, state="waiting", interface__stage="live").values_list("interface_id", flat=True))
    for pk in wanted:
        count += jobs.defer("hub.cycle", once=str(pk), interface_id=pk)
    return count


def comparisons_due() -> int:
    """Queue the looks at keys and the comparisons of values whose time has come (scheduler)."""
    count = 0
    live = Interface.objects.filter(stage=Interface.Stage.LIVE, paired_at__isnull=False).select_related("system_a", "system_b", "published")
    for interface in live:
        if reconciling.is_due(interface):
            count += jobs.defer("hub.reconcile", once=str(interface.pk), interface_id=interface.pk)
        if compare.is_due(interface):
            count += jobs.defer("hub.compare", once=str(interface.pk), interface_id=interface.pk)
    return count


def sweep_deliveries() -> int:
    """Webhook deliveries that nobody woke a worker for (the web process died after storing them)."""
    late = timezone.now() - timedelta(seconds=2)
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    waiting = Delivery.objects.filter(due, interface=None, state=Delivery.State.WAITING, received_at__lte=late)
    return sum(jobs.defer("hub.deliver", once=str(pk), connection_id=pk) for pk in waiting.values_list("connection_id", flat=True).distinct())


def look_after_holds() -> int:
    """Queue a look at every connection whose credentials were refused and whose turn it is."""
    return sum(jobs.defer("hub.mend", once=str(each.pk), connection_id=each.pk) for each in mending.due_holds())


scheduler.every(5, "hub.moments")(moments.pull_back)
scheduler.every(1, "hub.due")(due)
scheduler.every(5, "hub.mending")(look_after_holds)
scheduler.every(15, "hub.compare")(comparisons_due)
scheduler.every(2, "hub.deliveries")(sweep_deliveries)
scheduler.every(5, "hub.health")(health.judge_all)
