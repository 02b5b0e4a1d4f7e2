"""Which row a text means that is the key of none. A person's form takes the only one that a picker offers for it, when what was typed says what was shown;
a file takes the one that it names in whole, in another case or width. A piece of a code is the code of something else: T-1 is not T-12."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models.spelt import spelt_with
from jingwei.frame.models.values import unreadable
from jingwei.frame.records import extra, people
from jingwei.frame.records.listing import searched
from jingwei.frame.records.lookups import first_of
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.kernels.spelling import typed

by_hand, by_file = "web", "import"  # where what is written was typed by a person: into a form, into a file
proposed_at_most = 3
names = ("name", "title")  # fields by which people call a row that has a code besides
_ideographs = 0x2E80  # from here on: no blanks stand between words, each sign may begin one


def offered(target: Resource, text: str, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of these rows that a picker offers for a text, the nearest first."""
    words = text.strip()
    words = words.rpartition("/")[2] or words
    if not words:
        return rows
    if unreadable(words) or not target.searched:
        return rows.none()
    rows = rows.filter(searched(target, words))
    return people.nearest_first(rows, words) if target.spelt is not None else rows


def is_typed(*ways: str) -> bool:
    """Whether what is written now was typed by a person (in one of these ways), not sent by a program."""
    current = scope.current()
    return current.user_id is not None and not current.is_of_token and current.origin in (ways or (by_hand, by_file))


def only(target: Resource, text: str, rows: models.QuerySet[Any]) -> Any | None:
    """The one row that a text means which somebody typed, None when there is none; ValidationError names several."""
    if not is_typed() or not text.strip() or len(text) > people.longest:
        return None
    if (called := _called(target, text.strip(), rows)) is not None:
        return called
    row = people.one_of(list(offered(target, text, rows)[: people.named_at_most + 1]), text, target.natural_key[-1], target.name_of)
    return row if row is not None and says(text, row, target.natural_key[-1], target.name_of(row)) else None


def says(text: str, row: Any, key: str, path: str = "") -> bool:
    """Whether a typed text says the one row that is offered for it: its code, its path or its name in whole; in a form also words of its name, or the
    beginning of one, or of how it is spelled. `key` is the field of its code."""
    said, code, shown = _folded(text), _folded(str(getattr(row, key))), _folded(str(row))
    name = shown.removeprefix(code).strip() or shown
    if said in (code, _folded(path), name, shown):
        return True
    if not is_typed(by_hand):
        return False
    name = name if name != code or key in names else ""
    spelt = next((getattr(row, each.attname) for each in spelt_with(type(row))), "")
    return all(word == code or _holds(name, word) or (typed(word) and f" {typed(word)}" in spelt) for word in said.split())


def unknown(target: Resource, text: str, rows: models.QuerySet[Any]) -> ValidationError | None:
    """What is told of a text that names no row while others are like it: these, by name; None when none is. For somebody who may look at these rows."""
    near = list(offered(target, text, rows)[: proposed_at_most + 1]) if text.strip() and len(text) <= people.longest else []
    if not near:
        return None
    told = ", ".join(f"{each} ({target.name_of(each)})" for each in near[:proposed_at_most]) + (" …" if len(near) > proposed_at_most else "")
    problem = _("There is no “%(value)s”. Did you mean %(names)s? Write the code, or pick one from the list.")
    return ValidationError(problem, code="invalid_choice", params={"value": text[:60], "names": told})


def told(resource: Resource, row: Any, given: Mapping[str, Any]) -> list[str]:
    """What was taken for texts of a form that are not just the key of what the row names now: said, so that a wrong one is seen."""
    out = []
    for name, text in given.items():
        named = extra.value(resource, row, name) if isinstance(resource.model_field(name), models.ForeignKey) else None
        if isinstance(named, models.Model) and isinstance(text, str) and text.strip() and text.strip() not in _keys(named):
            out.append(_("“%(typed)s” was taken for “%(value)s”.") % {"typed": text.strip()[:60], "value": named})
    return out


def _keys(row: Any) -> Iterator[str]:
    """All that names a row exactly."""
    if (target := resource_of(type(row))) is None:
        return iter((row.username, f"#{row.pk}") if hasattr(row, "username") else (str(row),))
    return iter((target.name_of(row), str(getattr(row, target.natural_key[-1])), f"#{row.pk}", str(row)))


def _called(target: Resource, text: str, rows: models.QuerySet[Any]) -> Any | None:
    """The one row whose name is just this text."""
    for name in names if not unreadable(text) else ():
        if name in target.search and target.spelt is None and len(found := first_of(rows, {name: text}, 2)) == 1:
            return found[0]
    return None


def _folded(text: str) -> str:
    """A text without regard to case, width, and how many blanks stand in it."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _holds(name: str, word: str) -> bool:
    """Whether a word stands in a name as a word, or as the beginning of one; with a digit in it, it may be part of a number or a code and stands alone."""
    is_code, at = any(each.isdigit() for each in word), name.find(word)
    while at >= 0:
        before, after = name[at - 1 : at] if at else "", name[at + len(word) :][:1]
        if _is_apart(before, word[0], is_code=is_code) and (not is_code or _is_apart(after, word[-1], is_code=True)):
            return True
        at = name.find(word, at + 1)
    return False


def _is_apart(beside: str, edge: str, *, is_code: bool) -> bool:
    """Whether the sign beside a word's edge belongs to another word."""
    if not beside or beside.isspace() or (ord(beside) >= _ideographs and not beside.isdigit()):
        return True
    return not is_code and (not beside.isalnum() or ord(edge) >= _ideographs)
