"""A seeded walk through a real Redmine: `python -m tests.hub.chaos.walk --minutes 10 --seed N`.

One action after the other (what persons, the peer, its clock and its key do, and kills between), in rounds; after each round all must be
quiet and the oracle content. Everything of a round is drawn from the seed and the round's number.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hub.chaos.oracle import fields
from tests.hub.chaos.persons import Deed, patiently
from tests.hub.chaos.stage import Joint, Stage, staged

# how often each is drawn; the names are those of the model's walk (tests/kernels/merge/world.py) where it has the action
weights = {
    "edit_theirs": 22, "edit_ours": 22, "edit_both": 8, "make_theirs": 4, "make_ours": 4, "kill_theirs": 2, "kill_ours": 2, "move": 2, "tie": 1,
    "jump": 1, "lock": 1, "republish": 2, "pause": 1, "answer": 8, "again": 2, "crash": 9, "database": 1, "look": 2, "wait": 6,
}  # fmt: skip


class Walker:
    """One walk."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.joint = stage, stage.joints[0]
        self.done: Counter[str] = Counter()
        self.kills = 0
        self.away: list[str] = []
        self.dice = random.Random(stage.seed)

    def round(self, number: int, seconds: float) -> None:
        """Single actions for so long."""
        self.dice = random.Random(f"{self.stage.seed}-{number}")
        for side in (self.joint.theirs, self.joint.ours):
            side.dice = random.Random(f"{self.stage.seed}-{number}-{side.side}")
            side.keys = side.keys_now()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            (name,) = self.dice.choices(list(weights), list(weights.values()))
            action: Callable[[Joint], Any] = getattr(self, name)
            action(self.joint)
            self.done[name] += 1
        while self.away:
            self._moved(self.away.pop(), away=False)

    def edit_theirs(self, joint: Joint) -> None:
        joint.theirs.edit()

    def edit_ours(self, joint: Joint) -> None:
        joint.ours.edit()

    def edit_both(self, joint: Joint) -> None:
        """The two halves of one pair at nearly the same moment."""
        links = self.stage.installation.patiently(
            "SELECT key_a, key_b FROM hub_link WHERE interface_id = %s AND key_a IS NOT NULL AND key_b IS NOT NULL AND NOT gone_a AND NOT gone_b ORDER BY id",
            (joint.interface_id,),
        )
        if links:
            link = self.dice.choice(links)
            first, second = self.dice.sample([(joint.theirs, link["key_a"]), (joint.ours, link["key_b"])], 2)
            first[0].edit(first[1])
            second[0].edit(second[1])

    def make_theirs(self, joint: Joint) -> None:
        joint.theirs.make()

    def make_ours(self, joint: Joint) -> None:
        joint.ours.make()

    def kill_theirs(self, joint: Joint) -> None:
        joint.theirs.delete()

    def kill_ours(self, joint: Joint) -> None:
        joint.ours.delete()

    def move(self, joint: Joint) -> None:
        """An issue goes to another project; it comes back in the same round."""
        if self.away and self.dice.random() < 0.6:
            self._moved(self.away.pop(), away=False)
        elif joint.theirs.keys:
            key = self.dice.choice(joint.theirs.keys)
            if key not in self.away and self._moved(key, away=True):
                self.away.append(key)

    def _moved(self, key: str, *, away: bool) -> bool:
        return self.joint.theirs.done("move", key, value=away, work=lambda: self.stage.redmine.move(key, away=away))

    def tie(self, joint: Joint) -> None:
        """Many of one second."""
        self._bulk(joint, 60, 0.0)

    def jump(self, joint: Joint) -> None:
        """Stamps five minutes ahead."""
        self._bulk(joint, 2, 300.0)

    def _bulk(self, joint: Joint, count: int, ahead: float) -> None:
        redmine, rows = self.stage.redmine, list(joint.peer.rows())
        if not redmine.has_file():
            return
        keys = self.dice.sample(rows, min(count, len(rows)))
        subjects = [f"theirs name {self.stage.journal.number()}" for _ in keys]
        began = time.time()
        changed = redmine.bulk(keys, subjects, ahead)
        for key, subject in ((key, subject) for key, subject in zip(keys, subjects, strict=True) if key in changed):
            self.stage.journal.note(Deed(joint.key, "a", "edit", key, "name", subject, began, time.time()))

    def lock(self, joint: Joint) -> None:
        """The key is refused for some seconds, and somebody edits meanwhile."""
        self.stage.redmine.change_key()
        for _ in range(3):
            joint.ours.edit()
            time.sleep(0.7)
        self.stage.redmine.give_key_back()

    def republish(self, joint: Joint) -> None:
        joint.policies[self.dice.choice(fields)] = self.dice.choice(("ask", "newest", "a", "b"))
        patiently(lambda: self.stage.publish(joint))

    def pause(self, joint: Joint) -> None:
        from jingwei.hub.register import services

        patiently(lambda: services.interface_pause(instance=self.stage.interface(joint)))
        joint.theirs.edit()
        joint.ours.edit()
        patiently(lambda: services.interface_switch_on(instance=self.stage.interface(joint)))

    def answer(self, joint: Joint) -> None:
        """A person decides one question."""
        from django.core.exceptions import ValidationError

        from jingwei.hub.engine import decisions
        from jingwei.hub.models import Conflict

        asked = patiently(lambda: list(Conflict.objects.filter(interface_id=joint.interface_id, resolved_at=None).order_by("pk")))
        if asked:
            conflict = self.dice.choice(asked)
            choice = self.dice.choice("ab" if conflict.field == "" else ("a", "b", "a", "b", "accept", "value"))
            value = joint.ours.value(conflict.field) if choice == "value" else None
            try:
                patiently(lambda: decisions.conflict_resolve(conflicts=[conflict], choice=choice, value=value))
            except ValidationError:
                self.done["answer refused: moved on"] += 1

    def again(self, joint: Joint) -> None:
        """Dead letters are replayed, parked records let in, held deletes let pass."""
        from jingwei.hub.engine import decisions
        from jingwei.hub.models import DeadLetter, Quarantine

        def work() -> None:
            decisions.dead_letter_settle(letters=list(DeadLetter.objects.filter(settled_at=None)), settlement="replay")
            decisions.quarantine_release(rows=list(Quarantine.objects.select_related("delivery").filter(released_at=None)))
            decisions.deletes_allow(interface=self.stage.interface(joint))

        patiently(work)

    def crash(self, _joint: Joint) -> None:
        """kill -9 after a moment."""
        time.sleep(self.dice.uniform(0, 1.2))
        self.kills += self.stage.installation.kill("worker")

    def database(self, _joint: Joint) -> None:
        if self.dice.random() < 0.4:
            self.stage.installation.crash_database()

    def look(self, joint: Joint) -> None:
        """Keys are compared now."""
        from jingwei.frame.work import jobs

        patiently(lambda: jobs.defer("hub.reconcile", once=str(joint.interface_id), interface_id=joint.interface_id))

    def wait(self, _joint: Joint) -> None:
        time.sleep(self.dice.uniform(0.2, 2.5))


