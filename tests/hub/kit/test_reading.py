"""Reading by time against a simulated peer with every bad habit: what is committed is never missed, and reading ends."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from jingwei.hub.contract import BrokenAnswer, Page, Record, Values
from jingwei.hub.kit.reading import read_by_time
from tests.hub.kit.simulated_peer import SimulatedPeer, start

lag = 3.0
second = timedelta(seconds=1)


@dataclass
class Reader:
    """What a hub knows: a cursor and the newest version of each key. `restore` goes back to where an earlier page ended."""

    peer: SimulatedPeer
    limit: int
    cursor: Values = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    reading_began: float = 0.0
    saved: list[tuple[str, dict[str, int], float]] = field(default_factory=list)
    seen_cursors: set[str] = field(default_factory=set)

    def page(self) -> Page:
        """Read one page and keep it."""
        if "begun" not in self.cursor:
            self.reading_began = self.peer.true
        page = read_by_time(
            self.cursor, self.limit, lag * second, second, self.peer.now, lambda since, offset: self.peer.list_since(since, offset, self.limit), self.peer.ours
        )
        text = json.dumps(page.cursor, sort_keys=True)
        assert not page.more or text not in self.seen_cursors, "the read goes round in circles"
        self.seen_cursors = self.seen_cursors | {text} if page.more else set()
        self.cursor = json.loads(text)
        for record in page.records:
            self.known[record.key] = max(self.known.get(record.key, 0), record.values["version"])
        self.saved.append((text, dict(self.known), self.reading_began))
        return page

    def read(self, pages_at_most: int = 100_000) -> int:
        """Read to the end; the number of records that came."""
        came = 0
        for _ in range(pages_at_most):
            page = self.page()
            came += len(page.records)
            if not page.more:
                return came
        raise AssertionError("the read does not end")

    def restore(self, place: int) -> None:
        """Killed: what came after that page was never stored."""
        text, known, self.reading_began = self.saved[place]
        self.cursor, self.known = json.loads(text), dict(known)
        del self.saved[place + 1 :]

    def missed(self, before: float) -> list[int]:
        """Keys whose present version was committed before that moment and is not known."""
        return [key for key, (_stamp, version) in self.peer.shown.items() if self.peer.committed_at[key] < before and self.known.get(str(key), 0) < version]


class Life:
    """Random things that happen to a peer and its reader; after each finished reading nothing may be missing."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.may_die = seed % 2 == 0  # clocks only go back then: one set forward behind a fallen-back reader would hide it
        self.peer = SimulatedPeer(
            our_clock_off=self.dice.choice([0, 0, 300, -300, 7.3]),
            their_clock_off=self.dice.choice([0, 0, 300, -300, -4.2]),
            request_seconds=self.dice.choice([0.01, 0.2, 2.0]),
        )
        self.reader = Reader(self.peer, self.dice.choice([2, 3, 10, 25]))
        self.was_set_back = False
        self.created = 0
        self.reader.page()  # whoever sets clocks just before the very first call cannot be noticed

    def live(self, steps: int) -> None:
        """So many things."""
        acts = [self.edit] * 6 + [self.import_many] * 2 + [self.delete, self.set_back] + [self.read_pages] * 8 + [self.wait] * 3
        acts += [self.die, self.die] if self.may_die else [self.set_forward, self.our_clock_jumps]
        for _ in range(steps):
            self.dice.choice(acts)()
        self.peer.settle()
        self.was_set_back = False
        self.finish()
        assert self.reader.missed(self.peer.true) == []

    def finish(self) -> None:
        """Go on to the end of a reading that began now or earlier, then a whole one."""
        if "begun" in self.reader.cursor:
            self.reader.read()
            self._check()
        self.peer.pass_time(1)
        self.reader.read()
        self._check()

    def _check(self) -> None:
        missed = self.reader.missed(self.reader.reading_began)
        assert missed == [], f"missed {missed} at {self.peer.true}"

    def _some(self, most: int) -> list[int]:
        keys = sorted(self.peer.shown)
        return self.dice.sample(keys, min(len(keys), self.dice.randint(1, most)))

    def edit(self) -> None:
        """A few changes, stamped now and shown at once or late."""
        for key in self._some(4):
            self.peer.change([key], self.dice.choice([0, 0, self.dice.uniform(0, lag * 0.99)]))
            self.peer.pass_time(self.dice.uniform(0, 0.4))

    def import_many(self) -> None:
        """A bulk of new records or a bulk edit, all of one moment."""
        count = self.dice.randint(1, 80)
        new = list(range(self.created, self.created + count))
        self.created += count
        self.peer.change(new if self.dice.random() < 0.5 else [*self._some(60), *new[:3]], self.dice.choice([0, self.dice.uniform(0, lag * 0.99)]))

    def delete(self) -> None:
        """Some are deleted."""
        self.peer.delete(self._some(20))

    def set_back(self) -> None:
        """Their clock is set back."""
        self.peer.their_clock_off -= self.dice.choice([0.5, 5, 60, 3600])
        self.was_set_back = True

    def set_forward(self) -> None:
        """Their clock is set forward; not hidden behind a setting back, which nobody could notice."""
        if not self.was_set_back:
            self.peer.their_clock_off += self.dice.choice([0.5, 5, 60, 3600])

    def our_clock_jumps(self) -> None:
        """Our own clock jumps, while theirs does not: if both do at once, nothing is left to tell the time by."""
        self._read_quietly()
        self.peer.our_clock_off += self.dice.choice([-60, -5, 5, 3600])
        self._read_quietly()

    def _read_quietly(self) -> None:
        self.peer.pass_time(10)
        self.was_set_back = False
        if not self.reader.page().more:
            self._check()
        self.peer.pass_time(10)

    def die(self) -> None:
        """The reader falls back to some earlier page."""
        if self.reader.saved:
            self.reader.restore(self.dice.randrange(max(0, len(self.reader.saved) - 12), len(self.reader.saved)))

    def read_pages(self) -> None:
        """A few pages."""
        for _ in range(self.dice.randint(1, 6)):
            self.was_set_back = False
            if not self.reader.page().more:
                self._check()
                return

    def wait(self) -> None:
        """Time goes by."""
        self.peer.pass_time(self.dice.choice([0.3, 2, 10, 200]))


