"""Reading by each way of cutting pages, while others change, add and delete: what is committed is never missed, and reading ends."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from jingwei.hub.contract import BrokenAnswer, ServerFault, Values
from jingwei.hub.kit.rest import RestConnector, faults_of
from jingwei.hub.kit.rest.reading import TimeReader, every_record
from tests.hub.kit.rest.paged_peer import PagedPeer, manifest_of, ways

lag = 3.0


class Hub:
    """What has been read: a cursor, and the newest version of each key."""

    def __init__(self, peer: PagedPeer, manifest: dict[str, Any], limit: int) -> None:
        connector = RestConnector(manifest)
        reader: Any = connector._reader(peer, connector._spec.streams["things"])
        self.reader = replace(reader, ours=peer.ours) if isinstance(reader, TimeReader) else reader
        self.peer, self.limit = peer, limit
        self.cursor: Values = {}
        self.known: dict[str, int] = {}

    def read(self, pages: int = 3000) -> None:
        """To the end, or so many pages; a list that would not stand still is asked again."""
        for _ in range(pages):
            try:
                page = self.reader.read(json.loads(json.dumps(self.cursor)), self.limit)
            except ServerFault:
                continue
            for record in page.records:
                self.known[record.key] = max(self.known.get(record.key, 0), record.values["version"])
            self.cursor = page.cursor
            if not page.more:
                return
        if pages == 3000:
            raise AssertionError("the read does not end")

    def missed(self) -> list[int]:
        """Keys whose present version is not known."""
        return [key for key, (_stamp, version) in self.peer.shown.items() if self.known.get(str(key), 0) < version]


class Busy:
    """Others at work between any two requests."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.peer = PagedPeer(request_seconds=self.dice.choice([0.01, 0.2, 1.0]), their_size=self.dice.choice([2, 5, 9]))
        self.rate = self.dice.choice([0.05, 0.3, 0.6])
        self.created = 0
        self.fill(self.dice.randint(5, 90))

    def fill(self, count: int) -> None:
        """A bulk of new records, all of one moment."""
        self.peer.change(range(self.created, self.created + count))
        self.created += count

    def act(self) -> None:
        """Perhaps something happens."""
        if self.dice.random() > self.rate:
            return
        keys = sorted(self.peer.shown)
        some = self.dice.sample(keys, min(len(keys), self.dice.randint(1, 5)))
        late = self.dice.choice([0, 0, self.dice.uniform(0, lag * 0.9)])
        match self.dice.choice(["edit", "edit", "edit", "add", "delete", "bulk"]):
            case "edit":
                self.peer.change(some, late)
            case "add":
                self.fill(self.dice.randint(1, 4))
            case "delete":
                self.peer.delete(some)
            case "bulk":
                self.peer.change(self.dice.sample(keys, len(keys) // 2))


@pytest.mark.parametrize("way", sorted(ways))
def test_reading_by_time_misses_nothing(way: str) -> None:
    for seed in range(20):
        busy = Busy(seed)
        limit, granularity = busy.dice.choice([2, 3, 7, 20]), busy.dice.choice([0.001, 1, 10, 60])
        manifest = manifest_of(way, "time")
        manifest["streams"]["things"]["read"]["granularity"] = granularity
        if seed % 3 == 0:
            manifest["streams"]["things"]["read"] |= {"exclusive": True}
            manifest["streams"]["things"]["read"]["params"] |= {"exclusive": "yes"}
        assert faults_of(manifest) == []
        hub = Hub(busy.peer, manifest, limit)
        for _ in range(4):
            busy.peer.between = busy.act
            hub.read(busy.dice.randint(1, 25))
            busy.peer.between = lambda: None
            busy.peer.settle()
            busy.peer.pass_time(busy.dice.choice([0, 1, 20, 300]))
        hub.read()  # what began while others were at work ends
        busy.peer.pass_time(1)
        hub.read()
        assert hub.missed() == [], f"seed {seed}"


@pytest.mark.parametrize("way", sorted(ways))
@pytest.mark.parametrize("by", ["all", "time"])
def test_every_key_that_stays_is_told(way: str, by: str) -> None:
    for seed in range(20):
        busy = Busy(seed)
        busy.peer.pass_time(100)
        hub = Hub(busy.peer, manifest_of(way, by, page_limit=20 if "page" in way else busy.dice.choice([2, 3, 7, 20])), 20)
        before = {str(key) for key in busy.peer.shown}
        busy.peer.between = busy.act
        try:
            told = [each.key for each in every_record(hub.reader, busy.dice.choice([2, 3, 7, 20]))]
        except ServerFault:
            continue  # it says so, and is asked again in a calmer moment
        assert len(told) == len(set(told))
        assert before & {str(key) for key in busy.peer.shown} <= set(told), f"seed {seed}"


@pytest.mark.parametrize("way", ["token of a place", "token behind a row", "link"])
def test_a_token_list_may_give_short_pages(way: str) -> None:
    busy = Busy(1)
    busy.peer.short = lambda size: busy.dice.randint(1, size)
    hub = Hub(busy.peer, manifest_of(way, "time"), 7)
    hub.read()
    assert hub.missed() == []


@pytest.mark.parametrize("way", ["offset", "page", "offset, a total told", "page from zero, a total told"])
def test_a_peer_that_gives_less_than_was_asked_for_is_not_taken_to_be_at_its_end(way: str) -> None:
    busy = Busy(2)
    busy.fill(80)
    busy.peer.most = 10
    with pytest.raises(BrokenAnswer) as caught:
        Hub(busy.peer, manifest_of(way, "time"), 50).read()
    assert caught.value.mend is not None and "page_limit" in caught.value.mend.en


@pytest.mark.parametrize(("way", "by", "deaf_to"), [
    ("offset", "time", "offset"), ("page", "time", "page"), ("offset", "all", "offset"), ("page", "all", "page"),
    ("page of their size", "all", "page"), ("page of their size", "time", "page"),
    ("token of a place", "time", "token"), ("token of a place", "all", "token"), ("token behind a row", "all", "after"), ("link", "time", "token"), ("link", "all", "token"),
    ("keyset", "time", "after_id"), ("keyset", "all", "after_id"),
])  # fmt: skip
def test_the_same_page_again_is_a_broken_answer(way: str, by: str, deaf_to: str) -> None:
    busy = Busy(3)
    busy.fill(200)
    busy.peer.pass_time(100)
    busy.peer.deaf_to = (deaf_to,)
    with pytest.raises(BrokenAnswer):
        Hub(busy.peer, manifest_of(way, by), 20).read(300)


@pytest.mark.parametrize("way", sorted(ways))
def test_a_list_that_is_not_sorted_or_not_filtered_is_a_broken_answer(way: str) -> None:
    for deaf_to, mend in (("sort", "read.params"), ("since", "read: the peer")):
        busy = Busy(4)
        for key in (3, 1, 4, 2):
            busy.peer.pass_time(30)
            busy.peer.change([key])
        hub = Hub(busy.peer, manifest_of(way, "time"), 20)
        busy.peer.deaf_to = (deaf_to,)
        with pytest.raises(BrokenAnswer) as caught:
            for _ in range(3):
                hub.read()
                busy.peer.pass_time(100)
        assert caught.value.mend is not None and mend in caught.value.mend.en


def test_a_depth_is_no_end() -> None:
    """What lies deeper than the peer lets anybody read is reached by the times; a tie that is longer is said to be."""
    busy = Busy(5)
    for _ in range(30):
        busy.fill(10)
        busy.peer.pass_time(5)
    manifest = manifest_of("offset", "time")
    manifest["streams"]["things"]["pager"] |= {"depth": 120}
    hub = Hub(busy.peer, manifest, 20)
    hub.read()
    assert hub.missed() == []
    busy.peer.change(range(200))
    busy.peer.pass_time(100)
    with pytest.raises(BrokenAnswer) as caught:
        hub.read()
    assert caught.value.mend is not None and "pager.depth" in caught.value.mend.en


@pytest.mark.parametrize("way", ["page of their size", "token of a place", "link"])
@pytest.mark.parametrize("by", ["all", "time"])
def test_what_slips_forward_before_an_empty_page_is_not_lost(way: str, by: str) -> None:
    """The last record moves onto the page that was read, and the page where it stood is empty."""
    peer = PagedPeer(their_size=5)
    peer.change(range(6))
    peer.pass_time(100)
    hub = Hub(peer, manifest_of(way, by), 5 if by == "all" else 20)
    peer.most = 5
    peer.between = lambda: peer.delete([0]) if peer.requests == 1 else None
    hub.read()
    assert hub.missed() == []
