"""What a person wants to hear of, where and when: kinds of notices, by mail at once or once a day, never in his quiet hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jingwei.frame import scope
from jingwei.frame.models import NoticeChoices, Tenant, User

mail_choices = ("once", "daily", "never")
digest_at = time(8)


@dataclass(frozen=True, slots=True)
class Kind:
    """What people choose about as one."""

    key: str
    title: Any
    mail: str


kinds: dict[str, Kind] = {}
kind_of: dict[str, str] = {}  # under which kind a notice is chosen, by its key


def register(kind: Kind) -> None:
    """Offer a kind to be chosen about."""
    if kind.mail not in mail_choices:
        raise LookupError(f"{kind.key}: mail is one of {mail_choices}")
    kinds[kind.key] = kind


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one person has chosen; what he has not is as declared."""

    zone: ZoneInfo
    digest_at: time = digest_at
    quiet_from: time | None = None
    quiet_until: time | None = None
    kinds: Any = None

    def of(self, kind: str) -> tuple[bool, str]:
        """Whether it is shown, and when it is mailed."""
        declared = kinds.get(kind)
        given = (self.kinds or {}).get(kind) or {}
        mail = given.get("mail", declared.mail if declared is not None else "never")
        return bool(given.get("app", True)), mail if mail in mail_choices else "never"

    def next_digest(self, now: datetime) -> datetime:
        """When the next one is sent."""
        local = now.astimezone(self.zone)
        today = datetime.combine(local.date(), self.digest_at, tzinfo=self.zone)
        return today if today > local else datetime.combine(local.date() + timedelta(days=1), self.digest_at, tzinfo=self.zone)

    def loud(self, moment: datetime) -> datetime:
        """This moment, or the end of the quiet hours in which it lies."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return moment
        local = moment.astimezone(self.zone)
        clock, is_over_night = local.time().replace(tzinfo=None), self.quiet_from > self.quiet_until
        is_quiet = clock >= self.quiet_from or clock < self.quiet_until if is_over_night else self.quiet_from <= clock < self.quiet_until
        if not is_quiet:
            return moment
        day = local.date() + timedelta(days=1 if is_over_night and clock >= self.quiet_from else 0)
        return datetime.combine(day, self.quiet_until, tzinfo=self.zone)


def choices_of(users: Iterable[User]) -> dict[int, Chosen]:
    """What these have chosen, in two queries."""
    ids = [user.pk for user in users]
    rows = {row.user_id: row for row in NoticeChoices.objects.filter(user_id__in=ids)} if ids else {}
    zone = Tenant.objects.values_list("zone", flat=True).get(pk=scope.current().tenant_id) if ids else "UTC"
    return {pk: _chosen(rows.get(pk), zone) for pk in ids}


def _chosen(row: NoticeChoices | None, zone: str) -> Chosen:
    if row is None:
        return Chosen(ZoneInfo(zone))
    return Chosen(ZoneInfo(row.zone or zone), row.digest_at, row.quiet_from, row.quiet_until, row.kinds)
