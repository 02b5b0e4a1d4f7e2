"""A manifest as the interpreter uses it: the checked tables in forms of their own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jingwei.hub.contract import Field, Stream, Title
from jingwei.hub.kit.rest.calls import Answers
from jingwei.hub.kit.rest.moments import Format
from jingwei.hub.kit.rest.pagers import Pager
from jingwei.hub.kit.rest.values import Place

Told = Mapping[str, Any]


@dataclass(frozen=True)
class StreamSpec:
    """One stream: what the contract is told of it, where each field is kept, and its tables of calls as written."""

    stream: Stream
    places: tuple[Place, ...]
    told: Told
    pager: Pager
    since: Format  # how the time to read from is written
    step: timedelta  # to which it is cut
    safe_lag: timedelta

    @property
    def by_name(self) -> dict[str, Place]:
        """Places by the names of their fields."""
        return {each.field.name: each for each in self.places}

    def path(self, part: str, default: str = "path", more: str = "") -> str:
        """The address of a call: its own, or the stream's with something behind."""
        return str(self.told.get(part, {}).get("path") or self.told[default] + more)

    def may_send(self, part: str) -> list[str]:
        """The fields that a create or an update may name."""
        return list(self.told.get(part, {}).get("fields") or [each.field.name for each in self.places if not each.field.read_only])


@dataclass(frozen=True)
class Spec:
    """A whole manifest."""

    streams: Mapping[str, StreamSpec]
    answers: Answers
    check: Told
    choices: Mapping[str, Told]


def spec_of(manifest: Told) -> Spec:
    """The forms of a manifest that has no faults."""
    return Spec(
        streams={name: _stream(name, told) for name, told in streams_told(manifest).items()},
        answers=Answers(**_given(manifest.get("answers", {}), ok_values=tuple)),
        check=manifest["check"],
        choices=manifest.get("choices", {}),
    )


def streams_told(manifest: Told) -> dict[str, Told]:
    """Each stream's table over that of `defaults`: tables are laid over one another, all else is replaced."""
    return {name: merged(manifest.get("defaults", {}), told) for name, told in manifest["streams"].items()}


def merged(under: Any, over: Any) -> Any:
    """One table over another. A pager, or a way of reading, of another kind stands alone; and so do choices."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    out = {name: value for name, value in over.items() if name not in under}
    both = {name: over[name] if _is_other(name, under[name], over[name]) else merged(under[name], over[name]) for name in under if name in over}
    return {**{name: both.get(name, value) for name, value in under.items()}, **out}


def _is_other(name: str, under: Any, over: Any) -> bool:
    mark = {"pager": "kind", "read": "by"}.get(name)
    return name == "choices" or (
        mark is not None and isinstance(over, Mapping) and isinstance(under, Mapping) and over.get(mark, under.get(mark)) != under.get(mark)
    )


def _stream(name: str, told: Told) -> StreamSpec:
    read = told["read"]
    modified = told["fields"].get(told.get("modified", ""), {})
    resolution = timedelta(seconds=told.get("resolution", 1))
    places = tuple(_place(each, field) for each, field in told["fields"].items())
    since = Format(read.get("format", modified.get("format", "iso")), read.get("zone", modified.get("zone", "")))
    return StreamSpec(
        stream=_described(name, told, places, resolution),
        places=places,
        told=told,
        pager=Pager(**_given(told.get("pager", {}))),
        since=since,
        step=max(resolution, timedelta(seconds=read.get("granularity", 0)), since.holds),
        safe_lag=timedelta(seconds=read.get("safe_lag", 5)),
    )


def _described(name: str, told: Told, places: tuple[Place, ...], resolution: timedelta) -> Stream:
    return Stream(
        name=name,
        title=Title(**told["title"]),
        fields=tuple(each.field for each in places),
        key=told["key"],
        label=told.get("label", ""),
        modified=told.get("modified"),
        external_key_field=told.get("external_key_field"),
        can_create="create" in told,
        can_update="update" in told,
        can_delete="delete" in told,
        idempotent_create=told.get("idempotent_create", False),
        tells_deletes="deletes" in told,
        page_limit=told.get("page_limit", 100),
        modified_resolution=resolution,
    )


def _place(name: str, told: Told) -> Place:
    field = Field(
        name,
        told["type"],
        Title(told["zh"], told["en"]),
        required=told.get("required", False),
        read_only=told.get("read_only", False),
        max_length=told.get("max_length"),
        choices=tuple(told.get("choices", {}).items()),
    )
    path = told.get("path", name)
    form = Format(told.get("format", "iso"), told.get("zone", ""))
    return Place(field, path, told.get("write_path", path), form, told.get("number", False), told.get("choices_from", ""))


def _given(told: Told, **forms: Any) -> dict[str, Any]:
    return {name: forms[name](value) if name in forms else value for name, value in told.items()}
