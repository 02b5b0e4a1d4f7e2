"""What must hold whatever happens, judged from the peers' true histories and not from the planner's words."""

from __future__ import annotations

from typing import Any

from tests.kernels.merge.peer import Change, Record, coerce, digit, peer_itself, person, unreadable, unsayable

sides = ("a", "b")
window_seconds = 7 * 86400


class Violation(AssertionError):
    """A promise was broken; the first word names which."""


def across(side: str) -> str:
    """The other side."""
    return "b" if side == "a" else "a"


def empty(value: Any) -> bool:
    """Nothing anybody could miss."""
    return value is None or value == []


class Oracle:
    """Hears every effect at a peer, and everything the hub has taken or a person has answered."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.known: dict[tuple[str, str, str], int] = {}  # (hub, peer, key): the newest true state this hub has taken
        self.owed: list[tuple[Any, str, Any]] = []  # values overwritten unseen: they must have been shown
        self.deletes: dict[str, list[int]] = {}

    # what the hub has come to know -----------------------------------------------------------------------------------

    def knows(self, hub: Any, side: str, key: str, index: int) -> None:
        """The hub has taken this state of that record."""
        place = (hub.name, hub.peers[side].name, key)
        if index > self.known.get(place, -1):
            self.known[place] = index

    def known_of(self, hub: Any, side: str, key: str | None) -> int:
        """The newest state taken."""
        return self.known.get((hub.name, hub.peers[side].name, key or ""), -1)

    def answered(self, hub: Any, link: Any, name: str, clash: Any, choice: str, value: Any) -> None:
        """A person has answered a clash that he was shown."""
        if name == "":
            gone = {s: hub.half(link, s).gone for s in sides}
            gone = gone if any(gone.values()) else {s: hub.half(link, s).left for s in sides}
            if choice in sides and gone[choice]:
                link.delete_answers.append(across(choice))
            elif choice in sides and gone[across(choice)]:
                link.is_remade = True
        elif choice == "accept":
            link.accepted.append((name, clash.a, clash.b))
        else:
            link.told.append((name, {"a": clash.a, "b": clash.b}.get(choice, value)))
            link.answered.append((name, link.told[-1][1], [self._value(hub, link, side, name) for side in sides]))
            link.accepted.append((name, clash.a, clash.b))

    @staticmethod
    def _value(hub: Any, link: Any, side: str, name: str) -> Any:
        record = hub.peers[side].records.get(hub.half(link, side).key)
        return record.now.values.get(name) if record is not None else None

    def paired(self, hub: Any, keys: dict[str, dict[int, Any]], pairing: Any) -> None:
        """Joined may be only what stands one against one."""
        for (_, i), (_, j) in pairing.joined:
            key = keys["a"][i]
            if key is None or key != keys["b"][j] or any(sum(1 for each in keys[s].values() if each == key) != 1 for s in sides):
                raise Violation(f"PAIR joined by chance: {key}")

    # every effect -----------------------------------------------------------------------------------------------------

    def effect(self, what: Any, record: Record | None, values: dict[str, Any] | None) -> None:
        """Called by a peer before it does what the hub wrote."""
        hub, link, side, entry = what
        self.world.writes += 1
        other = self._record(hub, link, across(side))
        self._may_write(hub, link, side, record, other, entry.write.action)
        if entry.write.action == "create":
            self._create(hub, link, side, other)
        if values is None:
            self._delete(hub, link, side, record, other, entry)
            return
        for name, value in values.items():
            old = record.now.values.get(name) if record else None
            if name == "u":
                self._elements(hub, link, side, record, other, old, value)
            else:
                self._sourced(hub, link, side, name, value, record, other)
                if record is not None and old != value and not empty(old):
                    self._overwritten(hub, link, side, name, value, record, other)

    def _record(self, hub: Any, link: Any, side: str) -> Record | None:
        key = hub.half(link, side).key
        return hub.peers[side].records.get(key) if key is not None else None

    def _state(self, hub: Any, side: str, record: Record) -> Change | None:
        index = self.known_of(hub, side, record.key)
        return record.changes[index] if index >= 0 else None

    def _may_write(self, hub: Any, link: Any, side: str, record: Record | None, other: Record | None, action: str) -> None:
        for where, each in ((side, record), (across(side), other)):
            state = self._state(hub, where, each) if each is not None else None
            if state is None:
                continue
            if (hub.half(link, where).left or not (state.gone or state.inside)) and hub.on_leave == "unlink":
                raise Violation("UNLINKED pair is still written")
            if action != "delete" and state.gone:
                raise Violation(f"GONE side {where} is written from or to")
            if not state.gone and hub.half(link, where).parked and any(digit(state.values.get(n)) == unreadable for n in hub.policies):
                raise Violation("PARKED side planned on old values")

    def _create(self, hub: Any, link: Any, side: str, other: Record | None) -> None:
        if other is None:
            raise Violation("I2 created from nothing")
        ours = [r for r in hub.peers[side].records.values() if r.origin is not None and r.origin[0] is hub and r.external == link.external]
        made = [r for r in ours if not r.now.gone or self.known_of(hub, side, r.key) >= 0]
        if any(not r.now.gone for r in made):
            raise Violation(f"I2 {other.key} created twice")
        if made and not link.is_remade and len({c.gone or not c.inside for c in other.changes}) == 1:
            raise Violation(f"I2 {other.key} created anew, though nobody wanted it")

    def _sourced(self, hub: Any, link: Any, side: str, name: str, value: Any, record: Record | None, other: Record | None) -> None:
        """What is written must be what the other side has, as far as the hub knows, and must have been somebody's doing over there."""
        if (name, value) in link.told:
            return
        direction = hub.directions.get(name, "both")
        if name not in hub.policies or direction == ("a_to_b" if side == "a" else "b_to_a"):
            raise Violation(f"ONE-WAY {name} flows back to {side}")
        if other is None:
            raise Violation(f"SOURCE of {name} is nowhere")
        known = max(0, self.known_of(hub, across(side), other.key))
        at = next((i for i in range(len(other.changes) - 1, known - 1, -1) if other.changes[i].values.get(name) == value), None)
        if at is None:
            raise Violation(f"OLD or foreign value of {name} written to {side}: {value}, known {other.changes[known].values.get(name)}")
        if hub.is_strict[side] and digit(value) == unsayable:
            raise Violation(f"UNSAYABLE {name} written")
        if record is not None and direction == "both" and other.author(name, at).by == hub.name and not link.is_remade and record.origin is None:
            raise Violation(f"ECHO of {name} taken for an edit: {value} written to {side}")

    def _overwritten(self, hub: Any, link: Any, side: str, name: str, value: Any, record: Record, other: Record | None) -> None:
        """A person's value may go only when it was seen, and then because it had been carried over, or by the policy, or by an answer."""
        author = record.author(name)
        old = record.now.values[name]
        if author.by in (hub.name, peer_itself):
            return
        if self.known_of(hub, side, record.key) < author.index:
            if hub.peers[side].has_versions:
                raise Violation(f"I4 {name}={old} overwritten unseen")
            self.owed.append((link, name, old))
            return
        assert other is not None
        if any(c.values.get(name) == old and record.author(name, c.index).by in (hub.name, peer_itself) for c in record.changes[: author.index]):
            return  # he only put back what had come from over there
        if any(name == n and value == chosen and old in (chosen, *then) for n, chosen, then in link.answered):
            return
        if (
            len(self.world.hubs) == 1
            and hub.directions.get(name, "both") == "both"  # where only one side speaks by now, its word goes, whoever made it
            and value == coerce(old)
            and across(side) not in hub.own
            and (name, across(side)) not in hub.had
            and other.author(name).by == peer_itself
        ):
            raise Violation(f"COERCED {name}={old} set back to what the peer made of it")
        if self._was_carried(name, old, other) or value == coerce(old):
            return
        if any(name == n and old in (a, b) for n, a, b in link.accepted):
            return
        if hub.directions.get(name, "both") != "both":
            if empty(value) and not any(empty(c.values.get(name)) for c in record.changes) and all(empty(c.values.get(name)) for c in other.changes):
                raise Violation(f"EMPTY {name} wiped {old} before anything was agreed")
            return
        policy = hub.policies[name]
        if policy == across(side) or (policy == "newest" and self._is_newer(hub, across(side), other, side, record)):
            return
        raise Violation(f"I4 {name}={old} of a person on {side} overwritten by {value}, policy {policy}")

    @staticmethod
    def _was_carried(name: str, value: Any, other: Record) -> bool:
        return any(change.values.get(name) in (value, coerce(value)) for change in other.changes)

    def _is_newer(self, hub: Any, one: str, record: Record, two: str, against: Record) -> bool:
        stamps = []
        for where, each in ((one, record), (two, against)):
            known = max(0, self.known_of(hub, where, each.key))
            stamps.append([c.stamp for c in each.changes[: known + 1] if c.by != hub.name])
        behind = self.world.now + 2  # what is stamped later than it can have been written proves nothing
        return not stamps[1] or any(s - t > 2 and s <= behind for s in stamps[0][-6:] for t in stamps[1][-6:])

    def _elements(self, hub: Any, link: Any, side: str, record: Record | None, other: Record | None, old: Any, new: Any) -> None:
        """Lists, element by element: what goes was taken away by somebody over there, what comes was put in over there."""
        if ("u", new) in link.told:
            return
        if other is None:
            raise Violation("SOURCE of u is nowhere")
        ever = {e for change in other.changes for e in change.values.get("u") or ()}
        mine = {e for change in record.changes for e in change.values.get("u") or ()} if record else set()
        told = {e for name, value in link.told if name == "u" for e in value or ()}
        now, before = set(new or ()), set(old or ())
        if now - ever - mine - told:
            raise Violation(f"UNION made up {now - ever - mine}")
        unseen = record is not None and self.known_of(hub, side, record.key) < record.author("u").index
        if before - now - ever - told and not link.told:
            if unseen and not hub.peers[side].has_versions:
                self.owed.append((link, "u", old))
            else:
                raise Violation(f"UNION dropped {before - now - ever} on {side}")
        known = other.changes[max(0, self.known_of(hub, across(side), other.key))]
        if set(known.values.get("u") or ()) - now - mine and not link.told and known is other.now:
            raise Violation(f"UNION left out {set(known.values.get('u') or ()) - now - mine} on {side}")

    def _delete(self, hub: Any, link: Any, side: str, record: Record | None, other: Record | None, entry: Any) -> None:
        """No delete without a confirmed disappearance; none that takes an edit along without a person's answer."""
        assert record is not None
        state = self._state(hub, across(side), other) if other is not None else None
        if state is None or not (state.gone or (not state.inside and hub.on_leave == "delete")):
            raise Violation("DELETE without a confirmed disappearance")
        if self.known_of(hub, side, record.key) < record.now.index:
            raise Violation("DELETE of a state that was not seen")
        is_answered = side in link.delete_answers
        if not is_answered:
            self._delete_unasked(hub, link, side, record, other)
        since = self.world.now - window_seconds
        done = self.deletes.setdefault(hub.name, [])
        linked = sum(1 for each in hub.links if each.pair.a.key and each.pair.b.key)
        if not entry.is_released and sum(1 for at in done if at >= since) >= max(5, linked // 5):
            raise Violation("GUARD ignored: too many deletes")
        done.append(self.world.now)

    def _delete_unasked(self, hub: Any, link: Any, side: str, record: Record, other: Any) -> None:
        if hub.on_delete != "propagate":
            raise Violation(f"DELETE unasked, policy {hub.on_delete}")
        for name in hub.policies:
            author, value = record.author(name), record.now.values.get(name)
            if hub.directions.get(name, "both") == ("a_to_b" if side == "b" else "b_to_a") or author.by != person or empty(value):
                continue
            carried = set(value) <= {e for c in other.changes for e in c.values.get("u") or ()} if name == "u" else self._was_carried(name, value, other)
            if not carried and not any(name == n and value in (a, b) for n, a, b in link.accepted):
                raise Violation(f"DELETE took the edit {name}={value} along")

    # left quiet -------------------------------------------------------------------------------------------------------

    def quiet(self, hub: Any) -> None:
        """Nothing waits, and each pair is equal, or what differs is named."""
        if hub.deliveries:
            raise Violation(f"I1 {len(hub.deliveries)} deliveries wait for ever")
        for side in sides:
            for key, record in hub.peers[side].records.items():
                if key not in hub.by_key[side] and not record.now.gone and record.now.inside:
                    raise Violation(f"I1 {key} is unknown to the hub")
        for link in hub.links:
            if any(e.state in ("sending", "waiting") or (e.state == "unknown" and not hub.half(link, s).parked) for s, e in link.open.items()):
                raise Violation(f"I1 an open write never ends: {[(e.state, e.write) for e in link.open.values()]}")
            if not link.is_ambiguous:
                self._quiet_pair(hub, link)
            elif not self._is_doubtful(hub, link):
                raise Violation("I3 a pair is called ambiguous and is not")
        for link, name, value in self.owed:
            if not any(name in (n, "") and value in (a, b) for n, a, b in link.history):
                raise Violation(f"I4 {name}={value} was overwritten unseen and is shown nowhere")

    def _is_doubtful(self, hub: Any, link: Any) -> bool:
        side = "a" if link.pair.a.key else "b"
        k = hub.half(link, side).seen["k"]
        same = [each for each in hub.links if each.is_ambiguous and any(hub.half(each, s).seen and hub.half(each, s).seen.get("k") == k for s in sides)]
        return len(same) >= 3

    def _quiet_pair(self, hub: Any, link: Any) -> None:
        records = {s: self._record(hub, link, s) for s in sides}
        for side in sides:
            half, record = hub.half(link, side), records[side]
            if record is None:
                continue
            if half.gone != record.now.gone:
                raise Violation(f"I3 {record.key}: hub says gone={half.gone}")
            bad = any(digit(record.now.values.get(n)) == unreadable for n in hub.policies)
            if half.parked and not record.now.gone:
                if not (bad and hub.is_strict[side]):
                    raise Violation(f"I3 {record.key} is parked for nothing")
                return
            if not half.gone and half.seen != {n: record.now.values.get(n) for n in hub.policies} and not (bad and hub.is_strict[side]):
                raise Violation(f"I3 {record.key}: hub knows {half.seen}, true {record.now.values}")
        if "" in link.clashes and link.clashes[""].why == "circle" and len(self.world.hubs) == 1:
            raise Violation("CIRCLE where there is none")
        present = {s: r is not None and not r.now.gone for s, r in records.items()}
        inside = {s: r is None or r.now.inside or hub.on_leave == "keep" for s, r in records.items()}
        if not any(present.values()) or (hub.on_leave == "unlink" and not all(inside.values())) or "" in link.clashes:
            return
        there = {s: present[s] and (inside[s]) for s in sides}
        if all(there.values()):
            self._quiet_fields(hub, link, records)
        elif any(there.values()):
            self._quiet_half(hub, link, "a" if there["a"] else "b", records)

    def _quiet_fields(self, hub: Any, link: Any, records: dict[str, Any]) -> None:
        for name in hub.policies:
            a, b = (records[s].now.values.get(name) for s in sides)
            clash = link.clashes.get(name)
            if a == b:
                if link.pair.base is None or link.pair.base.get(name) != a:
                    raise Violation(f"I3 base of {name} is {(link.pair.base or {}).get(name)}, both have {a}")
                if clash is not None and clash.why != "overwritten":
                    raise Violation(f"I3 a question is open about {name}, where nothing differs")
            elif clash is not None:
                if clash.why != "overwritten" and (clash.a, clash.b) != (a, b):
                    raise Violation(f"I3 the question about {name} shows {clash.a}, {clash.b}: true is {a}, {b}")
                self._true_reason(hub, name, clash, a, b)
            elif (name, a, b) not in link.accepted and not self._has_nothing_to_say(hub, link, name, a, b):
                raise Violation(f"I3 {name} differs in silence: {a}, {b}, base {(link.pair.base or {}).get(name)}, apart {link.pair.apart.get(name)}")

    @staticmethod
    def _has_nothing_to_say(hub: Any, link: Any, name: str, a: Any, b: Any) -> bool:
        """A one-way field whose source never had a value."""
        source = {"a_to_b": a, "b_to_a": b}.get(hub.directions.get(name, "both"), 0)
        return empty(source) and name not in (link.pair.base or {})

    @staticmethod
    def _true_reason(hub: Any, name: str, clash: Any, a: Any, b: Any) -> None:
        """A question must not pretend a refusal that never was."""
        kinds = {digit(a), digit(b)}
        if clash.why == "untranslatable" and unsayable not in kinds and not any((s, "update") in hub.cannot for s in sides):
            raise Violation(f"I3 {name} is called untranslatable: {a}, {b}")
        if clash.why == "differ" and hub.policies[name] in ("a", "b", "union"):
            raise Violation(f"I3 {name} has policy {hub.policies[name]} and is asked about: {a}, {b}")

    def _quiet_half(self, hub: Any, link: Any, here: str, records: dict[str, Any]) -> None:
        there = across(here)
        if link.clashes:
            return
        is_unlinked = hub.on_leave == "unlink" and hub.half(link, there).left  # it was seen outside and not since
        if records[there] is None:
            if not is_unlinked and (there, "create") not in hub.cannot and hub.is_paired and self._has_something_to_say(hub, here):
                raise Violation(f"I3 {records[here].key} has no counterpart and nobody is told")
            return
        is_one_way = all(hub.directions.get(n, "both") == ("a_to_b" if here == "a" else "b_to_a") for n in hub.policies)
        is_held = any(e.state == "held" for e in link.open.values())
        accepted = link.pair.apart.get("") is not None and link.pair.apart[""].why == "accepted"
        if not (is_unlinked or hub.on_delete == "keep" or is_one_way or is_held or accepted):
            raise Violation(f"I3 {records[there].key} is gone, {records[here].key} is there, and nobody is told")

    @staticmethod
    def _has_something_to_say(hub: Any, here: str) -> bool:
        return any(hub.directions.get(n, "both") in ("both", "a_to_b" if here == "a" else "b_to_a") for n in hub.policies)
