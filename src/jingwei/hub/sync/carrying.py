"""Plans carried out: our own side inside this very transaction, the other side through the outbox, clashes to a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from jingwei.frame import scope
from jingwei.hub import contract
from jingwei.hub.facts import ConflictOpened, RecordParked
from jingwei.hub.models import Conflict, DeadLetter, Interface, Link, OutboxEntry
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.rows import UNDER_WAY, Row, state_of
from jingwei.kernels import merge
from jingwei.kernels.merge import Answer, Apart, SideName, Why, Write, whole

State = OutboxEntry.State
rounds_at_most = 6


@dataclass(slots=True)
class OwnWrite:
    """A write to our own side, carried out together with its like before the batch ends."""

    row: Row
    side: SideName
    write: Write
    entry: OutboxEntry | None = None


def carry_out(batch: Batch, rows: Iterable[Row]) -> None:
    """Plan these rows, write our own side, plan again what that changed, and leave everything owed to the batch."""
    pending = _refreshed(batch, list(rows))
    for _round in range(rounds_at_most):
        own = _plan(batch, pending)
        if not own:
            return
        pending = _write_own(batch, own)
    for row in pending:
        _stop_circle(batch, row)
    _plan(batch, pending)


def _refreshed(batch: Batch, rows: list[Row]) -> list[Row]:
    """Our own side is read and locked inside this transaction, so no local edit is ever overwritten unseen."""
    for side in merge.sides:
        if side not in batch.terms.own:
            continue
        keyed = {half.key: row for row in rows if (half := row.pair.half(side)).key is not None and not half.gone}
        if not keyed:
            continue
        found = batch.session(side).local.where(batch.interface.stream(side), list(keyed))
        for key, row in keyed.items():
            take_found(batch, row, side, key, found.get(key, contract.Absence.NOT_VISIBLE))
    return rows


def take_found(batch: Batch, row: Row, side: SideName, key: str, found: contract.Found) -> list[dict[str, Any]]:
    """Bring a looked-up record into its row; gives the mapping's problems with it."""
    now, problems = timezone.now(), list[dict[str, Any]]()
    if found is contract.Absence.MISSING:
        merge.take(row.pair, merge.Arrival(side, key, gone=True, read_at=now, is_confirmed=True), batch.terms)
    elif found is contract.Absence.ELSEWHERE:
        version = row.pair.half(side).version
        merge.take(row.pair, merge.Arrival(side, key, outside=True, read_at=now, is_confirmed=True, version=version), batch.terms)
    elif isinstance(found, contract.Record):
        values, problems = batch.wording.canonical(side, found)
        arrival = merge.Arrival(
            side, key, values, outside=not batch.wording.is_meant(side, found), problems=problems, version=found.version or "", sequence=found.sequence,
            stamp=found.modified_at, read_at=now, is_confirmed=True,
        )  # fmt: skip
        merge.take(row.pair, arrival, batch.terms)
    return problems


# -- plans into writes


def _plan(batch: Batch, rows: list[Row]) -> list[OwnWrite]:
    own: list[OwnWrite] = []
    deletes: list[tuple[Row, SideName, Write]] = []
    for row in rows:
        was_refused = any(mark["why"] == Why.REFUSED for mark in (row.link.apart or {}).values())  # as it was stored last
        plan = merge.plan(row.pair, batch.terms)
        row.pair.base, row.pair.apart, row.is_planned = plan.base, plan.apart, True
        row.link.state = state_of(row, plan)
        if was_refused and not any(mark.why == Why.REFUSED for mark in plan.apart.values()):
            batch.owed.mended.add(row.pk)
        _note_conflicts(batch, row, plan.clashes)
        writes = merge.keep_clear(plan.writes, row.under_way())
        for side in merge.sides:
            write = writes.get(side)
            if write is None:
                _drop(batch, row, side)
            elif write.action == "delete" and side not in row.entries and whole not in plan.apart:
                deletes.append((row, side, write))
            else:
                own += _tell(batch, row, side, write)
    is_held = bool(deletes) and not _may_delete(batch.interface, len(deletes))
    for row, side, write in deletes:
        own += _hold(batch, row, side, write) if is_held else _tell(batch, row, side, write)
    return own


