"""The values of a parked record as a form: shown as they came, given back with their kinds, complained of field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.ui.typed import plain_breaks
from jingwei.frame.words import in_words
from jingwei.hub.contract import Title
from jingwei.hub.models import Quarantine
from jingwei.kernels import bounds


@dataclass(slots=True)
class Line:
    """One field of the record."""

    name: str
    label: str
    kind: str
    text: str
    value: Any
    choices: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_mapped: bool = True

    @property
    def is_long(self) -> bool:
        """Needs more than one line."""
        return self.kind == "text" or "\n" in self.text or len(self.text) > 80

    @property
    def is_known_choice(self) -> bool:
        """Whether the present value is among the choices (or there is none)."""
        return not self.text or self.text in {value for value, _label in self.choices}


def rows_of(row: Quarantine, post: Mapping[str, Any] | None = None, problem: ValidationError | None = None) -> list[Line]:
    """Every field of the record, those with a problem first, then those that are mapped."""
    values = (row.delivery.record or {}).get("values") or {}
    fields = _fields(row)
    mapped = _mapped(row)
    refused = problem.message_dict if problem is not None and hasattr(problem, "error_dict") else {}
    lines = []
    for name in [*values, *(n for n in mapped if n not in values and n in fields)]:
        plain = fields.get(name, {})
        text = text_of(values.get(name))
        label = in_words(Title(plain.get("zh") or name, plain.get("en") or name))
        said = [in_words(Title(p.get("zh", ""), p.get("en", ""))) for p in row.problems if p.get("field") == name]
        given = post.get(f"f-{name}", text) if post is not None else text
        choices = [(str(v), str(t)) for v, t in plain.get("choices", ())]
        lines.append(Line(name, label, str(plain.get("type", "")), str(given), values.get(name), choices, [*said, *refused.get(name, [])], name in mapped))
    return sorted(lines, key=lambda line: (not line.wrong, not line.is_mapped))


def record_of(row: Quarantine, post: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they shall go in; what was not touched stays exactly as it came. Raises ValidationError by field."""
    out: dict[str, Any] = dict((row.delivery.record or {}).get("values") or {})
    wrong: dict[str, Any] = {}
    for line in rows_of(row):
        given = post.get(f"f-{line.name}")
        if given is None or plain_breaks(str(given)) == plain_breaks(line.text):
            continue
        try:
            out[line.name] = _value(str(given), line)
        except ValidationError as problem:
            wrong[line.name] = problem
    if wrong:
        raise ValidationError(wrong)
    return out


def text_of(value: Any) -> str:
    """A value as it stands in a form."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(text: str, line: Line) -> Any:
    text = plain_breaks(text)
    if text == "":
        return None
    if isinstance(line.value, list | dict) or line.kind == "list":
        return _structured(text, line)
    if isinstance(line.value, bool) or line.kind == "boolean":
        if text.strip().lower() not in ("true", "false"):
            raise ValidationError(_("Write true or false."))
        return text.strip().lower() == "true"
    if line.kind in ("integer", "decimal"):
        return _number(text.strip(), line.kind)
    return text


def _structured(text: str, line: Line) -> Any:
    try:
        return json.loads(text, parse_float=bounds.exact)
    except (ValueError, RecursionError):
        if line.kind == "list" and not text.lstrip().startswith(("[", "{")):
            return [part.strip() for part in text.split(",") if part.strip()]
        raise ValidationError(_('This must be JSON, such as ["a", "b"].')) from None


def _number(text: str, kind: str) -> Any:
    if (number := bounds.number_of(text)) is None:
        raise ValidationError(_("This is no number."))
    if kind == "integer":
        if number != number.to_integral_value() or abs(number) > 2**63:
            raise ValidationError(_("This must be a whole number."))
        return int(number)
    return text


def _fields(row: Quarantine) -> dict[str, dict[str, Any]]:
    version = row.interface.published
    return {f["name"]: f for f in version.spec["streams"][row.side or "a"]} if version is not None else {}


def _mapped(row: Quarantine) -> list[str]:
    """The names that take part in the mapping on this side."""
    version = row.interface.published
    names: list[str] = []
    for pair in version.spec["mapping"]["pairs"] if version is not None else ():
        source = pair["a"] if (row.side or "a") == "a" else pair["b"]
        names += source if isinstance(source, list) else [source]
    return list(dict.fromkeys(names))