@pytest.mark.parametrize("block", range(10))
def test_nothing_committed_is_ever_missed(block: int) -> None:
    for seed in range(block * 60, block * 60 + 60):
        try:
            Life(seed).live(60)
        except AssertionError as problem:
            raise AssertionError(f"seed {seed}: {problem}") from problem


def tied(count: int, limit: int) -> Reader:
    """A peer with so many records of one moment, long ago."""
    peer = SimulatedPeer()
    peer.change(range(count))
    peer.pass_time(3600)
    return Reader(peer, limit)


@pytest.mark.parametrize("edited", [1, 99, 100, 101, 1750, 4999])
def test_edits_of_tied_records_between_two_pages_hide_nobody(edited: int) -> None:
    reader = tied(5000, 100)
    for _ in range(25):
        reader.page()
    random.Random(edited).shuffle(keys := list(range(5000)))
    reader.peer.change(keys[:edited])
    reader.read()
    assert reader.missed(reader.peer.true) == []


def test_an_edit_after_every_page_does_not_hold_the_reading_up() -> None:
    reader = tied(2000, 100)
    while reader.page().more:
        reader.peer.change([reader.peer.requests])
        reader.peer.pass_time(1)
        assert reader.peer.requests < 150
    reader.read()
    assert reader.missed(reader.peer.true) == []


def test_an_idle_read_over_an_old_tie_costs_one_empty_request() -> None:
    reader = tied(5000, 100)
    reader.read()
    reader.peer.pass_time(10)
    reader.read()  # until the newest stamp has been seen for longer than the lag, it is read again
    for _ in range(3):
        reader.peer.pass_time(10)
        before = reader.peer.requests
        assert reader.read() == 0
        assert reader.peer.requests == before + 1


def test_a_cursor_remembers_only_the_end_of_a_long_tie() -> None:
    reader = tied(5000, 500)
    while reader.page().more:
        assert len(json.dumps(reader.cursor)) < 20_000


def test_a_clock_that_ran_fast_once_moves_no_cursor() -> None:
    peer = SimulatedPeer()
    reader = Reader(peer, 10)
    peer.their_clock_off = 300
    peer.change(range(3))
    reader.read()
    peer.their_clock_off = 0
    peer.pass_time(5)
    peer.change([7])
    peer.pass_time(1)
    reader.read()
    assert reader.missed(peer.true) == []


@pytest.mark.parametrize("seconds", [4, 5, 60, 86_400])
def test_a_clock_set_back_between_two_reads_takes_the_cursor_with_it(seconds: float) -> None:
    peer = SimulatedPeer()
    reader = Reader(peer, 10)
    peer.change(range(3))
    for _ in range(4):
        peer.pass_time(20)
        reader.read()
    peer.their_clock_off -= seconds
    peer.change([1])
    peer.pass_time(20)  # by now the clock shows nearly what it did, or more
    reader.read()
    assert reader.missed(peer.true) == []


def test_a_page_of_one_record_proves_nothing() -> None:
    with pytest.raises(ValueError):
        read_by_time({}, 1, second, second, lambda: start, lambda since, offset: [])


def test_a_record_without_its_time_is_a_broken_answer() -> None:
    with pytest.raises(BrokenAnswer):
        read_by_time({}, 5, second, second, lambda: start, lambda since, offset: [Record("things", "1", {})], lambda: start)
