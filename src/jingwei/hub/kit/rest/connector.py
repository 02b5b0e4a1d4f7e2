"""A connector without a program of its own: it does what a manifest tells. The manifest has been checked (`schema.faults_of`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from jingwei.hub.contract import (
    Absence,
    Check,
    ConnectorError,
    Forbidden,
    Found,
    Gone,
    NotFindable,
    Page,
    Record,
    Session,
    Stream,
    Title,
    Values,
)
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.calls import Caller
from jingwei.hub.kit.rest.lists import Lister
from jingwei.hub.kit.rest.pagers import Pager
from jingwei.hub.kit.rest.reading import FeedReader, Reader, TimeReader, WholeReader, every_record
from jingwei.hub.kit.rest.rows import RowMaker
from jingwei.hub.kit.rest.spec import Spec, StreamSpec, spec_of
from jingwei.hub.kit.rest.writing import Writer

mend_find = Title("在清单中说明 find，或到对方系统中查看该记录是否已建立", "Tell `find` in the manifest, or look over there whether the record was made")


class RestConnector:
    """Implements contract.Connector for a REST system as its manifest describes it."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._manifest = manifest

    @cached_property
    def _spec(self) -> Spec:
        return spec_of(self._manifest)

    def check(self, session: Session) -> Check:
        """Who we are over there."""
        told = self._spec.check
        caller = self._caller(session, "")
        _, body = caller.opened("GET", caller.address(told["path"]), params=told.get("params"))
        who = " ".join(str(each) for path in told["account"] for each in paths.every(body, path))
        return Check(ok=bool(who), account=who, message="" if who else "the answer names no account", version=_first(body, told.get("version", "")))

    def streams(self, session: Session) -> Sequence[Stream]:
        """The streams of the manifest; choices are asked where it says so, each list once."""
        asked: dict[str, tuple[tuple[str, str], ...]] = {}
        for each in self._spec.streams.values():
            for name in {place.choices_from for place in each.places if place.choices_from} - set(asked):
                asked[name] = self._choices(session, name)
        return tuple(
            replace(each.stream, fields=tuple(replace(p.field, choices=asked.get(p.choices_from, p.field.choices)) for p in each.places))
            for each in self._spec.streams.values()
        )

    def _choices(self, session: Session, name: str) -> tuple[tuple[str, str], ...]:
        told = self._spec.choices[name]
        caller = self._caller(session, "")
        pager = Pager(**told.get("pager", {}))
        lister = Lister(caller, pager, caller.address(told["path"]), told.get("params", {}), told.get("records", ""), told["value"], 100)
        rows = [row for got in lister.whole(lister.ask(), 100) for row in got.rows]
        return tuple((str(paths.needed(row, told["value"], (str, int))), str(paths.needed(row, told["label"], (str, int)))) for row in rows)

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """What changed since the cursor; once that is through, a feed of deletes fills the page where the peer has one."""
        spec = self._spec.streams[stream]
        limit = min(limit, spec.stream.page_limit)
        page = self._reader(session, spec).read(cursor.get("changed", {}), limit)
        told = spec.told.get("deletes", {})
        if "path" not in told:
            return replace(page, cursor={"changed": page.cursor})
        if page.more:
            return replace(page, cursor={**cursor, "changed": page.cursor})
        room = max(1, limit - len(page.records))
        gone = self._deletes(session, spec, told).read(cursor.get("deleted", {}), room)
        return Page(page.records + gone.records, {"changed": page.cursor, "deleted": gone.cursor}, gone.more)

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One record now."""
        spec = self._spec.streams[stream]
        try:
            row = self._writer(session, spec).row_of(key)
        except Gone:
            return None
        record = self._maker(session, spec).records([row])[0]
        return None if record.deleted else record

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """Many in a call where the peer can; those that a list does not show are asked for one by one, as it does not tell why."""
        spec = self._spec.streams[stream]
        out: dict[str, Found] = {}
        for record in self._many(session, spec, keys):
            if record.key in keys and not record.deleted:
                out[record.key] = record
        for key in keys:
            if key not in out:
                out[key] = self._one(session, stream, key)
        return out

    def _one(self, session: Session, stream: str, key: str) -> Found:
        try:
            return self.fetch(session, stream, key) or Absence.MISSING
        except Forbidden:
            return Absence.NOT_VISIBLE

    def _many(self, session: Session, spec: StreamSpec, keys: Sequence[str]) -> Iterator[Record]:
        told = spec.told.get("many")
        if told is None:
            return
        lister, size = self._lister(session, spec, "many"), told.get("limit", 50)
        for start in range(0, len(keys), size):
            chunk = list(keys[start : start + size])
            wanted = told["separator"].join(chunk) if "separator" in told else chunk
            for got in lister.whole(lister.ask(**{told["param"]: wanted}), size):
                yield from self._maker(session, spec).records(got.rows)

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Records that carry our reference; what a peer shows beside them, because it took no notice of the filter, is left out."""
        spec = self._spec.streams[stream]
        told = spec.told.get("find")
        if told is None:
            raise NotFindable(f"no search by our reference in {stream}", mend=mend_find)
        lister, place = self._lister(session, spec, "find"), spec.by_name[str(spec.stream.external_key_field)]
        asked = lister.ask(**{told["param"]: external_key})
        rows = [row for got in lister.whole(asked, spec.stream.page_limit) for row in got.rows]
        return self._maker(session, spec).records([row for row in rows if str(paths.at(row, place.path)) == external_key])

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every key that exists."""
        spec = self._spec.streams[stream]
        by_time = spec.told["read"]["by"] == "time"
        reader = self._reader(session, spec) if by_time else WholeReader(self._lister(session, spec, ""), self._maker(session, spec).records)
        yield from (each.key for each in every_record(reader, spec.stream.page_limit) if not each.deleted)

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create under our reference; the record as stored."""
        return self._writer(session, self._spec.streams[stream]).create(values, external_key)

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields, on the version we saw where the peer keeps one; the record as stored."""
        return self._writer(session, self._spec.streams[stream]).update(key, values, version)

    def delete(self, session: Session, stream: str, key: str) -> None:
        """Delete it over there; raises Gone when it is gone already."""
        self._writer(session, self._spec.streams[stream]).delete(key)

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """One by one, each with its own outcome."""
        out: dict[str, ConnectorError | None] = {}
        for key in keys:
            try:
                self.delete(session, stream, key)
                out[key] = None
            except ConnectorError as problem:
                out[key] = problem
        return out

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """The record that a webhook tells of, as `events` says; one that is named but not understood is fetched by the hub."""
        spec = self._spec.streams.get(stream)
        told = spec.told.get("events") if spec is not None else None
        if spec is None or told is None:
            return ()
        event, row = paths.at(body, told["at"]), paths.at(body, told.get("record", ""))
        if not isinstance(event, str) or not event.startswith(told.get("prefix", "")) or not isinstance(row, Mapping):
            return ()
        return RowMaker(spec, "").named(row, is_deleted=event in told.get("deleted", ()))

    def _caller(self, session: Session, stream: str) -> Caller:
        return Caller(session, self._spec.answers, stream, self._spec.check["path"])

    def _maker(self, session: Session, spec: StreamSpec) -> RowMaker:
        return RowMaker(spec, str(session.config.get("base_url", "")).rstrip("/"))

    def _writer(self, session: Session, spec: StreamSpec) -> Writer:
        return Writer(spec, self._caller(session, spec.stream.name), self._maker(session, spec))

    def _lister(self, session: Session, spec: StreamSpec, part: str) -> Lister:
        """The stream's list, or that of a part which has an address, parameters or a place of its rows of its own."""
        caller, told = self._caller(session, spec.stream.name), spec.told.get(part, {}) if part else {}
        params = {**spec.told.get("params", {}), **told.get("params", {})}
        rows_at = str(told.get("records", spec.told.get("records", "")))
        return Lister(caller, spec.pager, caller.address(spec.path(part)), params, rows_at, self._key_path(spec), spec.stream.page_limit)

    def _key_path(self, spec: StreamSpec) -> str:
        return spec.by_name[spec.stream.key].path

    def _reader(self, session: Session, spec: StreamSpec) -> Reader:
        told, make = spec.told["read"], self._maker(session, spec).records
        lister = self._lister(session, spec, "read")
        match told["by"]:
            case "time":
                return TimeReader(spec, lister, make)
            case "sequence":
                names = {name: told.get(name, "") for name in ("param", "next", "more", "size")}
                return FeedReader(lister, make, **names, sequence=spec.told.get("sequence", ""))
            case _:
                return WholeReader(lister, make)

    def _deletes(self, session: Session, spec: StreamSpec, told: Mapping[str, Any]) -> FeedReader:
        maker = self._maker(session, spec)
        names = {name: told.get(name, "") for name in ("param", "next", "more", "size", "sequence")}
        return FeedReader(self._lister(session, spec, "deletes"), lambda rows: [maker.tombstone(row, told["key"]) for row in rows], **names)


def _first(body: Any, path: str) -> str:
    found = paths.every(body, path) if path else []
    return str(found[0]) if found else ""
