"""Rules that a mapped value must keep: how they are written in a spec, and whether a value breaks one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jingwei.kernels import bounds
from jingwei.kernels.mapping import parameters
from jingwei.kernels.mapping.parameters import BadParameter, shown, written
from jingwei.kernels.text import Text

Rule = tuple[str, Any, str]
rule_names = ("required", "max_length", "min", "max", "one_of")
severities = ("quarantine", "warn")
_kinds = {"max_length": "whole:1:10000000", "min": "number", "max": "number"}
most_rules, most_choices = 20, 10_000


def read_rules(given: Any) -> tuple[list[Rule], list[Text]]:
    """Rules as a spec has them, and what is wrong with those that cannot be kept. One that cannot be read lets nothing pass."""
    if given in (None, [], ()):
        return [], []
    if not isinstance(given, list) or len(given) > most_rules:
        wrong = Text(f"规则应是不超过 {most_rules} 项的列表", f"rules must be a list of at most {most_rules}")
        return [("wrong", wrong, "quarantine")], [wrong]
    rules, problems = list[Rule](), list[Text]()
    for each in given:
        try:
            rules.append(_rule(each))
        except BadParameter as problem:
            rules.append(("wrong", problem.text, "quarantine"))
            problems.append(problem.text)
    return rules, problems


def _rule(each: Any) -> Rule:
    name = each.get("rule") if isinstance(each, Mapping) else None
    if not isinstance(name, str) or name not in rule_names:
        raise BadParameter("rules", Text(f"没有这种规则；可用：{', '.join(rule_names)}", f"no such rule; there are {', '.join(rule_names)}"))
    severity, value = each.get("severity", "quarantine"), each.get("value", True)
    if severity not in severities:
        raise _bad(name, f"的 severity 应为 {'、'.join(severities)}", f"must have as its severity one of {', '.join(severities)}")
    if name == "required" and not isinstance(value, bool):
        raise _bad(name, "的 value 应为 true 或 false", "must have as its value true or false")
    if name == "one_of":
        if not isinstance(value, list) or len(value) > most_choices or any(isinstance(v, list | dict) or written(v) is None for v in value):
            raise _bad(name, "的 value 应是一列允许的值", "must have as its value a list of the allowed values")
        return name, tuple(str(v) for v in value), severity
    if kind := _kinds.get(name):
        try:
            value = parameters.read("value", kind, value)
        except BadParameter as problem:
            raise _bad(name, f"：{problem.text.zh}", f": {problem.text.en}") from None
    return name, value, severity


def _bad(name: str, zh: str, en: str) -> BadParameter:
    return BadParameter("rules", Text(f"规则 {name} {zh}".replace(f"{name} ：", f"{name}："), f"rule {name} {en}".replace(f"{name} :", f"{name}:")))


def number_of(value: Any) -> Decimal | None:
    """The number a value is, if it is one that can be written out."""
    found = bounds.number_of(value)
    return found if found is not None and parameters.is_usual(found) else None


def breaks(name: str, limit: Any, value: Any) -> Text | None:
    """What a value breaks of a rule, in words."""
    empty = value is None or value == "" or value == []
    if name == "wrong":
        return limit  # type: ignore[no-any-return]
    if name == "required":
        return Text("必填字段为空", "a required field is empty") if limit and empty else None
    if empty:
        return None
    if name == "max_length" and len(written(value) or "") > limit:
        return Text(f"超过 {limit} 个字符", f"longer than {limit} characters")
    if name == "one_of" and written(value) not in limit:
        return Text(f"{shown(value)} 不是允许的值", f"{shown(value)} is not one of the allowed values")
    if name in ("min", "max"):
        found = number_of(value)
        if found is None:
            return Text(f"{shown(value)} 不是数字", f"{shown(value)} is not a number")
        if found < limit and name == "min":
            return Text(f"小于 {limit}", f"less than {limit}")
        if found > limit and name == "max":
            return Text(f"大于 {limit}", f"greater than {limit}")
    return None
