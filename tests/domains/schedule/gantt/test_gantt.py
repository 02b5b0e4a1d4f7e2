"""The Gantt in a browser: it shows the plan, changes it by hand and by key, undoes, links, renames, and speaks both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from jingwei.kernels import durations
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.schedule.gantt.conftest import GanttPage, OpenGantt
from tests.domains.schedule.gantt.made_plans import empty_plan, integration_plan

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


def test_renaming_in_place_obeys_enter_escape_and_composition(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.press("F2")
    field = gantt.page.get_by_role("textbox", name="任务: 用户培训")
    field.fill("用户培训与考核")
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    expect(field).to_be_visible()
    gantt.press("Escape")
    assert gantt.task("用户培训")["name"] == "用户培训"
    gantt.press("F2")
    field.fill("用户培训与考核")
    gantt.press("Enter")
    expect(gantt.row("用户培训与考核")).to_be_visible()
    expect(gantt.toast).to_contain_text("已保存")
    assert gantt.task("用户培训与考核")["percent"] == 0
    expect(gantt.grid).to_be_focused()


@pytest.mark.parametrize(("column", "typed", "field", "value"), [("duration", "7天", "duration_minutes", 3360), ("percent", "40", "percent", 40)])
def test_duration_and_progress_are_typed_into_their_cells(gantt: GanttPage, column: str, typed: str, field: str, value: int) -> None:
    gantt.choose("用户培训")
    gantt.cell("用户培训", column).dblclick()
    gantt.page.locator(".gantt-input").fill(typed)
    gantt.press("Enter")
    expect(gantt.toast).to_be_visible()
    assert gantt.task("用户培训")[field] == value


def test_what_cannot_be_read_is_refused_in_words(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.cell("用户培训", "duration").dblclick()
    gantt.page.locator(".gantt-input").fill("很久")
    gantt.press("Enter")
    expect(gantt.page.get_by_role("alert")).to_contain_text("无法识别“很久”")
    expect(gantt.cell("用户培训", "duration")).to_have_text("5 天")


def test_what_is_no_duration_names_the_forms_and_stays_to_be_mended(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.cell("用户培训", "duration").dblclick()
    gantt.page.locator(".gantt-input").fill("三天")
    gantt.press("Enter")
    alert = gantt.page.get_by_role("alert").filter(has_text="三天")
    for form in ("3天", "2周", "4小时"):
        expect(alert).to_contain_text(form)
    expect(gantt.page.locator(".gantt-input")).to_have_value("三天")
    gantt.page.locator(".gantt-input").fill("1周2天")
    gantt.press("Enter")
    expect(gantt.page.locator(".gantt-input")).to_have_count(0)
    expect(gantt.cell("用户培训", "duration")).to_contain_text("7 天")  # it is kept by the server in a moment
    assert gantt.task("用户培训")["duration_minutes"] == 7 * 480


@pytest.mark.parametrize("text", ["3", "3d", "2周", "1天4小时", "４小时", "90m", "1.5天", "2w 1d", "", "三天", "soon", "1d 1w", "1,500d", "3x", "-1d", "d"])
def test_the_picture_reads_durations_as_the_server_does(gantt: GanttPage, text: str) -> None:
    try:
        expected = durations.parse(text, bare="d")
    except ValueError:
        expected = None
    expected = None if expected is not None and expected < 0 else expected
    found = gantt.page.evaluate("async text => (await import('/static/schedule/gantt/strings.js')).readDuration(text, 480)", text)
    assert found == expected


def test_a_cell_behind_the_divider_is_brought_to_the_eye_and_answers(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.grid.focus()
    for _ in range(20):
        gantt.press("ArrowRight")
        gantt.page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        if "gantt-cell-assignee" in (gantt.page.locator(".gantt-cell.is-active").get_attribute("class") or ""):
            break
    cell, tree = gantt.cell("用户培训", "assignee").bounding_box(), gantt.page.locator(".gantt-tree").bounding_box()
    assert cell is not None and tree is not None
    assert tree["x"] - 1 <= cell["x"] and cell["x"] + cell["width"] <= tree["x"] + tree["width"] + 1, "it is seen"
    gantt.press("Enter")
    expect(gantt.page.locator("#gantt-details-assignee")).to_be_focused()


def test_table_and_bars_keep_step_when_the_browser_brings_a_row_into_view(open_gantt: OpenGantt) -> None:
    with open_gantt(integration_plan(), viewport={"width": 1440, "height": 620}) as gantt:
        expect(gantt.page.locator("#gantt")).to_have_attribute("data-state", "ready", timeout=15_000)
        offset = """async () => { const g = document.getElementById('gantt').gantt, rows = [...document.querySelectorAll('.gantt-row:not([hidden])')];
            rows.at(-1).scrollIntoView({ block: 'center' });
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))));
            return [document.querySelector('.gantt-tree-body').scrollTop, document.querySelector('.gantt-tree-grid').scrollTop, g.scroller.scrollTop]; }"""
        body, grid, together = gantt.page.evaluate(offset)
        assert (body, grid) == (0, 0) and together > 0


def test_one_sheet_tells_all_keys_where_the_page_has_its_own(gantt: GanttPage) -> None:
    gantt.page.evaluate(
        '() => document.body.insertAdjacentHTML(\'beforeend\', \'<dialog id="keys" aria-label="键盘"><form method="dialog"><dl><dt><kbd>j</kbd></dt><dd>下一行</dd></dl></form></dialog>\')'
    )
    gantt.choose("用户培训")
    for _twice in range(2):
        gantt.press("?")
        expect(gantt.page.locator("dialog:modal")).to_have_count(1)
        expect(gantt.page.locator("dialog:modal")).to_contain_text("下一行")
        expect(gantt.page.locator("dialog:modal").get_by_text("提前或推迟一天")).to_have_count(1)
        gantt.press("Escape")
        expect(gantt.page.locator("dialog:modal")).to_have_count(0)
    expect(gantt.grid).to_be_focused()


@pytest.mark.parametrize(("from_end", "to_start", "kind"), [(True, True, "FS"), (False, True, "SS"), (True, False, "FF"), (False, False, "SF")])
def test_a_link_is_drawn_from_either_end_to_either_end(gantt: GanttPage, from_end: bool, to_start: bool, kind: str) -> None:
    source, target = gantt.task("用户培训"), gantt.task("上线支持")
    to = gantt.bar("上线支持")
    bar = gantt.bar("用户培训")
    to = gantt.bar("上线支持") if to["x1"] < 0 else to
    gantt.page.mouse.move(bar["centre"], bar["middle"])
    x = bar["x2"] + 11 if from_end else bar["x1"] - 11
    gantt.drag(x, bar["middle"], to["x1"] + 3 if to_start else to["x2"] - 3, to["middle"])
    expect(gantt.toast).to_be_visible()
    assert (source["id"], target["id"], kind) in [(link["from"], link["to"], link["type"]) for link in gantt.plan.links]


def test_a_loop_is_refused_before_the_server_is_asked(gantt: GanttPage) -> None:
    bar, to = gantt.bar("正式切换"), gantt.bar("数据迁移演练")
    bar = gantt.bar("正式切换")
    gantt.page.mouse.move(bar["centre"], bar["middle"])
    gantt.drag(bar["x2"] + 11, bar["middle"], to["x1"] + 3, to["middle"])
    expect(gantt.page.get_by_role("alert")).to_contain_text("该依赖会形成循环")
    assert [kind for kind, _ in gantt.plan.requests if kind == "commit"] == []


def test_links_are_made_and_removed_by_keyboard_alone(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.press("l")
    dialog = gantt.page.get_by_role("dialog", name="“用户培训”的依赖")
    dialog.get_by_label("任务", exact=True).fill("2.3 等保二级整改")
    gantt.press("Enter")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    made = [link for link in gantt.plan.links if link["from"] == gantt.task("等保二级整改")["id"] and link["to"] == gantt.task("用户培训")["id"]]
    assert [link["type"] for link in made] == ["FS"]
    dialog.get_by_role("button", name="删除依赖: 2.3 等保二级整改").press("Enter")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    gantt.press("Escape")
    expect(gantt.grid).to_be_focused()
    assert made[0] not in gantt.plan.links


def test_the_sheet_of_keys_opens_and_closes(gantt: GanttPage) -> None:
    gantt.grid.focus()
    gantt.press("?")
    sheet = gantt.page.get_by_role("dialog", name="键盘快捷键")
    expect(sheet).to_contain_text("提前或推迟一天")
    gantt.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_refusal_is_told_and_the_plan_stays_true(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.press("F2")
    gantt.page.locator(".gantt-input").fill("!")
    gantt.press("Enter")
    expect(gantt.page.get_by_role("alert")).to_contain_text("This name is refused.")
    expect(gantt.row("用户培训")).to_be_visible()
    gantt.faults.clear()  # the browser logs the 422 itself


def test_a_change_by_someone_else_is_told_and_loaded(gantt: GanttPage) -> None:
    gantt.task("用户培训").update(version=9, name="培训（新）")
    gantt.choose("用户培训")
    gantt.press("Alt+ArrowRight")
    expect(gantt.page.get_by_role("alert")).to_contain_text("他人已修改此计划")
    expect(gantt.row("培训（新）")).to_be_visible()
    gantt.faults.clear()  # the browser logs the 409 itself


def test_news_of_the_plan_is_fetched_without_losing_the_place(open_gantt: OpenGantt) -> None:
    with open_gantt(integration_plan(), viewport={"width": 1440, "height": 800}) as gantt:
        expect(gantt.row("启动与蓝图")).to_be_visible()
        gantt.choose("设备采集适配")
        gantt.page.evaluate("() => document.querySelector('.gantt-scroller').scrollTop = 200")
        gantt.task("设备采集适配")["name"] = "数据采集"
        gantt.page.evaluate("() => document.dispatchEvent(new CustomEvent('jingwei:plan-changed'))")
        expect(gantt.row("数据采集")).to_have_attribute("aria-selected", "true")
        assert gantt.page.evaluate("() => document.querySelector('.gantt-scroller').scrollTop") == 200
        assert gantt.server.loads == 2


def test_columns_are_shown_and_hidden(gantt: GanttPage) -> None:
    gantt.page.get_by_role("button", name="列", exact=True).click()
    gantt.page.get_by_role("checkbox", name="前置任务").check()
    gantt.page.get_by_role("checkbox", name="负责人").uncheck()
    expect(gantt.page.get_by_role("columnheader", name="前置任务")).to_have_count(1)
    expect(gantt.page.get_by_role("columnheader", name="负责人")).to_have_count(0)
    expect(gantt.cell("集成蓝图评审", "predecessors")).to_have_text("1.3 FS; 1.4 FS")


@pytest.mark.parametrize("level", ["hour", "day", "week", "month", "quarter"])
def test_every_level_of_zoom_keeps_the_middle_and_draws(gantt: GanttPage, level: str) -> None:
    read = "() => { const g = document.getElementById('gantt').gantt; return g.scale.minute(g.scroller.scrollLeft + g.chartWidth / 2); }"
    gantt.page.get_by_role("combobox", name="缩放").select_option("day")
    before = gantt.page.evaluate(read)
    gantt.page.get_by_role("combobox", name="缩放").select_option(level)
    assert abs(gantt.page.evaluate(read) - before) < (2 * 1440 if level != "quarter" else 400 * 1440)
    expect(gantt.page.get_by_role("combobox", name="缩放")).to_have_value(level)


def test_a_reader_changes_nothing(open_gantt: OpenGantt) -> None:
    with open_gantt(integration_plan(), "?edit=false") as gantt:
        gantt.choose(DRIVEN)
        bar = gantt.bar(DRIVEN)
        gantt.drag(bar["centre"], bar["middle"], bar["centre"] + 60, bar["middle"])
        gantt.press("Alt+ArrowRight", "F2", "Enter")
        expect(gantt.page.locator(".gantt-input")).to_have_count(0)
        assert gantt.plan.requests == []


def test_english_where_the_page_gives_no_words(open_gantt: OpenGantt) -> None:
    with open_gantt(integration_plan("en"), "?lang=en") as gantt:
        expect(gantt.page.get_by_role("columnheader", name="Finish")).to_be_visible()
        gantt.choose("Training")
        gantt.press("Alt+ArrowRight")
        expect(gantt.toast).to_contain_text("Moved 1 task; finish unchanged")
        assert re.search("[一-鿿]", gantt.page.locator(".gantt-toolbar, .gantt-legend").first.inner_text()) is None


def test_every_word_has_its_chinese(gantt: GanttPage) -> None:
    missing, unknown = gantt.page.evaluate(
        """async () => { const { ENGLISH } = await import('/static/schedule/gantt/strings.js');
          const given = JSON.parse(document.getElementById('gantt-strings').textContent);
          return [Object.keys(ENGLISH).filter(key => !given[key]), Object.keys(given).filter(key => !ENGLISH[key])]; }"""
    )
    assert (missing, unknown) == ([], [])


def test_an_empty_plan_offers_one_thing_to_do(open_gantt: OpenGantt) -> None:
    with open_gantt(empty_plan()) as gantt:
        expect(gantt.page.get_by_role("heading", name="还没有任务")).to_be_visible()
        expect(gantt.page.get_by_role("link", name="添加任务")).to_have_attribute("href", "/new")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_accessible_in_light_and_dark_wide_and_narrow(open_gantt: OpenGantt, theme: str, language: str, width: int) -> None:
    with open_gantt(integration_plan(language), f"?theme={theme}&lang={language}", viewport={"width": width, "height": 844}) as gantt:
        expect(gantt.page.locator("#gantt")).to_have_attribute("data-state", "ready")
        gantt.grid.focus()
        assert accessibility_faults(gantt.page) == []
        gantt.press("l")
        expect(gantt.page.get_by_role("dialog")).to_be_visible()
        assert accessibility_faults(gantt.page) == []
        assert gantt.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_paper_shows_every_row_and_the_screen_comes_back(open_gantt: OpenGantt) -> None:
    read = """() => { const g = document.getElementById('gantt').gantt;
      return [document.querySelectorAll('.gantt-row:not([hidden])').length, g.scale.dayWidth, g.scroller.scrollTop]; }"""
    with open_gantt(integration_plan(), viewport={"width": 1440, "height": 700}) as gantt:
        expect(gantt.row("启动与蓝图")).to_be_visible()
        gantt.choose("设备采集适配")
        before = gantt.page.evaluate(read)
        gantt.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        assert gantt.page.evaluate(read)[0] == len(gantt.plan.tasks) > before[0]
        gantt.page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
        assert gantt.page.evaluate(read) == before


def test_a_finger_chooses_then_drags_and_two_fingers_zoom(open_gantt: OpenGantt) -> None:
    with open_gantt(integration_plan(), viewport={"width": 820, "height": 1180}, has_touch=True) as gantt:
        expect(gantt.row("启动与蓝图")).to_be_visible()
        bar = gantt.bar(DRIVEN)
        fingers = gantt.page.context.new_cdp_session(gantt.page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]})

        before = gantt.task(DRIVEN)["start"]
        gantt.page.touchscreen.tap(bar["centre"], bar["middle"])
        expect(gantt.row(DRIVEN)).to_have_attribute("aria-selected", "true")
        touch("touchStart", (bar["centre"], bar["middle"]))
        for step in range(1, 8):
            touch("touchMove", (bar["centre"] + step * bar["day"], bar["middle"]))
        touch("touchEnd")
        expect(gantt.toast).to_contain_text("已改期")
        assert gantt.task(DRIVEN)["start"] > before
        width = gantt.page.evaluate("() => document.getElementById('gantt').gantt.scale.dayWidth")
        touch("touchStart", (600, 500), (660, 500))
        touch("touchMove", (570, 500), (690, 500))
        touch("touchEnd")
        assert gantt.page.evaluate("() => document.getElementById('gantt').gantt.scale.dayWidth") == pytest.approx(2 * width, rel=0.05)
