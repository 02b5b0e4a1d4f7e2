"""What a write's outcome and a person's decision mean for a pair. The base moves only by what is known to have happened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from jingwei.kernels.merge.pair import Apart, Pair, SideName, Terms, Value, Values, Why, Write, moment_of, other, sides, whole
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
        half.key, half.seen, half.gone, half.left = answer.key, None, False, False  # what the one before it held says nothing of this one
        pair.apart.pop(whole, None)
    before, half.seen = half.seen or {}, dict(answer.values) if not answer.problems else half.seen
    half.parked = answer.problems
    half.version, half.sequence, half.stamp, half.read_at = answer.version, answer.sequence, answer.stamp, answer.read_at
    if any(before[name] != now for name, now in (half.seen or {}).items() if name in before and name not in write.values):
        half.changed_at = moment_of(answer.stamp, answer.read_at, terms)  # somebody edited beside our write
    base, across = dict(pair.base or {}), pair.half(other(side)).seen or {}
    for name, value in write.values.items():
        if answer.problems and name not in answer.values:
            continue  # what cannot be read is not known to be as it was sent
        got = answer.values.get(name, value)
        flows_back = terms.direction(name) == "both" and (side in terms.own or terms.policies.get(name) == side)
        if got == value or flows_back:
            if terms.policies.get(name) != "union" or across.get(name) == value:
                base[name] = value  # a union is agreed when both have it: else the other would seem to have dropped what it was never told
            if got != value and _is_told(pair, name, value):
                pair.apart[name] = replace(pair.apart[name], value=got)  # what this side makes of what a person has chosen is what the other is told
            else:
                _forget(pair, side, name, value, got)
        elif write.action == "create":
            base[name] = got  # many peers begin a record in their own way and take the rest as a change: that is tried before anybody is asked
        else:
            pair.apart[name] = _apart(pair, side, name, got, Why.COERCED, sent=value)
    pair.base = base
    for name, lost in answer.replaced.items():
        if name in write.values and lost != before.get(name) and lost != write.values[name]:
            pair.apart[name] = _apart(pair, side, name, answer.values.get(name), Why.OVERWRITTEN, {"side": side, "lost": lost}, sent=write.values[name])


def turned_out(pair: Pair, side: SideName, write: Write, answer: Answer, terms: Terms) -> bool:
    """A create or update that was not answered (or refused), by what a search or look-up says now: whether any of it happened. What
    did is acknowledged, so that our own write is never taken for somebody's edit; about the rest nothing is presumed: it is planned
    as any other difference."""
    half = pair.half(side)
    before = half.seen or {} if write.action == "update" else {}
    told = answer.values  # of what is not mapped any more nothing is told, which is not the same as told empty
    done = {n: v for n, v in write.values.items() if n in told and told[n] == v}
    written(pair, side, Write(write.action, done), answer, terms)
    across = (pair.half(other(side)).seen or {}).get
    for name in () if answer.problems else [n for n in write.values if n in told]:
        now = told[name]
        if name not in done and now != before.get(name) and _nobody_decides(pair, name, write.values[name], terms):
            # made different by the peer, or edited by a person: nobody knows, so no clock decides, nor does it end what a person has chosen
            pair.apart[name] = _apart(pair, side, name, now, Why.DIFFER, sent=across(name))
    for name in write.values.keys() - told.keys() - pair.apart.keys():
        pair.apart[name] = Apart(None, None, Why.SENT, {"side": side, "sent": write.values[name]})
    return bool(done) or write.action == "create"


def _nobody_decides(pair: Pair, name: str, sent: Value, terms: Terms) -> bool:
    policy = terms.policies.get(name)
    return policy == "newest" or (policy == "ask" and _is_told(pair, name, sent))


def _is_told(pair: Pair, name: str, value: Value) -> bool:
    """Whether a person has chosen this value."""
    mark = pair.apart.get(name)
    return mark is not None and mark.why == Why.TOLD and mark.value == value


def _forget(pair: Pair, side: SideName, name: str, sent: Value, got: Value) -> None:
    """A mark on the field is done with, unless a person's value has still to be told (one that an edit has overtaken has not), or a value we replaced is
    still asked about."""
    mark = pair.apart.get(name)
    if mark is None or (mark.why == Why.TOLD and mark.value == got):
        return
    if mark.why == Why.OVERWRITTEN and mark.value["side"] == side:
        a, b = (got, sent) if side == "a" else (sent, got)
        pair.apart[name] = replace(mark, a=a, b=b)
    else:
        del pair.apart[name]


def _apart(pair: Pair, side: SideName, name: str, now: Value, why: str, value: Value = None, text: tuple[str, str] = ("", ""), *, sent: Value) -> Apart:
    """A mark as of the write: across stood what was sent, though it may have been edited since. But what was merged, or chosen by a
    person, may not have reached the other side yet."""
    is_third = isinstance(sent, list) or _is_told(pair, name, sent)
    across = (pair.half(other(side)).seen or {}).get(name) if is_third else sent
    a, b = (now, across) if side == "a" else (across, now)
    return Apart(a, b, why, value, *text)


def refused(pair: Pair, side: SideName, write: Write, names: Collection[str], text: tuple[str, str]) -> None:
    """The peer will not take it. `names`: the fields it complained of (all of the write when it named none). Not tried again until a
    side changes; the other fields go on."""
    if write.action != "update":
        shapes = {each: shape(pair.half(each)) for each in sides}
        if write.action == "create":
            shapes[other(side)] = {**(shapes[other(side)] or {}), **write.values}  # as it was sent: a later edit is tried
        is_anew = write.action == "create" and pair.half(side).gone
        pair.apart[whole] = Apart(shapes["a"], shapes["b"], Why.REFUSED, "make" if is_anew else None, *text)
        return
    for name in [n for n in write.values if n in names] or list(write.values):
        pair.apart[name] = _apart(pair, side, name, (pair.half(side).seen or {}).get(name), Why.REFUSED, None, text, sent=write.values[name])


def try_again(pair: Pair) -> None:
    """A person wants what was refused to be tried again."""
    anew = pair.apart.get(whole)
    pair.apart = {name: mark for name, mark in pair.apart.items() if mark.why not in (Why.REFUSED, Why.CIRCLE)}
    if anew is not None and anew.value == "make":
        pair.apart[whole] = replace(anew, why=Why.ANSWERED)


def decide(pair: Pair, name: str, choice: str, value: Value = None) -> None:
    """A person's answer to a clash, in the planner's own terms. `choice`: a, b (that side is right), value (a third one), accept (both
    stay as they are). For the record itself (`name` empty) the side that is right decides whether the other is deleted or made anew."""
    if name == whole:
        _decide_whole(pair, choice)
        return
    mine, theirs = (pair.a.seen or {}).get(name), (pair.b.seen or {}).get(name)
    asked_a, asked_b = shown(pair, name)
    mark = pair.apart.pop(name, None)
    if choice == "accept":
        pair.apart[name] = _accepted(mark, mine, theirs)
        return
    chosen = {"a": asked_a, "b": asked_b}.get(choice, value)
    pair.apart[name] = Apart(mine, theirs, Why.TOLD, chosen)


def _accepted(mark: Apart | None, mine: Value, theirs: Value) -> Apart:
    """Both stay as they are. Who lets go of a value that our write replaced has not been asked yet about what the peer made of that write."""
    if mark is None or mark.why != Why.OVERWRITTEN:
        return Apart(mine, theirs, Why.ACCEPTED)
    is_made_different = (mark.a, mark.b) == (mine, theirs)
    return replace(mark, why=Why.COERCED if is_made_different else Why.ACCEPTED, value=None)


def _decide_whole(pair: Pair, choice: str) -> None:
    if choice == "value":
        return  # a record has no third value: the question stays
    mark = pair.apart.pop(whole, None)
    right, wrong = (pair.a, pair.b) if choice == "a" else (pair.b, pair.a)
    is_away = any(half.gone or half.left for half in (right, wrong))
    if choice in sides and (right.gone or (right.left and not wrong.gone)):
        pair.apart[whole] = Apart(shape(pair.a), shape(pair.b), Why.ANSWERED, "delete")
    elif choice in sides and wrong.gone:
        pair.base, pair.apart = None, {whole: Apart(None, None, Why.ANSWERED, "make")}
    elif is_away or (choice == "accept" and mark is not None and mark.why != Why.REFUSED):  # accepted, or what is elsewhere cannot be made anew
        pair.apart[whole] = Apart(shape(pair.a), shape(pair.b), Why.ACCEPTED)
