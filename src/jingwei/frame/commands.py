"""The one way in: pages, imports, the API and the hub all create, change, remove and act through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, ProtectedError
from django.utils.translation import gettext as _

from jingwei.frame import bulk, forms, moving
from jingwei.frame.access import Access
from jingwei.frame.resource import Children, Resource, parts_at_most
from jingwei.frame.values import whole

Values = Mapping[str, Any]


class NotAllowed(ValidationError):
    """In a result of many: the right is missing for this row."""


class Stale(Exception):
    """Somebody changed the row since it was read. `row` is what it is now."""

    def __init__(self, row: Any) -> None:
        super().__init__(_("Somebody changed this in the meantime. Look at the present values and try again."))
        self.row = row


def authorise(access: Access, resource: Resource, verb: str, *rows: Any, via: str = "") -> None:
    """The one decision: `verb` (and `via`, the way by which it comes, such as an import) must be allowed everywhere the rows belong. Of a change these
    are the row as it is and as it will be. Raises PermissionDenied naming the missing right."""
    places = frozenset[int | None]().union(*(resource.places_of(row) for row in rows))
    for each in filter(None, (verb, via)):
        access.require(resource.permission(each), *places)


@transaction.atomic
def create(resource: Resource, values: Values, access: Access, *, files: Values | None = None, via: str = "") -> Any:
    """A new row. ValidationError by field, PermissionDenied without the right where the row will belong.

    `via` names the exchange that the row comes by ("import"): it needs that right too, and brings its state along.
    """
    access.require_anywhere(resource.permission("add"))
    own, children = _split(resource, values)
    cleaned = forms.checked(resource, own, None, files)
    after = _as_it_will_be(resource, None, cleaned)
    authorise(access, resource, "add", after, via=via)
    _respect_guards(resource, None, cleaned, access, after, carries_state=bool(via))
    return _write(resource, None, cleaned | _checked_children(resource, children, None, after, access))


@transaction.atomic
def change(resource: Resource, row: Any, values: Values, access: Access, *, files: Values | None = None, version: int | None = None, via: str = "") -> Any:
    """Change the given fields of a row; Stale when `version` is not the row's. The right is needed where it belongs and where it will."""
    authorise(access, resource, "change", row, via=via)
    current = resource.model.objects.select_for_update(of=("self",)).select_related(*resource.references).get(pk=row.pk)
    if version is not None and version != current.version:
        raise Stale(current)
    own, children = _split(resource, values)
    cleaned = forms.checked(resource, own, current, files)
    _check_change(resource, current, cleaned, access, via=via, carries_state=bool(via))
    after = _as_it_will_be(resource, current, cleaned)
    return _written(resource, current, cleaned | _checked_children(resource, children, current, after, access))


def _written(resource: Resource, row: Any | None, values: dict[str, Any]) -> Any:
    """Write the row; its parts go along when it has moved."""
    before = resource.project_of(row) if row is not None else None
    done = _write(resource, row, values)
    if row is not None and resource.project_of(done) != before:
        moving.follow(resource, done)
    return done


def _check_change(resource: Resource, row: Any, cleaned: Values, access: Access, *, via: str = "", carries_state: bool = False) -> None:
    after = _as_it_will_be(resource, row, cleaned)
    authorise(access, resource, "change", row, after, via=via)
    _respect_guards(resource, row, cleaned, access, after, carries_state=carries_state)
    if resource.project_of(row) != resource.project_of(after):
        moving.check(resource, row, after, cleaned)


def _as_it_will_be(resource: Resource, row: Any | None, cleaned: Values) -> Any:
    """A copy of the row that names what the checked values name."""
    probe = forms.probe_of(resource, row)
    for name, value in cleaned.items():
        if isinstance(resource.model_field(name), ForeignKey):
            setattr(probe, name, value)
    return probe


def _respect_guards(resource: Resource, row: Any | None, cleaned: Values, access: Access, after: Any, *, carries_state: bool) -> None:
    """A field that a verb guards is written by that verb. What comes in with its state (an import, an interface) needs the verb's right."""
    for name, verbs in resource.guarded.items():
        now = getattr(row if row is not None else resource.model(), name)
        if name not in cleaned or cleaned[name] == now:
            continue
        verb = verbs.get(cleaned[name])
        if verb is None or not carries_state:
            titles = ", ".join(f"“{each.title}”" for each in verbs.values())
            raise ValidationError({name: _("This is not typed in; it follows from: %(verbs)s.") % {"verbs": titles}})
        authorise(access, resource, verb.name, after)


