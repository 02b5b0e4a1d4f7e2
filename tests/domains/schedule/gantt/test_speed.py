"""Ten thousand tasks: painted, scrolled, dragged. Figures are printed (pytest -s) and judged in benchmarks/gantt.py, never here."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import needs_chromium
from tests.domains.schedule.gantt.conftest import OpenGantt
from tests.domains.schedule.gantt.made_plans import big_plan

pytestmark = needs_chromium

SCROLL = """async () => {
  const scroller = document.querySelector('.gantt-scroller'), times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let k = 0; k < 90; k++) {
    scroller.scrollTop += 400;
    if (k % 3 === 0) scroller.scrollLeft += 60;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last); last = now;
  }
  times.sort((a, b) => a - b);
  return { median: times[45], p95: times[85], rows: document.querySelectorAll('.gantt-row').length };
}"""
HOLD = """() => {
  const g = document.getElementById('gantt').gantt, times = [];
  const leaves = g.plan.rows.filter(task => !task.is_summary && !task.is_milestone);
  for (let k = 1; k <= 40; k++) {
    const task = leaves[k * 7];
    const began = performance.now();
    g.actions.hold({ changes: [{ id: task.id, start: g.plan.calendar.movedByDays(task.start, 5) }] });
    g.drawNow();
    times.push(performance.now() - began);
  }
  const moved = g.preview.size;
  g.actions.release();
  times.sort((a, b) => a - b);
  return { median: times[20], p95: times[37], worst: times[39], moved };
}"""


def test_ten_thousand_tasks(open_gantt: OpenGantt) -> None:
    with open_gantt(big_plan(10_000), viewport={"width": 1440, "height": 900}) as gantt:
        host = gantt.page.locator("#gantt")
        expect(host).to_have_attribute("data-state", "ready", timeout=15_000)
        paint_ms = float(host.get_attribute("data-paint-ms") or "nan")
        scroll = gantt.page.evaluate(SCROLL)
        hold = gantt.page.evaluate(HOLD)
        heap = gantt.page.evaluate("() => performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0")
        print(
            f"\n10,000 tasks: paint {paint_ms:.0f} ms; frame median {scroll['median']:.1f}, p95 {scroll['p95']:.1f} ms; {scroll['rows']} rows in the page;",
            end=" ",
        )
        print(f"drag step median {hold['median']:.1f}, p95 {hold['p95']:.1f}, worst {hold['worst']:.1f} ms; heap {heap:.0f} MB")
        assert scroll["rows"] < 60, "only what is seen is in the page"
        assert hold["moved"] > 0, "what follows moves along"
        assert paint_ms > 0
