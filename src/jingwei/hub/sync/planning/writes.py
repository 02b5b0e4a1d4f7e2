"""Plans carried out: our own side inside this very transaction, the other side through the outbox; and what a write's outcome means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from jingwei.frame import scope
from jingwei.hub import contract
from jingwei.hub.contract import Record
from jingwei.hub.facts import RecordParked
from jingwei.hub.models import DeadLetter, Delivery, Link, OutboxEntry
from jingwei.hub.sync.planning.batch import LocalWrite, Work, canonical, to_side
from jingwei.kernels import merge

State = OutboxEntry.State


def write(work: Work, link: Link, side: str, action: str, values: dict[str, Any], *, keeps_base: bool = False) -> None:
    """Have one side written; an entry that still waits is replaced, one on its way is left alone (its answer plans again)."""
    if work.is_local(side):
        work.local.append(LocalWrite(link, side, action, values, keeps_base))
        return
    entry = work.entries.get((link.pk, side))
    if entry is not None and entry.state != State.WAITING:
        return
    if entry is None:
        entry = work.entries[link.pk, side] = work.new(OutboxEntry, link=link, side=side)
        work.new_entries.append(entry)
    elif not entry._state.adding:
        work.changed_entries[entry.pk] = entry
    entry.action, entry.values, entry.before = action, values, getattr(link, f"seen_{side}")
    entry.run, entry.keeps_base = work.run, keeps_base
    link.state = Link.State.WRITING


def write_locally(work: Work, side: str, action: str, writes: Sequence[LocalWrite]) -> list[Link]:
    """Write our own side, exactly once because in this transaction; returns links that must be planned again."""
    stream, local, started = work.interface.stream(side), work.session(side).local, timezone.now()
    keys = [getattr(each.link, f"key_{side}") if action != "create" else None for each in writes]
    with scope.because(origin=f"interface:{work.interface.key}", reason=f"{work.interface.key} v{work.ready.number}"):
        outcomes: list[Any]
        if action == "delete":
            outcomes = [_deleted(local, stream, str(key)) for key in keys]
        else:
            outcomes = list(
                local.write(stream, [(key, to_side(work, side, each.values, create=action == "create")) for key, each in zip(keys, writes, strict=True)])
            )
    again = []
    for each, outcome in zip(writes, outcomes, strict=True):
        entry = work.new(
            OutboxEntry, link=each.link, side=side, action=action, values=each.values, before=getattr(each.link, f"seen_{side}"), run=work.run,
            sent_at=started, done_at=timezone.now(), keeps_base=each.keeps_base,
        )  # fmt: skip
        work.new_entries.append(entry)
        if isinstance(outcome, contract.ConnectorError):
            entry.state, entry.error = State.DEAD, outcome.message
            dead_letter(work, outcome, entry=entry)
            each.link.state = Link.State.HELD
            continue
        entry.state = State.DONE
        acknowledge(work, each.link, side, action, each.values, outcome, keeps_base=each.keeps_base)
        if each.keeps_base:
            again.append(each.link)
    return again


def _deleted(local: contract.LocalPort, stream: str, key: str) -> contract.ConnectorError | None:
    try:
        local.delete(stream, key)
    except contract.ConnectorError as problem:
        return problem
    return None


def acknowledge(work: Work, link: Link, side: str, action: str, written: dict[str, Any], record: Record | None, *, keeps_base: bool = False) -> None:
    """A write is known to have happened: only now may the base move. `record` is the peer's own view of it afterwards."""
    work.touch(link)
    counter = {"create": "created", "update": "updated", "delete": "deleted"}[action]
    setattr(work.counts, counter, getattr(work.counts, counter) + 1)
    if action == "delete" or record is None:
        setattr(link, f"gone_{side}", True)
        link.state = Link.State.UNLINKED
        return
    setattr(link, f"key_{side}", record.key)
    if not keeps_base:
        link.base = merge.acknowledge(link.base, written)
    values, problems = canonical(work, side, record)
    if not problems:
        setattr(link, f"seen_{side}", values)
    setattr(link, f"version_{side}", record.version or "")
    setattr(link, f"changed_{side}_at", record.modified_at or timezone.now())
    link.state = Link.State.LINKED


def dead_letter(work: Work, problem: contract.ConnectorError, *, entry: OutboxEntry | None = None, delivery: Delivery | None = None) -> None:
    """Keep what failed for good where a person sees it; written when the work is settled."""
    detail = "; ".join(f"{name}: {text}" for name, text in problem.fields.items()) or problem.message
    mend = problem.mend
    work.letters.append(
        work.new(
            DeadLetter, entry=entry, delivery=delivery, code=problem.code,
            message_zh=f"{detail} {mend.zh if mend else ''}".strip(), message_en=f"{detail} {mend.en if mend else ''}".strip(),
        )
    )  # fmt: skip
    work.counts.dead += 1
    key = (entry.link.key_a or entry.link.key_b or "") if entry else ""
    work.facts.append(RecordParked(interface_id=work.interface.pk, code=problem.code, record_key=key))
