"""Declared fields of a resource as fields like any others: named `extra.<key>`, typed, labelled in the language of now. Which there are follows from where a row is."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import post_delete, post_save
from django.utils.functional import lazystr
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import CustomField, Project
from jingwei.frame.models.custom import text_at_most
from jingwei.frame.postgres import locks
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.records.shape import Extensible
from jingwei.frame.rights.access import access_of
from jingwei.kernels.bounds import largest_id

column, prefix = "extra", "extra."
people = "directory.person"  # the resource whose rows a field of the type “person” names
Kind = CustomField.Kind
kept_seconds, kept_at_most = 5.0, 200
anywhere = -1  # in the place of a project: every one that the scope reaches


@dataclass(frozen=True, eq=False)
class Extra:
    """One declared field, and the model field that pages, sheets and streams take it for."""

    definition: CustomField
    field: models.Field[Any, Any]

    @property
    def key(self) -> str:
        """By which its value stands in the column."""
        return self.definition.key

    @property
    def name(self) -> str:
        """How lists, sheets and streams name it."""
        return prefix + self.definition.key


class SeveralField(models.JSONField):
    """Several of some choices; `options` are their values with their words."""

    options: tuple[tuple[str, Any], ...] = ()


class _Words:
    """A choice in the language of now."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return self.zh if (get_language() or "").startswith("zh") else self.en


@dataclass(slots=True)
class _Kept:
    """What one request or job has looked up."""

    until: float
    places: dict[tuple[str, int | None], tuple[Extra, ...]] = field(default_factory=dict)
    names: dict[tuple[str, str], Extra | None] = field(default_factory=dict)
    people: dict[int, Any] = field(default_factory=dict)


_kept: dict[tuple[int, str], _Kept] = {}


def _known() -> _Kept:
    """What is known in this scope already: a moment, and never beyond the request or job."""
    now, current = time.monotonic(), scope.current()
    mark = (current.tenant_id, current.trace)
    found = _kept.get(mark)
    if found is None or found.until < now or not current.trace:
        if len(_kept) >= kept_at_most:
            _kept.clear()
        found = _kept[mark] = _Kept(now + kept_seconds)
    return found


def forget(**_signal: Any) -> None:
    """A definition has changed."""
    _kept.clear()


post_save.connect(forget, sender=CustomField, dispatch_uid="frame.extra.saved")
post_delete.connect(forget, sender=CustomField, dispatch_uid="frame.extra.deleted")


def lock_of(tenant_id: int, key: str) -> str:
    """Shared by who writes values of declared fields of a resource, held alone by who changes what they are."""
    return f"field values:{tenant_id}:{key}"


def hold_still(resource: Extensible) -> None:
    """Have the definitions as they are now, and till the transaction ends: values are checked against no others than those they are written for."""
    if _may_have(resource):
        current = scope.current()
        locks.hold(lock_of(current.tenant_id, resource.key), is_shared=True)
        _kept.pop((current.tenant_id, current.trace), None)


def is_name(name: str) -> bool:
    """Whether a name is that of a declared field."""
    return name.startswith(prefix)


def _may_have(resource: Extensible) -> bool:
    """Fields are declared by an organisation: outside of any scope there are none."""
    return resource.is_extended and scope.peek() is not None


def fields_of(resource: Extensible, place: int | None, *, archived: bool = True) -> tuple[Extra, ...]:
    """The declared fields of rows of a project, of the organisation's alone without one; those in use first, each in its order."""
    if not _may_have(resource):
        return ()
    known = _known()
    if (mark := (resource.key, place)) not in known.places:
        known.places[mark] = _kept_in(known, _of_place(tenant=scope.current().tenant_id, resource=resource.key, place=place))
    found = known.places[mark]
    return found if archived else tuple(each for each in found if not each.definition.is_archived)


def everywhere(resource: Extensible) -> tuple[Extra, ...]:
    """Those of every project where whoever works here may see such rows."""
    if not _may_have(resource):
        return ()
    known = _known()
    if (mark := (resource.key, anywhere)) not in known.places:
        rows, current = CustomField.objects.filter(resource=resource.key, is_archived=False), scope.current()
        places = access_of(current.user_id, current.tenant_id).projects(resource.permission("view")) if current.user_id is not None else None
        rows = rows if places is None else rows.filter(models.Q(project=None) | models.Q(project__in=places))
        known.places[mark] = _kept_in(known, _in_order(rows))
    return known.places[mark]


