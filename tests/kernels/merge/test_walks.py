"""The planner in a world of peers, persons, failures and crashes: random walks, kept seeds, hypothesis, and faults that must be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.kernels.merge.hunt import applied
from tests.kernels.merge.mutants import mutants
from tests.kernels.merge.walker import explain, kept_stories, run, shrunk, stroll, walk
from tests.kernels.merge.world import World, weights

numbers = st.integers(0, 2**16 - 1)
process = ("fetch", "store", "take", "send", "die", "race", "resolve", "reconcile", "replan", "cycle", "crash")
world_acts = tuple(name for name in weights if name not in process)


@pytest.mark.parametrize("first", [1_000_000, 2_000_000, 3_000_000, 4_000_000])
def test_random_walks_break_no_promise(first: int) -> None:
    tally = stroll(first, 15_000)
    assert not tally.failures, explain(tally.failures[0][0])
    assert tally.kills > 50
    assert tally.writes > 300


stories = {name: (shape, actions) for name, shape, actions in kept_stories()}


@pytest.mark.parametrize("name", stories)
def test_a_story_that_broke_a_promise_once_breaks_none_now(name: str) -> None:
    assert not run(*stories[name])[0]


@pytest.mark.parametrize("mutant", mutants, ids=[mutant.__name__ for mutant in mutants])
def test_a_planner_with_a_fault_is_caught(mutant: Callable[..., Any]) -> None:
    with applied(mutant()):
        assert run(*stories[mutant.__name__])[0], f"{mutant.__doc__} went unnoticed"


def test_a_failing_walk_is_told_shortly() -> None:
    with applied(mutants[0]()):
        shape, actions = walk(1)
        short = shrunk(shape, actions, lambda s, each: bool(run(s, each)[0]))
        assert run(shape, short)[0]
    assert len(short) <= 8 < len(actions)


class Life(RuleBasedStateMachine):
    """The same world driven by hypothesis: persons and networks on one side, the process on the other, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(shape=st.integers(0, 2**32 - 1))
    def begin(self, shape: int) -> None:
        self.world = World(shape)
        self.world.begin()

    @precondition(lambda self: self.world)
    @rule(name=st.sampled_from(world_acts), x=numbers, y=numbers, z=numbers)
    def something_happens(self, name: str, x: int, y: int, z: int) -> None:
        assert self.world is not None
        self.world.do((name, x, y, z))

    @precondition(lambda self: self.world)
    @rule(name=st.sampled_from(process), x=numbers, y=numbers, z=numbers)
    def the_hub_takes_a_step(self, name: str, x: int, y: int, z: int) -> None:
        assert self.world is not None
        self.world.do((name, x, y, z))

    def teardown(self) -> None:
        """Left quiet, every promise holds."""
        if self.world is not None:
            self.world.settle()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
