"""First proposals for code tables: which value over there seems to mean the same, and which have no counterpart yet."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from jingwei.hub.contract import Field

Choices = Sequence[tuple[str, str]]
near_enough = 0.75  # “blocked” is not “closed”
_known_states = (
    ("open", "new", "todo", "to do", "backlog", "planned", "released", "draft", "待处理", "新建", "未开始", "计划"),
    ("in_progress", "in progress", "doing", "running", "active", "进行中", "feedback", "处理中"),
    ("resolved", "done", "closed", "finished", "complete", "completed", "posted", "已解决", "已关闭", "完成", "已完成"),
    ("blocked", "on hold", "waiting", "暂停", "受阻"),
    ("rejected", "cancelled", "canceled", "reversed", "已拒绝", "取消", "已取消"),
)


def proposed_table(a: Field, b: Field) -> list[dict[str, Any]]:
    """Rows for every value of A and every value of B that has a likely counterpart; what is unclear is left for a person.

    A value of B that no value of A leads to has a row of its own for the way back. A side that holds any text takes the other's names.
    """
    if not a.choices or not b.choices:
        return [{"a": value if a.choices else label, "b": label if a.choices else value} for value, label in a.choices or b.choices]
    is_reference = "reference" in (a.type, b.type)
    there = {value: _counterpart(value, label, b.choices, is_reference) for value, label in a.choices}
    back = {value: _counterpart(value, label, a.choices, is_reference) for value, label in b.choices}
    rows: list[dict[str, Any]] = []
    for value, found in there.items():
        if found is not None and (back[found] == value or not is_reference):
            is_first = all(row["b"] != found for row in rows)
            rows.append({"a": value, "b": found, **({"prefer": True} if is_first else {})})
    reached, leading = {row["b"] for row in rows}, {row["a"] for row in rows}
    for value, found in back.items():
        if value not in reached and found in leading and not is_reference:
            rows.append({"a": found, "b": value, "prefer": True})
    return rows


def unmatched(rows: Sequence[dict[str, Any]], a: Field, b: Field, direction: str = "both") -> dict[str, list[str]]:
    """The values that a table does not translate, in the directions that are used."""
    there, back = {str(row["a"]) for row in rows if row.get("b")}, {str(row["b"]) for row in rows if row.get("a")}
    return {
        "a": [value for value, _ in a.choices if value not in there] if direction != "b_to_a" else [],
        "b": [value for value, _ in b.choices if value not in back] if direction != "a_to_b" else [],
    }


def suggested(value: str, label: str, choices: Choices, is_reference: bool = False) -> str | None:
    """The choice that a value without counterpart is likeliest to mean: of the same name or kind, else of a name much like it; None when none is near."""
    if (found := _counterpart(value, label, choices, is_reference)) is not None or is_reference:
        return found
    scored = [(max(_likeness(one, two) for one in (value, label) for two in (target, text)), target) for target, text in choices]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= near_enough else None


def _likeness(one: str, two: str) -> float:
    left, right = one.strip().lower(), two.strip().lower()
    return 0.0 if left.isdigit() or right.isdigit() else difflib.SequenceMatcher(None, left, right).ratio()


def _counterpart(value: str, label: str, choices: Choices, is_reference: bool) -> str | None:
    """The one choice of the same name; for states also the first of the same kind. Two of the same name are a person's to tell apart."""
    mine = _forms(value, label)
    same = [target for target, text in choices if mine & _forms(target, text)]
    if same or is_reference:
        return same[0] if len(same) == 1 else None
    words = _words(value, label)
    return next((target for target, text in choices if any(words & set(group) and _words(target, text) & set(group) for group in _known_states)), None)


def _words(value: str, label: str) -> set[str]:
    return {text.strip().lower() for text in (value, label)}


def _forms(value: str, label: str) -> set[str]:
    """What a choice may be called, whatever the order of a name's parts. A bare number names nothing outside of its own system."""
    out = set()
    for text in (label, *(() if value.isdigit() else (value,))):
        for part in (text, *re.split(r"[()（）]", text)):
            words = re.findall(r"\w+", part.lower().replace("_", " "))
            if words and (not all(word.isdigit() for word in words) or part == label):
                is_short_name = all("\u4e00" <= letter <= "\u9fff" for word in words for letter in word) and len(words) > 1
                out.add("".join(sorted("".join(words))) if is_short_name else " ".join(sorted(words)))
                out.add("".join(words))
                if is_short_name:
                    out.add("".join(reversed(words)))
    return out
