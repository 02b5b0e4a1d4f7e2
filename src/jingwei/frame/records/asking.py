"""What programs may ask of a list: every parameter is known and every value can be kept; else it is refused, because a filter that is passed over shows too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from jingwei.frame.models import values
from jingwei.frame.records import extra_lists
from jingwei.frame.records.extra import is_name
from jingwei.frame.records.resource import Resource

paging = ("page", "size", "sort", "q", "after")
truths = ("1", "true", "True", "0", "false", "False")
pages_by_number = 100
nothing = "-"  # as a filter: where the field is empty


def require_known(resource: Resource, asked: Mapping[str, str]) -> None:
    """Raise ValidationError, by parameter, for what this list does not know or cannot read."""
    known = {name: field for each in resource.filters for name, field in _names(resource, each)}
    extras = {name: each for each in extra_lists.offered(resource, asked) for name in extra_lists.parameters_of(each)} if _names_extras(asked) else {}
    problems: dict[str, str] = {}
    for name, value in asked.items():
        if values.unreadable(value):
            problems[name] = _("The text contains a character that cannot be kept. Type it anew.")
        elif name in extras:
            if (problem := extra_lists.problem(extras[name], name, value)) is not None:
                problems[name] = problem
        elif name in known:
            if (problem := _problem(known[name], value)) is not None:
                problems[name] = problem
        elif name not in (*paging, *_of_carried(resource)):
            problems[name] = _("There is no such filter. Known are: %(names)s.") % {"names": ", ".join((*sorted(known), *_of_carried(resource), *paging))}
    if (order := asked.get("sort", "")) and order.removeprefix("-") not in (*sortable(resource), *extras):
        problems["sort"] = _("It cannot be sorted by that. Known are: %(names)s.") % {"names": ", ".join(sortable(resource))}
    if (values.whole(asked.get("page", "")) or 1) > pages_by_number and not asked.get("after"):
        problems["page"] = _("Pages are counted to %(most)s. Beyond that go on with `after`: the `next` of the answer before.") % {"most": pages_by_number}
    if problems:
        raise ValidationError(problems)


def _names_extras(asked: Mapping[str, str]) -> bool:
    return any(map(is_name, asked)) or is_name(asked.get("sort", "").removeprefix("-"))


def _of_carried(resource: Resource) -> tuple[str, ...]:
    return ("tag",) if "tags" in resource.carries else ()


def sortable(resource: Resource) -> tuple[str, ...]:
    """The fields that a list is sorted by; with “-” before them, downward."""
    hidden = (*resource.veiled, *resource.untold)
    return tuple(name for name in dict.fromkeys((*resource.columns, *resource.fields)) if resource.model_field(name) is not None and name not in hidden)


def described(resource: Resource) -> list[dict[str, Any]]:
    """The parameters of its list as OpenAPI has them, paging left out."""
    out = [
        _parameter("sort", {"type": "string", "enum": [sign + name for name in sortable(resource) for sign in ("", "-")]}, _("Sort by; with “-”, downward."))
    ]
    out += [_parameter(name, {"type": "string"}, _("Rows with this tag.")) for name in _of_carried(resource)]
    for each in resource.filters:
        for name, field in _names(resource, each):
            out.append(_parameter(name, _schema(field), str(field.verbose_name if field is not None else name)))
    return out


def _parameter(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": schema, "description": text}


def _names(resource: Resource, name: str) -> Iterator[tuple[str, Any]]:
    """The parameters of one filter: a field of dates has two, the first and the last day."""
    field = resource.model_field(name)
    if isinstance(field, models.DateField):
        yield from ((f"{name}_from", field), (f"{name}_to", field))
    else:
        yield name, field


def _problem(field: Any, value: str) -> str | None:
    if value in ("", nothing):
        return None
    if isinstance(field, models.DateField):
        return None if values.day_of(value) else _("Write a day as year, month and day, such as 2026-11-30.")
    if isinstance(field, models.BooleanField):
        return None if value in truths else _("Write true or false.")
    if field is not None and field.flatchoices:
        known = [str(each) for each, _title in field.flatchoices]
        strange = [each for each in value.split(",") if each and each not in known]
        return _("“%(value)s” is none of: %(known)s.") % {"value": strange[0][:40], "known": ", ".join(known)} if strange else None
    return None


def _schema(field: Any) -> dict[str, Any]:
    if isinstance(field, models.DateField):
        return {"type": "string", "format": "date"}
    if isinstance(field, models.BooleanField):
        return {"type": "boolean"}
    if field is not None and field.flatchoices:
        one = [str(value) for value, _title in field.flatchoices]
        return {"type": "string", "examples": one[:1], "description": ", ".join(one), "pattern": f"^(-|({'|'.join(one)})(,({'|'.join(one)}))*)?$"}
    return {"type": "string"}
