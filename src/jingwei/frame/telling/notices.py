"""Notices: something a person should know, declared once, kept as key and values, worded when it is read; repeats fold into one line with a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Letter, Membership, Notification, User
from jingwei.frame.telling import choices, events, letters, wording
from jingwei.frame.telling.choices import Kind, choices_of
from jingwei.frame.telling.wording import plain, words_of

registry: dict[str, Notice] = {}
__all__ = ["Notice", "people_of", "told_of", "words_of"]


@dataclass(frozen=True)
class Notice:
    """A notice: `text` holds its values (“… %(task)s …”) and is worded for whoever reads it.

    People choose for each `title` whether and where they hear of it; notices `under` another one are chosen with that. `mail` is what holds for who has
    chosen nothing: "once", "daily" or "never".
    """

    key: str
    text: Any
    title: Any = ""
    level: str = "note"
    under: str = ""
    mail: str = "daily"

    def __post_init__(self) -> None:
        if self.key in registry:
            raise LookupError(f"the notice {self.key} is declared twice")
        registry[self.key] = self
        wording.texts[self.key] = self.text
        choices.kind_of[self.key] = self.kind
        if not self.under:
            choices.register(Kind(self.key, self.title, self.mail))

    @property
    def kind(self) -> str:
        """Under which key people choose."""
        return self.under or self.key

    def tell(self, users: Iterable[User], *, url: str = "", key: str = "", project_id: int | None = None, level: str = "", **values: Any) -> int:
        """Tell people, each where he wants to hear of it. An unread notice of the same `key` is renewed instead of repeated. One about a project is shown
        as long as they belong to it. Returns how many are told."""
        people = list({user.pk: user for user in users}.values())
        kept = {name: plain(value) for name, value in values.items()}
        wanted, told = choices_of(people), 0
        for user in people:
            is_shown, mail = wanted[user.pk].of(self.kind)
            if is_shown:
                self._show(user, kept, level or self.level, url, key, project_id)
            if mail != "never":
                letters.put(user, wanted[user.pk], mail, notice=self.key, values=kept, level=level or self.level, url=url, key=key, project_id=project_id)
            told += is_shown or mail != "never"
        return told

    def _show(self, user: User, values: dict[str, Any], level: str, url: str, key: str, project_id: int | None) -> None:
        same = Notification.objects.filter(user=user, key=key, read_at=None) if key else Notification.objects.none()
        fresh = {"notice": self.key, "values": values, "level": level, "title_zh": "", "title_en": ""}
        if not same.update(count=F("count") + 1, updated_at=timezone.now(), **fresh):
            Notification(user=user, url=url, key=key, project_id=project_id, **fresh).save()
        events.publish("notified", user_id=user.pk)


def people_of(project_id: int, *roles: str) -> list[User]:
    """Those who hold one of the roles in a project or in the whole organisation."""
    rows = Membership.objects.filter(tenant_id=scope.current().tenant_id, role__key__in=roles, user__is_active=True).select_related("user")
    return list({m.user_id: m.user for m in rows if m.project_id in (None, project_id)}.values())


def told_of(key: str) -> list[User]:
    """Those who heard of that key, in the application or by mail, and may still log in."""
    here, by_mail = (model.objects.filter(key=key).values("user_id") for model in (Notification, Letter))
    return list(User.objects.filter(Q(pk__in=here) | Q(pk__in=by_mail), is_active=True))
