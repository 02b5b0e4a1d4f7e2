"""Following a row: who follows hears of what is said, of files and of steps, as long as he may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.carried.rights import carried_by, require, seers
from jingwei.frame.lives.lifecycle import StepTaken
from jingwei.frame.models import Follower, User
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.rights.access import Access
from jingwei.frame.telling import facts, notices


def follows(resource: Resource, row: Any, access: Access) -> bool:
    """Whether this person follows the row."""
    return access.user_id is not None and carried_by(Follower, resource, row).filter(user_id=access.user_id).exists()


def follow(resource: Resource, row: Any, access: Access) -> None:
    """Follow a row; once more is no more."""
    require(access, resource, row, "watch")
    if access.user_id is not None:
        begin(resource, row, access.user_id)


def begin(resource: Resource, row: Any, user_id: int) -> None:
    """Have somebody follow who has just taken part."""
    made = Follower(resource=resource.key, row_id=row.pk, user_id=user_id)
    made.belong()
    Follower.objects.bulk_create([made], ignore_conflicts=True)


def unfollow(resource: Resource, row: Any, access: Access) -> None:
    """Follow it no more."""
    require(access, resource, row, "watch")
    carried_by(Follower, resource, row).filter(user_id=access.user_id).delete()


def tell(resource: Resource, row: Any, kind: str, text: Callable[[], str], *, besides: Iterable[int] = ()) -> None:
    """Tell those who follow the row, and may see it, in words made by `text` in each language; not whoever does it, nor those `besides`."""
    if "watch" not in resource.carries:
        return
    without = {scope.current().user_id, *besides}
    followers = [pk for pk in carried_by(Follower, resource, row).values_list("user_id", flat=True) if pk not in without]
    if followers:
        tell_people(resource, row, kind, text, seers(resource, row, followers))


def tell_people(resource: Resource, row: Any, kind: str, text: Callable[[], str], users: Iterable[User]) -> None:
    """The same to these."""
    with translation.override("zh-hans"):
        chinese = text()
    with translation.override("en"):
        english = text()
    url = reverse("record", args=[resource.key, row.pk])
    notices.notify(users, chinese, english, url=url, key=f"{kind}:{resource.key}:{row.pk}", project_id=resource.project_of(row))


def name_of_me() -> str:
    """Who works now, as people call him."""
    user_id = scope.current().user_id
    user = User.objects.filter(pk=user_id).first() if user_id is not None else None
    return str(user) if user is not None else _("system")


@facts.reacts_to(StepTaken)
def step_taken(fact: StepTaken) -> None:
    """A row has moved on: its followers hear of it."""
    resource = registry.get(fact.resource)
    if resource is None or "watch" not in resource.carries or resource.life is None:
        return
    if not Follower.objects.filter(resource=fact.resource, row_id=fact.row_id).exclude(user_id=scope.current().user_id or 0).exists():
        return
    row, life = resource.model.objects.filter(pk=fact.row_id).first(), resource.life
    if row is not None:
        who = name_of_me()
        tell(resource, row, "step", lambda: _("%(row)s: %(step)s (%(who)s) → %(state)s") % {
            "row": str(row)[:150], "step": life.step(fact.step).title, "who": who, "state": life.words(row, [fact.after]),
        })  # fmt: skip
