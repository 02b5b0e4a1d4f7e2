"""The calls themselves: several at once to a peer, in order within a link; deletes in bulk. Nothing here writes to the database."""

from __future__ import annotations

import contextvars
import queue
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import connections
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.contract import Connector, Record
from jingwei.hub.models import OutboxEntry
from jingwei.hub.outbox.answers import Found, NotThere, Outcome, RefusedAfterLook, is_closing
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import HubSession, session_for, stream_of
from jingwei.hub.sync.batch import Batch

log = structlog.get_logger(__name__)
lanes_at_most = 6
deletes_at_once = 100
settle_pause = timedelta(seconds=3)  # how long after it was sent a create is searched for: it may still be under way
Done = list[tuple[OutboxEntry, Outcome]]
Job = Callable[["Lane"], Iterator[tuple[OutboxEntry, Outcome]]]


def carry(batch: Batch, entries: Sequence[OutboxEntry]) -> Iterator[Done]:
    """Call the peers; outcomes come in groups as they arrive. A side that cannot be reached is not tried further: its entries are left out."""
    jobs: list[Job] = []
    by_side: dict[str, list[OutboxEntry]] = defaultdict(list)
    for entry in entries:
        by_side[entry.side].append(entry)
    closed: set[str] = set()
    for side, mine in by_side.items():
        deletes = [entry for entry in mine if entry.action == OutboxEntry.Action.DELETE]
        width = int(catalogue.manifest(batch.interface.system(side).connector).get("budget", {}).get("lanes", lanes_at_most))
        by_lane: dict[int, list[OutboxEntry]] = defaultdict(list)
        for entry in mine:
            if entry.action != OutboxEntry.Action.DELETE:
                by_lane[entry.link_id % width].append(entry)
        jobs += [partial(Lane.one_by_one, entries=slice_) for slice_ in by_lane.values()]
        jobs += [partial(Lane.deletes, entries=deletes[start : start + deletes_at_once]) for start in range(0, len(deletes), deletes_at_once)]
    if len(jobs) == 1:
        yield list(jobs[0](Lane(batch, closed)))
        return
    yield from _at_once(batch, jobs, closed)


def _at_once(batch: Batch, jobs: Sequence[Job], closed: set[str]) -> Iterator[Done]:
    answers: queue.SimpleQueue[tuple[OutboxEntry, Outcome] | None] = queue.SimpleQueue()

    def work(job: Job) -> None:
        try:
            for each in job(Lane(batch, closed)):
                answers.put(each)
        finally:
            answers.put(None)
            connections.close_all()

    with ThreadPoolExecutor(max_workers=min(lanes_at_most, len(jobs)), thread_name_prefix="lane") as pool:
        for job in jobs:
            pool.submit(contextvars.copy_context().run, work, job)
        running, group = len(jobs), Done()
        while running:
            answer = answers.get()
            if answer is None:
                running -= 1
            else:
                group.append(answer)
            if group and (answers.empty() or len(group) >= 50):
                yield group
                group = Done()
    if group:
        yield group


def find_out(batch: Batch, entries: Sequence[OutboxEntry]) -> Iterator[tuple[OutboxEntry, Outcome]]:
    """What became of entries whose answer never came: a create is searched by our reference, anything else is looked up and planned again."""
    lane = Lane(batch, set())
    for entry in entries:
        yield entry, lane.guarded(entry, lane.find_out)
        if entry.side in lane.closed:
            return


def first(found: Sequence[Record]) -> Record:
    """A copy made over there carries our reference too: the first is ours."""
    return min(found, key=lambda record: (len(record.key), record.key))