def _may_delete(interface: Interface, wanted: int) -> bool:
    """The guard against deleting many at once: all of a batch or none, counted over days, and nothing passes while some are held."""
    since = max(filter(None, (timezone.now() - merge.delete_window, interface.deletes_allowed_at)))
    entries = OutboxEntry.objects.filter(interface=interface, action="delete")
    return merge.deletes_pass(
        linked=Link.objects.filter(interface=interface).exclude(key_a=None).exclude(key_b=None).filter(Q(gone_a=False) | Q(gone_b=False)).count(),
        lately=entries.filter(created_at__gte=since).exclude(state__in=("dropped", "dead", "held")).count(), wanted=wanted,
        held=entries.filter(state="held").count(), limit_percent=interface.delete_limit_percent,
    )  # fmt: skip


def _hold(batch: Batch, row: Row, side: SideName, write: Write) -> list[OwnWrite]:
    _entry(batch, row, side, write, State.HELD)
    row.link.state = Link.State.HELD
    return []


def _tell(batch: Batch, row: Row, side: SideName, write: Write) -> list[OwnWrite]:
    """Have one side written. An entry that still waits is replaced, one on its way is left alone (its answer plans again)."""
    entry = row.entries.get(side)
    if entry is not None and (entry.state in UNDER_WAY or (entry.state == State.HELD and write.action == "delete")):
        return []
    if side in batch.terms.own:
        return [OwnWrite(row, side, write, entry)]
    _entry(batch, row, side, write, State.WAITING)
    return []


def _entry(batch: Batch, row: Row, side: SideName, write: Write, state: str) -> OutboxEntry:
    entry, seen = row.entries.get(side), row.pair.half(side).seen
    if entry is None or _keeps_its_word(entry, write, seen):
        sent, entry = entry, batch.new(OutboxEntry, link=row.link, side=side)
        if sent is not None:
            sent.state, sent.done_at = State.DROPPED, timezone.now()
            batch.owed.entries.append(sent)
            if sent.values == write.values:
                entry.attempts, entry.not_before = sent.attempts, sent.not_before
        row.entries[side] = entry
    elif entry.values != write.values:
        entry.attempts, entry.not_before = 0, None
    entry.action, entry.values, entry.before = write.action, write.values, seen
    entry.run, entry.state = batch.run, state
    batch.owed.entries.append(entry)
    return entry


def _keeps_its_word(entry: OutboxEntry, write: Write, seen: Any) -> bool:
    """What was sent may have had its effect, whatever was answered: it goes on telling what it wrote and what that replaced, and another entry goes out."""
    return entry.sent_at is not None and (entry.action, entry.values, entry.before) != (write.action, write.values, seen)


def _drop(batch: Batch, row: Row, side: SideName) -> None:
    """The plan no longer wants to write here: what still waits is superseded."""
    entry = row.entries.get(side)
    if entry is not None and entry.state in (State.WAITING, State.HELD):
        entry.state, entry.done_at = State.DROPPED, timezone.now()
        del row.entries[side]
        batch.owed.entries.append(entry)


# -- our own side


