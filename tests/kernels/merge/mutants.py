"""Planners with a known fault each; `hunt` puts them in, and the walker must catch them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jingwei.kernels import merge
from jingwei.kernels.merge import outcomes, planning, taking
from jingwei.kernels.merge.pair import Apart, Plan, Standing, Taken, Why, Write, sides, whole

Patches = dict[tuple[Any, str], Any]
true_plan, true_take, true_written = merge.plan, merge.take, merge.written
true_turned_out = merge.turned_out
Fields = planning._Fields


def last_writer_wins() -> Patches:
    """A keeps nothing in mind: whatever differs is written to B."""

    def field(self: Any, name: str, mine: Any, theirs: Any) -> None:
        if mine == theirs:
            self.base[name] = mine
        else:
            self.to["b"][name] = mine

    return {(Fields, "_field"): field}


def base_moves_before_the_write() -> Patches:
    """What is planned counts as agreed."""

    def plan(pair: Any, terms: Any) -> Plan:
        found = true_plan(pair, terms)
        values = {n: v for write in found.writes.values() for n, v in write.values.items()}
        return replace(found, base={**(found.base or {}), **values}) if values else found

    return {(merge, "plan"): plan}


def tombstone_believed() -> Patches:
    """Who says that a record is gone is believed."""

    def take(pair: Any, arrival: Any, terms: Any) -> Taken:
        return true_take(pair, replace(arrival, is_confirmed=True) if arrival.gone else arrival, terms)

    return {(merge, "take"): take}


def coerced_value_is_ours() -> Patches:
    """What the peer made of a write is taken for its edit, and carried back."""

    def written(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> None:
        true_written(pair, side, write, answer, replace(terms, own=frozenset(sides)))

    return {(merge, "written"): written}


def coerced_value_sent_again() -> Patches:
    """What the peer made of a write is agreed, and so ours is an edit, for ever."""

    def written(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> None:
        values = {n: answer.values.get(n, v) for n, v in write.values.items()} if answer else {}
        true_written(pair, side, replace(write, values=values), answer, terms)

    return {(merge, "written"): written}


def unsayable_field_dropped() -> Patches:
    """What cannot be said is left out of the write and forgotten."""

    def expressible(self: Any, side: Any) -> Any:
        unsaid = self.terms.express(side, self.to[side]) if self.to[side] else {}
        for name in unsaid:
            self.base[name] = self.to[side][name]
        return {n: v for n, v in self.to[side].items() if n not in unsaid}

    return {(Fields, "_expressible"): expressible}


def old_delivery_accepted() -> Patches:
    """Whatever arrives is the newest."""

    def doubt(half: Any, arrival: Any) -> Any:
        return Taken.LOOK_UP if arrival.gone and not arrival.is_confirmed else None

    return {(taking, "_doubt"): doubt}


def later_stamp_believed() -> Patches:
    """What is told with a later stamp is newer, whatever the clocks did."""
    true = taking._doubt

    def doubt(half: Any, arrival: Any) -> Any:
        if not arrival.is_read and not arrival.gone and not half.gone and None not in (arrival.stamp, half.stamp) and arrival.stamp > half.stamp:
            return None
        return true(half, arrival)

    return {(taking, "_doubt"): doubt}


def deleted_comes_back_by_an_echo() -> Patches:
    """A number that is not smaller proves that a deleted record is there."""
    true = taking._doubt

    def doubt(half: Any, arrival: Any) -> Any:
        if half.gone and arrival.sequence is not None and half.sequence is not None and arrival.sequence >= half.sequence:
            return None
        return true(half, arrival)

    return {(taking, "_doubt"): doubt}


def answer_on_stale_values() -> Patches:
    """A person's value is written whatever the sides hold by now."""

    def told(self: Any, name: str, mark: Apart, mine: Any, theirs: Any) -> bool:
        for side, now in (("a", mine), ("b", theirs)):
            if now != mark.value:
                self.to[side][name] = mark.value
        self.apart[name] = mark
        return True

    return {(Fields, "_told"): told}


def refused_write_repeated() -> Patches:
    """A refusal is not remembered."""
    return {(merge, "refused"): lambda *a: None}


def pairing_by_chance() -> Patches:
    """Of several with one key the first is taken."""

    def pair_up(a: Any, b: Any) -> Any:
        joined, free = [], dict(b)
        for one, key in a.items():
            mate = next((i for i, k in free.items() if k == key and key is not None), None)
            if mate is not None:
                joined.append((one, mate))
                del free[mate]
        return merge.Pairing(tuple(joined))

    return {(merge, "pair_up"): pair_up}


