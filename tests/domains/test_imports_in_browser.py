"""The wizard of imports in a real browser: brought, read as chosen, its columns, a trial, the good rows, undo; both languages, a phone's width, dark, by keyboard."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from jingwei.domains.work.models import Task
from tests.browser import accessibility_faults, needs_chromium
from tests.domains.conftest import Firm
from tests.domains.test_views_in_browser import opened

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]
excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def kept(page: Page, name: str) -> None:
    """A picture for who wants to look."""
    if folder := os.environ.get("JINGWEI_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"import-{name}.png"), full_page=True)


def checked(page: Page, name: str) -> None:
    kept(page, name)
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"), f"{name} is wider than the screen"


def plan(known: Task) -> bytes:
    """A workbook as people keep it: a title, a row in between, headings of two rows, a code twice, numbers that are damaged."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "二月计划"
    sheet["A1"] = "二月份实施计划（内部）"
    for at, text in {"A3": "任务编号", "B3": "任务名称", "C3": "计划", "C4": "进度", "D4": "备注甲"}.items():
        sheet[at] = text
    for cells in ("A3:A4", "B3:B4", "C3:D3"):
        sheet.merge_cells(cells)
    for row in (
        (known.code, "机柜上架与理线", 40, "甲"),
        ("N-1", "光缆熔接", 0, "乙"),
        ("N-2", "割接演练", 300, "丙"),
        ("N-3", "联调", 0, ""),
        ("N-3", "联调（重复）", 0, ""),
    ):
        sheet.append(row)
    sheet.append((110105194912310021, "身份证当编号", 0, ""))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bring(page: Page, server: Any, name: str, content: bytes, kind: str = excel) -> None:
    page.goto(f"{server.url}/w/work.task/import/")
    page.locator("#f-file").set_input_files({"name": name, "mimeType": kind, "buffer": content})
    page.locator("main button[type=submit], #content button[type=submit]").first.click()
    page.wait_for_url("**/import/*/")


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 1440, False), ("en", 390, True)])
def test_the_whole_wizard(firm: Firm, chromium: Browser, live_server: Any, settings: Any, language: str, width: int, dark: bool) -> None:
    """Given a sheet as people keep it, when it goes through the wizard, then the good rows are in, the others are told at their cells, and one undo takes all back."""
    settings.ALLOWED_HOSTS = ["*"]
    known = firm.task("机柜上架")
    page, faults = opened(chromium, live_server, firm, language, width, dark=dark)

    def said(zh: str, en: str) -> str:
        return zh if language == "zh-CN" else en

    page.goto(f"{live_server.url}/w/work.task/import/")
    checked(page, f"file-{language}")
    bring(page, live_server, "计划.xlsx", plan(known))
    expect(page.locator("#import-sheet thead th").nth(3)).to_have_text("计划 进度")
    expect(page.locator("#import-sheet tbody tr")).to_have_count(6)
    page.locator("#f-header").fill("1")
    page.locator("#f-header").press("Tab")
    expect(page.locator("#import-sheet thead th").nth(1)).to_have_text("二月份实施计划（内部）")
    page.locator("#f-header").fill("")
    page.locator("#f-header").press("Tab")
    expect(page.locator("#import-sheet thead th").nth(3)).to_have_text("计划 进度")
    checked(page, f"sheet-{language}")
    page.get_by_role("button", name=said("继续", "Go on")).click()
    page.wait_for_url("**/columns/")
    expect(page.locator("#column-0")).to_have_value("code")
    expect(page.locator("#column-1")).to_have_value("name")
    expect(page.locator("#column-3")).to_have_value("")
    expect(page.locator(".alert-warning")).to_contain_text(said("项目", "project"))
    expect(page.locator("#f-fixed-percent")).to_be_visible()  # what is no column may be the same in every row
    page.locator("#column-2").select_option("priority")
    page.locator("#column-2").select_option("percent")  # quicker than the answer to the first
    expect(page.locator("#f-fixed-percent")).to_have_count(0)
    page.locator("#f-fixed-project").select_option("P1")
    checked(page, f"columns-{language}")
    page.get_by_role("button", name=said("试导入", "Try it")).click()
    page.wait_for_url("**/trial/")
    expect(page.locator(".lead")).to_contain_text(said("新增 1 条，修改 1 条，未变 0 条，拒绝 4 条", "1 new, 1 changed, 0 unchanged, 4 refused"))
    expect(page.locator(".jw-refused", has_text=said("末尾数字", "last digits"))).to_contain_text("任务编号")
    expect(page.locator(".jw-refused", has_text="300")).to_contain_text("计划 进度")
    expect(page.locator(".jw-refused", has_text=said("同一条记录", "same record"))).to_have_count(2)
    checked(page, f"trial-{language}")
    page.goto(page.url + "?show=update")
    expect(page.locator("del").first).to_contain_text("机柜上架")
    checked(page, f"changes-{language}")
    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name=said("被拒绝的行及原因", "Refused rows with their reasons")).click()
    refused = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert [refused.cell(2, 1).value, refused.cell(2, 3).value] == ["N-2", "300"] and refused.max_row == 5 and refused.cell(2, 5).value
    # left and come back to: what was chosen is there
    page.goto(f"{live_server.url}/w/work.task/import/")
    page.get_by_role("link", name="计划.xlsx").click()
    expect(page.locator("#f-fixed-project")).to_have_value("P1")
    page.get_by_role("button", name=said("试导入", "Try it")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/trial/")
    button = page.get_by_role("button", name=said("导入", "Import"), exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".alert-success")).to_contain_text(said("新增 1", "1 new"))
    known.refresh_from_db()
    assert known.name == "机柜上架与理线" and Task.objects.filter(code="N-1").exists() and Task.objects.count() == 2
    checked(page, f"done-{language}")
    page.get_by_role("button", name=said("全部撤销", "Undo all of it")).click()
    page.wait_for_url("**/columns/")
    known.refresh_from_db()
    assert known.name == "机柜上架" and Task.objects.count() == 1
    replaced = ("console: htmx:sendAbort", "console: htmx:afterRequest, [object HTMLFormElement]")  # by the next choice, made before the answer came
    assert [each for each in faults if not each.startswith(replaced)] == []


def test_an_encoding_that_is_only_a_guess_is_asked_for(firm: Firm, chromium: Browser, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page, faults = opened(chromium, live_server, firm)
    bring(page, live_server, "x.csv", "Nummer,Straße\nT-1,Müller\n".encode("cp1252"), "text/csv")
    expect(page.locator(".alert-warning")).to_contain_text("无法确定此文件的编码")
    page.get_by_role("button", name="继续").click()
    expect(page.locator(".alert-danger")).to_contain_text("请选择")
    page.wait_for_load_state()  # what a select does is bound when all of the page is there
    page.locator("#f-encoding").select_option("cp1252")
    expect(page.locator("#import-sheet thead th").nth(2)).to_have_text("Straße")
    checked(page, "encoding")
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/columns/")
    assert [each for each in faults if "422" not in each] == []
