"""The Gantt in a browser: it shows the plan, changes it by hand and by key, undoes, links, renames, and speaks both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import expect

from tests.browser import needs_chromium
from tests.domains.schedule.gantt.conftest import GanttPage
from tests.domains.schedule.gantt.fake_plan import Refused

pytestmark = needs_chromium

DRIVEN = "端到端流程测试"  # follows its predecessors directly, nothing reported yet
FOLLOWER = "用户验收测试"


def test_the_table_tells_every_task_with_its_place_in_the_tree(gantt: GanttPage) -> None:
    expect(gantt.grid).to_have_attribute("aria-rowcount", str(len(gantt.plan.tasks) + 1))
    summary, leaf = gantt.row("启动与蓝图"), gantt.row("现状系统调研")
    expect(summary).to_have_attribute("aria-expanded", "true")
    expect(summary).to_have_attribute("aria-level", "1")
    expect(leaf).to_have_attribute("aria-level", "2")
    expect(leaf).to_have_attribute("aria-rowindex", "4")
    task = gantt.task("现状系统调研")
    assert [gantt.cell("现状系统调研", key).inner_text() for key in ("wbs", "start", "finish", "duration", "percent", "assignee")] == [
        "1.2", task["start"][:10], task["finish"][:10], "8 天", "100%", "李娜",
    ]  # fmt: skip


def test_what_only_the_picture_shows_is_said_in_words_too(gantt: GanttPage) -> None:
    words = gantt.row("监控告警接入").locator(".gantt-sr")
    expect(words).to_have_text(re.compile("截止 2026-11-06; 截止日期告急; 基线 .* 至 .*; 前置 2.2 FS \\+1 天; 4.2 SF \\+1 天"))
    expect(gantt.row("完工回传").locator(".gantt-sr")).to_have_text(re.compile("接口 MES-03 降级"))


def test_the_canvas_is_not_blank(gantt: GanttPage) -> None:
    colours = gantt.page.evaluate(
        """() => { const c = document.querySelector('.gantt-canvas'), d = c.getContext('2d').getImageData(0, 60, c.width, c.height - 60).data, seen = new Map();
          for (let k = 0; k < d.length; k += 4) { const key = d[k] << 16 | d[k + 1] << 8 | d[k + 2]; seen.set(key, (seen.get(key) || 0) + 1); }
          return [0x2f6fde, 0xcf2f3f, 0x3a475c, 0x8e99aa].map(key => seen.get(key) || 0); }"""
    )
    assert all(count > 100 for count in colours), f"pixels of bar, critical, summary, baseline: {colours}"


def test_the_strip_tells_what_other_projects_plan_for_the_same_person(gantt: GanttPage) -> None:
    """Given eight hours of another project and a day of leave, when the strip is shown, then both days are too much, the other project's hours are named and lead to all of it."""
    task = gantt.task("现状系统调研")
    day = (date.fromisoformat(task["start"][:10]) - date(1970, 1, 1)).days
    gantt.server.beside = {"李娜": {"url": "/load/?person=E-1", "others": {str(day): 480}, "room": {str(day + 1): 0}}}
    for summary in gantt.plan.tasks:
        if summary["assignee"] == "李娜" and summary["name"] != task["name"]:
            summary["assignee"] = ""
    gantt.page.reload()
    gantt.page.get_by_role("button", name="负荷").click()
    strip = gantt.page.locator(".gantt-load")
    strip.locator("select").select_option("李娜")
    expect(strip.locator(".gantt-load-words")).to_have_text("超负荷 2 天，最高 200% · 其中这些天有 8 小时来自其他项目")
    expect(strip.get_by_role("link", name="查看全部项目")).to_have_attribute("href", "/load/?person=E-1")
    strip.locator("select").select_option("王磊")
    expect(strip.locator(".gantt-load-words")).not_to_contain_text("其他项目")
    expect(strip.get_by_role("link", include_hidden=True)).to_be_hidden()


