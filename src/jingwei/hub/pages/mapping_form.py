"""The mapping editor's form: what was posted becomes a spec, a spec becomes rows to show, and first proposals for both."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from jingwei.hub.contract import Field, Stream
from jingwei.hub.pages.code_tables import proposed_table, unmatched
from jingwei.kernels import bounds, mapping
from jingwei.kernels.bounds import is_too_deep, json_problem, whole
from jingwei.kernels.mapping.operations import operations

rows_at_most = 200


def proposal(a: Stream, b: Stream) -> tuple[dict[str, Any], dict[str, Any]]:
    """A first mapping and its code tables, from the names and the choices of both streams.

    A table is complete in each direction its pair flows, or the mapping's "missing" names the values that have no counterpart yet:
    {"table": {"a": […], "b": […]}}.
    """
    # the field that keeps our reference is the hub's own
    pairs = [p for p in mapping.suggest_pairs(a.fields, b.fields) if p["a"] != a.external_key_field and p["b"] != b.external_key_field]
    tables: dict[str, Any] = {}
    missing: dict[str, Any] = {}
    for pair in pairs:
        for step in pair["steps"]:
            if step["op"] == "code":
                left, right = a.field(pair["a"]), b.field(pair["b"])
                tables[step["table"]] = proposed_table(left, right)
                without = unmatched(tables[step["table"]], left, right, pair["direction"])
                if without["a"] or without["b"]:
                    missing[step["table"]] = without
    return {"pairs": pairs, "key": [], **({"missing": missing} if missing else {})}, tables


def spec_from(post: QueryDict) -> tuple[dict[str, Any], dict[str, Any]]:
    """The mapping and the code tables that the form holds; unfinished rows are kept out."""
    pairs = []
    for number in range(_count(post, "rows", rows_at_most)):
        if not post.get(f"a-{number}") and not post.get(f"b-{number}"):
            continue
        pair: dict[str, Any] = {
            "a": source_of(post.get(f"a-{number}", "")), "b": post.get(f"b-{number}"), "direction": post.get(f"direction-{number}", "both"),
            "policy": post.get(f"policy-{number}", "ask"), "steps": _steps_from(post, number),
        }  # fmt: skip
        if post.get(f"required-{number}"):
            pair["required"] = True
        pairs.append(pair | _further(post, f"further-{number}"))
    spec: dict[str, Any] = {"pairs": pairs, "key": [k for k in post.getlist("key") if k in {p["b"] for p in pairs}]}
    if left := {p["b"]: found for p in pairs if (found := {side: post.getlist(f"left-{side}-{p['b']}") for side in ("a", "b")}) != {"a": [], "b": []}}:
        spec["left"] = left
    filters: dict[str, dict[str, list[str]]] = {}
    constants = []
    for number in range(_count(post, "extras", 40)):
        side, name, value = (post.get(f"extra-{part}-{number}", "") for part in ("side", "field", "value"))
        if side in ("a", "b") and name:
            if post.get(f"extra-kind-{number}") == "filter":
                filters.setdefault(side, {})[name] = [v.strip() for v in re.split(r"[,，;；]", value) if v.strip()]
            else:
                constants.append({"side": side, "field": name, "value": value})
    if filters:
        spec["filters"] = filters
    if constants:
        spec["constants"] = constants
    return spec, _tables_from(post, pairs)


def _count(post: QueryDict, name: str, most: int) -> int:
    """How many rows a part of the form has. ValidationError when the page did not write that."""
    if (found := whole(post.get(name) or "0")) is None:
        text = _("The form is damaged: “%(name)s” says no number of rows. Load the page again and repeat the change.")
        raise ValidationError({name: text % {"name": name[:80]}})
    return min(found, most)


further_parts = ("rules", "joiner")  # what a file says of a pair and the page does not show


def further_of(pair: Mapping[str, Any]) -> str:
    """What the page carries along unseen, so that a mapping from a file loses nothing on it."""
    found = {name: pair[name] for name in further_parts if name in pair}
    return json.dumps(found, ensure_ascii=False) if found else ""


def _further(post: QueryDict, name: str) -> dict[str, Any]:
    """Read back as it was written there. ValidationError for what no draft can hold."""
    text = post.get(name) or ""
    try:
        found = json.loads(text, parse_float=bounds.exact) if text and not is_too_deep(text.encode(errors="replace")) else {}
    except ValueError:
        return {}
    if json_problem(found):
        said = _("The form is damaged: “%(name)s” cannot be read. Load the page again and repeat the change.")
        raise ValidationError({name: said % {"name": name[:80]}})
    return {part: found[part] for part in further_parts if part in found} if isinstance(found, dict) else {}


def source_of(text: str) -> str | list[str]:
    """One field, or several joined by + as the form writes them."""
    parts = [part for part in text.split("+") if part]
    return parts if len(parts) > 1 else text


def source_text(source: str | list[str]) -> str:
    """The other way round."""
    return "+".join(source) if isinstance(source, list) else str(source or "")


def _steps_from(post: QueryDict, number: int) -> list[dict[str, Any]]:
    steps = []
    for order in range(10):
        name = post.get(f"op-{number}-{order}")
        if name is None:
            break
        operation = operations.get(name)
        if operation is None:
            continue
        step: dict[str, Any] = {"op": name}
        for parameter, _kind, default in operation.parameters:
            value = post.get(f"p-{number}-{order}-{parameter}", default)
            if value not in (None, ""):
                step[parameter] = value
        if name == "code":
            step.setdefault("table", post.get(f"b-{number}") or f"table-{number}")
        steps.append(step)
    return steps


def _tables_from(post: QueryDict, pairs: list[dict[str, Any]]) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    wanted = {step["table"] for pair in pairs for step in pair["steps"] if step["op"] == "code"}
    for name in wanted:
        rows = []
        for number in range(_count(post, f"table-{name}-rows", 300)):
            left, right = post.get(f"ta-{name}-{number}", "").strip(), post.get(f"tb-{name}-{number}", "").strip()
            if left or right:
                rows.append({"a": left, "b": right, **({"prefer": True} if post.get(f"tp-{name}-{number}") else {})})
        tables[name] = rows
    return tables


def finished(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The code tables without rows that have one side only: a draft keeps them, a version does not."""
    return {name: [row for row in rows if row.get("a") not in (None, "") and row.get("b") not in (None, "")] for name, rows in tables.items()}


