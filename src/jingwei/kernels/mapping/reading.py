"""Values that one side writes as text and the other as numbers, days or durations: how they are read, and written back in the same form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from jingwei.kernels import bounds, durations
from jingwei.kernels.mapping.parameters import is_usual
from jingwei.kernels.mapping.parameters import shown as told
from jingwei.kernels.text import Text

Value = Any
date_forms = ("YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD", "YYYY年M月D日", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY")
number_forms = ("1,234.5", "1.234,5")  # one thousand two hundred and thirty-four and a half
duration_units = {"minutes": 1, "hours": 60, "days": 480}
minutes_at_most = 10**9
_parts = {"YYYY": r"(?P<y>\d{4})", "MM": r"(?P<m>\d{2})", "DD": r"(?P<d>\d{2})", "M": r"(?P<m>\d{1,2})", "D": r"(?P<d>\d{1,2})"}
_part = re.compile("YYYY|MM|DD|M|D")
_narrow = {ord(wide): narrow for wide, narrow in zip("０１２３４５６７８９．，－＋／％", "0123456789.,-+/%", strict=True)}  # noqa: RUF001  (as a Chinese keyboard writes them)


class Unreadable(ValueError):
    """A text that does not say what it should; `text` tells it in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def narrow(text: str) -> str:
    """A text with digits and marks as every keyboard has them."""
    return text.translate(_narrow)


def number_of(value: Value, form: str = number_forms[0]) -> str:
    """A number as people write it in this form: 1,234.50, full width, with blanks around; what is a number already needs none. Raises Unreadable for
    everything else: 1,5 is no number where the comma groups, nor is 0,500."""
    if not isinstance(value, str):
        return _number_text(value)
    shown = narrow(value).strip()
    group, point = _marks(form)
    if re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(?:{group}\d{{3}})+(?:{point}\d+)?|[+-]?\d+(?:{point}\d+)?|[+-]?{point}\d+", shown, re.ASCII) is None:
        raise Unreadable(Text(f"不是 {form} 形式的数字：{told(value)}", f"not a number written as {form}: {told(value)}"))
    return re.sub(point, ".", re.sub(group, "", shown))


def _number_text(value: Value) -> str:
    """A number of a program, whichever way it would be written."""
    if (number := bounds.number_of(value)) is None or not is_usual(number):
        raise Unreadable(Text(f"不是数字：{told(value)}", f"not a number: {told(value)}"))
    return f"{number:f}"


def number_text(number: str, form: str) -> str:
    """A plain number in this form, without groups."""
    return number.replace(".", _marks(form)[1][-1])


def _marks(form: str) -> tuple[str, str]:
    """What stands between thousands and what before the fraction, as patterns."""
    if form not in number_forms:
        raise ValueError(f"format {form}")
    return re.escape(form[1]), re.escape(form[5])


def date_of(value: Value, form: str) -> str:
    """The day a text tells in this form, as ISO; separators may lack their zeros. Raises Unreadable."""
    shown = narrow(str(value)).strip()
    found = _pattern(form).fullmatch(shown)
    unreadable = Unreadable(Text(f"不是 {form} 形式的日期：{told(value)}", f"not a date written as {form}: {told(value)}"))
    if found is None:
        raise unreadable
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError as problem:
        raise unreadable from problem


def date_text(value: Value, form: str) -> str:
    """An ISO day in this form. Raises Unreadable."""
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError as problem:
        raise Unreadable(Text(f"不是日期：{told(value)}", f"not a date: {told(value)}")) from problem
    words = {"YYYY": f"{day.year:04}", "MM": f"{day.month:02}", "DD": f"{day.day:02}", "M": str(day.month), "D": str(day.day)}
    return _part.sub(lambda part: words[part[0]], form)


def _pattern(form: str) -> re.Pattern[str]:
    if form not in date_forms:
        raise ValueError(f"format {form}")
    loose = form if form == "YYYYMMDD" else form.replace("MM", "M").replace("DD", "D")
    return re.compile("".join(_parts.get(each, re.escape(each)) for each in re.split("(YYYY|MM|DD|M|D)", loose)))


def forms_of(values: Iterable[Value], read: Callable[[Value, str], str], forms: Sequence[str]) -> tuple[str, ...]:
    """The forms in which all of these texts can be read, one for each outcome: of several nobody but a person knows which is meant. The usual one
    when there are no texts, or none fits."""
    texts, found = [value for value in values if value not in (None, "")], dict[tuple[str, ...], str]()
    for form in forms if texts else ():
        with suppress(Unreadable):
            found.setdefault(tuple(read(text, form) for text in texts), form)
    return tuple(found.values()) or (forms[0],)


def _reads(read: Callable[[Value], object], value: Value) -> bool:
    try:
        read(value)
    except Unreadable:
        return False
    return True


def duration_of(value: Value, unit: str) -> Decimal:
    """How many of this unit a text such as 3d, 2周 or 1天4小时 counts (days have eight hours). A bare number counts the unit itself. Raises Unreadable."""
    size = _size(unit)
    if _reads(number_of, value):
        return Decimal(number_of(value))
    try:
        return (Decimal(durations.parse(str(value))) / size).quantize(Decimal("0.000001"))
    except ValueError as problem:
        raise Unreadable(Text(f"不是时长：{told(value)}；请写成 3天、4小时、90分", f"not a duration: {told(value)}; write 3d, 4h or 90m")) from problem


def duration_text(value: Value, unit: str) -> str:
    """The other way round, to the minute."""
    minutes = Decimal(number_of(value)) * _size(unit)
    if abs(minutes) > minutes_at_most:
        raise Unreadable(Text(f"时长太长：{told(value)}", f"too long for a duration: {told(value)}"))
    return durations.told(int(minutes.to_integral_value()))


def _size(unit: str) -> int:
    if unit not in duration_units:
        raise ValueError(f"unit {unit}")
    return duration_units[unit]
