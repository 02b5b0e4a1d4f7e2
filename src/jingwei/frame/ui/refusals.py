"""What was refused, as a page tells it: at its field, and above all of them what is told at none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from jingwei.frame.records import extra
from jingwei.frame.records.parts import AtCell
from jingwei.frame.records.resource import Resource


def by_field(problem: ValidationError) -> dict[str, list[str]]:
    """The messages by the name of their field."""
    return problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}


def but_cells(problem: ValidationError) -> dict[str, list[str]]:
    """The same without what is told at cells of lists of parts."""
    at_cells = [each.message for errors in problem.error_dict.values() for each in errors if isinstance(each, AtCell)] if hasattr(problem, "error_dict") else []
    return {name: left for name, texts in by_field(problem).items() if (left := [text for text in texts if text not in at_cells])}


def told_above(resource: Resource, errors: Mapping[str, list[str]], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is told at none of these fields, with the name of its own: nothing is refused without a word."""
    shown = {entry["field"].name for entry in entries}
    return [f"{_label(resource, name)}{text}" for name, texts in errors.items() if name not in shown for text in texts]


def _label(resource: Resource, name: str) -> str:
    if extra.is_name(name):
        return f"{extra.label(resource, name.removeprefix(extra.prefix))}: "
    field = resource.model_field(name) if name not in (NON_FIELD_ERRORS, "") else None
    return f"{field.verbose_name}: " if field is not None else ""
