"""Talk about a row: comments of those who may see it; each is changed and taken back by whoever wrote it."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.carried import watch
from jingwei.frame.carried.rights import carried_by, require, seers
from jingwei.frame.models import Comment, User, values
from jingwei.frame.records import turns
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access
from jingwei.frame.telling.notices import Notice

mention = Notice("row.mention", gettext_lazy("%(who)s mentioned you: %(row)s"), gettext_lazy("Somebody mentions me"), mail="once")
talk = Notice("row.talk", gettext_lazy("%(who)s commented on %(row)s"), gettext_lazy("Comments on what I follow"))
text_at_most = 10_000
mentions_at_most = 20
_named = re.compile(r"(?<![A-Za-z0-9._+-])@([\w.+-]{1,150})")  # and no address of mail


def of_row(resource: Resource, row: Any) -> Any:
    """What was said about a row, with who said it; the newest first."""
    return carried_by(Comment, resource, row).select_related("by").order_by("-created_at", "-id")


@in_turn
def say(resource: Resource, row: Any, text: str, access: Access) -> Comment:
    """Say something about a row: those it mentions hear of it, and so do those who follow; whoever says it follows from now on."""
    require(access, resource, row, "talk")
    text = _checked(text)
    turns.stay(resource, row)
    mentioned = _mentioned(resource, row, text)
    comment = Comment(resource=resource.key, row_id=row.pk, by_id=access.user_id, text=text, mentioned=[user.pk for user in mentioned])
    comment.save()
    who = watch.name_of_me()
    _tell_mentioned(resource, row, who, [user for user in mentioned if user.pk != access.user_id])
    watch.tell(resource, row, talk, besides=comment.mentioned, who=who, row=str(row)[:200])
    if "watch" in resource.carries and access.user_id is not None:
        watch.begin(resource, row, access.user_id)
    return comment


@in_turn
def amend(resource: Resource, row: Any, comment: Comment, text: str, access: Access) -> Comment:
    """Change what one has said; who is mentioned for the first time hears of it."""
    comment = _own(resource, row, comment, access)
    comment.text, before = _checked(text), set(comment.mentioned)
    mentioned = _mentioned(resource, row, comment.text)
    comment.mentioned, comment.edited_at = [user.pk for user in mentioned], timezone.now()
    comment.save()
    _tell_mentioned(resource, row, watch.name_of_me(), [user for user in mentioned if user.pk not in {*before, access.user_id}])
    return comment


@in_turn
def take_back(resource: Resource, row: Any, comment: Comment, access: Access) -> None:
    """Delete what one has said."""
    _own(resource, row, comment, access).delete()


def is_own(comment: Comment, access: Access) -> bool:
    """Whether this person said it."""
    return comment.by_id is not None and comment.by_id == access.user_id


def _own(resource: Resource, row: Any, comment: Comment, access: Access) -> Comment:
    require(access, resource, row, "talk")
    if not is_own(comment, access):
        raise PermissionDenied(_("Only who wrote a comment changes or deletes it."))
    turns.stay(resource, row)
    current = carried_by(Comment, resource, row).select_for_update(of=("self",)).filter(pk=comment.pk).first()
    if current is None:
        raise ValidationError(_("This was deleted in the meantime."))
    return current  # type: ignore[no-any-return]


def _checked(text: str) -> str:
    if problem := values.problem_with(None, text):
        raise ValidationError({"text": problem.messages})
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({"text": _("Write something first.")})
    if len(text) > text_at_most:
        raise ValidationError({"text": _("The comment is longer than %(most)s characters. Shorten it, or attach it as a file.") % {"most": text_at_most}})
    return text


def _mentioned(resource: Resource, row: Any, text: str) -> list[User]:
    """Whom it names, of those who may see the row. Chinese goes on without a blank behind a name: the longest beginning that is somebody's user name is meant."""
    said = list(dict.fromkeys(name.lower() for name in _named.findall(text)))[:mentions_at_most]
    beginnings = {name[:length] for name in said for length in range(1, min(len(name), 60) + 1)}
    if not beginnings:
        return []
    known = dict(User.objects.annotate(low=Lower("username")).filter(low__in=beginnings, memberships__tenant_id=row.tenant_id).values_list("low", "pk"))
    meant = {known[longest] for name in said if (longest := max((b for b in known if _begins(name, b)), key=len, default=""))}
    return seers(resource, row, meant)


def _begins(said: str, name: str) -> bool:
    following = said[len(name) :][:1]
    return said.startswith(name) and not (following.isascii() and following.isalnum())


def _tell_mentioned(resource: Resource, row: Any, who: Any, users: list[User]) -> None:
    if users:
        watch.tell_people(resource, row, mention, users, who=who, row=str(row)[:200])
