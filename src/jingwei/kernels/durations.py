"""Durations as people write them: "3d", "2周", "1天4小时", "90m". Units are working time: a week has five days, a day has eight hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

minutes_of = {"w": 2400, "d": 480, "h": 60, "m": 1}
_names = {
    "w": ("w", "wk", "wks", "week", "weeks", "周", "星期", "个星期"),
    "d": ("d", "day", "days", "天", "日", "工日", "个工作日", "工作日"),
    "h": ("h", "hr", "hrs", "hour", "hours", "小时", "个小时", "时", "工时"),
    "m": ("m", "min", "mins", "minute", "minutes", "分", "分钟"),
}
_unit_of = {name: unit for unit, names in _names.items() for name in names}
_unclear = re.compile(r",\d{3}$")
_piece = re.compile(r"(\d{1,12}(?:[.,]\d{1,6})?|\.\d{1,6})\s*(" + "|".join(sorted(map(re.escape, _unit_of), key=len, reverse=True)) + r")?(?![a-z])\s*")


def parse(text: str, bare: str = "m") -> int:
    """Working minutes of a text; a bare number counts minutes unless another unit is named, each unit stands once, the greater before the smaller.

    ValueError for anything else: also for a comma before three digits (thousands, or a fraction?) and for what are no whole minutes.
    """
    shown = text.strip().lower().translate(_plain)
    sign, shown = (-1, shown[1:].lstrip()) if shown.startswith("-") else (1, shown)
    total, at, before = Decimal(0), 0, ""
    while at < len(shown):
        found = _piece.match(shown, at)
        unit = _unit_of.get(found[2] or "", "") if found is not None else ""
        if found is None or _unclear.search(found[1]) or (not unit and (at or found.end() < len(shown))) or (before and minutes_of[unit] >= minutes_of[before]):
            raise ValueError(text)
        total += Decimal(found[1].replace(",", ".")) * minutes_of[unit or bare]
        at, before = found.end(), unit
    if not at or total != total.to_integral_value():
        raise ValueError(text)
    return sign * int(total)


_plain = {ord(wide): narrow for wide, narrow in zip("０１２３４５６７８９．，－", "0123456789.,-", strict=True)}  # noqa: RUF001  (as a Chinese keyboard writes them)


def told(minutes: int, words: Mapping[str, str] | None = None) -> str:
    """Days, hours and minutes, exactly: what is told is parsed to the same minutes. `words` are the names of d, h and m, else themselves."""
    rest, pieces = abs(minutes), []
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, minutes_of[unit])
        if count:
            pieces.append(f"{count}{(words or {}).get(unit, unit)}")
    return ("-" if minutes < 0 else "") + (" ".join(pieces) or f"0{(words or {}).get('h', 'h')}")
