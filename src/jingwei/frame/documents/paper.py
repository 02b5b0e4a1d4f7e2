"""A document as PDF: cover, contents with pages, sections, tables whose heads are repeated, page numbers; the Chinese font inside where the system has one."""

from __future__ import annotations

import io
from collections.abc import Iterable
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Frame, NextPageTemplate, PageBreak, PageTemplate, Paragraph, Spacer, Table
from reportlab.platypus.tableofcontents import TableOfContents

from jingwei.frame.documents.blocks import Block, Run, blocks_of
from jingwei.frame.documents.cover import Cover
from jingwei.frame.documents.fonts import latin, latin_bold, runs_of
from jingwei.frame.documents.saying import Part, Said

margin, room = 56.0, A4[0] - 112.0
ink, grey, line, pale = "#1b2433", "#5c6779", "#d8dee8", "#f4f6f9"


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("", fontName=latin, fontSize=size, leading=size * 1.5, textColor=HexColor(more.pop("colour", ink)), splitLongWords=1, **more)


plain, small, number, label = _style(10, spaceAfter=5), _style(8.5), _style(8.5, alignment=2), _style(10, colour=grey)
title, heading, strong = _style(26, spaceAfter=14), _style(15, spaceBefore=14, spaceAfter=8), _style(8.5, colour=grey)


class _Pages(BaseDocTemplate):  # type: ignore[misc] # the library has no types
    """The pages; a heading tells the contents where it came to stand, every pass how many pages there are."""

    def __init__(self, out: io.BytesIO, cover: Cover) -> None:
        super().__init__(
            out, pagesize=A4, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin, title=cover.title, author="", subject=cover.about
        )
        self.cover, self.pages = cover, 0
        frame = Frame(margin, margin, room, A4[1] - 2 * margin, 0, 0, 0, 0)
        self.addPageTemplates([PageTemplate("cover", [frame]), PageTemplate("page", [frame], onPage=self._dress)])

    def _dress(self, canvas: Any, _document: Any) -> None:
        self.pages = max(self.pages, canvas.getPageNumber())
        head = f"{self.cover.about} · {self.cover.title} · {self.cover.line}"
        foot = _("Page %(number)s of %(count)s") % {"number": canvas.getPageNumber(), "count": self.pages}
        for text, style, y in ((head[:160], strong, A4[1] - margin + 10), (foot, _style(8.5, colour=grey, alignment=2), margin - 26)):
            told = paragraph(text, style)
            told.wrapOn(canvas, room, 40)
            told.drawOn(canvas, margin, y)

    def afterFlowable(self, flowable: Any) -> None:  # noqa: N802  (the library's name)
        """Headings go into the contents."""
        if (entry := getattr(flowable, "entry", None)) is not None:
            self.notify("TOCEntry", (0, entry, self.page))


def pdf_of(cover: Cover, said: Said) -> bytes:
    """The file."""
    out = io.BytesIO()
    contents = TableOfContents(levelStyles=[_style(10.5, spaceBefore=4)], dotsMinLevel=0)
    story: list[Any] = [Spacer(0, 180), paragraph(cover.title, title), paragraph(cover.about, _style(13, spaceAfter=30)), _pairs(cover.pairs), Spacer(0, 20)]
    story += [paragraph(cover.note, plain)] if cover.note else []
    story += [NextPageTemplate("page"), PageBreak(), paragraph(_("Contents"), heading), contents, PageBreak()]
    for part in said.parts:
        head: Any = paragraph(part.title, heading)
        head.entry = marked([Run(part.title)])
        story += [CondPageBreak(110), head, *{"facts": _facts, "table": _table, "text": _text}[part.kind](part)]
    _Pages(out, cover).multiBuild(story, maxPasses=6)
    return out.getvalue()


def marked(runs: Iterable[Run]) -> str:
    """Text as the library's own markup: every letter in a font that has it, everything of ours escaped. The Chinese font has one weight: what is bold is underlined."""
    out = []
    for run in runs:
        for text, font in runs_of(run.text, is_bold=run.is_bold):
            told = escape(text, quote=True).replace("\n", "<br/>")
            told = f"<u>{told}</u>" if run.is_italic or (run.is_bold and font != latin_bold) else told
            out.append(f'<font name="{font}">{told}</font>')
    return "".join(out)


def paragraph(text: str | list[Run], style: ParagraphStyle, **more: Any) -> Paragraph:
    """A paragraph that breaks between any two letters where it is Chinese, and between words where it is not."""
    runs = [Run(text)] if isinstance(text, str) else text
    is_chinese = any(letter > "\u2e7f" for run in runs for letter in run.text)
    return Paragraph(marked(runs), ParagraphStyle("", style, wordWrap="CJK" if is_chinese else None, **more))


def _pairs(pairs: Iterable[tuple[str, ...]]) -> Table:
    rows = [[paragraph(name, label), paragraph(value, plain)] for name, value in pairs]
    return Table(rows, [130, room - 130], splitInRow=1, style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])


def _facts(part: Part) -> list[Any]:
    return [_pairs(part.rows)] if part.rows else _nothing()


def _table(part: Part) -> list[Any]:
    if not part.rows:
        return _nothing()
    total = sum(column.share for column in part.columns)
    styles = [number if column.is_number else small for column in part.columns]
    head = [paragraph(str(column.title), style) for column, style in zip(part.columns, styles, strict=True)]
    body = [[paragraph(value, style) for value, style in zip(row, styles, strict=True)] for row in part.rows]
    lines = [
        ("GRID", (0, 0), (-1, -1), 0.4, HexColor(line)), ("BACKGROUND", (0, 0), (-1, 0), HexColor(pale)), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 4), ("TOPPADDING", (0, 0), (-1, -1), 2),
    ]  # fmt: skip
    return [Table([head, *body], [room * column.share / total for column in part.columns], repeatRows=1, splitInRow=1, style=lines)]


def _text(part: Part) -> list[Any]:
    return [_block(block) for block in blocks_of(part.text)] or _nothing()


def _block(block: Block) -> Any:
    indent = 14 * block.depth
    runs = [Run(f"{block.mark} "), *block.runs] if block.mark else block.runs
    return paragraph(runs, plain, leftIndent=indent, textColor=HexColor(grey if block.kind == "quote" else ink))


def _nothing() -> list[Any]:
    return [paragraph(_("Nothing yet."), label)]
