"""A sheet as SVG: attributes only, so that the strictest page takes it."""

from __future__ import annotations

from html import escape

from jingwei.domains.schedule.paper.shapes import Box, Path, Shape, Sheet, Text


def svg_of(sheet: Sheet, label: str) -> str:
    """The markup of one page, with a name for those who cannot see it."""
    body = "".join(_markup(shape) for shape in sheet.shapes)
    frame = f'viewBox="0 0 {sheet.width:g} {sheet.height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="paper-sheet" role="img" aria-label="{escape(label)}" {frame}><rect width="100%" height="100%" fill="#ffffff"/>{body}</svg>'


def _markup(shape: Shape) -> str:
    match shape:
        case Box():
            stroke = f' stroke="{shape.stroke}" stroke-width="0.5"' if shape.stroke else ""
            return f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{max(shape.width, 0):.1f}" height="{shape.height:.1f}" fill="{shape.fill or "none"}"{stroke}/>'
        case Path():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
            if shape.fill:
                return f'<polygon points="{points}" fill="{shape.fill}"/>'
            return f'<polyline points="{points}" fill="none" stroke="{shape.stroke}" stroke-width="{shape.width:g}"/>'
        case Text():
            weight = ' font-weight="600"' if shape.is_bold else ""
            anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
            return f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size:g}" fill="{shape.fill}"{weight}{anchor}>{escape(shape.text)}</text>'
