"""A webhook as it is saved: which facts, which projects, where to, and its secret."""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame import scope, secrets
from jingwei.frame.models import Project, Webhook
from jingwei.frame.records.resource import resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import notices
from jingwei.frame.walls import egress

written = ("added", "changed", "removed")
purpose = "webhook:out"  # retention takes sealed values of this kind away when no row names them any more
mark = "whsec_"
key_bytes = 32
former_for = timedelta(days=1)
new_address = notices.Notice(
    "webhook.address", gettext_lazy("The webhook “%(name)s” sends to %(host)s from now on"), gettext_lazy("A webhook got an address"), "warning"
)


def facts_known() -> Iterator[str]:
    """Every fact there is: what is written, and what is done."""
    for each in resources():
        yield from (f"{each.key}.{verb}" for verb in (*written, *(verb.name for verb in each.verbs)))


def likes_of(text: str) -> list[str]:
    """What the facts named mean for the database. ValidationError names those that are none."""
    found = list(dict.fromkeys(text.replace(",", " ").split()))
    known = list(facts_known())
    wrong = [each for each in found if not any(_matches(each, fact) for fact in known)]
    if wrong or not found:
        example = "work.task.*, *.removed, risk.risk.occur"
        raise ValidationError(
            {"facts": _("There is no such fact: %(names)s. Write them as %(example)s.") % {"names": ", ".join(wrong)[:200] or "–", "example": example}}
        )
    return [each.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%").replace("*", "%") for each in found]


def _matches(pattern: str, fact: str) -> bool:
    """Whether a fact is meant; a star stands for anything, and nothing else stands for more than itself."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == fact
    if not fact.startswith(first) or len(first) > len(fact):
        return False
    place = len(first)
    for part in rest[:-1]:
        if (place := fact.find(part, place)) < 0:
            return False
        place += len(part)
    return len(fact) - place >= len(rest[-1]) and fact.endswith(rest[-1])


def projects_of(text: str) -> list[int] | None:
    """The projects named by their codes; None for all."""
    codes = list(dict.fromkeys(text.replace(",", " ").split()))
    known = dict(Project.objects.filter(code__in=codes).values_list("code", "pk"))
    if missing := [code for code in codes if code not in known]:
        raise ValidationError({"projects": _("There is no such project: %(names)s.") % {"names": ", ".join(missing)[:200]}})
    return sorted(known.values()) or None


def check_address(url: str) -> None:
    """Raise ValidationError at the address unless it may be sent to: https, or http where the operator allows an address of this network."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError({"url": _("This address cannot be read. Write it as https://host/path.")}) from None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or any(ord(letter) < 33 for letter in url) or "\\" in url or port == 0:
        raise ValidationError({"url": _("This address cannot be read. Write it as https://host/path.")})
    try:
        host = egress.ascii_host(host)
    except egress.EgressRefused:
        raise ValidationError({"url": _("This address cannot be read. Write it as https://host/path.")}) from None
    if parts.scheme == "http" and not egress.is_allowed_in_clear(host, port or 80):
        raise ValidationError({"url": _("Only https leaves this machine. An operator may allow http to an address of your network by JINGWEI_EGRESS_ALLOW.")})


def check_person(_row: Webhook) -> None:
    """A rule: persons only."""
    if scope.current().is_of_token:  # it would outlive the token, and go on telling what the token's owner may see
        raise PermissionDenied(_("A token makes and changes no webhooks. Log in and do it on the page of webhooks."))


def take_in(row: Webhook) -> None:
    """A rule: what was written can be read. Every field that is wrong is told, not the first one only; what is right is taken in."""
    current = scope.current()
    wrong: dict[str, Any] = {}

    def read(take: Callable[[str], Any], given: str) -> Any:
        try:
            return take(given)
        except ValidationError as problem:
            wrong.update(problem.error_dict)
            return None

    read(check_address, row.url)
    row.likes = read(likes_of, row.facts) or []
    row.project_ids = read(partial(_projects_seen, current), row.projects)
    if wrong:
        raise ValidationError(wrong)


def _projects_seen(current: scope.Scope, text: str) -> list[int] | None:
    """The projects named, all of which whoever saves it may look into."""
    found = projects_of(text)
    held = access_of(current.user_id, current.tenant_id).project_ids if found and current.user_id is not None else None
    if found and held is not None and not set(found) <= held:
        raise ValidationError({"projects": _("You may not look into all of these projects.")})
    return found


@transaction.atomic
def save(instance: Webhook | None = None, **values: Any) -> Webhook:
    """Make or change one. Whoever saves it answers for it: from now on it is told what he may see. Persons only: a token saves none."""
    current = scope.current()
    row = instance if instance is not None else Webhook()
    check_person(row)
    was_active, was_url = instance is not None and instance.is_active, instance.url if instance is not None else ""
    for name, value in values.items():
        setattr(row, name, value)
    take_in(row)
    row.maker_id, row.limits = current.user_id, [limit.as_plain() for limit in current.limits]
    if row.url != was_url or (row.is_active and not was_active):
        row.failing_since, row.paused_until = None, None
    if row.is_active:
        row.off_because = ""
    if row.secret_id is None:
        row.secret, row.is_shown = _new_secret(), False
    row.save()
    if row.url != was_url:
        people, host = notices.people_of(0, "owner"), urlsplit(row.url).hostname or ""
        new_address.tell(people, url=f"/settings/webhooks/{row.pk}/", key=f"webhook.address:{row.pk}", needs="frame.webhook.view", name=row.name, host=host)
    return row


def _new_secret() -> Any:
    return secrets.seal(purpose, mark + base64.b64encode(random.token_bytes(key_bytes)).decode())


@transaction.atomic
def reveal(hook: Webhook) -> str:
    """The secret, the one time that it is shown. ValidationError once it was."""
    row = Webhook.objects.select_for_update(of=("self",)).get(pk=hook.pk)
    if row.is_shown or row.secret is None:
        raise ValidationError(_("The secret was shown already. Make a new one; the old one goes on signing for a day."))
    row.is_shown = True
    row.save(update_fields=["is_shown"])
    return str(secrets.open_secret(row.secret).reveal())


@transaction.atomic
def rotate(hook: Webhook) -> str:
    """A new secret, shown this once; the one of before signs as well for a day."""
    row = Webhook.objects.select_for_update(of=("self",)).get(pk=hook.pk)
    row.former, row.former_until = row.secret, timezone.now() + former_for
    row.secret, row.is_shown = _new_secret(), True
    row.save(update_fields=["former", "former_until", "secret", "is_shown"])
    return str(secrets.open_secret(row.secret).reveal())


def secrets_of(hook: Webhook, now: datetime) -> list[str]:
    """With what is signed now, the newest first."""
    is_former = hook.former is not None and hook.former_until is not None and hook.former_until > now
    sealed: Iterable[Any] = (hook.secret, hook.former if is_former else None)
    return [str(secrets.open_secret(each).reveal()) for each in sealed if each is not None]