def delete_after_edit() -> Patches:
    """A delete takes along what was edited meanwhile."""

    def deleted(pair: Any, here: Any, terms: Any) -> Plan:
        found = planning_deleted(pair, here, terms)
        if found.clashes and terms.on_delete == "propagate" and whole not in pair.apart:
            return Plan(found.base, found.apart, writes={here: Write("delete", {})})
        return found

    return {(planning, "_deleted"): deleted}


planning_deleted = planning._deleted


def delete_unasked() -> Patches:
    """The policy `ask` is not heard."""

    def deleted(pair: Any, here: Any, terms: Any) -> Plan:
        return planning_deleted(pair, here, replace(terms, on_delete="propagate"))

    return {(planning, "_deleted"): deleted}


def empty_beats_value() -> Patches:
    """After agreement too an empty value yields: who clears a field gets the old value back."""
    true = Fields._bases

    def bases(self: Any, name: str, mark: Any, now: Any) -> Any:
        return None if None in now else true(self, name, mark, now)

    return {(Fields, "_bases"): bases}


def guard_ignored() -> Patches:
    """Any number of deletes passes."""
    return {(merge, "deletes_pass"): lambda **k: True}


def guard_forgets() -> Patches:
    """Only deletes of the moment are counted."""
    true = merge.deletes_pass
    return {(merge, "deletes_pass"): lambda **k: true(**{**k, "lately": 0, "held": 0})}


def circles_ignored() -> Patches:
    """Nobody notices that the same is written again and again."""
    return {(merge, "note_write"): lambda flips, side, text, at: ([], False)}


def circle_let_go_by_movement() -> Patches:
    """A circle is held only as long as nothing moves, but in a circle everything moves."""
    true = Fields.plan

    def plan(self: Any) -> Plan:
        mark = self.pair.apart.get(whole)
        if mark is not None and mark.why == Why.CIRCLE and not planning._holds(mark, self.pair):
            del self.pair.apart[whole]
        return true(self)

    return {(Fields, "plan"): plan}


