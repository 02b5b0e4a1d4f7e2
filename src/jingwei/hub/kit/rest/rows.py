"""Rows of a peer's answers as records, by what a manifest says of their fields. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jingwei.hub.contract import BrokenAnswer, Record, tombstone
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.calls import placeholder
from jingwei.hub.kit.rest.spec import StreamSpec
from jingwei.hub.kit.rest.values import values_of
from jingwei.hub.kit.rows import records_of, unreadable

_unset = (None, False, 0, "", "0", "false", paths.absent)


@dataclass(frozen=True)
class RowMaker:
    """What makes records of one stream; `base` is the system's address, empty where it is not known."""

    spec: StreamSpec
    base: str

    def records(self, rows: Iterable[Any]) -> list[Record]:
        """Each row as a record; one that cannot be read is its own trouble."""
        return records_of(self.spec.stream.name, rows, self.record, key=self._key.path, stamp=self._stamp)

    def record(self, row: Any) -> Record:
        """One row; raises BrokenAnswer, or what reading values raises."""
        told, stream = self.spec.told, self.spec.stream
        key = self._key_of(row, self._key.path)
        sequence = int(paths.needed(row, told["sequence"], (int, str))) if "sequence" in told else None
        if (flag := told.get("deletes", {}).get("flag")) and paths.at(row, flag) not in _unset:
            return replace(tombstone(stream.name, key), modified_at=self._stamp(row), sequence=sequence)
        reference = self._text_at(row, stream.external_key_field)
        return Record(
            stream=stream.name,
            key=key,
            values=values_of(self.spec.places, row),
            modified_at=self._stamp(row),
            version=str(paths.needed(row, told["version"], (int, str))) if "version" in told else None,
            url=self._url(key),
            external_key=reference,
            sequence=sequence,
        )

    def tombstone(self, row: Any, key_path: str) -> Record:
        """The record that a feed of deletes names."""
        return tombstone(self.spec.stream.name, self._key_of(row, key_path))

    def named(self, row: Mapping[str, Any], *, is_deleted: bool) -> list[Record]:
        """The record that a webhook shows, or at least names; none when it does not even do that."""
        try:
            key = self._key_of(row, self._key.path)
        except BrokenAnswer:
            return []
        try:
            if is_deleted:
                count = paths.at(row, self.spec.told["sequence"]) if "sequence" in self.spec.told else None
                return [replace(tombstone(self.spec.stream.name, key), sequence=count if isinstance(count, int) else None)]
            return [self.record(row)]
        except unreadable:
            return [Record(self.spec.stream.name, key, {})]

    @property
    def _key(self) -> Any:
        return self.spec.by_name[self.spec.stream.key]

    def _key_of(self, row: Any, path: str) -> str:
        key = paths.at(row, path)
        if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
            raise BrokenAnswer(f"a record without its {path}")
        return str(key)

    def _stamp(self, row: Mapping[str, Any]) -> datetime | None:
        if self.spec.stream.modified is None:
            return None
        place = self.spec.by_name[self.spec.stream.modified]
        return place.format.read(paths.needed(row, place.path, (str, int, float)))

    def _text_at(self, row: Any, name: str | None) -> str | None:
        value = paths.at(row, self.spec.by_name[name].path) if name else None
        return str(value) if value not in (None, "", paths.absent) else None

    def _url(self, key: str) -> str | None:
        page = self.spec.told.get("page", "")
        filled = {"key": key, "stream": self.spec.stream.name}
        return self.base + placeholder.sub(lambda found: quote(filled[found[1]], safe=""), page) if page and self.base else None
