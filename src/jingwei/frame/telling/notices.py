"""Notices: something a person should know, declared once, kept as key and values, worded when it is read; repeats fold into one line with a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy

from jingwei.frame import scope
from jingwei.frame.models import Letter, Membership, Notification, User
from jingwei.frame.telling import choices, inbox, letters, wording
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

    def tell(
        self, users: Iterable[User], *, url: str = "", key: str = "", project_id: int | None = None, level: str = "", needs: str = "", **values: Any
    ) -> int:
        """Tell people, each where he wants to hear of it; what is more than a note also in the application, where no mail reaches him. An unread notice of the same `key` is renewed
        instead of repeated. One about a project is shown as long as they belong to it, one that `needs` a right to those who hold it. Returns how many
        are told."""
        people = inbox.able(users, needs, project_id)
        kept: dict[str, Any] = {"notice": self.key, "values": {name: plain(value) for name, value in values.items()}, "level": level or self.level}
        kept |= {"url": url, "key": key, "project_id": project_id, "needs": needs}
        wanted, told = choices_of(people), 0
        for user in people:
            is_shown, mail = wanted[user.pk].of(self.kind)
            is_mailed = mail != "never" and letters.put(user, wanted[user.pk], mail, **kept)
            if is_shown or (mail != "never" and not is_mailed and kept["level"] != "note"):  # he would hear of it nowhere
                inbox.show(user, **kept)
                is_shown = True
            told += is_shown or is_mailed
        return told


def people_of(project_id: int, *roles: str) -> list[User]:
    """Those who hold one of the roles in a project or in the whole organisation."""
    rows = Membership.objects.filter(tenant_id=scope.current().tenant_id, role__key__in=roles, user__is_active=True).select_related("user")
    return list({m.user_id: m.user for m in rows if m.project_id in (None, project_id)}.values())


def told_of(key: str) -> list[User]:
    """Those who heard of that key, in the application or by mail, and may still log in."""
    here, by_mail = (model.objects.filter(key=key).values("user_id") for model in (Notification, Letter))
    return list(User.objects.filter(Q(pk__in=here) | Q(pk__in=by_mail), is_active=True))


not_mailed = Notice(
    "mail.failed", gettext_lazy("Mail was not taken for three days and is given up: %(problem)s"), gettext_lazy("Mail that cannot be sent"), "alarm",
    mail="never",
)  # fmt: skip


def _tell_of_failure(problem: str) -> None:
    not_mailed.tell(people_of(0, "owner"), key="mail.failed", needs="*", problem=problem)


letters.given_up.append(_tell_of_failure)
