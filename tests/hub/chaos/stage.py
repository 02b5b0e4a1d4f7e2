"""The stage that chaos and walk play on: an installation, two peers joined to two projects, persons, and the watch on health."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

from tests.hub.chaos.health import Watch, Watched, freshness
from tests.hub.chaos.installation import Installation
from tests.hub.chaos.oracle import Judge, fields, texts
from tests.hub.chaos.peers import Redmine, Tracker
from tests.hub.chaos.persons import Journal, Ours, Theirs, names_of_a

policies = {
    "redmine-tasks": {"name": "newest", "description": "ask", "percent": "a", "work_hours": "b"},
    "tracker-tasks": {"name": "ask", "description": "newest", "percent": "b", "work_hours": "a"},
}
quiet_sql = """
SELECT (SELECT count(*) FROM hub_delivery WHERE state = 'waiting')
     + (SELECT count(*) FROM hub_outboxentry WHERE state IN ('waiting', 'sending', 'unknown')) AS open,
       (SELECT count(*) FROM hub_checkpoint WHERE read_at > to_timestamp(%s)) AS read,
       (SELECT count(*) FROM hub_interface WHERE reconciled_at > to_timestamp(%s)) AS reconciled,
       (SELECT count(*) FROM hub_connection WHERE held_since IS NOT NULL OR open_until > now()) AS shut
