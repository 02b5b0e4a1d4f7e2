"""Undo of what is no resource: rows that went along come back with what they went with, as they were; the others by whoever takes their kind back, or not, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from jingwei.frame.models import History
from jingwei.frame.records import along
from jingwei.frame.records.resource import registry
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import troubles

Node = tuple[str, int]  # resource, id
Taker = Callable[[History, Access], str | None]
# who takes back a line of history of what is no resource: does it, or returns why not, in words; None when it is not for him either
takers: dict[str, Taker] = {}
# which lines say that all their trace wrote is one step: it is taken back as a whole or not at all
steps: dict[str, Callable[[History], bool]] = {}


class Left(list[str]):
    """What could not be taken back, in words (empty = all was); `told` is what came back and is not quite as it was; `is_whole` when it was all or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.is_whole = False

    def tell(self, text: str) -> None:
        """Say it once."""
        if text and text not in self.told:
            self.told.append(text)


class Back:
    """What one undo has brought back, and the lines that nobody takes back: what has become of their rows is seen at the end."""

    def __init__(self) -> None:
        self._rows: set[Node] = set()
        self._open: list[History] = []

    def note(self, line: History) -> None:
        """Its row is there again."""
        self._rows.add((line.resource, line.object_id))

    def take(self, line: History, access: Access) -> str:
        """Take back a line of what is no resource; why not, in words, or nothing."""
        model = _model_of(line)
        try:
            if model is not None and line.action == History.Action.DELETE and named_by(line, with_which_it_goes=True) & self._rows:
                _restore(model, line)
                self.note(line)
                return ""
            if (problem := takers[line.resource](line, access) if line.resource in takers else None) is not None:
                return problem
        except (ValidationError, PermissionDenied, IntegrityError) as problem:
            return _in_words(problem)
        self._open.append(line)
        return ""

    def unknown(self) -> list[str]:
        """What nobody takes back and that is not as it was, by kind. What has gone with rows that were taken back is none of it."""
        kinds: dict[str, bool] = {}
        for line in self._open:
            model = _model_of(line)
            is_there = model is not None and _is_there(model, line.object_id)
            if is_there != (line.action == History.Action.DELETE):
                kinds.setdefault(capfirst(str(model._meta.verbose_name_plural)) if model is not None else line.resource, is_there)
        stay, gone = _("“%(kinds)s” stay as they are: they are not taken back."), _("“%(kinds)s” do not come back.")
        return [(stay if is_there else gone) % {"kinds": kind} for kind, is_there in kinds.items()]


def named_by(line: History, *, with_which_it_goes: bool = False) -> set[Node]:
    """The rows that a row that is gone named; of these only those with which it is deleted."""
    kept, model = line.before or {}, _model_of(line)
    fields = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)] if model is not None else []
    meant = [field for field in fields if not with_which_it_goes or field.remote_field.on_delete is models.CASCADE]
    return {(field.related_model._meta.label_lower, kept[field.attname]) for field in meant if kept.get(field.attname) is not None}


def never(sentence: Callable[[], str]) -> Taker:
    """Who takes nothing back, and says why."""
    return lambda _line, _access: sentence()


def plain(model: Any, permission: str) -> Taker:
    """Who takes back the rows of a model of projects by one right: made, they go; changed, they are as before, when nobody changed the same since; gone, they come back."""

    def take_back(line: History, access: Access) -> str | None:
        row = model.objects.select_for_update(of=("self",), no_key=True).filter(pk=line.object_id).first()
        access.require(permission, row.project_id if row is not None else line.project_id)
        if line.action == History.Action.DELETE:
            if row is None:
                _restore(model, line)
            return ""
        if row is None:
            return "" if line.action == History.Action.INSERT else _("%(what)s %(id)s is gone.") % {"what": model._meta.verbose_name, "id": line.object_id}
        return _put_back(row, line) if line.action == History.Action.UPDATE else _unmade(row)

    return take_back


def _unmade(row: Any) -> str | None:
    if row.version > 1:
        return None
    row.delete()
    return ""


def _put_back(row: Any, line: History) -> str:
    fields = [field for field in row._meta.concrete_fields if field.attname in (line.before or {})]
    for field in fields:
        if field.to_python(getattr(row, field.attname)) != field.to_python((line.after or {})[field.attname]):
            told = {"what": row._meta.verbose_name, "id": row, "field": field.verbose_name}
            return _("%(what)s %(id)s was changed again in “%(field)s”.") % told
    for field in fields:
        setattr(row, field.attname, field.to_python((line.before or {})[field.attname]))
    row.save()
    return ""


def _restore(model: along.Model, line: History) -> None:
    """The row as it was, with the moments at which it was made. Raises ValidationError when it cannot be without what is gone, IntegrityError when its place is taken."""
    kept, row = line.before or {}, model(pk=line.object_id)
    fields = [field for field in model._meta.concrete_fields if field.attname in kept]
    for field in fields:
        setattr(row, field.attname, _as_it_was(field, kept[field.attname]))
    with transaction.atomic():
        row.save(force_insert=True)
    if moments := {field.attname: field.to_python(kept[field.attname]) for field in fields if getattr(field, "auto_now_add", False)}:
        model._base_manager.filter(pk=row.pk).update(**moments)


def _as_it_was(field: Any, kept: Any) -> Any:
    """A value as it was kept; nothing where it named what is gone."""
    value = field.to_python(kept)
    if value is None or not isinstance(field, models.ForeignKey) or not getattr(field, "db_constraint", True):
        return value
    if field.related_model._base_manager.filter(pk=value).exists():
        return value
    if not field.null:
        raise ValidationError(_("What “%(field)s” named is gone: it does not come back.") % {"field": field.verbose_name})
    return None


def _is_there(model: along.Model, pk: int) -> bool:
    """Whether the row is there; one that a row carries is not without that."""
    row: Any = model._base_manager.filter(pk=pk).first()
    carrier = registry.get(getattr(row, "resource", "")) if hasattr(row, "row_id") else None
    return row is not None and (carrier is None or carrier.model._base_manager.filter(pk=row.row_id).exists())


def _model_of(line: History) -> along.Model | None:
    """The model whose row a line tells of; None when there is none any more."""
    try:
        return apps.get_model(line.resource)
    except (LookupError, ValueError):
        return None


def _in_words(problem: Exception) -> str:
    if isinstance(problem, IntegrityError):
        if (refusal := troubles.said_of(problem)) is None:
            raise problem
        return refusal.text
    return "; ".join(getattr(problem, "messages", [str(problem)]))