def echo_taken_for_an_edit() -> Patches:
    """The base does not move when a write has happened."""

    def written(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> None:
        base = pair.base
        true_written(pair, side, write, answer, terms)
        if write.action == "update":
            pair.base = base

    return {(merge, "written"): written, (outcomes, "written"): written}


def unanswered_write_taken_for_an_edit() -> Patches:
    """What a look-up finds after an unanswered write is taken like any reading."""

    def turned_out(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> bool:
        base, apart = pair.base, dict(pair.apart)
        found = true_turned_out(pair, side, write, answer, terms)
        if write.action == "update":
            pair.base, pair.apart, pair.half(side).changed_at = base, apart, answer.stamp
        return found

    return {(merge, "turned_out"): turned_out}


def unanswered_write_is_a_source() -> Patches:
    """What stood there before our write, which nobody has answered, is carried over."""
    return {(merge, "keep_clear"): lambda writes, under_way: dict(writes)}


def what_is_not_mapped_is_empty() -> Patches:
    """A field that left the mapping counts as told empty."""

    def turned_out(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> bool:
        names = answer.values.keys() | write.values.keys()
        return true_turned_out(pair, side, write, replace(answer, values={n: answer.values.get(n) for n in names}), terms)

    return {(merge, "turned_out"): turned_out}


def one_way_flows_back() -> Patches:
    """An edit of a one-way target is carried to its source."""
    return {(merge.Terms, "direction"): lambda self, name: "both"}


def unlinked_pair_writes() -> Patches:
    """A record that left the filter is synchronised on."""
    true = planning._state

    def state(half: Any, terms: Any) -> str:
        found = true(half, terms)
        return "present" if found == "left" and not half.gone else found

    return {(planning, "_state"): state}


def parked_side_planned() -> Patches:
    """The newest state cannot be read, so the one before is used."""

    def plan(pair: Any, terms: Any) -> Plan:
        parked = {side: pair.half(side).parked for side in sides}
        for side in sides:
            pair.half(side).parked = False
        try:
            return true_plan(pair, terms)
        finally:
            for side in sides:
                pair.half(side).parked = parked[side]

    return {(merge, "plan"): plan}


def returning_record_deleted_again() -> Patches:
    """What came back after both were deleted is deleted once more."""

    def deleted(pair: Any, here: Any, terms: Any) -> Plan:
        mark = pair.apart.get(whole)
        if mark is not None and mark.value == "make" and terms.on_delete == "propagate":
            return Plan(pair.base, {}, writes={here: Write("delete", {})})
        return planning_deleted(pair, here, terms)

    return {(planning, "_deleted"): deleted}


def key_forgotten() -> Patches:
    """A create does not remember what it made."""

    def written(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> None:
        true_written(pair, side, write, answer, terms)
        if write.action == "create" and len(repr(answer.key)) % 2:
            pair.half(side).key = pair.half(side).seen = None

    return {(merge, "written"): written}


def union_drops() -> Patches:
    """A list that one side has is the list of both."""

    def union(self: Any, name: str, mine: Any, theirs: Any, bases: Any) -> None:
        self.to["b"][name] = mine

    return {(Fields, "_union"): union}


def union_agreed_too_early() -> Patches:
    """A merged list counts as agreed when the first side has it."""

    def written(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> None:
        true_written(pair, side, write, answer, terms)
        if write.action == "update" and "u" in write.values and "u" in terms.policies:
            pair.base = {**pair.base, "u": write.values["u"]}

    return {(merge, "written"): written}


def newest_on_equal_clocks() -> Patches:
    """Of two edits in one second A's is the newer."""

    def newest(self: Any) -> str:
        a, b = self.pair.a.changed_at, self.pair.b.changed_at
        return "ask" if a is None or b is None else "a" if a >= b else "b"

    return {(Fields, "_newest"): newest}


def future_stamps_believed() -> Patches:
    """A peer's stamp is when it happened, also when that is still to come."""
    return {(taking, "moment_of"): lambda stamp, read_at, _terms: stamp or read_at}


def marks_forgotten() -> Patches:
    """A reason why a field stands apart lasts until the next planning only."""

    def plan(pair: Any, terms: Any) -> Plan:
        found = true_plan(pair, terms)
        return replace(found, apart={n: m for n, m in found.apart.items() if m.why in (Why.TOLD, Why.ANSWERED, Why.CIRCLE, Why.OVERWRITTEN)})

    return {(merge, "plan"): plan}


def overwritten_unseen_untold() -> Patches:
    """What the peer's journal says of a lost edit is not told on."""

    def written(pair: Any, side: Any, write: Any, answer: Any, terms: Any) -> None:
        true_written(pair, side, write, replace(answer, replaced={}) if answer else None, terms)

    return {(merge, "written"): written}


def policy_turned_round() -> Patches:
    """Where A should win, B does."""
    true = Fields._by_policy

    def by_policy(self: Any, name: str, mine: Any, theirs: Any, mark: Any) -> None:
        if self.terms.policies[name] == "a":
            self.to["a"][name] = theirs
        else:
            true(self, name, mine, theirs, mark)

    return {(Fields, "_by_policy"): by_policy}


def questions_without_a_question() -> Patches:
    """What must be asked is left alone, silently."""

    def plan(pair: Any, terms: Any) -> Plan:
        return replace(true_plan(pair, terms), clashes=())

    return {(merge, "plan"): plan}


def delete_answer_ignored() -> Patches:
    """Both halves of a deleted pair stay for ever, whatever a person says."""

    def deleted(pair: Any, here: Any, terms: Any) -> Plan:
        return Plan(pair.base, {}, standing=Standing.UNLINKED)

    return {(planning, "_deleted"): deleted}


def left_is_gone() -> Patches:
    """A record outside the filter is as good as deleted."""

    def state(half: Any, terms: Any) -> str:
        return "deleted" if half.gone or half.left else "absent" if half.seen is None else "present"

    return {(planning, "_state"): state}


mutants: tuple[Callable[[], Patches], ...] = (
    last_writer_wins, base_moves_before_the_write, tombstone_believed, coerced_value_is_ours, coerced_value_sent_again, unsayable_field_dropped, old_delivery_accepted,
    later_stamp_believed, deleted_comes_back_by_an_echo, answer_on_stale_values, refused_write_repeated, pairing_by_chance, delete_after_edit,
    delete_unasked, empty_beats_value, guard_ignored, guard_forgets, circles_ignored, circle_let_go_by_movement, echo_taken_for_an_edit,
    unanswered_write_taken_for_an_edit, one_way_flows_back, unlinked_pair_writes, parked_side_planned, returning_record_deleted_again, key_forgotten,
    union_drops, union_agreed_too_early, newest_on_equal_clocks, future_stamps_believed, marks_forgotten, overwritten_unseen_untold, policy_turned_round,
    questions_without_a_question, delete_answer_ignored, left_is_gone, unanswered_write_is_a_source, what_is_not_mapped_is_empty,
)  # fmt: skip
