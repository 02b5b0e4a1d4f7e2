"""What a step can be told: its parameters by their declared kinds, read strictly; what does not fit is named in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from jingwei.kernels import bounds
from jingwei.kernels.text import Text

Parameter = tuple[str, str, Any]  # name, kind, what it is when nothing is said
longest_parameter = 10_000
most_digits = 200  # before the point, and behind it
titles = {
    "text": Text("文字", "Text"), "old": Text("查找", "Find"), "new": Text("替换为", "Replace by"), "table": Text("代码表", "Code table"),
    "unmapped": Text("没有对应的值", "A value without counterpart"), "default": Text("B 侧改用", "Instead, in B"), "default_back": Text("A 侧改用", "Instead, in A"),
    "factor": Text("系数", "Factor"), "number": Text("数值", "Number"), "places": Text("小数位数", "Decimal places"), "zone": Text("时区", "Time zone"),
    "time": Text("时刻", "Time of day"), "separator": Text("分隔符", "Separator"), "length": Text("长度", "Length"), "interface": Text("接口", "Interface"),
    "value": Text("值", "Value"), "format": Text("写法", "Written as"), "unit": Text("单位", "Unit"),
}  # fmt: skip


class BadParameter(ValueError):
    """A parameter that is not of its kind; `text` says what it must be."""

    def __init__(self, name: str, text: Text) -> None:
        super().__init__(text.en)
        self.name, self.text = name, text


class _Unfit(ValueError):
    """Not of the kind; `text` says what the kind is."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def title_of(name: str) -> Text:
    """What people call a parameter."""
    return titles.get(name, Text(name, name))


def written(value: Any) -> str | None:
    """A value as text; None for what cannot be written, such as a whole number of thousands of digits."""
    try:
        return str(value)
    except ValueError:
        return None


def shown(value: Any) -> str:
    """A value as a sentence tells it: never longer than that a sentence stays one."""
    text = written(value)
    if text is None:
        return "…"
    return text if len(text) <= 80 else f"{text[:80]}…"


def read_all(parameters: Sequence[Parameter], given: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with its value, or what it is when nothing is said. Raises BadParameter."""
    return {name: read(name, kind, default if _is_unsaid(kind, given.get(name)) else given[name], tables) for name, kind, default in parameters}


def _is_unsaid(kind: str, value: Any) -> bool:
    return value is None or (value == "" and kind not in ("text", "value"))


def read(name: str, kind: str, value: Any, tables: Mapping[str, Any] | None = None) -> Any:
    """A value by its kind (see `kinds`). Raises BadParameter."""
    word, _, more = kind.partition(":")
    try:
        return _table(value, tables or {}) if word == "table" else kinds[word](value, more)
    except _Unfit as problem:
        title, said = title_of(name), shown(value)
        zh = f"“{title.zh}”应是{problem.text.zh}，现为“{said}”"
        raise BadParameter(name, Text(zh, f"“{title.en}” must be {problem.text.en}, not “{said}”")) from None


def _text(value: Any, _more: str) -> str:
    found = written(value) if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool) else None
    if found is None or len(found) > longest_parameter:
        raise _Unfit(f"不超过 {longest_parameter} 个字符的文字", f"text of at most {longest_parameter} characters")
    return found


def _value(value: Any, _more: str) -> Any:
    """Whatever a field holds: one value, or a list of such."""
    for each in value if isinstance(value, list) and len(value) <= longest_parameter else [value]:
        if each is not None and not isinstance(each, bool):
            _text(each, "")
    return value


def number(value: Any, more: str = "") -> Decimal:
    """A finite number of no more digits than people use; `more` = "not 0" takes no zero."""
    found = bounds.number_of(value)
    if found is None or not is_usual(found) or (more and not found):
        zero = Text("且不为 0", " other than 0") if more else Text("", "")
        raise _Unfit(f"不超过 {most_digits} 位的数字{zero.zh}", f"a number of at most {most_digits} digits{zero.en}")
    return found or Decimal(0)


def is_usual(found: Decimal) -> bool:
    """Whether a number is finite and can be written out in a line."""
    if not found.is_finite():
        return False
    exponent = found.as_tuple().exponent
    return not found or (found.adjusted() < most_digits and isinstance(exponent, int) and exponent >= -most_digits)


def _whole(value: Any, more: str) -> int:
    least, most = (int(each) for each in more.split(":"))
    text = "" if isinstance(value, bool | float) else shown(value).strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20 and least <= int(text) <= most):
        raise _Unfit(f" {least} 到 {most} 之间的整数", f"a whole number from {least} to {most}")
    return int(text)


def _choice(value: Any, more: str) -> str:
    if not isinstance(value, str) or value not in more.split("|"):
        raise _Unfit(f"下列之一：{'、'.join(more.split('|'))}", f"one of {', '.join(more.split('|'))}")
    return value


def _zone(value: Any, _more: str) -> str:
    if not isinstance(value, str) or not bounds.is_zone(value):
        raise _Unfit("时区名称，如 Asia/Shanghai", "the name of a time zone, such as Asia/Shanghai")
    return value


def _clock(value: Any, _more: str) -> time:
    try:
        found = time.fromisoformat(str(value).strip())
        if found.tzinfo is not None:
            raise ValueError
    except ValueError:
        raise _Unfit("时刻，如 09:00", "a time of day, such as 09:00") from None
    return found


def _table(value: Any, tables: Mapping[str, Any]) -> tuple[str, list[Mapping[str, Any]]]:
    rows = tables.get(value) if isinstance(value, str) else None
    if not isinstance(rows, list):
        raise _Unfit("已有的代码表", "a code table that is there")
    if not all(isinstance(row, Mapping) and "a" in row and "b" in row for row in rows):
        raise _Unfit("每行都有 a 与 b 的代码表", "a code table whose rows all have a and b")
    if any(written(row[side]) is None for row in rows for side in ("a", "b")):
        raise _Unfit("每个值都能写出的代码表", "a code table whose values can all be written")
    return str(value), rows


kinds: dict[str, Callable[[Any, str], Any]] = {
    "text": _text, "value": _value, "number": number, "whole": _whole, "choice": _choice, "zone": _zone, "clock": _clock,
}  # fmt: skip
"""text · value (whatever a field holds) · number, number:not 0 · whole:least:most · choice:x|y · table · zone · clock."""
