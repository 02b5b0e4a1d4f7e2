"""The one way in: pages, imports, the API and the hub all create, change, remove and act through here."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, ProtectedError
from django.utils.translation import gettext as _

from jingwei.frame.lives.lifecycle import Everything, Step
from jingwei.frame.records import bulk, doubles, forms, hearers, moving, parts, standing
from jingwei.frame.records.fields import nowhere_else
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.turns import Gone, Turn, in_turn
from jingwei.frame.rights.access import Access

Values = Mapping[str, Any]
Moves = tuple[tuple[str, Step], ...]  # steps with the states in which they begin


class NotAllowed(ValidationError):
    """In a result of many: the right is missing for this row."""


class Stale(Exception):
    """Somebody changed the row since it was read. `row` is what it is now."""

    def __init__(self, row: Any) -> None:
        super().__init__(_("Somebody changed this in the meantime. Look at the present values and try again."))
        self.row = row


def authorise(access: Access, resource: Resource, verb: str, *rows: Any, via: str = "", also: Sequence[str] = ()) -> None:
    """The one decision: `verb` (and `via`, the way by which it comes, such as an import) must be allowed everywhere the rows belong. Of a change these
    are the row as it is and as it will be. The right of one of `also` will do instead. Raises PermissionDenied naming the missing right."""
    places = frozenset[int | None]().union(*(resource.places_of(row) for row in rows))
    if any(access.allows(resource.permission(each), *places) for each in also):
        return
    for each in filter(None, (verb, via)):
        access.require(resource.permission(each), *places)


def require_before(access: Access, resource: Resource, verb: str, values: Values | None = None, row: Any | None = None, *, via: str = "") -> None:
    """The right is asked before any value is looked at: who may not do it learns nothing from how a value is taken. Of the values only those are read
    that say where the row will be; `authorise` decides over the row itself afterwards."""
    permissions = [resource.permission(each) for each in filter(None, (verb, via))]
    for permission in permissions:
        access.require_anywhere(permission)
    if all(access.projects(permission) is None for permission in permissions):
        return
    place = forms.place_meant(resource, values, row)
    if place is not nowhere_else:
        for permission in permissions:
            access.require(permission, place)


@in_turn
def create(resource: Resource, values: Values, access: Access, *, files: Values | None = None, via: str = "") -> Any:
    """A new row. ValidationError by field, PermissionDenied without the right where the row will belong.

    `via` names the exchange that the row comes by ("import"): it needs that right too, and brings its state along.
    """
    own, children = _split(resource, values)
    require_before(access, resource, "add", own, via=via)
    forms.look_at(resource, files)
    turn = Turn(meant := forms.place_meant(resource, own, None))
    with parts.told_too(resource, children, None, meant, access):
        cleaned = forms.checked(resource, own, None, files, access=access)
    after = _as_it_will_be(resource, None, cleaned)
    if meant is not nowhere_else:
        turn.check(resource.project_of(after))
    authorise(access, resource, "add", after, via=via)
    (wholes := parts.Wholes()).check(resource, after)
    moves = _moves(resource, None, cleaned, access, after, carries_state=bool(via))
    done = _write(resource, None, cleaned | parts.checked(resource, children, None, after, access))
    wholes.follow()
    return _told(resource, done, moves)


@in_turn
def change(resource: Resource, row: Any, values: Values, access: Access, *, files: Values | None = None, version: int | None = None, via: str = "") -> Any:
    """Change the given fields of a row; Stale when `version` is not the row's. The right is needed where it belongs and where it will."""
    authorise(access, resource, "change", row, via=via)
    forms.look_at(resource, files)
    own, children = _split(resource, values)
    turn, wholes = Turn(*resource.places_of(row), forms.place_meant(resource, own, row)), parts.Wholes()
    wholes.lock_ids(resource, {*parts.named_by(resource, row, {}), *forms.whole_meant(resource, values)})
    current = _locked(resource, row, turn)
    if version is not None and version != current.version:
        raise Stale(current)
    require_before(access, resource, "change", own, current, via=via)
    with parts.told_too(resource, children, current, resource.project_of(current), access):
        cleaned = forms.checked(resource, own, current, files, access=access)
    moves = _check_change(resource, current, cleaned, access, wholes, via=via, carries_state=bool(via))
    if resource.life is not None and children:
        resource.life.check_parts(current)
    if resource.life is not None and resource.life.fixed(current) == Everything and not moves:
        return current  # what was given stands there already
    after = _as_it_will_be(resource, current, cleaned)
    done = _written(resource, current, cleaned | parts.checked(resource, children, current, after, access))
    wholes.follow()
    return _told(resource, done, moves)


