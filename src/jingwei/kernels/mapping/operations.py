"""The closed list of mapping operations: what each takes, gives, needs, and how it is undone. No code of users ever runs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from jingwei.kernels.mapping import reading
from jingwei.kernels.mapping.parameters import Parameter, is_usual, read_all, shown
from jingwei.kernels.mapping.rules import number_of
from jingwei.kernels.text import Text

Value = Any
Lookups = Mapping[str, Mapping[str, str]]
Step = Callable[[Value, Lookups], Value]
Make = Callable[[Mapping[str, Any]], tuple[Step, Step | None]]
_tag = re.compile(r"<[^<>]{0,2000}>")
longest_value = 1_000_000  # characters of a text on its way
most_items = 100_000
_exact = Context(prec=1000)  # more digits than two numbers and their product have: nothing is rounded that nobody asked to round


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
    """`takes` and `gives` are field types ("*" = any, "=" = what came in). `make` gives the step and its inverse or None, of parameters that were read.

    `parameters` are (name, kind, default); see `parameters.kinds`.
    """

    name: str
    title: Text
    takes: tuple[str, ...]
    gives: str
    make: Make
    parameters: tuple[Parameter, ...] = ()

    def steps(self, given: Mapping[str, Any], tables: Mapping[str, Any]) -> tuple[Step, Step | None]:
        """The step and its inverse as a spec asks for them: whatever happens to a value in them is told as CannotMap. Raises BadParameter."""
        there, back = self.make(read_all(self.parameters, given, tables))
        return guarded(self.title, there), guarded(self.title, back) if back is not None else None


def guarded(title: Text, step: Step) -> Step:
    """A step that gives a value within bounds, or says CannotMap, and nothing else."""

    def run(value: Value, lookups: Lookups) -> Value:
        try:
            found = step(value, lookups)
        except CannotMap:
            raise
        except (ValueError, ArithmeticError, TypeError, LookupError, AttributeError, MemoryError, RecursionError):
            told = shown(value)
            raise CannotMap("mapping.failed", f"“{title.zh}”无法处理：{told}", f"“{title.en}” can make nothing of this value: {told}") from None
        return _within(title, found)

    return run


def _within(title: Text, value: Value) -> Value:
    is_list = isinstance(value, list)
    parts = value if is_list else [value]
    if len(parts) > most_items or sum(len(each) for each in parts if isinstance(each, str)) > longest_value:
        raise _too_long(title)
    return value


def _too_long(title: Text) -> CannotMap:
    told = Text(f"“{title.zh}”的结果超过 {longest_value} 个字符", f"what “{title.en}” makes is longer than {longest_value} characters")
    return CannotMap("mapping.too_long", told.zh, told.en)


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
    part = parameters["text"]
    if before:
        return _plain(lambda v: part + v), _plain(lambda v: v.removeprefix(part))
    return _plain(lambda v: v + part), _plain(lambda v: v.removesuffix(part))


def _replace(parameters: Mapping[str, Any]) -> tuple[Step, None]:
    old, new = parameters["old"], parameters["new"]

    def replaced(text: str) -> str:
        if len(text) + text.count(old) * (len(new) - len(old)) > longest_value:
            raise _too_long(operations["replace"].title)
        return text.replace(old, new)

    return _plain(replaced if old else str), None


def _code(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    name, rows = parameters["table"]
    there: dict[str, Any] = {}
    back: dict[str, Any] = {}
    for row in rows:
        there.setdefault(str(row["a"]), row["b"])
        if row.get("prefer") or str(row["b"]) not in back:
            back[str(row["b"])] = row["a"]
    unmapped = parameters["unmapped"]

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
            told = shown(value)
            raise CannotMap("mapping.unmapped_code", f"代码表“{name}”没有值 {told}；请补充代码表", f'code table "{name}" has no value {told}; add it')

        return step

    return look(there, parameters["default"]), look(back, parameters["default_back"])


def _decimal(value: Value) -> Decimal:
    number = number_of(value)
    if number is None:
        raise CannotMap("mapping.not_a_number", f"不是数字：{shown(value)}", f"not a number: {shown(value)}")
    return number


def _text_of(number: Decimal) -> str:
    if not is_usual(number):
        raise CannotMap("mapping.too_large", f"数字太大或太长：{shown(number)}", f"too large or too long a number: {shown(number)}")
    text = f"{number:f}" if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _computed(compute: Callable[[Decimal], Decimal]) -> Step:
    """A step on a number; nothing stays nothing."""
    return lambda value, _lookups: None if value in (None, "") else _text_of(compute(_decimal(value)))


def _scale(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    factor = parameters["factor"]
    finest = Decimal(1).scaleb(-6 - max(0, factor.adjusted()))

    def divided(number: Decimal) -> Decimal:
        """The quotient; one without an end is cut so far behind the point that only a step that rounds can find its way back (see Pair.must_return)."""
        found = _exact.divide(number, factor)
        return found if is_usual(found) else found.quantize(finest, ROUND_HALF_UP, _exact)

    return _computed(lambda v: _exact.multiply(v, factor)), _computed(divided)


def _add(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    amount = parameters["number"]
    return _computed(lambda v: _exact.add(v, amount)), _computed(lambda v: _exact.subtract(v, amount))


def _round(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    places = parameters["places"]

    def rounded(value: Value, _lookups: Lookups) -> Value:
        if value in (None, ""):
            return None
        number, told = number_of(value), shown(value)
        if number is None:
            zh, en = f"四舍五入：{told} 不是能保留 {places} 位小数的数字", f"rounding: {told} is no number that can be rounded to {places} places"
            raise CannotMap("mapping.not_a_number", zh, en)
        return _text_of(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _exact))

    return rounded, _same


def _date_of(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    zone, clock = ZoneInfo(parameters["zone"]), parameters["time"]
    return _to_date(zone), _to_moment(zone, clock)


def _datetime_of(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    there, back = _date_of(parameters)
    return back, there


def _to_date(zone: ZoneInfo) -> Step:
    def step(value: Value, _lookups: Lookups) -> Value:
        if value in (None, ""):
            return None
        moment = _moment(value)
        try:
            return (moment.astimezone(zone) if moment.tzinfo else moment).date().isoformat()
        except OverflowError:
            raise _out_of_time(value, zone) from None

    return step


def _to_moment(zone: ZoneInfo, clock: time) -> Step:
    def step(value: Value, _lookups: Lookups) -> Value:
        if value in (None, ""):
            return None
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            raise CannotMap("mapping.not_a_date", f"不是日期：{shown(value)}", f"not a date: {shown(value)}") from None
        try:
            return datetime.combine(day, clock, zone).astimezone(UTC).isoformat()
        except OverflowError:
            raise _out_of_time(value, zone) from None

    return step


def _out_of_time(value: Value, zone: ZoneInfo) -> CannotMap:
    """The first and the last day there are have no other one beside them."""
    told = shown(value)
    return CannotMap(
        "mapping.not_a_date", f"{told} 在时区 {zone.key} 中超出可表示的日期", f"in the time zone {zone.key}, {told} is outside of the dates there are"
    )


def _moment(value: Value) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise CannotMap("mapping.not_a_time", f"不是时间：{shown(value)}", f"not a time: {shown(value)}") from None


def _to_list(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    separator = parameters["separator"] or ","

    def joined(value: Value, _lookups: Lookups) -> Value:
        if not isinstance(value, list):
            return value
        parts = [str(each) for each in value]
        if sum(map(len, parts)) + len(separator) * len(parts) > longest_value:
            raise _too_long(operations["from_list"].title)
        return separator.join(parts)

    return (lambda v, _: [p.strip() for p in str(v).split(separator) if p.strip()] if v not in (None, "") else []), joined


def _link(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    name = parameters["interface"]

    def look(way: str) -> Step:
        def step(value: Value, lookups: Lookups) -> Value:
            if value in (None, ""):
                return None
            found = lookups.get(f"{name}:{way}", {}).get(str(value)) if lookups else None
            if found is None:
                raise CannotMap("mapping.not_linked", f"接口 {name} 还没有链接 {shown(value)}", f"interface {name} has no link for {shown(value)} yet")
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


def _numbers(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    form, code = parameters["format"], "mapping.not_a_number"
    return (
        _read(code, lambda v: _text_of(_decimal(reading.number_of(v, form)))),
        _read(code, lambda v: reading.number_text(_text_of(_decimal(v)), form)),
    )


def _dates(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    form = parameters["format"]
    return _read("mapping.not_a_date", lambda v: reading.date_of(v, form)), _read("mapping.not_a_date", lambda v: reading.date_text(v, form))


def _durations(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    unit, code = parameters["unit"], "mapping.not_a_duration"
    return _read(code, lambda v: _text_of(_decimal(reading.duration_of(v, unit)))), _read(code, lambda v: reading.duration_text(v, unit))


def _turned(make: Make) -> Make:
    """The same steps the other way round."""

    def turned(parameters: Mapping[str, Any]) -> tuple[Step, Step | None]:
        there, back = make(parameters)
        assert back is not None
        return back, there

    return turned


def _default(parameters: Mapping[str, Any]) -> tuple[Step, Step]:
    value = parameters["value"]
    return (lambda v, _: value if v in (None, "", []) else v), _same


operations: dict[str, Operation] = {
    o.name: o
    for o in (
        Operation("trim", Text("去首尾空格", "Trim"), texts, "=", lambda p: (_plain(str.strip), _same)),
        Operation("collapse_spaces", Text("合并空格", "Collapse spaces"), texts, "=", lambda p: (_plain(lambda v: " ".join(v.split())), _same)),
        Operation("upper", Text("转大写", "Upper case"), texts, "=", lambda p: (_plain(str.upper), None)),
        Operation("lower", Text("转小写", "Lower case"), texts, "=", lambda p: (_plain(str.lower), None)),
        Operation("prefix", Text("加前缀", "Add a prefix"), texts, "=", lambda p: _wrap(p, before=True), (("text", "text", ""),)),
        Operation("suffix", Text("加后缀", "Add a suffix"), texts, "=", lambda p: _wrap(p, before=False), (("text", "text", ""),)),
        Operation(
            "replace", Text("替换文字", "Replace text"), texts, "=",
            _replace, (("old", "text", ""), ("new", "text", "")),
        ),
        Operation(
            "code", Text("查代码表", "Code table"), ("*",), "*", _code,
            (("table", "table", ""), ("unmapped", "choice:quarantine|default|pass", "quarantine"), ("default", "value", None), ("default_back", "value", None)),
        ),
        Operation("scale", Text("乘以", "Multiply"), ("decimal", "integer", *texts), "decimal", _scale, (("factor", "number:not 0", "1"),)),
        Operation("add", Text("加上", "Add"), ("decimal", "integer", *texts), "decimal", _add, (("number", "number", "0"),)),
        Operation("round", Text("四舍五入", "Round"), ("decimal", "integer", *texts), "decimal", _round, (("places", "whole:-20:20", 0),)),
        Operation("date_of", Text("取日期", "Date of a time"), ("datetime", "date", *texts), "date", _date_of, (("zone", "zone", "Asia/Shanghai"), ("time", "clock", "00:00"))),
        Operation("datetime_of", Text("日期加时刻", "Time on a date"), ("date", "datetime", *texts), "datetime", _datetime_of, (("zone", "zone", "Asia/Shanghai"), ("time", "clock", "00:00"))),
        Operation("read_number", Text("读成数字", "Read as a number"), (*texts, *numbers), "decimal", _numbers, (number_form,)),
        Operation("write_number", Text("数字写成文字", "Write a number as text"), (*numbers, *texts), "string", _turned(_numbers), (number_form,)),
        Operation("read_date", Text("读成日期", "Read as a date"), (*texts, "date"), "date", _dates, (date_form,)),
        Operation("write_date", Text("日期写成文字", "Write a date as text"), ("date", *texts), "string", _turned(_dates), (date_form,)),
        Operation("read_duration", Text("读成时长", "Read as a duration"), (*texts, *numbers), "decimal", _durations, (duration_unit,)),
        Operation("write_duration", Text("时长写成文字", "Write a duration as text"), (*numbers, *texts), "string", _turned(_durations), (duration_unit,)),
        Operation("to_list", Text("拆成列表", "Split into a list"), texts, "list", _to_list, (("separator", "text", ","),)),
        Operation("from_list", Text("列表合并", "Join a list"), ("list",), "string", _turned(_to_list), (("separator", "text", ","),)),
        Operation(
            "truncate", Text("截断", "Cut to length"), texts, "=", lambda p: (_plain(lambda v: v[: p["length"]]), None), (("length", "whole:0:200000", 255),)
        ),
        Operation("strip_html", Text("去 HTML 标记", "Strip HTML"), texts, "text", lambda p: (_plain(lambda v: html.unescape(_tag.sub("", v[:1_000_000])).strip()), None)),
        Operation("link", Text("按其他接口换编号", "Translate an id by another interface"), ("*",), "*", _link, (("interface", "text", ""),)),
        Operation("default", Text("空时用", "When empty use"), ("*",), "=", _default, (("value", "value", ""),)),
    )
}  # fmt: skip