@transaction.atomic
def save_many(resource: Resource, items: Sequence[tuple[Any | None, Values]], access: Access, *, carries_state: bool = False) -> list[Any]:
    """Create (row None) or change many rows as one statement; gives, in order, each row or the ValidationError that refused it.

    Rows to change are read and locked by the caller. When the database objects to the whole, each is tried by itself,
    so one bad row never keeps the others out and its error names the field. `carries_state`: the rows come from outside with their state.
    """
    checker, out = forms.Checker(resource), list[Any](items)
    ready: list[tuple[int, Any | None, dict[str, Any]]] = []
    names = {each.name for each in resource.children}
    for place, (row, values) in enumerate(items):
        try:
            if names & set(values) or (row is not None and "project" in values):
                out[place] = _save_one(resource, row, values, access, carries_state)
                continue
            cleaned = checker.checked(values, row)
            _check_one(resource, row, cleaned, access, carries_state)
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
            out[place] = _save_one(resource, row, items[place][1], access, carries_state)
    return out


def _save_one(resource: Resource, row: Any | None, values: Values, access: Access, carries_state: bool) -> Any:
    try:
        with transaction.atomic():
            own, children = _split(resource, values)
            cleaned = forms.checked(resource, own, row)
            after = _check_one(resource, row, cleaned, access, carries_state)
            return _written(resource, row, cleaned | _checked_children(resource, children, row, after, access))
    except ValidationError as problem:
        return problem
    except PermissionDenied as problem:
        return NotAllowed(str(problem))


def _check_one(resource: Resource, row: Any | None, cleaned: Values, access: Access, carries_state: bool) -> Any:
    after = _as_it_will_be(resource, row, cleaned)
    if row is not None:
        _check_change(resource, row, cleaned, access, carries_state=carries_state)
        return after
    authorise(access, resource, "add", after)
    _respect_guards(resource, None, cleaned, access, after, carries_state=carries_state)
    return after


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
    authorise(access, resource, "delete", row)
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
            authorise(access, resource, "delete", row)
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
    authorise(access, resource, name, row)
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


def _checked_children(resource: Resource, given: Values, parent: Any | None, after: Any, access: Access) -> dict[str, list[dict[str, Any]]]:
    """Each child list as cleaned dictionaries; a child with an `id` changes that row, one without is new, one left out is removed.
    Each of the three needs its own right, where the parent will be."""
    out: dict[str, list[dict[str, Any]]] = {}
    for each in resource.children:
        if each.name not in given:
            continue
        target, places = resource.child(each), resource.places_of(after)
        if len(given[each.name]) > parts_at_most:
            text = _("At most %(most)s of “%(name)s” at once. Bring the others one by one, or by an import.")
            raise ValidationError({each.name: [text % {"most": parts_at_most, "name": target.title_plural}]})
        known = {row.pk: row for row in getattr(parent, each.name).select_related(*target.references)} if parent is not None else {}
        rows = [_checked_child(target, each, number, child, known, resource.project_of(after)) for number, child in enumerate(given[each.name])]
        for verb in _done_to(target, known, rows):
            access.require(target.permission(verb), *places)
        out[each.name] = rows
    return out


def _done_to(target: Resource, known: Mapping[int, Any], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """What a list of children does: add, change, delete."""
    verbs = {"add"} if any("id" not in row for row in rows) else set()
    named = {row["id"]: row for row in rows if "id" in row}
    if any(getattr(known[pk], name) != value for pk, row in named.items() for name, value in row.items() if name != "id"):
        verbs.add("change")
    if set(known) - set(named):
        verbs.add("delete")
    return verbs


def _checked_child(target: Resource, kind: Children, number: int, values: Values, known: Mapping[int, Any], place: int | None) -> dict[str, Any]:
    own = dict(values)
    given = own.pop("id", None)
    row = known.get(pk) if (pk := whole(given)) is not None else None
    identity = {"id": row.pk} if row is not None else {}
    try:
        # the parent is set by the service, so it is not asked of the child here
        return forms.checked(target, own, row, names=kind.fields, place=place) | identity
    except ValidationError as problem:
        messages = [f"{_('Line')} {number + 1}: {text}" for text in problem.messages]
        raise ValidationError({NON_FIELD_ERRORS: messages}) from problem