def _locked(resource: Resource, row: Any, turn: Turn, *, goes: bool = False) -> Any:
    """The row as it is, held till the end, with the project to which it went since it was read; Gone when it is not there any more. Who only names it
    need not wait, unless it `goes`."""
    current = resource.model.objects.select_for_update(of=("self",), no_key=not goes).select_related(*resource.references).filter(pk=row.pk).first()
    if current is None:
        raise Gone
    turn.hold(*resource.places_of(current))
    return current


def _written(resource: Resource, row: Any | None, values: dict[str, Any]) -> Any:
    """Write the row; its parts go along when it has moved."""
    before = resource.project_of(row) if row is not None else None
    done = _write(resource, row, values)
    if row is not None and resource.project_of(done) != before:
        moving.follow(resource, done)
    return done


def _check_change(
    resource: Resource, row: Any, cleaned: dict[str, Any], access: Access, wholes: parts.Wholes, *, via: str = "", carries_state: bool = False
) -> Moves:
    after = _as_it_will_be(resource, row, cleaned)
    authorise(access, resource, "change", row, after, via=via)
    if resource.life is not None:
        resource.life.check_change(row, cleaned)
    wholes.check(resource, row, after)
    moves = _moves(resource, row, cleaned, access, after, carries_state=carries_state)
    if resource.project_of(row) != resource.project_of(after):
        moving.check(resource, row, after, cleaned)
    return moves


def _as_it_will_be(resource: Resource, row: Any | None, cleaned: Values) -> Any:
    """A copy of the row that names what the checked values name."""
    probe = forms.probe_of(resource, row)
    for name, value in cleaned.items():
        if isinstance(resource.model_field(name), ForeignKey):
            setattr(probe, name, value)
    return probe


def _moves(resource: Resource, row: Any | None, cleaned: Values, access: Access, after: Any, *, carries_state: bool) -> Moves:
    """The steps to the state that comes in with a row (an import, an interface), each by its right. It is typed in by nobody."""
    life = resource.life
    if life is None or life.field not in cleaned:
        return ()
    now, wanted = life.state_of(row) if row is not None else life.start, cleaned[life.field]
    if now == wanted:
        return ()
    if not carries_state:
        titles = ", ".join(f"“{each.title}”" for each in life.steps)
        raise ValidationError({life.field: _("This is not typed in; it follows from: %(verbs)s.") % {"verbs": titles}})
    if (moves := life.path(now, wanted)) is None:
        words = {"from": life.words(resource.model(), [now]), "to": life.words(resource.model(), [wanted])}
        raise ValidationError({life.field: _("No step leads from “%(from)s” to “%(to)s” by itself.") % words})
    for _before, step in moves:
        authorise(access, resource, step.name, after)
    life.check_carried(after, moves)
    return moves


def _told(resource: Resource, row: Any, moves: Moves) -> Any:
    """The row; the steps by which it came where it came in are stated."""
    if resource.life is not None:
        resource.life.tell(row, moves)
    hearers.written(resource, [row])
    return row


