"""How the miniature hub writes: mark, call, acknowledge; what is not answered is looked for; nothing is sent blindly."""

from __future__ import annotations

from typing import Any

from jingwei.kernels import merge
from jingwei.kernels.merge import Answer, Apart, Why
from tests.kernels.merge.peer import Failed, Snapshot, digit, moment, refused_after
from tests.kernels.merge.rows import Crash, Delivery, Entry, Link


class Writing:
    """The part of a hub that sends; the rest, and what it keeps, is in `hub`."""

    name: str
    world: Any
    peers: dict[str, Any]
    deliveries: Any
    deletes: list[int]
    terms: Any
    half: Any
    look: Any
    mapped: Any
    plan: Any

    # writing: mark, call, acknowledge -------------------------------------------------------------------------------

    def send(self, link: Link, side: str, *, die: int = 0, race: Any = None) -> None:
        """Carry an open write out. `die` 1: after the mark, 2: after the effect. `race`: called between the look and the write."""
        entry = link.open.get(side)
        if entry is None or entry.state != "waiting":
            return
        entry.state = "sending"
        if die == 1:
            raise Crash
        key, peer = link.pair.half(side).key, self.peers[side]  # type: ignore[arg-type]
        try:
            if entry.write.action != "create" and not self._is_as_known(link, side, entry):
                return
            is_told = not die and not peer.is_lossy and refused_after not in map(digit, entry.write.values.values())
            if race is not None and entry.write.action == "update" and not peer.has_versions and is_told:
                race(key)
            if entry.write.action == "create" and side in link.tried and (found := peer.find(link.external)):
                self._found(link, side, entry, found[0])
                return
            answer = self._call(link, side, entry, key)
        except Failed as failure:
            self._failed(link, side, entry, failure)
            return
        if die == 2:
            raise Crash
        self._acknowledge(link, side, entry, answer)

    def _is_as_known(self, link: Link, side: str, entry: Entry) -> bool:
        """Where no version guards the write, one looks before one writes; and before every delete, which takes along what is not mapped or not read yet."""
        half, peer = link.pair.half(side), self.peers[side]  # type: ignore[arg-type]
        if peer.has_versions and entry.write.action != "delete":
            return True
        found = peer.lookup(half.key)  # type: ignore[arg-type]
        if found == "not_visible":
            entry.state = "waiting"
            return False
        if isinstance(found, Snapshot) and self.mapped(side, found.values) == (half.seen, []) and found.inside != half.left:
            self.world.oracle.knows(self, side, half.key, found.index)
            return True
        del link.open[side]
        self.look(link, side, half.key)  # type: ignore[arg-type]
        return False

    def _call(self, link: Link, side: str, entry: Entry, key: str | None) -> Snapshot | None:
        write, peer = entry.write, self.peers[side]
        what = (self, link, side, entry)
        if write.action == "create":
            link.tried.add(side)
            return peer.write(None, write.values, external=link.external, by=self.name, what=what)
        values = None if write.action == "delete" else write.values
        return peer.write(key, values, version=link.pair.half(side).version, by=self.name, what=what)  # type: ignore[arg-type]

    def _failed(self, link: Link, side: str, entry: Entry, failure: Failed) -> None:
        if failure.kind == "lost":
            entry.state = "unknown"
        elif failure.kind in ("throttled", "unauthorised"):
            entry.state = "waiting"
        elif failure.kind == "refused":
            self._refused(link, side, entry, failure.names)
        else:  # stale or gone: what is there now is looked up, and everything planned anew
            del link.open[side]
            try:
                is_known = self.look(link, side, link.pair.half(side).key)  # type: ignore[arg-type]
            except Failed:
                is_known = False
            if not is_known:
                self.deliveries.append(Delivery(side, link.pair.half(side).key or "", None, self.world.now, True, True))

    def _refused(self, link: Link, side: str, entry: Entry, names: tuple[str, ...]) -> None:
        """A refusal is believed after a look: some peers refuse what they have done."""
        if entry.write.action == "create" and (found := self.peers[side].find(link.external)):
            self._found(link, side, entry, found[0])
            return
        del link.open[side]
        if entry.write.action == "update":
            found_now = self.peers[side].lookup(link.pair.half(side).key)  # type: ignore[arg-type]
            if isinstance(found_now, Snapshot) and merge.turned_out(link.pair, side, entry.write, self.answer(side, found_now), self.terms):  # type: ignore[arg-type]
                self._remember(link, side, entry)
                self.world.oracle.knows(self, side, found_now.key, found_now.index)
                self.plan(link)
                return
        merge.refused(link.pair, side, entry.write, names, ("", "no"))  # type: ignore[arg-type]
        self.plan(link)

    def answer(self, side: str, found: Snapshot) -> Answer:
        """What a call told, mapped."""
        values, problems = self.mapped(side, found.values)
        return Answer(
            found.key, values, bool(problems), found.version, found.sequence, moment(found.stamp), moment(self.world.now), dict(found.replaced),
        )  # fmt: skip

    def _acknowledge(self, link: Link, side: str, entry: Entry, found: Snapshot | None) -> None:
        write = entry.write
        link.open.pop(side, None)
        if write.action == "delete":
            self.deletes.append(self.world.now)
            merge.written(link.pair, side, write, None, self.terms)  # type: ignore[arg-type]
            key = link.pair.half(side).key or ""  # type: ignore[arg-type]
            self.world.oracle.knows(self, side, key, len(self.peers[side].records[key].changes) - 1)
        else:
            assert found is not None
            if write.action == "create":
                self._name(link, side, found.key)
            merge.written(link.pair, side, write, self.answer(side, found), self.terms)  # type: ignore[arg-type]
            self.world.oracle.knows(self, side, found.key, found.index)
            self._remember(link, side, entry)
        self.plan(link)

    def _remember(self, link: Link, side: str, entry: Entry) -> None:
        """A write has happened, told or found out: the same again and again is a circle."""
        link.flips, is_circle = merge.note_write(link.flips, side, repr(entry.write.values), moment(self.world.now))
        if is_circle:
            link.pair.apart[merge.whole] = Apart(merge.shape(link.pair.a), merge.shape(link.pair.b), Why.CIRCLE)

    def _found(self, link: Link, side: str, entry: Entry, found: Snapshot) -> None:
        """What our create made, though nobody told us."""
        del link.open[side]
        self._name(link, side, found.key)
        merge.turned_out(link.pair, side, entry.write, self.answer(side, found), self.terms)  # type: ignore[arg-type]
        link.pair.half(side).left = not found.inside  # type: ignore[arg-type]
        self.world.oracle.knows(self, side, found.key, found.index)
        self.plan(link)

    def resolve(self, link: Link, side: str) -> bool:
        """Find out what became of a write that was sent without an answer; True when it is known."""
        entry = link.open.get(side)
        if entry is None or entry.state != "unknown":
            return True
        try:
            return self._resolve(link, side, entry)
        except Failed:
            return False

    def _resolve(self, link: Link, side: str, entry: Entry) -> bool:
        if entry.write.action == "create":
            found = self.peers[side].find(link.external)
            if found:
                self._found(link, side, entry, found[0])
            else:
                entry.state = "waiting"
                self.plan(link)
            return True
        key = link.pair.half(side).key or ""  # type: ignore[arg-type]
        now = self.peers[side].lookup(key)
        if now == "not_visible":
            return False
        if isinstance(now, Snapshot) and entry.write.action == "update":
            answer = self.answer(side, now)
            if answer.problems:  # it cannot be read yet: the outcome stays unknown
                merge.take(link.pair, self._confirmed(side, key, now), self.terms)
                self.world.oracle.knows(self, side, key, now.index)
                self.plan(link)
                return False
            if merge.turned_out(link.pair, side, entry.write, answer, self.terms):  # type: ignore[arg-type]
                link.pair.half(side).left = not now.inside  # type: ignore[arg-type]
                self._remember(link, side, entry)
                self.world.oracle.knows(self, side, key, now.index)
                del link.open[side]
                self.plan(link)
                return True
        if entry.write.action == "delete" and now == "missing":
            self._acknowledge(link, side, entry, None)
            return True
        if entry.write.action == "delete":
            self.deletes.append(self.world.now)  # it may have happened, and somebody has restored it: the guard counts it
        del link.open[side]
        return self.look(link, side, key)
