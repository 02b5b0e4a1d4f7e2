"""Who is told what of a case: those who are asked, those who voted, who submitted it; in both languages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.approvals import people
from jingwei.frame.approvals.declaration import declared
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Case, Membership, Project, User
from jingwei.frame.records.resource import Resource
from jingwei.frame.telling import notices

told_at_most = 200  # people at once
_ended = {
    Case.State.APPROVED: _("“%(row)s” is approved"),
    Case.State.REJECTED: _("“%(row)s” is rejected: %(word)s"),
    Case.State.WITHDRAWN: _("“%(row)s” is withdrawn from the vote"),
}


def _tell(users: Iterable[User], text: Any, case: Case, resource: Resource, row: Any, *, level: str = "note", what: str = "", **words: Any) -> None:
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(str(text) % {"row": row, **{name: str(word) for name, word in words.items()}})
    notices.notify(
        list(users)[:told_at_most], said[0], said[1],
        level=level, url=f"{reverse('record', args=[resource.key, row.pk])}#approval", key=f"case.{case.pk}.{what}", project_id=case.project_id,
    )  # fmt: skip


def _asked(case: Case, resource: Resource, stage: Stage, row: Any) -> list[User]:
    """Who may still be heard, and their deputies, without who wrote it and who has voted."""
    heard = list(case.votes.filter(stage=stage.name, withdrawn_at=None).values_list("user_id", "acting_for_id"))
    voted = {pk for pair in heard for pk in pair if pk is not None}
    left = {pk: user for pk, user in people.asked(case, resource, stage, row).items() if pk not in voted}
    without = people.authors(resource, [row], [case])[row.pk] | {user for user, _for in heard}
    return people.with_deputies(left, resource.permission("view"), resource.places_of(row), without)


def asked(case: Case, resource: Resource, stage: Stage, row: Any) -> None:
    """A stage has begun."""
    _tell(_asked(case, resource, stage, row), _("Your vote is asked for: “%(row)s” (%(stage)s)"), case, resource, row, what="asked", stage=stage.title)


def soon(case: Case, resource: Resource, stage: Stage, row: Any) -> None:
    """Its time is nearly over."""
    text = _("Your vote is needed within a day: “%(row)s” (%(stage)s)")
    _tell(_asked(case, resource, stage, row), text, case, resource, row, level="warning", what="soon", stage=stage.title)


def late(case: Case, resource: Resource, stage: Stage, row: Any) -> None:
    """Its time is over: those who are asked are told, and, where it is declared so, the next stage and the project's manager."""
    text = _("Your vote is overdue: “%(row)s” (%(stage)s)")
    left = _asked(case, resource, stage, row)
    _tell(left, text, case, resource, row, level="warning", what="late", stage=stage.title)
    _life, approval = declared(resource)
    if approval.late != "escalate":
        return
    others = {user.pk: user for user in _managers(case)}
    if (after := next(approval.asked_of(row, stage.name), None)) is not None:
        others |= people.holders(resource, after, resource.places_of(row))
    reminded = {user.pk for user in left}
    text = _("The vote on “%(row)s” is overdue (%(stage)s)")
    _tell((user for pk, user in others.items() if pk not in reminded), text, case, resource, row, level="alarm", what="escalated", stage=stage.title)


def _managers(case: Case) -> list[User]:
    """Who is named as the project's manager; else whoever has that role in it."""
    if case.project_id is None:
        return []
    manager = Project.objects.select_related("manager").get(pk=case.project_id).manager
    if manager is not None and manager.is_active and Membership.objects.filter(tenant_id=case.tenant_id, user=manager).exists():
        return [manager]
    return notices.people_of(case.project_id, "manager")


def voided(case: Case, resource: Resource, row: Any, voters: Collection[int]) -> None:
    """What was voted on has changed."""
    text = _("“%(row)s” was changed: your vote is withdrawn, and asked for anew")
    _tell(_members(voters), text, case, resource, row, level="warning", what="voided")


def ended(case: Case, resource: Resource, row: Any, word: str) -> None:
    """Who submitted it, and who wrote it, hear how it ended."""
    authors = people.authors(resource, [row], [case])[row.pk]
    _tell(_members(authors), _ended[Case.State(case.state)], case, resource, row, what="ended", word=word)


def _members(ids: Collection[int]) -> list[User]:
    """These people, as far as they still belong to the organisation."""
    held = Membership.objects.filter(tenant_id=scope.current().tenant_id, user_id__in=list(ids))
    return list(User.objects.filter(pk__in=held.values("user_id"), is_active=True))
