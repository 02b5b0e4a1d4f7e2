"""What one click mends on the mapping page: conversions between fields of different kinds, and values that have no counterpart yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from jingwei.frame.words import in_words
from jingwei.hub.contract import Field, Record
from jingwei.hub.pages.code_tables import proposed_table, suggested
from jingwei.hub.pages.mapping_away import Sides
from jingwei.hub.pages.mapping_form import field_of, finished
from jingwei.kernels import bounds, mapping
from jingwei.kernels.mapping import Conversion, Gap

Spec = dict[str, Any]
Tables = dict[str, Any]


def offers(pair: dict[str, Any], sides: Sides, rows: Sequence[Record] = ()) -> list[Conversion]:
    """Conversions worth offering for a pair that does not convert yet."""
    left, right = field_of(sides.a, pair.get("a")), field_of(sides.b, pair.get("b"))
    if left is None or right is None:
        return []
    used = {step.get("op") for step in pair.get("steps", ())}
    found = mapping.conversions(left, right, [row.values.get(left.name) for row in rows])
    return [each for each in found if not used & {step["op"] for step in each.steps}]


def action(do: str, **more: Any) -> str:
    """What a button posts."""
    return json.dumps({"do": do, **more}, ensure_ascii=False)


def fill_tables(spec: Spec, tables: Tables, sides: Sides, post: QueryDict) -> None:
    """A code table that was not on the page before begins with what is proposed."""
    for pair in spec["pairs"]:
        for name in (step["table"] for step in pair["steps"] if step["op"] == "code"):
            if f"table-{name}-rows" not in post and not tables.get(name):
                tables[name] = _proposed(pair, sides)


def _proposed(pair: dict[str, Any], sides: Sides) -> list[dict[str, Any]]:
    left, right = (_with_values(field_of(*each)) for each in ((sides.a, pair["a"]), (sides.b, pair["b"])))
    return proposed_table(left, right) if left and right else []


def _with_values(field: Field | None) -> Field | None:
    """The field with the values it can hold as its choices; a yes or no has two."""
    if field is None or field.choices or str(field.type) != "boolean":
        return field
    return Field(field.name, field.type, field.title, choices=(("True", _("yes")), ("False", _("no"))))


def carry_out(asked: str, spec: Spec, tables: Tables, sides: Sides, rows: Sequence[Record]) -> None:
    """Do what a button of a pair asks; one that does not fit what is there does nothing."""
    try:
        wanted = json.loads(asked, parse_float=bounds.exact)
        do, pair = str(wanted["do"]), spec["pairs"][int(wanted["pair"])]
    except (ValueError, TypeError, LookupError):
        return
    if do == "convert":
        _convert(pair, str(wanted.get("by", "")), tables, sides, rows)
    found = next((gap for gap in gaps_of(spec, tables, sides) if gap.target == pair.get("b")), None)
    if found is None:
        return
    for side, value in _meant(wanted, found):
        if do in ("leave", "leave-all"):
            spec.setdefault("left", {}).setdefault(found.target, {"a": [], "b": []})[side].append(value)
        elif do == "take-up":
            spec.get("left", {}).get(found.target, {}).get(side, []).remove(value)
        elif do in ("match", "match-all"):
            _match(pair, side, value, str(wanted.get("to", "")), tables, sides)


def _meant(wanted: dict[str, Any], gap: Gap) -> Iterable[tuple[str, str]]:
    """The values that a button means, as far as they are still there."""
    there = {"a": gap.a, "b": gap.b} if wanted["do"] != "take-up" else {"a": gap.left_a, "b": gap.left_b}
    for side, values in there.items():
        for value, _label in values:
            if str(wanted["do"]).endswith("-all") or (wanted.get("side"), wanted.get("value")) == (side, value):
                yield side, value


def _convert(pair: dict[str, Any], by: str, tables: Tables, sides: Sides, rows: Sequence[Record]) -> None:
    chosen = next((each for each in offers(pair, sides, rows) if each.title.en == by), None)
    left = field_of(sides.a, pair["a"])
    if chosen is None or left is None:
        return
    pair["steps"] = mapping.converted(pair["steps"], chosen, left)
    if chosen.table and not tables.get(chosen.table):
        tables[chosen.table] = _proposed(pair, sides)


def _match(pair: dict[str, Any], side: str, value: str, to: str, tables: Tables, sides: Sides) -> None:
    """Give a value the counterpart that was chosen, or else the one that is suggested."""
    name = _table_of(pair)
    to = to or _suggestion(pair, side, value, sides)
    if not name or not to:
        return
    rows = [row for row in tables.get(name, []) if row.get(side) != value or (row.get("a") and row.get("b"))]
    tables[name] = [*rows, {"a": value, "b": to} if side == "a" else {"a": to, "b": value}]


def _table_of(pair: dict[str, Any]) -> str:
    return next((step["table"] for step in pair.get("steps", ()) if step.get("op") == "code" and step.get("table")), "")


def _suggestion(pair: dict[str, Any], side: str, value: str, sides: Sides) -> str:
    fields = {"a": _with_values(field_of(sides.a, pair["a"])), "b": _with_values(field_of(sides.b, pair["b"]))}
    mine, other = fields[side], fields["b" if side == "a" else "a"]
    if mine is None or other is None:
        return ""
    is_reference = "reference" in (mine.type, other.type)
    return suggested(value, dict(mine.choices).get(value, value), other.choices, is_reference) or ""


def gaps_of(spec: Spec, tables: Tables, sides: Sides) -> list[Gap]:
    """Values that go nowhere, pair by pair."""
    return mapping.gaps(spec, sides.a.fields, sides.b.fields, finished(tables))


def offered(spec: Spec, number: int, sides: Sides, rows: Sequence[Record]) -> list[dict[str, str]]:
    """The conversions of a row as buttons."""
    found = offers(spec["pairs"][number], sides, rows)
    return [
        {"title": in_words(each.title) + (f": {each.made}" if each.made else ""), "action": action("convert", pair=number, by=each.title.en)} for each in found
    ]


def gap_shown(gap: Gap, spec: Spec, sides: Sides) -> dict[str, Any]:
    """A pair's values without counterpart, each with what one click does about it."""
    pair = spec["pairs"][gap.number]
    is_table = bool(_table_of(pair))
    open_ = [_value_shown(gap.number, pair, side, each, sides, is_table) for side, values in (("a", gap.a), ("b", gap.b)) for each in values]
    left = [
        {"side": side, "value": value, "label": label, "action": action("take-up", pair=gap.number, side=side, value=value)}
        for side, values in (("a", gap.left_a), ("b", gap.left_b))
        for value, label in values
    ]
    return {
        "pair": gap.number, "target": gap.target, "table": _table_of(pair), "open": open_, "left": left, "leave_all": action("leave-all", pair=gap.number),
        "match_all": action("match-all", pair=gap.number) if sum(bool(each["to"]) for each in open_) > 1 else "",
    }  # fmt: skip


def _value_shown(number: int, pair: dict[str, Any], side: str, value: tuple[str, str], sides: Sides, is_table: bool) -> dict[str, Any]:
    to = _suggestion(pair, side, value[0], sides) if is_table else ""
    other = _with_values(field_of(sides.b, pair["b"]) if side == "a" else field_of(sides.a, pair["a"]))
    return {
        "side": side, "value": value[0], "label": value[1], "to": dict(other.choices).get(to, to) if other else to,
        "match": action("match", pair=number, side=side, value=value[0], to=to), "leave": action("leave", pair=number, side=side, value=value[0]),
    }  # fmt: skip
