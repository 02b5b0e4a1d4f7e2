"""Which row a line of a file names by its natural key: exactly that one, or none. What is written over is no matter of likeness."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from jingwei.frame.records import commands, meant, people
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access


def existing(resource: Resource, values: Mapping[str, Any], access: Access) -> Any | None:
    """The row that a line names by its natural key; what the key refers to is named as it is elsewhere in the line, and may have "/" in its name.
    None also when a value is none of its field: then the field says so."""
    wanted: dict[str, Any] = {}
    for path in resource.natural_key:
        name, _separator, rest = path.partition("__")
        given = values.get(name, "")
        if not given:
            return None
        target = resource.target(name) if rest else None
        if target is None:
            wanted[path] = given
        elif (row := _meant(target, given, target.seen(access))) is not None:
            wanted[f"{name}_id"] = row.pk
        else:  # named by its last part, of which there are several: what else the key says tells them apart
            wanted[f"{name}__{target.natural_key[-1]}"] = given.strip()
    try:
        return resource.rows(access).filter(**wanted).first()
    except (ValidationError, ValueError):
        return None


def _meant(target: Resource, given: str, rows: models.QuerySet[Any]) -> Any | None:
    """The one row that a text names exactly: which row is written over is no matter of likeness. A person also by name; several are told at the field."""
    if (row := target.named(given, rows)) is not None or target.spelt is None:
        return row
    with suppress(ValidationError):
        return people.one_of(people.meant(given, rows, target.also_named), given, target.natural_key[-1])
    return None


def require_exact(resource: Resource, texts: Mapping[str, str], read: Mapping[str, Any], access: Access) -> None:
    """A line whose key names what is only like it makes no row there either: the next file would not find it by that name."""
    found = dict[str, ValidationError]()
    for name in dict.fromkeys(path.partition("__")[0] for path in resource.natural_key):
        target, given = resource.target(name), read.get(name)
        if target is None or target.spelt is not None or not given or _meant(target, given, rows := target.seen(access)) is not None:
            continue
        with suppress(ValidationError):  # several: told at the field
            if meant.only(target, given, rows) is not None and (like := meant.unknown(target, given, rows)) is not None:
                found[name] = like
    if found:
        commands.require_before(access, resource, "add", texts, None, via="import")
        raise ValidationError(found)
