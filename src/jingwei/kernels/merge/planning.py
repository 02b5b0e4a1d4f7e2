"""The sync planner: what two sides and their agreed base together ask to be written, to be asked, or to be left alone. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jingwei.kernels.merge.pair import Apart, Clash, Half, Pair, Plan, SideName, Standing, Terms, Value, Values, Why, Write, other, sides, whole
from jingwei.kernels.merge.values import union

_missing = object()


def plan(pair: Pair, terms: Terms) -> Plan:
    """The plan of a pair as it stands; never raises, never guesses.

    One side changed: the other is told. Both changed alike: agreed. Both changed apart: the field's policy, or both values to a person.
    What cannot be said, was refused or was made different over there is asked about and never set back.
    """
    if pair.a.parked or pair.b.parked:
        return Plan(pair.base, dict(pair.apart), clashes=_replaced(pair), standing=Standing.WAITS)
    states = {side: _state(pair.half(side), terms) for side in sides}
    if "left" in states.values():
        return Plan(pair.base, dict(pair.apart), standing=Standing.UNLINKED)
    if states["a"] == states["b"] == "present":
        return _Fields(pair, terms).plan()
    if "present" not in states.values():
        return Plan(pair.base, dict(pair.apart), standing=Standing.UNLINKED)
    here: SideName = "a" if states["a"] == "present" else "b"
    if states[other(here)] == "absent":
        return _create(pair, here, terms)
    return _deleted(pair, here, terms)


def _state(half: Half, terms: Terms) -> str:
    if half.left and terms.on_leave == "unlink":
        return "left"  # also when it is deleted afterwards: nothing joins the two any more
    if half.gone or (half.left and terms.on_leave == "delete"):
        return "deleted"
    return "absent" if half.key is None else "present" if half.seen is not None else "absent"


def _create(pair: Pair, here: SideName, terms: Terms) -> Plan:
    """The other side does not exist: make it, with everything that can travel there."""
    there, half = other(here), pair.half(here)
    mark = pair.apart.get(whole)
    is_told = mark is not None and mark.value == "make"
    stays = mark if mark is not None and mark.why != Why.ANSWERED and _holds(mark, pair) else None
    kept = {whole: mark} if mark is not None and (is_told or stays is not None) else {}
    half_known = Plan(pair.base, kept, standing=Standing.HALF)
    if not terms.is_paired or (pair.half(there).key is not None and not pair.half(there).gone):
        return half_known
    values = _sendable(half, terms, "a_to_b" if here == "a" else "b_to_a")
    if not values or (there, "create") in terms.cannot:
        return half_known
    if stays is not None:
        asked = () if stays.why == Why.ACCEPTED else (_clash_whole(pair, stays),)
        return Plan(pair.base, kept, clashes=asked, standing=Standing.HALF)
    unsaid = terms.express(there, values)
    if unsaid:
        clashes = tuple(_unsaid_clash(here, name, values[name], text) for name, text in unsaid.items())
        return Plan(pair.base, kept, clashes=clashes, standing=Standing.HALF)
    return Plan(pair.base, kept, writes={there: Write("create", values)})


def _sendable(half: Half, terms: Terms, way: str) -> Values:
    return {n: v for n, v in (half.seen or {}).items() if n in terms.policies and terms.direction(n) in ("both", way)}


def _unsaid_clash(here: SideName, name: str, value: Value, text: tuple[str, str]) -> Clash:
    return Clash(name, value if here == "a" else None, value if here == "b" else None, None, Why.UNTRANSLATABLE, *text)


def _deleted(pair: Pair, here: SideName, terms: Terms) -> Plan:
    """The other side was deleted. What was edited since the agreement is never deleted without asking."""
    half, way = pair.half(here), "a_to_b" if here == "a" else "b_to_a"
    mark = pair.apart.get(whole)
    if mark is not None and mark.value == "make" and pair.half(other(here)).gone:
        return _create(pair, here, terms)
    if mark is not None and mark.why != Why.ACCEPTED and not _holds(mark, pair):
        mark = None
    kept = {name: each for name, each in pair.apart.items() if name != whole} | ({whole: mark} if mark is not None else {})  # it may come back as it was
    unlinked = Plan(pair.base, kept, standing=Standing.UNLINKED)
    if mark is not None and mark.why == Why.ANSWERED:
        return Plan(pair.base, kept, writes={here: Write("delete", {})})
    if mark is not None and mark.why == Why.ACCEPTED:
        return unlinked
    if mark is not None and mark.why == Why.REFUSED:
        return Plan(pair.base, kept, clashes=(_clash_whole(pair, mark),))
    # a deleted target cannot take its source with it when nothing ever travels from the target
    is_one_way = all(terms.direction(name) == way for name in terms.policies)
    if is_one_way or terms.on_delete == "keep" or (mark is not None and mark.why == Why.ACCEPTED):
        return unlinked
    seen, base = half.seen or {}, pair.base or {}
    # a value that was never agreed is an edit like any other
    is_edited = pair.base is None or any(seen[name] != base.get(name) for name in terms.policies if name in seen and (name in base or not _empty(seen[name])))
    if is_edited or terms.on_delete == "ask" or (here, "delete") in terms.cannot:
        return Plan(pair.base, kept, clashes=(_clash_whole(pair, None),))
    return Plan(pair.base, kept, writes={here: Write("delete", {})})


def _clash_whole(pair: Pair, mark: Apart | None) -> Clash:
    values = {side: None if pair.half(side).gone or pair.half(side).key is None else dict(pair.half(side).seen or {}) for side in sides}
    return Clash(whole, values["a"], values["b"], dict(pair.base or {}), *((mark.why, mark.zh, mark.en) if mark else (Why.DELETED,)))


def _holds(mark: Apart, pair: Pair) -> bool:
    """Whether the sides are still as they were when the mark on the whole record was made."""
    return bool(mark.a == shape(pair.a) and mark.b == shape(pair.b))


def shown(pair: Pair, name: str) -> tuple[Value, Value]:
    """Both values of a field as a person is asked about them: what our write replaced stands where it stood."""
    mark, mine, theirs = pair.apart.get(name), (pair.a.seen or {}).get(name), (pair.b.seen or {}).get(name)
    if mark is None or not _asks_for_the_lost(pair, mark, mine, theirs):
        return mine, theirs
    return (mark.value["lost"], theirs) if mark.value["side"] == "a" else (mine, mark.value["lost"])


def _asks_for_the_lost(pair: Pair, mark: Apart, mine: Value, theirs: Value) -> bool:
    """The question about a value that our write replaced stays until it is answered, or its side is edited by somebody who saw our value."""
    if mark.why != Why.OVERWRITTEN:
        return False
    return bool(pair.a.parked or pair.b.parked or ((mark.a == mine) if mark.value["side"] == "a" else (mark.b == theirs)))


def _replaced(pair: Pair) -> tuple[Clash, ...]:
    """What our writes replaced unseen is asked about, whatever else is the matter with the pair."""
    base = pair.base or {}
    marks = ((name, mark) for name, mark in pair.apart.items() if mark.why == Why.OVERWRITTEN)
    return tuple(Clash(name, *shown(pair, name), base.get(name), mark.why, mark.zh, mark.en) for name, mark in marks)


def shape(half: Half) -> Value:
    """One side as a mark on the whole record remembers it."""
    return None if half.gone or half.key is None else half.seen


@dataclass(slots=True)
class _Fields:
    """Two present records, field by field."""

    pair: Pair
    terms: Terms
    base: Values = field(init=False)
    apart: dict[str, Apart] = field(default_factory=dict)
    to: dict[SideName, Values] = field(default_factory=lambda: {"a": {}, "b": {}})
    clashes: list[Clash] = field(default_factory=list)

    def plan(self) -> Plan:
        pair, terms = self.pair, self.terms
        self.base = dict(pair.base or {})
        a, b = pair.a.seen or {}, pair.b.seen or {}
        mark = pair.apart.get(whole)
        if mark is not None and mark.why == Why.CIRCLE:  # in a circle the sides never stand still: only a person lets it go on
            return Plan(pair.base, dict(pair.apart), clashes=(_clash_whole(pair, mark),))
        for name in terms.policies:
            if name in a and name in b:
                self._field(name, a[name], b[name])
        self.apart |= {name: mark for name, mark in pair.apart.items() if name != whole and not (name in terms.policies and name in a and name in b)}
        writes: dict[SideName, Write] = {}
        for side in sides:
            values = self._expressible(side)
            if values:
                writes[side] = Write("update", values)
        base = self.base if self.base or pair.base is not None else None
        return Plan(base, self.apart, writes, tuple(self.clashes))

    def _field(self, name: str, mine: Value, theirs: Value) -> None:
        mark = self.pair.apart.get(name)
        if mark is not None and mark.why == Why.SENT:
            if (mine if mark.value["side"] == "a" else theirs) == mark.value["sent"]:
                self.base[name] = mark.value["sent"]
            mark = None
        if mark is not None and self._marked(name, mark, mine, theirs):
            return
        if mine == theirs:
            self.base[name] = mine
            return
        if mark is not None:
            self.apart[name] = mark  # it goes on telling what each side held, until what follows has happened
        bases = self._bases(name, mark, (mine, theirs))
        direction = self.terms.direction(name)
        if direction != "both":
            source = mine if direction == "a_to_b" else theirs
            if bases is not None or not _empty(source):  # never agreed, and its source has nothing to say: so it says nothing
                self.to["b" if direction == "a_to_b" else "a"][name] = source
        elif self.terms.policies[name] == "union" and isinstance(mine, list) and isinstance(theirs, list):
            self._union(name, mine, theirs, bases or ([], []))
        elif bases is not None and theirs == bases[1]:
            self.to["b"][name] = mine
        elif bases is not None and mine == bases[0]:
            self.to["a"][name] = theirs
        elif bases is None and _empty(mine):
            self.to["a"][name] = theirs  # never agreed yet, and one side has nothing to say: the other's value is nobody's loss
        elif bases is None and _empty(theirs):
            self.to["b"][name] = mine
        else:
            self._by_policy(name, mine, theirs, mark)

    def _marked(self, name: str, mark: Apart, mine: Value, theirs: Value) -> bool:
        """What a mark says of the field; False when it does not speak of these values any more."""
        if mark.why == Why.TOLD:
            return not mine == theirs == mark.value and self._told(name, mark, mine, theirs)
        is_same = bool(mark.a == mine and mark.b == theirs)
        if mark.why == Why.OVERWRITTEN:
            if _asks_for_the_lost(self.pair, mark, mine, theirs):
                self.apart[name] = mark
                self.clashes.append(Clash(name, *shown(self.pair, name), self.base.get(name), mark.why, mark.zh, mark.en))
            return is_same
        if not is_same or mine == theirs or (mark.why == Why.DIFFER and self.terms.policies[name] in sides):
            return False  # where one side is always right by now, a difference that nobody can explain is no question
        self.apart[name] = mark
        if mark.why != Why.ACCEPTED:
            self.clashes.append(Clash(name, mine, theirs, self.base.get(name), mark.why, mark.zh, mark.en))
        return True

    def _bases(self, name: str, mark: Apart | None, now: tuple[Value, Value]) -> tuple[Value, Value] | None:
        """What each side held when they last agreed (or were known to stand apart). A refused value was never known over there, and a
        difference that nobody can explain is no agreement. Who stands where he stood when the other's value was chosen has edited nothing since, told or not."""
        if mark is not None and mark.why == Why.TOLD:
            stands_a, stands_b = now[0] == mark.a and mark.b == mark.value, now[1] == mark.b and mark.a == mark.value
            return (mark.a if stands_a else mark.value, mark.b if stands_b else mark.value)
        if mark is not None and mark.why not in (Why.REFUSED, Why.DIFFER):
            return (mark.a, mark.b)
        return (self.base[name], self.base[name]) if name in self.base else None

    def _told(self, name: str, mark: Apart, mine: Value, theirs: Value) -> bool:
        """A person's value goes to whoever does not hold it; False when somebody has changed the field since."""
        wanted = {side: now for side, now in (("a", mine), ("b", theirs)) if now != mark.value}
        if any(now != (mark.a if side == "a" else mark.b) for side, now in wanted.items()):
            return False
        for side in sides:
            if side in wanted:
                self.to[side][name] = mark.value
        self.apart[name] = mark
        return True

    def _by_policy(self, name: str, mine: Value, theirs: Value, mark: Apart | None) -> None:
        policy = self.terms.policies[name]
        if policy != "ask" and mark is not None and mark.why == Why.TOLD and (mark.a == mine) != (mark.b == theirs):
            policy = "b" if mark.a == mine else "a"  # the one that stands has been turned down and not edited since: it is not what a policy means
        elif policy == "newest":
            policy = self._newest()
        if policy == "a":
            self.to["b"][name] = mine
        elif policy == "b":
            self.to["a"][name] = theirs
        else:
            self.clashes.append(Clash(name, mine, theirs, self.base.get(name)))

    def _union(self, name: str, mine: list[Value], theirs: list[Value], bases: tuple[Value, Value]) -> None:
        """Each side's own additions and removals since what it held itself, also where the two were known to differ."""
        before = [v for v in bases[0] or [] if v not in mine] + [v for v in bases[1] or [] if v not in theirs]
        merged = union(mine, theirs, before)
        if merged != mine:
            self.to["a"][name] = merged
        if merged != theirs:
            self.to["b"][name] = merged

    def _newest(self) -> str:
        """The side that was changed later, when the clocks leave no doubt; otherwise a person is asked."""
        a, b = self.pair.a.changed_at, self.pair.b.changed_at
        if a is None or b is None or abs(a - b) <= self.terms.doubt:
            return "ask"
        return "a" if a > b else "b"

    def _expressible(self, side: SideName) -> Values:
        """What that side can be told; what it cannot be told becomes a question, and nothing is set back."""
        values = self.to[side]
        if not values:
            return values
        unsaid: Mapping[str, tuple[str, str]] = self.terms.express(side, values)
        if (side, "update") in self.terms.cannot:
            unsaid = dict.fromkeys(values, ("对方不接受修改", "the other side takes no changes"))
        for name, (zh, en) in unsaid.items():
            mine, theirs = (self.pair.a.seen or {}).get(name), (self.pair.b.seen or {}).get(name)
            mark = Apart(mine, theirs, Why.UNTRANSLATABLE, None, zh, en)
            # not kept: the words may be there tomorrow (a code table that grows), so it is tried at every planning
            self.clashes.append(Clash(name, mine, theirs, self.base.get(name), mark.why, zh, en))
        return {name: value for name, value in values.items() if name not in unsaid}


def _empty(value: Value) -> bool:
    return value is None or value == []