def told_apart(resource: Extensible) -> dict[str, str]:
    """The declared fields within reach by the words (key, names; in small letters) that mean one of them only. By its key behind its name each is meant."""
    meant: dict[str, set[str]] = {}
    keyed: dict[str, str] = {}
    for each in everywhere(resource):
        own = {word.lower() for word in (each.key, each.definition.label_zh, each.definition.label_en) if word}
        keyed |= {f"{word} ({each.key})".lower(): each.name for word in own}
        for word in own:
            meant.setdefault(word, set()).add(each.name)
    return {**keyed, **{word: next(iter(names)) for word, names in meant.items() if len(names) == 1}}


def named(resource: Extensible, name: str) -> Extra | None:
    """The field of that name, of whichever project: a key is declared once for a resource."""
    if not _may_have(resource):
        return None
    known, key = _known(), name.removeprefix(prefix)
    if (mark := (resource.key, key)) not in known.names:
        rows = CustomField.unscoped.filter(tenant_id=scope.current().tenant_id, resource=resource.key, key=key[:40])
        known.names[mark] = next(iter(_kept_in(known, _in_order(rows))), None)
    return known.names[mark]


def _in_order(rows: models.QuerySet[CustomField]) -> models.QuerySet[CustomField]:
    return rows.order_by("is_archived", "position", "pk")


# without a place (NULL) the organisation's alone
_of_place = Prepared(
    lambda: _in_order(
        CustomField.unscoped.filter(models.Q(project=None) | models.Q(project_id=given("place")), tenant_id=given("tenant"), resource=given("resource"))
    )
)


def _kept_in(known: _Kept, rows: Iterable[CustomField]) -> tuple[Extra, ...]:
    out = tuple(Extra(each, _field(each)) for each in rows)
    known.names.update({(each.definition.resource, each.key): each for each in out})
    return out


def _field(definition: CustomField) -> models.Field[Any, Any]:
    """A field of no model that says of what kind the values are."""
    is_open = not definition.is_required or definition.is_archived
    told: dict[str, Any] = {"verbose_name": lazystr(definition), "help_text": definition.help, "blank": is_open, "null": is_open}
    made: models.Field[Any, Any]
    match definition.kind:
        case Kind.LONG:
            made = models.TextField(max_length=text_at_most, **told)
        case Kind.WHOLE:
            made = models.BigIntegerField(**told)
        case Kind.DECIMAL:
            made = models.DecimalField(max_digits=30, decimal_places=10, **told)
        case Kind.DATE:
            made = models.DateField(**told)
        case Kind.YES_NO:
            made = models.BooleanField(**told | {"null": True})
        case Kind.SEVERAL:
            made = SeveralField(**told)
            made.options = _options(definition)
        case Kind.PERSON:
            made = models.ForeignKey(apps.get_model(people), models.SET_NULL, related_name="+", **told | {"null": True})
        case _:
            choices = _options(definition) if definition.kind == Kind.CHOICE else None
            made = models.CharField(max_length=text_at_most, choices=choices, **told)
    made.name = made.attname = prefix + definition.key
    return made


def _options(definition: CustomField) -> tuple[tuple[str, Any], ...]:
    return tuple((value, lazystr(_Words(zh, en))) for value, zh, en in definition.options)


def label(resource: Extensible, key: str) -> str:
    """What people call a field; its key when there is none."""
    found = named(resource, key)
    return str(found.definition) if found is not None else key


def described(resource: Extensible) -> list[dict[str, Any]]:
    """The fields in use within reach, for whoever writes a program: key, name, type, choices, whether new rows need it, of which project."""
    return [
        {
            "key": each.key, "title": str(each.definition), "type": each.definition.kind, "required": each.definition.is_required, "project": each.definition.project_id,
            "choices": [value for value, _zh, _en in each.definition.options],
        }
        for each in everywhere(resource)
    ]  # fmt: skip


