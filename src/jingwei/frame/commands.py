"""The one way in: pages, imports, the API and the hub all create, change, remove and act through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from jingwei.frame import bulk, forms
from jingwei.frame.access import Access
from jingwei.frame.resource import Children, Resource

Values = Mapping[str, Any]


class NotAllowed(ValidationError):
    """In a result of many: the right is missing for this row."""


class Stale(Exception):
    """Somebody changed the row since it was read. `row` is what it is now."""

    def __init__(self, row: Any) -> None:
        super().__init__(_("Somebody changed this in the meantime. Look at the present values and try again."))
        self.row = row


@transaction.atomic
def create(resource: Resource, values: Values, access: Access, *, files: Values | None = None) -> Any:
    """A new row. ValidationError by field, PermissionDenied without the right in the row's project."""
    access.require(resource.permission("add"))
    own, children = _split(resource, values)
    cleaned = forms.checked(resource, own, None, files)
    access.require(resource.permission("add"), _project_in(resource, cleaned))
    return _write(resource, None, cleaned | _checked_children(resource, children, None))


@transaction.atomic
def change(resource: Resource, row: Any, values: Values, access: Access, *, files: Values | None = None, version: int | None = None) -> Any:
    """Change the given fields of a row; Stale when `version` is not the row's."""
    access.require(resource.permission("change"), resource.project_of(row))
    current = resource.model.objects.select_for_update(of=("self",)).select_related(*resource.references).get(pk=row.pk)
    if version is not None and version != current.version:
        raise Stale(current)
    own, children = _split(resource, values)
    cleaned = forms.checked(resource, own, current, files)
    if (moved_to := _project_in(resource, cleaned)) is not None:
        access.require(resource.permission("change"), moved_to)
    return _write(resource, current, cleaned | _checked_children(resource, children, current))


@transaction.atomic
def save_many(resource: Resource, items: Sequence[tuple[Any | None, Values]], access: Access) -> list[Any]:
    """Create (row None) or change many rows as one statement; gives, in order, each row or the ValidationError that refused it.

    Rows to change are read and locked by the caller. When the database objects to the whole, each is tried by itself,
    so one bad row never keeps the others out and its error names the field.
    """
    checker, out = forms.Checker(resource), list[Any](items)
    ready: list[tuple[int, Any | None, dict[str, Any]]] = []
    names = {each.name for each in resource.children}
    for place, (row, values) in enumerate(items):
        try:
            if names & set(values):
                out[place] = _save_one(resource, row, values, access)
                continue
            cleaned = checker.checked(values, row)
            _require_in(resource, row, cleaned, access)
            ready.append((place, row, cleaned))
        except (ValidationError, PermissionDenied) as problem:
            out[place] = problem if isinstance(problem, ValidationError) else NotAllowed(str(problem))
    try:
        with transaction.atomic():
            written = _write_many(resource, [(row, cleaned) for _place, row, cleaned in ready])
        for (place, _row, _cleaned), done in zip(ready, written, strict=True):
            out[place] = done
    except (ValidationError, IntegrityError):
        for place, row, _cleaned in ready:
            out[place] = _save_one(resource, row, items[place][1], access)
    return out


def _save_one(resource: Resource, row: Any | None, values: Values, access: Access) -> Any:
    try:
        with transaction.atomic():
            return create(resource, values, access) if row is None else change(resource, row, values, access)
    except ValidationError as problem:
        return problem
    except PermissionDenied as problem:
        return NotAllowed(str(problem))


def _require_in(resource: Resource, row: Any | None, cleaned: Values, access: Access) -> None:
    permission = resource.permission("add" if row is None else "change")
    if row is not None:
        access.require(permission, resource.project_of(row))
    access.require(permission, _project_in(resource, cleaned))


def _write_many(resource: Resource, items: Sequence[tuple[Any | None, dict[str, Any]]]) -> list[Any]:
    if resource.write_many is not None:
        return list(resource.write_many(rows=items))
    if resource.write is not None:
        return [resource.write(instance=row, **values) for row, values in items]
    rows = [row if row is not None else resource.model() for row, _values in items]
    touched: dict[str, None] = {}
    for row, (_row, values) in zip(rows, items, strict=True):
        for name, value in values.items():
            setattr(row, name, value)
            touched[name] = None
    bulk.save(rows, touched)
    return rows


@transaction.atomic
def remove(resource: Resource, row: Any, access: Access) -> None:
    """Delete a row, or say what still stands on it."""
    access.require(resource.permission("delete"), resource.project_of(row))
    try:
        _remove(resource, [row])
    except ProtectedError as problem:
        raise _still_used(problem) from problem


