"""The Gantt's server side at 10,000 tasks: the plan as the page fetches it, a drag as previewed and committed. Run: python benchmarks/gantt.py [tasks]"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any


def prepare(count: int) -> tuple[Any, Any]:
    """An installation of its own with one big plan; returns a logged-in client and the project."""
    from django.test import Client

    from jingwei.assembly.demo.load import make_roles
    from jingwei.assembly.tables import migrate_all
    from jingwei.domains.schedule import services
    from jingwei.domains.work.models import Dependency, Task
    from jingwei.domains.work.services import tasks_renumber
    from jingwei.frame import scope
    from jingwei.frame.models import Membership, Project, Role, Tenant, User

    migrate_all()
    tenant = Tenant.objects.create(code="t", name="T")
    make_roles(tenant)
    user = User.objects.create_user("u", password=None)
    Membership.objects.create(tenant=tenant, user=user, role=Role.objects.get(tenant=tenant, key="owner"))
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="BIG", name="大项目", start_on=date(2026, 1, 5))
        project.save()
        phases = Task.objects.bulk_create(
            Task(tenant_id=tenant.pk, project=project, code=f"S-{n}", name=f"阶段 {n}", position=n * 1000) for n in range(count // 50)
        )
        tasks = Task.objects.bulk_create(
            (
                Task(
                    tenant_id=tenant.pk, project=project, code=f"T-{n}", name=f"接口联调任务 {n}", parent=phases[n // 50 % len(phases)], position=n,
                    duration_minutes=480 * (1 + n % 7), is_milestone=n % 50 == 49,
                )
                for n in range(count - len(phases))
            ),
            batch_size=5000,
        )  # fmt: skip
        links = [
            Dependency(tenant_id=tenant.pk, project=project, predecessor=tasks[n - step], successor=tasks[n])
            for n in range(60, len(tasks))
            for step in (1, 53)
            if n % 50 or step == 53
        ]
        Dependency.objects.bulk_create(links, batch_size=5000)
        tasks_renumber(project_id=project.pk)
        services.project_recalculate(project_id=project.pk)
        services.baseline_take(project=project, name="B0")
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, project


def timed(label: str, work: Callable[[int], Any], repeats: int = 7) -> None:
    """Median and worst of some runs after one to warm up."""
    work(0)
    times = []
    for number in range(1, repeats + 1):
        began = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - began) * 1000)
    print(f"{label}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")


def main(count: int = 10_000, profiled: str = "") -> None:
    """Print the figures; with the name of a step, profile that one."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {
            "JINGWEI_HOME": home,
            "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings",
            "JINGWEI_LOG_LEVEL": "ERROR",
            "JINGWEI_HOSTS": "testserver,localhost",
        }
        import django

        django.setup()
        client, _project = prepare(count)
        try:
            plan = client.get("/schedule/gantt/BIG/data/").json()
            leaves = [t for t in plan["tasks"] if not t["is_summary"] and not t["is_milestone"]]
            middle = leaves[len(leaves) // 2]
            versions = {"now": middle["version"]}

            def body(number: int) -> dict[str, Any]:
                moved = date.fromisoformat(middle["start"][:10]) + timedelta(days=1 + number)
                return {"changes": [{"task": middle["id"], "version": versions["now"], "start": f"{moved}T09:00"}], "links": {"add": [], "remove": []}}

            def post(where: str, number: int) -> None:
                answer = client.post(f"/schedule/gantt/BIG/{where}/", json.dumps(body(number)), content_type="application/json")
                assert answer.status_code == 200, answer.content
                if where == "commit":
                    versions["now"] = next(t["version"] for t in answer.json()["tasks"] if t["id"] == middle["id"])

            size = len(client.get("/schedule/gantt/BIG/data/").content)
            print(f"{len(plan['tasks']):,} tasks, {len(plan['links']):,} links, {size / 1e6:.1f} MB of JSON")
            steps: dict[str, Callable[[int], Any]] = {
                "data": lambda number: client.get("/schedule/gantt/BIG/data/"), "preview": lambda number: post("preview", number), "commit": lambda number: post("commit", number),
            }  # fmt: skip
            for label, work in steps.items():
                if profiled == label:
                    work(0)
                    with cProfile.Profile() as profile:
                        work(1)
                    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
                elif not profiled:
                    timed(label, work)
        finally:
            from jingwei.frame.postgres import address

            address.stop_embedded()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else "")
