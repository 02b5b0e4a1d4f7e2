"""Coming in, as it is written down: failed tries that lock, and the log of who came in, was refused or was locked out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class FailedTries(models.Model):
    """How often one account, or one address, has failed of late, and until when it is locked. Changed by lockout.py only."""

    key = models.CharField(max_length=220, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)


class PastPassword(models.Model):
    """The hash of a password that must not be chosen again. Kept only as long as the organisation's rules ask for it (passwords.py)."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    password = models.CharField(max_length=128)


class AccessEvent(models.Model):
    """One line of the access log. Written through a database function only, never changed; it outlives the user it names."""

    class Kind(models.TextChoices):
        LOGIN = "login", _("logged in")
        LOGOUT = "logout", _("logged out")
        REFUSED = "refused", _("wrong password")
        CODE_REFUSED = "code_refused", _("wrong code")
        LOCKED = "locked", _("locked out")
        PASSWORD = "password", _("password changed")
        ENROLLED = "enrolled", _("second step added")
        REMOVED = "removed", _("second step removed")
        TOKEN = "token", _("API token made")
        REVOKED = "revoked", _("API token revoked")
        ENDED = "ended", _("session ended by its limit")
        RENAMED = "renamed", _("user name changed")
        SWITCHED = "switched", _("changed organisation")
        RULES = "rules", _("password rules changed")

    # what happened in one organisation is told to that organisation only; the others belong to the account
    in_organisation: ClassVar[tuple[Kind, ...]] = (Kind.TOKEN, Kind.REVOKED, Kind.SWITCHED, Kind.RULES)

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    user_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    detail = models.CharField(max_length=200)
    # where it happened, for those that happen in an organisation; unknown of lines written before this was noted
    tenant_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("log-in event")
        verbose_name_plural = _("access log")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=("user_id", "-id"), name="access_of_user")]
