"""Creating, changing and deleting as a manifest tells it. What was written and not understood is an unknown outcome, never a success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jingwei.hub.contract import ConnectorError, Record, Refused, Stale, UnknownOutcome, Values
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.calls import Caller, written
from jingwei.hub.kit.rest.rows import RowMaker
from jingwei.hub.kit.rest.spec import StreamSpec
from jingwei.hub.kit.rest.values import body_of


@dataclass(frozen=True)
class Writer:
    """What writes one stream."""

    spec: StreamSpec
    caller: Caller
    maker: RowMaker

    def row_of(self, key: str) -> Any:
        """One record's row now; raises Gone."""
        told = self.spec.told.get("one", {})
        where = self.caller.address(self._path("one"), key)
        _, body = self.caller.opened("GET", where, params=told.get("params"))
        return paths.needed(body, told.get("record", self.spec.told.get("record", "")), dict)

    def create(self, values: Values, external_key: str) -> Record:
        """Create under our reference, and what was made of it."""
        told, reference = self._told("create"), self.spec.stream.external_key_field
        body = body_of(self.spec.by_name, {name: value for name, value in values.items() if name != reference}, self.spec.may_send("create"))
        if reference:
            paths.put(body, self.spec.by_name[reference].write_path, external_key)
        method = told.get("method", "POST")
        _, answer = self.caller.opened(method, self.caller.address(self.spec.path("create")), json=paths.wrapped(body, told.get("wrap", "")))
        if "key" in told:
            key = written(lambda: str(paths.needed(answer, told["key"], (str, int))))
            return self._read_back(key)
        return written(lambda: self.maker.record(self._answered(answer, told)))

    def update(self, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields. A peer that guards nothing is looked at before, when we know what we saw."""
        told = self._told("update")
        body, headers = body_of(self.spec.by_name, values, self.spec.may_send("update")), None
        if version is not None and "version_header" in told:
            headers = {told["version_header"]: f'"{version}"' if told.get("version_quoted", True) else version}
        elif version is not None and "version_field" in told:
            paths.put(body, told["version_field"], int(version) if version.isdigit() else version)
        elif version is not None and (now := self.maker.record(self.row_of(key)).version) != version:
            raise Stale(f"{key} was changed: {now}")
        where = self.caller.address(self._path("update"), key)
        _, answer = self.caller.opened(told.get("method", "PUT"), where, json=paths.wrapped(body, told.get("wrap", "")), headers=headers)
        if told.get("read_back"):
            return self._read_back(key)
        return written(lambda: self.maker.record(self._answered(answer, told)))

    def delete(self, key: str) -> None:
        """Delete it; raises Gone when it is gone already."""
        told = self._told("delete")
        self.caller.opened(told.get("method", "DELETE"), self.caller.address(self._path("delete"), key))

    def _read_back(self, key: str) -> Record:
        """The record as it is after a write. That it cannot be read now says nothing against the write, and must not have it done again."""
        try:
            return written(lambda: self.maker.record(self.row_of(key)))
        except ConnectorError as problem:
            raise UnknownOutcome(f"written, but not read back: {problem.message}") from problem

    def _answered(self, answer: Any, told: Mapping[str, Any]) -> Any:
        return paths.needed(answer, told.get("record", self.spec.told.get("record", "")), dict)

    def _told(self, part: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] | None = self.spec.told.get(part)
        if told is None:
            raise Refused(f"{self.spec.stream.name}: the manifest tells no {part}")
        return told

    def _path(self, part: str) -> str:
        return self.spec.path(part, more="/{key}") if part == "one" else str(self.spec.told.get(part, {}).get("path") or self._path("one"))