@in_turn
def save_many(resource: Resource, items: Sequence[tuple[Any | None, Values]], access: Access, *, carries_state: bool = False) -> list[Any]:
    """Create (row None) or change many rows as one statement; gives, in order, each row or the ValidationError that refused it.

    Rows to change are read and locked by the caller. When the database objects to the whole, each is tried by itself,
    so one bad row never keeps the others out and its error names the field. `carries_state`: the rows come from outside with their state.
    """
    checker, out, wholes = forms.Checker(resource, access), list[Any](items), parts.Wholes()
    Turn(*(forms.place_meant(resource, values, kept, checker.clean) for kept, values in items))
    cleaned: list[tuple[int, Any | None, dict[str, Any]]] = []
    names = {each.name for each in resource.children}
    for place, (kept, values) in enumerate(items):
        row = forms.probe_of(resource, kept) if kept is not None else None  # what is refused leaves the caller's row as it is stored
        try:
            if names & set(values) or (row is not None and "project" in values):
                out[place] = _save_one(resource, kept, values, access, carries_state)
            else:
                cleaned.append((place, row, checker.checked(values, row)))
        except ValidationError as problem:
            out[place] = problem
    wholes.lock_ids(resource, {pk for _place, row, given in cleaned for pk in parts.named_by(resource, row, given)})
    ready: list[tuple[int, Any | None, dict[str, Any]]] = []
    moves: dict[int, Moves] = {}
    for place, row, given in cleaned:
        try:
            _after, moves[place] = _check_one(resource, row, given, access, wholes, carries_state)
            ready.append((place, row, given))
        except (ValidationError, PermissionDenied) as problem:
            out[place] = problem if isinstance(problem, ValidationError) else NotAllowed(str(problem))
    try:
        with transaction.atomic():
            doubles.refuse_in(resource, [(row, given) for _place, row, given in ready])
            written = _write_many(resource, [(row, given) for _place, row, given in ready])
            wholes.follow()
    except (ValidationError, IntegrityError):
        for place, _row, _given in ready:
            out[place] = _save_one(resource, *items[place], access, carries_state)
    else:
        for (place, _row, _given), done in zip(ready, written, strict=True):
            out[place] = done
            if resource.life is not None:
                resource.life.tell(done, moves[place])
        hearers.written(resource, written)
    return out


def _save_one(resource: Resource, kept: Any | None, values: Values, access: Access, carries_state: bool) -> Any:
    row = forms.probe_of(resource, kept) if kept is not None else None
    try:
        with transaction.atomic():
            own, children = _split(resource, values)
            cleaned = forms.checked(resource, own, row, access=access)
            after, moves = _check_one(resource, row, cleaned, access, wholes := parts.Wholes(), carries_state)
            if children and row is not None and resource.life is not None:
                resource.life.check_parts(row)
            done = _written(resource, row, cleaned | parts.checked(resource, children, row, after, access))
            wholes.follow()
            return _told(resource, done, moves)
    except ValidationError as problem:
        return problem
    except PermissionDenied as problem:
        return NotAllowed(str(problem))


def _check_one(resource: Resource, row: Any | None, cleaned: dict[str, Any], access: Access, wholes: parts.Wholes, carries_state: bool) -> tuple[Any, Moves]:
    after = _as_it_will_be(resource, row, cleaned)
    if row is not None:
        return after, _check_change(resource, row, cleaned, access, wholes, carries_state=carries_state)
    authorise(access, resource, "add", after)
    wholes.check(resource, after)
    return after, _moves(resource, None, cleaned, access, after, carries_state=carries_state)


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
        _check_rules(resource, row)
    bulk.save(rows, touched)
    _follow(resource, rows)
    return rows


def _check_rules(resource: Resource, row: Any) -> None:
    for rule in resource.rules:
        rule(row)


def _follow(resource: Resource, rows: Sequence[Any]) -> None:
    """What follows from rows that were written."""
    if resource.after is None:
        return
    for row in rows:
        resource.after(row)


@in_turn
def remove(resource: Resource, row: Any, access: Access) -> None:
    """Delete a row, or say what still stands on it."""
    authorise(access, resource, "delete", row)
    turn = Turn(*resource.places_of(row))
    parts.Wholes().lock(resource, [row])
    current = _locked(resource, row, turn, goes=True)
    authorise(access, resource, "delete", current)
    try:
        _remove(resource, [current])
    except ProtectedError as problem:
        raise standing.still_used(problem) from problem