"""


def mapping_of(key: str, chosen: dict[str, str]) -> dict[str, Any]:
    """The mapping of an interface with these policies."""
    pairs: list[dict[str, Any]] = [{"a": names_of_a[name], "b": name, "policy": chosen[name]} for name in fields]
    pairs[0]["steps"] = [{"op": "trim"}]
    if key == "redmine-tasks":
        return {"pairs": pairs}
    return {"filters": {"a": {"project": ["MES-ROLL"]}}, "constants": [{"side": "a", "field": "project", "value": "MES-ROLL"}], "pairs": pairs}


@dataclass
class Joint:
    """One interface on the stage with its people and its judge."""

    key: str
    peer: Any
    project_id: int
    interface_id: int
    theirs: Theirs
    ours: Ours
    judge: Judge
    policies: dict[str, str]


@dataclass
class Stage:
    """Everything; `folder` keeps the logs."""

    seed: int
    folder: Path
    issues: int
    with_tracker: bool = True
    poll_seconds: int = 1
    stalled_seconds: float | None = None
    joints: list[Joint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.installation = Installation(self.folder / "installation", self.stalled_seconds)
        self.installation.home.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(self.folder / "deeds.jsonl")
        stamp = f"{self.seed % 10**6:06d}-{int(time.time()) % 10**7}"
        self.redmine = Redmine(os.environ["REDMINE_URL"], os.environ["REDMINE_API_KEY"], f"jw-chaos-{stamp}")
        self.tracker = Tracker(self.folder)
        self.watch: Watch | None = None
        self.tenant_id = 0

    def build(self) -> None:
        """Make everything ready up to the first load."""
        os.environ.pop("DATABASE_URL", None)
        os.environ |= {**self.installation.environment, "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings"}
        peer = Thread(target=self._prepare_redmine)
        peer.start()
        if self.with_tracker:
            self.tracker.start()
        done = self.installation.run("-m", "jingwei.assembly", "migrate")
        assert done.returncode == 0, done.stderr
        import django

        django.setup()
        peer.join()
        assert self.redmine.hub_key, "the Redmine could not be prepared"
        self._join()

    def _prepare_redmine(self) -> None:
        self.redmine.prepare()
        if self.redmine.has_file():
            self.redmine.fill(self.issues)
        else:
            for number in range(min(60, self.issues)):
                self.redmine.create(subject=f"工单 {number:04d}", description=f"第一行\n第 {number} 个", estimated_hours=1 + number % 8)

    def _join(self) -> None:
        from jingwei.frame import scope
        from jingwei.frame.models import Project, Tenant
        from jingwei.frame.rights.access import system_access
        from jingwei.hub.register import services

        tenant = Tenant.objects.create(code="t", name="T")
        self.tenant_id = tenant.pk
        with scope.within(scope.Scope(tenant.pk, origin="chaos")):
            local = services.system_save(key="jingwei", name="Jingwei", connector="local")
            peers: list[tuple[str, Any, str, str, str]] = [("RM", self.redmine, "redmine", "redmine-tasks", "ask")]
            if self.with_tracker:
                peers.append(("TR", self.tracker, "sandbox_tracker", "tracker-tasks", "propagate"))
            for code, peer, connector, key, on_delete in peers:
                project = Project(code=code, name=code, start_on=date(2026, 11, 2))
                project.save()
                system = services.system_save(key=key.split("-")[0], name=code, connector=connector)
                config = {"base_url": peer.url} | ({"project": peer.name} if peer is self.redmine else {})
                services.connection_save(system=system, config=config, credentials={"api_key": peer.hub_key})
                check = services.connection_test(system=system)
                assert check.ok, check
                interface = services.interface_save(
                    key=key, name=code, project=project, system_a=system, stream_a="issues", system_b=local, stream_b="work.task",
                    poll_seconds=self.poll_seconds, freshness_seconds=freshness, on_delete=on_delete,
                )  # fmt: skip
                dice = random.Random(f"{self.seed}-{key}")
                rights = system_access(tenant.pk)
                judge = Judge(key, peer, project.pk, self.installation, self.journal, {name: {policy} for name, policy in policies[key].items()})
                theirs, ours = Theirs(key, peer, self.journal, dice), Ours(key, project.pk, rights, self.journal, random.Random(f"{self.seed}-{key}-ours"))
                self.joints.append(Joint(key, peer, project.pk, interface.pk, theirs, ours, judge, dict(policies[key])))
        if self.with_tracker:
            for number in range(40):
                self.tracker.create(subject=f"事项 {number:03d}", description=f"第一行 {number}")
        for joint in self.joints:
            self.publish(joint)
            with self.scope():
                services.interface_switch_on(instance=self.interface(joint))
        self._first_values()

    def _first_values(self) -> None:
        for joint in self.joints:
            for key, row in joint.peer.rows().items():
                for name in texts:
                    joint.judge.first[f"a:{key}:{name}"] = {row[name].strip()}

    def scope(self) -> Any:
        """The scope of a person."""
        from jingwei.frame import scope

        return scope.within(scope.Scope(self.tenant_id, origin="chaos"))

    def interface(self, joint: Joint) -> Any:
        """The interface as it is now."""
        from jingwei.hub.models import Interface

        return Interface.objects.select_related("system_a", "system_b", "published", "project").get(pk=joint.interface_id)

    def publish(self, joint: Joint) -> None:
        """Publish the policies as they are chosen now."""
        from jingwei.hub.register import services

        for name, policy in joint.policies.items():
            joint.judge.policies[name].add(policy)
        with self.scope():
            interface = self.interface(joint)
            services.version_publish(interface=interface, spec=services.spec_of(interface, mapping_of(joint.key, joint.policies)))

    def begin(self) -> float:
        """Start the processes and the watch, and wait for the first load; how long that took."""
        began = time.monotonic()
        for name in ("worker", "scheduler"):
            self.installation.start(name)
        wanted = sum(len(joint.peer.rows()) for joint in self.joints)
        while time.monotonic() - began < 150:
            pairs = self.installation.rows("SELECT count(*) AS n FROM hub_link WHERE key_a IS NOT NULL AND key_b IS NOT NULL")[0]["n"]
            if pairs >= wanted:
                break
            time.sleep(0.5)
        else:
            raise AssertionError(f"the first load did not end: {pairs} of {wanted}; logs in {self.folder}")
        for joint in self.joints:
            for each in self.installation.rows("SELECT id, name, description FROM work_task WHERE project_id = %s", (joint.project_id,)):
                for name in texts:
                    joint.judge.first.setdefault(f"b:{each['id']}:{name}", set()).add(each[name].strip())
            joint.judge.first |= self._across(joint)
        watched = [Watched(joint.key, self._asker(joint.peer)) for joint in self.joints]
        self.watch = Watch(self.installation, watched, self.journal, self.folder)
        self.watch.start()
        return time.monotonic() - began

    def _across(self, joint: Joint) -> dict[str, set[Any]]:
        """What either half held at first is known in both."""
        out: dict[str, set[Any]] = {}
        for link in self.installation.rows("SELECT key_a, key_b FROM hub_link WHERE interface_id = %s", (joint.interface_id,)):
            for name in texts:
                both = joint.judge.first.get(f"a:{link['key_a']}:{name}", set()) | joint.judge.first.get(f"b:{link['key_b']}:{name}", set())
                out[f"a:{link['key_a']}:{name}"] = out[f"b:{link['key_b']}:{name}"] = both
        return out

    @staticmethod
    def _asker(peer: Any) -> Any:
        return lambda: peer.answers(peer.hub_key)

    def thread(self, work: Any, *arguments: Any, name: str = "") -> Thread:
        """A thread in a person's scope."""

        def run() -> None:
            from django.db import connections

            with self.scope():
                try:
                    work(*arguments)
                finally:
                    connections.close_all()

        made = Thread(target=copy_context().run, args=(run,), name=name, daemon=True)
        made.start()
        return made

    def wait_quiet(self, seconds: float, *, reconcile: bool = True) -> float | None:
        """Wait until nothing is under way and both sides were read to their ends; None when the time was up before."""
        from jingwei.frame.work import jobs
        from jingwei.hub.register import services

        began, at = time.monotonic(), time.time()
        woken = asked = False
        while time.monotonic() - began < seconds:
            with contextlib.suppress(Exception), self.scope():
                if reconcile and not asked:  # as a person does who does not want to wait two minutes
                    for joint in self.joints:
                        jobs.defer("hub.reconcile", once=str(joint.interface_id), interface_id=joint.interface_id)
                    asked = True
                if not woken and time.monotonic() - began > seconds / 3:  # “run now”
                    services.wake([joint.interface_id for joint in self.joints])
                    woken = True
            row = self.installation.patiently(quiet_sql, (at, at))[0]
            is_read = row["read"] >= 2 * len(self.joints) and (not reconcile or row["reconciled"] >= len(self.joints))
            if is_read and not row["open"] and not row["shut"]:
                time.sleep(1.5)
                row = self.installation.patiently(quiet_sql, (at, at))[0]
                if not row["open"]:
                    return time.monotonic() - began
            time.sleep(0.5)
        print("still under way:", self.installation.patiently(quiet_sql, (at, at))[0], flush=True)
        return None

    def violations(self) -> list[str]:
        """What the judges say, twice if need be: a reading of two sides is no single moment."""
        out: list[str] = []
        for joint in self.joints:
            found = joint.judge.judge(joint.judge.look())
            if found:
                time.sleep(2)
                again = joint.judge.judge(joint.judge.look())
                found = [each for each in again if each in found]
            out += found
        return out

    def close(self) -> None:
        """End everything that was started."""
        if self.watch is not None:
            self.watch.stop()
        self.installation.stop()
        self.tracker.stop()


@contextlib.contextmanager
def staged(stage: Stage) -> Iterator[Stage]:
    """A stage for as long as the block lasts."""
    try:
        stage.build()
        yield stage
    finally:
        stage.close()