def apply_action(action: str, spec: dict[str, Any], a: Stream, b: Stream) -> int:
    """Carry out a button of the form on the spec; returns how many empty rows to show below."""
    if action == "add-row":
        return 1
    if found := re.fullmatch(r"(remove-row|add-step|remove-step)-(\d{1,4})(?:-(\d{1,4}))?", action):
        kind, number = found[1], int(found[2])
        if number < len(spec["pairs"]):
            pair = spec["pairs"][number]
            if kind == "remove-row":
                spec["pairs"].pop(number)
            elif kind == "add-step":
                pair["steps"].append({"op": _first_step(pair, a)})
            elif found[3] is not None and int(found[3]) < len(pair["steps"]):
                pair["steps"].pop(int(found[3]))
    if action == "suggest":
        known = {source_text(p["a"]) for p in spec["pairs"]} | {p["b"] for p in spec["pairs"]}
        spec["pairs"] += [p for p in mapping.suggest_pairs(a.fields, b.fields) if p["a"] not in known and p["b"] not in known]
    return 0


def _first_step(pair: Mapping[str, Any], a: Stream) -> str:
    """A new step is one that the field takes."""
    field = field_of(a, pair["a"])
    return "trim" if field is None or {"*", str(field.type)} & {*operations["trim"].takes} else "default"


def field_of(stream: Stream, name: Any) -> Field | None:
    """The field of that name, if there is one."""
    return next((each for each in stream.fields if each.name == name), None)


def table_rows(spec: Mapping[str, Any], tables: Mapping[str, Any], a: Stream, b: Stream) -> list[dict[str, Any]]:
    """The code tables to show, each with an empty row to write into and the values both sides know."""
    out = []
    for pair in spec["pairs"]:
        for step in pair.get("steps", ()):
            if step["op"] != "code" or any(t["name"] == step["table"] for t in out):
                continue
            left = next((f for f in a.fields if f.name == pair["a"]), None)
            right = next((f for f in b.fields if f.name == pair["b"]), None)
            rows = tables.get(step["table"]) or (proposed_table(left, right) if left and right else [])
            without = unmatched(finished({"rows": rows})["rows"], left, right, pair.get("direction", "both")) if left and right else {"a": [], "b": []}
            rows = [*(row for row in rows if _is_telling(row, left, right)), *({"a": value, "b": ""} for value in without["a"])]
            rows += [*({"a": "", "b": value} for value in without["b"]), {"a": "", "b": ""}]
            out.append(
                {
                    "name": step["table"],
                    "rows": rows,
                    "choices_a": left.choices if left else (),
                    "choices_b": right.choices if right else (),
                    "missing_a": _labels(left, without["a"]),
                    "missing_b": _labels(right, without["b"]),
                }
            )
    return out


def _is_telling(row: Mapping[str, Any], left: Field | None, right: Field | None) -> bool:
    """Whether a row is to be shown as it was typed: whole, or half with a value of nobody's list, which comes back by no other way."""
    if row.get("a") and row.get("b"):
        return True
    value, field = (row["a"], left) if row.get("a") else (row.get("b"), right)
    return field is None or str(value) not in dict(field.choices)


def _labels(field: Field | None, values: list[str]) -> list[str]:
    known = dict(field.choices) if field else {}
    return [known.get(value, value) for value in values]
