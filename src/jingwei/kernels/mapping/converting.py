"""Conversions worth offering where both sides' fields are of different kinds, ready to be put into a pair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jingwei.kernels.mapping import reading
from jingwei.kernels.mapping.model import FieldLike
from jingwei.kernels.mapping.operations import operations
from jingwei.kernels.text import Text

Step = dict[str, Any]
booleans = (("True", "True"), ("False", "False"))
_groups = {"string": "text", "text": "text", "enum": "text", "reference": "text", "integer": "number", "decimal": "number"}
_units = {"minutes": re.compile(r"minutes?|_min$|^min_|分钟"), "hours": re.compile(r"hours?|_hrs?$|工时|小时"), "days": re.compile(r"_days?$|^days?_|天数")}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Steps that bring a value of one field into the other, and what they are called. `made`: what they make of a sample of which others make something else."""

    title: Text
    steps: tuple[Step, ...]
    made: str = ""

    @property
    def table(self) -> str:
        """The code table that the steps look things up in, or nothing."""
        return next((str(step["table"]) for step in self.steps if step["op"] == "code"), "")


def values_of(field: FieldLike) -> tuple[tuple[str, str], ...]:
    """(value, label) of everything a field can hold, where that can be told."""
    return booleans if str(field.type) == "boolean" else tuple((str(value), str(label)) for value, label in field.choices)


def conversions(a: FieldLike, b: FieldLike, samples: Sequence[Any] = ()) -> list[Conversion]:
    """The fitting ones, the likeliest first; none where nothing needs to be converted. `samples` are values of A: they tell how a number or a date is
    written. Where that can be read in several ways, each is offered with what it makes of one of them."""
    kinds, values = (str(a.type), str(b.type)), (values_of(a), values_of(b))
    if kinds == ("boolean", "boolean"):
        return []
    groups = tuple(_groups.get(kind, kind) for kind in kinds)
    if any(values) and all(each or group == "text" for each, group in zip(values, groups, strict=True)):
        return [] if _are_one(*values) else [_named(({"op": "code", "table": b.name},))]
    return _told_apart(_plain_steps(a, b, groups, samples), samples)


def converted(steps: Iterable[Step], conversion: Conversion, source: FieldLike) -> list[Step]:
    """A pair's steps with a conversion in place of whatever converted before; what only tidies the source's text stays in front."""
    kept = [step for step in steps if (found := operations.get(str(step.get("op")))) and found.gives == "=" and {"*", str(source.type)} & {*found.takes}]
    return [*kept, *(dict(step) for step in conversion.steps)]


def _are_one(left: tuple[tuple[str, str], ...], right: tuple[tuple[str, str], ...]) -> bool:
    return {value for value, _ in left} == {value for value, _ in right}


def _told_apart(found: Sequence[tuple[Step, ...]], samples: Sequence[Any]) -> list[Conversion]:
    ops = Counter(tuple(step["op"] for step in steps) for steps in found)
    alike = [steps for steps in found if ops[tuple(step["op"] for step in steps)] > 1]
    sample = next((each for each in samples if each not in (None, "") and len({_made(steps, each) for steps in alike}) > 1), None)
    return [_named(steps, sample if steps in alike else None) for steps in found]


def _named(steps: tuple[Step, ...], sample: Any = None) -> Conversion:
    titles = [operations[step["op"]].title for step in steps]
    if sample is not None:
        titles[0] = Text(f"{titles[0].zh}（{steps[0]['format']}）", f"{titles[0].en} ({steps[0]['format']})")  # noqa: RUF001  (Chinese brackets)
    title = Text(" › ".join(t.zh for t in titles), " › ".join(t.en for t in titles))
    return Conversion(title, steps, f"{sample} → {_made(steps, sample)}" if sample is not None else "")


def _made(steps: tuple[Step, ...], sample: Any) -> Any:
    """What the first step, which reads, makes of a text."""
    there, _back = operations[steps[0]["op"]].steps(steps[0], {})
    return there(sample, {})


def _plain_steps(a: FieldLike, b: FieldLike, groups: tuple[str, ...], samples: Sequence[Any]) -> list[tuple[Step, ...]]:
    clock = {"zone": "Asia/Shanghai", "time": "18:00" if b.name.startswith("d") else "09:00"}
    match groups:
        case ("text", "number"):
            forms, unit = reading.forms_of(samples, reading.number_of, reading.number_forms), unit_named(b.name)
            read_numbers: list[tuple[Step, ...]] = [({"op": "read_number", "format": form},) for form in forms]
            # a duration reads a bare number in the usual form only
            return [({"op": "read_duration", "unit": unit},), *read_numbers] if unit and forms == reading.number_forms[:1] else read_numbers
        case ("number", "text"):
            number, duration = ({"op": "write_number"},), ({"op": "write_duration", "unit": unit_named(a.name) or "hours"},)
            return [number, duration] if unit_named(a.name) else [number]
        case ("number", "number"):
            return _rescaled(unit_named(a.name), unit_named(b.name))
        case ("text", "date"):
            return [(day,) for day in _read_days(samples)]
        case ("date", "text"):
            return [({"op": "write_date", "format": reading.date_forms[0]},)]
        case ("text", "datetime"):
            return [(day, {"op": "datetime_of", **clock}) for day in _read_days(samples)]
        case ("datetime", "text"):
            return [({"op": "date_of", "zone": "Asia/Shanghai"}, {"op": "write_date", "format": reading.date_forms[0]})]
        case ("date", "datetime"):
            return [({"op": "datetime_of", **clock},)]
        case ("datetime", "date"):
            return [({"op": "date_of", "zone": "Asia/Shanghai"},)]
        case ("text", "list"):
            return [({"op": "to_list", "separator": ","},)]
        case ("list", "text"):
            return [({"op": "from_list", "separator": ","},)]
    return []


def _read_days(samples: Sequence[Any]) -> list[Step]:
    return [{"op": "read_date", "format": form} for form in reading.forms_of(samples, reading.date_of, reading.date_forms)]


def unit_named(name: str) -> str:
    """The unit of time that a field's name tells, or nothing."""
    return next((unit for unit, pattern in _units.items() if pattern.search(name.lower())), "")


def _rescaled(one: str, two: str) -> list[tuple[Step, ...]]:
    if not one or not two or one == two:
        return []
    there, back = reading.duration_units[one], reading.duration_units[two]
    if there % back == 0:
        whole: tuple[Step, ...] = ({"op": "round", "places": 0},) if two == "minutes" else ()  # no hour has an end for every minute
        return [({"op": "scale", "factor": str(there // back)}, *whole)]
    return [({"op": "write_duration", "unit": one}, {"op": "read_duration", "unit": two})]