def test_the_strip_lays_begun_work_where_the_server_does(gantt: GanttPage) -> None:
    """Given ten days half done by the data date, finished three weeks late, then the done half lies before it, the rest on the last five days, and cancelled work nowhere."""
    found = gantt.page.evaluate(
        """async () => {
          const { loadsOf } = await import('/static/schedule/gantt/load.js');
          const { WorkCalendar, parseMinute, dayOf } = await import('/static/schedule/gantt/calendar.js');
          const office = [[540, 720], [780, 1080]], week = Object.fromEntries([0, 1, 2, 3, 4].map(day => [day, office]));
          const at = parseMinute, calendar = new WorkCalendar({ shifts: week }, dayOf(at('2026-06-01T00:00')));
          const task = { assignee: '李娜', assignee_id: 7, duration: 4800, percent: 50, start: at('2026-06-01T09:00'), finish: at('2026-06-26T18:00') };
          const half = { ...task, percent: 0, units_percent: '50.00', duration: 960, start: at('2026-06-29T09:00'), finish: at('2026-06-30T18:00') };
          const tasks = new Map([[1, task], [2, half], [3, { ...task, status: 'cancelled' }]]);
          const loads = loadsOf({ tasks, calendar, dataDate: at('2026-06-05T18:00') }, each => each);
          return Object.fromEntries([...loads.get('7').days].map(([day, minutes]) => [day - dayOf(at('2026-06-01T00:00')) + 1, Math.round(minutes)]));
        }"""
    )
    assert found == {**{str(day): 480 for day in (1, 2, 3, 4, 5, 22, 23, 24, 25, 26)}, "29": 240, "30": 240}


def test_dragging_a_bar_moves_it_and_what_follows(gantt: GanttPage) -> None:
    before = {task["name"]: task["start"] for task in gantt.plan.tasks}
    bar = gantt.bar(DRIVEN)
    gantt.drag(bar["centre"], bar["middle"], bar["centre"] + 7 * bar["day"], bar["middle"], is_dropped=False)
    expect(gantt.page.locator(".gantt-effect")).to_contain_text("将影响")
    expect(gantt.row(FOLLOWER)).to_have_class(re.compile("is-moved"))
    assert gantt.task(DRIVEN)["start"] == before[DRIVEN], "nothing is kept before the hand lets go"
    gantt.page.mouse.up()
    expect(gantt.toast).to_contain_text(re.compile(r"已改期，影响 \d+ 项; 完成 2027-\d\d-\d\d → 2027-\d\d-\d\d"))
    assert gantt.task(DRIVEN)["start"] > before[DRIVEN]
    assert gantt.task(FOLLOWER)["start"] > before[FOLLOWER]
    expect(gantt.cell(DRIVEN, "start")).to_have_text(gantt.task(DRIVEN)["start"][:10])


def test_escape_during_a_drag_leaves_everything_as_it_was(gantt: GanttPage) -> None:
    bar = gantt.bar(DRIVEN)
    gantt.drag(bar["centre"], bar["middle"], bar["centre"] + 9 * bar["day"], bar["middle"], is_dropped=False)
    gantt.press("Escape")
    gantt.page.mouse.up()
    expect(gantt.row(DRIVEN)).not_to_have_class(re.compile("is-moved"))
    assert [kind for kind, _ in gantt.plan.requests if kind == "commit"] == []


def test_dragging_the_right_edge_stretches(gantt: GanttPage) -> None:
    before = gantt.task(DRIVEN)["duration_minutes"]
    bar = gantt.bar(DRIVEN)
    gantt.drag(bar["x2"] - 2, bar["middle"], bar["x2"] - 2 + 7 * bar["day"], bar["middle"])
    expect(gantt.toast).to_contain_text("已改期")
    assert gantt.task(DRIVEN)["duration_minutes"] == before + 5 * 480
    expect(gantt.cell(DRIVEN, "duration")).to_have_text("15 天")


def test_undo_and_redo_by_toast_and_keys(gantt: GanttPage) -> None:
    before = gantt.task(DRIVEN)["start"]
    gantt.choose(DRIVEN)
    gantt.press("Alt+ArrowRight")
    gantt.toast.get_by_role("button", name="撤销").click()
    expect(gantt.toast).to_contain_text("已撤销")
    assert gantt.task(DRIVEN)["start"] == before
    gantt.press("Control+y")
    expect(gantt.toast).to_contain_text("已重做")
    assert gantt.task(DRIVEN)["start"] > before
    gantt.press("Control+z")
    expect(gantt.toast).to_contain_text("已撤销")
    expect(gantt.cell(DRIVEN, "start")).to_have_text(before[:10])


