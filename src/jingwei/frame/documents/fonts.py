"""Fonts of what we print. A Chinese TrueType font of the system is embedded as far as it is used; without one, the viewer's own is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path as File

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

# Fonts with TrueType outlines (others cannot be embedded), as Linux, Windows and macOS bring them.
font_files = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/google-droid-sans-fonts/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
    "/System/Library/Fonts/STHeiti Light.ttc",
)
spelled = str.maketrans({"→": "->", "←": "<-", "−": "-", "…": "...", "≤": "<=", "≥": ">=", "•": "·"})  # what Chinese fonts often lack
latin, latin_bold = "Helvetica", "Helvetica-Bold"


@cache
def chinese_font() -> str:
    """The name of a registered font that has Chinese; JINGWEI_PDF_FONT names a file to prefer."""
    for name in (os.environ.get("JINGWEI_PDF_FONT", ""), *font_files):
        if name and File(name).is_file():
            try:
                pdfmetrics.registerFont(TTFont("jingwei-cjk", name))
            except TTFError:
                continue
            return "jingwei-cjk"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def runs_of(text: str, *, is_bold: bool = False) -> Iterator[tuple[str, str]]:
    """Pieces of a text with the font that has their letters."""
    for is_latin, letters in groupby(text.translate(spelled), key=lambda letter: ord(letter) < 0x100):
        yield "".join(letters), (latin_bold if is_bold else latin) if is_latin else chinese_font()