def place_asked(resource: Extensible, parameters: Mapping[str, str]) -> int | None:
    """The project to which a list is narrowed, by number or code: its fields belong to the list."""
    text = parameters.get("project", "").replace("\0", "").strip() if "project" in resource.filters else ""
    if not text or text == "-" or not resource.is_extended:
        return None
    rows = Project.objects.filter(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else Project.objects.filter(code=text[:40])
    return rows.values_list("pk", flat=True).first()


def raw(row: Any, name: str) -> Any:
    """A value as it stands in the column; None when there is none."""
    return (row.extra or {}).get(name.removeprefix(prefix))


def value(resource: Extensible, row: Any, name: str) -> Any:
    """A value of a row by any name: of a field or property of its own, or of a declared field."""
    if not is_name(name):
        return getattr(row, name)
    found = named(resource, name)
    return typed(found, raw(row, name)) if found is not None else None


# as JSON holds them; all others are texts
_shapes: dict[str, type[Any]] = {Kind.WHOLE: int, Kind.YES_NO: bool, Kind.SEVERAL: list, Kind.PERSON: int}


def is_of(found: Extra, value: Any) -> bool:
    """Whether a value of the column is of the field's type. The past, and what was written while the type was changed, may be of another one."""
    kind = found.definition.kind
    if type(value) is not _shapes.get(kind, str):
        return False
    try:
        match kind:
            case Kind.SEVERAL:
                return all(isinstance(each, str) for each in value)
            case Kind.DECIMAL:
                return Decimal(value).is_finite()
            case Kind.DATE:
                return bool(dt.date.fromisoformat(value))
            case Kind.PERSON:
                return bool(0 < value <= largest_id)
    except (ValueError, InvalidOperation):
        return False
    return True


def plain(value: Any) -> str:
    """A value of whatever type as text."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def typed(found: Extra, value: Any) -> Any:
    """A value of the column as Python has it; what is none of its type (any more) is plain text."""
    if value is None:
        return None
    if not is_of(found, value):
        return plain(value)
    match found.definition.kind:
        case Kind.DECIMAL:
            return Decimal(value)
        case Kind.DATE:
            return dt.date.fromisoformat(value)
        case Kind.PERSON:
            return _person(value)
    return value


def _person(pk: Any) -> Any:
    known = _known().people
    if pk not in known:
        _look_up({pk})
    found = known.get(pk)
    return pk if found is None else found


def _look_up(ids: Iterable[int]) -> None:
    known = _known().people
    wanted = [pk for pk in ids if pk not in known]
    if wanted:
        known.update(dict.fromkeys(wanted))
        known.update(apps.get_model(people)._default_manager.in_bulk(wanted))


def prime(resource: Extensible, rows: Iterable[Any], names: Iterable[str]) -> None:
    """Look up in one query whom rows name in these fields."""
    persons = [found for name in names if is_name(name) and (found := named(resource, name)) is not None and found.definition.kind == Kind.PERSON]
    if persons:
        _look_up({row.extra[found.key] for row in rows for found in persons if is_of(found, (row.extra or {}).get(found.key))})


def primed(resource: Extensible, rows: Iterable[Any], names: Sequence[str]) -> Iterator[Any]:
    """Many rows one after the other, looked up a batch at a time."""
    if not any(map(is_name, names)):
        yield from rows
        return
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == 500:
            prime(resource, batch, names)
            yield from batch
            batch = []
    prime(resource, batch, names)
    yield from batch


def words(found: Extra, value: Any) -> str:
    """A value of the column in words."""
    made = typed(found, value)
    if value is None or not is_of(found, value):
        return made or ""
    match found.definition.kind:
        case Kind.DECIMAL:
            return format(made, "f")
        case Kind.YES_NO:
            return _("yes") if made else _("no")
        case Kind.CHOICE:
            return str(dict(found.field.flatchoices).get(made, made))
        case Kind.SEVERAL:
            known = dict(found.field.options) if isinstance(found.field, SeveralField) else {}
            return ", ".join(str(known.get(each, each)) for each in made)
        case Kind.PERSON if isinstance(made, int):
            return f"#{made}"
    return str(made)


def changes(resource: Extensible, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a line of history says of declared fields: each that differs by its name, in words."""
    if not resource.is_extended:
        return []
    sides = [side.get(column) or {} for side in (before, after)]
    out = []
    for key in dict.fromkeys((*sides[0], *sides[1])):
        if sides[0].get(key) != sides[1].get(key):
            found = named(resource, prefix + key)
            told = [plain(side.get(key)) if found is None else words(found, side.get(key)) for side in sides]
            out.append({"label": label(resource, key), "before": told[0] or "∅", "after": told[1] or "∅"})
    return out


def is_inline(resource: Extensible, name: str) -> bool:
    """Whether it is edited in the list: what fits into one line."""
    found = named(resource, name) if is_name(name) else None
    return found is not None and not found.definition.is_archived and found.definition.kind not in (Kind.LONG, Kind.SEVERAL)


def is_inline_here(resource: Extensible, row: Any, name: str) -> bool:
    """Whether the cell of that name, of a field of whichever kind, is edited in the list."""
    return name in resource.inline or (is_inline(resource, name) and name in names_shown(resource, row))


def names_shown(resource: Extensible, row: Any) -> list[str]:
    """The fields of a row that its page shows: those in use, and archived ones that still hold a value."""
    return [
        each.name
        for each in fields_of(resource, resource.project_of(row) if resource.model is not Project else None)
        if not each.definition.is_archived or raw(row, each.name) is not None
    ]
