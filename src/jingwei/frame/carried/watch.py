"""Following a row: who follows hears of what is said, of files and of steps, as long as he may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from jingwei.frame import scope
from jingwei.frame.carried.rights import carried_by, require, seers
from jingwei.frame.lives.lifecycle import StepTaken
from jingwei.frame.models import Follower, User
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.rights.access import Access
from jingwei.frame.telling import facts
from jingwei.frame.telling.notices import Notice

step = Notice("row.step", gettext_lazy("%(row)s: %(step)s (%(who)s) → %(state)s"), gettext_lazy("Steps of what I follow"))


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


def tell(resource: Resource, row: Any, notice: Notice, /, *, besides: Iterable[int] = (), **values: Any) -> None:
    """Tell those who follow the row, and may see it; not whoever does it, nor those `besides`."""
    if "watch" not in resource.carries:
        return
    without = {scope.current().user_id, *besides}
    followers = [pk for pk in carried_by(Follower, resource, row).values_list("user_id", flat=True) if pk not in without]
    if followers:
        tell_people(resource, row, notice, seers(resource, row, followers), **values)


def tell_people(resource: Resource, row: Any, notice: Notice, users: Iterable[User], /, **values: Any) -> None:
    """The same to these."""
    url, kind = reverse("record", args=[resource.key, row.pk]), notice.key.rpartition(".")[2]
    notice.tell(users, url=url, key=f"{kind}:{resource.key}:{row.pk}", project_id=resource.project_of(row), needs=resource.permission("view"), **values)


def name_of_me() -> Any:
    """Who works now, as people call him."""
    user_id = scope.current().user_id
    user = User.objects.filter(pk=user_id).first() if user_id is not None else None
    return str(user) if user is not None else gettext_lazy("system")


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
        names = dict(row._meta.get_field(life.field).flatchoices)
        title, state = life.step(fact.step).title, names.get(fact.after, fact.after)
        tell(resource, row, step, row=str(row)[:150], step=title, who=name_of_me(), state=state)
