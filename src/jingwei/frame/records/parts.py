"""Parts: rows that live inside another one, their whole; written with it, fixed with it, counted by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.models.values import whole as whole_number
from jingwei.frame.records import doubles, forms, hearers
from jingwei.frame.records.resource import Resource, parts_at_most
from jingwei.frame.records.verbs import Children
from jingwei.frame.rights.access import Access

Values = Mapping[str, Any]


def save(whole: Any, accessor: str, given: Sequence[Mapping[str, Any]], write: Callable[[Any, Mapping[str, Any]], Any]) -> None:
    """The whole's list as it is given: a part with an `id` is changed, one without is new, one left out is removed (first, so that what only one may
    have can go from one to another). `write(part, values)` writes one."""
    parts = getattr(whole, accessor)
    known = {row.pk: row for row in parts.all()}
    kept = {int(each["id"]) for each in given if each.get("id")}
    for pk, row in known.items():
        if pk not in kept:
            row.delete()
    for each in given:
        part = known.get(int(each.get("id") or 0)) or parts.model(**{parts.field.name: whole})
        write(part, {name: value for name, value in each.items() if name != "id"})


def checked(resource: Resource, given: Values, parent: Any | None, after: Any, access: Access) -> dict[str, list[dict[str, Any]]]:
    """Each child list as cleaned dictionaries; a child with an `id` changes that row, one without is new, one left out is removed.
    Each of the three needs its own right, where the parent will be."""
    out: dict[str, list[dict[str, Any]]] = {}
    for each in resource.children:
        if each.name not in given:
            continue
        if given[each.name] is None:
            raise ValidationError({each.name: [_("Send a list, [] for none, or leave it out to keep what is there.")]})
        target, places = resource.child(each), resource.places_of(after)
        if len(given[each.name]) > parts_at_most:
            text = _("At most %(most)s of “%(name)s” at once. Bring the others one by one, or by an import.")
            raise ValidationError({each.name: [text % {"most": parts_at_most, "name": target.title_plural}]})
        if not all(child.get("id") for child in given[each.name]):
            access.require(target.permission("add"), *places)
        known = {row.pk: row for row in getattr(parent, each.name).select_related(*target.references)} if parent is not None else {}
        rows = [_checked_one(target, each, number, child, known, resource.project_of(after), access) for number, child in enumerate(given[each.name])]
        _refuse_twice(rows)
        doubles.refuse_parts(target, known, rows)
        for verb in _done_to(target, known, rows):
            access.require(target.permission(verb), *places)
        out[each.name] = rows
    return out


def _refuse_twice(rows: Sequence[Values]) -> None:
    seen: set[Any] = set()
    for number, row in enumerate(rows, 1):
        if row.get("id") in seen:
            raise ValidationError({NON_FIELD_ERRORS: [_("Line %(number)s: it stands in the list twice.") % {"number": number}]})
        seen |= {row["id"]} if "id" in row else set()


def _done_to(target: Resource, known: Mapping[int, Any], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """What a list of children does: add, change, delete."""
    verbs = {"add"} if any("id" not in row for row in rows) else set()
    named = {row["id"]: row for row in rows if "id" in row}
    if any(getattr(known[pk], name) != value for pk, row in named.items() for name, value in row.items() if name != "id"):
        verbs.add("change")
    if set(known) - set(named):
        verbs.add("delete")
    return verbs


def _checked_one(target: Resource, kind: Children, number: int, values: Values, known: Mapping[int, Any], place: int | None, access: Access) -> dict[str, Any]:
    own = dict(values)
    given = own.pop("id", None)
    row = known.get(pk) if (pk := whole_number(given)) is not None else None
    if row is None and given not in (None, ""):
        text = _("Line %(number)s: it is not in this list, or not any more. Look at the list again, or leave its id out to add it anew.")
        raise ValidationError({NON_FIELD_ERRORS: [text % {"number": number + 1}]})
    identity = {"id": row.pk} if row is not None else {}
    try:
        # the parent is set by the service, so it is not asked of the child here
        return forms.checked(target, own, row, names=kind.fields, place=place, access=access, siblings=known.keys()) | identity
    except ValidationError as problem:
        told = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
        texts = [text if name == NON_FIELD_ERRORS else f"{target.label(name)}: {text}" for name, many in told.items() for text in many]
        messages = [_("Line %(number)s: %(text)s") % {"number": number + 1, "text": text} for text in texts]
        raise ValidationError({NON_FIELD_ERRORS: messages}) from problem


class Wholes:
    """The wholes of the parts of one operation, locked once and before their parts, in one order: they allow it beforehand, and follow it behind."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Resource, int], Any] = {}
        self._touched: dict[tuple[Resource, int], None] = {}

    def lock(self, resource: Resource, rows: Iterable[Any]) -> None:
        """Lock the wholes of these parts."""
        self.lock_ids(resource, {pk for row in rows if (pk := getattr(row, f"{_name(resource)}_id", None)) is not None})

    def lock_ids(self, resource: Resource, ids: Iterable[int]) -> None:
        """The same for wholes by their ids."""
        target = whole_of(resource)
        missing = sorted(pk for pk in ids if target is not None and (target, pk) not in self._rows)
        if target is not None and missing:
            for whole in target.model.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=missing).order_by("pk"):
                self._rows[target, whole.pk] = whole

    def check(self, resource: Resource, *rows: Any, is_allowed: bool = False) -> None:
        """Raise ValidationError when a whole of one of these parts is in a state in which it is not changed, unless that `is_allowed`."""
        if (target := whole_of(resource)) is None:
            return
        self.lock(resource, rows)
        named = dict.fromkeys((target, getattr(row, f"{_name(resource)}_id")) for row in rows)
        for key in named:
            if target.life is not None and not is_allowed and key in self._rows:
                target.life.check_parts(self._rows[key])
        self._touched |= {key: None for key in named if key in self._rows}

    def follow(self) -> None:
        """What follows for each whole from what was done to its parts; it is read anew, as another part of the operation may have written it."""
        for target, pk in self._touched:
            if (target.after is not None or target.approval is not None) and (whole := target.model.objects.filter(pk=pk).first()) is not None:
                if target.after is not None:
                    target.after(whole)
                hearers.written(target, [whole])


def _name(resource: Resource) -> str:
    return getattr(resource.model, "project_from", "")


def whole_of(resource: Resource) -> Resource | None:
    """The resource whose rows these are parts of, when it has a say in them."""
    target = resource.target(name) if (name := _name(resource)) else None
    return target if target is not None and (target.life is not None or target.after is not None) else None


def named_by(resource: Resource, row: Any | None, given: Mapping[str, Any]) -> set[int]:
    """The ids of the wholes of a part as it is and as these checked values will have it."""
    name = _name(resource)
    ids = {getattr(row, f"{name}_id", None) if row is not None else None, getattr(given.get(name), "pk", None)}
    return {pk for pk in ids if pk is not None}
