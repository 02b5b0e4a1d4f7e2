"""A document as DOCX: cover, contents, sections, tables whose heads are repeated, page numbers. Everything is text; nothing that people wrote becomes a field."""

from __future__ import annotations

import io
from typing import Any

from django.utils.translation import gettext as _
from docx import Document as NewFile
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from jingwei.frame.documents.blocks import Block, blocks_of
from jingwei.frame.documents.cover import Cover
from jingwei.frame.documents.saying import Part, Said

latin, chinese = "Calibri", "Microsoft YaHei"
ink, grey = RGBColor(0x1B, 0x24, 0x33), RGBColor(0x5C, 0x67, 0x79)
styles = {"bullet": "List Bullet", "quote": "Quote"}


def docx_of(cover: Cover, said: Said) -> bytes:
    """The file."""
    file = NewFile()
    _dress(file, cover)
    _cover(file, cover)
    _contents(file, said)
    for part in said.parts:
        file.add_heading(part.title, 1)
        {"facts": _facts, "table": _table, "text": _text}[part.kind](file, part)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _dress(file: Any, cover: Cover) -> None:
    for name, size in (("Normal", 10.5), ("Title", 26), ("Heading 1", 15), ("List Bullet", 10.5), ("Quote", 10.5)):
        style = file.styles[name]
        style.font.name, style.font.size = latin, Pt(size)
        style.font.color.rgb = ink
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for each in list(fonts.attrib):
            if each.endswith("Theme"):
                del fonts.attrib[each]
        fonts.set(qn("w:eastAsia"), chinese)
    page = file.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    page.different_first_page_header_footer = True
    page.header.paragraphs[0].text = f"{cover.about} · {cover.title} · {cover.line}"
    page.header.paragraphs[0].runs[0].font.size = Pt(8)
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    before, between, after = _("Page %(number)s of %(count)s").replace("%(count)s", "%(number)s").split("%(number)s")
    for piece, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        foot.add_run(piece)
        if field:
            _field(foot, field)
    properties = file.core_properties
    properties.title, properties.author, properties.comments = cover.title, "", ""


def _cover(file: Any, cover: Cover) -> None:
    for _each in range(6):
        file.add_paragraph()
    file.add_paragraph(cover.title, style="Title")
    file.add_paragraph().add_run(cover.about).font.size = Pt(14)
    _pairs(file, cover.pairs)
    if cover.note:
        run = file.add_paragraph().add_run(cover.note)
        run.bold = True
    file.add_page_break()


def _contents(file: Any, said: Said) -> None:
    """The word processor fills in the pages; until it does, the titles stand there."""
    head = file.add_paragraph()
    head.add_run(_("Contents")).font.size = Pt(15)
    paragraph = file.add_paragraph()
    _mark(paragraph, "begin", is_dirty=True)
    _instruct(paragraph, 'TOC \\o "1-1" \\h \\z \\u')
    _mark(paragraph, "separate")
    for number, part in enumerate(said.parts):
        run = paragraph.add_run(part.title)
        if number + 1 < len(said.parts):
            run.add_break()
    _mark(paragraph, "end")
    file.add_page_break()


def _facts(file: Any, part: Part) -> None:
    if not part.rows:
        _nothing(file)
        return
    _pairs(file, part.rows)


def _pairs(file: Any, pairs: Any) -> None:
    table = file.add_table(rows=0, cols=2)
    for label, value in pairs:
        cells = table.add_row().cells
        cells[0].width, cells[1].width = Cm(5), Cm(12)
        cells[0].paragraphs[0].add_run(label).font.color.rgb = grey
        _write(cells[1].paragraphs[0], value)


def _table(file: Any, part: Part) -> None:
    if not part.rows:
        _nothing(file)
        return
    table = file.add_table(rows=1, cols=len(part.columns))
    table.style = "Table Grid"
    total = sum(column.share for column in part.columns)
    widths = [Cm(17 * column.share / total) for column in part.columns]
    titles = tuple(str(column.title) for column in part.columns)
    _head(table.rows[0]._tr)
    for cell, title, width in zip(table.rows[0].cells, titles, widths, strict=True):
        cell.width = width
        cell.paragraphs[0].add_run(title).bold = True
        cell.paragraphs[0].runs[0].font.size = Pt(9)
    for row in part.rows:
        for cell, value, width, column in zip(table.add_row().cells, row, widths, part.columns, strict=True):
            cell.width = width
            _write(cell.paragraphs[0], value, 9)
            if column.is_number:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    file.add_paragraph()


def _text(file: Any, part: Part) -> None:
    blocks = blocks_of(part.text)
    for block in blocks:
        _block(file, block)
    if not blocks:
        _nothing(file)


def _block(file: Any, block: Block) -> None:
    paragraph = file.add_paragraph(style=styles.get(block.kind))
    if block.depth > 1 or block.kind == "number":
        paragraph.paragraph_format.left_indent = Cm(0.6 * block.depth)
    if block.kind == "number":
        paragraph.add_run(f"{block.mark} ")
    for run in block.runs:
        made = _write(paragraph, run.text)
        made.bold, made.italic = run.is_bold or None, run.is_italic or None
        if run.is_code:
            made.font.name = "Consolas"


def _nothing(file: Any) -> None:
    file.add_paragraph().add_run(_("Nothing yet.")).font.color.rgb = grey


def _write(paragraph: Any, text: str, size: float = 0) -> Any:
    """The text as it is; its line breaks are line breaks."""
    run = paragraph.add_run(text)
    if size:
        run.font.size = Pt(size)
    return run


def _head(row: Any) -> None:
    """The row is repeated on every page of its table."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row.get_or_add_trPr().append(mark)


def _field(paragraph: Any, instruction: str) -> None:
    _mark(paragraph, "begin")
    _instruct(paragraph, instruction)
    _mark(paragraph, "separate")
    paragraph.add_run("1")
    _mark(paragraph, "end")


def _mark(paragraph: Any, kind: str, *, is_dirty: bool = False) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if is_dirty:
        mark.set(qn("w:dirty"), "true")
    paragraph.add_run()._r.append(mark)


def _instruct(paragraph: Any, text: str) -> None:
    """Ours only: nothing that people wrote stands in an instruction."""
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = text
    paragraph.add_run()._r.append(instruction)
