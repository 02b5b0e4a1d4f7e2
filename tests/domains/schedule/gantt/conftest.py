"""A browser and the Gantt's page; skipped where there is no Chromium, except on continuous integration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser import launched, watched
from tests.domains.schedule.gantt.fake_plan import FakePlan
from tests.domains.schedule.gantt.made_plans import integration_plan
from tests.domains.schedule.gantt.page_server import PlanServer
from tests.serving import in_background

DESKTOP = {"width": 1440, "height": 1500}  # tall enough for every row of the integration project


@dataclass
class GanttPage:
    """The page in one browser tab, and what went wrong in it."""

    page: Page
    server: PlanServer
    faults: list[str] = field(default_factory=list)

    @property
    def plan(self) -> FakePlan:
        return self.server.plan

    @property
    def grid(self) -> Locator:
        return self.page.get_by_role("treegrid")

    @property
    def toast(self) -> Locator:
        return self.page.locator(".gantt-toast")

    def row(self, name: str) -> Locator:
        """The row of the table whose task has this name."""
        return self.page.locator(".gantt-row:not([hidden])").filter(has=self.page.locator(".gantt-name", has_text=name))

    def cell(self, name: str, column: str) -> Locator:
        return self.row(name).locator(f".gantt-cell-{column}")

    def task(self, name: str) -> dict[str, Any]:
        """The plan's own task of this name."""
        return next(task for task in self.plan.tasks if task["name"] == name)

    def bar(self, name: str) -> dict[str, float]:
        """{x1, x2, middle, centre} of a bar in page pixels, brought into view first."""
        return self.page.evaluate(
            """async name => {
              const { Geometry } = await import('/static/schedule/gantt/geometry.js');
              const g = document.getElementById('gantt').gantt;
              const task = [...g.plan.tasks.values()].find(each => each.name === name);
              g.bringRow(task.row); g.showBar(task); g.drawNow();
              const box = document.querySelector('.gantt-canvas').getBoundingClientRect();
              const bar = new Geometry(g).bar(task);
              return { x1: box.left + bar.x1, x2: box.left + bar.x2, centre: box.left + bar.centre, middle: box.top + bar.middle, day: g.scale.dayWidth };
            }""",
            name,
        )

    def drag(self, from_x: float, from_y: float, to_x: float, to_y: float, *, is_dropped: bool = True) -> None:
        """Press, go there in steps, and let go."""
        mouse = self.page.mouse
        mouse.move(from_x, from_y)
        mouse.down()
        mouse.move((from_x + to_x) / 2, (from_y + to_y) / 2, steps=4)
        mouse.move(to_x, to_y, steps=4)
        if is_dropped:
            mouse.up()

    def choose(self, name: str) -> None:
        """Select a task by clicking its WBS cell; the table has the focus then."""
        expect(self.page.locator("#gantt")).to_have_attribute("data-state", "ready", timeout=15_000)
        self.page.evaluate(
            "name => { const g = document.getElementById('gantt').gantt; g.bringRow([...g.plan.tasks.values()].find(t => t.name === name).row); g.drawNow(); }",
            name,
        )
        self.cell(name, "wbs").click()
        expect(self.row(name)).to_have_attribute("aria-selected", "true")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_at_once(self, key: str, times: int) -> None:
        """The same key several times without a pause, however busy the machine is."""
        *held, name = key.split("+")
        event = {"key": name, "altKey": "Alt" in held, "shiftKey": "Shift" in held, "bubbles": True, "cancelable": True}
        self.grid.evaluate(
            "(grid, [event, times]) => { for (let n = 0; n < times; n += 1) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event)); }",
            [event, times],
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module: its event loop must be gone before tests that use the database."""
    with launched() as started:
        yield started


OpenGantt = Callable[..., Any]


@pytest.fixture(scope="module")
def server() -> Iterator[PlanServer]:
    """One server for a module, whose plan each test exchanges: the browser keeps the scripts it has read."""
    started = PlanServer(integration_plan())
    in_background(started)
    yield started
    started.shutdown()
    started.server_close()


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """The usual browser window; what a page stores in it is taken away when the page is closed."""
    made = browser.new_context(viewport=DESKTOP)
    yield made
    made.close()


@pytest.fixture
def open_gantt(browser: Browser, desk: BrowserContext, server: PlanServer) -> OpenGantt:
    """A context manager (plan, query, **context options) → GanttPage; a page error, console error or CSP violation fails the test."""

    @contextmanager
    def opened(plan: FakePlan, query: str = "", **options: Any) -> Iterator[GanttPage]:
        server.exchange(plan)
        context = browser.new_context(viewport=options.pop("viewport", DESKTOP), **options) if options else desk
        page = context.new_page()
        gantt = GanttPage(page, server, watched(page, server.url))
        try:
            page.goto(server.url + query)
            yield gantt
            assert gantt.faults == []
        finally:
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
            page.close()
            if context is not desk:
                context.close()

    return opened


@pytest.fixture
def gantt(open_gantt: OpenGantt) -> Iterator[GanttPage]:
    """The Chinese integration project, ready."""
    with open_gantt(integration_plan()) as page:
        expect(page.page.locator("#gantt")).to_have_attribute("data-state", "ready")
        yield page