@transaction.atomic
def remove_many(resource: Resource, rows: Sequence[Any], access: Access) -> list[ValidationError | None]:
    """Delete many rows together; gives, in order, None or why a row stays. Rows are read and locked by the caller.

    When the whole is objected to, halves are tried, so a few rows that must stay cost little and keep no other one.
    """
    out: list[ValidationError | None] = [None] * len(rows)
    ready = []
    for place, row in enumerate(rows):
        try:
            access.require(resource.permission("delete"), resource.project_of(row))
            ready.append(place)
        except PermissionDenied as problem:
            out[place] = NotAllowed(str(problem))
    _remove_parts(resource, rows, ready, out)
    return out


def _remove_parts(resource: Resource, rows: Sequence[Any], places: Sequence[int], out: list[ValidationError | None]) -> None:
    if not places:
        return
    try:
        with transaction.atomic():
            _remove(resource, [rows[place] for place in places])
        return
    except (ValidationError, ProtectedError, IntegrityError) as problem:
        if len(places) == 1:
            if isinstance(problem, ProtectedError):
                problem = _still_used(problem)
            out[places[0]] = problem if isinstance(problem, ValidationError) else ValidationError(_("It cannot be deleted because it is used elsewhere."))
            return
    middle = len(places) // 2
    _remove_parts(resource, rows, places[:middle], out)
    _remove_parts(resource, rows, places[middle:], out)


def _remove(resource: Resource, rows: Sequence[Any]) -> None:
    if resource.remove_many is not None and len(rows) > 1:
        resource.remove_many(rows=rows)
    elif resource.remove is not None:
        for row in rows:
            resource.remove(instance=row)
    elif len(rows) == 1:
        rows[0].delete()
    else:
        resource.model.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _still_used(problem: ProtectedError) -> ValidationError:
    names = ", ".join(sorted({str(type(o)._meta.verbose_name) for o in problem.protected_objects}))
    return ValidationError(_("It cannot be deleted because it is used by: %(names)s. Remove those first.") % {"names": names})


@transaction.atomic
def act(resource: Resource, name: str, row: Any, values: Values, access: Access, *, files: Values | None = None) -> Any:
    """Do a declared verb to a row; its fields are checked like any others."""
    verb = resource.verb(name)
    access.require(resource.permission(name), resource.project_of(row))
    current = resource.model.objects.select_for_update(of=("self",)).select_related(*resource.references).get(pk=row.pk)
    if not verb.applies(current):
        raise ValidationError(_("“%(verb)s” is not possible in the present state.") % {"verb": verb.title})
    missing = [field for field in verb.fields if field not in values and field not in (files or {})]
    cleaned = forms.checked(resource, {**dict.fromkeys(missing), **values}, current, files, names=verb.fields) if verb.fields else {}
    return verb.run(instance=current, **cleaned)


def _write(resource: Resource, row: Any | None, values: dict[str, Any]) -> Any:
    if resource.write is not None:
        return resource.write(instance=row, **values)
    row = row if row is not None else resource.model()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row


def _split(resource: Resource, values: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {each.name for each in resource.children}
    return {k: v for k, v in values.items() if k not in names}, {k: v for k, v in values.items() if k in names}


def _checked_children(resource: Resource, given: Values, parent: Any | None) -> dict[str, list[dict[str, Any]]]:
    """Each child list as cleaned dictionaries; a child with an `id` changes that row, one without is new."""
    out: dict[str, list[dict[str, Any]]] = {}
    for each in resource.children:
        if each.name in given:
            out[each.name] = [_checked_child(resource, each, number, child, parent) for number, child in enumerate(given[each.name])]
    return out


def _checked_child(resource: Resource, kind: Children, number: int, values: Values, parent: Any | None) -> dict[str, Any]:
    target = resource.child(kind)
    own = dict(values)
    row = getattr(parent, kind.name).filter(pk=own["id"]).first() if parent is not None and own.get("id") else None
    identity = {"id": row.pk} if row is not None else {}
    own.pop("id", None)
    try:
        # the parent is set by the service, so it is not asked of the child here
        return forms.checked(target, own, row, names=kind.fields) | identity
    except ValidationError as problem:
        messages = [f"{_('Line')} {number + 1}: {text}" for text in problem.messages]
        raise ValidationError({NON_FIELD_ERRORS: messages}) from problem


def _project_in(resource: Resource, cleaned: Values) -> int | None:
    project = cleaned.get("project")
    if project is not None:
        return int(project.pk)
    path = resource.model.project_path.split("__")
    if len(path) > 1 and (parent := cleaned.get(path[0])) is not None:
        value = parent
        for step in path[1:]:
            value = getattr(value, step)
        return int(value)
    return None
