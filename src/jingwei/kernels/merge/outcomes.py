"""What a write's outcome and a person's decision mean for a pair. The base moves only by what is known to have happened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jingwei.kernels.merge.pair import Apart, Half, Pair, SideName, Terms, Value, Values, Why, Write, other, whole
from jingwei.kernels.merge.planning import shape, shown


@dataclass(frozen=True, slots=True)
class Answer:
    """The record as the peer had it after our write, mapped. `replaced`: values our write is known to have overwritten there."""

    key: str
    values: Values = field(default_factory=dict)
    problems: bool = False
    version: str = ""
    sequence: int | None = None
    stamp: datetime | None = None
    read_at: datetime | None = None
    replaced: Mapping[str, Value] = field(default_factory=dict)


def written(pair: Pair, side: SideName, write: Write, answer: Answer | None, terms: Terms) -> None:
    """A write is known to have happened. What the peer made different is not our value: it is asked about, except on our own side,
    whose changes to what was written are changes like any other (where the field travels back at all)."""
    half = pair.half(side)
    if write.action == "delete" or answer is None:
        half.gone, half.parked = True, False
        return
    if write.action == "create":
        half.key, half.gone = answer.key, False
        pair.apart.pop(whole, None)
    before, half.seen = half.seen or {}, dict(answer.values) if not answer.problems else half.seen
    half.parked = answer.problems
    half.version, half.sequence, half.stamp, half.read_at = answer.version, answer.sequence, answer.stamp, answer.read_at
    base = dict(pair.base or {})
    for name, value in write.values.items():
        got = answer.values.get(name, value)
        flows_back = terms.direction(name) == "both" and (side in terms.own or terms.policies.get(name) == side)
        if got == value or answer.problems or flows_back:
            base[name] = value
            if got == value:
                _forget(pair, name)
        else:
            pair.apart[name] = _apart(pair, side, name, got, Why.COERCED)
    pair.base = base
    for name, lost in answer.replaced.items():
        if name in write.values and lost != before.get(name) and lost != write.values[name]:
            pair.apart[name] = _apart(pair, side, name, answer.values.get(name), Why.OVERWRITTEN, {"side": side, "lost": lost})


def _forget(pair: Pair, name: str) -> None:
    """A mark on the field is done with, unless it is a person's value that the other side has still to be told."""
    mark = pair.apart.get(name)
    if mark is not None and mark.why != Why.TOLD:
        del pair.apart[name]


def _apart(pair: Pair, side: SideName, name: str, now: Value, why: str, value: Value = None, text: tuple[str, str] = ("", "")) -> Apart:
    across = (pair.half(other(side)).seen or {}).get(name)
    a, b = (now, across) if side == "a" else (across, now)
    return Apart(a, b, why, value, *text)


def refused(pair: Pair, side: SideName, write: Write, names: Collection[str], text: tuple[str, str]) -> None:
    """The peer will not take it. `names`: the fields it complained of (all of the write when it named none). Not tried again until a
    side changes; the other fields go on."""
    if write.action != "update":
        pair.apart[whole] = Apart(shape(pair.a), shape(pair.b), Why.REFUSED, None, *text)
        return
    for name in [n for n in write.values if n in names] or list(write.values):
        pair.apart[name] = _apart(pair, side, name, (pair.half(side).seen or {}).get(name), Why.REFUSED, None, text)


def try_again(pair: Pair) -> None:
    """A person wants what was refused to be tried again."""
    pair.apart = {name: mark for name, mark in pair.apart.items() if mark.why not in (Why.REFUSED, Why.CIRCLE)}


def decide(pair: Pair, name: str, choice: str, value: Value = None) -> None:
    """A person's answer to a clash, in the planner's own terms. `choice`: a, b (that side is right), value (a third one), accept (both
    stay as they are). For the record itself (`name` empty) the side that is right decides whether the other is deleted or made anew."""
    if name == whole:
        _decide_whole(pair, choice)
        return
    mine, theirs = (pair.a.seen or {}).get(name), (pair.b.seen or {}).get(name)
    mark = pair.apart.pop(name, None)
    seen_a, seen_b = shown(mark) if mark is not None and mark.why == Why.OVERWRITTEN else (mine, theirs)
    if choice == "accept":
        pair.apart[name] = Apart(mine, theirs, Why.ACCEPTED)
        return
    chosen = {"a": seen_a, "b": seen_b}.get(choice, value)
    pair.apart[name] = Apart(mine, theirs, Why.TOLD, chosen)


def _decide_whole(pair: Pair, choice: str) -> None:
    if choice == "accept":
        pair.apart[whole] = Apart(shape(pair.a), shape(pair.b), Why.ACCEPTED)
        return
    right: Half | None = {"a": pair.a, "b": pair.b}.get(choice)
    if right is None:  # "create": nothing is in the way any more
        pair.apart.pop(whole, None)
        return
    wrong: SideName = "b" if choice == "a" else "a"
    pair.apart.pop(whole, None)
    if right.gone:
        pair.apart[whole] = Apart(shape(pair.a), shape(pair.b), Why.ANSWERED, "delete")
    elif pair.half(wrong).gone:
        setattr(pair, wrong, Half())
        pair.base, pair.apart = None, {}
