"""Health of an interface: what its runs say becomes a state with a reason, kept as periods and told upward."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import events, facts
from jingwei.hub.facts import InterfaceHealthChanged
from jingwei.hub.models import HealthPeriod, Interface, System

State = Interface.State
failures_to_down = 2


def note_run(interface: Interface, problems: dict[str, str], failures: int) -> None:
    """Judge an interface after a run: `problems` by side, `failures` = runs failed in a row including this one."""
    if not problems:
        judge(interface, State.OK, "")
    elif failures >= failures_to_down:
        judge(interface, State.DOWN, "; ".join(f"{interface.system(side).name}: {text}" for side, text in problems.items()))
    else:
        judge(interface, State.DEGRADED, "; ".join(problems.values()))


@transaction.atomic
def judge(interface: Interface, state: str, reason: str) -> None:
    """Set the state; a change closes the period, opens the next, and is stated as a fact."""
    row = Interface.objects.select_for_update(of=("self",)).get(pk=interface.pk)
    now = timezone.now()
    if state == State.OK:
        Interface.objects.filter(pk=row.pk).update(last_success_at=now)
    if row.state == state:
        return
    before, row.state, row.state_reason, row.state_since = row.state, state, reason[:300], now
    row.save(update_fields=["state", "state_reason", "state_since"])
    interface.state, interface.state_reason, interface.state_since = row.state, row.state_reason, row.state_since
    HealthPeriod.objects.filter(interface=row, until=None).update(until=now)
    HealthPeriod.objects.create(interface=row, tenant_id=row.tenant_id, state=state, reason=reason[:300], since=now)
    _judge_systems(row)
    facts.state(
        InterfaceHealthChanged(
            interface_id=row.pk, project_id=row.project_id, state=state, before=before, reason=reason[:300], since=now, restore_minutes=row.restore_minutes
        )
    )
    events.publish("health-changed", project_id=row.project_id, interface=row.pk, state=state)


def _judge_systems(interface: Interface) -> None:
    """A system is as well as the interfaces that touch it."""
    for system in (interface.system_a, interface.system_b):
        if system.connector == "local":
            continue
        states = set(Interface.objects.filter(stage="live", system_a=system).values_list("state", flat=True))
        states |= set(Interface.objects.filter(stage="live", system_b=system).values_list("state", flat=True))
        worst = next((s for s in (State.DOWN, State.DEGRADED, State.OK) if s in states), State.UNKNOWN)
        System.objects.filter(pk=system.pk).exclude(state=worst).update(state=worst)


def sentence(interface: Interface) -> str:
    """The state in words for pages."""
    if interface.state == State.DOWN:
        return _("Down since %(time)s: %(reason)s") % {
            "time": timezone.localtime(interface.state_since).strftime("%m-%d %H:%M"),
            "reason": interface.state_reason,
        }
    return str(interface.get_state_display())
