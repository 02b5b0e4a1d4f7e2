"""Random walks through the model, fast: `python -m tests.kernels.merge.walker --steps 1000000 [--seed N] [--processes 2]`."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.kernels.merge.world import Action, World, weights

kept = Path(__file__).with_name("seeds.txt")
_names, _weights = list(weights), list(weights.values())
walk_length = 90


@dataclass(slots=True)
class Tally:
    """What many walks came to."""

    walks: int = 0
    steps: int = 0
    kills: int = 0
    writes: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0


def walk(seed: int) -> tuple[int, list[Action]]:
    """The world's shape and the actions of a seed."""
    rng = random.Random(seed)
    shape = rng.getrandbits(32)
    length = rng.randint(10, 2 * walk_length)
    return shape, [(name, rng.getrandbits(16), rng.getrandbits(16), rng.getrandbits(16)) for name in rng.choices(_names, _weights, k=length)]


def run(shape: int, actions: list[Action]) -> tuple[str, World]:
    """Carry a walk out and leave it quiet; what was broken, or nothing."""
    world = World(shape)
    try:
        world.begin()
        for action in actions:
            world.do(action)
        world.settle()
    except Exception as broken:
        return f"{type(broken).__name__}: {broken}", world
    return "", world


def stroll(first: int, steps: int, *, stop_at: int = 1) -> Tally:
    """Walks from seed `first` on until so many steps are done, or so many failed."""
    tally, seed, begun = Tally(), first, time.perf_counter()
    while tally.steps < steps and len(tally.failures) < stop_at:
        broken, world = run(*walk(seed))
        tally.walks, tally.steps, tally.kills, tally.writes = tally.walks + 1, tally.steps + world.steps, tally.kills + world.kills, tally.writes + world.writes
        if broken:
            tally.failures.append((seed, broken))
        seed += 1
    tally.seconds = time.perf_counter() - begun
    return tally


def shrunk(shape: int, actions: list[Action], fails: Callable[[int, list[Action]], bool]) -> list[Action]:
    """A short list of actions that still fails: ever smaller pieces are left out (delta debugging)."""
    size = max(1, len(actions) // 2)
    while True:
        at, is_shorter = 0, False
        while at < len(actions):
            fewer = actions[:at] + actions[at + size :]
            if fails(shape, fewer):
                actions, is_shorter = fewer, True
            else:
                at += size
        if size == 1 and not is_shorter:
            return actions
        size = max(1, size // 2)


def story(seed: int) -> tuple[int, list[Action], str]:
    """What a failing seed comes down to: the shape, few actions, and what they break."""
    shape, actions = walk(seed)
    word = run(shape, actions)[0].split(" ")[:2]
    short = shrunk(shape, actions, lambda s, each: run(s, each)[0].split(" ")[:2] == word)
    return shape, short, run(shape, short)[0]


def explain(seed: int) -> str:
    """The story of a failing seed, to read."""
    shape, short, why = story(seed)
    return "\n".join([f"seed {seed}: {why}", f"  shape = {shape}", *(f"  {action}" for action in short)])


def kept_stories() -> list[tuple[str, int, list[Action]]]:
    """Stories that broke a promise once, by name. Kept as actions: a seed means something else when the weights change."""
    lines = [line.split("|", 2) for line in kept.read_text().splitlines() if line and not line.startswith("#")]
    return [(name.strip(), int(shape), [tuple(action) for action in json.loads(actions)]) for name, shape, actions in lines]


def keep(name: str, shape: int, actions: list[Action]) -> None:
    """Add a story to those that are tests from now on."""
    with kept.open("a") as file:
        file.write(f"{name} | {shape} | {json.dumps(actions)}\n")


def main(words: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--failures", type=int, default=1, help="stop after so many")
    asked = parser.parse_args(words)
    begun = time.perf_counter()
    each = asked.steps // asked.processes
    starts = [asked.seed + 10**7 * i for i in range(asked.processes)]
    if asked.processes == 1:
        tallies = [stroll(asked.seed, each, stop_at=asked.failures)]
    else:
        with ProcessPoolExecutor(asked.processes) as pool:
            tallies = [job.result() for job in [pool.submit(stroll, start, each, stop_at=asked.failures) for start in starts]]
    failures = [failure for tally in tallies for failure in tally.failures]
    for seed, why in failures:
        print(explain(seed))
        shape, short, _ = story(seed)
        keep(f"seed {seed}: {why[:60].replace('|', '/')}", shape, short)
    steps, walks, kills, writes = (sum(getattr(t, name) for t in tallies) for name in ("steps", "walks", "kills", "writes"))
    figures = f"steps {steps:,}, seeds {walks:,} from {asked.seed}, kills {kills:,}, writes {writes:,}, violations {len(failures)}"
    print(f"{figures}, seconds {time.perf_counter() - begun:.1f}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