def main(words: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--round", type=float, default=25.0, help="seconds of action in a round")
    parser.add_argument("--quiet", type=float, default=90.0, help="seconds until all must be quiet")
    parser.add_argument("--issues", type=int, default=80)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(words)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix=f"walk-{asked.seed}-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {asked.seed}, logs in {folder}", flush=True)
    from django.db import connection

    violations: list[str] = []
    with staged(Stage(asked.seed, folder, asked.issues, with_tracker=False, stalled_seconds=6.0)) as stage:
        print(f"first load: {stage.begin():.1f} s", flush=True)
        walker, began, rounds = Walker(stage), time.monotonic(), 0
        with stage.scope():
            while time.monotonic() - began < asked.minutes * 60 and not violations:
                walker.round(rounds, asked.round)
                quieted = stage.wait_quiet(asked.quiet)
                violations += [f"round {rounds}: not quiet after {asked.quiet:.0f} s"] if quieted is None else []
                violations += [f"round {rounds}: {each}" for each in stage.violations()]
                rounds += 1
                print(
                    f"round {rounds}: {walker.done.total()} actions, {walker.kills} kills, quiet after {quieted or 0:.1f} s, violations {len(violations)}",
                    flush=True,
                )
            connection.close()  # a crash may have broken it, and leaving the scope speaks to the database
        lies = list(stage.watch.lies) if stage.watch else []
        states = stage.watch.states if stage.watch else {}
    print(f"actions by kind: {dict(walker.done)}; health samples by state: {states}")
    print(
        f"seed {asked.seed}, rounds {rounds}, actions {walker.done.total()}, kills {walker.kills}, violations {len(violations)}, lies {len(lies)}, "
        f"seconds {time.monotonic() - began:.0f}"
    )
    for each in [*violations, *lies]:
        print(f"  ✗ {each}")
    return 1 if violations or lies else 0


if __name__ == "__main__":
    sys.exit(main())
