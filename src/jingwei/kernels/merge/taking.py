"""What arrives is brought into its pair, or is not believed. Versions guard the order; silence and old news change nothing."""

from __future__ import annotations

from jingwei.kernels.merge.pair import Apart, Arrival, Half, Pair, Taken, Terms, Values, Why, moment_of, other, whole


def take(pair: Pair | None, arrival: Arrival, terms: Terms) -> Taken:
    """Bring one arrival into its pair (changed in place); total: every arrival has an outcome.

    NEW: nobody knows this record; the caller makes a pair and calls again. LOOK_UP: nothing was taken; ask the peer for this record and
    bring the answer with `is_confirmed`. A tombstone is never believed unconfirmed.
    """
    if pair is None:
        return _unknown(arrival)
    half = pair.half(arrival.side)
    doubt = _doubt(half, arrival)
    if doubt is not None:
        return doubt
    if arrival.gone:
        return _take_gone(half, arrival, terms)
    if arrival.problems:
        half.parked, half.gone = True, False
        _note(half, arrival)
        return Taken.PARKED
    was_away, across = half.gone or (half.left and terms.on_leave != "keep"), pair.half(other(arrival.side))
    if was_away and not arrival.outside and across.gone:
        _begin_anew(pair, arrival)
    elif half.gone and not arrival.outside and across.left:
        pair.base = None  # somebody has brought it back: that the other is elsewhere speaks for deleting it once, and not again
    seen = half.seen if arrival.values is None else arrival.values  # a record that is elsewhere may be known by its absence only
    is_same = half.seen == seen and not half.gone and not half.parked and half.left == arrival.outside
    if not is_same and not _is_mapped_anew(half, arrival, seen):
        half.changed_at = moment_of(arrival.stamp, arrival.read_at, terms)
    half.seen, half.gone, half.parked, half.left = seen, False, False, arrival.outside
    _note(half, arrival)
    return Taken.UNCHANGED if is_same else Taken.CHANGED


def _is_mapped_anew(half: Half, arrival: Arrival, seen: Values | None) -> bool:
    """Whether only the mapping changed, which reads more or fewer fields by now: nobody has edited the record."""
    if half.gone or half.parked or half.left != arrival.outside or half.seen is None or seen is None:
        return False
    return all(half.seen[name] == value for name, value in seen.items() if name in half.seen)


def _unknown(arrival: Arrival) -> Taken:
    if arrival.gone:
        return Taken.UNCHANGED
    if arrival.outside:
        return Taken.FILTERED
    return Taken.PARKED if arrival.problems else Taken.NEW


def _doubt(half: Half, arrival: Arrival) -> Taken | None:
    """OUTDATED or LOOK_UP when this state may be older than what we know; None to go on."""
    if arrival.is_confirmed and arrival.is_read and half.read_at is not None and arrival.read_at is not None and arrival.read_at < half.read_at:
        return Taken.OUTDATED  # looked up before what we know by now was read
    if arrival.is_confirmed or half.key is None:
        return None
    if arrival.is_read and half.read_at is not None and arrival.read_at is not None and arrival.read_at <= half.read_at:
        return Taken.OUTDATED if arrival.read_at < half.read_at else Taken.LOOK_UP
    if arrival.gone:
        return Taken.UNCHANGED if half.gone else Taken.LOOK_UP
    if half.gone:  # a delete carries no number: what was there before it and comes late looks just like a return
        return Taken.LOOK_UP
    if arrival.sequence is not None and half.sequence is not None:
        if arrival.sequence >= half.sequence:
            return None
        return Taken.LOOK_UP if arrival.is_read else Taken.OUTDATED
    if arrival.is_read:  # a stamp that went back: a replica behind, or a clock set right
        went_back = arrival.stamp is not None and half.stamp is not None and arrival.stamp < half.stamp
        return Taken.LOOK_UP if went_back else None
    return Taken.LOOK_UP  # told, without a number: a later stamp proves nothing where clocks jump


def _take_gone(half: Half, arrival: Arrival, terms: Terms) -> Taken:
    if half.gone:
        return Taken.UNCHANGED
    half.gone, half.parked = True, False
    half.changed_at = moment_of(arrival.stamp, arrival.read_at, terms)
    _note(half, arrival)
    return Taken.CHANGED


def _begin_anew(pair: Pair, arrival: Arrival) -> None:
    """Both were deleted (or left) and one came back: it is a new thing, and nothing that was agreed speaks for deleting it again. The
    key of the deleted one stays until the new one has its own, so that what still comes of it is known to be old."""
    pair.base, pair.apart = None, {whole: Apart(None, None, Why.ANSWERED, "make")}


def _note(half: Half, arrival: Arrival) -> None:
    half.version, half.sequence, half.stamp = arrival.version, arrival.sequence, arrival.stamp
    if arrival.is_read:  # what we are told says nothing of how fresh it is
        half.read_at = max((moment for moment in (arrival.read_at, half.read_at) if moment is not None), default=None)
