"""The Gantt's server side at 10,000 tasks: the plan as the page fetches it, a drag as previewed and committed. Run: python -m benchmarks.gantt [tasks]"""

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
from datetime import date
from pathlib import Path
from typing import Any


def prepare(count: int) -> tuple[Any, Any]:
    """An installation of its own with one big plan; returns a logged-in client and the project."""
    from django.test import Client

    from jingwei.assembly.tables import migrate_all
    from jingwei.domains.schedule import services
    from jingwei.domains.work.models import Dependency, Task
    from jingwei.domains.work.services import tasks_renumber
    from jingwei.frame import scope
    from jingwei.frame.models import Membership, Project, Role, Tenant, User
    from jingwei.frame.rights.access import roles_of

    migrate_all()
    tenant = Tenant.objects.create(code="t", name="T")
    roles_of(tenant)
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
    print(f"{label}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms", flush=True)


class Plan:
    """The page's own requests against one big plan."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.sizes: dict[str, int] = {}
        sheet = self.fetch().json()["tasks"]
        self.tasks = [dict(zip(sheet["columns"], row, strict=True)) for row in sheet["rows"]]
        self.leaves = [t for t in self.tasks if not t["is_summary"] and not t["is_milestone"]]

    def fetch(self) -> Any:
        """The plan as the page loads it."""
        answer = self.client.get("/schedule/gantt/BIG/data/")
        self.sizes["data"] = len(answer.content)
        return answer

    def drag(self, where: str, task: dict[str, Any], number: int) -> None:
        """A task stretched by a day more each time."""
        change = {"task": task["id"], "duration_minutes": task["duration_minutes"] + 480 * (number % 9 + 1)}
        answer = self.client.post(f"/schedule/gantt/BIG/{where}/", json.dumps({"changes": [change]}), content_type="application/json")
        assert answer.status_code == 200, answer.content
        self.sizes[f"{where} {task['id']}"] = len(answer.json()["tasks"]["rows"])


def in_the_browser(client: Any) -> None:
    """Chromium against a live server: navigation to the first bars, frames while scrolling, a key press to its repainted bars."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    from tests.browser import launched

    server = LiveServerThread("localhost", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "domain": "localhost", "path": "/"}
    with launched() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()

        def opened(_number: int) -> None:
            page.goto(f"http://localhost:{server.port}/schedule/gantt/BIG/", wait_until="commit")
            page.locator("#gantt[data-state=ready]").wait_for()

        timed("page: navigation to first bars", opened, 5)
        frames = page.evaluate(scroll_script)
        print(f"scrolling: p95 frame {frames:.1f} ms")
        print(f"key press to repainted bars: {page.evaluate(edit_script):.1f} ms (worst of ten)")
    server.terminate()


scroll_script = """async () => {
  const scroller = document.querySelector('.gantt-scroller');
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  let before = await frame();
  for (let n = 0; n < 120; n++) {
    scroller.scrollTop += 400;
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)];
}"""
edit_script = """async () => {
  const g = document.getElementById('gantt').gantt;
  const leaves = [...g.plan.tasks.values()].filter(t => !t.is_summary && !t.is_milestone);
  let worst = 0;
  for (let n = 0; n < 10; n++) {
    const task = leaves[Math.floor(leaves.length / 2)];
    const began = performance.now();
    g.actions.hold({ changes: [{ id: task.id, start: g.plan.calendar.movedByDays(task.start, n + 1) }] });
    g.drawNow();
    worst = Math.max(worst, performance.now() - began);
    g.actions.release();
  }
  return worst;
}"""


def main(count: int = 10_000, profiled: str = "") -> None:
    """Print the figures; with the name of a step, profile that one."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {
            "JINGWEI_HOME": home,
            "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings",
            "JINGWEI_LOG_LEVEL": "ERROR",
            "JINGWEI_HOSTS": "testserver,localhost",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # the browser's driver runs an event loop in this thread
        }
        import django

        django.setup()
        client, _project = prepare(count)
        try:
            plan = Plan(client)
            print(f"{len(plan.tasks):,} tasks, {plan.sizes['data'] / 1e6:.1f} MB of JSON", flush=True)
            middle, late = plan.leaves[len(plan.leaves) // 2], plan.leaves[-5]
            steps: dict[str, Callable[[int], Any]] = {"data": lambda _number: plan.fetch()}
            for name, task in (("half the plan", middle), ("a few tasks", late)):
                for where in ("preview", "commit"):
                    steps[f"{where}, moves {name}"] = lambda number, where=where, task=task: plan.drag(where, task, number)  # type: ignore[misc]
            for label, work in steps.items():
                if profiled and profiled == label:
                    work(0)
                    with cProfile.Profile() as profile:
                        work(1)
                    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
                elif not profiled:
                    timed(label, work)
            print("rows answered:", {name: size for name, size in plan.sizes.items() if name != "data"})
            if not profiled:
                in_the_browser(client)
        finally:
            from jingwei.frame.postgres import address

            address.stop_embedded()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else "")