@in_turn
def remove_many(resource: Resource, rows: Sequence[Any], access: Access, *, also: Sequence[str] = ()) -> list[ValidationError | None]:
    """Delete many rows together; gives, in order, None or why a row stays. Rows are read and locked by the caller. `also`: verbs whose right will do too.

    When the whole is objected to, halves are tried, so a few rows that must stay cost little and keep no other one.
    """
    out: list[ValidationError | None] = [None] * len(rows)
    Turn(*(resource.project_of(row) for row in rows))
    ready = []
    for place, row in enumerate(rows):
        try:
            authorise(access, resource, "delete", row, also=also)
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
                problem = standing.still_used(problem)
            out[places[0]] = problem if isinstance(problem, ValidationError) else ValidationError(_("It cannot be deleted because it is used elsewhere."))
            return
    middle = len(places) // 2
    _remove_parts(resource, rows, places[:middle], out)
    _remove_parts(resource, rows, places[middle:], out)


def _remove(resource: Resource, rows: Sequence[Any]) -> None:
    wholes = parts.Wholes()
    wholes.lock(resource, rows)
    for row in rows:
        if resource.life is not None:
            resource.life.check_removal(row)
        wholes.check(resource, row)
    standing.refuse_removal(resource, rows)
    ids = [row.pk for row in rows]
    _removed(resource, rows)
    hearers.removed(resource, ids)
    wholes.follow()


def _removed(resource: Resource, rows: Sequence[Any]) -> None:
    if resource.remove_many is not None and len(rows) > 1:
        resource.remove_many(rows=rows)
    elif resource.remove is not None:
        for row in rows:
            resource.remove(instance=row)
    elif len(rows) == 1:
        rows[0].delete()
    else:
        resource.model.objects.filter(pk__in=[row.pk for row in rows]).delete()


@in_turn
def act(resource: Resource, name: str, row: Any, values: Values, access: Access, *, files: Values | None = None, version: int | None = None) -> Any:
    """Do a declared verb to a row; its fields are checked like any others. Stale when `version` is not the row's."""
    verb = resource.verb(name)
    authorise(access, resource, name, row)
    forms.look_at(resource, files)
    current = _locked(resource, row, Turn(*resource.places_of(row)))
    authorise(access, resource, name, current)
    if version is not None and version != current.version:
        raise Stale(current)
    if not verb.applies(current):
        if resource.life is not None:
            resource.life.check_begin(current, name)
        raise ValidationError(_("“%(verb)s” is not possible in the present state.") % {"verb": verb.title})
    if resource.life is not None:
        resource.life.check_not_voted(name)
    missing = [field for field in verb.fields if field not in values and field not in (files or {})]
    cleaned = forms.checked(resource, {**dict.fromkeys(missing), **values}, current, files, names=verb.fields, access=access) if verb.fields else {}
    done = verb.run(instance=current, **cleaned)
    hearers.acted(resource, current, name)
    return done


def _write(resource: Resource, row: Any | None, values: dict[str, Any]) -> Any:
    if resource.write is not None:
        return resource.write(instance=row, **values)
    own, lists = _split(resource, values)
    row = row if row is not None else resource.model()
    for name, value in own.items():
        setattr(row, name, value)
    _check_rules(resource, row)
    row.save()
    for each in resource.children:
        if each.name in lists:
            parts.save(row, each.name, lists[each.name], functools.partial(_write_part, resource.child(each)))
    _follow(resource, [row])
    return row


def _write_part(resource: Resource, row: Any, values: Values) -> None:
    """One part of a row that is being written: what follows is the whole's."""
    for name, value in values.items():
        setattr(row, name, value)
    _check_rules(resource, row)
    row.save()


def _split(resource: Resource, values: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {each.name for each in resource.children}
    return {k: v for k, v in values.items() if k not in names}, {k: v for k, v in values.items() if k in names}