def _write_own(batch: Batch, writes: list[OwnWrite]) -> list[Row]:
    """Write our own side, exactly once because in this transaction; gives the rows to plan again."""
    again: dict[int, Row] = {}
    for side, action in dict.fromkeys((each.side, each.write.action) for each in writes):
        mine = [each for each in writes if (each.side, each.write.action) == (side, action) and not _goes_round(batch, each.row, side, each.write)]
        if not mine:
            continue
        started = timezone.now()
        with scope.because(origin=f"interface:{batch.interface.key}", reason=f"{batch.interface.key} v{batch.wording.ready.number}"):
            outcomes = _call_own(batch, side, action, mine)
        for each, outcome in zip(mine, outcomes, strict=True):
            entry = _entry(batch, each.row, side, each.write, State.DONE)
            entry.sent_at, entry.done_at = started, timezone.now()
            del each.row.entries[side]
            _settle_own(batch, each, entry, outcome)
    for each in writes:
        again[each.row.pk] = each.row
    return list(again.values())


def _call_own(batch: Batch, side: SideName, action: str, mine: list[OwnWrite]) -> list[Any]:
    local, stream = batch.session(side).local, batch.interface.stream(side)
    if action == "delete":
        return list(local.delete_many(stream, [str(each.row.pair.half(side).key) for each in mine]))
    create = action == "create"
    items = [
        (None if create else each.row.pair.half(side).key, batch.wording.to_side(side, each.write.values, create=create)) for each in mine
    ]  # fmt: skip
    return list(local.write(stream, items))


def _settle_own(batch: Batch, each: OwnWrite, entry: OutboxEntry, outcome: Any) -> None:
    row, side = each.row, each.side
    if isinstance(outcome, contract.Gone):
        merge.take(row.pair, merge.Arrival(side, str(row.pair.half(side).key), gone=True, read_at=timezone.now(), is_confirmed=True), batch.terms)
        if each.write.action != "delete":
            entry.state, entry.error = State.DROPPED, outcome.message
            return
        outcome = None
    if isinstance(outcome, contract.ConnectorError):
        note_refusal(batch, row, side, each.write, entry, outcome)
        return
    note_written(batch, row, side, each.write, outcome)


# -- outcomes, of either side


def note_written(batch: Batch, row: Row, side: SideName, write: Write, record: contract.Record | None) -> None:
    """A write is known to have happened: only now may the base move. `record` is the peer's own view of it afterwards."""
    counter = {"create": "created", "update": "updated", "delete": "deleted"}[write.action]
    setattr(batch.counts, counter, getattr(batch.counts, counter) + 1)
    if record is not None and write.action == "create":
        name_record(batch, row, side, record.key)
    merge.written(row.pair, side, write, answer_of(batch, side, record) if record is not None else None, batch.terms)
    batch.file(row)


def note_found(batch: Batch, row: Row, side: SideName, write: Write, record: contract.Record) -> bool:
    """A write whose answer never came, by what was found: True when (any of) it happened."""
    if write.action == "create":
        name_record(batch, row, side, record.key)
    happened = merge.turned_out(row.pair, side, write, answer_of(batch, side, record), batch.terms)
    if happened:
        counter = "created" if write.action == "create" else "updated"
        setattr(batch.counts, counter, getattr(batch.counts, counter) + 1)
        row.pair.half(side).left = not batch.wording.is_meant(side, record)
    batch.file(row)
    if happened and write.action == "update":
        note_flip(batch, row, side, write)
    return happened


def name_record(batch: Batch, row: Row, side: SideName, key: str) -> None:
    """A record of ours has its key over there. The one it stands for keeps a link of its own: what still comes of that one is old."""
    half = row.pair.half(side)
    before = half.key
    if before is not None and before != key:
        del batch.index[side][before]
        left_behind = batch.new_row(side, before)
        left_behind.pair.half(side).gone = True
        left_behind.link.state = Link.State.UNLINKED
        batch.left_behind.append(left_behind)
    half.key = key
    batch.file(row)


def answer_of(batch: Batch, side: SideName, record: contract.Record) -> Answer:
    """A record after our write, as the planner takes it."""
    values, problems = batch.wording.canonical(side, record)
    replaced: dict[str, Any] = {}
    if record.replaced:
        before = contract.Record(record.stream, record.key, {**record.values, **record.replaced})
        old, _problems = batch.wording.canonical(side, before)
        replaced = {name: old[name] for name in old if old[name] != values.get(name)}
    return Answer(record.key, values, bool(problems), record.version or "", record.sequence, record.modified_at, timezone.now(), replaced)


