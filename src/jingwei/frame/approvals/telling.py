"""Who is told what of a case: those who are asked, those who voted, who submitted it; each in his language."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.approvals import people
from jingwei.frame.approvals.declaration import declared
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Case, Membership, Project, User
from jingwei.frame.records.resource import Resource
from jingwei.frame.telling import notices
from jingwei.frame.telling.notices import Notice

told_at_most = 200  # people at once
vote = Notice("case.asked", _("Your vote is asked for: “%(row)s” (%(stage)s)"), _("My vote is asked for"), mail="once")
vote_soon = Notice("case.soon", _("Your vote is needed within a day: “%(row)s” (%(stage)s)"), level="warning", under=vote.key)
vote_late = Notice("case.late", _("Your vote is overdue: “%(row)s” (%(stage)s)"), level="warning", under=vote.key)
vote_voided = Notice("case.voided", _("“%(row)s” was changed: your vote is withdrawn, and asked for anew"), level="warning", under=vote.key)
overdue = Notice("case.escalated", _("The vote on “%(row)s” is overdue (%(stage)s)"), _("Votes of others that are overdue"), "alarm", mail="once")
approved = Notice("case.approved", _("“%(row)s” is approved"), _("How votes on what I wrote end"), mail="once")
_ended = {
    Case.State.APPROVED: approved,
    Case.State.REJECTED: Notice("case.rejected", _("“%(row)s” is rejected: %(word)s"), under=approved.key),
    Case.State.WITHDRAWN: Notice("case.withdrawn", _("“%(row)s” is withdrawn from the vote"), under=approved.key),
}


def _tell(users: Iterable[User], notice: Notice, case: Case, resource: Resource, row: Any, *, what: str = "", **words: Any) -> None:
    notice.tell(
        list(users)[:told_at_most], url=f"{reverse('record', args=[resource.key, row.pk])}#approval", key=f"case.{case.pk}.{what}",
        project_id=case.project_id, needs=resource.permission("view"), row=str(row)[:200], **words,
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
    _tell(_asked(case, resource, stage, row), vote, case, resource, row, what="asked", stage=stage.title)


def soon(case: Case, resource: Resource, stage: Stage, row: Any) -> None:
    """Its time is nearly over."""
    _tell(_asked(case, resource, stage, row), vote_soon, case, resource, row, what="soon", stage=stage.title)


def late(case: Case, resource: Resource, stage: Stage, row: Any) -> None:
    """Its time is over: those who are asked are told, and, where it is declared so, the next stage and the project's manager."""
    left = _asked(case, resource, stage, row)
    _tell(left, vote_late, case, resource, row, what="late", stage=stage.title)
    _life, approval = declared(resource)
    if approval.late != "escalate":
        return
    others = {user.pk: user for user in _managers(case)}
    if (after := next(approval.asked_of(row, stage.name), None)) is not None:
        others |= people.holders(resource, after, resource.places_of(row))
    reminded = {user.pk for user in left}
    _tell((user for pk, user in others.items() if pk not in reminded), overdue, case, resource, row, what="escalated", stage=stage.title)


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
    _tell(_members(voters), vote_voided, case, resource, row, what="voided")


def ended(case: Case, resource: Resource, row: Any, word: str) -> None:
    """Who submitted it, and who wrote it, hear how it ended."""
    authors = people.authors(resource, [row], [case])[row.pk]
    _tell(_members(authors), _ended[Case.State(case.state)], case, resource, row, what="ended", word=word)


def _members(ids: Collection[int]) -> list[User]:
    """These people, as far as they still belong to the organisation."""
    held = Membership.objects.filter(tenant_id=scope.current().tenant_id, user_id__in=list(ids))
    return list(User.objects.filter(pk__in=held.values("user_id"), is_active=True))
