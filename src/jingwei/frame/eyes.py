"""Four eyes: who wrote a thing, by its history, so that nobody decides on what he wrote himself."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from jingwei.frame.models import History


def wrote(resource: str, ids: Iterable[int], fields: Iterable[str], user_id: int | None, *, moved_to: str = "") -> bool:
    """Whether this person made or changed one of these fields of one of these rows, or moved its `status` to `moved_to`."""
    if user_id is None:
        return False
    by_him = History.objects.filter(resource=resource, object_id__in=list(ids), actor_id=user_id)
    touched = Q(after__has_any_keys=list(fields))
    return by_him.filter(touched | Q(action=History.Action.UPDATE, after__status=moved_to) if moved_to else touched).exists()
