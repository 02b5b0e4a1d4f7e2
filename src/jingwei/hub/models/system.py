"""Systems and how we log in to them."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import ProjectModel, TenantModel
from jingwei.frame.models.identity import code_rule


class System(TenantModel):
    """An outside system, or our own resources (`connector` = local)."""

    history_ignores = ()

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("Not tested")
        OK = "ok", _("Healthy")
        DEGRADED = "degraded", _("Degraded")
        DOWN = "down", _("Down")

    key = models.CharField(_("key"), max_length=60, validators=[code_rule])
    name = models.CharField(_("name"), max_length=120)
    connector = models.CharField(_("connector"), max_length=60)
    owner = models.ForeignKey("frame.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    description = models.TextField(_("description"), blank=True)
    # whose it is; other projects' interfaces use its log-in only when that is granted (SystemUse)
    project = models.ForeignKey(
        "frame.Project", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("project"), help_text=_("Empty = the organisation's.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNKNOWN, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("system")
        verbose_name_plural = _("systems")
        ordering = ("key",)
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "key"), name="system_key_once")]

    def __str__(self) -> str:
        return self.name


class Offered(TenantModel):
    """The streams a system offered when they were last read, so that its mappings can be looked at while it is away."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True

    system = models.OneToOneField(System, models.CASCADE, related_name="offered")
    streams = models.JSONField(default=dict)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.system)


class SystemUse(ProjectModel):
    """Interfaces of this project may use the log-in of this system."""

    system = models.ForeignKey(System, models.CASCADE, related_name="uses", verbose_name=_("system"))

    class Meta(ProjectModel.Meta):
        verbose_name = _("use of a system")
        verbose_name_plural = _("uses of systems")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("system", "project"), name="system_use_once")]

    def __str__(self) -> str:
        return f"{self.system} · {self.project}"


def endpoint_token() -> str:
    """The unguessable part of a webhook address."""
    return secrets.token_urlsafe(18)


class Connection(TenantModel):
    """A log-in to a system: address, sealed credentials bound to hosts, budget and breaker."""

    history_ignores = (
        "failures", "open_until", "last_ok_at", "last_error", "last_error_at", "account", "held_since", "held_reason", "paused_until", "clock_ahead", "tokens", "tokens_at",
    )  # fmt: skip

    system = models.OneToOneField(System, models.CASCADE, related_name="connection", verbose_name=_("system"))
    config = models.JSONField(_("settings"), default=dict, blank=True)
    credential = models.ForeignKey("frame.Secret", models.SET_NULL, null=True, blank=True, editable=False, related_name="+")
    webhook_secret = models.ForeignKey("frame.Secret", models.SET_NULL, null=True, blank=True, editable=False, related_name="+")
    webhook_secret_before = models.ForeignKey("frame.Secret", models.SET_NULL, null=True, blank=True, editable=False, related_name="+")
    hosts = ArrayField(models.CharField(max_length=255), default=list, verbose_name=_("allowed hosts"))
    endpoint = models.CharField(max_length=40, unique=True, default=endpoint_token, editable=False)
    requests_per_minute = models.PositiveIntegerField(_("requests a minute"), default=600)
    account = models.CharField(max_length=200, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    # the peer refused our credentials: nothing is written until a check passes again
    held_since = models.DateTimeField(null=True, blank=True, editable=False)
    held_reason = models.TextField(blank=True, editable=False)
    # the peer asked every caller of this credential to wait
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    # seconds its clock is ahead of ours (behind when negative), as its last answer told
    clock_ahead = models.FloatField(null=True, blank=True, editable=False)
    # the budget of requests, shared by all workers: tokens left when it was last drawn upon
    tokens = models.FloatField(null=True, blank=True, editable=False)
    tokens_at = models.DateTimeField(null=True, blank=True, editable=False)
    open_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("connection")
        verbose_name_plural = _("connections")

    def __str__(self) -> str:
        return f"{self.system}"
