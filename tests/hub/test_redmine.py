"""A real Redmine, 1,000 issues, edits on both sides at once, killed workers, a crashed database: in the end all agree."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.hub.chaos.installation import Installation as Nursed
from tests.peers import peer

pytestmark = pytest.mark.alone
root = Path(__file__).resolve().parents[2]
issues_at_first = 1000


@dataclass
class Redmine:
    """The peer, called past the product."""

    url: str
    key: str
    project: str = ""
    log: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One REST call."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Redmine-API-Key": self.key, "Content-Type": "application/json"},
        )
        for attempt in range(8):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    text = answer.read()
                    return json.loads(text) if text.strip() else None
            except urllib.error.HTTPError as problem:
                # its SQLite answers 500 when two write at once; an edit may simply be made again
                if problem.code != 500 or method == "POST" or attempt == 7:
                    raise
                time.sleep(0.3)
        return None

    def start_project(self, name: str) -> None:
        """A project of its own for this run."""
        self.project = name
        self.call("POST", "/projects.json", {"project": {"name": name, "identifier": name, "enabled_module_names": ["issue_tracking"]}})

    def new_issue(self, number: int) -> None:
        """One issue."""
        self.call(
            "POST",
            "/issues.json",
            {"issue": {"project_id": self.project, "subject": f"工单 {number:04d}", "description": "第一行\n第二行", "estimated_hours": 1 + number % 8}},
        )

    def issues(self) -> list[dict[str, Any]]:
        """All of the project's issues."""
        out: list[dict[str, Any]] = []
        while True:
            rows = self.call("GET", f"/issues.json?project_id={self.project}&status_id=*&sort=id&limit=100&offset={len(out)}")["issues"]
            out += rows
            if len(rows) < 100:
                return out

    def edit(self, seed: int, count: int) -> None:
        """Random edits over there."""
        dice = random.Random(seed)
        ids = [row["id"] for row in self.issues()]
        for number in range(count):
            pk, name = dice.choice(ids), dice.choice(["subject", "description", "done_ratio"])
            value: Any = dice.randrange(0, 10) * 10 if name == "done_ratio" else f"theirs {name} {seed}-{number}"
            self.call("PUT", f"/issues/{pk}.json", {"issue": {name: value}})
            self.log.append({"issue": pk, "field": name, "value": value})


class Installation(Nursed):
    """One in which a killed process stays away until it is started again."""

    def start(self, name: str) -> None:
        """Start the worker or the scheduler."""
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([sys.executable, "-m", "jingwei.assembly", name], cwd=root, env=self.environment, stdout=log, stderr=log)

    def kill(self, name: str) -> bool:
        """kill -9."""
        self.processes[name].kill()
        self.processes[name].wait()
        return True


@pytest.fixture
def redmine() -> Redmine:
    found = peer("redmine")
    return Redmine(found["REDMINE_URL"], found["REDMINE_API_KEY"])


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("installation"))
    yield made
    made.stop()


def wait_quiet(installation: Installation, seconds: float, wanted: int) -> dict[str, Any]:
    """Verify again and again until nothing waits and both sides agree, or the time is up; what is refused (the peer is left alone for a moment) is not quiet."""
    deadline, report = time.monotonic() + seconds, {}
    while time.monotonic() < deadline:
        report = installation.verify("redmine-tasks")
        if "errors" in report:
            print("refused:", report["errors"])
            time.sleep(3)
            continue
        waits = report["open"]["deliveries_waiting"] + report["open"]["outbox_waiting"]
        if not waits and report["links"] >= wanted and not report["unlinked_a"] and not report["unlinked_b"] and not report["differences"]:
            return report
        time.sleep(3)
    return report


def test_both_sides_and_base_agree_after_crashes(redmine: Redmine, installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("JINGWEI_SEED") or random.SystemRandom().randrange(10**6))
    with capsys.disabled():
        print(f"\nseed {seed} (repeat with JINGWEI_SEED={seed})")
    redmine.start_project(f"jw-{seed}-{int(time.time())}")
    for number in range(issues_at_first):
        redmine.new_issue(number)
    assert (done := installation.run("-m", "jingwei.assembly", "migrate")).returncode == 0, done.stderr
    assert (done := installation.run("-m", "tests.hub.household", "setup", redmine.url, redmine.key, redmine.project)).returncode == 0, done.stderr

    began = time.monotonic()
    installation.start("worker")
    installation.start("scheduler")
    report = wait_quiet(installation, 180, issues_at_first)
    assert report["links"] == issues_at_first and report["differences"] == [], report
    with capsys.disabled():
        print(f"first load of {issues_at_first} issues: {time.monotonic() - began:.1f} s with start and check")

    ours = installation.home / "ours.log"
    editor = subprocess.Popen([sys.executable, "-m", "tests.hub.household", "edit", str(seed), "150", str(ours)], cwd=root, env=installation.environment)
    theirs = threading.Thread(target=redmine.edit, args=(seed + 1, 150))
    theirs.start()
    dice = random.Random(seed + 2)
    for _ in range(3):
        time.sleep(dice.uniform(1.0, 3.0))
        installation.kill("worker")
        installation.start("worker")
    installation.crash_database()
    time.sleep(dice.uniform(1.0, 2.0))
    installation.kill("worker")
    installation.start("worker")
    theirs.join(180)
    assert editor.wait(180) == 0

    report = wait_quiet(installation, 240, issues_at_first)
    with capsys.disabled():
        print({k: v for k, v in report.items() if not isinstance(v, list)}, "differences:", len(report["differences"]))
    assert report["differences"] == [], report["differences"][:5]
    assert report["unlinked_a"] == report["unlinked_b"] == report["doubled_a"] == report["doubled_b"] == []
    assert report["open"]["dead_letters"] == report["open"]["quarantine"] == 0

    written = [json.loads(line) for line in ours.read_text().splitlines()]
    created = [line["new"] for line in written if "new" in line]
    final = redmine.issues()
    assert len(final) == issues_at_first + len(created), "no issue is lost, none is doubled"
    _assert_no_value_vanished(redmine, final, written, installation)


def _assert_no_value_vanished(redmine: Redmine, final: list[dict[str, Any]], written: list[dict[str, Any]], installation: Installation) -> None:
    """Each field ends as one of the last values that either side wrote to it."""
    links = installation.run("-c", _links_code)
    key_of = {int(b): int(a) for a, b in json.loads(links.stdout)}
    names = {"name": "subject", "description": "description", "percent": "done_ratio"}
    last: dict[tuple[int, str], dict[str, Any]] = {}
    for line in written:
        if "task" in line:
            last.setdefault((key_of[line["task"]], names[line["field"]]), {})["ours"] = line["value"]
    for line in redmine.log:
        last.setdefault((line["issue"], line["field"]), {})["theirs"] = line["value"]
    now = {row["id"]: row for row in final}
    for (pk, name), values in last.items():
        assert now[pk].get(name) in values.values(), f"issue {pk} {name}: {now[pk].get(name)!r} was written by nobody last: {values}"


_links_code = """
import os, json, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.hub.models import Link
with scope.within(scope.Scope(Tenant.objects.get().pk)):
    print(json.dumps(list(Link.objects.exclude(key_a=None).exclude(key_b=None).values_list("key_a", "key_b"))))
"""
