"""A bad night: processes are killed, the database crashes in every way, the disk runs full, while webhooks and pages keep coming.

Run: python -m tests.chaos.night [--kills 200] [--crashes 50] [--disks 10] [--seed N] [--seconds LIMIT] [--folder KEEP]
Judged: what was acknowledged is stored, nothing is doubled, nothing is left waiting, the database is back within ten seconds (p95).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.house import House, small_disk
from tests.chaos.load import Load

disk_megabytes = 700
goal_seconds = 10.0
patience_seconds = 120.0


@dataclass
class Night:
    """One night, told as it goes."""

    house: House
    load: Load
    dice: random.Random
    outages: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def play(self, deeds: list[str], until: float) -> int:
        """Do what can be done in the time; gives how many deeds were done."""
        done = 0
        for deed in deeds:
            if time.monotonic() > until:
                break
            while not (is_done := self._do(deed)) and time.monotonic() < until:
                time.sleep(0.2)  # whom it is meant for is not there just now
            done += is_done
            time.sleep(self.dice.uniform(0.2, 1.5))
        return done

    def _do(self, deed: str) -> bool:
        kind, _, what = deed.partition(" ")
        if kind == "disk":
            return self._fill()
        act: Callable[[], bool] = (lambda: self.house.crash_database(what)) if kind == "database" else (lambda: self.house.hurt(what))
        began = time.monotonic()
        if not act():
            return False
        self._until_well(kind if kind == "database" else what, began)
        return True

    def _until_well(self, kind: str, began: float) -> None:
        """Outage: from the deed until a webhook is stored and a page seen that both began after it could have been noticed."""
        time.sleep(0.3)
        since = time.monotonic()
        while min(self.load.stored_at, self.load.seen_at) < since:
            if time.monotonic() - began > patience_seconds:
                self.failures.append(f"not well {patience_seconds:.0f} s after {kind}")
                break
            time.sleep(0.02)
        self.outages.setdefault(kind, []).append(time.monotonic() - began)
        print(f"  {time.strftime('%H:%M:%S')} {kind}: back after {self.outages[kind][-1]:.1f} s", file=sys.stderr, flush=True)

    def _fill(self) -> bool:
        assert self.house.supervisor is not None
        with self.house.full_disk(left=self.dice.choice((0, 0, 100_000, 20_000_000))):
            before = dict(self.load.statuses)
            for _ in range(self.dice.randint(3, 8)):
                time.sleep(0.7)
                if self.dice.random() < 0.4:
                    self.house.refill()
            if self.load.statuses.get("hook 503", 0) == before.get("hook 503", 0):
                self.failures.append("a full disk was not told to who sends webhooks")
        began = time.monotonic()
        if self.house.supervisor.poll() is not None:
            self.failures.append("the supervisor ended when the disk was full")
        self._until_well("disk", began)
        return True


def judge(night: Night) -> list[str]:
    """What is wrong now that all is quiet."""
    house, load = night.house, night.load
    wrong = list(night.failures)
    end = time.monotonic() + 90
    while (left := house.waiting()) and time.monotonic() < end:
        time.sleep(0.5)
    if left:
        wrong.append(f"{left} deliveries are left waiting")
    stored = house.event_ids()
    if lost := load.acknowledged - set(stored):
        wrong.append(f"{len(lost)} acknowledged webhooks are lost: {sorted(lost)[:5]}")
    if len(stored) != len(set(stored)):
        wrong.append(f"{len(stored) - len(set(stored))} webhooks are doubled")
    if load.without_retry_after:
        wrong.append(f"{load.without_retry_after} answers 503 without Retry-After")
    database = sorted(night.outages.get("database", []))
    if database and percentile(database, 0.95) > goal_seconds:
        wrong.append(f"the database's outage p95 is {percentile(database, 0.95):.1f} s")
    print(
        f"acknowledged {len(load.acknowledged):,}, stored {len(stored):,}, lost {len(load.acknowledged - set(stored))}, doubled {len(stored) - len(set(stored))}"
    )
    return wrong


def percentile(values: list[float], part: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * part))]


def deeds_of(dice: random.Random, kills: int, crashes: int, disks: int) -> list[str]:
    """What will happen, in an order of the dice; the rarer things are spread over all of the night."""
    made = [f"kill {dice.choice(('web', 'web', 'worker', 'scheduler'))}" for _ in range(kills)]
    made += [f"database {dice.choice(('first', 'first', 'all', 'one', 'quit'))}" for _ in range(crashes)]
    made += ["disk full"] * disks
    dice.shuffle(made)
    return made


def main(arguments: list[str] | None = None) -> int:
    """One night; the exit code is 1 when a promise was broken."""
    parser = argparse.ArgumentParser()
    for name, number in (("kills", 200), ("crashes", 50), ("disks", 10)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=7200.0)
    parser.add_argument("--cache", type=Path, default=None, help="where a prepared database is kept between nights")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    with small_disk(disk_megabytes) as disk, tempfile.TemporaryDirectory(prefix="jw-night-home-") as plain:
        house = House((disk or Path(plain)) / "home", disk)
        house.home.mkdir()
        print(f"seed {seed}; the disk is {f'a tmpfs of {disk_megabytes} MB' if disk else 'shared, so it is not filled (mounting takes root)'}", flush=True)
        house.build(options.cache)
        try:
            house.start()
            load = Load(house)
            night = Night(house, load, dice)
            load.start()
            night._until_well("start", time.monotonic())
            assert not night.failures, f"not well at the start: {load.statuses}"
            began = time.monotonic()
            deeds = deeds_of(dice, options.kills, options.crashes, options.disks if disk else 0)
            done = night.play(deeds, began + options.seconds)
            load.stop()
            print(f"{done} of {len(deeds)} deeds in {time.monotonic() - began:.0f} s")
            wrong = judge(night)
            report(night)
            if wrong:
                print(house.told()[-4000:])
        finally:
            house.stop()
    for each in wrong:
        print(f"✗ {each}")
    print("nothing was lost, nothing doubled, all came back" if not wrong else f"repeat with --seed {seed}", flush=True)
    return 1 if wrong else 0


def report(night: Night) -> None:
    """The figures."""
    for kind, values in sorted(night.outages.items()):
        values.sort()
        print(f"{kind}: {len(values)} times, back after p50 {percentile(values, 0.5):.1f} s, p95 {percentile(values, 0.95):.1f} s, most {values[-1]:.1f} s")
    print("answers: " + ", ".join(f"{key} {count:,}" for key, count in sorted(night.load.statuses.items())), flush=True)


if __name__ == "__main__":
    sys.exit(main())
