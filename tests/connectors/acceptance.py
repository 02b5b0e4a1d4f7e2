"""What every connector must pass: subclass `ConnectorAcceptance`, give it a peer, and it is put through its paces."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from jingwei.hub.contract import (
    Absence,
    Connector,
    ConnectorError,
    Field,
    Gone,
    Page,
    Record,
    Refused,
    Response,
    Session,
    Stale,
    Stream,
    Unauthorised,
    Values,
    type_names,
)

pages_limit = 5000


@dataclass(frozen=True)
class Sample:
    """How to try a stream out: values to create, fields to change afterwards, and values the peer must refuse.

    Values are written as the contract writes them, so that they read back equal. `update` names at least two fields, or none for a
    stream whose records cannot be changed. `coerced` are values that the peer takes and silently makes something else.
    `deletable` is False for a stream whose created records cannot be deleted.
    """

    create: Values
    update: Values = field(default_factory=dict)
    refused: Values = field(default_factory=dict)
    coerced: Values = field(default_factory=dict)
    deletable: bool = True


class ConnectorAcceptance:
    """Tests over every stream in `samples`. A subclass provides the fixtures `connector`, `session`, `stranger`."""

    samples: ClassVar[Mapping[str, Sample]] = {}
    only: ClassVar[Sequence[str]] = ()  # the streams that this class tries, when another class tries the others
    small_page: ClassVar[int] = 7  # records a page when paging itself is tried
    longest_tie: ClassVar[Mapping[str, int]] = {}  # stream → the records that share one moment, at least; best above two small pages
    look_back: ClassVar[timedelta] = timedelta(minutes=2)  # how far behind its newest change a second read may begin

    @pytest.fixture
    def connector(self) -> Connector:
        """The connector under test."""
        raise NotImplementedError

    @pytest.fixture
    def session(self) -> Session:
        """A session with good credentials."""
        raise NotImplementedError

    @pytest.fixture
    def stranger(self) -> Session:
        """A session with wrong credentials."""
        raise NotImplementedError

    def deliveries(self, stream: str, act: Callable[[], None]) -> Sequence[tuple[Mapping[str, str], Any]] | None:
        """What the peer's webhook sent while `act` ran, as (headers, parsed body); None when it has no webhooks."""
        return None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Every test that asks for a stream runs over all of them."""
        if "stream" in metafunc.fixturenames:
            metafunc.parametrize("stream", list(self.only or self.samples))

    def changed_behind(self, stream: str, key: str) -> tuple[str, Any] | None:
        """Somebody else changes a field of the record, which is also in the sample's update; its name and the value they wrote.
        None when the peer neither refuses to overwrite it nor tells what was overwritten."""
        return None

    def hidden(self, session: Session, stream: str) -> str | None:
        """The key of a record that exists but is not shown to the session; None when the peer shows all it has."""
        return None

    def moved_away(self, session: Session, stream: str) -> str | None:
        """The key of a record that exists, but no longer in what the connection reads; None when it reads all there is."""
        return None

    # -- the connection and its streams

    def test_good_credentials_are_known_by_name(self, connector: Connector, session: Session) -> None:
        check = connector.check(session)
        assert check.ok
        assert check.account

    def test_the_stranger_is_refused(self, connector: Connector, stranger: Session) -> None:
        try:
            check = connector.check(stranger)
        except Unauthorised:
            return
        assert not check.ok
        assert check.message

    def test_streams_are_sound(self, connector: Connector, session: Session) -> None:
        streams = connector.streams(session)
        assert {each.name for each in streams} == set(self.samples)
        for stream in streams:
            names = [each.name for each in stream.fields]
            assert len(names) == len(set(names))
            assert stream.title.zh and stream.title.en
            assert stream.page_limit >= 1
            for named in (stream.label, stream.modified, stream.external_key_field):
                assert not named or named in names
            for each in stream.fields:
                assert each.type in type_names
                assert each.title.zh and each.title.en
                assert each.choices or each.type != "enum", each.name
                assert not (each.required and each.read_only), each.name

    # -- reading

    def test_every_record_fits_its_stream(self, connector: Connector, session: Session, stream: str) -> None:
        declared = stream_of(connector, session, stream)
        records, _ = read_all(connector, session, stream)
        live = [each for each in records if not each.deleted]
        assert live
        for record in live:
            assert record.stream == stream and isinstance(record.key, str) and record.key
            assert set(record.values) <= {each.name for each in declared.fields}
            assert json.loads(json.dumps(record.values)) == record.values
            assert record.modified_at is None or record.modified_at.tzinfo is not None
            assert record.modified_at is not None or declared.modified is None
            for each in declared.fields:
                problem = misfit(each, record.values.get(each.name))
                assert not problem, f"{stream} {record.key} {each.name}: {problem}"
                assert not each.required or record.values.get(each.name) is not None, each.name
        seen = {name for record in live for name in record.values}
        assert seen == {each.name for each in declared.fields}

    def test_tombstones_carry_no_values(self, connector: Connector, session: Session, stream: str) -> None:
        records, _ = read_all(connector, session, stream)
        assert all(not each.values for each in records if each.deleted)

    def test_two_full_reads_are_equal(self, connector: Connector, session: Session, stream: str) -> None:
        first, _ = read_all(connector, session, stream)
        second, _ = read_all(connector, session, stream)
        assert newest(first) == newest(second)

    def test_small_pages_lose_nothing(self, connector: Connector, session: Session, stream: str) -> None:
        whole, _ = read_all(connector, session, stream)
        ties = Counter(each.modified_at for each in whole if not each.deleted)
        assert max(ties.values()) >= self.longest_tie.get(stream, 1)
        small, _ = read_all(connector, session, stream, limit=self.small_page)
        assert newest(small) == newest(whole)
        assert live_keys(small) == set(connector.keys(session, stream))

    def test_keys_are_each_given_once(self, connector: Connector, session: Session, stream: str) -> None:
        keys = list(connector.keys(session, stream))
        assert len(keys) == len(set(keys))
        assert all(isinstance(each, str) for each in keys)

    def test_no_page_is_larger_than_asked(self, connector: Connector, session: Session, stream: str) -> None:
        for page in pages(connector, session, stream, limit=self.small_page):
            assert len(page.records) <= self.small_page

    def test_reading_on_from_any_cursor_loses_nothing(self, connector: Connector, session: Session, stream: str) -> None:
        limit = max(self.small_page, len(list(connector.keys(session, stream))) // 6)
        walk = list(pages(connector, session, stream, limit=limit))
        assert len(walk) >= 3
        every = live_keys(record for page in walk for record in page.records)
        for place, page in enumerate(walk):
            before = [record for each in walk[: place + 1] for record in each.records]
            cursor = json.loads(json.dumps(page.cursor))  # as it comes back from the database
            after, _ = read_all(connector, session, stream, cursor=cursor, limit=limit)
            assert live_keys([*before, *after]) == every, f"after page {place}"

    def test_an_edit_between_two_pages_hides_nobody(self, connector: Connector, session: Session, stream: str) -> None:
        self._skip_unless_changeable(connector, session, stream)
        _, cursor = read_all(connector, session, stream)
        mine = {self._created(connector, session, stream).key for _ in range(3 * self.small_page)}
        change = self.samples[stream].update
        seen: list[Record] = []
        changed: set[str] = set()
        for page in pages(connector, session, stream, cursor=cursor, limit=self.small_page):
            seen += page.records
            for key in sorted(live_keys(page.records) & mine - changed)[:2]:  # jumps to the end and pulls all behind it forward
                connector.update(session, stream, key, change, None)
                changed.add(key)
        assert len(changed) >= 2
        assert live_keys(seen) >= mine
        after, _ = read_all(connector, session, stream, cursor=page.cursor)  # a change within a coarse tick is told by the next read
        last = newest([*seen, *after])
        for key in changed:
            assert {name: last[key].values[name] for name in change} == change

    def test_a_second_read_brings_only_what_is_new(self, connector: Connector, session: Session, stream: str) -> None:
        first, cursor = read_all(connector, session, stream)
        known = newest(first)
        high = max(each.modified_at for each in first if each.modified_at is not None)
        again, cursor = read_all(connector, session, stream, cursor=cursor)
        for record in again:
            assert record == known[record.key]
            assert record.modified_at is None or record.modified_at >= high - self.look_back
        record = self._created(connector, session, stream)
        brought, _ = read_all(connector, session, stream, cursor=cursor)
        assert record.key in live_keys(brought)
        assert {each.key for each in brought} <= {record.key, *(each.key for each in again)}

    # -- writing

    def _skip_unless_changeable(self, connector: Connector, session: Session, stream: str) -> None:
        if not stream_of(connector, session, stream).can_update:
            assert not self.samples[stream].update
            pytest.skip("records of this stream are created and never changed from here")

    def _created(self, connector: Connector, session: Session, stream: str) -> Record:
        return connector.create(session, stream, self.samples[stream].create, f"jw-{uuid.uuid4().hex}")

    def test_what_is_created_reads_back_and_is_found(self, connector: Connector, session: Session, stream: str) -> None:
        declared, given = stream_of(connector, session, stream), self.samples[stream].create
        reference = f"jw-{uuid.uuid4().hex}"
        assert list(connector.find(session, stream, reference)) == []
        made = connector.create(session, stream, given, reference)
        assert {name: made.values[name] for name in given} == given
        assert connector.fetch(session, stream, made.key) == made
        assert made.key in set(connector.keys(session, stream))
        if declared.external_key_field:
            assert made.external_key == reference
            assert [each.key for each in connector.find(session, stream, reference)] == [made.key]
        if declared.idempotent_create:
            assert connector.create(session, stream, given, reference).key == made.key

    def test_an_update_writes_the_given_fields_and_no_others(self, connector: Connector, session: Session, stream: str) -> None:
        self._skip_unless_changeable(connector, session, stream)
        declared, given = stream_of(connector, session, stream), self.samples[stream].update
        own = {each.name for each in declared.fields if each.read_only}
        assert len(given) >= 2
        made = self._created(connector, session, stream)
        for name, value in given.items():  # one at a time: a connector that sends more would undo the one before
            before = connector.fetch(session, stream, made.key)
            assert before is not None and before.values[name] != value
            answered = connector.update(session, stream, made.key, {name: value}, before.version)
            after = connector.fetch(session, stream, made.key)
            assert after == answered
            assert after.values[name] == value
            assert {each for each in after.values if after.values[each] != before.values[each]} - own == {name}
            assert after.external_key == made.external_key

    def test_a_stale_version_is_refused_and_writes_nothing(self, connector: Connector, session: Session, stream: str) -> None:
        made = self._created(connector, session, stream)
        if made.version is None:
            pytest.skip("the peer keeps no versions")
        (one, first), (two, second), *_ = self.samples[stream].update.items()
        connector.update(session, stream, made.key, {one: first}, made.version)
        with pytest.raises(Stale):
            connector.update(session, stream, made.key, {two: second}, made.version)
        left = connector.fetch(session, stream, made.key)
        assert left is not None and left.values[two] == made.values[two]

    def test_impossible_values_are_refused_and_leave_nothing(self, connector: Connector, session: Session, stream: str) -> None:
        sample = self.samples[stream]
        if not sample.refused:
            pytest.skip("the peer takes anything in this stream")
        reference = f"jw-{uuid.uuid4().hex}"
        with pytest.raises(Refused):
            connector.create(session, stream, sample.create | sample.refused, reference)
        assert list(connector.find(session, stream, reference)) == []

    def test_nobody_is_fetched_under_an_unknown_key(self, connector: Connector, session: Session, stream: str) -> None:
        assert connector.fetch(session, stream, "987654321") is None
        if stream_of(connector, session, stream).can_update:
            with pytest.raises(Gone):
                connector.update(session, stream, "987654321", self.samples[stream].update, None)

    def test_a_delete_is_seen(self, connector: Connector, session: Session, stream: str) -> None:
        declared = stream_of(connector, session, stream)
        if not declared.can_delete or not self.samples[stream].deletable:
            pytest.skip("the peer lets nothing be deleted in this stream")
        made = self._created(connector, session, stream)
        _, cursor = read_all(connector, session, stream)
        connector.delete(session, stream, made.key)
        assert connector.fetch(session, stream, made.key) is None
        assert made.key not in set(connector.keys(session, stream))
        told, _ = read_all(connector, session, stream, cursor=cursor)
        if declared.tells_deletes:
            assert newest(told)[made.key].deleted
            assert made.key not in live_keys(told)
        with pytest.raises(Gone):
            connector.delete(session, stream, made.key)

    def test_many_deletes_have_an_outcome_each(self, connector: Connector, session: Session, stream: str) -> None:
        declared = stream_of(connector, session, stream)
        if not declared.can_delete or not self.samples[stream].deletable:
            pytest.skip("the peer lets nothing be deleted in this stream")
        made = [self._created(connector, session, stream).key for _ in range(4)]
        connector.delete(session, stream, made[3])
        outcome = connector.delete_many(session, stream, [*made, "987654321"])
        assert set(outcome) == {*made, "987654321"}
        assert [outcome[key] for key in made[:3]] == [None] * 3
        assert isinstance(outcome[made[3]], Gone) and isinstance(outcome["987654321"], Gone)
        assert set(connector.keys(session, stream)).isdisjoint(made)
        assert connector.delete_many(session, stream, []) == {}

    def test_a_coerced_value_is_told_and_not_refused(self, connector: Connector, session: Session, stream: str) -> None:
        coerced = self.samples[stream].coerced
        if not coerced:
            pytest.skip("the peer takes a value as it is or refuses it")
        made = self._created(connector, session, stream)
        told = connector.update(session, stream, made.key, coerced, made.version)
        assert all(told.values[name] != value for name, value in coerced.items())
        assert connector.fetch(session, stream, made.key) == told
        created = connector.create(session, stream, self.samples[stream].create | coerced, f"jw-{uuid.uuid4().hex}")
        assert all(created.values[name] != value for name, value in coerced.items())

    def test_no_value_written_in_between_vanishes_unseen(self, connector: Connector, session: Session, stream: str) -> None:
        self._skip_unless_changeable(connector, session, stream)
        made = self._created(connector, session, stream)
        behind: list[tuple[str, Any] | None] = []
        disturbed: Any = Disturbed(session, lambda: behind.append(self.changed_behind(stream, made.key)))
        try:
            told = connector.update(disturbed, stream, made.key, self.samples[stream].update, made.version)
        except Stale:
            return  # the peer itself guards its record
        if behind == [None]:
            pytest.skip("the peer neither guards a record against overwriting nor tells what was overwritten")
        assert behind[0] is not None
        assert told.replaced == dict([behind[0]])
        again = connector.update(session, stream, made.key, self.samples[stream].update, None)
        assert again.replaced is None  # nothing was overwritten the second time

    def test_the_order_of_changes_is_counted(self, connector: Connector, session: Session, stream: str) -> None:
        made = self._created(connector, session, stream)
        if made.sequence is None:
            pytest.skip("the peer does not count its changes")
        counted = [made.sequence]
        for name, value in self.samples[stream].update.items():
            changed = connector.update(session, stream, made.key, {name: value}, None)
            assert changed.sequence is not None
            counted.append(changed.sequence)
        assert counted == sorted(set(counted))
        records, _ = read_all(connector, session, stream)
        assert newest(records)[made.key].sequence == counted[-1]

    # -- looking up

    def test_the_living_are_told_from_the_missing(self, connector: Connector, session: Session, stream: str) -> None:
        made = self._created(connector, session, stream)
        others = list(connector.keys(session, stream))[:130]
        found = connector.lookup(session, stream, [made.key, "987654321", *others])
        assert set(found) == {made.key, "987654321", *others}
        assert found[made.key] == made
        assert found["987654321"] is Absence.MISSING
        assert all(isinstance(found[each], Record) and found[each].key == each for each in others)
        if stream_of(connector, session, stream).can_delete and self.samples[stream].deletable:
            connector.delete(session, stream, made.key)
            assert connector.lookup(session, stream, [made.key]) == {made.key: Absence.MISSING}

    def test_a_stranger_learns_nothing_of_what_is_missing(self, connector: Connector, stranger: Session, stream: str) -> None:
        with pytest.raises(ConnectorError):
            connector.lookup(stranger, stream, ["987654321"])

    def test_the_hidden_is_not_taken_for_missing(self, connector: Connector, session: Session, stream: str) -> None:
        key = self.hidden(session, stream)
        if key is None:
            pytest.skip("the peer shows every record to whoever may sign in")
        assert connector.lookup(session, stream, [key]) == {key: Absence.NOT_VISIBLE}

    def test_what_moved_away_is_not_taken_for_missing(self, connector: Connector, session: Session, stream: str) -> None:
        key = self.moved_away(session, stream)
        if key is None:
            pytest.skip("the connection reads all there is: nothing can move out of it")
        assert connector.lookup(session, stream, [key]) == {key: Absence.ELSEWHERE}
        assert connector.fetch(session, stream, key) is None
        assert key not in set(connector.keys(session, stream))

    # -- webhooks

    def test_a_webhook_names_its_record(self, connector: Connector, session: Session, stream: str) -> None:
        made: list[Record] = []

        def act() -> None:
            made.append(self._created(connector, session, stream))
            made.append(connector.update(session, stream, made[0].key, self.samples[stream].update, None))

        sent = self.deliveries(stream, act)
        if sent is None:
            pytest.skip("the peer sends no webhooks")
        told = [record for headers, body in sent for record in connector.delivery(stream, headers, body)]
        assert [each.key for each in told] == [made[0].key] * 2
        for record, expected in zip(told, made, strict=True):
            assert record.stream == stream and not record.deleted
            assert not record.values or record.values == expected.values
            assert not record.values or (record.version, record.modified_at) == (expected.version, expected.modified_at)

    def test_a_webhook_of_a_delete_is_a_tombstone(self, connector: Connector, session: Session, stream: str) -> None:
        made = self._created(connector, session, stream)
        sent = self.deliveries(stream, lambda: connector.delete(session, stream, made.key))
        if sent is None:
            pytest.skip("the peer sends no webhooks")
        told = [record for headers, body in sent for record in connector.delivery(stream, headers, body)]
        assert [(each.key, each.deleted) for each in told] == [(made.key, True)]

    @pytest.mark.parametrize("body", [None, [], {}, "text", 7, {"type": 1, "data": 2}, {"type": "issue.updated", "data": {}}])
    def test_nonsense_names_nobody(self, connector: Connector, stream: str, body: Any) -> None:
        assert list(connector.delivery(stream, {}, body)) == []


class Disturbed:
    """A session through which somebody else gets in just before the first write."""

    def __init__(self, session: Session, disturb: Callable[[], None]) -> None:
        self._session, self._disturb, self._is_done = session, disturb, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def request(self, method: str, path: str, **more: Any) -> Response:
        """The call, after the disturbance."""
        if method != "GET" and not self._is_done:
            self._is_done = True
            self._disturb()
        return self._session.request(method, path, **more)


def stream_of(connector: Connector, session: Session, name: str) -> Stream:
    """The stream of that name."""
    return next(each for each in connector.streams(session) if each.name == name)


def pages(connector: Connector, session: Session, stream: str, *, cursor: Values | None = None, limit: int = 100) -> Iterable[Page]:
    """Pages from a cursor to the end, which must come; a cursor may not come twice."""
    at: Values = cursor or {}
    seen: set[str] = set()
    for _ in range(pages_limit):
        page = connector.read(session, stream, at, limit)
        yield page
        at = page.cursor
        if not page.more:
            return
        mark = json.dumps(at, sort_keys=True)
        assert mark not in seen, "the read goes round in circles"
        seen.add(mark)
    raise AssertionError("the read does not end")


def read_all(connector: Connector, session: Session, stream: str, *, cursor: Values | None = None, limit: int = 100) -> tuple[list[Record], Values]:
    """Every record from a cursor on, and the cursor behind the last page."""
    records: list[Record] = []
    end: Values = cursor or {}
    for page in pages(connector, session, stream, cursor=cursor, limit=limit):
        records += page.records
        end = page.cursor
    return records, end


def newest(records: Iterable[Record]) -> dict[str, Record]:
    """The last mention of each key."""
    return {each.key: each for each in records}


def live_keys(records: Iterable[Record]) -> set[str]:
    """Keys that are there and not deleted."""
    return {each.key for each in newest(records).values() if not each.deleted}


def misfit(field: Field, given: Any) -> str:
    """Why a value does not fit its field; empty when it does."""
    value: Any = given
    if value is None:
        return ""
    wanted: dict[str, type[Any]] = {"integer": int, "boolean": bool, "list": list}
    kind: type[Any] = wanted.get(field.type, str)
    if not isinstance(given, kind) or (kind is int and isinstance(given, bool)):
        return f"{value!r} is not a {kind.__name__}"
    try:
        if field.type == "decimal" and not Decimal(value).is_finite():
            return "not finite"
        if field.type == "date":
            date.fromisoformat(value)
        if field.type == "datetime" and datetime.fromisoformat(value).tzinfo is None:
            return "a time without its zone"
    except (ArithmeticError, ValueError) as problem:
        return str(problem)
    if field.type in ("enum", "reference") and field.choices and value not in {each for each, _ in field.choices}:
        return f"{value!r} is not among the choices"
    if field.max_length is not None and len(value) > field.max_length:
        return f"longer than {field.max_length}"
    return ""


def patiently(act: Callable[[], Any], tries: int = 200) -> Any:
    """Do it, again as long as the error says that a retry is right."""
    for _ in range(tries - 1):
        try:
            return act()
        except ConnectorError as problem:
            if not problem.retry:
                raise
    return act()
