"""The model's world: peers, hubs, a clock, and the actions of persons, networks and the process. Every action is (name, x, y, z)."""

from __future__ import annotations

from typing import Any

from tests.kernels.merge.hub import Hub, sides
from tests.kernels.merge.oracle import Oracle, Violation
from tests.kernels.merge.peer import Peer, Record
from tests.kernels.merge.rows import Crash, Delivery, Link

Action = tuple[str, int, int, int]
edited = ("x", "x", "y", "n", "n", "o", "x", "y")

# how often each is drawn
weights = {
    "edit": 14, "odd": 6, "same": 2, "revert": 2, "clear": 2, "list": 4, "make": 3, "kill": 2, "back": 1, "move": 2, "rename": 1, "wipe": 1,
    "tick": 5, "jump": 3, "hook": 8, "echo": 3, "replay": 1, "lose": 3, "throttle": 1, "lock": 1, "cut": 1, "hide": 1, "pause": 1, "heal": 2,
    "republish": 2, "answer": 6, "again": 1, "release": 1, "crash": 4,
    "fetch": 14, "store": 14, "take": 26, "send": 22, "die": 8, "race": 4, "resolve": 4, "reconcile": 3, "replan": 3, "cycle": 3,
}  # fmt: skip


class World:
    """`shape`: how many peers and interfaces there are, and their manners; everything else is the actions."""

    def __init__(self, shape: int) -> None:
        self.now = 1000
        self.tokens = 0
        self.writes = self.kills = self.steps = 0
        self.oracle = Oracle(self)
        kind = shape % 8
        names = "abc" if kind in (5, 6) else "ab"
        self.peers = [Peer(name, lambda: self.now, manners=shape // 8 >> (7 * i)) for i, name in enumerate(names)]
        for peer in self.peers:
            peer.watch = self.oracle.effect
        self._join(kind, shape)
        self._fill(kind, shape)
        self.shown: tuple[Any, ...] | None = None
        self.is_begun = bool(shape // 11 % 4)

    def begin(self) -> None:
        """Most walks begin where everything has been read and joined."""
        for x in range(2 * len(self.hubs) if self.is_begun else 0):
            self._cycle(x, 0, 0)

    def _join(self, kind: int, shape: int) -> None:
        a, b = self.peers[:2]
        self.hubs = [Hub("ab", self, a, b)]
        if kind == 5:  # two interfaces over one stream
            self.hubs.append(Hub("ac", self, a, self.peers[2]))
        elif kind == 6:  # a ring of three
            never = frozenset((s, what) for s in sides for what in ("create", "delete"))
            self.hubs = [Hub(f"{p.name}{q.name}", self, p, q, cannot=never) for p, q in zip(self.peers, [*self.peers[1:], self.peers[0]], strict=True)]
            for hub in self.hubs:
                hub.on_delete, hub.directions = "keep", {}
        elif kind == 4:
            self.hubs[0].own = frozenset("a")
        for hub in self.hubs:
            if kind in (3, 7):
                hub.on_delete = "propagate"
            if kind == 7:
                hub.on_leave = "delete"
            hub.terms = hub._terms()
        self.is_ring = kind == 6

    def _fill(self, kind: int, shape: int) -> None:
        count = 8 if kind == 3 else 1 + shape // 3 % 3
        for i in range(count):
            for peer in self.peers if self.is_ring or shape // 5 % 3 else self.peers[: 1 + i % 2]:
                peer.make({"k": f"k{i if shape // 7 % 4 or self.is_ring else 0}", "x": 1, "y": 1, "n": 1, "u": [1], "o": 1})

    def token(self, kind: int = 0) -> int:
        """A value nobody used before; its last digit says how peers treat it."""
        self.tokens += 1
        return self.tokens * 10 + kind

    # ------------------------------------------------------------------------------------------------------------------

    def do(self, action: Action) -> None:
        """Carry one action out. A crash ends the hub's step and nothing else."""
        name, x, y, z = action
        self.steps += 1
        getattr(self, f"_{name}")(x, y, z)

    def _hub(self, x: int) -> Hub:
        return self.hubs[x % len(self.hubs)]

    def _peer(self, x: int) -> Peer:
        return self.peers[x % len(self.peers)]

    def _record(self, x: int, y: int, *, gone: bool = False) -> tuple[Peer, Record] | None:
        peer = self._peer(x)
        records = [r for r in peer.records.values() if r.now.gone == gone]
        return (peer, records[y % len(records)]) if records else None

    # persons

    def _edit(self, x: int, y: int, z: int, kind: int = 0) -> None:
        if found := self._record(x, y):
            self.now += z % 4
            found[0].put(found[1].key, {edited[z // 4 % 8]: self.token(kind)})

    def _odd(self, x: int, y: int, z: int) -> None:
        self._edit(x, y, z, (3, 4, 5, 6, 7, 8)[z // 32 % 6])

    def _same(self, x: int, y: int, z: int) -> None:
        """Two persons write one value on both sides."""
        hub = self._hub(x)
        if hub.links:
            value, link = self.token(), hub.links[y % len(hub.links)]
            for side in sides:
                record = hub.peers[side].records.get(hub.half(link, side).key or "")
                if record is not None and not record.now.gone:
                    hub.peers[side].put(record.key, {edited[z % 8]: value})

    def _revert(self, x: int, y: int, z: int) -> None:
        if found := self._record(x, y):
            name, changes = edited[z % 8], found[1].changes
            found[0].put(found[1].key, {name: changes[z // 8 % len(changes)].values.get(name)})

    def _clear(self, x: int, y: int, z: int) -> None:
        if found := self._record(x, y):
            found[0].put(found[1].key, {edited[z % 8]: None})

    def _list(self, x: int, y: int, z: int) -> None:
        if found := self._record(x, y):
            now = found[1].now.values["u"]
            new = [*now, self.token()] if z % 3 else [e for i, e in enumerate(now) if i != z % max(1, len(now))]
            found[0].put(found[1].key, {"u": new})

    def _make(self, x: int, y: int, z: int) -> None:
        if self.is_ring or sum(len(p.records) for p in self.peers) > 24:
            return
        value = self.token((0, 0, 0, 3, 4, 5, 6, 7, 8)[z % 9])
        self._peer(x).make({"k": f"k{y % 6}" if y % 3 else f"m{value}", "x": value, "y": 2, "n": 2, "u": [self.token()], "o": self.token()})

    def _kill(self, x: int, y: int, z: int) -> None:
        if found := self._record(x, y):
            found[0].put(found[1].key, {}, gone=True)

    def _back(self, x: int, y: int, z: int) -> None:
        if found := self._record(x, y, gone=True):
            found[0].put(found[1].key, {}, gone=False)

    def _move(self, x: int, y: int, z: int) -> None:
        if (found := self._record(x, y)) and not self.is_ring:
            found[0].put(found[1].key, {}, inside=not found[1].now.inside)

    def _rename(self, x: int, y: int, z: int) -> None:
        if (found := self._record(x, y)) and not self.is_ring:
            found[0].put(found[1].key, {"k": f"k{z % 6}" if z % 2 else f"r{self.token()}"})

    def _wipe(self, x: int, y: int, z: int) -> None:
        if len(self.peers[0].records) >= 6:
            peer = self._peer(x)
            for key, record in list(peer.records.items()):
                if not record.now.gone:
                    peer.put(key, {}, gone=True)

    def _answer(self, x: int, y: int, z: int) -> None:
        """A person looks at a question (z odd), or answers the one he looked at, which may be old."""
        if z % 2 or self.shown is None:
            hub = self._hub(x)
            waiting = [(link, name, clash) for link in hub.links for name, clash in link.clashes.items()]
            self.shown = (hub, *waiting[y % len(waiting)]) if waiting else None
        if self.shown is not None and z % 4 < 3:
            hub, link, name, clash = self.shown
            self.shown = None
            if link in hub.links and not hub.is_paused:
                choice = ("a", "b", "value", "accept")[z // 4 % 4] if name != "u" else ("a", "b", "accept")[z // 4 % 3]
                hub.decide(link, name, clash, choice, self.token() if choice == "value" else None)

    def _again(self, x: int, y: int, z: int) -> None:
        hub = self._hub(x)
        if hub.links:
            hub.try_again(hub.links[y % len(hub.links)])

    def _release(self, x: int, y: int, z: int) -> None:
        self._hub(x).release()

    def _republish(self, x: int, y: int, z: int) -> None:
        if not self.is_ring:
            self._hub(x).republish(y)

    def _pause(self, x: int, y: int, z: int) -> None:
        self._hub(x).is_paused = not self._hub(x).is_paused

    # networks and clocks

    def _tick(self, x: int, y: int, z: int) -> None:
        self.now += (1, 2, 3, 5, 60, 700)[x % 6]

    def _jump(self, x: int, y: int, z: int) -> None:
        self._peer(x).offset = (0, -300, 300, -3, 3, 0)[y % 6]

    def _hook(self, x: int, y: int, z: int) -> None:
        """A webhook arrives, perhaps late and out of order."""
        peer = self._peer(x)
        if peer.hooks:
            self._deliver(peer, peer.hooks.pop(y % min(len(peer.hooks), 6)))

    def _echo(self, x: int, y: int, z: int) -> None:
        """A webhook arrives, and will once more."""
        peer = self._peer(x)
        if peer.hooks:
            self._deliver(peer, peer.hooks[y % len(peer.hooks)])

    def _deliver(self, peer: Peer, snapshot: Any) -> None:
        for hub in self.hubs:
            hub.receive(peer, snapshot)

    def _replay(self, x: int, y: int, z: int) -> None:
        """Somebody plays an old delivery again."""
        hub = self._hub(x)
        if hub.old:
            old = hub.old[y % len(hub.old)]
            hub.deliveries.append(Delivery(old.side, old.key, old.snapshot, self.now, False, old.gone))

    def _lose(self, x: int, y: int, z: int) -> None:
        self._peer(x).is_lossy = ("before", "after")[y % 2]

    def _throttle(self, x: int, y: int, z: int) -> None:
        self._peer(x).throttled_until = self.now + 5

    def _lock(self, x: int, y: int, z: int) -> None:
        self._peer(x).is_locked = not self._peer(x).is_locked

    def _cut(self, x: int, y: int, z: int) -> None:
        self._peer(x).is_cut = True

    def _hide(self, x: int, y: int, z: int) -> None:
        if found := self._record(x, y):
            found[0].hidden ^= {found[1].key}

    def _heal(self, x: int, y: int, z: int) -> None:
        peer = self._peer(x)
        peer.is_locked, peer.throttled_until, peer.is_lossy, peer.is_cut = False, 0, "", False
        peer.hidden.clear()
        for hub in self.hubs:
            hub.is_paused = False

    # the process, step by step

    def _fetch(self, x: int, y: int, z: int) -> None:
        if not self._hub(x).is_paused:
            self._hub(x).fetch(sides[y % 2])

    def _store(self, x: int, y: int, z: int) -> None:
        self._hub(x).store(sides[y % 2])

    def _take(self, x: int, y: int, z: int) -> None:
        if not self._hub(x).is_paused:
            self._hub(x).take()

    def _open(self, hub: Hub, y: int, state: str) -> tuple[Link, str] | None:
        found = [(link, side) for link in hub.links for side, entry in link.open.items() if entry.state == state]
        return found[y % len(found)] if found and not hub.is_paused else None

    def _send(self, x: int, y: int, z: int, die: int = 0, race: Any = None) -> None:
        hub = self._hub(x)
        if found := self._open(hub, y, "waiting"):
            try:
                hub.send(*found, die=die, race=race)
            except Crash:
                self._crash(x, y, z)

    def _die(self, x: int, y: int, z: int) -> None:
        self._send(x, y, z, 1 + z % 2)

    def _race(self, x: int, y: int, z: int) -> None:
        hub = self._hub(x)
        if found := self._open(hub, y, "waiting"):
            peer = hub.peers[found[1]]
            value = {"x": self.token()} if z % 3 else {"y": self.token()}
            self._send(x, y, z, 0, lambda key: peer.put(key, value))

    def _resolve(self, x: int, y: int, z: int) -> None:
        hub = self._hub(x)
        if found := self._open(hub, y, "unknown"):
            hub.resolve(*found)

    def _reconcile(self, x: int, y: int, z: int) -> None:
        if not self._hub(x).is_paused:
            self._hub(x).reconcile(sides[y % 2])

    def _replan(self, x: int, y: int, z: int) -> None:
        hub = self._hub(x)
        if hub.links:
            hub.plan(hub.links[y % len(hub.links)])

    def _crash(self, x: int, y: int, z: int) -> None:
        self.kills += 1
        self._hub(x).crash()

    def _cycle(self, x: int, y: int, z: int) -> None:
        """One undisturbed go of an interface, reading to writing."""
        hub = self._hub(x)
        if hub.is_paused:
            return
        for side in sides:
            hub.fetch(side)
            hub.store(side)
        self._work(hub)

    def _work(self, hub: Hub) -> None:
        for _ in range(len(hub.deliveries) + 1):
            self.steps += 1
            hub.take()
        for link in list(hub.links):
            for side, entry in list(link.open.items()):
                self.steps += 1
                if entry.state == "unknown":
                    hub.resolve(link, side)
                elif entry.state == "waiting":
                    hub.send(link, side)

    # left quiet

    def settle(self) -> None:
        """All faults end, nobody does anything any more: within bounded rounds nothing moves, and every promise holds."""
        for x, peer in enumerate(self.peers):
            self._heal(x, 0, 0)
            peer.offset = 0
            for snapshot in peer.hooks:
                self._deliver(peer, snapshot)
            peer.hooks.clear()
        was_quiet = False
        for _ in range(40):
            is_quiet = not self._round()
            if is_quiet and was_quiet:
                break
            was_quiet = is_quiet
        else:
            raise Violation("IDLE it never comes to rest")
        for hub in self.hubs:
            self.oracle.quiet(hub)
        for again in range(2):
            if again:  # planning is its own fixed point
                for hub in self.hubs:
                    for link in list(hub.links):
                        hub.plan(link)
            if self._round():
                raise Violation("IDLE work goes on when nothing happens")

    def _round(self) -> bool:
        """Whether anything moved."""
        before = (self.writes, *(hub.rows for hub in self.hubs))
        self.now += 3
        for peer in self.peers:
            for snapshot in peer.hooks:
                self._deliver(peer, snapshot)
            peer.hooks.clear()
        for hub in self.hubs:
            for side in sides:
                while True:
                    self.steps += 1
                    hub.fetch(side)
                    hub.store(side)
                    if hub.cursor[side] == len(hub.peers[side].log):
                        hub.is_read_once[side] = True
                        break
                hub.reconcile(side)
            self._work(hub)
        is_open = any(e.state == "waiting" for hub in self.hubs for link in hub.links for e in link.open.values())
        return is_open or before != (self.writes, *(hub.rows for hub in self.hubs))