def test_an_undo_that_is_told_to_wait_may_be_tried_again(gantt: GanttPage) -> None:
    """Given a change, when its undo is told to wait, then the same undo is there for the next try; one that is refused for good is gone."""
    before, undo = gantt.task(DRIVEN)["start"], gantt.plan.undo

    def answered(status: int) -> Any:
        def refuse(_token: str) -> Any:
            raise Refused(status, f"回答 {status}")

        return refuse

    gantt.choose(DRIVEN)
    gantt.press("Alt+ArrowRight")
    expect(gantt.toast).to_contain_text("已改期")
    gantt.plan.undo = answered(429)  # type: ignore[method-assign]
    gantt.press("Control+z")
    expect(gantt.toast.filter(has_text="回答 429")).to_be_visible()
    gantt.plan.undo = undo  # type: ignore[method-assign]
    gantt.press("Control+z")
    expect(gantt.toast.filter(has_text="已撤销")).to_be_visible()
    assert gantt.task(DRIVEN)["start"] == before
    gantt.plan.undo = answered(409)  # type: ignore[method-assign]
    gantt.press("Control+y")
    expect(gantt.toast.filter(has_text="他人已修改此计划")).to_be_visible()
    expect(gantt.page.get_by_role("button", name="重做", exact=True)).to_be_disabled()
    gantt.faults.clear()  # the browser logs both answers itself


def test_what_the_server_cannot_redo_is_sent_again(gantt: GanttPage) -> None:
    gantt.plan.redoes = False
    gantt.choose("用户培训")
    gantt.press("F2")
    gantt.page.locator(".gantt-input").fill("培训")
    gantt.press("Enter")
    expect(gantt.toast).to_contain_text("已保存")
    gantt.press("Control+z")
    expect(gantt.row("用户培训")).to_be_visible()
    gantt.press("Control+y")
    expect(gantt.toast).to_contain_text("已重做")
    assert gantt.task("培训")["version"] == 4
    assert [kind for kind, _ in gantt.plan.requests] == ["commit", "undo", "commit"]


def test_fifty_changes_can_be_undone(gantt: GanttPage) -> None:
    before = gantt.task("用户培训")["percent"]
    gantt.page.evaluate(
        """async () => { const g = document.getElementById('gantt').gantt, task = [...g.plan.tasks.values()].find(t => t.name === '用户培训');
          for (let percent = 1; percent <= 50; percent++) await g.actions.change(task, { percent }); }"""
    )
    assert gantt.task("用户培训")["percent"] == 50
    gantt.page.evaluate("async () => { const g = document.getElementById('gantt').gantt; for (let k = 0; k < 50; k++) await g.actions.undo(); }")
    assert gantt.task("用户培训")["percent"] == before
    expect(gantt.page.get_by_role("button", name="撤销", exact=True)).to_be_disabled()


def test_keys_pressed_in_a_row_are_one_change(gantt: GanttPage) -> None:
    before = gantt.task(DRIVEN)["start"]
    gantt.choose(DRIVEN)
    gantt.press_at_once("Alt+ArrowRight", 3)
    expect(gantt.toast).to_contain_text("已改期")
    commits = [change for kind, change in gantt.plan.requests if kind == "commit"]
    assert len(commits) == 1
    assert date.fromisoformat(gantt.task(DRIVEN)["start"][:10]) - date.fromisoformat(before[:10]) in {timedelta(days=3), timedelta(days=5)}
    assert commits[0]["changes"] == [{"task": gantt.task(DRIVEN)["id"], "start": gantt.task(DRIVEN)["start"], "version": 1}]


def test_shift_alt_arrow_stretches_by_a_day(gantt: GanttPage) -> None:
    before = gantt.task(DRIVEN)["duration_minutes"]
    gantt.choose(DRIVEN)
    gantt.press("Shift+Alt+ArrowRight")
    expect(gantt.toast).to_contain_text("已改期")
    assert gantt.task(DRIVEN)["duration_minutes"] == before + 480


def test_arrows_walk_the_tree_and_close_branches(gantt: GanttPage) -> None:
    gantt.grid.focus()
    gantt.press("Home", "ArrowDown", "ArrowDown")
    expect(gantt.row("现状系统调研")).to_have_attribute("aria-selected", "true")
    gantt.press("ArrowLeft")
    expect(gantt.row("启动与蓝图")).to_have_attribute("aria-selected", "true")
    gantt.press("ArrowLeft")
    expect(gantt.row("启动与蓝图")).to_have_attribute("aria-expanded", "false")
    expect(gantt.row("现状系统调研")).to_have_count(0)
    gantt.press("ArrowRight", "End")
    expect(gantt.row("上线支持")).to_have_attribute("aria-selected", "true")
    active = gantt.grid.get_attribute("aria-activedescendant")
    assert active == gantt.row("上线支持").get_attribute("id")
