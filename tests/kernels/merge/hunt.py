"""The hunt for planners with a fault: `python -m tests.kernels.merge.hunt [--seed N] [--steps 200000] [--keep]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from tests.kernels.merge.mutants import Patches, mutants
from tests.kernels.merge.walker import keep, kept_stories, story, stroll


@contextmanager
def applied(patches: Patches) -> Iterator[None]:
    """With these faults in the planner."""
    running = [mock.patch.object(where, name, new) for (where, name), new in patches.items()]
    for each in running:
        each.start()
    try:
        yield
    finally:
        for each in running:
            each.stop()


def hunt(mutant: Callable[[], Patches], first: int, steps: int) -> tuple[int, str, int]:
    """The seed that caught it (or -1), why, and after how many steps."""
    with applied(mutant()):
        tally = stroll(first, steps)
    return (*tally.failures[0], tally.steps) if tally.failures else (-1, "", tally.steps)


def main(words: list[str] | None = None) -> int:
    """The command line: all mutants from one seed on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--keep", action="store_true", help="keep the story that caught a mutant, where none is kept yet")
    asked = parser.parse_args(words)
    caught, known = 0, {name for name, _, _ in kept_stories()}
    for mutant in mutants:
        seed, why, steps = hunt(mutant, asked.seed, asked.steps)
        caught += seed >= 0
        if asked.keep and seed >= 0 and mutant.__name__ not in known:
            with applied(mutant()):
                shape, short, _ = story(seed)
            keep(mutant.__name__, shape, short)
        print(f"{'caught' if seed >= 0 else 'NOT CAUGHT':10} {mutant.__name__:38} seed {seed:<8} after {steps:>7,} steps  {why[:90]}", flush=True)
    print(f"mutants caught {caught}/{len(mutants)}")
    return 0 if caught == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
