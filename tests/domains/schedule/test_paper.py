"""The plan on paper and as a network: every row is on some sheet, nothing overlaps, and the files are what they say."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from jingwei.domains.schedule import diagram, services
from jingwei.domains.schedule.paper.layout import Printed, Row, margin, sheets, sizes
from jingwei.domains.schedule.paper.pdf import pdf_of
from jingwei.domains.schedule.paper.shapes import Box, Text, fitted, width_of
from jingwei.domains.schedule.paper.svg import svg_of
from jingwei.domains.work import services as work
from tests.domains.conftest import Firm

begin = datetime(2026, 3, 2, 9)


def rows(count: int) -> list[Row]:
    out = []
    for n in range(count):
        start = begin + timedelta(days=n)
        out.append(Row(n, str(n + 1), f"接口联调与 <验收> {n}", n % 3, start, start + timedelta(days=4), 4, n % 101, n % 10 == 0, n % 10 == 9, n % 4 == 0))
    return out


@pytest.mark.parametrize("size", ["A4", "A3"])
def test_three_hundred_rows_stand_on_their_sheets_once_each(size: str) -> None:
    made = sheets(Printed("P1 项目", rows(300), [(1, 2), (5, 200)], begin, begin), size)
    assert 4 < len(made) < 15 and all((sheet.width, sheet.height) == sizes[size] for sheet in made)
    numbers = [
        shape.text for sheet in made for shape in sheet.shapes if isinstance(shape, Text) and shape.size == 8 and shape.x == margin + 4 and shape.text.isdigit()
    ]
    assert numbers == [str(n + 1) for n in range(300)]
    for number, sheet in enumerate(made, 1):
        words = [shape.text for shape in sheet.shapes if isinstance(shape, Text)]
        assert "P1 项目" in words and any(str(number) in text and str(len(made)) in text for text in words[-1:])
        boxes = [shape for shape in sheet.shapes if isinstance(shape, Box)]
        assert all(margin - 0.1 <= box.x and box.x + box.width <= sheet.width - margin + 0.6 and box.y + box.height <= sheet.height for box in boxes)


def test_an_empty_plan_says_so_on_one_sheet() -> None:
    [sheet] = sheets(Printed("P1", []))
    assert any("no tasks" in shape.text or "没有任务" in shape.text for shape in sheet.shapes if isinstance(shape, Text))


def test_svg_is_well_formed_and_has_no_style(monkeypatch: pytest.MonkeyPatch) -> None:
    markup = svg_of(sheets(Printed("P&1", rows(3)))[0], 'Page "1"')
    assert "<验收>" in "".join(ElementTree.fromstring(markup).itertext())  # noqa: S314 our own markup
    assert "style=" not in markup and "<script" not in markup


def test_pdf_has_every_page_and_its_font_inside_where_the_system_has_one() -> None:
    made = sheets(Printed("P1 项目", rows(300)))
    content = pdf_of(made, "项目")
    assert content.startswith(b"%PDF-") and len(re.findall(rb"/Type /Page\b", content)) == len(made)
    from jingwei.frame.documents.fonts import chinese_font

    if chinese_font() == "jingwei-cjk":
        assert b"/FontFile2" in content and len(content) < 1_500_000
    else:
        assert b"STSong-Light" in content
    assert zlib.crc32(content)


def test_a_long_name_is_cut_to_its_room() -> None:
    assert fitted("接口", 8, 100) == "接口"
    cut = fitted("接口联调与验收测试", 8, 40)
    assert cut.endswith("…") and width_of(cut, 8) <= 40


def box_rows(*names: str, parent: dict[str, str] | None = None) -> dict[int, dict[str, Any]]:
    key = {name: n for n, name in enumerate(names, 1)}
    above = {key[a]: key[b] for a, b in (parent or {}).items()}
    return {n: {"pk": n, "name": name, "parent_id": above.get(n), "is_summary": n in above.values(), "is_critical": False} for name, n in key.items()}


def test_layers_follow_the_links_and_boxes_do_not_overlap() -> None:
    """Given a ladder of tasks, when it is drawn, then every link runs to a later layer and no two boxes share a place."""
    some = box_rows(*"abcdefgh")
    drawn = diagram.draw(some, [(1, 2, "FS"), (2, 3, "FS"), (1, 3, "SS"), (4, 5, "FF"), (3, 6, "FS")])
    layer = {node.key: node.layer for node in drawn.nodes}
    assert layer[1] < layer[2] < layer[3] < layer[6] and layer[4] < layer[5]
    assert len({(node.x, node.y) for node in drawn.nodes}) == len(some) and len(drawn.edges) == 5
    assert all(0 <= node.x <= drawn.width - diagram.box_width and 0 <= node.y <= drawn.height - diagram.box_height for node in drawn.nodes)


def test_a_closed_summary_is_one_box_even_when_two_wait_for_each_other() -> None:
    some = box_rows("X", "x1", "x2", "Y", "y1", parent={"x1": "X", "x2": "X", "y1": "Y"})
    links = [(2, 5, "FS"), (5, 3, "FS")]
    assert {node.key for node in diagram.draw(some, links).nodes} == {2, 3, 5}
    closed = diagram.draw(some, links, {1, 4})
    assert {node.key for node in closed.nodes} == {1, 4} and len(closed.edges) == 2


@pytest.mark.django_db
def test_the_pages_answer_and_keep_to_who_may_see(firm: Firm) -> None:
    firm.project.data_date = datetime(2026, 11, 2, 0, tzinfo=UTC)
    firm.project.save()
    first, second = firm.task("设计"), firm.task("开发")
    work.dependency_save(predecessor=first, successor=second)
    services.project_recalculate(project_id=firm.project.pk)
    viewer = firm.client("viewer")
    page = viewer.get("/schedule/gantt/P1/print/?size=A3").content.decode()
    assert page.count("<svg") >= 1 and "设计" in page
    pdf = viewer.get("/schedule/gantt/P1/print.pdf")
    assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF-")
    network = viewer.get("/schedule/network/P1/").content.decode()
    assert network.count('class="network-box') == 2 and network.count('class="network-line') == 1
    for where in ("gantt/P1/print/", "gantt/P1/print.pdf", "network/P1/"):
        assert firm.client("stranger").get(f"/schedule/{where}").status_code in (403, 404)
