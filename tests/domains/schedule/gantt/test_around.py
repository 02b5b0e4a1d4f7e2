"""Around the picture: links, refusals, news of others, columns, zoom, languages, paper, fingers, accessibility."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import accessibility_faults, needs_chromium
from tests.domains.schedule.gantt.conftest import GanttPage, OpenGantt
from tests.domains.schedule.gantt.made_plans import empty_plan, integration_plan
from tests.domains.schedule.gantt.test_gantt import DRIVEN

pytestmark = needs_chromium


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


def test_a_baseline_is_named_said_to_be_kept_and_leaves_the_undo_history(gantt: GanttPage) -> None:
    gantt.choose("用户培训")
    gantt.press("F2")
    gantt.page.locator(".gantt-input").fill("用户培训与考核")
    gantt.press("Enter")
    expect(gantt.toast).to_be_visible()
    gantt.page.get_by_role("button", name="baseline").click()
    name = gantt.page.get_by_role("dialog").get_by_role("textbox", name="名称")
    expect(name).to_be_focused()
    expect(name).to_have_value("2026-11-20 09:00")
    gantt.plan.kept.append("第一版")
    name.fill("第一版")
    gantt.press("Enter")
    expect(gantt.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("There is one of this name.")
    gantt.faults.clear()  # the browser logs the 422 itself
    name.fill("第二版")
    gantt.press("Enter")
    expect(gantt.toast.filter(has_text="已保存基线“第二版”")).to_be_visible()
    expect(gantt.page.get_by_role("dialog")).to_have_count(0)
    assert gantt.plan.kept == ["第一版", "第二版"]
    gantt.grid.focus()
    gantt.press("Control+z")
    expect(gantt.row("用户培训")).to_be_visible()
    expect(gantt.row("用户培训与考核")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_tools_stand_in_one_row_beside_the_menu(open_gantt: OpenGantt, language: str) -> None:
    with open_gantt(integration_plan(language), f"?lang={language}", viewport={"width": 1440, "height": 800}) as gantt:
        expect(gantt.page.locator("#gantt")).to_have_attribute("data-state", "ready")
        height = gantt.page.evaluate(
            """() => { const g = document.getElementById('gantt'); g.style.maxWidth = '1150px'; g.gantt.setBusy(true);
            return document.querySelector('.gantt-toolbar').offsetHeight; }"""
        )
        assert height < 50