def note_refusal(batch: Batch, row: Row, side: SideName, write: Write, entry: OutboxEntry, refusal: contract.ConnectorError) -> None:
    """It will not be taken: kept where a person sees it, and not tried again until something changes."""
    entry.state, entry.done_at, entry.error = State.DEAD, timezone.now(), refusal.message[:2000]
    detail = "; ".join(f"{name}: {text}" for name, text in refusal.fields.items()) or refusal.message
    zh, en = refusal.zh or detail, detail
    if refusal.mend:
        zh, en = f"{zh} {refusal.mend.zh}", f"{en} {refusal.mend.en}"
    names = {found for name in refusal.fields if (found := batch.wording.field_of(side, name)) is not None}
    merge.refused(row.pair, side, write, names, (zh[:500], en[:500]))
    batch.owed.entries.append(entry)
    batch.owed.letters.append(batch.new(DeadLetter, entry=entry, code=refusal.code, message_zh=zh.strip(), message_en=en.strip()))
    batch.counts.dead += 1
    batch.owed.facts.append(RecordParked(interface_id=batch.interface.pk, code=refusal.code, record_key=row.label()))


# -- circles


def _goes_round(batch: Batch, row: Row, side: SideName, write: Write) -> bool:
    """Note the write; True when the same was written there so often lately that it must stop."""
    if write.action != "update":
        return False
    return note_flip(batch, row, side, write)


def note_flip(batch: Batch, row: Row, side: SideName, write: Write) -> bool:
    """Remember an update; when it goes in a circle the record is held for a person, and True."""
    mark = hashlib.sha256(json.dumps(write.values, sort_keys=True, default=str).encode()).hexdigest()[:12]
    row.link.flips, is_circle = merge.note_write(row.link.flips or [], side, mark, timezone.now())
    if is_circle:
        _stop_circle(batch, row)
    return is_circle


def _stop_circle(batch: Batch, row: Row) -> None:
    zh, en = "同一内容在两侧之间反复写入，已停止", "the same values are written again and again between both sides: stopped"
    row.pair.apart[whole] = Apart(merge.shape(row.pair.a), merge.shape(row.pair.b), Why.CIRCLE, None, zh, en)
    batch.owed.facts.append(RecordParked(interface_id=batch.interface.pk, code="hub.circle", record_key=row.label()))


# -- questions


def _note_conflicts(batch: Batch, row: Row, clashes: tuple[merge.Clash, ...]) -> None:
    """Open what is asked now, close what both sides settled among themselves."""
    fresh = []
    # a record that could not be made or deleted is a dead letter; there is nothing to choose between
    asked = {clash.field: clash for clash in clashes if not (clash.field == whole and clash.why == Why.REFUSED)}
    for name, clash in asked.items():
        conflict = row.conflicts.get(name)
        if conflict is None:
            row.conflicts[name] = conflict = batch.new(Conflict, link=row.link, field=name)
            fresh.append(name)
        conflict.value_a, conflict.value_b, conflict.base = clash.a, clash.b, clash.base
        conflict.reason, conflict.message_zh, conflict.message_en = str(clash.why), clash.zh, clash.en
        batch.owed.conflicts[conflict.pk] = conflict
    for name in [each for each in row.conflicts if each not in asked]:
        conflict = row.conflicts.pop(name)
        conflict.resolved_at, conflict.choice = timezone.now(), "converged"
        batch.owed.conflicts[conflict.pk] = conflict
    if fresh:
        batch.counts.conflicts += 1
        batch.owed.facts.append(ConflictOpened(interface_id=batch.interface.pk, link_id=row.pk, fields=tuple(fresh)))
