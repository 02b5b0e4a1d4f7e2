"""What the mapping editor shows of a spec: rows with their errors where they are, real values, what one click mends, and what is still missing."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from jingwei.frame.words import in_words
from jingwei.hub.models import Interface
from jingwei.hub.pages import mapping_form, mapping_mending
from jingwei.hub.pages.mapping_away import Rows, Sides
from jingwei.hub.pages.systems import said
from jingwei.hub.pages.values_shown import told
from jingwei.hub.register.places import place_name
from jingwei.kernels.mapping import Mapping, MappingError, SpecProblem, Trace, compile_mapping, compile_pair
from jingwei.kernels.mapping.operations import operations
from jingwei.kernels.mapping.parameters import title_of

Spec = dict[str, Any]
_numbered = re.compile(r"(pairs|constants)\[(\d+)\](?:\.steps\[(\d+)\])?")


class Wrong(NamedTuple):
    """One thing wrong: in which row (None: in no single one), in which cell, at which step, and how to mend it."""

    part: str
    row: int | None
    cell: str
    step: int | None
    place: str
    text: str
    parameter: str = ""


def editor(interface: Interface, sides: Sides, rows: Rows, spec: Spec, tables: dict[str, Any], spare: int = 0) -> dict[str, Any]:
    """Everything that `hub/_mapping.html` needs."""
    finished = mapping_form.finished(tables)
    wrong, traces = _checked(spec, finished, sides, rows)
    gaps = {gap.number: gap for gap in mapping_mending.gaps_of(spec, tables, sides)}
    shown = {number: mapping_mending.gap_shown(gap, spec, sides) for number, gap in gaps.items()}
    pairs = [
        _row(number, pair, spec, traces, wrong, sides)
        | {"offers": mapping_mending.offered(spec, number, sides, rows.records), "gap": shown.get(number)}
        | _gone(pair, sides)
        for number, pair in enumerate(spec["pairs"])
    ]
    away = {each.side: each for each in (*([rows.away] if rows.away else []), *sides.away)}
    return {
        "interface": interface, "fields_a": [(f.name, said(f.title), f.type) for f in sides.a.fields],
        "fields_b": [(f.name, said(f.title), f.type, f.required, f.read_only) for f in sides.b.fields], "pairs": pairs,
        "spare": [len(spec["pairs"]) + n for n in range(spare)], "row_count": len(spec["pairs"]) + spare, "problems": wrong,
        "tables": _with_gaps(mapping_form.table_rows(spec, tables, sides.a, sides.b), shown), "extras": _extras(spec, wrong),
        "operations": [(o.name, in_words(o.title)) for o in operations.values()], "away": list(away.values()), "rows_problem": rows.problem,
        "sample_count": len(rows.records), "open_count": sum(len(gap.a) + len(gap.b) for gap in gaps.values()), "left_values": _left(spec),
    }  # fmt: skip


def _checked(spec: Spec, tables: dict[str, Any], sides: Sides, rows: Rows) -> tuple[list[Wrong], dict[int, list[Trace]]]:
    """What is wrong, and the real rows through every pair that is not."""
    wrong: list[Wrong] = []
    try:
        compile_mapping(spec, sides.a.fields, sides.b.fields, tables)
    except MappingError as problem:
        wrong = [wrong_of(each, spec) for each in problem.problems]
    sound = {number: compile_pair(pair, sides.a.fields, sides.b.fields, tables) for number, pair in enumerate(spec["pairs"])}
    return wrong, {number: [Mapping((pair,)).trace(record.values)[0] for record in rows.records] for number, pair in sound.items() if pair is not None}


def wrong_of(problem: SpecProblem, spec: Spec) -> Wrong:
    """A problem with the row and cell that it is told at."""
    place, text = in_words(place_name(problem.place, spec)), in_words(problem.message)
    found = _numbered.fullmatch(problem.place)
    if found is None:
        return Wrong(problem.place, None, problem.at, None, place, text)
    return Wrong(found[1], int(found[2]), problem.at or "b", int(found[3]) if found[3] else None, place, text, problem.parameter)


def _row(number: int, pair: dict[str, Any], spec: Spec, traces: dict[int, list[Trace]], wrong: list[Wrong], sides: Sides) -> dict[str, Any]:
    left, right = mapping_form.field_of(sides.a, pair.get("a")), mapping_form.field_of(sides.b, pair.get("b"))
    mine = [each for each in wrong if each.part == "pairs" and each.row == number]
    shown = traces.get(number, [])
    return {
        "number": number, "a": mapping_form.source_text(pair.get("a") or ""), "is_joined": isinstance(pair.get("a"), list), "b": pair.get("b"), "direction": pair.get("direction", "both"), "policy": pair.get("policy", "ask"),
        "steps": [_step(order, step, {w.parameter for w in mine if w.step == order}) for order, step in enumerate(pair.get("steps", ()))], "required": pair.get("required", False), "is_key": pair.get("b") in spec.get("key", ()),
        "further": mapping_form.further_of(pair),
        "wrong": {cell: [_at_step(each) for each in mine if each.cell == cell] for cell in ("a", "b", "direction", "policy", "steps")},
        "samples": [
            {
                "from": told(left, t.steps[0] if t.steps else None), "to": told(right, t.steps[-1] if t.steps else None),
                "problem": in_words(t.problem.message) if t.problem else "",
            }
            for t in shown
        ],
        "is_unsound": number not in traces,
    }  # fmt: skip


def _gone(pair: dict[str, Any], sides: Sides) -> dict[str, bool]:
    """Whether a row names a field that the side does not have (any more, or as far as is known)."""
    is_single = isinstance(pair.get("a"), str)
    return {
        "a_is_gone": is_single and bool(pair["a"]) and mapping_form.field_of(sides.a, pair["a"]) is None,
        "b_is_gone": bool(pair.get("b")) and mapping_form.field_of(sides.b, pair["b"]) is None,
    }


def _at_step(wrong: Wrong) -> str:
    return wrong.text if wrong.step is None else _("Step %(number)s: %(text)s") % {"number": wrong.step + 1, "text": wrong.text}


def _step(order: int, step: dict[str, Any], wrong: set[str]) -> dict[str, Any]:
    operation = operations.get(step.get("op", ""))
    parameters = [
        {
            "name": n, "title": in_words(title_of(n)), "is_wrong": n in wrong, "kind": k.partition(":")[0], "options": [(each, option_title(each)) for each in k.partition(":")[2].split("|")],
            "value": step.get(n, d if d is not None else ""),
        }
        for n, k, d in (operation.parameters if operation else ())
    ]  # fmt: skip
    return {"order": order, "op": step.get("op"), "parameters": parameters}


def option_title(name: str) -> str:
    """What people call a choice of a parameter."""
    known = {
        "quarantine": _("hold the record"), "default": _("use another value"), "pass": _("pass it as it is"),
        "minutes": _("in minutes"), "hours": _("in hours"), "days": _("in days of 8 hours"),
    }  # fmt: skip
    return known.get(name, name)


def _with_gaps(tables: list[dict[str, Any]], gaps: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    by_table = {gap["table"]: gap for gap in gaps.values() if gap["table"]}
    return [table | {"gap": by_table.get(table["name"])} for table in tables]


def _left(spec: Spec) -> list[tuple[str, str]]:
    """What was left deliberately, as the form's hidden fields hold it."""
    return [(f"left-{side}-{target}", value) for target, sides in spec.get("left", {}).items() for side in ("a", "b") for value in sides.get(side, ())]


def _extras(spec: Spec, wrong: list[Wrong]) -> list[dict[str, Any]]:
    """Filters and fixed values as rows, with an empty one to write into."""
    rows: list[dict[str, Any]] = [
        {"kind": "filter", "side": side, "field": name, "value": ", ".join(values if isinstance(values, list) else [values])}
        for side, rules in spec.get("filters", {}).items()
        for name, values in rules.items()
    ]
    for number, each in enumerate(spec.get("constants", ())):
        rows.append({"kind": "constant", **each, "wrong": [w.text for w in wrong if w.part == "constants" and w.row == number]})
    return [*rows, {"kind": "filter", "side": "", "field": "", "value": ""}]
