"""Values of declared fields as they come in, from forms, cells, sheets, programs and the hub: checked by their type, told at their field, merged into what is there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Project, values
from jingwei.frame.records import extra
from jingwei.frame.records.extra import Extra, Kind, SeveralField, column, prefix
from jingwei.frame.records.fields import form_field, yes_or_no
from jingwei.frame.records.resource import Resource

between_choices = re.compile(r"[;；,，、|\n]+")


class YesNoField(forms.NullBooleanField):
    """Yes, no, or nothing said; another word is refused, not passed over."""

    choices = (("", ""), ("true", _("yes")), ("false", _("no")))

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        text = str(value).strip().lower() if value is not None else ""
        if text in ("", "none", "unknown"):
            return None
        return yes_or_no(text)

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)


class ChoiceWordField(forms.ChoiceField):
    """One of some choices, by its value or by its words in either language."""

    def to_python(self, value: Any) -> str:
        return _chosen(self.choices, super().to_python(value).strip())  # type: ignore[arg-type]

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)
        _require_known(self.choices, [value] if value else [])  # type: ignore[arg-type]


class ChoiceWordsField(forms.MultipleChoiceField):
    """Several of some choices, as a list or as text with marks between them."""

    def to_python(self, value: Any) -> list[str]:
        given = [each.strip() for each in between_choices.split(value)] if isinstance(value, str) else value
        if given is None:
            return []
        if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
            raise ValidationError(_("Give a list of choices."), code="invalid_list")
        return list(dict.fromkeys(_chosen(self.choices, each) for each in given if each))  # type: ignore[arg-type]

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)
        _require_known(self.choices, value)  # type: ignore[arg-type]


def _chosen(choices: Sequence[tuple[str, Any]], text: str) -> str:
    known = [(value, label) for value, label in choices if value]
    if any(text == value for value, _label in known):
        return text
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for value, label in known:
                if text.lower() == str(label).lower():
                    return value
    return text


def _require_known(choices: Sequence[tuple[str, Any]], given: Sequence[str]) -> None:
    known = [value for value, _label in choices if value]
    for each in given:
        if each not in known:
            text = _("“%(value)s” is none of: %(known)s.")
            raise ValidationError(text, code="invalid_choice", params={"value": each[:40], "known": ", ".join(known[:20])})


def form_field_of(found: Extra, kept: Any = None) -> forms.Field:
    """The form field of a declared field. What stands there may stay, also when it is no choice any more."""
    said: dict[str, Any] = {"required": not found.field.blank, "label": found.field.verbose_name, "help_text": found.field.help_text}
    made: forms.Field | None
    kept = kept if extra.is_of(found, kept) else None
    if isinstance(found.field, SeveralField):
        made = ChoiceWordsField(choices=_with_kept(found.field.options, kept or []), widget=forms.SelectMultiple, **said)
    elif found.definition.kind == Kind.CHOICE:
        made = ChoiceWordField(choices=(("", ""), *_with_kept(found.field.flatchoices, [kept] if kept else [])), **said)
    elif found.definition.kind == Kind.YES_NO:
        made = YesNoField(widget=forms.Select(choices=YesNoField.choices), **said)
    else:
        made = form_field(found.field)
        if found.definition.kind == Kind.LONG and made is not None:
            made.widget = forms.Textarea()
    assert made is not None
    return made


def _with_kept(choices: Any, kept: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    known = tuple((str(value), label) for value, label in choices)
    return (*known, *((each, each) for each in kept if each not in dict(known)))


def gathered(resource: Resource, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those that are named `extra.<key>` put together in one."""
    if not resource.is_extended or not any(map(extra.is_name, given)):
        return dict(given)
    own = {name: value for name, value in given.items() if not extra.is_name(name)}
    apart = {name.removeprefix(prefix): value for name, value in given.items() if extra.is_name(name)}
    return {**own, column: {**(own.get(column) or {}), **apart}}


_asks_required: ContextVar[bool] = ContextVar("asks_required", default=True)


@contextmanager
def nothing_required() -> Iterator[None]:
    """Rows that are made here stand without what is required: who makes them (a template, a line typed into the plan) has nowhere to ask for it."""
    mark = _asks_required.set(False)
    try:
        yield
    finally:
        _asks_required.reset(mark)


