"""The page's own forward pass agrees with the server's kernel, so that what is shown while dragging is what will be kept."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import expect

from tests.browser import needs_chromium
from tests.domains.schedule.gantt.conftest import OpenGantt
from tests.domains.schedule.gantt.fake_plan import FakePlan, iso_of, minute_of
from tests.domains.schedule.gantt.made_plans import big_plan

pytestmark = needs_chromium

RIPPLE = """async wishes => {
  const { ripple } = await import('/static/schedule/gantt/ripple.js');
  const g = document.getElementById('gantt').gantt;
  return wishes.map(({ id, ...wish }) => [...ripple(g.plan, new Map([[id, wish]]))].map(([moved, at]) => [moved, at.start, at.finish]));
}"""


def moved_by_kernel(plan: FakePlan, change: dict[str, object]) -> dict[int, tuple[int, int]]:
    """Where the kernel puts every task that a change moves."""
    before = {task["id"]: (task["start"], task["finish"]) for task in plan.tasks}
    answer = plan.preview({"changes": [change], "links": {"add": [], "remove": []}})
    return {
        task["id"]: (minute_of(task["start"]), minute_of(task["finish"])) for task in answer["tasks"] if (task["start"], task["finish"]) != before[task["id"]]
    }


@pytest.mark.parametrize("seed", range(4))
def test_a_moved_or_stretched_task_ripples_as_in_the_kernel(open_gantt: OpenGantt, seed: int) -> None:
    plan, chance = big_plan(400, seed), random.Random(seed)
    leaves = [task for task in plan.tasks if not task["is_summary"]]
    wishes, changes = [], []
    for task in chance.sample(leaves, 40):
        if task["is_milestone"] or chance.random() < 0.5:
            later = plan.compiled.next_work(minute_of(task["start"]) + chance.randrange(1, 20) * 1440 + chance.choice([0, 0, 95]))
            wishes.append({"id": task["id"], "start": int(later)})
            changes.append({"task": task["id"], "start": iso_of(int(later)), "version": 1})
        else:
            duration = max(30, task["duration_minutes"] + chance.choice([-1440, -480, -95, 95, 480, 2400]))
            wishes.append({"id": task["id"], "duration": duration})
            changes.append({"task": task["id"], "duration_minutes": duration, "version": 1})
    with open_gantt(plan) as gantt:
        expect(gantt.page.locator("#gantt")).to_have_attribute("data-state", "ready")
        shown = gantt.page.evaluate(RIPPLE, wishes)
    for change, answer in zip(changes, shown, strict=True):
        assert {task: (start, finish) for task, start, finish in answer} == moved_by_kernel(plan, change), change
