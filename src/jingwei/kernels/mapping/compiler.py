"""Checks a mapping spec whole and compiles it; everything wrong is reported at once."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from typing import Any

from jingwei.kernels import merge
from jingwei.kernels.mapping.model import FieldLike, Mapping, MappingError, Pair, SpecProblem
from jingwei.kernels.mapping.operations import CannotMap, Lookups, Step, Value, guarded, kind_title, operations, texts
from jingwei.kernels.mapping.parameters import BadParameter, longest_parameter
from jingwei.kernels.mapping.rules import Rule, read_rules
from jingwei.kernels.text import Text

pairs_at_most = 500
steps_at_most = 20
_alike = ({*texts}, {"integer", "decimal"})


class _Report:
    def __init__(self) -> None:
        self.problems: list[SpecProblem] = []

    def add(self, place: str, zh: str, en: str, at: str = "", parameter: str = "") -> None:
        self.problems.append(SpecProblem(place, Text(zh, en), at, parameter))


def compile_spec(
    spec: AbstractMapping[str, Any], fields_a: Sequence[FieldLike], fields_b: Sequence[FieldLike], tables: Any, *, is_published: bool = False
) -> Mapping:
    """See `mapping.compile_mapping`."""
    report = _Report()
    tables = _tables(tables, report)
    a, b = {f.name: f for f in fields_a}, {f.name: f for f in fields_b}
    raw = spec.get("pairs") if isinstance(spec, AbstractMapping) else None
    if not isinstance(raw, list) or not raw or len(raw) > pairs_at_most:
        raise MappingError([SpecProblem("pairs", Text("至少映射一对字段", "map at least one pair of fields"))])
    numbered = {number: pair for number, each in enumerate(raw) if (pair := _pair(number, each, a, b, tables, report)) is not None}
    pairs = list(numbered.values())
    _check_twice(numbered, report)
    constants = _constants(spec, a, b, report)
    _check_required(pairs, constants["b"], b, report)
    keys = tuple(str(k.get("b", "")) if isinstance(k, dict) else str(k) for k in _list_of(spec, "key", report))
    _check_filters(spec.get("filters"), report)
    for key in keys:
        if key not in {p.b for p in pairs}:
            report.add("key", f"匹配键 {key} 没有映射", f"the matching key {key} is not mapped")
    if any(not (is_published and each.parameter) for each in report.problems):
        raise MappingError(report.problems)
    return Mapping(tuple(pairs), constants["a"], constants["b"], keys)


def _tables(tables: Any, report: _Report) -> AbstractMapping[str, Any]:
    if not isinstance(tables, AbstractMapping):
        report.add("code_tables", "代码表应是一个对象，每个名字一列行", "code tables must be an object with a list of rows for each name")
        return {}
    for name, rows in tables.items():
        if not isinstance(rows, list) or not all(isinstance(row, AbstractMapping) for row in rows):
            report.add("code_tables", f"代码表 {name} 应是一列行", f"the code table {name} must be a list of rows", parameter="table")
    return tables


def _list_of(spec: AbstractMapping[str, Any], name: str, report: _Report) -> list[Any]:
    found = spec.get(name) or []
    if isinstance(found, list | tuple):
        return list(found)
    report.add(name, "应是一个列表", "must be a list")
    return []


def _check_filters(filters: Any, report: _Report) -> None:
    """{"a": {"field": [values]}}; one value stands for itself."""
    is_right = isinstance(filters or {}, AbstractMapping) and all(
        side in ("a", "b") and isinstance(wanted, AbstractMapping) and not any(isinstance(each, AbstractMapping) for each in wanted.values())
        for side, wanted in (filters or {}).items()
    )
    if not is_right:
        report.add("filters", "应为每侧（a、b）写出字段与允许的值", "must name, for side a or b, fields and the values that are let in")


def compile_pair(each: Any, fields_a: Sequence[FieldLike], fields_b: Sequence[FieldLike], tables: AbstractMapping[str, Any]) -> Pair | None:
    """One pair by itself; None when anything is wrong with it."""
    report = _Report()
    pair = _pair(0, each, {f.name: f for f in fields_a}, {f.name: f for f in fields_b}, tables, report)
    return None if report.problems else pair


def _listed(fields: AbstractMapping[str, FieldLike]) -> str:
    return ", ".join(fields) or "–"


def _pair(number: int, each: Any, a: dict[str, FieldLike], b: dict[str, FieldLike], tables: AbstractMapping[str, Any], report: _Report) -> Pair | None:
    place = f"pairs[{number}]"
    if not isinstance(each, AbstractMapping):
        report.add(place, "应是一个对象", "must be an object")
        return None
    sources = each.get("a")
    names = tuple(str(n) for n in sources) if isinstance(sources, list) else (str(sources),)
    target = str(each.get("b"))
    there = [_are_there(place, names if sources else (), a, "a", report), _are_there(place, (target,) if each.get("b") else (), b, "b", report)]
    if not all(there):
        return None
    direction, policy = each.get("direction", "both"), each.get("policy", "ask")
    if direction not in merge.directions:
        report.add(place, f"方向应为 {', '.join(merge.directions)}", f"direction must be one of {', '.join(merge.directions)}", "direction")
        return None
    if policy not in merge.policies:
        report.add(place, f"策略应为 {', '.join(merge.policies)}", f"policy must be one of {', '.join(merge.policies)}", "policy")
        return None
    forward, backward, gives = _steps(place, each, a[names[0]], tables, report)
    _check_ways(place, names, direction, backward, a, b[target], gives, report)
    rules = _rules(place, each, b[target], direction, report)
    joiner = each.get("joiner", " ")
    if not isinstance(joiner, str) or len(joiner) > longest_parameter:
        report.add(
            place, f"连接符应是不超过 {longest_parameter} 个字符的文字", f"the joiner must be text of at most {longest_parameter} characters", "a", "joiner"
        )
    return Pair(
        names,
        target,
        direction,
        policy,
        (*forward, _in_form(str(b[target].type))),
        (*(s for s in backward if s is not None), _in_form(str(a[names[0]].type))),
        str(joiner),
        str(a[names[0]].type),
        str(b[target].type),
        rules,
        any(isinstance(step, AbstractMapping) and step.get("op") == "scale" for step in each.get("steps") or ()),
    )


def _in_form(kind: str) -> Step:
    """The step that ends every way: a value in the form of its field."""
    return guarded(Text("写入字段", "Write into the field"), lambda value, _lookups: merge.normalise(value, kind))


def _failing(text: Text) -> Step:
    """In place of a step that cannot be made, where an interface works by it already: each record says why."""

    def fail(_value: Value, _lookups: Lookups) -> Value:
        raise CannotMap("mapping.bad_step", text.zh, text.en)

    return fail


def _are_there(place: str, names: tuple[str, ...], known: dict[str, FieldLike], side: str, report: _Report) -> bool:
    """Whether a field is named, and every one that is exists."""
    if not names:
        report.add(place, f"选择 {side.upper()} 侧的字段", f"choose the field of side {side.upper()}", side)
    for name in (unknown := [each for each in names if each not in known]):
        report.add(
            place, f"{side.upper()} 侧没有字段 {name}；现有：{_listed(known)}", f"side {side.upper()} has no field {name}; there are: {_listed(known)}", side
        )
    return bool(names) and not unknown


def _steps(
    place: str, each: AbstractMapping[str, Any], source: FieldLike, tables: AbstractMapping[str, Any], report: _Report
) -> tuple[list[Step], list[Step | None], str]:
    forward: list[Step] = []
    backward: list[Step | None] = []
    kind = str(source.type)
    steps = each.get("steps") or []
    if not isinstance(steps, list) or len(steps) > steps_at_most:
        report.add(place, f"步骤应是不超过 {steps_at_most} 项的列表", f"steps must be a list of at most {steps_at_most}", "steps")
        return [], [], kind
    for order, step in enumerate(steps):
        here = f"{place}.steps[{order}]"
        operation = operations.get(str(step.get("op"))) if isinstance(step, AbstractMapping) else None
        if operation is None:
            report.add(here, f"没有这种操作；可用：{', '.join(operations)}", f"no such operation; there are {', '.join(operations)}", "steps")
            continue
        if "*" not in operation.takes and kind not in operation.takes and kind != "*":
            said, of = operation.title, kind_title(kind)
            report.add(here, f"“{said.zh}”不能用于{of.zh}", f"“{said.en}” does not take {of.en}", "steps")
        try:
            there, back = operation.steps(step, tables)
        except BadParameter as problem:
            said = Text(f"“{operation.title.zh}”：{problem.text.zh}", f"“{operation.title.en}”: {problem.text.en}")
            report.add(here, said.zh, said.en, "steps", problem.name)
            there = back = _failing(said)
        forward.append(there)
        backward.insert(0, back)
        kind = kind if operation.gives == "=" else operation.gives
    return forward, backward, kind


def _check_ways(
    place: str, names: tuple[str, ...], direction: str, backward: list[Step | None], a: dict[str, FieldLike], target: FieldLike, gives: str, report: _Report
) -> None:
    if direction != "a_to_b":
        if len(names) > 1:
            report.add(place, "多个来源字段只能单向 A→B", "several source fields can only go one way, A to B", "direction")
        if any(step is None for step in backward):
            report.add(place, "有不可逆的步骤，只能单向 A→B", "a step cannot be undone: let it go one way, A→B (a_to_b)", "direction")
        if a[names[0]].read_only:
            report.add(
                place,
                f"A 侧字段{_called(a[names[0]]).zh}只读，只能单向 A→B",
                f"field {_called(a[names[0]]).en} of side A is read-only: let it go one way, A→B (a_to_b)",
                "direction",
            )
    if direction != "b_to_a" and target.read_only:
        report.add(
            place,
            f"B 侧字段{_called(target).zh}只读，只能单向 B→A",
            f"field {_called(target).en} of side B is read-only: let it go one way, B→A (b_to_a)",
            "direction",
        )
    kind = str(target.type)
    if gives not in ("*", kind) and not any({gives, kind} <= group for group in _alike) and kind not in texts and gives not in texts:
        one, two = kind_title(gives), kind_title(kind)
        report.add(place, f"{one.zh}不能写入{two.zh}，请加转换步骤", f"{one.en} does not fit {two.en}: add a step that converts", "steps")


def _rules(place: str, each: AbstractMapping[str, Any], target: FieldLike, direction: str, report: _Report) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    if (each.get("required") or target.required) and direction != "b_to_a":
        rules.append(("required", True, "quarantine"))
    own, problems = read_rules(each.get("rules"))
    for problem in problems:
        report.add(place, problem.zh, problem.en, "b", "rules")
    rules += own
    limit = getattr(target, "max_length", None)
    if limit and direction != "b_to_a":
        rules.append(("max_length", limit, "quarantine"))
    return tuple(rules)


def _check_twice(pairs: AbstractMapping[int, Pair], report: _Report) -> None:
    for side in ("a", "b"):
        seen: set[str] = set()
        for number, pair in pairs.items():
            writes = pair.direction != ("a_to_b" if side == "a" else "b_to_a")
            name = pair.b if side == "b" else pair.a[0]
            if writes and name in seen:
                report.add(f"pairs[{number}]", f"{side.upper()} 侧字段 {name} 被映射两次", f"field {name} of side {side.upper()} is written by two pairs", side)
            if writes:
                seen.add(name)


def _constants(spec: AbstractMapping[str, Any], a: dict[str, FieldLike], b: dict[str, FieldLike], report: _Report) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {"a": {}, "b": {}}
    for number, each in enumerate(_list_of(spec, "constants", report)):
        known = {"a": a, "b": b}.get(str(each.get("side"))) if isinstance(each, AbstractMapping) else None
        if known is None or not isinstance(each.get("field"), str) or each["field"] not in known:
            report.add(f"constants[{number}]", "没有这个字段", "there is no such field")
        else:
            out[each["side"]][each["field"]] = each.get("value")
    return out


def _check_required(pairs: Sequence[Pair], constants: dict[str, Any], b: dict[str, FieldLike], report: _Report) -> None:
    written = {p.b for p in pairs if p.direction != "b_to_a"} | set(constants)
    if not any(p.direction != "b_to_a" for p in pairs):
        return
    for target in b.values():
        if target.required and not target.read_only and target.name not in written:
            said = _called(target)
            report.add("pairs", f"B 侧必填字段{said.zh}没有映射", f"the required field {said.en} of side B is not mapped")


def _called(field: FieldLike) -> Text:
    """A field by its title where it has one, with the name that the editor shows beside it."""
    title = getattr(field, "title", None)
    if title is None or title.en == field.name:
        return Text(f" {field.name} ", field.name)
    return Text(f"“{title.zh}”（{field.name}）", f"“{title.en}” ({field.name})")
