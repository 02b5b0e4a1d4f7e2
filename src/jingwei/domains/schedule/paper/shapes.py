"""What a sheet of paper is made of: shapes in points from the upper left corner, and how wide a text is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or outlined or both; colours are "#rrggbb"."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    stroke: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """Points joined by straight lines; closed and filled when it has a fill."""

    points: tuple[tuple[float, float], ...]
    fill: str = ""
    stroke: str = ""
    width: float = 0.6
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text on its base line."""

    x: float
    y: float
    text: str
    size: float = 8
    fill: str = "#1b2433"
    anchor: Anchor = "start"
    is_bold: bool = False


Shape = Box | Path | Text


@dataclass(slots=True)
class Sheet:
    """One page."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)


def is_wide(letter: str) -> bool:
    """Whether a letter is as wide as it is high, as Chinese is."""
    return unicodedata.east_asian_width(letter) in "WFA" and ord(letter) > 0x2000


def width_of(text: str, size: float) -> float:
    """About how wide a line of text is; exact for Chinese, a little generous for Latin letters."""
    return sum(size if is_wide(letter) else size * 0.56 for letter in text)


def fitted(text: str, size: float, room: float) -> str:
    """As much of a text as there is room for, with an ellipsis where it was cut."""
    if width_of(text, size) <= room:
        return text
    left = room - size
    out = ""
    for letter in text:
        left -= width_of(letter, size)
        if left < 0:
            break
        out += letter
    return out + "…"
