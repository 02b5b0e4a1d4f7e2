"""A cell's value as its number format shows it, wherever that adds something: leading zeros, ends of a decimal. Nothing is ever rounded away."""

from __future__ import annotations

import re
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from jingwei.kernels.sheets.table import longest_cell

digits_at_most = 15  # Excel keeps no more of a number
_pattern = re.compile(r"^(?P<before>[^0#?]*)(?P<whole>[0#?,]+)(?:\.(?P<part>[0#?]+))?(?P<after>[^0#?]*)$")


def has_lost_digits(value: Any) -> bool:
    """A whole number with more digits than Excel keeps: its last ones are zeros whatever was typed."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**digits_at_most


def shown(value: Any, number_format: str) -> str:
    """The text of a value: dates as ISO, numbers by their format."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M") if (value.hour or value.minute) else value.date().isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, number_format)
    return str(value)[:longest_cell]


def _number(value: int | float, number_format: str) -> str:
    plain = _plain(value)
    first = re.sub(r"\[[^\]]*\]", "", (number_format or "").split(";")[0])
    literal = re.sub(r'"[^"]*"|\\.|_.|\*.', lambda found: "" if found[0][0] in "_*" else found[0], first)
    bare = re.sub(r'"[^"]*"|\\.', "", literal).strip()
    found = _pattern.match(bare)
    if found is None or plain.startswith("-") or "%" in bare or "e" in plain.lower() or found["before"].strip("+- ¥$€£") or found["after"].strip("+- "):
        return plain
    whole, _dot, part = plain.partition(".")
    wanted = (found["part"] or "").count("0")
    if wanted > len(part):
        part = part.ljust(wanted, "0")
    zeros = found["whole"].count("0")
    number = whole.zfill(zeros) + (f".{part}" if part else "")
    if zeros > 1 and "." not in number and set(found["whole"]) == {"0"}:  # a code: what stands around it belongs to it
        return re.sub(r"0+", number, _unquoted(literal), count=1) if literal != bare else number
    return number


def _unquoted(literal: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)', lambda found: (found[1] if found[1] is not None else found[2]).replace("0", "０"), literal).strip()


def _plain(value: int | float) -> str:
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value.is_integer() and abs(value) < 1e22:
        return str(int(value))
    return format(Decimal(format(value, f".{digits_at_most}g")), "f")
