"""Five minutes of everything at once: `python -m tests.hub.chaos.run --seconds 240 [--seed N]` (make chaos).

Persons edit, make and delete on both sides of two interfaces (a real Redmine, the demo tracker) while the worker is killed fifty times, the
database crashes five times, the peers refuse, delay and lose, keys change, clocks jump, versions are published and questions are answered.
When all is quiet again an oracle of its own judges both sides; what the product said of its health all along is held against what was so.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections

from tests.hub.chaos.oracle import fields
from tests.hub.chaos.persons import Deed, patiently
from tests.hub.chaos.stage import Joint, Stage, staged


class Nemesis:
    """Everything that goes wrong, by a seed."""

    def __init__(self, stage: Stage, seconds: float, kills: int, crashes: int) -> None:
        self.stage, self.seconds, self.wanted_kills, self.wanted_crashes = stage, seconds, kills, crashes
        self.dice = random.Random(stage.seed)
        self.over = threading.Event()
        self.kills = self.kills_at_work = self.crashes = self.answered = self.replayed = 0
        self.found: list[str] = []
        self.patience = 0.35  # the share of questions left for later
        self.guard: tuple[int, int, int] | None = None
        self.troubles: list[str] = []

    # -- what happens all the time

    def people(self, side: Any, pace: float) -> None:
        """One side's people."""
        peer = getattr(side, "peer", None)
        while not self.over.is_set():
            if peer is None or not getattr(peer, "is_closed", threading.Event()).is_set():
                side.act()
            self.over.wait(side.dice.uniform(0.3, 1.7) * pace)

    def killer(self) -> None:
        """kill -9, mostly in the middle of work; now and then the database."""
        from psycopg import Error

        began = time.monotonic()
        crash_at = [self.seconds * (n + 0.5) / self.wanted_crashes for n in range(self.wanted_crashes)] if self.wanted_crashes else []
        while not self.over.is_set() and (self.kills < self.wanted_kills or crash_at):
            spent = time.monotonic() - began
            if crash_at and spent >= crash_at[0]:
                crash_at.pop(0)
                self.stage.installation.crash_database()
                self.crashes += 1
            if self.kills >= self.wanted_kills:
                self.over.wait(0.5)
                continue
            left = max(0.0, self.seconds * 0.95 - spent) / max(1, self.wanted_kills - self.kills)
            end = time.monotonic() + self.dice.uniform(0.2, 1.8) * left
            at_work = False
            while time.monotonic() < end and not self.over.is_set():
                try:
                    doing = self.stage.installation.rows(
                        "SELECT count(*) AS n FROM procrastinate_jobs WHERE status = 'doing' AND queue_name = 'hub' AND worker_id IS NOT NULL AND worker_id = (SELECT max(id) FROM procrastinate_workers)"
                    )
                    at_work = bool(doing[0]["n"])
                except Error:
                    break
                if at_work and self.dice.random() < 0.2:
                    time.sleep(self.dice.uniform(0, 0.6))
                    break
                time.sleep(0.05)
            if self.stage.installation.kill("worker"):
                self.kills += 1
                self.kills_at_work += at_work

    def decider(self) -> None:
        """Answers questions, replays what died, lets parked records in again; leaves some for the end."""
        while not self.over.wait(2.5):
            for joint in self.stage.joints:
                try:
                    patiently(lambda joint=joint: self._decide(joint))
                except Exception as problem:
                    self.troubles.append(f"deciding: {type(problem).__name__}: {problem}")

    def _decide(self, joint: Joint) -> None:
        from django.core.exceptions import ValidationError

        from jingwei.hub.engine import decisions
        from jingwei.hub.models import Conflict, DeadLetter, Quarantine

        letters = list(DeadLetter.objects.filter(interface_id=joint.interface_id, settled_at=None)[:20])
        self.replayed += decisions.dead_letter_settle(letters=letters, settlement="replay")
        parked = list(Quarantine.objects.select_related("delivery").filter(interface_id=joint.interface_id, released_at=None)[:10])
        self.replayed += decisions.quarantine_release(rows=parked)
        for conflict in Conflict.objects.filter(interface_id=joint.interface_id, resolved_at=None).order_by("?")[: 3 if self.patience else 50]:
            if self.dice.random() < self.patience:
                continue
            choice = self.dice.choice("ab" if conflict.field == "" else ("a", "b", "a", "b", "accept", "value"))
            value = joint.ours.value(conflict.field) if choice == "value" else None
            try:
                self.answered += decisions.conflict_resolve(conflicts=[conflict], choice=choice, value=value)
            except ValidationError:
                continue  # it has moved on since it was shown

    # -- what happens one after the other

    def tracker_story(self) -> None:
        """The tracker's bad days, each a share of the time."""
        tracker, share = self.stage.tracker, self.seconds / 9
        scenes: list[Callable[[float], None]] = [self._losing, self._slow, self._throttled, self._out, self._locked_out, self._losing, self._restarted]
        self.dice.shuffle(scenes)
        for scene in scenes:
            if self.over.is_set():
                return
            scene(min(14.0, share))
            tracker.switch(lose_answer_rate=0.0, latency_ms=0, rate_limit_per_minute=0, outage=False, error_rate=0.0)
            self.over.wait(share * 0.25)

    def _losing(self, seconds: float) -> None:
        self.stage.tracker.switch(lose_answer_rate=0.25, error_rate=0.05)
        self.over.wait(seconds)

    def _slow(self, seconds: float) -> None:
        self.stage.tracker.switch(latency_ms=400)
        self.over.wait(seconds)

    def _throttled(self, seconds: float) -> None:
        self._closed(seconds, rate_limit_per_minute=20)

    def _out(self, seconds: float) -> None:
        self._closed(seconds, outage=True)

    def _closed(self, seconds: float, **faults: Any) -> None:
        tracker = self.stage.tracker
        tracker.is_closed.set()
        tracker.switch(**faults)
        self.over.wait(seconds)
        tracker.switch(rate_limit_per_minute=0, outage=False)
        tracker.is_closed.clear()

    def _locked_out(self, seconds: float) -> None:
        self.stage.tracker.stop()
        self.stage.tracker.start("another-key")
        self.over.wait(seconds)
        self.stage.tracker.stop()
        self.stage.tracker.start(self.stage.tracker.hub_key)

    def _restarted(self, seconds: float) -> None:
        self.stage.tracker.stop()
        self.over.wait(seconds / 3)
        self.stage.tracker.start()

    def redmine_story(self) -> None:
        """Redmine's bad days."""
        joint, share = self.stage.joints[0], self.seconds / 8
        scenes: list[Callable[[Joint], None]] = [self._clock, self._tie, self._key, self._moved, self._republished, self._paused]
        self.dice.shuffle(scenes)
        for scene in scenes:
            if self.over.wait(share * 0.3):
                return
            try:
                scene(joint)
            except Exception as problem:
                self.troubles.append(f"{scene.__name__}: {type(problem).__name__}: {problem}")
            self.over.wait(share * 0.5)

    def _bulk(self, joint: Joint, count: int, ahead: float = 0.0) -> None:
        redmine, rows = self.stage.redmine, joint.peer.rows()
        if not redmine.has_file():
            return
        keys = self.dice.sample(list(rows), min(count, len(rows)))
        subjects = [f"theirs name {self.stage.journal.number()}" for _ in keys]
        began = time.time()
        changed = redmine.bulk(keys, subjects, ahead)
        for key, subject in ((key, subject) for key, subject in zip(keys, subjects, strict=True) if key in changed):
            self.stage.journal.note(Deed(joint.key, "a", "edit", key, "name", subject, began, time.time()))

    def _clock(self, joint: Joint) -> None:
        self._bulk(joint, 3, ahead=300.0)

    def _tie(self, joint: Joint) -> None:
        self._bulk(joint, 300)
        self.over.wait(1.0)
        self.stage.installation.kill("worker")

    def _key(self, _joint: Joint) -> None:
        self.stage.redmine.change_key()
        self.over.wait(15)
        self.stage.redmine.give_key_back()

    def _moved(self, joint: Joint) -> None:
        key = self.dice.choice(list(joint.peer.rows()))
        for away in (True, False):
            joint.theirs.done("move", key, value=away, work=lambda away=away: self.stage.redmine.move(key, away=away))
            self.over.wait(6)

    def _republished(self, joint: Joint) -> None:
        for each in self.stage.joints:
            name = self.dice.choice(fields)
            each.policies[name] = self.dice.choice(("ask", "newest", "a", "b"))
            patiently(lambda each=each: self.stage.publish(each))

    def _paused(self, joint: Joint) -> None:
        from jingwei.hub.register import services

        for each in self.stage.joints:
            patiently(lambda each=each: services.interface_pause(instance=self.stage.interface(each)))
        self.over.wait(4)
        for each in self.stage.joints:
            patiently(lambda each=each: services.interface_switch_on(instance=self.stage.interface(each)))

    # -- the end

    def mend(self) -> None:
        """Whatever was left broken is whole again."""
        stage = self.stage
        stage.tracker.is_closed.clear()
        if stage.tracker.process is None or stage.tracker.process.poll() is not None or stage.tracker.key != stage.tracker.hub_key:
            stage.tracker.stop()
            stage.tracker.start(stage.tracker.hub_key)
        stage.tracker.switch(lose_answer_rate=0.0, latency_ms=0, rate_limit_per_minute=0, outage=False, error_rate=0.0)
        stage.redmine.give_key_back()
        from jingwei.hub.register import services

        for each in stage.joints:
            interface = patiently(lambda each=each: stage.interface(each))
            if interface.stage != "live":
                patiently(lambda interface=interface: services.interface_switch_on(instance=interface))

    def mass_delete(self, joint: Joint, count: int = 30) -> None:
        """Thirty at once on our side: the guard must hold them, and they go when a person lets them."""
        from jingwei.hub.engine import decisions
        from jingwei.hub.models import Conflict, Link

        sql = self.stage.installation.patiently
        paired = sql(
            "SELECT key_a, key_b FROM hub_link l WHERE interface_id = %s AND state = 'linked' AND NOT gone_a AND NOT gone_b AND key_a IS NOT NULL AND key_b IS NOT NULL "
            "AND EXISTS (SELECT 1 FROM work_task t WHERE t.id = l.key_b::bigint) ORDER BY id", (joint.interface_id,),
        )  # fmt: skip
        chosen = [each for each in paired if each["key_a"] in joint.peer.rows()][:count]
        for each in chosen:
            joint.ours.delete(each["key_b"])
        held, end = 0, time.monotonic() + 40
        while held == 0 and time.monotonic() < end:
            time.sleep(0.5)
            held = sql("SELECT count(*) AS n FROM hub_outboxentry WHERE interface_id = %s AND state = 'held'", (joint.interface_id,))[0]["n"]
        there = joint.peer.rows()
        passed = sum(1 for each in chosen if each["key_a"] not in there)
        asked = Conflict.objects.filter(interface_id=joint.interface_id, resolved_at=None, field="").count()
        allowed = max(10, Link.objects.filter(interface_id=joint.interface_id).count() // 10)
        if len(chosen) > allowed and (held == 0 or passed > allowed):
            self.found.append(f"{joint.key} GUARD: {len(chosen)} deleted, {held} held, {passed} passed, {asked} asked")
        patiently(lambda: decisions.deletes_allow(interface=self.stage.interface(joint)))
        self.guard = (len(chosen), held, passed)


def recover(stage: Stage, nemesis: Nemesis, seconds: float) -> list[str]:
    """Every question answered, everything held let go: both sides must then be equal and health must say so."""
    from jingwei.hub.engine import decisions

    nemesis.patience, end = 0.0, time.monotonic() + seconds
    states: dict[str, Any] = {}
    while time.monotonic() < end:
        with stage.scope():
            for joint in stage.joints:
                try:
                    patiently(lambda joint=joint: nemesis._decide(joint))
                    patiently(lambda joint=joint: decisions.deletes_allow(interface=stage.interface(joint)))
                except Exception as problem:
                    nemesis.troubles.append(f"recovering: {type(problem).__name__}: {problem}")
        states = {
            row["key"]: (row["state"], [each["code"] for each in row["state_detail"]])
            for row in stage.installation.patiently("SELECT key, state, state_detail FROM hub_interface")
        }
        if all(state == "ok" for state, _codes in states.values()):
            return []
        time.sleep(2)
    return [
        f"{key} RECOVERY: still {state} ({', '.join(codes)}) {seconds:.0f} s after everything was answered"
        for key, (state, codes) in states.items()
        if state != "ok"
    ]


def play(stage: Stage, seconds: float, kills: int, crashes: int, quiet: float) -> dict[str, Any]:
    """All of it; the report."""
    print(f"{seconds:.0f} s of chaos follow", flush=True)
    nemesis = Nemesis(stage, seconds, kills, crashes)
    threads = [stage.thread(nemesis.killer), stage.thread(nemesis.decider), stage.thread(nemesis.tracker_story), stage.thread(nemesis.redmine_story)]
    for joint in stage.joints:
        threads += [stage.thread(nemesis.people, joint.theirs, 0.8), stage.thread(nemesis.people, joint.ours, 0.6)]
    time.sleep(seconds)
    nemesis.over.set()
    for each in threads:
        each.join(60)
    connections.close_all()  # this thread's was lost with the database
    with stage.scope():
        nemesis.mend()
        nemesis.mass_delete(stage.joints[-1])
    quieted = stage.wait_quiet(quiet)
    print(f"quiet after {quieted or quiet:.1f} s", flush=True)
    violations = [*nemesis.found, *([] if quieted is not None else [f"not quiet after {quiet:.0f} s"]), *stage.violations()]
    violations += recover(stage, nemesis, quiet)
    violations += [each for each in stage.violations() if each not in violations]
    verify = {joint.key: stage.installation.verify(joint.key) for joint in stage.joints}
    violations += _against_verify(verify, violations)
    lies = list(stage.watch.lies) if stage.watch else []  # all of them, up to the end
    sql = stage.installation.rows
    shown = sql(
        "SELECT (SELECT count(*) FROM hub_conflict) AS conflicts, (SELECT count(*) FROM hub_quarantine) AS parked, (SELECT count(*) FROM hub_deadletter) AS dead"
    )[0]
    return {
        "seed": stage.seed, "kills": nemesis.kills, "kills at work": nemesis.kills_at_work, "database crashes": nemesis.crashes,
        "edits": {f"{j.key} {s}": stage.journal.count(j.key, s, "edit") for j in stage.joints for s in "ab"},
        "made": {f"{j.key} {s}": stage.journal.count(j.key, s, "new") for j in stage.joints for s in "ab"},
        "deleted": {f"{j.key} {s}": stage.journal.count(j.key, s, "delete") for j in stage.joints for s in "ab"},
        **shown, "answered": nemesis.answered, "replayed": nemesis.replayed, "mass delete (deleted, held, passed)": nemesis.guard,
        "health samples": stage.watch.samples if stage.watch else 0, "states": stage.watch.states if stage.watch else {}, "troubles": nemesis.troubles[:10],
        "lies": lies, "violations": violations,
    }  # fmt: skip


def _against_verify(verify: dict[str, Any], violations: list[str]) -> list[str]:
    """The product's own comparison must agree with the oracle: differences that only one of them sees are a fault of either."""
    out = []
    for key, report in verify.items():
        sees = len(report["differences"]) + sum(len(report[each]) for each in ("unlinked_a", "unlinked_b", "doubled_a", "doubled_b"))
        judged = [each for each in violations if each.startswith(f"{key} ") and each.split(" ")[1] in ("DIFFERS:", "UNLINKED:", "HALF:")]
        if bool(sees) != bool(judged):
            out.append(f"{key} VERIFY: verify finds {sees} ({json.dumps(report['differences'][:2], default=str)[:300]}), the oracle {len(judged)}")
    return out


def main(words: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240, help="for everything, start and end included")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--crashes", type=int, default=5)
    parser.add_argument("--issues", type=int, default=320)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(words)
    began = time.monotonic()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix=f"chaos-{asked.seed}-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {asked.seed}, logs in {folder}", flush=True)
    with staged(Stage(asked.seed, folder, asked.issues)) as stage:
        print(f"ready after {time.monotonic() - began:.1f} s", flush=True)
        print(f"first load of {asked.issues} issues: {stage.begin():.1f} s", flush=True)
        acting = max(0.4 * asked.seconds, 0.72 * asked.seconds - (time.monotonic() - began))
        report = play(stage, acting, asked.kills, asked.crashes, quiet=max(60.0, asked.seconds * 0.35))
    report["seconds"] = round(time.monotonic() - began, 1)
    for name, value in report.items():
        print(f"{name}: {len(value) if name in ('lies', 'violations') else value}")
    for each in [*report["lies"], *report["violations"]]:
        print(f"  ✗ {each}")
    return 1 if report["lies"] or report["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
