"""What every view is: rows of a list in a shape of its own, places in it that one may go into, and questions it may be asked in the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame.models import values
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource

nothing = "-"  # how an address names what has no value


class Unanswerable(ValueError):
    """The address asks what the view cannot show; the text tells people what to write instead."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One shape of a list. `name` tells several of one kind apart in the address, `title` on the page; of the list's rows it shows those that are `only`."""

    kind: ClassVar[str]
    icon: ClassVar[str]
    usual_title: ClassVar[Any]
    asks: ClassVar[tuple[str, ...]] = ()  # what it reads from the address besides what every list does

    name: str = ""
    title: Any = ""
    only: Q = field(default_factory=Q)

    @property
    def key(self) -> str:
        """How the address names it."""
        return self.name or self.kind

    @property
    def heading(self) -> Any:
        """How people call it."""
        return self.title or self.usual_title

    def check(self, resource: Resource) -> None:
        """Raise LookupError when it names what the model has not, or what not everybody who sees a row may see."""
        for name in self.named():
            if resource.model_field(name) is None or name in (*resource.untold, *resource.veiled):
                raise LookupError(f"{resource.key}: the view “{self.key}” cannot stand on {name!r}")

    def named(self) -> tuple[str, ...]:
        """The fields it stands on."""
        raise NotImplementedError

    def rows(self, listing: Listing) -> QuerySet[Any]:
        """Those of the list's rows that it shows, in the order of the list."""
        return listing.all_rows.filter(self.only)

    def answer(self, listing: Listing) -> dict[str, Any]:
        """What its page shows, in a number of queries that does not depend on the rows. Raises Unanswerable."""
        raise NotImplementedError

    def inside(self, resource: Resource, place: str) -> Q | None:
        """The rows in one of its places (a column, a cell, a day, a bar); None when there is no such place."""
        return None

    def words(self, resource: Resource, place: str) -> str:
        """A place as people call it."""
        return place


def leading(rows: QuerySet[Any], by: tuple[str, ...], most: int, skip: int = 0) -> QuerySet[Any]:
    """The first rows of every group after `skip`, at most `most` of each, in their order: two statements, however many rows there are."""
    order: list[Any] = list(rows.query.order_by) or ["pk"]
    number = Window(RowNumber(), partition_by=[F(name) for name in by], order_by=order)
    placed = rows.annotate(number_in_group=number).filter(number_in_group__gt=skip, number_in_group__lte=skip + most)
    return rows.filter(pk__in=list(placed.order_by().values_list("pk", flat=True)))


def choices_of(resource: Resource, name: str) -> dict[Any, Any]:
    """The choices of a field by value."""
    found = resource.model_field(name)
    return dict(found.flatchoices) if found is not None else {}


def having(resource: Resource, name: str, text: str) -> Q | None:
    """Rows whose field has the value that an address names; None for what the field cannot hold."""
    found = resource.model_field(name)
    if found is None or values.unreadable(text):
        return None
    if text == nothing:
        return Q(**{f"{name}__isnull": True})
    if isinstance(found, models.ForeignKey | models.IntegerField):
        number = values.whole(text, 2**63 - 1)
        return None if number is None else Q(**{name: number})
    try:
        return Q(**{name: found.to_python(text)})
    except (ValidationError, ValueError, OverflowError):
        return None


def named_in(parameters: Mapping[str, str], name: str, known: Mapping[str, Any], usual: str) -> str:
    """One of the known words; Unanswerable names them all."""
    text = parameters.get(name, "") or usual
    if text not in known:
        words = {"value": text[:40], "known": ", ".join(known)}
        raise Unanswerable(_("“%(value)s” is none of: %(known)s. Choose one of them.") % words)
    return text


def begin_of(day: dt.date) -> dt.datetime:
    """The moment at which a day begins where the reader is."""
    return dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_current_timezone())
