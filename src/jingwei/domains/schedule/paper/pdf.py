"""Sheets as PDF. A Chinese TrueType font of the system is embedded as far as it is used; without one, the viewer's own is named."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from jingwei.domains.schedule.paper.shapes import Box, Path, Shape, Sheet, Text
from jingwei.frame.documents.fonts import latin, latin_bold, runs_of


def pdf_of(sheets: Sequence[Sheet], title: str) -> bytes:
    """One document, a page a sheet."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, pageCompression=1)
    canvas.setTitle(title)
    for sheet in sheets:
        canvas.setPageSize((sheet.width, sheet.height))
        for shape in sheet.shapes:
            _draw(canvas, shape, sheet.height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, shape: Shape, height: float) -> None:
    match shape:
        case Box():
            canvas.setLineWidth(0.5)
            _colours(canvas, shape.fill, shape.stroke)
            canvas.rect(shape.x, height - shape.y - shape.height, max(shape.width, 0), shape.height, stroke=bool(shape.stroke), fill=bool(shape.fill))
        case Path():
            canvas.setLineWidth(shape.width)
            _colours(canvas, shape.fill, shape.stroke)
            path = canvas.beginPath()
            (x, y), *rest = shape.points
            path.moveTo(x, height - y)
            for x, y in rest:
                path.lineTo(x, height - y)
            if shape.fill:
                path.close()
            canvas.drawPath(path, stroke=bool(shape.stroke), fill=bool(shape.fill))
        case Text():
            _write(canvas, shape, height)


def _colours(canvas: Any, fill: str, stroke: str) -> None:
    if fill:
        canvas.setFillColor(HexColor(fill))
    if stroke:
        canvas.setStrokeColor(HexColor(stroke))


def _write(canvas: Any, shape: Text, height: float) -> None:
    runs = list(runs_of(shape.text, is_bold=shape.is_bold))
    widths = [pdfmetrics.stringWidth(text, font, shape.size) for text, font in runs]
    x = shape.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * sum(widths)
    canvas.setFillColor(HexColor(shape.fill))
    canvas.setStrokeColor(HexColor(shape.fill))
    canvas.setLineWidth(shape.size / 40)
    for (text, font), width in zip(runs, widths, strict=True):
        line = canvas.beginText(x, height - shape.y)
        line.setFont(font, shape.size)
        line.setTextRenderMode(2 if shape.is_bold and font not in (latin, latin_bold) else 0)  # the Chinese font has one weight: a thin outline makes it bold
        line.textOut(text)
        canvas.drawText(line)
        x += width
