"""A hub in miniature: what it keeps in its database, what it loses in a crash, and only the planner's functions for every decision."""

from __future__ import annotations

from collections import deque
from typing import Any

from jingwei.kernels import merge
from jingwei.kernels.merge import Arrival, Half, Pair, Taken, Terms, Write
from tests.kernels.merge.peer import Failed, Peer, Snapshot, digit, moment, unreadable, unsayable
from tests.kernels.merge.rows import Delivery, Entry, Link
from tests.kernels.merge.writing import Writing

sides = ("a", "b")
all_fields = ("k", "x", "y", "n", "u", "o")


class Hub(Writing):
    """One interface. Methods are steps of the process; each is one transaction, but for the calls inside, before and after which it may die."""

    def __init__(self, name: str, world: Any, a: Peer, b: Peer, *, cannot: frozenset[Any] = frozenset(), own: frozenset[str] = frozenset()) -> None:
        self.name, self.world = name, world
        self.peers = {"a": a, "b": b}
        self.cannot, self.own = cannot, own
        self.policies = {"k": "a", "x": "ask", "y": "b", "n": "newest", "u": "union", "o": "a"}
        self.directions = {"o": "a_to_b"}
        self.had = set(self.policies.items())  # what a write came to was judged by the terms of its time
        self.on_delete, self.on_leave = "ask", "unlink"
        self.is_strict = {"a": True, "b": True}  # whether that side's unreadable values are unreadable, and unsayable ones unsayable
        self.is_paired = False
        self.is_paused = False
        self.links: list[Link] = []
        self.by_key: dict[str, dict[str, Link]] = {"a": {}, "b": {}}
        self.cursor = {"a": 0, "b": 0}
        self.is_read_once = {"a": False, "b": False}
        self.deliveries: deque[Delivery] = deque()
        self.old: deque[Delivery] = deque(maxlen=6)
        self.deletes: list[int] = []
        self.memory: dict[str, Any] = {}
        self.rows = self.references = 0
        self.terms = self._terms()

    def _terms(self) -> Terms:
        return Terms(
            policies=dict(self.policies), directions=dict(self.directions), on_delete=self.on_delete, on_leave=self.on_leave, is_paired=self.is_paired,
            express=self._express, cannot=self.cannot, own=self.own,
        )  # fmt: skip

    def _express(self, side: str, values: dict[str, Any]) -> dict[str, tuple[str, str]]:
        return {n: ("", "no word") for n, v in values.items() if self.is_strict[side] and digit(v) == unsayable}

    # reading: raw first, then the cursor ------------------------------------------------------------------------------

    def fetch(self, side: str) -> None:
        """Ask for a page; it is in memory only."""
        at = self.world.now
        try:
            self.memory[side] = (*self.peers[side].changes(self.cursor[side]), at, self.cursor[side])
        except Failed:
            return

    def store(self, side: str) -> None:
        """Keep the page and move the cursor, in one transaction."""
        page = self.memory.pop(side, None)
        if page is None or page[3] != self.cursor[side]:
            return
        snapshots, cursor, at, _ = page
        for snapshot in snapshots:
            self.deliveries.append(Delivery(side, snapshot.key, snapshot, at, True, snapshot.gone))
        self.rows += len(snapshots)
        self.cursor[side] = cursor
        if cursor == len(self.peers[side].log):
            self.is_read_once[side] = True

    def receive(self, peer: Peer, snapshot: Snapshot) -> None:
        """A webhook: stored before it is answered, also while paused."""
        for side in sides:
            if self.peers[side] is peer:
                self.deliveries.append(Delivery(side, snapshot.key, snapshot, self.world.now, False, snapshot.gone))
                self.rows += 1

    def reconcile(self, side: str) -> None:
        """Which linked records are no longer listed? Silence is no absence: they are looked up when they are taken."""
        try:
            listed = self.peers[side].keys()
        except Failed:
            return
        waiting = {d.key for d in self.deliveries}
        for key, link in self.by_key[side].items():
            if key not in listed and self.half(link, side).key == key and not self.half(link, side).gone and key not in waiting:
                self.deliveries.append(Delivery(side, key, None, self.world.now, True, True))
                self.rows += 1

    # taking ---------------------------------------------------------------------------------------------------------

    def take(self) -> None:
        """Take the oldest waiting delivery; what cannot be told yet goes to the end of the queue."""
        if not self.deliveries:
            self._pair_first()
            return
        delivery = self.deliveries[0]
        try:
            is_done = self._take(delivery)
        except Failed:
            is_done = False
        if is_done:
            self.deliveries.popleft()
            self.old.append(delivery)
        else:
            self.deliveries.rotate(-1)

    def _take(self, delivery: Delivery) -> bool:
        side, link = delivery.side, self.link_of(delivery.side, delivery.key)
        if link is not None and side in link.open and link.open[side].state == "unknown":
            if not self.resolve(link, side):
                return link.pair.half(side).parked  # type: ignore[arg-type]  # looked up just now, and unreadable: a person sees it
            link = self.link_of(side, delivery.key)  # what was made anew may have got its own key
        if link is None:
            if delivery.gone:
                return True
            assert delivery.snapshot is not None
            ours = next((each for each in self.links if each.external == delivery.snapshot.external and self._has_none(each, side)), None)
            if ours is not None and side in ours.open:  # it carries our reference: this is what our unanswered create made
                now = self.peers[side].lookup(delivery.key)  # as it is now: what came in may be a state on the way
                if now == "not_visible":
                    return False
                self._found(ours, side, ours.open[side], now if isinstance(now, Snapshot) else delivery.snapshot)
                return isinstance(now, Snapshot) or self.look(ours, side, delivery.key)
        arrival = self._arrival(delivery)
        taken = merge.take(link.pair if link else None, arrival, self.terms)
        if taken in (Taken.NEW, Taken.PARKED) and link is None:
            link = self._begin(side, delivery.key)
            taken = merge.take(link.pair, arrival, self.terms)
        if link is None:
            return True
        if taken == Taken.LOOK_UP:
            return self.look(link, side, delivery.key)
        if delivery.snapshot is not None and taken != Taken.OUTDATED:
            self.world.oracle.knows(self, side, delivery.key, delivery.snapshot.index)
        if taken in (Taken.CHANGED, Taken.PARKED):
            self.plan(link)
        return True

    def look(self, link: Link, side: str, key: str) -> bool:
        """Look one record up and believe it; False when nothing can be said of it now."""
        found = self.peers[side].lookup(key)
        if found == "not_visible":
            return False
        arrival = self._confirmed(side, key, found)
        if merge.take(link.pair, arrival, self.terms) != Taken.LOOK_UP:
            self.world.oracle.knows(self, side, key, len(self.peers[side].records[key].changes) - 1)
        self.plan(link)
        return True

    def _confirmed(self, side: str, key: str, found: Snapshot | str) -> Arrival:
        snapshot = found if isinstance(found, Snapshot) else None
        return self._arrival(Delivery(side, key, snapshot, self.world.now, True, snapshot is None), True)

    def _arrival(self, delivery: Delivery, is_confirmed: bool = False) -> Arrival:
        snapshot, read_at = delivery.snapshot, moment(delivery.read_at)
        side: Any = delivery.side
        if snapshot is None or delivery.gone:
            stamp = moment(snapshot.stamp) if snapshot else None
            return Arrival(side, delivery.key, gone=True, stamp=stamp, read_at=read_at, is_read=delivery.is_read, is_confirmed=is_confirmed)
        values, problems = self.mapped(delivery.side, snapshot.values)
        return Arrival(
            side, delivery.key, None if problems else values, outside=not snapshot.inside, problems=problems, version=snapshot.version,
            sequence=snapshot.sequence, stamp=moment(snapshot.stamp), read_at=read_at, is_read=delivery.is_read, is_confirmed=is_confirmed,
        )  # fmt: skip

    def mapped(self, side: str, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Values in the canonical space (those that can be read) and the names of the others."""
        problems = [n for n in self.policies if self.is_strict[side] and digit(values.get(n)) == unreadable]
        return {n: values.get(n) for n in self.policies if n not in problems}, problems

    def link_of(self, side: str, key: str) -> Link | None:
        """The pair a record belongs to now."""
        link = self.by_key[side].get(key)
        return link if link is not None and link.pair.half(side).key == key else None  # type: ignore[arg-type]

    def _has_none(self, link: Link, side: str) -> bool:
        return self.half(link, side).key is None or self.half(link, side).gone

    def _name(self, link: Link, side: str, key: str) -> None:
        """A record of ours has its key. The one it stands for keeps a row of its own: what still comes of that one is old."""
        if (old := self.half(link, side).key) not in (None, key):
            dead = self._begin(side, old)
            dead.pair.half(side).gone = True  # type: ignore[arg-type]
        self.by_key[side][key] = link

    def _begin(self, side: str, key: str) -> Link:
        self.references += 1
        link = Link(f"{self.name}{self.references}")
        link.pair.half(side).key = key  # type: ignore[arg-type]
        self.links.append(link)
        self.by_key[side][key] = link
        return link

    # pairing --------------------------------------------------------------------------------------------------------

    def _pair_first(self) -> None:
        if self.is_paired or not all(self.is_read_once.values()):
            return
        self.is_paired = True
        self.terms = self._terms()
        self.pair_up()
        for link in list(self.links):
            self.plan(link)

    def _halves(self, side: str) -> dict[int, Link]:
        across = merge.other(side)  # type: ignore[arg-type]
        return {
            i: link for i, link in enumerate(self.links)
            if (half := link.pair.half(side)).key is not None and not half.gone and not half.left and half.seen is not None and link.pair.half(across).key is None
            and (across not in link.open or link.open[across].state == "waiting")
        }  # fmt: skip

    def pair_up(self) -> None:
        """Join halves that are one thing; the doubtful ones are a person's."""
        halves = {side: self._halves(side) for side in sides}
        was = [link for link in self.links if link.is_ambiguous]
        keys = {s: {i: merge.natural_key(link.pair.half(s).seen, ("k",)) for i, link in halves[s].items()} for s in sides}  # type: ignore[arg-type]
        pairing = merge.pair_up(*({(s, i): key for i, key in keys[s].items()} for s in sides))  # type: ignore[arg-type]
        self.world.oracle.paired(self, keys, pairing)
        for (_, i), (_, j) in pairing.joined:
            left, right = self.links[i], self.links[j]
            left.pair.b = right.pair.b
            left.open.clear()
            right.open.clear()
            self.by_key["b"][right.pair.b.key] = left  # type: ignore[index]
            right.pair = Pair()
            right.standing = "merged"
            left.is_ambiguous = False
        for i, link in enumerate(self.links):
            link.is_ambiguous = ("a", i) in pairing.ambiguous or ("b", i) in pairing.ambiguous
            if link.is_ambiguous:  # also what was planned before the doubt arose
                link.open = {s: e for s, e in link.open.items() if e.state != "waiting"}
        joined = [self.links[i] for (_, i), _ in pairing.joined]
        self.links = [link for link in self.links if link.standing != "merged"]
        for link in (*joined, *(each for each in was if not each.is_ambiguous and each not in joined and each.standing != "merged")):
            self.plan(link)

    # planning -------------------------------------------------------------------------------------------------------

    def plan(self, link: Link) -> None:
        """Plan a pair as it stands; open writes that were not sent yet follow the plan."""
        if self.is_paired and None in (link.pair.a.key, link.pair.b.key):
            self.pair_up()
            if link.standing == "merged":
                return
        if link.is_ambiguous:
            link.open = {s: e for s, e in link.open.items() if e.state != "waiting"}
            return
        found = merge.plan(link.pair, self.terms)
        link.pair.base, link.pair.apart = found.base, found.apart
        link.standing = found.standing
        clashes = {clash.field: clash for clash in found.clashes}
        for name, clash in clashes.items():
            if link.clashes.get(name) != clash:
                self.rows += 1
                link.history.append((name, clash.a, clash.b))
        link.clashes = clashes
        under_way: Any = {s: e.write for s, e in link.open.items() if e.state in ("sending", "unknown")}
        writes = merge.keep_clear(found.writes, under_way)
        for side in sides:
            self._enter(link, side, writes.get(side))  # type: ignore[call-overload]

    def _enter(self, link: Link, side: str, write: Write | None) -> None:
        entry = link.open.get(side)
        if entry is not None and entry.state in ("sending", "unknown"):
            return
        if write is None:
            link.open.pop(side, None)
        elif entry is not None and entry.write.action == write.action:
            entry.write = write
        else:
            link.open[side] = Entry(write)
            self.rows += 1
            if write.action == "delete" and not self._deletes_pass():
                link.open[side].state = "held"

    def _deletes_pass(self) -> bool:
        since = self.world.now - int(merge.delete_window.total_seconds())
        held = sum(1 for link in self.links for e in link.open.values() if e.state == "held")
        waiting = sum(1 for link in self.links for e in link.open.values() if e.write.action == "delete" and e.state != "held" and not e.is_released)
        lately = sum(1 for at in self.deletes if at >= since)
        linked = sum(1 for link in self.links if link.pair.a.key and link.pair.b.key)
        return merge.deletes_pass(linked=linked, lately=lately + waiting - 1, wanted=1, held=held, limit_percent=20)

    def release(self) -> None:
        """A person lets held deletes go."""
        for link in self.links:
            for entry in link.open.values():
                if entry.state == "held":
                    entry.state, entry.is_released = "waiting", True

    # persons ---------------------------------------------------------------------------------------------------------

    def decide(self, link: Link, name: str, clash: Any, choice: str, value: Any) -> bool:
        """A person's answer to what he was shown: both sides are read afresh, and it counts only if that is still the question."""
        if any(e.state in ("sending", "unknown") for e in link.open.values()):
            return False
        try:
            for side in sides:
                half = link.pair.half(side)  # type: ignore[arg-type]
                if half.key is not None and not half.gone:
                    self.look(link, side, half.key)
        except Failed:
            return False
        now = link.clashes.get(name)
        if now is None or (now.a, now.b) != (clash.a, clash.b):
            return False
        self.world.oracle.answered(self, link, name, now, choice, value)
        merge.decide(link.pair, name, choice, value)
        self.plan(link)
        return True

    def try_again(self, link: Link) -> None:
        """A person wants what was refused tried again."""
        merge.try_again(link.pair)
        self.plan(link)

    def republish(self, what: int) -> None:
        """Another version: policies change, a field becomes readable or sayable or leaves the mapping; checkpoints stay."""
        match what % 8:
            case 0:
                self.policies["x"] = {"ask": "a", "a": "newest", "newest": "ask"}[self.policies["x"]]
            case 1:
                self.on_delete = {"ask": "propagate", "propagate": "keep", "keep": "ask"}[self.on_delete]
            case 2:
                self.on_leave = {"unlink": "delete", "delete": "keep", "keep": "unlink"}[self.on_leave]
            case 3:
                if self.policies.pop("y", None) is None:
                    self.policies["y"] = "b"
                self.cursor = {"a": 0, "b": 0}  # what is newly mapped is read once more for every record
                self.memory.clear()
            case 4 | 5:
                side = sides[what // 8 % 2]
                self.is_strict[side] = not self.is_strict[side]
                for key, link in self.by_key[side].items():  # parked records are tried again
                    if link.pair.half(side).parked:  # type: ignore[arg-type]
                        self.deliveries.append(Delivery(side, key, None, self.world.now, True, True))
            case 6:
                self.directions["o"] = {"a_to_b": "b_to_a", "b_to_a": "both", "both": "a_to_b"}[self.directions["o"]]
            case _:
                self.policies["x"] = "ask"
        self.had |= set(self.policies.items())
        self.terms = self._terms()
        for link in list(self.links):
            self.plan(link)

    def crash(self) -> None:
        """Memory is lost; what was being sent may or may not have happened."""
        self.memory.clear()
        for link in self.links:
            for entry in link.open.values():
                if entry.state == "sending":
                    entry.state = "unknown"

    def half(self, link: Link, side: str) -> Half:
        """Shorter."""
        return link.pair.half(side)  # type: ignore[arg-type]
