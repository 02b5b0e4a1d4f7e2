"""What the hub writes to a real Redmine: creates, updates and deletes a second through the whole engine, beside a bare loop of the updates' requests.

Needs a running Redmine (`make peers`). Usage: python -m benchmarks.hub_rates [records]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

root = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(root), str(root / "src")]

from benchmarks.redmine_rates import KeptAlive, bare, connector, rate  # noqa: E402
from benchmarks.webhook_intake import House  # noqa: E402
from tests.peers import peer  # noqa: E402
from tests.sandbox.program import free_port  # noqa: E402

lanes = 6
hub_code = """
import os, sys, json, time, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from datetime import date
from jingwei.frame import scope
from jingwei.frame.records import commands
from jingwei.frame.rights.access import system_access
from jingwei.frame.models import Project, Tenant
from jingwei.frame.records.resource import resource
from jingwei.domains.work.models import Task
from jingwei.hub.engine import cycle
from jingwei.hub.register import services
from jingwei.hub.models import Interface, OutboxEntry
url, key, project_code, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
tenant = Tenant.objects.create(code="t", name="T")
with scope.within(scope.Scope(tenant.pk)):
    project = Project(code="P", name="P", start_on=date(2026, 1, 1))
    project.save()
    theirs = services.system_save(key="redmine", name="Redmine", connector="redmine")
    services.connection_save(system=theirs, config={"base_url": url, "project": project_code, "requests_per_minute": 100000}, credentials={"api_key": key})
    assert services.connection_test(system=theirs).ok
    ours = services.system_save(key="jingwei", name="Jingwei", connector="local")
    i = services.interface_save(key="i", name="i", project=project, system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task",
        on_delete="propagate", delete_limit_percent=100)
    i = Interface.objects.select_related("system_a", "system_b").get(pk=i.pk)
    pairs = [{"a": "subject", "b": "name"}, {"a": "description", "b": "description"}, {"a": "done_ratio", "b": "percent"}]
    services.version_publish(interface=i, spec=services.spec_of(i, {"pairs": pairs}))
    services.interface_switch(instance=i, stage="live")
    tasks, rights = resource("work.task"), system_access(tenant.pk)

    def timed(action):
        began = time.perf_counter()
        while True:
            cycle.cycle(i.pk, seconds=600)
            OutboxEntry.objects.filter(state__in=("waiting", "unknown")).update(not_before=None)
            if not cycle.has_work(i.pk):
                break
        return OutboxEntry.objects.filter(action=action, state="done", side="a").count() / (time.perf_counter() - began)

    cycle.cycle(i.pk)
    commands.save_many(tasks, [(None, {"project": project.pk, "name": f"rate {n}"}) for n in range(count)], rights)
    found = {"creates": timed("create")}
    rows = list(Task.objects.all())
    commands.save_many(tasks, [(row, {"description": "changed", "percent": 30}) for row in rows], rights)
    found["updates"] = timed("update")
    idle = time.perf_counter()
    for _ in range(5):
        cycle.cycle(i.pk)
    found["idle_poll_ms"] = (time.perf_counter() - idle) / 5 * 1000
    commands.remove_many(tasks, list(Task.objects.all()), rights)
    found["deletes"] = timed("delete")
    found["left"] = OutboxEntry.objects.exclude(state__in=("done", "dropped")).count()
    print(json.dumps(found))
"""


def main(records: int) -> None:
    """Print rates, the bare loop's, and the ratio."""
    found = peer("redmine")
    url, key = found["REDMINE_URL"], found["REDMINE_API_KEY"]
    project = f"jw-hub-rates-{int(time.time())}"
    KeptAlive(url, key, "").call("POST", "/projects.json", {"project": {"name": project, "identifier": project, "enabled_module_names": ["issue_tracking"]}})
    sessions = [KeptAlive(url, key, project) for _ in range(lanes)]
    keys = [connector.create(each, "issues", {"subject": "rate"}, f"{project}-{time.time_ns()}").key for each in sessions]
    floor = rate(bare, sessions, keys, max(60, records // 3))
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ["JINGWEI_EGRESS_ALLOW"] = "127.0.0.1/32"
        house = House(home, free_port())
        try:
            house.run("-m", "jingwei.assembly", "migrate")
            told = json.loads(house.run("-c", hub_code, url, key, project, str(records)).splitlines()[-1])
        finally:
            house.run("-c", "from jingwei.frame.postgres import address as a; a.stop_embedded()")
    print(
        f"creates {told['creates']:.1f}/s, updates {told['updates']:.1f}/s, deletes {told['deletes']:.0f}/s, idle poll {told['idle_poll_ms']:.0f} ms, left {told['left']}"
    )
    print(f"bare loop of an update's three requests, {lanes} at once: {floor:.1f}/s; ratio hub : bare = {told['updates'] / floor:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
