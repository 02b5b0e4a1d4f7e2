"""The three-way planner: worked cases, and a model of two peers and a hub with crashes between any two steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from jingwei.kernels import merge
from jingwei.kernels.merge import Side, plan_merge

fields = {"x": "ask", "y": "a", "z": "b", "n": "newest"}


def plan(a: Any, b: Any, base: Any, policy: str = "ask", **options: Any) -> merge.MergePlan:
    """A plan over one field."""
    sides = [Side({"f": v}) if v not in ("absent", "deleted") else Side(None, v) for v in (a, b)]
    return plan_merge(a=sides[0], b=sides[1], base=None if base is None else {"f": base}, policies={"f": policy}, **options)


def test_one_side_changed_is_taken() -> None:
    assert plan("new", "old", "old").to_b == {"f": "new"}
    assert plan("old", "new", "old").to_a == {"f": "new"}


def test_both_changed_alike_agree_and_apart_clash() -> None:
    assert plan("new", "new", "old").agreed == {"f": "new"}
    clash = plan("mine", "theirs", "old").clashes[0]
    assert (clash.a, clash.b, clash.base) == ("mine", "theirs", "old")


@pytest.mark.parametrize(("policy", "to_a", "to_b"), [("a", {}, {"f": "mine"}), ("b", {"f": "theirs"}, {})])
def test_a_policy_decides(policy: str, to_a: dict[str, str], to_b: dict[str, str]) -> None:
    found = plan("mine", "theirs", "old", policy)
    assert (found.to_a, found.to_b, found.clashes) == (to_a, to_b, ())


def test_newest_without_times_asks() -> None:
    assert plan("mine", "theirs", "old", "newest").clashes


def test_union_keeps_what_was_added_and_drops_what_was_removed() -> None:
    found = plan(["k", "a"], ["k", "b", "gone"], ["k", "gone"], "union")
    assert found.to_a == {"f": ["k", "a", "b"]} == found.to_b


def test_deletes_never_take_an_edit_with_them() -> None:
    assert plan("old", "deleted", "old", on_delete="propagate").delete_a
    assert plan("edited", "deleted", "old", on_delete="propagate").clashes
    assert plan("old", "deleted", "old", on_delete="ask").clashes
    assert plan("deleted", "deleted", "old").unlink


def test_before_any_agreement_an_empty_value_yields() -> None:
    assert plan(None, "text", None).to_a == {"f": "text"}
    assert plan("text", None, None).to_b == {"f": "text"}
    assert plan("cleared before", None, "cleared before").to_a == {"f": None}, "clearing is a change like any other"


def test_a_one_way_field_belongs_to_its_source() -> None:
    assert plan("a", "b", "b", directions={"f": "a_to_b"}).to_b == {"f": "a"}
    assert plan("a", "b", "a", directions={"f": "b_to_a"}).to_a == {"f": "b"}


@pytest.mark.parametrize(
    ("kind", "equal"),
    [
        ("decimal", (1, 1.0, "1.00", "1")),
        ("text", ("a\r\nb", "a\nb")),
        ("string", (None, "")),
        ("integer", (3, "3", "3.0")),
        ("datetime", ("2026-11-21T09:00:00+08:00", "2026-11-21T01:00:00+00:00")),
    ],
)
def test_equal_values_have_one_form(kind: str, equal: tuple[Any, ...]) -> None:
    assert len({repr(merge.normalise(v, kind)) for v in equal}) == 1


def test_what_is_no_number_stays_as_it_is() -> None:
    assert merge.normalise("normal", "integer") == "normal"


class TwoPeers(RuleBasedStateMachine):
    """People edit both peers; the hub sees, plans and writes, and may die between any two of its steps."""

    planner = staticmethod(plan_merge)

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0
        self.peers: dict[str, dict[str, Any]] = {"a": dict.fromkeys(fields, 0), "b": dict.fromkeys(fields, 0)}
        self.seen: dict[str, dict[str, Any]] = {"a": dict(self.peers["a"]), "b": dict(self.peers["b"])}
        self.base: dict[str, Any] = dict.fromkeys(fields, 0)
        self.outbox: list[tuple[str, dict[str, Any]]] = []
        self.edits: dict[str, set[Any]] = {name: {0} for name in fields}

    @rule(side=st.sampled_from("ab"), name=st.sampled_from(sorted(fields)), value=st.integers(1, 5))
    def somebody_edits(self, side: str, name: str, value: int) -> None:
        self.peers[side][name] = value
        self.edits[name].add(value)

    @rule(side=st.sampled_from("ab"))
    def hub_reads(self, side: str) -> None:
        self.seen[side] = dict(self.peers[side])

    @rule()
    def hub_plans(self) -> None:
        found = self.planner(a=Side(self.seen["a"]), b=Side(self.seen["b"]), base=self.base, policies=fields)
        self.base |= found.agreed
        self.outbox = [(side, values) for side, values in (("a", found.to_a), ("b", found.to_b)) if values]

    @rule(answer_lost=st.booleans())
    def hub_writes(self, answer_lost: bool) -> None:
        if not self.outbox:
            return
        side, values = self.outbox.pop(0)
        if self.peers[side] != self.seen[side]:
            return  # the peer's version moved: read and plan again
        self.peers[side] |= values
        if not answer_lost:
            self.base = merge.acknowledge(self.base, values)
            self.seen[side] = dict(self.peers[side])

    @rule()
    def hub_dies(self) -> None:
        self.outbox = []

    @invariant()
    def no_value_comes_from_nowhere(self) -> None:
        for peer in self.peers.values():
            assert all(peer[name] in self.edits[name] for name in fields)

    def teardown(self) -> None:
        """Left in peace, both peers and the base agree, or the field asked for waits with both values."""
        for _ in range(6):
            for side in "ab":
                self.hub_reads(side)
            self.hub_plans()
            while self.outbox:
                self.hub_writes(answer_lost=False)
        found = self.planner(a=Side(self.peers["a"]), b=Side(self.peers["b"]), base=self.base, policies=fields)
        waiting = {clash.field for clash in found.clashes}
        assert waiting <= {"x", "n"}
        for name in fields:
            if name not in waiting:
                assert self.peers["a"][name] == self.peers["b"][name] == self.base[name], name


TestTwoPeers = TwoPeers.TestCase
TestTwoPeers.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_the_model_catches_a_planner_that_lets_the_last_writer_win() -> None:
    """A planner that forgets the base must not pass."""

    def careless(*, a: Side, b: Side, base: Any, policies: Any) -> merge.MergePlan:
        assert a.values is not None and b.values is not None
        return merge.MergePlan(to_b={n: v for n, v in a.values.items() if b.values[n] != v})

    found = careless(a=Side({"x": 0}), b=Side({"x": 7}), base={"x": 0}, policies={"x": "ask"})
    assert found.to_b == {"x": 0}, "it would overwrite an edit"
    assert plan_merge(a=Side({"x": 0}), b=Side({"x": 7}), base={"x": 0}, policies={"x": "ask"}).to_a == {"x": 7}
