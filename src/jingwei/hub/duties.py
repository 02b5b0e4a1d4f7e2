"""Jobs and duties of the hub."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from jingwei.frame import jobs, scheduler
from jingwei.hub.engine import cycle as engine
from jingwei.hub.engine import reconcile as reconciling
from jingwei.hub.inbox.unpack import unpack
from jingwei.hub.models import Connection, Delivery, Interface, OutboxEntry, Run
from jingwei.hub.monitor import failures, health, retention  # noqa: F401  (failures registers itself)
from jingwei.hub.peers import mending
from jingwei.hub.register import services


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
    for interface_id in unpack(connection):
        is_live = Interface.objects.filter(pk=interface_id, stage=Interface.Stage.LIVE).exists()  # what is told in a pause waits
        if is_live and (engine.cycle(interface_id, kind=Run.Kind.WEBHOOK, sides=()) is None or engine.has_work(interface_id)):
            jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id, delay_seconds=0.2)


@jobs.job("hub.reconcile", queue="hub")
def reconcile(interface_id: int) -> None:
    """Compare all keys of both sides with the links."""
    reconciling.reconcile(interface_id)
    jobs.defer("hub.cycle", once=str(interface_id), interface_id=interface_id)


@jobs.job("hub.mend", queue="hub")
def mend(connection_id: int) -> None:
    """Credentials were refused some time ago: if they are good by now, everything that waited goes on."""
    connection = Connection.objects.select_related("system", "credential").filter(pk=connection_id).first()
    if connection is not None and mending.release_if_mended(connection):
        services.wake_system(connection.system)


def try_holds() -> int:
    """Queue a try of every held connection whose time has come (scheduler)."""
    return sum(jobs.defer("hub.mend", once=str(connection.pk), connection_id=connection.pk) for connection in mending.due_holds())


def due() -> int:
    """Queue a cycle for every live interface whose time has come, or whose outbox or inbox has something due (scheduler, each second)."""
    now, count = timezone.now(), 0
    live = Interface.objects.filter(stage=Interface.Stage.LIVE)
    wanted = set(live.filter(next_poll_at__lte=now).values_list("pk", flat=True)) | set(live.filter(next_poll_at=None).values_list("pk", flat=True))
    wanted |= set(
        OutboxEntry.objects.filter(state__in=("waiting", "unknown"), not_before__lte=now, interface__stage="live").values_list("interface_id", flat=True)
    )
    wanted |= set(Delivery.objects.filter(state="waiting", not_before__lte=now, interface__stage="live").values_list("interface_id", flat=True))
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
scheduler.every(5, "hub.holds")(try_holds)
scheduler.every(5, "hub.health")(health.judge_all)
scheduler.every(600, "hub.forget")(retention.purge)
