"""The closed list of mapping operations: what each takes, gives, needs, and how it is undone. No code of users ever runs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from jingwei.kernels.mapping import reading
from jingwei.kernels.text import Text

Value = Any
Lookups = Mapping[str, Mapping[str, str]]
Step = Callable[[Value, Lookups], Value]
Make = Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Step, Step | None]]
_tag = re.compile(r"<[^<>]{0,2000}>")


def kind_title(kind: str) -> Text:
    """What people call a type of field."""
    return _kinds.get(kind, Text(kind, kind))


class CannotMap(ValueError):
    """One value does not pass a step."""

    def __init__(self, code: str, zh: str, en: str, severity: str = "quarantine") -> None:
        super().__init__(en)
        self.code, self.text, self.severity = code, Text(zh, en), severity


@dataclass(frozen=True, slots=True)
class Operation:
    """`takes` and `gives` are field types ("*" = any, "=" = what came in). `make(parameters, tables)` gives the step and its inverse or None.

    `parameters` are (name, kind, default); kind is text, number, choice:x|y, table, zone.
    """

    name: str
    title: Text
    takes: tuple[str, ...]
    gives: str
    make: Make
    parameters: tuple[tuple[str, str, Any], ...] = ()


texts = ("string", "text", "enum", "reference")
numbers = ("decimal", "integer")
_kinds = {
    "string": Text("文字", "text"), "text": Text("长文字", "long text"), "integer": Text("整数", "a whole number"), "decimal": Text("数字", "a number"),
    "boolean": Text("是否", "yes or no"), "date": Text("日期", "a date"), "datetime": Text("时间", "a time"), "enum": Text("选项", "a choice"),
    "reference": Text("引用", "a reference"), "list": Text("列表", "a list"),
}  # fmt: skip
number_form = ("format", f"choice:{'|'.join(reading.number_forms)}", reading.number_forms[0])
date_form = ("format", f"choice:{'|'.join(reading.date_forms)}", reading.date_forms[0])
duration_unit = ("unit", f"choice:{'|'.join(reading.duration_units)}", "hours")


def _plain(function: Callable[[str], Value]) -> Step:
    return lambda value, _lookups: None if value is None else function(str(value))


def _same(value: Value, _lookups: Lookups) -> Value:
    return value


def _wrap(parameters: Mapping[str, Any], *, before: bool) -> tuple[Step, Step]:
    part = str(parameters.get("text", ""))
    if before:
        return _plain(lambda v: part + v), _plain(lambda v: v.removeprefix(part))
    return _plain(lambda v: v + part), _plain(lambda v: v.removesuffix(part))


def _code(parameters: Mapping[str, Any], tables: Mapping[str, Any]) -> tuple[Step, Step]:
    name = str(parameters.get("table", ""))
    rows = tables.get(name)
    if not isinstance(rows, list):
        raise LookupError(name)
    there: dict[str, Any] = {}
    back: dict[str, Any] = {}
    for row in rows:
        there.setdefault(str(row["a"]), row["b"])
        if row.get("prefer") or str(row["b"]) not in back:
            back[str(row["b"])] = row["a"]
    unmapped, default = parameters.get("unmapped", "quarantine"), parameters.get("default")

    def look(table: dict[str, Any], fallback: Any) -> Step:
        def step(value: Value, _lookups: Lookups) -> Value:
            if value is None or value == "":
                return None
            found = table.get(str(value), table)
            if found is not table:
                return found
            if unmapped == "pass":
                return value
            if unmapped == "default" and fallback is not None:
                return fallback
            raise CannotMap("mapping.unmapped_code", f"代码表“{name}”没有值 {value}；请补充代码表", f'code table "{name}" has no value {value}; add it')

        return step

    return look(there, default), look(back, parameters.get("default_back"))


def _decimal(value: Value) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise CannotMap("mapping.not_a_number", f"不是数字：{value}", f"not a number: {value}")
    return number


def _text_of(number: Decimal) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if text not in ("-0", "") else "0"


def _scale(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    factor = _decimal(parameters.get("factor", 1))
    if not factor:
        raise ValueError("factor")
    return (
        lambda v, _: None if v in (None, "") else _text_of(_decimal(v) * factor),
        lambda v, _: None if v in (None, "") else _text_of((_decimal(v) / factor).quantize(Decimal("0.000001"))),
    )


def _add(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    amount = _decimal(parameters.get("number", 0))
    return (
        lambda v, _: None if v in (None, "") else _text_of(_decimal(v) + amount),
        lambda v, _: None if v in (None, "") else _text_of(_decimal(v) - amount),
    )


def _round(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step | None]:
    places = Decimal(1).scaleb(-int(parameters.get("places", 0)))
    return (lambda v, _: None if v in (None, "") else _text_of(_decimal(v).quantize(places, ROUND_HALF_UP))), _same


def _date_of(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    zone, clock = _zone(parameters), time.fromisoformat(str(parameters.get("time", "00:00")))
    return _to_date(zone), _to_moment(zone, clock)


def _datetime_of(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    zone, clock = _zone(parameters), time.fromisoformat(str(parameters.get("time", "00:00")))
    return _to_moment(zone, clock), _to_date(zone)


def _zone(parameters: Mapping[str, Any]) -> ZoneInfo:
    name = str(parameters.get("zone", "Asia/Shanghai"))
    if name not in available_timezones():
        raise ValueError(f"zone {name}")
    return ZoneInfo(name)


def _to_date(zone: ZoneInfo) -> Step:
    def step(value: Value, _lookups: Lookups) -> Value:
        if value in (None, ""):
            return None
        moment = _moment(value)
        return (moment.astimezone(zone) if moment.tzinfo else moment).date().isoformat()

    return step


def _to_moment(zone: ZoneInfo, clock: time) -> Step:
    def step(value: Value, _lookups: Lookups) -> Value:
        if value in (None, ""):
            return None
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            raise CannotMap("mapping.not_a_date", f"不是日期：{value}", f"not a date: {value}") from None
        return datetime.combine(day, clock, zone).astimezone(UTC).isoformat()

    return step


def _moment(value: Value) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise CannotMap("mapping.not_a_time", f"不是时间：{value}", f"not a time: {value}") from None


def _to_list(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    separator = str(parameters.get("separator", ",")) or ","
    return (
        lambda v, _: [p.strip() for p in str(v).split(separator) if p.strip()] if v not in (None, "") else [],
        lambda v, _: separator.join(str(p) for p in v) if isinstance(v, list) else v,
    )


def _from_list(parameters: Mapping[str, Any], tables: Mapping[str, Any]) -> tuple[Step, Step]:
    there, back = _to_list(parameters, tables)
    return back, there


def _link(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    name = str(parameters.get("interface", ""))

    def look(way: str) -> Step:
        def step(value: Value, lookups: Lookups) -> Value:
            if value in (None, ""):
                return None
            found = lookups.get(f"{name}:{way}", {}).get(str(value)) if lookups else None
            if found is None:
                raise CannotMap("mapping.not_linked", f"接口 {name} 还没有链接 {value}", f"interface {name} has no link for {value} yet")
            return found

        return step

    return look("a"), look("b")


def _read(code: str, read: Callable[[Value], Value]) -> Step:
    """A step that reads a value as another kind; nothing stays nothing."""

    def step(value: Value, _lookups: Lookups) -> Value:
        try:
            return None if value in (None, "") else read(value)
        except reading.Unreadable as problem:
            raise CannotMap(code, problem.text.zh, problem.text.en) from None

    return step


def _numbers(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    form, code = str(parameters.get("format", reading.number_forms[0])), "mapping.not_a_number"
    if form not in reading.number_forms:
        raise ValueError(f"format {form}")
    return (
        _read(code, lambda v: _text_of(_decimal(reading.number_of(v, form)))),
        _read(code, lambda v: reading.number_text(_text_of(_decimal(v)), form)),
    )


def _dates(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    form = str(parameters.get("format", reading.date_forms[0]))
    if form not in reading.date_forms:
        raise ValueError(f"format {form}")
    return _read("mapping.not_a_date", lambda v: reading.date_of(v, form)), _read("mapping.not_a_date", lambda v: reading.date_text(v, form))


def _durations(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    unit, code = str(parameters.get("unit", "hours")), "mapping.not_a_duration"
    if unit not in reading.duration_units:
        raise ValueError(f"unit {unit}")
    return _read(code, lambda v: _text_of(_decimal(reading.duration_of(v, unit)))), _read(code, lambda v: reading.duration_text(v, unit))


def _turned(make: Make) -> Make:
    """The same steps the other way round."""

    def turned(parameters: Mapping[str, Any], tables: Mapping[str, Any]) -> tuple[Step, Step | None]:
        there, back = make(parameters, tables)
        assert back is not None
        return back, there

    return turned


def _default(parameters: Mapping[str, Any], _tables: Mapping[str, Any]) -> tuple[Step, Step]:
    value = parameters.get("value")
    return (lambda v, _: value if v in (None, "", []) else v), _same


operations: dict[str, Operation] = {
    o.name: o
    for o in (
        Operation("trim", Text("去首尾空格", "Trim"), texts, "=", lambda p, t: (_plain(str.strip), _same)),
        Operation("collapse_spaces", Text("合并空格", "Collapse spaces"), texts, "=", lambda p, t: (_plain(lambda v: " ".join(v.split())), _same)),
        Operation("upper", Text("转大写", "Upper case"), texts, "=", lambda p, t: (_plain(str.upper), None)),
        Operation("lower", Text("转小写", "Lower case"), texts, "=", lambda p, t: (_plain(str.lower), None)),
        Operation("prefix", Text("加前缀", "Add a prefix"), texts, "=", lambda p, t: _wrap(p, before=True), (("text", "text", ""),)),
        Operation("suffix", Text("加后缀", "Add a suffix"), texts, "=", lambda p, t: _wrap(p, before=False), (("text", "text", ""),)),
        Operation(
            "replace", Text("替换文字", "Replace text"), texts, "=",
            lambda p, t: (_plain(lambda v: v.replace(str(p["old"]), str(p.get("new", ""))) if p.get("old") else v), None),
            (("old", "text", ""), ("new", "text", "")),
        ),
        Operation(
            "code", Text("查代码表", "Code table"), ("*",), "*", _code,
            (("table", "table", ""), ("unmapped", "choice:quarantine|default|pass", "quarantine"), ("default", "text", None), ("default_back", "text", None)),
        ),
        Operation("scale", Text("乘以", "Multiply"), ("decimal", "integer", *texts), "decimal", _scale, (("factor", "number", "1"),)),
        Operation("add", Text("加上", "Add"), ("decimal", "integer", *texts), "decimal", _add, (("number", "number", "0"),)),
        Operation("round", Text("四舍五入", "Round"), ("decimal", "integer", *texts), "decimal", _round, (("places", "number", 0),)),
        Operation("date_of", Text("取日期", "Date of a time"), ("datetime", "date", *texts), "date", _date_of, (("zone", "zone", "Asia/Shanghai"), ("time", "text", "00:00"))),
        Operation("datetime_of", Text("日期加时刻", "Time on a date"), ("date", "datetime", *texts), "datetime", _datetime_of, (("zone", "zone", "Asia/Shanghai"), ("time", "text", "00:00"))),
        Operation("read_number", Text("读成数字", "Read as a number"), (*texts, *numbers), "decimal", _numbers, (number_form,)),
        Operation("write_number", Text("数字写成文字", "Write a number as text"), (*numbers, *texts), "string", _turned(_numbers), (number_form,)),
        Operation("read_date", Text("读成日期", "Read as a date"), (*texts, "date"), "date", _dates, (date_form,)),
        Operation("write_date", Text("日期写成文字", "Write a date as text"), ("date", *texts), "string", _turned(_dates), (date_form,)),
        Operation("read_duration", Text("读成时长", "Read as a duration"), (*texts, *numbers), "decimal", _durations, (duration_unit,)),
        Operation("write_duration", Text("时长写成文字", "Write a duration as text"), (*numbers, *texts), "string", _turned(_durations), (duration_unit,)),
        Operation("to_list", Text("拆成列表", "Split into a list"), texts, "list", _to_list, (("separator", "text", ","),)),
        Operation("from_list", Text("列表合并", "Join a list"), ("list",), "string", _from_list, (("separator", "text", ","),)),
        Operation(
            "truncate", Text("截断", "Cut to length"), texts, "=", lambda p, t: (_plain(lambda v: v[: max(0, int(p.get("length", 255)))]), None), (("length", "number", 255),)
        ),
        Operation("strip_html", Text("去 HTML 标记", "Strip HTML"), texts, "text", lambda p, t: (_plain(lambda v: html.unescape(_tag.sub("", v[:1_000_000])).strip()), None)),
        Operation("link", Text("按其他接口换编号", "Translate an id by another interface"), ("*",), "*", _link, (("interface", "text", ""),)),
        Operation("default", Text("空时用", "When empty use"), ("*",), "=", _default, (("value", "text", ""),)),
    )
}  # fmt: skip
