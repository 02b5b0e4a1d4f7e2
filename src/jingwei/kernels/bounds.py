"""What a value may be at the outside: the days we plan in, numbers as people type them, characters that can be kept, how deep JSON may go."""

from __future__ import annotations

import math
import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

first_day, last_day = date(1970, 1, 1), date(2200, 12, 31)
first_moment, last_moment = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
largest_id = 2**63 - 1
longest_text = 200_000
largest_json = 1_000_000  # bytes
deepest_json = 64
month_pattern = r"(19[7-9][0-9]|2[01][0-9]{2}|2200)-(0[1-9]|1[0-2])"  # of those years, also as the database reads patterns
most_digits = 400  # of a number, before its point and behind it
most_minutes = 100 * 366 * 1440  # a hundred years
_unseen = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
)  # fillers and selectors that are called letters or marks
_mark = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def whole(text: object, most: int = largest_id) -> int | None:
    """The number that a text of ASCII digits is, when it is at most `most`; None for anything else, “²” and “１２” too."""
    shown = str(text)
    if not (0 < len(shown) <= 20 and shown.isascii() and shown.isdigit()):
        return None
    return number if (number := int(shown)) <= most else None


_number = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def number_of(value: object) -> Decimal | None:
    """The number that a value is, or that a text says in plain digits with a sign, a point or an exponent; None for anything else: yes and no, “1_000”, “1,5”,
    “１２”, “NaN”, and what has more digits than can be written. How people group digits is the form's to know (see mapping/reading.py)."""
    try:
        shown = "" if isinstance(value, bool) else str(value).strip()
        found = decimal(shown) if _number.fullmatch(shown) is not None else None
    except (ValueError, InvalidOperation):
        return None
    return found if found is not None and is_written_out(found) else None


def unreadable(text: str) -> str:
    """What cannot be kept in a text: "nul", "surrogate" (half a character), or nothing."""
    if "\0" in text:
        return "nul"
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "surrogate"
    return ""


def is_seen(text: str) -> bool:
    """Whether anything of a text can be seen: blanks, marks of direction, joiners and fillers cannot."""
    return any(each not in _unseen and unicodedata.category(each) not in ("Cc", "Cf", "Zs", "Zl", "Zp") for each in text)


def is_too_deep(body: bytes, most: int = deepest_json) -> bool:
    """Whether JSON (or what pretends to be some) nests deeper than that; looks at brackets outside of texts only, and stops early."""
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    depth = 0
    for found in _mark.finditer(body):
        mark = found.group()
        if mark in (b"[", b"{"):
            depth += 1
            if depth > most:
                return True
        elif mark in (b"]", b"}"):
            depth -= 1
    return False


def parts_of(value: Any, most: int = deepest_json) -> Iterator[tuple[int, Any]]:
    """Every part of a JSON value with its depth, keys too, without recursion; nothing below `most` + 1."""
    waiting: list[tuple[int, Any]] = [(0, value)]
    while waiting:
        depth, part = waiting.pop()
        is_whole = isinstance(part, dict | list | tuple)
        yield (depth + 1 if is_whole else depth), part
        if not is_whole or depth >= most:
            continue
        if isinstance(part, dict):
            waiting += [(depth + 1, each) for pair in part.items() for each in pair]
        else:
            waiting += [(depth + 1, each) for each in part]


def is_written_out(number: float | Decimal) -> bool:
    """Whether a number is finite and can be written out in a line."""
    if not math.isfinite(number):
        return False
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else 0
    return not number or not isinstance(number, Decimal) or (number.adjusted() < most_digits and isinstance(exponent, int) and exponent >= -most_digits)


def json_problem(value: Any) -> str:
    """What keeps a JSON value from being stored: "deep", "nul", "surrogate", "infinite", or nothing."""
    for depth, part in parts_of(value):
        if depth > deepest_json:
            return "deep"
        if isinstance(part, str) and (found := unreadable(part)):
            return found
        if isinstance(part, float | Decimal) and not math.isfinite(part):
            return "infinite"
    return ""


def decimal(text: str) -> Decimal:
    """A number with a point or an exponent out of JSON (`parse_float`, `parse_constant`) to its last digit. What nobody could write out, and a computer would try to for
    minutes, is infinite or no number at all, which whoever checks the values refuses at their fields."""
    mantissa, _mark, exponent = text.lower().partition("e")
    size = exponent.lstrip("+-").lstrip("0")
    if len(size) > len(str(most_digits)) or len(mantissa) > 2 * most_digits:
        return Decimal("NaN") if exponent.startswith("-") or not size else Decimal("-Infinity" if mantissa.startswith("-") else "Infinity")
    found = Decimal(text)
    return found if not found.is_finite() or is_written_out(found) or not found else Decimal("NaN" if found.adjusted() < 0 else "Infinity").copy_sign(found)


def exact(text: str) -> float | str:
    """A number with a point out of JSON (`parse_float`): what no binary float holds stays text, as decimals travel. What is infinite stays so and is refused as such."""
    number = float(text)
    try:
        is_held = not math.isfinite(number) or Decimal(repr(number)) == Decimal(text)
    except InvalidOperation:  # nearer to nothing than any number that can be told
        return number
    return number if is_held else text


@cache
def is_zone(name: str) -> bool:
    """Whether there is a time zone of that IANA name."""
    return name in available_timezones()


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of that name; UTC when there is none."""
    return ZoneInfo(name) if is_zone(name) else ZoneInfo("UTC")


def last_day_of(month: str) -> date | None:
    """The last day of a month such as 2026-11; None of what is none."""
    if re.fullmatch(month_pattern, month) is None:
        return None
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def planned_moment(text: object) -> datetime | None:
    """The moment that an ISO text with its zone is, when it is one of those we plan in; None of anything else."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None and moment == within_moments(moment) else None


def within_days(day: date) -> date:
    """The nearest day of those we plan in."""
    return min(max(day, first_day), last_day)


def within_moments(moment: datetime) -> datetime:
    """The nearest moment of those we plan in."""
    return first_moment if moment < first_moment else last_moment if moment > last_moment else moment
