"""Undo: everything that one trace wrote is taken back through the same verbs, as far as nobody changed it since."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import CustomField, History
from jingwei.frame.records import along, checks, commands, currencies, doubles, extra, extra_taken, parts, past, turns, undo_along
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.records.turns import in_turn
from jingwei.frame.records.undo_along import Back, Left
from jingwei.frame.records.undo_held import Held
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import troubles

takers, steps, never, plain = undo_along.takers, undo_along.steps, undo_along.never, undo_along.plain
__all__ = ["Left", "never", "nothing_left", "plain", "steps", "takers", "undo"]


@dataclass(frozen=True, slots=True)
class Run:
    """One undo: by whose rights, what must stay, what is back, and what is said of it."""

    access: Access
    held: Held
    back: Back
    left: Left


@in_turn
def undo(trace: str, access: Access) -> Left:
    """Take back what `trace` wrote, newest first; returns what could not be taken back, in words (empty = all), with what is told of the rest."""
    left = Left()
    lines = list(History.objects.filter(trace=trace).order_by("-id")) if trace else []
    if not lines:
        left.append(nothing_left())
        return left
    turns.take(line.project_id for line in lines if line.project_id is not None)
    run = Run(access, Held(lines), Back(), left)
    with transaction.atomic():
        with scope.because(reason=_("undo")):
            for problem in _problems(lines, run):
                if problem and problem not in left:
                    left.append(problem)
        left.is_whole = any(line.resource in steps and steps[line.resource](line) for line in lines)
        if left and left.is_whole:
            transaction.set_rollback(True)
            left.told.clear()
            left.insert(0, _("It is one step and is taken back as a whole, so nothing was taken back."))
    return left


def nothing_left() -> str:
    """That there is nothing to take back."""
    return _("There is nothing left to undo.")


def _problems(lines: list[History], run: Run) -> Iterator[str]:
    for each in _alike(lines):
        yield from _together(each, run)
    yield from run.back.unknown()


def _alike(lines: list[History]) -> Iterator[list[History]]:
    """Lines that are taken back together: rows of one resource that were made one behind the other; all others by themselves."""
    for is_gone, run in groupby(lines, lambda line: line.action == History.Action.DELETE):
        if is_gone:
            fields_first = sorted(run, key=lambda line: line.resource != CustomField._meta.label_lower)  # rows have values of theirs
            yield from ([line] for line in _named_first(fields_first))
            continue
        for (key, action), found in groupby(run, lambda line: (line.resource, line.action)):
            if key in registry and action == History.Action.INSERT:
                yield list(found)
            else:
                yield from ([line] for line in found)


def _named_first(lines: list[History]) -> Iterator[History]:
    """Rows that went one behind the other, a row behind those that it names: one statement removes a tree, and one deletion a whole with its parts, in any order."""
    waiting = {(line.resource, line.object_id): line for line in lines}
    for line in lines:
        path = [line]
        while path:
            named = (waiting.get(node) for node in undo_along.named_by(path[-1]))
            if (first := next((each for each in named if each is not None and each not in path), None)) is not None:
                path.append(first)
                continue
            ready = path.pop()
            if waiting.pop((ready.resource, ready.object_id), None) is not None:
                yield ready


def _together(lines: list[History], run: Run) -> Iterator[str]:
    """Take them back; why not, in words. Rows that were made are removed as one, as far as nothing stands in the way of any."""
    line = lines[0]
    if (found := registry.get(line.resource)) is None or line.action != History.Action.INSERT:
        if problem := run.back.take(line, run.access) if found is None else _one(found, line, run):
            if line.action != History.Action.DELETE:
                run.held.keep(line.resource, [line.object_id])
            yield problem
        return
    far = {each.object_id for each in lines if not past.is_readable(run.access, found, each)}
    run.held.keep(found.key, far)
    yield from (_elsewhere(found, pk) for pk in sorted(far))
    near = [each for each in lines if each.object_id not in far]
    yield from _removed(found, [each.object_id for each in near], run.held, run.access, also=_own_right(near, "add"))


def _own_right(lines: list[History], verb: str) -> tuple[str, ...]:
    """What somebody wrote himself by a right, he may take back by the same."""
    user = scope.current().user_id
    return (verb,) if user is not None and all(line.actor_id == user for line in lines) else ()


def _removed(found: Resource, ids: list[int], held: Held, access: Access, *, also: tuple[str, ...] = ()) -> Iterator[str]:
    """Remove rows that were made; which stay and why, in words. When one stays, whatever would take it along stays too."""
    rows = _locked(found, ids)
    while rows:
        stays = held.among(found.model, set(rows))
        yield from (_staying(found, rows[pk], held) for pk in ids if pk in stays)
        if not (ready := [pk for pk in ids if pk in rows and pk not in stays]):
            return
        with transaction.atomic():
            problems = commands.remove_many(found, [rows[pk] for pk in ready], access, also=also)
            refused = {pk: problem for pk, problem in zip(ready, problems, strict=True) if problem is not None}
            is_torn = bool(refused) and found.model.unscoped.filter(pk__in=refused).count() < len(refused)
            if is_torn:  # one that may not go has gone with another one
                transaction.set_rollback(True)
        held.keep(found.key, refused)
        yield from (f"{found.title} {pk}: {'; '.join(problem.messages)}" for pk, problem in refused.items())
        rows = _locked(found, [pk for pk in ready if pk not in refused]) if is_torn else {}


def _locked(found: Resource, ids: list[int]) -> dict[int, Any]:
    """The rows as they are, behind their wholes: nothing is put on them any more."""
    if parts.whole_of(found) is not None:
        parts.Wholes().lock(found, found.model.objects.filter(pk__in=ids))
    rows = found.model.objects.select_for_update(of=("self",)).select_related(*found.references).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _staying(found: Resource, row: Any, held: Held) -> str:
    told = {"what": found.title, "name": found.name_of(row)}
    if (found.key, row.pk) in held.touched:
        return _("%(what)s %(name)s was changed by somebody else since, and stays.") % told
    return _("%(what)s %(name)s stays: something stands on it that was not made with it, or stays itself.") % told


def _elsewhere(found: Resource, pk: int) -> str:
    return _("%(what)s %(id)s: this happened in another project, where you may not look.") % {"what": found.title, "id": pk}


def _one(found: Resource, line: History, run: Run) -> str:
    """Take one line back; why not, in words, or nothing."""
    if not past.is_readable(run.access, found, line):
        return _elsewhere(found, line.object_id)
    row = _locked(found, [line.object_id]).get(line.object_id)
    try:
        if line.action != History.Action.DELETE:
            return _put_back(found, line, row, run.access)
        if row is None:
            with transaction.atomic():  # it may still be refused once it is back
                return _bring_back(found, line, run)
    except (ValidationError, PermissionDenied) as problem:
        return f"{found.title} {line.object_id}: {'; '.join(getattr(problem, 'messages', [str(problem)]))}"
    except IntegrityError as problem:  # somebody took the place in this very moment
        if (refusal := troubles.said_of(problem)) is None:
            raise
        return f"{found.title} {line.object_id}: {refusal.text}"
    return ""


def _put_back(found: Resource, line: History, row: Any, access: Access) -> str:
    if row is None:
        return _("%(what)s %(id)s is gone.") % {"what": found.title, "id": line.object_id}
    if found.life is not None and found.life.is_step(line.before or {}, line.after or {}):  # nothing of it is taken back, and that is said
        return _("%(what)s %(id)s: “%(field)s” is not taken back; it follows from what is done to it.") % {
            "what": found.title, "id": line.object_id, "field": found.label(found.life.field),
        }  # fmt: skip
    values: dict[str, Any] = {}
    for name in found.fields:
        field = found.model_field(name)
        if field is None or field.attname not in (line.before or {}):
            continue
        now, then = field.to_python(getattr(row, field.attname)), field.to_python((line.after or {})[field.attname])
        if now != then:
            return _("%(what)s %(id)s was changed again in “%(field)s”.") % {"what": found.title, "id": line.object_id, "field": field.verbose_name}
        values[name] = (line.before or {})[field.attname]
    if found.is_extended and extra.column in (line.before or {}):
        before, after = ((side or {})[extra.column] or {} for side in (line.before, line.after))
        changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        if (moved := next((key for key in changed if row.extra.get(key) != after.get(key)), None)) is not None:
            return _("%(what)s %(id)s was changed again in “%(field)s”.") % {
                "what": found.title, "id": line.object_id, "field": extra.label(found, moved),
            }  # fmt: skip
        values[extra.column] = {key: before.get(key) for key in changed}
    if values:
        currencies.refuse_return(found, _as_then(found, row, values), line, values)
        commands.change(found, row, values, access)
    return ""


def _as_then(found: Resource, row: Any, values: dict[str, Any]) -> Any:
    """A copy of the row with these values of before."""
    then = copy(row)
    for name, value in values.items():
        if (field := found.model_field(name)) is not None and not field.is_relation:
            setattr(then, name, field.to_python(value))
    return then


def _is_whole_as_it_was(found: Resource, row: Any, line: History) -> bool:
    """Whether the whole of a part that comes back has not moved on since the part went: then the part stood in it as it is."""
    name = getattr(found.model, "project_from", "")
    target = found.target(name) if name else None
    if target is None or target.life is None:
        return True
    whole = History.objects.filter(resource=target.key, object_id=getattr(row, f"{name}_id"), pk__gt=line.pk, action=History.Action.UPDATE)
    return not whole.filter(after__has_key=target.life.field).exists()


def _without_what_is_gone(found: Resource, row: Any) -> list[str]:
    """Empty the references to what is not there any more; their labels. ValidationError where a row cannot be without."""
    left: list[str] = []
    for field in found.model._meta.concrete_fields:
        pk = getattr(row, field.attname)
        if not isinstance(field, models.ForeignKey) or pk is None or not getattr(field, "db_constraint", True):
            continue
        if field.related_model._base_manager.filter(pk=pk).exists():
            continue
        label = str(found.label(field.name) if field.name in found.fields else field.verbose_name)
        if not field.null:
            raise ValidationError({field.name: _("What “%(field)s” named is gone: it does not come back.") % {"field": label}})
        setattr(row, field.attname, None)
        left.append(label)
    return left


def _bring_back(found: Resource, line: History, run: Run) -> str:
    """Make the row again; what of it did not come back, in words."""
    kept, left = line.before or {}, list[str]()
    row: Any = found.model()
    wholes = parts.Wholes()
    row.pk = line.object_id
    for field in found.model._meta.concrete_fields:
        if field.attname in kept and not isinstance(field, models.BinaryField):
            setattr(row, field.attname, field.to_python(kept[field.attname]))
    if found.is_extended and row.extra:
        extra.hold_still(found)
        row.extra, left = extra_taken.fitting(found, row)
    left += _without_what_is_gone(found, row)
    commands.authorise(run.access, found, "add", row, also=_own_right([line], "delete"))
    place = found.project_of(row)
    for name in found.confined:
        far, target = getattr(row, name), found.target(name)
        if far is not None and target is not None and target.project_of(far) not in (None, place):
            text = _("What “%(field)s” named has moved to another project since: it does not come back.")
            raise ValidationError({name: text % {"field": found.label(name)}})
    currencies.refuse_return(found, row, line)
    told = row.fit_to_return() if hasattr(row, "fit_to_return") else ""
    doubles.refuse(row, run.access, [field.name for field in row._meta.concrete_fields])  # what somebody has made meanwhile
    checks.refuse(row)
    for rule in found.rules:
        rule(row)
    wholes.lock(found, [row])
    wholes.check(found, row, is_allowed=_is_whole_as_it_was(found, row, line))
    row.save(force_insert=True)
    if found.after is not None:
        found.after(row)
    wholes.follow()
    run.back.note(line)
    for text in (told, _lost(found, row)):
        run.left.tell(text)
    if not left:
        return ""
    text = _("%(what)s %(name)s is back without what its fields do not take any more: %(values)s.")
    return text % {"what": found.title, "name": found.name_of(row), "values": "; ".join(left)}


def _lost(found: Resource, row: Any) -> str:
    """What went along with a row that is back, and does not come back."""
    if not (kinds := along.lost_with(found.model)):
        return ""
    return _("%(what)s %(name)s is back without what there was of: %(kinds)s.") % {"what": found.title, "name": found.name_of(row), "kinds": ", ".join(kinds)}
