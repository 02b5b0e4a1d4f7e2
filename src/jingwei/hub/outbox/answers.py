"""What the outcome of a call means for its entry and its link."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.inbox import deliveries
from jingwei.hub.models import Interface, OutboxEntry, Run
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import carry_out, note_flip, note_found, note_refusal, note_written
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.planning import held
from jingwei.hub.sync.rows import Row
from jingwei.kernels.merge import SideName, Write

log = structlog.get_logger(__name__)
attempts_at_most = 8
closed_seconds = 10.0
State = OutboxEntry.State


@dataclass(frozen=True, slots=True)
class NotThere:
    """An entry without an answer turned out to have had no effect (or may be repeated safely)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A create without an answer turned out to have happened: the record as it was found."""

    record: contract.Record


class RefusedAfterLook(contract.Refused):
    """An update was refused; `record` is what is there now."""

    def __init__(self, refusal: contract.Refused, record: contract.Record | None) -> None:
        super().__init__(refusal.message, mend=refusal.mend, fields=refusal.fields, zh=refusal.zh)
        self.record = record


Outcome = contract.Record | contract.ConnectorError | NotThere | Found | None


def is_closing(outcome: Outcome) -> bool:
    """Whether the side as a whole cannot be reached now: nothing was done, nothing further is tried, nothing is killed."""
    return isinstance(outcome, contract.Unreachable | contract.RateLimited | contract.Unauthorised)


def pause_seconds(attempt: int) -> float:
    """Doubling from two seconds to five minutes, jittered by half so that a crowd does not return at once."""
    return min(300.0, 2.0**attempt) * random.uniform(0.5, 1.5)


def acknowledge(interface: Interface, run: Run | None, outcomes: Sequence[tuple[OutboxEntry, Outcome]]) -> Counts:
    """Note outcomes: all together, or one by one when that fails; one that cannot be noted stays a question."""
    if not outcomes:
        return Counts()
    try:
        with transaction.atomic():
            done = _noted(interface, run, outcomes)
            connection.check_constraints()
            return done
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("hub.outcome_not_noted", interface=interface.key, size=len(outcomes))
        if len(outcomes) == 1:
            entry = outcomes[0][0]
            later = timezone.now() + timedelta(seconds=pause_seconds(entry.attempts))
            text = f"{type(fault).__name__}: {fault}"[:2000]
            OutboxEntry.objects.filter(pk=entry.pk).update(state=State.UNKNOWN, error=text, not_before=later)
            return Counts()
    counts = Counts()
    for each in outcomes:
        counts.add(acknowledge(interface, run, [each]))
    return counts


def _noted(interface: Interface, run: Run | None, outcomes: Sequence[tuple[OutboxEntry, Outcome]]) -> Counts:
    batch = Batch(interface, run, max(5, len(outcomes)))
    rows = {row.pk: row for row in batch.load(held({entry.link_id for entry, _ in outcomes}))}
    asked: dict[SideName, list[str]] = {"a": [], "b": []}
    moved: dict[int, Row] = {}
    for entry, outcome in outcomes:
        row = rows.get(entry.link_id)
        live = row.entries.get(entry.side) if row is not None else None
        if row is None or live is None or live.pk != entry.pk:
            continue
        live.attempts = entry.attempts
        side: SideName = "a" if entry.side == "a" else "b"
        moved[row.pk] = row
        if _note(batch, row, side, live, outcome):
            asked[side].append(str(row.pair.half(side).key))
    carry_out(batch, [row for row in moved.values() if _may_plan(row)])
    batch.write_back(moved.values())
    for side, keys in asked.items():
        deliveries.ask(interface, side, keys, "moved on while it was written", run)
    return batch.counts


def _may_plan(row: Row) -> bool:
    """An update that moved on is planned when it has been looked up, not on what we knew before."""
    return not any(entry.state == State.UNKNOWN for entry in row.entries.values())


def _note(batch: Batch, row: Row, side: SideName, entry: OutboxEntry, outcome: Outcome) -> bool:
    """One outcome; True when the record must be looked up."""
    write = Write(entry.action, entry.values)  # type: ignore[arg-type]
    batch.owed.entries.append(entry)
    if isinstance(outcome, contract.Gone) and entry.action == OutboxEntry.Action.DELETE:
        outcome = None  # somebody else did it: the same outcome
    if isinstance(outcome, NotThere):
        return _not_there(entry)
    if isinstance(outcome, Found):
        entry.state, entry.done_at, entry.error = State.DONE, timezone.now(), "found by our reference"
        del row.entries[side]
        note_found(batch, row, side, write, outcome.record)
        return False
    if outcome is None or isinstance(outcome, contract.Record):
        entry.state, entry.done_at, entry.error = State.DONE, timezone.now(), ""
        del row.entries[side]
        note_written(batch, row, side, write, outcome)
        if entry.action == OutboxEntry.Action.UPDATE:
            note_flip(batch, row, side, write)
        return False
    if is_closing(outcome):
        _put_off(entry, outcome, State.WAITING, _closed_for(outcome))
        entry.attempts = max(0, entry.attempts - 1)
        return False
    if isinstance(outcome, contract.Stale | contract.Gone):
        return _moved_on(entry, outcome)
    if outcome.retry and entry.attempts < attempts_at_most:
        state = State.UNKNOWN if isinstance(outcome, contract.UnknownOutcome) else State.WAITING
        _put_off(entry, outcome, state, pause_seconds(entry.attempts))
        return False
    if isinstance(outcome, RefusedAfterLook) and outcome.record is not None and note_found(batch, row, side, write, outcome.record):
        entry.state, entry.done_at, entry.error = State.DONE, timezone.now(), f"refused, and yet done: {outcome.message}"[:2000]
        del row.entries[side]
        return False
    del row.entries[side]
    note_refusal(batch, row, side, write, entry, outcome)
    return False


def _not_there(entry: OutboxEntry) -> bool:
    """A create that had no effect may be sent again. What is no create is looked up: what it shows tells whether the write happened."""
    if entry.action == OutboxEntry.Action.CREATE:
        entry.state, entry.not_before = State.WAITING, None
        return False
    entry.state, entry.not_before = State.UNKNOWN, timezone.now() + timedelta(seconds=pause_seconds(entry.attempts + 1))
    return True


def _moved_on(entry: OutboxEntry, outcome: contract.ConnectorError) -> bool:
    """The peer's record moved under us: wait until it has been looked up and planned again."""
    entry.state, entry.error = State.WAITING, outcome.message[:2000]
    entry.not_before = timezone.now() + timedelta(seconds=1.0 if entry.attempts < 3 else pause_seconds(entry.attempts))
    return True


def _put_off(entry: OutboxEntry, outcome: contract.ConnectorError, state: str, seconds: float) -> None:
    entry.state, entry.error, entry.not_before = state, outcome.message[:2000], timezone.now() + timedelta(seconds=seconds)


def _closed_for(outcome: contract.ConnectorError) -> float:
    until = getattr(outcome, "until", None)
    if until is not None:
        return max(0.5, (until - timezone.now()).total_seconds())
    return max(1.0, float(getattr(outcome, "after", closed_seconds)))
