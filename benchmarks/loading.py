"""100,000 issues from a REST peer into PostgreSQL: Jingwei (mapping, links with their base, history, lineage) against dlt (a plain table), one run.

Run: python -m benchmarks.loading [records] [page]. dlt is installed by uv into a throw-away environment; both read the same server with the same pages
and write to the same PostgreSQL. Jingwei keeps what dlt does not: every raw delivery, the pair of ids with the agreed values, the history of every
row and the outbox entry that tells where it came from; its tasks also obey the rules of the verb `task_save`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(root))

from benchmarks.webhook_intake import House  # noqa: E402
from tests.sandbox.program import free_port  # noqa: E402

peer = "dlt[postgres]==1.31.0"
load_code = """
import os, sys, json, time, resource, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from datetime import date
from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant, History
from jingwei.domains.work.models import Task
from jingwei.hub.engine import cycle as engine
from jingwei.hub.register import services
from jingwei.hub.models import Delivery, Interface, Link, OutboxEntry
url = sys.argv[1]
tenant = Tenant.objects.create(code="t", name="T")
with scope.within(scope.Scope(tenant.pk)):
    project = Project(code="P", name="P", start_on=date(2026, 1, 1))
    project.save()
    theirs = services.system_save(key="tracker", name="Tracker", connector="sandbox_tracker")
    services.connection_save(system=theirs, config={"base_url": url, "requests_per_minute": 1000000}, credentials={"api_key": "x"})
    ours = services.system_save(key="jingwei", name="Jingwei", connector="local")
    i = services.interface_save(key="i", name="i", project=project, system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task")
    i = Interface.objects.select_related("system_a", "system_b").get(pk=i.pk)
    mapping = {"key": ["external_ref"], "pairs": [
        {"a": "key", "b": "external_ref", "policy": "a", "direction": "a_to_b"},
        {"a": "subject", "b": "name", "policy": "a"},
        {"a": "description", "b": "description", "policy": "a"},
        {"a": "status", "b": "status", "policy": "a", "steps": [{"op": "code", "table": "status"}]},
        {"a": "done_ratio", "b": "percent", "policy": "a"},
        {"a": "estimated_hours", "b": "work_hours", "policy": "a"},
        {"a": "start_date", "b": "constraint_at", "policy": "a", "steps": [{"op": "datetime_of", "time": "09:00"}]},
        {"a": "due_date", "b": "deadline", "policy": "a", "steps": [{"op": "datetime_of", "time": "18:00"}]}]}
    tables = {"status": [{"a": "open", "b": "todo"}, {"a": "in_progress", "b": "doing"}, {"a": "resolved", "b": "doing"}, {"a": "closed", "b": "done"}]}
    services.version_publish(interface=i, spec=services.spec_of(i, mapping, tables))
    services.interface_switch(instance=i, stage="live")
    began = time.perf_counter()
    while True:
        engine.cycle(i.pk, seconds=600)
        if not engine.has_work(i.pk):
            break
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": Task.objects.count(), "distinct": Task.objects.values("external_ref").distinct().count(),
        "links": Link.objects.filter(state="linked").count(), "history": History.objects.filter(resource="work.task").count(),
        "deliveries": Delivery.objects.filter(state="done").count(), "lineage": OutboxEntry.objects.filter(state="done").count(),
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def main(records: int, page: int) -> None:
    """Serve, load twice, compare."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ["JINGWEI_EGRESS_ALLOW"] = "127.0.0.1/32"
        port = free_port()
        server = subprocess.Popen([sys.executable, str(root / "benchmarks/peers/issue_server.py"), str(port), str(records)], stdout=subprocess.PIPE)
        assert server.stdout is not None and server.stdout.readline()
        url, house = f"http://127.0.0.1:{port}", House(home, free_port())
        try:
            house.run("-m", "jingwei.assembly", "migrate")
            ours = json.loads(house.run("-c", load_code, url).splitlines()[-1])
            print(f"Jingwei: {ours}", flush=True)
            dsn = house.run("-c", "from jingwei.frame.postgres import address as a; print(a.start_embedded())").splitlines()[-1]
            uv = [str(root / ".venv/bin/uv"), "run", "--quiet", "--no-project", "--with", peer, "python"]
            told = subprocess.run([*uv, str(root / "benchmarks/peers/dlt_load.py"), url, dsn, str(page), home], capture_output=True, text=True, cwd=home)
            assert told.returncode == 0, told.stderr[-3000:]
            theirs = json.loads(told.stdout.splitlines()[-1])
        finally:
            server.kill()
            house.run("-c", "from jingwei.frame.postgres import address as a; a.stop_embedded()")
    for name, found in (("Jingwei", ours), (f"dlt {theirs['dlt']}", theirs)):
        rest = {k: v for k, v in found.items() if k not in ("seconds", "mb", "dlt")}
        print(f"{name}: {records / found['seconds']:,.0f} records a second, {found['seconds']:.1f} s, {found['mb']:.0f} MB, {rest}")
    print(f"ratio Jingwei : dlt = {theirs['seconds'] / ours['seconds']:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, int(sys.argv[2]) if len(sys.argv) > 2 else 500)
