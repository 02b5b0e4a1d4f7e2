"""Rules for passwords and log-in, chosen by an organisation: as they were, strict, or as level 3 of 等保 (GB/T 22239-2019, 8.1.4.1) asks.

Who belongs to several organisations keeps the strictest of their rules. What a password must be is checked wherever one is chosen (it is one of
Django's validators); that it is too old, or weaker than is asked since, is told at the next page (`due`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import check_password, is_password_usable
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame.models import PastPassword, Tenant, User
from jingwei.frame.rights import lockout

least_length = 12


@dataclass(frozen=True, slots=True)
class Rules:
    """What one profile asks. Zero or None: it asks nothing of the kind."""

    key: str
    kinds: int = 0
    remembered: int = 0
    days: int = 0
    idle_seconds: int | None = None
    window: timedelta = lockout.window


profiles = (
    Rules("basic"),
    Rules("strict", kinds=3, remembered=5, days=90),
    Rules("mlps3", kinds=3, remembered=5, days=90, idle_seconds=15 * 60, window=timedelta(minutes=30)),
)


def strictest(tenants: Iterable[Tenant]) -> Rules:
    """The rules that count for somebody of these organisations."""
    chosen = {tenant.password_profile for tenant in tenants}
    return next((rules for rules in reversed(profiles) if rules.key in chosen), profiles[0])


def rules_of(user: User | None) -> Rules:
    """The rules that count for a person, also for one who is just joining an organisation."""
    if user is None:
        return profiles[0]
    joining = getattr(user, "joining", None)
    known = Tenant.objects.filter(memberships__user=user).distinct() if user.pk is not None else ()
    return strictest((*known, *([joining] if joining is not None else [])))


def kinds_in(password: str) -> int:
    """How many kinds of characters there are: small letters, capital letters, digits, all others."""
    return len({"small" if c.islower() else "capital" if c.isupper() else "digit" if c.isdigit() else "other" for c in password})


def problems_of(password: str, rules: Rules) -> list[str]:
    """What these rules have against a password, whoever it belongs to."""
    out = []
    if rules.kinds and len(password) < least_length:
        out.append(_("At least %(count)s characters.") % {"count": least_length})
    if kinds_in(password) < rules.kinds:
        out.append(_("At least three kinds of characters: small letters, capital letters, digits, other signs."))
    return out


def told(rules: Rules) -> str:
    """What a password must be, in a sentence or two for the form."""
    out = [_("At least %(count)s characters.") % {"count": least_length}]
    if rules.kinds:
        out.append(_("At least three kinds of characters: small letters, capital letters, digits, other signs."))
    if rules.remembered:
        out.append(_("None of your last %(count)s passwords.") % {"count": rules.remembered})
    return " ".join(out)


class LongEnough(MinimumLengthValidator):
    """Django's rule in our words: its own are not translated."""

    def get_error_message(self) -> str:
        """What is wrong, and the mend."""
        return _("This password is too short. Write at least %(count)s characters.") % {"count": self.min_length}


class OfTheOrganisation:
    """The validator: asked wherever a password is chosen, and told when one was."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError with everything that is wrong."""
        rules = rules_of(user)
        problems = problems_of(password, rules)
        if rules.remembered and user is not None and user.pk is not None and _was_used(password, user, rules.remembered):
            problems.append(_("This was one of your last %(count)s passwords. Choose a new one.") % {"count": rules.remembered})
        if problems:
            raise ValidationError(problems)

    def password_changed(self, password: str, user: User | None = None) -> None:
        """Note when, and keep the hash as long as the rules ask for it."""
        if user is None or user.pk is None:
            return
        user.password_changed_at = timezone.now()
        User.objects.filter(pk=user.pk).update(password_changed_at=user.password_changed_at)
        kept = rules_of(user).remembered
        for each in dict.fromkeys((user.hash_before, user.password)) if kept else ():
            if is_password_usable(each) and each and not PastPassword.objects.filter(user=user, password=each).exists():
                PastPassword.objects.create(user=user, password=each)
        newest = PastPassword.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)[:kept]
        PastPassword.objects.filter(user=user).exclude(pk__in=list(newest)).delete()

    def get_help_text(self) -> str:
        return _("Your organisation may ask for more; then you are told what.")


def _was_used(password: str, user: User, count: int) -> bool:
    hashes = dict.fromkeys((*User.objects.filter(pk=user.pk).values_list("password", flat=True), *_past(user, count)))
    return any(check_password(password, each) for each in list(hashes)[:count] if each)


def _past(user: User, count: int) -> list[str]:
    return list(PastPassword.objects.filter(user=user).order_by("-pk").values_list("password", flat=True)[:count])


def is_old(user: User, rules: Rules) -> bool:
    """Whether the password has been used for longer than the rules allow."""
    since = user.password_changed_at or user.date_joined
    return bool(rules.days) and user.has_usable_password() and timezone.now() - since > timedelta(days=rules.days)


def due(user: User, rules: Rules, *, is_weak: bool) -> str:
    """Why a person must choose a new password before anything else; empty when he need not."""
    if is_old(user, rules):
        return _("Your organisation asks for a new password every %(days)s days, and yours is older. Choose a new one to go on.") % {"days": rules.days}
    if is_weak and rules.kinds:
        return _("Your organisation asks for stronger passwords than yours. Choose a new one to go on.")
    return ""


def summary(rules: Rules) -> list[Any]:
    """The rules of a profile in words, for the page on which one is chosen."""
    minutes = int(rules.window.total_seconds()) // 60
    out = [told(rules), _("Names, e-mail addresses and passwords that everybody uses are refused.")]
    if rules.days:
        out.append(_("A new password every %(days)s days: who comes with an older one is led to a page that says so.") % {"days": rules.days})
    out.append(
        _("%(tries)s wrong tries within %(minutes)s minutes lock the account for %(lasts)s minutes.")
        % {"tries": lockout.account_limit, "minutes": minutes, "lasts": int(lockout.lasts.total_seconds()) // 60}
    )
    if rules.idle_seconds:
        out.append(_("Everybody is logged out after %(minutes)s minutes in which nothing was done.") % {"minutes": rules.idle_seconds // 60})
    else:
        out.append(_("After 30 minutes in which nothing was done one is logged out, administrators after 15."))
    return out