def checked(resource: Resource, given: Any, instance: Any | None, place: int | None) -> dict[str, Any]:
    """The whole column as it will be when these values come to a row of this place; ValidationError by field. A new row needs what is required."""
    if given is not None and not isinstance(given, Mapping):
        raise ValidationError({column: [_("Give an object: key of a field → its value.")]})
    kept: dict[str, Any] = dict(instance.extra or {}) if instance is not None else {}
    known = {each.key: each for each in extra.fields_of(resource, None if resource.model is Project else place)}
    out, problems = dict(kept), dict[str, Any]()
    for key, value in (given or {}).items():
        if _is_same(kept.get(key), value) or (key not in kept and value in (None, "", [])):
            continue  # it stands there, or nothing is asked for where nothing is
        if key not in known and value in (None, "", []):  # of another project, or of nobody any more: it may be emptied
            del out[key]
            continue
        try:
            made = _made(known, str(key), value, kept)
        except ValidationError as problem:
            problems[_told_at(key)] = problem.error_list
            continue
        if made is None:
            out.pop(key, None)
        else:
            out[key] = made
    for each in known.values() if _asks_required.get() else ():
        if instance is None and each.definition.is_required and not each.definition.is_archived and each.key not in out and each.name not in problems:
            problems[each.name] = [ValidationError(forms.Field.default_error_messages["required"], code="required")]
    if problems:
        raise ValidationError(problems)
    return out


def takes(found: Extra, value: Any, kind: str = "") -> bool:
    """Whether a field takes a value that another organisation wrote: days and people are said to be such (`kind`), so that no text or number is taken for one."""
    if found.definition.kind != kind if kind else found.definition.kind in (Kind.DATE, Kind.PERSON):
        return False
    try:
        return extra.is_of(found, value) and _made({found.key: found}, found.key, value, {}) is not None
    except ValidationError:
        return False


def fitting(resource: Resource, row: Any) -> tuple[dict[str, Any], list[str]]:
    """The column of a row that comes back, as far as its fields are there and of that type; and the others with their values, in words. Whom or which choice
    there is no more, is still what stood there."""
    known = {each.key: each for each in extra.fields_of(resource, None if resource.model is Project else resource.project_of(row))}
    kept = {key: value for key, value in (row.extra or {}).items() if key in known and extra.is_of(known[key], value)}
    return kept, [f"{extra.label(resource, key)}: {extra.plain(value)[:100]}" for key, value in (row.extra or {}).items() if key not in kept]


def differ(one: Any, other: Any) -> bool:
    """Whether two values of the column are not the same."""
    return type(one) is not type(other) or bool(one != other)


def _told_at(key: Any) -> str:
    return prefix + (repr(key)[:60] if values.unreadable(str(key)) else str(key)[:60])


def _is_same(kept: Any, value: Any) -> bool:
    """Whether it stands there already; `#12` is how forms and sheets write somebody who is gone."""
    if isinstance(kept, int) and not isinstance(kept, bool) and value == f"#{kept}":
        return True
    return kept is not None and type(kept) is type(value) and bool(kept == value)


def _made(known: Mapping[str, Extra], key: str, value: Any, kept: Mapping[str, Any]) -> Any:
    """One value as the column keeps it, None for nothing."""
    if (found := known.get(key)) is None:
        names = ", ".join(each for each, which in known.items() if not which.definition.is_archived) or "–"
        raise ValidationError(_("There is no such field here. Known are: %(names)s."), code="unknown", params={"names": names})
    if (problem := values.problem_with(found.field, value)) is not None:
        raise problem
    if isinstance(value, dict) or (isinstance(value, list) and found.definition.kind != Kind.SEVERAL):
        raise ValidationError(_("Give one value, not a list or an object."), code="invalid")
    made = _plain(form_field_of(found, kept.get(key)).clean(value))
    if found.definition.is_archived and made != kept.get(key):
        raise ValidationError(_("This field is archived: its values stay as they are. Leave it out."), code="archived")
    return made


def _plain(value: Any) -> Any:
    """A checked value as JSON holds it exactly."""
    match value:
        case None | "" | []:
            return None
        case Decimal():
            return format(value, "f")
        case dt.date():
            return value.isoformat()
        case models.Model():
            return value.pk
    return value


def sheet_text(resource: Resource, row: Any, name: str) -> str | None:
    """A value as a sheet holds it when it is of a kind that only declared fields have; None for all others."""
    found = extra.named(resource, name)
    value = extra.raw(row, name)
    if found is None or not extra.is_of(found, value):
        return None
    if found.definition.kind == Kind.SEVERAL:
        return "; ".join(value)
    return f"#{value}" if found.definition.kind == Kind.PERSON and isinstance(extra.typed(found, value), int) else None
