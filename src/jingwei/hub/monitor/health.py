"""Health of interfaces: the reasons that hold now become a state, kept as periods and told upward when it changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation

from jingwei.frame import scope
from jingwei.frame.records import bulk
from jingwei.frame.telling import events, facts
from jingwei.hub.facts import InterfaceHealthChanged
from jingwei.hub.models import HealthPeriod, Interface, Run, System
from jingwei.hub.monitor import evidence as gathering
from jingwei.hub.monitor.evidence import Evidence, overdue
from jingwei.hub.monitor.reasons import reasons
from jingwei.hub.monitor.words import Level, Reason

State = Interface.State
judged_seconds = 10  # a judgement is written down anew at least this often while nothing changes
stale_seconds = 25  # nobody judged for so long: what stands written is no longer true
changes_at_a_time = 20


def reasons_of(interfaces: Iterable[Interface]) -> dict[int, list[Reason]]:
    """Why each of these interfaces is not healthy, worst first; about ten queries for any number of them."""
    now = timezone.now()
    return {pk: reasons(evidence, now) for pk, evidence in gathering.gather(interfaces, now).items()}


def judge_all() -> int:
    """Judge every live interface; returns how many changed state (scheduler, every 5 s)."""
    return _judge(Interface.objects.filter(stage=Interface.Stage.LIVE).select_related("system_a", "system_b"))


def judge_if_stale() -> None:
    """Judge now when the scheduler does not: called before health is shown, so that an "ok" of long ago is never read as one of now."""
    before = timezone.now() - timedelta(seconds=stale_seconds)
    stale = Interface.objects.filter(judged_at__lt=before, stage=Interface.Stage.LIVE)  # one that never was judged says "unknown"
    if stale.exists():
        with scope.because(origin="health", reason=""):
            _judge(stale.select_related("system_a", "system_b"))


def judge(interface: Interface) -> str:
    """Judge one interface now, as at the end of a cycle; its state. Paused ones and drafts keep theirs."""
    fresh = Interface.objects.select_related("system_a", "system_b").get(pk=interface.pk)
    if fresh.stage == Interface.Stage.LIVE:
        _judge([fresh])
        for name in ("state", "state_reason", "state_since", "state_detail", "judged_at", "last_success_at"):
            setattr(interface, name, getattr(fresh, name))
    return str(fresh.state)


def is_untroubled(interface: Interface) -> bool:
    """Whether the last judgement found it healthy and had nothing to say, and is not old."""
    return interface.state == State.OK and not interface.state_detail and not overdue(interface.judged_at, judged_seconds, timezone.now())


def close_interrupted(interface: Interface) -> int:
    """Runs left unfinished by a process that died are closed. To be called by whoever holds the interface alone: nobody else runs it."""
    kinds = (Run.Kind.POLL, Run.Kind.WEBHOOK, Run.Kind.REPLAY)
    return Run.objects.filter(interface=interface, finished_at=None, kind__in=kinds).update(finished_at=timezone.now(), error="interrupted")


def state_of(evidence: Evidence, found: Sequence[Reason]) -> str:
    """Down, degraded, ok; or unknown as long as a side has not been read and nothing is wrong with that yet."""
    levels = {reason.level for reason in found}
    if Level.DOWN in levels:
        return State.DOWN
    if Level.DEGRADED in levels:
        return State.DEGRADED
    both_read = all(side in evidence.checkpoints and evidence.checkpoints[side].read_at for side in ("a", "b"))
    return State.OK if both_read else State.UNKNOWN


def _judge(interfaces: Iterable[Interface]) -> int:
    now, changed = timezone.now(), []
    rows: list[tuple[int, tuple[object, ...]]] = []
    for pk, evidence in gathering.gather(interfaces, now).items():
        interface, found = evidence.interface, reasons(evidence, now)
        detail, before, success = [each.as_plain() for each in found], interface.state_detail, _last_success(evidence)
        if detail != before or success != interface.last_success_at or overdue(interface.judged_at, judged_seconds, now):
            interface.state_detail, interface.judged_at, interface.last_success_at = detail, now, success
            rows.append((pk, (detail, now, success)))
        if state_of(evidence, found) != interface.state or _top(detail) != _top(before):
            changed.append((interface, state_of(evidence, found), found[0] if found and found[0].level != Level.NOTICE else None))
    if rows:
        with transaction.atomic():
            Interface.lock(pk for pk, _values in rows)
            bulk.update_from(Interface, ("state_detail", "judged_at", "last_success_at"), rows)
    moved: list[Interface] = []
    changed.sort(key=lambda each: each[0].pk)
    for start in range(0, len(changed), changes_at_a_time):  # a peer that goes down takes all its interfaces with it: few commits, short locks
        with transaction.atomic():
            moved += [interface for interface, state, reason in changed[start : start + changes_at_a_time] if _change(interface, state, reason, now)]
    _judge_systems(moved)
    return len(moved)


def _top(detail: Sequence[dict[str, object]]) -> object:
    """The code of the worst reason that is more than a notice."""
    return next((each["code"] for each in detail if each["level"] != Level.NOTICE), None)


def _last_success(evidence: Evidence) -> datetime | None:
    """When both sides had last been read to their ends."""
    reads = [each.read_at for each in evidence.checkpoints.values() if each.read_at is not None]
    both = min(reads) if len(reads) == 2 else None
    return max(filter(None, (both, evidence.interface.last_success_at)), default=None)


def _change(interface: Interface, state: str, worst: Reason | None, now: datetime) -> bool:
    """Set state and reason; a new state closes the period, opens the next, and is stated as a fact. True when the state is new."""
    row = Interface.held(interface.pk)
    before, reason = row.state, worst.zh[:300] if worst is not None else ""
    interface.state, interface.state_reason = state, reason
    interface.state_since = row.state_since if before == state else now
    if before == state:
        Interface.objects.filter(pk=row.pk).exclude(state_reason=reason).update(state_reason=reason)
        return False
    Interface.objects.filter(pk=row.pk).update(state=state, state_reason=reason, state_since=now)
    HealthPeriod.objects.filter(interface=row, until=None).update(until=now)
    HealthPeriod.objects.create(
        interface=row, tenant_id=row.tenant_id, state=state, reason=reason, reason_en=worst.en[:300] if worst is not None else "", since=now
    )
    facts.state(
        InterfaceHealthChanged(
            interface_id=row.pk, project_id=row.project_id, state=state, before=before, reason=reason, since=now, restore_minutes=row.restore_minutes
        )
    )
    events.publish("health-changed", project_id=row.project_id, needs="hub.interface.view", interface=row.pk, state=state)
    return True


def _judge_systems(interfaces: Sequence[Interface]) -> None:
    """A system is as well as the live interfaces that touch it."""
    systems = {each.pk for i in interfaces for each in (i.system_a, i.system_b) if each.connector != "local"}
    if not systems:
        return
    states: dict[int, set[str]] = {pk: set() for pk in systems}
    touching = Interface.objects.filter(Q(system_a__in=systems) | Q(system_b__in=systems), stage=Interface.Stage.LIVE)
    for a, b, state in touching.values_list("system_a_id", "system_b_id", "state"):
        for pk in {a, b} & systems:
            states[pk].add(state)
    for pk, found in states.items():
        worst = next((s for s in (State.DOWN, State.DEGRADED, State.OK) if s in found), State.UNKNOWN)
        System.objects.filter(pk=pk).exclude(state=worst).update(state=worst)


def sentence(interface: Interface) -> str:
    """The worst reason in the reader's language; empty when it is healthy."""
    top = next((each for each in interface.state_detail or () if each.get("level") != Level.NOTICE), None)
    return "" if top is None else str(top["zh" if (translation.get_language() or "zh").startswith("zh") else "en"])
