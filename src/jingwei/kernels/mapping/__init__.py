"""Mapping between two field spaces: plain data, checked and compiled once, then run on records in both directions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from typing import Any

from jingwei.kernels.mapping.compiler import compile_pair, compile_spec
from jingwei.kernels.mapping.converting import Conversion, conversions, converted, values_of
from jingwei.kernels.mapping.coverage import Gap, gaps
from jingwei.kernels.mapping.model import FieldLike, Mapped, Mapping, MappingError, Pair, SpecProblem, Trace, ValueProblem

__all__ = [
    "Conversion", "FieldLike", "Gap", "Mapped", "Mapping", "MappingError", "Pair", "SpecProblem", "Trace", "ValueProblem", "compile_mapping", "compile_pair", "conversions",
    "converted", "gaps", "suggest_pairs", "values_of",
]  # fmt: skip
Spec = AbstractMapping[str, Any]


def compile_mapping(
    spec: Spec, fields_a: Sequence[FieldLike], fields_b: Sequence[FieldLike], code_tables: AbstractMapping[str, Any], *, is_published: bool = False
) -> Mapping:
    """Check a spec whole and make it ready to run; MappingError lists every problem. What `is_published` was taken when less was checked: a step whose
    parameters are none stops no interface, each record says why it cannot pass.

    `code_tables` = {"status": [{"a": "open", "b": "todo"}, …]}. See the module `operations` for the steps.
    """
    return compile_spec(spec, fields_a, fields_b, code_tables, is_published=is_published)


def suggest_pairs(fields_a: Sequence[FieldLike], fields_b: Sequence[FieldLike]) -> list[dict[str, Any]]:
    """Pairs worth proposing, by equal meaning or similar name; each field is used once.

    A reference is a number or a name that means something to its own side only: it is proposed with a code table (named after the
    field of B) and only if both sides say what there is to choose from, never by itself.
    """
    out: list[dict[str, Any]] = []
    taken: set[str] = set()
    writable = [f for f in fields_b if not f.read_only]
    for a in fields_a:
        scored = sorted(((_likeness(a, b), b.name) for b in writable if b.name not in taken and _can_pair(a, b)), reverse=True)
        if scored and scored[0][0] >= 0.75 and a.name not in ("id",):
            taken.add(scored[0][1])
            out.append(
                {
                    "a": a.name,
                    "b": scored[0][1],
                    "direction": "a_to_b" if a.read_only else "both",
                    "policy": "ask",
                    "steps": _steps_between(a, next(b for b in writable if b.name == scored[0][1])),
                }
            )
    return out


def _can_pair(a: FieldLike, b: FieldLike) -> bool:
    return "reference" not in (a.type, b.type) or bool(a.choices and b.choices)


_synonyms = (
    {"subject", "name", "title", "summary", "标题", "名称", "主题"},
    {"status", "status_id", "state", "状态"},
    {"done_ratio", "percent", "progress", "进度", "完成率"},
    {"assigned_to_id", "assignee", "owner", "负责人"},
    {"due_date", "deadline", "due", "截止日期", "finish"},
    {"description", "body", "notes", "描述", "说明"},
    {"estimated_hours", "work_hours", "工时"},
    {"priority", "priority_id", "优先级"},
    {"start_date", "constraint_at", "planned_start", "开始日期"},
    {"amount", "sum", "金额"},
    {"number", "code", "编号"},
    {"labels", "tags", "标签"},
)


def _likeness(a: FieldLike, b: FieldLike) -> float:
    left, right = a.name.lower(), b.name.lower()
    if left == right:
        return 1.0
    if any(left in group and right in group for group in _synonyms):
        return 0.95
    return difflib.SequenceMatcher(None, left, right).ratio()


def _steps_between(a: FieldLike, b: FieldLike) -> list[dict[str, Any]]:
    if a.type == "date" and b.type == "datetime":
        return [{"op": "datetime_of", "zone": "Asia/Shanghai", "time": "18:00" if "d" in b.name[:1] else "09:00"}]
    if a.type == "datetime" and b.type == "date":
        return [{"op": "date_of", "zone": "Asia/Shanghai"}]
    if "reference" in (a.type, b.type):
        return [{"op": "code", "table": b.name}]
    if a.name in ("status", "status_id", "state") or (a.type == "enum" and b.type == "enum"):
        return [{"op": "code", "table": b.name}]
    return []