class Lane:
    """One worker's way to the peers. `closed`: the sides that cannot be reached now, shared by all lanes."""

    def __init__(self, batch: Batch, closed: set[str]) -> None:
        self.batch, self.closed = batch, closed
        self._sessions: dict[str, HubSession] = {}

    def session(self, side: str) -> HubSession:
        """This lane's own session of a side."""
        if side not in self._sessions:
            self._sessions[side] = session_for(self.batch.interface, side)
        return self._sessions[side]

    def connector(self, side: str) -> Connector:
        """The connector of a side."""
        return catalogue.connector(self.batch.interface.system(side).connector)

    def one_by_one(self, entries: Sequence[OutboxEntry]) -> Iterator[tuple[OutboxEntry, Outcome]]:
        """In order."""
        for entry in entries:
            if entry.side in self.closed:
                return
            yield entry, self.guarded(entry, self.call)

    def guarded(self, entry: OutboxEntry, call: Callable[[OutboxEntry], Outcome]) -> Outcome:
        """Every fault is an outcome. One that nobody foresaw may have come after the effect: it is unknown."""
        try:
            return call(entry)
        except contract.ConnectorError as problem:
            if is_closing(problem):
                self.closed.add(entry.side)
            return problem
        except Exception as fault:
            log.exception("hub.call_failed", entry=entry.pk)
            return contract.UnknownOutcome(f"{type(fault).__name__}: {fault}"[:500])

    def call(self, entry: OutboxEntry) -> Outcome:
        """Create or update, and what the peer made of it."""
        side, link = entry.side, entry.link
        connector, session, stream = self.connector(side), self.session(side), self.batch.interface.stream(side)
        values = self.batch.wording.to_side(side, entry.values, create=entry.action == OutboxEntry.Action.CREATE)
        if entry.action == OutboxEntry.Action.CREATE:
            return self._create(entry, values)
        key, version = str(getattr(link, f"key_{side}")), getattr(link, f"version_{side}") or None
        if version is None:
            self._look_first(entry, key)
        try:
            return connector.update(session, stream, key, values, version)
        except contract.Refused as refusal:  # believed after a look: some peers refuse what they have done
            raise RefusedAfterLook(refusal, connector.fetch(session, stream, key)) from refusal

    def _create(self, entry: OutboxEntry, values: dict[str, Any]) -> Outcome:
        """Create under our reference; tried before, or refused, it is searched for, lest it be there twice."""
        side, stream = entry.side, stream_of(self.batch.interface, entry.side)
        connector, session, reference = self.connector(side), self.session(side), str(entry.link.external_key)
        can_search = bool(stream.external_key_field)
        if entry.attempts > 1 and can_search and (found := connector.find(session, stream.name, reference)):
            return Found(first(found))
        try:
            made = connector.create(session, stream.name, values, reference)
        except contract.Refused:
            with suppress(contract.NotFindable):  # a search that tells nothing says nothing against the refusal
                if can_search and (found := connector.find(session, stream.name, reference)):
                    return Found(first(found))
            raise
        if can_search and made.external_key != reference:
            log.warning("hub.reference_not_kept", interface=self.batch.interface.key, side=side, record=made.key)
        return made

    def _look_first(self, entry: OutboxEntry, key: str) -> None:
        """A peer without concurrency tokens is read before it is written: what a person did meanwhile is planned, not overwritten."""
        now = self.connector(entry.side).fetch(self.session(entry.side), self.batch.interface.stream(entry.side), key)
        if now is None:
            raise contract.Gone("not there any more")
        if not self._is_as_known(entry, now):
            raise contract.Stale("changed meanwhile")

    def _is_as_known(self, entry: OutboxEntry, now: Record) -> bool:
        values, problems = self.batch.wording.canonical(entry.side, now)
        seen: dict[str, Any] = getattr(entry.link, f"seen_{entry.side}") or {}
        return not problems and all(seen.get(name) == value for name, value in values.items())

    def deletes(self, entries: Sequence[OutboxEntry]) -> Iterator[tuple[OutboxEntry, Outcome]]:
        """Looked at and deleted, many in one call; each has its own outcome."""
        side = entries[0].side
        if side in self.closed:
            return
        keys = {str(getattr(entry.link, f"key_{side}")): entry for entry in entries}

        def call(_entry: OutboxEntry) -> Outcome:
            connector, session, stream = self.connector(side), self.session(side), self.batch.interface.stream(side)
            found = connector.lookup(session, stream, list(keys))
            outcomes.update({key: why for key, entry in keys.items() if (why := self._why_not(entry, found.get(key, contract.Absence.NOT_VISIBLE)))})
            if as_known := [key for key in keys if key not in outcomes]:
                outcomes.update(connector.delete_many(session, stream, as_known))
            return None

        outcomes: dict[str, contract.ConnectorError | None] = {}
        failed = self.guarded(entries[0], call) or contract.UnknownOutcome("the peer said nothing of it")
        for key, entry in keys.items():
            yield entry, outcomes.get(key, failed)

    def _why_not(self, entry: OutboxEntry, now: contract.Found) -> contract.ConnectorError | None:
        """What keeps a record from being deleted: a delete takes no version along, and what nobody here has seen must not go with it."""
        was_left = getattr(entry.link, f"left_{entry.side}")
        match now:
            case contract.Absence.MISSING:
                return contract.Gone("not there any more")
            case contract.Absence.NOT_VISIBLE:
                return contract.Forbidden("not shown to us")
            case contract.Absence.ELSEWHERE if was_left:
                return contract.Forbidden("outside what this connection reads")
            case Record() if self._is_as_known(entry, now) and self.batch.wording.is_meant(entry.side, now) != was_left:
                return None
            case _:
                return contract.Stale("changed meanwhile")

    def find_out(self, entry: OutboxEntry) -> Outcome:
        """The record a create made, or NotThere when it had no effect (or repeating it is harmless)."""
        stream = stream_of(self.batch.interface, entry.side)
        if entry.action != OutboxEntry.Action.CREATE:
            return NotThere()
        if entry.sent_at is not None and timezone.now() - entry.sent_at < settle_pause:
            return contract.UnknownOutcome("waiting to see whether it was done")
        if stream.idempotent_create:
            return NotThere()
        found: Sequence[Record] = self.connector(entry.side).find(self.session(entry.side), stream.name, str(entry.link.external_key))
        if found:
            return Found(first(found))
        if stream.external_key_field:
            return NotThere()
        mend = contract.Title(
            "请在对方系统确认该记录是否已创建：未创建则重放，已创建则放弃。在此之前，对方新建的记录先等待",
            "Check in the other system whether it was created: replay if it was not, discard if it was. Until then records made over there wait",
        )
        return contract.NotFindable("sent without an answer, and the peer offers no way to search for it", mend=mend)
