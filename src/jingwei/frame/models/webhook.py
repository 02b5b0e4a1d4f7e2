"""Whom facts are sent to, and what goes out: written by trigger with the fact itself, kept until it was taken."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.models.scoped import TenantModel


class Webhook(TenantModel):
    """An address that facts are sent to. It is told what `maker`, who saved it last, may see at that moment, within the limits of the token he came by.

    `likes` and `project_ids` are what `facts` and `projects` mean, for the database. The secret of before (`former`) signs as well until `former_until`.
    """

    history_ignores: ClassVar[tuple[str, ...]] = ("failing_since", "paused_until", "full_since", "likes", "project_ids", "is_shown", "limits")

    class Off(models.TextChoices):
        GONE = "gone", _("the receiver answered that nothing is taken there any more (410)")
        FAILING = "failing", _("nothing was taken for five days")
        NOBODY = "nobody", _("nobody answers for it: who saved it last is gone or has no rights any more")

    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500, help_text=_("https://…; what arrives there is signed as Standard Webhooks say."))
    facts = models.TextField(
        _("facts"),
        max_length=2000,
        help_text=_("Such as work.task.*, *.removed or risk.risk.occur, separated by spaces: added, changed, removed, or what was done."),
    )
    projects = models.TextField(_("projects"), max_length=2000, blank=True, help_text=_("Codes, separated by spaces; empty: all that you may see."))
    is_active = models.BooleanField(_("switched on"), default=True)
    off_because = models.CharField(_("switched off because"), max_length=10, choices=Off.choices, blank=True, editable=False)
    maker = models.ForeignKey("frame.User", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("on behalf of"))
    limits = models.JSONField(default=list, editable=False)
    likes = ArrayField(models.CharField(max_length=200), default=list, editable=False)
    project_ids = ArrayField(models.BigIntegerField(), null=True, editable=False)
    secret = models.ForeignKey("frame.Secret", models.SET_NULL, null=True, editable=False, related_name="+")
    former = models.ForeignKey("frame.Secret", models.SET_NULL, null=True, editable=False, related_name="+")
    former_until = models.DateTimeField(null=True, editable=False)
    is_shown = models.BooleanField(default=False, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    full_since = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "name"), name="webhook_name_once")]

    def __str__(self) -> str:
        return self.name

    def fit_to_return(self) -> str:
        """One that comes back after it was removed has no secret any more, stays off, and stands for who brings it back."""
        current = scope.current()
        if current.is_of_token:
            raise ValidationError(_("A token brings no webhook back. Log in and do it."))
        self.maker_id, self.limits = current.user_id, [limit.as_plain() for limit in current.limits]
        self.secret = self.former = self.former_until = None
        self.is_active = False
        return str(_("Webhook “%(name)s” is back switched off; saving it gives it a new secret, which its receiver needs.") % {"name": self.name})


class Sending(TenantModel):
    """One fact on its way to one webhook. The row stays until it was taken, and then as a line of the log; what is sent is made when it is sent."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Sent")
        FAILED = "failed", _("Failed")

    # without a constraint: a webhook that is deleted must not undo what others do meanwhile; what is left of it is swept
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="+", db_constraint=False)
    message = models.CharField(max_length=40)
    fact = models.CharField(max_length=130)
    resource = models.CharField(max_length=80)
    row_id = models.BigIntegerField()
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    said = models.JSONField(null=True)  # what we say of it, worded for whoever reads the log
    took_ms = models.PositiveIntegerField(null=True)

    class Meta(TenantModel.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("webhook", "due_at"), condition=models.Q(state="waiting"), name="sendings_due"),
            models.Index(fields=("webhook", "-id"), name="sendings_newest"),
        ]
