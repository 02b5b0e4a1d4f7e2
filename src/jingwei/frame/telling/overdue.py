"""The commonest watch: a day of a row has passed, and what was to be done by then is not done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, Q, QuerySet
from django.utils import timezone

from jingwei.frame.telling.watches import Watch
from jingwei.frame.telling.wording import Said


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

    return Watch(key, title, resource, says=lambda row: Said(says, row=row, day=getattr(row, day)), rows=rows, homes=homes or {})
