"""Jobs and duties of the hub."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from jingwei.frame import jobs, scheduler
from jingwei.hub.inbox import reading
from jingwei.hub.models import Connection, Delivery, Interface, OutboxEntry, Run
from jingwei.hub.monitor import failures, health, retention  # noqa: F401  (failures registers itself)
from jingwei.hub.sync import compare as comparing
from jingwei.hub.sync import cycle as engine
from jingwei.hub.sync import reconcile as reconciling


@jobs.job("hub.cycle", queue="hub")
def cycle(interface_id: int) -> None:
    """Poll, plan and send one interface; goes on by itself while there is work."""
    engine.cycle(interface_id)
    if engine.has_work(interface_id):
        jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id, delay_seconds=0.5)


@jobs.job("hub.deliver", queue="hub")
def deliver(connection_id: int) -> None:
    """Webhook deliveries of a connection have come in: unpack them and work on the interfaces they concern."""
    connection = Connection.objects.select_related("system").filter(pk=connection_id).first()
    if connection is None:
        return
    for interface_id in reading.unpack(connection):
        if engine.cycle(interface_id, kind=Run.Kind.WEBHOOK, sides=()) is None or engine.has_work(interface_id):
            jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id, delay_seconds=0.2)


@jobs.job("hub.reconcile", queue="hub")
def reconcile(interface_id: int) -> None:
    """Compare all keys of both sides with the links."""
    reconciling.reconcile(interface_id)
    jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id)


@jobs.job("hub.compare", queue="hub")
def compare(interface_id: int) -> None:
    """Compare all values of both sides; what nothing explains is looked up by the next cycle."""
    interface = engine.load(interface_id)
    if interface is None or interface.published_id is None or interface.stage != Interface.Stage.LIVE:
        return
    comparing.compare(interface)
    health.judge(interface)
    jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id)


def compare_due() -> int:
    """Queue the comparisons whose time has come (scheduler)."""
    live = Interface.objects.filter(stage=Interface.Stage.LIVE)
    return sum(jobs.defer("hub.compare", once=str(each.pk), interface_id=each.pk) for each in live if comparing.is_due(each))


@jobs.job("hub.purge", queue="hub")
def purge() -> None:
    """One turn of removing what is old; the next follows at once while something is left, so it keeps up with any growth."""
    if retention.purge().is_cut_short:
        jobs.defer("hub.purge", once="all", delay_seconds=2)


def forget_old() -> bool:
    """Queue the purge: it works in turns of 20 s, which the scheduler has not got to spare."""
    return jobs.defer("hub.purge", once="all")


def due() -> int:
    """Queue a cycle for every live interface whose time has come, or whose outbox or inbox has something due (scheduler, each second)."""
    now, count = timezone.now(), 0
    live = Interface.objects.filter(stage=Interface.Stage.LIVE)
    wanted = set(live.filter(next_poll_at__lte=now).values_list("pk", flat=True)) | set(live.filter(next_poll_at=None).values_list("pk", flat=True))
    wanted |= set(
        OutboxEntry.objects.filter(state__in=("waiting", "unknown"), not_before__lte=now, interface__stage="live").values_list("interface_id", flat=True)
    )
    for pk in wanted:
        count += jobs.defer("hub.cycle", once=str(pk), interface_id=pk)
    for pk in live.filter(reconciled_at=None, last_success_at__isnull=False).values_list("pk", flat=True):
        Interface.objects.filter(pk=pk).update(reconciled_at=now)
    for interface in live.filter(reconciled_at__isnull=False):
        if interface.reconciled_at + timedelta(hours=interface.reconcile_hours) <= now:
            jobs.defer("hub.reconcile", once=str(interface.pk), interface_id=interface.pk)
    return count


def sweep_deliveries() -> int:
    """Webhook deliveries that nobody woke a worker for (the web process died after storing them)."""
    late = timezone.now() - timedelta(seconds=2)
    waiting = Delivery.objects.filter(interface=None, state=Delivery.State.WAITING, received_at__lte=late)
    return sum(jobs.defer("hub.deliver", once=str(pk), connection_id=pk) for pk in waiting.values_list("connection_id", flat=True).distinct())


scheduler.every(1, "hub.due")(due)
scheduler.every(2, "hub.deliveries")(sweep_deliveries)
scheduler.every(5, "hub.health")(health.judge_all)
scheduler.every(60, "hub.compare")(compare_due)
scheduler.every(600, "hub.forget")(forget_old)
