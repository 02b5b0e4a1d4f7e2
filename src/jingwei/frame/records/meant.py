"""Which row a text means that names none exactly: the only one that a picker offers for it. What only people do: programs and interfaces name rows exactly."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models.values import unreadable
from jingwei.frame.records import people
from jingwei.frame.records.listing import searched
from jingwei.frame.records.resource import Resource

typed_in = ("web", "import")  # where what is written was typed by a person


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


def is_typed() -> bool:
    """Whether what is written now was typed by a person, not sent by a program."""
    current = scope.current()
    return current.user_id is not None and not current.is_of_token and current.origin in typed_in


def only(target: Resource, text: str, rows: models.QuerySet[Any]) -> Any | None:
    """The only row that is offered for a text that somebody typed, None when there is none; ValidationError names several."""
    if not is_typed() or not text.strip() or len(text) > people.longest:
        return None
    return people.one_of(list(offered(target, text, rows)[: people.named_at_most + 1]), text, target.natural_key[-1], target.name_of)
