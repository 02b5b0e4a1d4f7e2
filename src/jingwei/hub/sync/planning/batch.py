"""One batch in progress: what it has read beforehand, and what it owes the database in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from jingwei.frame import bulk
from jingwei.hub.contract import Record
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.peers.session import HubSession, session_for
from jingwei.hub.register.versions import Ready
from jingwei.kernels import merge

OPEN = ("waiting", "sending", "unknown")
link_fields = (
    "key_a", "key_b", "base", "seen_a", "seen_b", "gone_a", "gone_b", "changed_a_at", "changed_b_at", "version_a", "version_b", "state",
)  # fmt: skip
entry_fields = ("action", "values", "before", "run", "keeps_base", "state", "done_at")
conflict_fields = ("value_a", "value_b", "base", "resolved_at", "choice")


@dataclass(slots=True)
class Counts:
    """What a run did, record by record."""

    read: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    conflicts: int = 0
    quarantined: int = 0
    dead: int = 0

    def as_plain(self) -> dict[str, int]:
        """For the run's row and for `--json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    def add(self, more: Counts) -> None:
        """Sum up."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))


@dataclass(slots=True)
class LocalWrite:
    """A write to our own side, carried out together with its like before the batch ends."""

    link: Link
    side: str
    action: str
    values: dict[str, Any]
    keeps_base: bool


@dataclass(slots=True)
class Work:
    """One batch. Links, open entries and open conflicts are read once for all of them; `settle` writes everything back."""

    interface: Interface
    ready: Ready
    run: Run | None
    size: int = 5
    counts: Counts = field(default_factory=Counts)
    links: dict[str, dict[str, Link]] = field(default_factory=lambda: {"a": {}, "b": {}})
    dirty: dict[int, Link] = field(default_factory=dict)
    same: list[Link] = field(default_factory=list)
    taken: list[Delivery] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    lookups: Any = None
    unresolved: frozenset[str] = frozenset()
    entries: dict[tuple[int, str], OutboxEntry] = field(default_factory=dict)
    conflicts: dict[int, dict[str, Conflict]] = field(default_factory=lambda: defaultdict(dict))
    local: list[LocalWrite] = field(default_factory=list)
    new_entries: list[OutboxEntry] = field(default_factory=list)
    changed_entries: dict[int, OutboxEntry] = field(default_factory=dict)
    changed_conflicts: dict[int, Conflict] = field(default_factory=dict)
    parked: list[Quarantine] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    _ids: dict[Any, list[int]] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)
    _sessions: dict[str, HubSession] = field(default_factory=dict)

    def session(self, side: str) -> HubSession:
        """The session of a side, made once."""
        if side not in self._sessions:
            self._sessions[side] = session_for(self.interface, side)
        return self._sessions[side]

    def is_local(self, side: str) -> bool:
        """Whether a side is our own."""
        return self.interface.system(side).connector == "local"

    def new(self, model: type[Any], **values: Any) -> Any:
        """A row of this interface with an id of its own, not yet written; ids are fetched `size` at a time."""
        heap = self._ids.setdefault(model, [])
        if not heap:
            heap += reversed(bulk.new_ids(model, self.size))
        return bulk.made(model, id=heap.pop(), interface=self.interface, tenant_id=self.interface.tenant_id, **values)

    def touch(self, link: Link) -> None:
        """This link will be planned or saved."""
        self.dirty[link.pk] = link

    def finish(self, delivery: Delivery, outcome: str, link: Link | None, state: str = Delivery.State.DONE) -> None:
        """Note what became of a delivery."""
        delivery.state, delivery.outcome, delivery.link_id, delivery.done_at = state, outcome, link.pk if link else None, timezone.now()
        self.taken.append(delivery)

    def prepare(self, links: Iterable[Link]) -> None:
        """Read the open entries and conflicts of links that will be planned."""
        wanted = [link for link in links if link.pk not in self._known]
        self._known.update(link.pk for link in wanted)
        stored = [link.pk for link in wanted if not link._state.adding]
        if not stored:
            return
        for entry in OutboxEntry.objects.filter(link_id__in=stored, state__in=OPEN):
            self.entries[entry.link_id, entry.side] = entry
        for conflict in Conflict.objects.filter(link_id__in=stored, resolved_at=None):
            self.conflicts[conflict.link_id][conflict.field] = conflict

    def write_back(self) -> None:
        """All rows this batch made or changed, a statement for each kind. Local writes must have been carried out."""
        bulk.save(list({link.pk: link for link in (*self.same, *self.dirty.values())}.values()), link_fields)
        bulk.update(list(self.changed_entries.values()), entry_fields)
        bulk.insert(self.new_entries)
        known = [c for c in self.changed_conflicts.values() if not c._state.adding]
        bulk.update(known, conflict_fields)
        bulk.insert([c for c in self.changed_conflicts.values() if c._state.adding])
        known_ones = [(d.pk, (d.state, d.outcome, d.link_id, d.done_at)) for d in self.taken if not d._state.adding]
        bulk.update_from(Delivery, ("state", "outcome", "link", "done_at"), known_ones)
        bulk.insert([d for d in self.taken if d._state.adding])
        bulk.insert(self.parked)
        bulk.insert(self.letters)
        self.new_entries, self.parked, self.letters, self.taken, self.same = [], [], [], [], []
        self.changed_entries, self.changed_conflicts = {}, {}


def canonical(work: Work, side: str, record: Record) -> tuple[dict[str, Any], list[Any]]:
    """A record's values in the canonical space (side B's names, normalised), and what is wrong with them."""
    types = work.ready.types
    if side == "a":
        mapped = work.ready.mapping.forward(record.values, work.lookups)
        return {k: merge.normalise(v, types[k]) for k, v in mapped.values.items() if k in types}, [p for p in mapped.problems if p.severity != "warn"]
    return {k: merge.normalise(v, types[k]) for k, v in record.values.items() if k in types}, []


def to_side(work: Work, side: str, values: dict[str, Any], *, create: bool = False) -> dict[str, Any]:
    """Canonical values in the words of the side that is written."""
    if side == "b":
        return {**work.ready.mapping.constants("b"), **values} if create else values
    back = work.ready.mapping.backward(values, work.lookups).values
    return {**work.ready.mapping.constants("a"), **back} if create else back
