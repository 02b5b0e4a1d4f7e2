"""An interface version in the planner's terms: how records become canonical values and back, and what each side can be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jingwei.hub.contract import Record
from jingwei.hub.inbox.deliveries import unstorable
from jingwei.hub.models import Interface, Link
from jingwei.hub.register.versions import Ready, ready
from jingwei.kernels import merge

Problem = dict[str, Any]


@dataclass(slots=True)
class Wording:
    """Both ways between a side's records and canonical values (side B's names, one form for equal values). Never raises."""

    interface: Interface
    ready: Ready
    lookups: LinkLookups

    def canonical(self, side: str, record: Record) -> tuple[dict[str, Any], list[Problem]]:
        """Canonical values, and why the record may not pass."""
        if record.problem:
            return {}, [problem("", "hub.unreadable", f"读不懂这条记录：{record.problem}", f"the record cannot be read: {record.problem}")]
        if (reason := unstorable(record)) != "":
            return {}, [problem("", "hub.unstorable", f"无法保存：{reason}", f"cannot be kept: {reason}")]
        types = self.ready.types
        try:
            if side == "b":
                return {k: merge.normalise(v, types[k]) for k, v in record.values.items() if k in types}, []
            mapped = self.ready.mapping.forward(record.values, self.lookups)
            values = {k: merge.normalise(v, types[k]) for k, v in mapped.values.items() if k in types}
        except Exception as fault:  # a mapping step that fails in a way nobody foresaw parks its record and no other
            return {}, [problem("", "mapping.failed", f"映射出错：{fault}", f"the mapping failed: {type(fault).__name__}: {fault}")]
        wrong = [p for p in mapped.problems if p.severity != "warn"]
        return values, [problem(p.field, p.code, p.message.zh, p.message.en, p.value, p.severity) for p in wrong]

    def to_side(self, side: str, values: Mapping[str, Any], *, create: bool = False) -> dict[str, Any]:
        """Canonical values in the words of the side that is written."""
        if side == "b":
            return {**self.ready.mapping.constants("b"), **values} if create else dict(values)
        back = self.ready.mapping.backward(values, self.lookups).values
        return {**self.ready.mapping.constants("a"), **back} if create else back

    def unsaid(self, side: str, values: Mapping[str, Any]) -> Mapping[str, tuple[str, str]]:
        """By field, why a value has no words on that side. What the mapping would drop in silence is named here."""
        if side == "b":
            return {}
        mapping, out = self.ready.mapping, dict[str, tuple[str, str]]()
        try:
            said = mapping.backward(values, self.lookups)
        except Exception as fault:
            return dict.fromkeys(values, (f"映射出错：{fault}", f"the mapping failed: {type(fault).__name__}: {fault}"))
        reasons = {p.field: (p.message.zh, p.message.en) for p in said.problems}
        names = {pair.b: pair for pair in mapping.pairs}
        for name in values:
            pair = names.get(name)
            if pair is None or pair.direction == "a_to_b":
                out[name] = ("该字段只从 A 到 B", "this field travels from A to B only")
            elif pair.a[0] in reasons:
                out[name] = reasons[pair.a[0]]
            elif pair.a[0] not in said.values:
                out[name] = ("映射没有给出值", "the mapping gives no value")
        return out

    def is_meant(self, side: str, record: Record) -> bool:
        """Whether the version's filter lets a record of this side in: each named field has one of the listed values."""
        return all(str(record.values.get(name)) in wanted for name, wanted in self.ready.filters.get(side, {}).items())

    def field_of(self, side: str, name: str) -> str | None:
        """The canonical field behind a side's own field name; None when it is not mapped."""
        if side == "b":
            return name if name in self.ready.fields else None
        return next((pair.b for pair in self.ready.mapping.pairs if name in pair.a), None)


def problem(field_: str, code: str, zh: str, en: str, value: Any = None, severity: str = "quarantine") -> Problem:
    """Why something may not pass, as it is kept."""
    shown = value if isinstance(value, str | int | float | bool | list | type(None)) else str(value)
    return {"field": field_, "code": code, "zh": zh, "en": en, "value": shown, "severity": severity}


def wording_of(interface: Interface) -> Wording:
    """The words of the published version."""
    assert interface.published is not None
    return Wording(interface, ready(interface.published), LinkLookups())


def terms_of(interface: Interface, wording: Wording) -> merge.Terms:
    """The planner's terms of the published version."""
    own = frozenset(side for side in ("a", "b") if interface.system(side).connector == "local")
    return merge.Terms(
        policies=wording.ready.policies, directions=wording.ready.directions, on_delete=interface.on_delete, on_leave=interface.on_leave,
        is_paired=interface.paired_at is not None, express=wording.unsaid, cannot=wording.ready.cannot, own=own,
    )  # fmt: skip


@dataclass(slots=True)
class LinkLookups(Mapping[str, Mapping[str, str]]):
    """The links of other interfaces, for the mapping step that translates an id by them: `interface:a` gives B's key for A's."""

    _known: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Mapping[str, str]:
        if name not in self._known:
            key, _, way = name.rpartition(":")
            here, there = ("key_a", "key_b") if way == "a" else ("key_b", "key_a")
            links = Link.objects.filter(interface__key=key).exclude(key_a=None).exclude(key_b=None)
            self._known[name] = dict(links.values_list(here, there))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return 1
