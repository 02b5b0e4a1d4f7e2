"""The commonest watch: a day of a row has passed, and what was to be done by then is not done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, Q, QuerySet
from django.utils import timezone

from jingwei.frame.telling.watches import Watch


def overdue(
    key: str, title: Any, resource: str, day: str, says: Any, *, only: Q, patience: timedelta = timedelta(0),
    joined: tuple[str, ...] = (), homes: Mapping[str, int] | None = None,
) -> Watch:  # fmt: skip
    """Declare that those rows of `resource` to which `only` applies are told to their project's managers when their field `day` lies further back than `patience`.

    `says` words it with %(row)s and %(day)s; `joined` are references that a row's name needs; `homes` makes it a widget too, as of any watch.
    """
    model = apps.get_model(resource)
    is_moment = isinstance(model._meta.get_field(day), DateTimeField)

    def rows() -> QuerySet[Any]:
        now: date | datetime = timezone.now() if is_moment else timezone.localdate()
        found: QuerySet[Any] = model._default_manager.filter(only, **{f"{day}__lt": now - patience})
        return found.select_related("project__manager", *joined)

    return Watch(key, title, resource, says=worded(says, day), rows=rows, homes=homes or {})


def worded(says: Any, day: str) -> Callable[[Any], str]:
    """A sentence about a row and its day, in the language of the moment."""

    def text(row: Any) -> str:
        moment = getattr(row, day)
        told = f"{timezone.localtime(moment):%m-%d}" if isinstance(moment, datetime) else moment
        return str(says) % {"row": row, "day": told}

    return text
