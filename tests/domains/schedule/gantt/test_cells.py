"""The table beside the picture: what is typed into its cells, and where one is in it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from jingwei.kernels import durations
from tests.browser import needs_chromium
from tests.domains.schedule.gantt.conftest import GanttPage, OpenGantt
from tests.domains.schedule.gantt.made_plans import integration_plan

pytestmark = needs_chromium


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


def test_a_task_without_length_is_offered_to_be_a_milestone(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.cell("用户培训", "duration").dblclick()
    gantt.page.locator(".gantt-input").fill("0")
    gantt.press("Enter")
    gantt.toast.filter(has_text="工期现在为 0").get_by_role("button", name="设为里程碑").click()
    expect(gantt.cell("用户培训", "name")).to_contain_text("里程碑")
    assert gantt.task("用户培训")["is_milestone"]


def test_whose_it_is_is_typed_as_in_every_form(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.press("d")
    field = gantt.page.locator("#gantt-details-assignee")
    field.fill("wl")  # what it means is for the server to say
    field.press("Tab")
    expect(gantt.toast).to_be_visible()
    assert gantt.task("用户培训")["assignee"] == "wl"
    field.fill("")
    field.press("Tab")
    expect(gantt.cell("用户培训", "assignee")).to_have_text("")
    assert gantt.task("用户培训")["assignee"] is None
