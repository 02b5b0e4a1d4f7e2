"""Interface versions made ready to work: mapping compiled once, policies, streams."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jingwei.hub.contract import Stream
from jingwei.hub.models import InterfaceVersion
from jingwei.hub.peers.known import field_as_plain, field_from_plain
from jingwei.kernels import mapping
from jingwei.kernels.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Ready:
    """One version, compiled. `fields` are the canonical fields (side B's names) that take part."""

    number: int
    mapping: Mapping
    policies: dict[str, str]
    directions: dict[str, str]
    types: dict[str, str]
    keys: tuple[str, ...]
    filters: dict[str, dict[str, tuple[str, ...]]]
    cannot: frozenset[tuple[str, str]] = frozenset()

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.policies)


def stream_fields(stream: Stream) -> list[dict[str, Any]]:
    """All fields of a stream, plain."""
    return [field_as_plain(field) for field in stream.fields]


def fingerprint(spec: dict[str, Any]) -> str:
    """Two equal specs have one fingerprint."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def compile_spec(spec: dict[str, Any], *, is_published: bool = False) -> Mapping:
    """Compile a spec; raises mapping.MappingError naming every pair that is wrong and how to mend it."""
    fields = {side: [field_from_plain(plain) for plain in spec["streams"][side]] for side in ("a", "b")}
    return mapping.compile_mapping(spec["mapping"], fields["a"], fields["b"], spec.get("code_tables", {}), is_published=is_published)


@lru_cache(maxsize=256)
def _ready(version_id: int) -> Ready:
    version = InterfaceVersion.unscoped.get(pk=version_id)
    spec = version.spec
    pairs = spec["mapping"]["pairs"]
    kinds = {f["name"]: f["type"] for f in spec["streams"]["b"]}
    mapped = {p["b"]: p for p in pairs}
    return Ready(
        number=version.number,
        mapping=compile_spec(spec, is_published=True),
        policies={name: p.get("policy", "ask") for name, p in mapped.items()},
        directions={name: p.get("direction", "both") for name, p in mapped.items()},
        types={name: kinds.get(name, "string") for name in mapped},
        keys=tuple(k["b"] if isinstance(k, dict) else k for k in spec["mapping"].get("key", ())),
        filters={
            side: {name: tuple(str(v) for v in (wanted if isinstance(wanted, list) else [wanted])) for name, wanted in rules.items()}
            for side, rules in spec["mapping"].get("filters", {}).items()
        },
        cannot=frozenset((side, action) for side, actions in spec.get("cannot", {}).items() for action in actions),
    )


def ready(version: InterfaceVersion) -> Ready:
    """The compiled version; versions never change, so it is cached for good."""
    return _ready(version.pk)
