"""Law: what a shipped mapping names exists: streams, fields, operations, code tables, on both sides."""

from __future__ import annotations

from importlib import import_module

import pytest

from jingwei.assembly.demo import systems
from jingwei.frame.records.resource import resource
from jingwei.hub.contract import Field
from jingwei.hub.peers.local import stream_of
from jingwei.kernels.mapping import compile_mapping


def fields_of(connector: str, stream: str) -> tuple[Field, ...]:
    """The declared fields of a stream; no peer is asked."""
    if connector == "local":
        return stream_of(resource(stream)).fields
    declared = import_module(f"jingwei.connectors.sandbox.{connector.removeprefix('sandbox_')}").fields
    return declared[stream] if isinstance(declared, dict) else declared  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("make", "a", "b"),
    [
        (systems._issues, ("sandbox_tracker", "issues"), ("local", "work.task")),
        (systems._vouchers, ("sandbox_erp", "cost_vouchers"), ("local", "cost.line")),
        (systems._work_orders, ("sandbox_mes", "work_orders"), ("local", "work.task")),
        (systems._downtime, ("sandbox_mes", "downtime_events"), ("sandbox_tracker", "issues")),
    ],
)
def test_every_target_exists(make: object, a: tuple[str, str], b: tuple[str, str]) -> None:
    spec, tables = make("MES-ROLL")  # type: ignore[operator]
    fields_a, fields_b = fields_of(*a), fields_of(*b)
    compile_mapping(spec, fields_a, fields_b, tables)  # raises naming every problem
    names = {"a": {f.name for f in fields_a}, "b": {f.name for f in fields_b}}
    for side, rules in spec.get("filters", {}).items():
        assert set(rules) <= names[side], f"filter on unknown fields of side {side}"
